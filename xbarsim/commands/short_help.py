"""Help in two lengths: the options that one needs, and with ``--help-all`` every other one."""

from __future__ import annotations

from collections import Counter
from typing import Any

import typer
import typer.core

from ..describe.sections import HOMES
from ..describe.settings import known

NEEDED = (
    *("layout", "layers", "rule", "method", "batch", "device", "beta", "beta_d", "n_max", "n_max_d", "g_min", "g_max"),
    *("sigma", "c2c", "wire_resistance", "dataset", "iterations", "epochs", "seed", "settings"),
    *("out", "resume", "force", "show_all", "as_json", "quiet", "help", "help_all"),
)
"""What the short help shows, of all commands."""
_ALL = "xbarsim.help_all"


class ShortHelpCommand(typer.core.TyperCommand):
    """A command whose ``--help`` leaves out what is seldom needed, and says how many options that are; a flag that is
    given again gets a line.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line. As everywhere the last of two equal flags counts, which is told."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        again = Counter(p.name for p in order if p.param_type_name == "option" and not getattr(p, "multiple", False))
        rest: list[str] = super().parse_args(ctx, args)
        if not ctx.params.get("quiet"):
            for name, times in again.items():
                if times > 1 and name is not None:
                    typer.echo(f"--{name.replace('_', '-')} is given {times} times; the last counts", err=True)
        return rest

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show the help without what is left out."""
        rest = [p for p in self.get_params(ctx) if p.name not in NEEDED and not getattr(p, "hidden", True)]
        if ctx.meta.get(_ALL) or not rest:
            super().format_help(ctx, formatter)
            return
        epilog, self.epilog = self.epilog, f"{len(rest)} more options: {ctx.command_path} --help-all"
        for p in rest:
            p.hidden = True  # type: ignore[attr-defined]
        try:
            super().format_help(ctx, formatter)
        finally:
            self.epilog = epilog
            for p in rest:
                p.hidden = False  # type: ignore[attr-defined]


def _show_all(ctx: typer.Context, value: bool) -> None:
    if value:
        ctx.meta[_ALL] = True
        typer.echo(ctx.get_help(), color=ctx.color)
        raise typer.Exit


HELP_ALL: Any = typer.Option("--help-all", help="Every option.", is_eager=True, callback=_show_all)
"""The option that shows every other one."""


def plain_flag(name: str) -> str:
    """The flag that is meant, without its hyphens: ``g_max``, ``g-max-S`` and ``device.g-max`` are ``g-max``.

    >>> [plain_flag(name) for name in ("g_max_S", "device.beta", "no-double_sided", "o")]
    ['g-max', 'beta', 'no-double-sided', 'o']
    """
    section, _, key = name.rpartition(".")
    no = "no-" if key.startswith("no-") else ""
    attribute = known(key.removeprefix(no))
    if attribute is None or (section and section != HOMES[attribute]):
        return name
    return f"{no}{attribute.replace('_', '-')}"


CONTEXT = {"token_normalize_func": plain_flag}
"""Settings of commands that take a flag for every key."""
