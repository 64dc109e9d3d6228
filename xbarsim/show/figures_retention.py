"""Picture of retention: test accuracy against the time since training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .figures import pyplot, save

if TYPE_CHECKING:
    from ..after.retention import Retention


def plot_retention(result: Retention, out: Path | None) -> Any:
    """Accuracy against time, logarithmic: mean, and the range of the draws."""
    plt = pyplot()
    figure = plt.figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    shown = [n for n, t in enumerate(result.times) if t > 0.0]
    t = np.array([result.times[n] for n in shown])
    draws = [100.0 * np.array(result.accuracies[n]) for n in shown]
    axes.fill_between(t, [d.min() for d in draws], [d.max() for d in draws], color="#0072B2", alpha=0.25, linewidth=0)
    axes.plot(t, [d.mean() for d in draws], "o-", color="#0072B2", label="aged")
    axes.axhline(100.0 * result.accuracy_before, color="0.5", linestyle="--", label="when training ended")
    axes.set_xscale("log")
    axes.set(xlabel="time since training, s", ylabel="test accuracy, %", title=f"Retention of {Path(result.file).name}")
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)
    return save(figure, out, {"Title": f"{result.file}, iteration {result.iteration}"})
