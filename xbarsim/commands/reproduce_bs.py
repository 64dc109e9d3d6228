"""The part of ``xbarsim reproduce`` that is a study of its own: binary-stochastic learning (a reconstruction)."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .app import studying

if TYPE_CHECKING:
    from ..data_sets.data_set import Dataset

NAME = "bs"


def reproduce(
    out: Path,
    data: Dataset,
    epochs: int,
    deep: bool,
    seeds: range,
    workers: int,
    keep_runs: bool,
    command: str,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train, draw and show."""
    from ..show import report
    from ..show.figures_bs import plot_bs
    from ..show.views_bs import show_bs
    from ..study import bs as study_bs

    layers = study_bs.LARGE if deep else study_bs.SMALL
    data.check_fits(layers)
    ways = ["--epochs", *(["--seeds"] if len(seeds) > 1 else [])]
    with studying(workers, quiet=quiet, ways=ways) as (stop, arguments):
        sheet = study_bs.reproduce_bs(
            out,
            data,
            layers=layers,
            epochs=epochs,
            seeds=seeds,
            keep_runs=keep_runs,
            command_line=command,
            **arguments,
        )
    if sheet is None:
        report.ERR.print(stop.interrupted)
        raise typer.Exit(128 + (stop.signal or signal.SIGINT))
    plot_bs(
        sheet, out / "bs.png", f"{command}; {data.name} (SHA-256 {data.sha256}), {len(seeds)} seeds, {epochs} epochs"
    )
    show_bs(sheet, out, "json" if as_json else "text")
