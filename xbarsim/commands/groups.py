"""The commands by what one wants to do, in the order in which a newcomer does it; ``xbarsim --help`` shows them so."""

from __future__ import annotations

from typing import Any

import typer.core

GROUPS: dict[str, tuple[str, ...]] = {
    "Train, and look": ("run", "check", "inspect", "plot", "movie", "view", "report"),
    "Devices": ("devices", "fit", "compare-devices", "limits"),
    "Compare": ("compare", "sweep", "tune"),
    "Trained networks": ("import", "program", "infer", "calibrate", "retention", "transfer"),
    "Circuits": ("spice", "read-netlist"),
    "Papers, data, reference": ("reproduce", "data", "doctor", "schema", "reference"),
}
"""Titles, and names of commands; one that is in no group comes at the end."""


class PlainGroup(typer.core.TyperGroup):
    """Lists the commands in plain text, group by group: importing Rich would double the time of ``xbarsim --help``."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(**{**kw, "rich_markup_mode": None})

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands and what they do, under the titles of their groups."""
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        shown = {name: c for name, c in commands.items() if c is not None and not c.hidden}
        width = formatter.width - 6 - max(map(len, shown))
        rest = tuple(name for name in shown if not any(name in names for names in GROUPS.values()))
        for title, names in {**GROUPS, "Others": rest}.items():
            rows = [(name, shown[name].get_short_help_str(width)) for name in names if name in shown]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows, col_max=40)
