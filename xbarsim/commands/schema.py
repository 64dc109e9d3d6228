"""Commands that print what the descriptions know: ``xbarsim schema`` and ``xbarsim reference``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..base import checks
from ..base.errors import OutputError
from ..base.files import is_folder, write_text
from .app import app


@app.command()
def schema() -> None:
    """Print the JSON Schema of layout files, by which editors complete and check them.

    [bold]xbarsim schema > layout.schema.json[/bold], and as the first line of a layout:
    [bold]#:schema ./layout.schema.json[/bold]
    """
    from ..describe.schema import schema_text

    print(schema_text(), end="")


@app.command()
def reference(
    page: Annotated[str, typer.Argument(help="layout: every key; compatibility: what goes together.")] = "layout",
    write: Annotated[
        Path | None,
        typer.Option(help="Checkout whose generated files are written anew, instead.", show_default=False),
    ] = None,
) -> None:
    """Print the reference of layouts, in Markdown.

    [bold]xbarsim reference compatibility[/bold]
    """
    from ..describe.reference import GENERATED

    pages = {Path(name).stem: make for name, make in GENERATED.items() if name.endswith(".md")}
    checks.choice("reference", page, pages)
    if write is None:
        print(pages[page](), end="")
        return
    for name in GENERATED:
        if not is_folder((write / name).parent):
            raise OutputError(f"{write / name}: its folder does not exist; give the folder of a checkout with --write")
    for name, make in GENERATED.items():
        write_text(write / name, make())
        print(write / name)
