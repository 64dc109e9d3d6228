"""What a rule keeps of every pair besides conductances (sums, levels, choppers), as `inspect` shows it."""

from __future__ import annotations

import numpy as np

from ..record.trace import Trace
from . import report


def kept_of(trace: Trace, layer: int, iteration: int) -> dict[str, np.ndarray]:
    """By name, each (rows, cols) float32; nothing that is not known at that iteration, or without a plug-in's code."""
    names = trace.kept_besides
    found = trace.kept(layer, iteration) if names else {}
    return {name: found[name] for name in names if not np.isnan(found[name]).all()}


def statistics_of(values: dict[str, np.ndarray], unit: str = "") -> dict[str, dict[str, float]]:
    """Mean, spread and ends of each, as a part of one JSON object; names of numbers end with `unit`."""
    return {
        name: {
            f"mean{unit}": float(x.mean(dtype=np.float64)),
            f"std{unit}": float(x.std(dtype=np.float64)),
            f"min{unit}": float(x.min()),
            f"max{unit}": float(x.max()),
        }
        for name, x in values.items()
    }


def show_kept(trace: Trace, values: dict[str, np.ndarray]) -> None:
    """The same as a table; nothing if there is none."""
    if not values:
        return
    text = [(name, *(f"{x:.4g}" for x in one.values())) for name, one in statistics_of(values).items()]
    report.OUT.print()
    report.OUT.print(report.table(text, head=("", "mean", "std", "min", "max")))
    for name in values:
        report.OUT.print(f"{name}: {trace.kept_besides[name]}", soft_wrap=True)
