"""Picture of retention: test accuracy against the time since training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .figures_style import DOWN, GREY, accuracies, caption, headline, pyplot, save

if TYPE_CHECKING:
    from ..after.retention import Retention


def plot_retention(result: Retention, out: Path | None, what: str = "") -> Any:
    """Accuracy against time, logarithmic: mean, and the range of the draws; `what` says what was trained."""
    plt = pyplot()
    figure = plt.figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    shown = [n for n, t in enumerate(result.times) if t > 0.0]
    t = np.array([result.times[n] for n in shown])
    draws = [100.0 * np.array(result.accuracies[n]) for n in shown]
    axes.fill_between(t, [d.min() for d in draws], [d.max() for d in draws], color=DOWN, alpha=0.25, linewidth=0)
    axes.plot(t, [d.mean() for d in draws], "o-", color=DOWN, label="aged: mean of the draws")
    before = "before" if result.state else "when training ended"
    axes.axhline(100.0 * result.accuracy_before, color=GREY, linestyle="--", label=before)
    axes.set_xscale("log")
    axes.set(xlabel="time (s)" if result.state else "time since training (s)", ylabel="test accuracy (%)")
    accuracies(axes)
    axes.legend(fontsize=8)
    headline(figure, f"Retention of {Path(result.file).name}" + (f": {what}" if what else ""), size=9.5)
    n = len(result.accuracies[0])
    caption(figure, f"Band: smallest to largest of {n} draw{'s' if n > 1 else ''} of the devices' drift.")
    axes.grid(alpha=0.3)
    return save(figure, out, {"Title": f"{result.file}, iteration {result.iteration}"})
