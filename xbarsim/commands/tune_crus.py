"""``xbarsim tune --by noise``: thresholds and rate of CRUS (a reconstruction), by the least update noise."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..base import checks
from ..base.errors import LayoutError
from ..describe.settings import words
from ..describe.words import in_words
from .app import command_line, ending, studying, waiting_for

if TYPE_CHECKING:
    from ..describe.layout import Layout

RULE = "crus"
THETAS, FACTORS = "0.07,0.21,0.36,0.5,0.64,0.79", "0.3,1,3"
FLAGS = ("forward", "reverse", "factors", "window", "seed")
"""Options that nothing else takes."""

SHOWN = 12
"""Settings that are shown; all are in ``tune.csv``."""


def tune_by_noise(
    wanted: Layout,
    *,
    forward: str,
    reverse: str,
    factors: str,
    iterations: int,
    window: int,
    held_out: int,
    seed: int | None,
    workers: int | str,
    out: Path,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Try a grid of thresholds and rates; see `study.tune`."""
    checks.integer("--window", window, least=1)
    wanted = wanted.replace(un_window=window, seed=wanted.run.seed if seed is None else seed)
    grids = [
        _numbers(name, text) for name, text in (("--forward", forward), ("--reverse", reverse), ("--factors", factors))
    ]
    if min(grids[2]) <= 0.0:
        raise LayoutError(f"--factors: expected numbers > 0, got {factors}; choose larger values")
    checks.integer("--held-out", held_out, least=1)
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
    with studying(workers, quiet=quiet, ways=ways) as (stop, arguments):
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
    with ending(out):
        plot_map(
            tried,
            out / "map.png",
            f"{in_words(wanted, dataset=data.name, iterations=iterations)}; thresholds and rate as in the maps, "
            "training samples alone",
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


def _numbers(name: str, text: str) -> list[float]:
    """Numbers from ``0.2,0.4``."""
    try:
        return [checks.number(name, float(part), least=-10.0, most=1e6) for part in words(text)]
    except ValueError:
        raise LayoutError(
            f"{name}: expected numbers with commas between them, got {text!r}; give for example 0.2,0.4"
        ) from None
