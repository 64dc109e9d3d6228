"""Pages that are made of the program: every command's help, and the list of what the package offers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

GROUPS = {
    "Train, record, look": ("Layout", "run", "resume", "Result", "Trace", "plot", "Picture", "load_dataset", "Dataset"),
    "Devices and circuits": ("Device", "Wires", "Crossbar", "fit", "FittedDevice"),
    "Studies": (
        *("sweep", "Sweep", "limits", "Limits", "compare", "Comparison", "compare_devices", "DeviceRanking"),
        *("reproduce", "Reproduction", "Table"),
    ),
    "After training": ("infer", "Inference", "transfer", "Transfer", "retention", "Retention"),
}
"""What the package offers, by what one wants; errors, and what stands in none of these, come after."""


def write(source: Path) -> None:
    """Write all of them below a folder."""
    pages = {**commands(), "reference/api.rst": api()}
    made = [*(source / "reference" / "commands").glob("*.md"), *(source / "reference" / "api").glob("*.rst")]
    for path in made:
        listed = f"   {path.stem.removeprefix('xbarsim.')}\n" in pages["reference/api.rst"]
        if path.relative_to(source).as_posix() not in pages and not listed:
            path.unlink()  # of a command, or a name, that is no more
    for name, text in pages.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


# The command line -----------------------------------------------------------------------------------------------------
# sphinx-click would do it for commands of Click; those of Typer are none since it has Click inside.


def commands() -> dict[str, str]:
    """A page for each command, and one that lists them by group."""
    import typer.main

    from xbarsim.commands import main
    from xbarsim.commands.groups import GROUPS as GROUPS_OF_COMMANDS

    root: Any = typer.main.get_command(main.app)
    rest = tuple(name for name in root.commands if not any(name in names for names in GROUPS_OF_COMMANDS.values()))
    pages, lines = {}, ["# Command line", ""]
    lines += [
        "`xbarsim COMMAND --help` prints what stands here. Options of `run` and `check` that are keys of a layout are",
        "described in full among [the keys](../layout.md). [Shell completion](../../howto/completion.md) completes",
        "commands and options.",
        "",
    ]
    for title, names in {**GROUPS_OF_COMMANDS, "Others": rest}.items():
        shown = [name for name in names if name in root.commands and not root.commands[name].hidden]
        if not shown:
            continue
        lines += [f"## {title}", "", "| command | what it does |", "|---|---|"]
        for name in shown:
            pages[f"reference/commands/{name}.md"] = "\n".join(_page(root.commands[name], f"xbarsim {name}"))
            lines.append(f"| [`{name}`]({name}.md) | {_first(root.commands[name])} |")
        lines.append("")
    order = [f"/{page.removesuffix('.md')}" for page in pages]
    lines += ["```{toctree}", ":hidden:", ":maxdepth: 1", "", *order, "```", ""]
    return {"reference/commands/index.md": "\n".join(lines), **pages}


def _first(command: Any) -> str:
    return _plain(command.help or "").split("\n")[0].strip().replace("|", "\\|")


def _page(command: Any, path: str, level: int = 1) -> Iterator[str]:
    context = command.make_context(path, [], resilient_parsing=True)
    yield f"{'#' * level} {path}"
    yield ""
    yield _plain(command.help or "")
    yield ""
    yield f"```text\n{context.get_usage().removeprefix('Usage: ')}\n```"
    yield ""
    panels: dict[str, list[str]] = {}
    for param in command.get_params(context):
        record = None if getattr(param, "hidden", False) else param.get_help_record(context)
        if record is None:
            continue
        argument = not any(o.startswith("-") for o in param.opts)
        panel = getattr(param, "rich_help_panel", None) or ("Arguments" if argument else "Options")
        flags = record[0].replace("|", "\\|")
        panels.setdefault(panel, []).append(f"| `{flags}` | {_cell(record[1])} |")
    for title in sorted(panels, key=lambda x: x != "Arguments"):
        yield f"{'#' * (level + 1)} {title}"
        yield ""
        yield f"| {'argument' if title == 'Arguments' else 'option'} | what it is |\n|---|---|"
        yield "\n".join(panels[title])
        yield ""
    for name, inner in getattr(command, "commands", {}).items():
        yield from _page(inner, f"{path} {name}", level + 1)


def _plain(text: str) -> str:
    """Help as Markdown: commands that stand in bold type are code; what has a bracket or a star is not meant so."""
    text = re.sub(r"\[bold\](.*?)\[/bold\]", r"`\1`", text, flags=re.DOTALL)
    return re.sub(r"(?<!`)--[a-z][\w-]*", lambda m: m[0] if _in_code(text, m.start()) else f"`{m[0]}`", text)


def _in_code(text: str, at: int) -> bool:
    return text[:at].count("`") % 2 == 1


def _cell(text: str) -> str:
    text = " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")
    said, default, value = text.partition("[default: ")
    value = value.removesuffix("]").removeprefix("(").removesuffix(")")
    return _plain(said) + (f" *Default:* {value}." if default else "")


# Python ---------------------------------------------------------------------------------------------------------------


def api() -> str:
    """What ``import xbarsim`` offers, in groups."""
    import xbarsim

    names = [name for name in xbarsim.__all__ if name != "__version__"]
    errors = tuple(
        n for n in names if isinstance(getattr(xbarsim, n), type) and issubclass(getattr(xbarsim, n), Exception)
    )
    listed = {name for group in GROUPS.values() for name in group} | set(errors)
    groups = {**GROUPS, "Others": tuple(n for n in names if n not in listed), "Errors": errors}
    lines = ["Python", "======", "", "What a command does is a function, too; all that the package offers is here.", ""]
    for title, group in groups.items():
        there = [name for name in group if name in names]
        if there:
            lines += [title, "-" * len(title), "", ".. currentmodule:: xbarsim", "", ".. autosummary::"]
            lines += ["   :toctree: api", "   :nosignatures:", "", *(f"   {name}" for name in there), ""]
    return "\n".join(lines)
