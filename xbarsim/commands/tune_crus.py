"""``xbarsim tune``."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..base import checks
from ..base.errors import LayoutError, OutputError
from ..base.files import is_folder, is_there
from ..describe.settings import values_of_settings, words
from ..describe.words import in_words
from . import many
from .app import app, command_line, sizes, studying, waiting_for
from .pictured import pictured_in_folder

if TYPE_CHECKING:
    from ..describe.layout import Layout

SHOWN = 12
"""Settings that are shown; all are in ``tune.csv``."""


@app.command()
@pictured_in_folder
def tune(
    layout: Annotated[Path | None, typer.Argument(help="Layout file (TOML).", show_default=False)] = None,
    layers: Annotated[
        str | None, typer.Option(help="Instead: sizes, inputs first: 784,200,10.", show_default=False)
    ] = None,
    rule: Annotated[str, typer.Option(help="Rule to tune; crus so far.")] = "crus",
    forward: Annotated[str, typer.Option(help="Values of theta_forward.")] = "0.07,0.21,0.36,0.5,0.64,0.79",
    reverse: Annotated[str, typer.Option(help="Values of theta_reverse.")] = "0.07,0.21,0.36,0.5,0.64,0.79",
    factors: Annotated[str, typer.Option(help="Multiples of the layout's crus_rate.")] = "0.3,1,3",
    iterations: Annotated[int, typer.Option(help="Length of a short run.")] = 12_000,
    window: Annotated[int, typer.Option(help="Samples per window of update noise.")] = 1000,
    held_out: Annotated[int, typer.Option(help="Training samples for the accuracy beside the noise.")] = 10_000,
    seed: Annotated[int | None, typer.Option(help="Seed of the runs.", show_default="the layout's")] = None,
    dataset: Annotated[str | None, typer.Option(help="Data set.", show_default="the layout's")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any key of a layout, KEY=VALUE; may be repeated.", show_default=False),
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes.", show_default="the cores")] = None,
    scheduler: Annotated[str | None, many.scheduler()] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the map, the table and the best layout.")] = Path(
        "tune"
    ),
    force: Annotated[bool, typer.Option("--force", help=many.FORCE)] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object; accuracies are fractions.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Choose thresholds and rate of CRUS (reconstruction).

    By the smallest average update noise of short runs on training samples alone:
    [bold]xbarsim tune netlists/crus-beta5.toml[/bold]
    """
    wanted = _layout(layout, layers, rule, seed, dataset, window, settings)
    grids = [
        _numbers(name, text) for name, text in (("--forward", forward), ("--reverse", reverse), ("--factors", factors))
    ]
    if min(grids[2]) <= 0.0:
        raise LayoutError(f"--factors: expected numbers > 0, got {factors}; choose larger values")
    checks.integer("--iterations", iterations, least=1, most=2**31)
    checks.integer("--held-out", held_out, least=1)
    on = many.who(workers, scheduler)
    if is_there(out) and not is_folder(out):
        raise OutputError(f"{out}: expected a folder, got a file; choose another --out")
    from ..data_sets.load import load_dataset
    from ..show import report
    from ..show.figures import pyplot
    from ..show.figures_tune import plot_map
    from ..study import tune as tuning
    from ..study.claims import claim

    tuning.grid(wanted, grids[0], grids[1], grids[2], iterations)
    pyplot()  # better told now than after the last run
    with waiting_for(wanted.run.dataset, quiet=quiet):
        data = load_dataset(wanted.run.dataset)
    asked = {"forward": forward, "reverse": reverse, "factors": factors, "iterations": iterations, "held out": held_out}
    claim(out, "tune", wanted, data, force=force, asks=asked, command=command_line())
    ways = ["--iterations", "fewer --forward, --reverse or --factors"]
    with studying(on, quiet=quiet, ways=ways) as (stop, arguments):
        tried = tuning.tune(
            wanted,
            data,
            out,
            forward=grids[0],
            reverse=grids[1],
            factors=grids[2],
            iterations=iterations,
            samples=held_out,
            **arguments,
        )
    if tried is None:
        report.ERR.print(stop.interrupted)
        raise typer.Exit(128 + (stop.signal or signal.SIGINT))
    plot_map(
        tried,
        out / "map.png",
        f"{in_words(wanted, dataset=data.name, iterations=iterations)}; thresholds and rate as in the maps, training "
        "samples alone",
    )
    rho = tuning.rank_correlation(tried)
    if as_json:
        rows = [
            {
                "theta_forward": t.theta_forward,
                "theta_reverse": t.theta_reverse,
                "crus_rate": t.rate,
                "update_noise": list(t.noise),
                "accuracy": t.accuracy,
            }
            for t in tried
        ]
        report.dump({"folder": str(out), "spearman": rho, "settings": rows})
        return
    head = ("theta_forward", "theta_reverse", "rate", "update noise, layer 1", "held-out accuracy")
    rows_shown = [
        (
            f"{t.theta_forward:g}",
            f"{t.theta_reverse:g}",
            f"{t.rate:.4g}",
            f"{t.noise[0]:.2f}",
            report.percent(t.accuracy),
        )
        for t in tried[:SHOWN]
    ]
    report.print_wide(report.table(rows_shown, head=head))
    report.OUT.print(f"{len(tried)} settings, least noise first; {tuning.correlation_in_words(tried)}.")
    report.OUT.print(f"map.png, tune.csv and best.toml are in {out}; run it: xbarsim run {out / 'best.toml'}")


def _layout(
    path: Path | None,
    layers: str | None,
    rule: str,
    seed: int | None,
    dataset: str | None,
    window: int,
    settings: list[str] | None,
) -> Layout:
    from ..describe.layout import Layout

    if rule != "crus":
        raise LayoutError(f"--rule: expected 'crus', got '{rule}'; no other rule has anything to tune yet")
    checks.integer("--window", window, least=1)
    values = {"seed": seed, "dataset": dataset, "un_window": window, "rule": rule}
    given: dict[str, Any] = values_of_settings(settings or ())
    given |= {name: value for name, value in values.items() if value is not None}
    if path is not None and layers is not None:
        raise LayoutError("tune: expected either a layout file or --layers, got both; leave one out")
    if path is not None:
        return Layout.from_toml(path, **given)
    if layers is None:
        raise LayoutError(
            "tune: expected a layout file or --layers, got neither; try: xbarsim tune --layers 784,200,10"
        )
    return Layout.of(**{**given, "layers": sizes(layers)})


def _numbers(name: str, text: str) -> list[float]:
    """Numbers from ``0.2,0.4``."""
    try:
        return [checks.number(name, float(part), least=-10.0, most=1e6) for part in words(text)]
    except ValueError:
        raise LayoutError(
            f"{name}: expected numbers with commas between them, got {text!r}; give for example 0.2,0.4"
        ) from None
