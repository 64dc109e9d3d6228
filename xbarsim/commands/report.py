"""``xbarsim report``: one page of HTML to send to a colleague."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .app import app


@app.command()
def report(
    path: Annotated[
        Path,
        typer.Argument(
            help="Run file; folder of a study; device file; or what infer, retention or transfer printed with --json."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Page: .html.")] = Path("report.html"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Write one page about a run or a study: numbers, pictures, settings.

    One file, which opens without a network: what was run and what came of it, warnings, device, weights, energies,
    every setting, where it comes from, and how to make it again. Code of plug-ins is not run.

    [bold]xbarsim report run.h5 -o report.html[/bold]
    """
    from ..api import reporting
    from ..show import report as terminal

    terminal.OUT.print(f"{reporting.report(path, out, force=force)}")
