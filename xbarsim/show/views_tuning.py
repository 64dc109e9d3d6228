"""What ``xbarsim tune`` shows: the best settings, and what other seeds say of the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..describe.sections import toml_key
from ..study.comparison import show
from ..study.tuned import ranked
from . import report

if TYPE_CHECKING:
    from ..study.tuned import Setting, Tuned

SHOWN = 12
"""Settings that are shown; all are in ``tune.csv``."""


def show_tuning(tuned: Tuned, found: Mapping[str, Any], out: Path, form: str) -> None:
    """Show a search as a table, or as JSON.

    Parameters
    ----------
    tuned : Tuned
    found : mapping
        For JSON.
    out : Path
        Where the files are.
    form : {"text", "json"}
    """
    if form == "json":
        report.dump({"folder": str(out), **found})
        return
    keys = list(tuned.search.space)
    shown = [tuned.found, *(s for s in ranked(tuned.settings) if s is not tuned.found)][:SHOWN]
    if tuned.own not in shown:
        shown.append(tuned.own)
    head = ("setting", *(toml_key(key) for key in keys), "held-out accuracy", "seeds", "pulses")
    report.print_wide(report.table([_cells(s, keys) for s in shown], head=head))
    refused = [s for s in tuned.settings if s.refused]
    more = f"; {len(refused)} were refused, the first: {refused[0].refused}" if refused else ""
    lines = (
        f"{len(tuned.settings) - 1} settings and the layout as it was, best first{more}.",
        confirmed(tuned),
        f"tune.png, tune.csv and best.toml are in {out}; run it: xbarsim run {out / 'best.toml'}",
    )
    for line in lines:
        report.OUT.print(line, markup=False, highlight=False)


def _cells(setting: Setting, keys: Sequence[str]) -> tuple[str, ...]:
    name = f"{setting.number}" if setting.number else "as it was"
    return (
        name,
        *(_short(setting.values[key]) if key in setting.values else "" for key in keys),
        report.percent(setting.accuracy),
        f"{len(setting.accuracies)}",
        f"{setting.pulses:,.0f}",
    )


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else show(value)


def confirmed(tuned: Tuned) -> str:
    """What is gained over the layout as it was, and how sure that is."""
    own, found = report.percent(tuned.own.accuracy), report.percent(tuned.found.accuracy)
    searched = f"Best in the search: {found} against {own}"
    if tuned.found.number == 0:
        return f"No setting was better than the layout as it was ({own}); best.toml is that."
    if not tuned.again:
        return f"{searched}; the best of {len(tuned.settings)} is too good to be true, --confirm asks other seeds."
    n = len(tuned.again)
    error = f" ± {100.0 * tuned.gain_error:.2f}" if tuned.gain_error is not None else ""
    seeds = f"{n} seeds that nothing was chosen by" if n > 1 else "one seed that nothing was chosen by"
    gained = f"{_ranged(tuned.again)} against {_ranged(tuned.before)}, {100.0 * tuned.gain:+.2f}{error} points"
    verdict = "" if tuned.best is tuned.found else ": nothing gained, best.toml is the layout as it was"
    return f"{searched}. With {seeds}: {gained}{verdict}."


def _ranged(accuracies: Sequence[float]) -> str:
    mean = report.percent(float(np.mean(accuracies)))
    if len(accuracies) < 2:
        return mean
    return f"{mean} ({100.0 * min(accuracies):.2f} to {100.0 * max(accuracies):.2f})"
