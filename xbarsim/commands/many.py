"""What commands of many runs share: who does the runs, and what is left of them."""

from __future__ import annotations

from typing import Any

import typer

from ..base import checks
from ..base.errors import LayoutError
from .app import worker_count

_HELP = "Instead: a Dask scheduler, tcp://host:8786 or its file, whose workers do the runs."


def scheduler(panel: str | None = None) -> Any:
    """The option ``--scheduler``."""
    return typer.Option("--scheduler", help=_HELP, show_default=False, rich_help_panel=panel)


def keep_runs(panel: str | None = None) -> Any:
    """The option ``--keep-runs``."""
    return typer.Option(
        "--keep-runs", help="Folder for the HDF5 file of every run.", show_default=False, rich_help_panel=panel
    )


FORCE = "Also in a folder that holds another study."


def who(workers: int | None, address: str | None, seeds: int = 1) -> int | str:
    """Who does the runs, with so many seeds: so many processes, or the workers of a scheduler."""
    checks.integer("--seeds", seeds, least=1, most=1000)  # before a folder is taken
    if address is None:
        return worker_count(workers)
    if workers is not None:
        raise LayoutError("--scheduler: expected no --workers beside it, which has its own, got both; leave one out")
    if not address.strip():
        raise LayoutError("--scheduler: expected an address such as tcp://host:8786, or a file, got nothing")
    return address.strip()
