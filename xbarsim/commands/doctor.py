"""The command that looks at the machine: ``xbarsim doctor``."""

from __future__ import annotations

from typing import Annotated

import typer

from .app import app


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Look whether everything is there and works: versions, caches, data, programs, extras, the compiler.

    Exit code 1 if something that is needed is broken; what is missing and needed by few is said, and no fault.
    """
    from ..api.examining import examine
    from ..api.findings import BROKEN, MISSING
    from ..show import report

    found = examine()
    broken = [f for f in found if f.state == BROKEN]
    if as_json:
        report.dump({"works": not broken, "findings": [f._asdict() for f in found]})
        raise typer.Exit(1 if broken else 0)
    section = ""
    for finding in found:
        if finding.section != section:
            report.OUT.print(f"{chr(10) if section else ''}[{finding.section}]")
            section = finding.section
        report.OUT.print(f"{finding.state:<9}{finding.name}: {finding.text}")
        if finding.do:
            report.OUT.print(f"{'':<9}-> {finding.do}")
    missing = sum(f.state == MISSING for f in found)
    told = f"; {missing} not here that few need" if missing else ""
    if not broken:
        report.OUT.print(f"\nEverything that is needed works{told}.")
        return
    names = ", ".join(f"{f.section}: {f.name}" for f in broken)
    report.OUT.print(f"\nBroken: {names}; what mends it stands above{told}.")
    raise typer.Exit(1)
