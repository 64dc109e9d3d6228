"""Commands for whole studies: ``xbarsim reproduce`` and ``xbarsim transfer``."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from . import checks
from .cli_app import app, stoppable
from .errors import LayoutError, OutputError


@app.command()
def reproduce(
    figures: Annotated[
        list[str] | None,
        typer.Argument(help="fig6 ... fig14, all, or sensitivity (what the paper leaves open).", show_default="all"),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Runs per point, with seeds 0, 1, 2, ...")] = 3,
    iterations: Annotated[int, typer.Option(help="What stands for the paper's 60,000.")] = 60_000,
    workers: Annotated[int | None, typer.Option(help="Worker processes.", show_default="the cores")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for pictures and tables.")] = Path("reproduction"),
    dataset: Annotated[str, typer.Option(help="auto, a name, an IDX folder or an .npz file.")] = "auto",
    keep_runs: Annotated[bool, typer.Option("--keep-runs", help="Leave the HDF5 file of every run.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Tables as one JSON object; accuracies are fractions.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no notes.")] = False,
) -> None:
    """Rerun Lim 2019 beside its published figures.

    Leaves a picture per figure, tables and raw results in a folder. Stopped, it goes on where it was.

    [bold]xbarsim reproduce all[/bold]
    """
    from . import report, reproduction, views
    from .datasets import HOW_TO_GET_MNIST, load_dataset, why_not_mnist
    from .figures import pyplot
    from .figures_paper import plot_sheet
    from .paper import chosen

    wanted = chosen(figures or [])
    checks.integer("--seeds", seeds, least=1, most=1000)
    checks.integer("--iterations", iterations, least=1, most=2**31)
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    n = checks.integer("--workers", workers if workers is not None else count, least=1, most=1024)
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out}: expected a folder, got a file; choose another --out")
    pyplot()  # better told now than after the last run
    data = load_dataset(dataset)
    for figure in wanted:
        for point in figure.points:
            data.check_fits(point.layout(0, data.name, 1).network.layers)
    if dataset == "auto" and data.name != "mnist" and not quiet:
        report.ERR.print(f"{why_not_mnist()}, using the embedded digits ({HOW_TO_GET_MNIST}).", markup=False)
    command = " ".join(["xbarsim", *sys.argv[1:]])
    with stoppable() as stop, report.StudyDisplay(quiet=quiet) as display:
        sheets = reproduction.reproduce(
            wanted, out, data, seeds=range(seeds), iterations=iterations, workers=n, keep_runs=keep_runs,
            listener=display, stop=stop.asked, command_line=command,
        )  # fmt: skip
    if sheets is None:
        report.ERR.print("Interrupted; the same command goes on from here.")
        raise typer.Exit(128 + (stop.signal or signal.SIGINT))
    for sheet in sheets:
        plot_sheet(
            sheet, out, f"{command}; {data.name} (SHA-256 {data.sha256}), {seeds} seeds, {iterations} iterations"
        )
    views.show_sheets(sheets, out, "json" if as_json else "text")


@app.command()
def transfer(
    file: Annotated[Path, typer.Argument(help="Run file.")],
    sigma: Annotated[list[float], typer.Option(help="G is X times what is written, X ~ N(1, sigma); may be repeated.")],
    repeats: Annotated[int, typer.Option(help="Arrays drawn.")] = 10,
    write: Annotated[
        str, typer.Option(help="weights: one device carries W, the other is at Gmin; states: both as trained.")
    ] = "weights",
    seed: Annotated[int | None, typer.Option(help="Seed of the draws.", show_default="the run's")] = None,
    sigma_negative: Annotated[str, typer.Option(help="An X below 0: zero, reflect or redraw.")] = "zero",
    sigma_per: Annotated[str, typer.Option(help="An X of its own for each device or pair.")] = "device",
    iteration: Annotated[int | None, typer.Option(help="Number of updates done.", show_default="the last")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object; accuracies are fractions.")] = False,
) -> None:
    """Test a trained network on other devices.

    Off-chip learning, as in Fig. 14 of Lim et al. 2019: [bold]xbarsim transfer run.h5 --sigma 0.5[/bold]
    """
    if not sigma:
        raise LayoutError("--sigma: expected a standard deviation, got none; give for example --sigma 0.5")
    from . import offchip, views
    from .trace import Trace

    with Trace(file) as trace:
        done = [
            offchip.transfer(
                trace,
                sigma=s,
                repeats=repeats,
                seed=seed,
                write=write,
                sigma_negative=sigma_negative,
                sigma_per=sigma_per,
                iteration=iteration,
            )
            for s in sigma
        ]
    views.show_transfers(done, "json" if as_json else "text")
