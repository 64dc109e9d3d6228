"""The picture of `tests.trained`: a row for each network, a column for each study."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xbarsim.show.figures_style import BLACK, COLOURS, GREY, MARKERS, pyplot

COLUMNS = {
    "tolerance": ("tolerance of write-verify, part of the range", "log"),
    "states": ("states, open loop", "log2"),
    "adc": ("bits of a converter, sign included", ""),
    "wires": ("Ohm a segment", "log"),
    "d2d": ("spread of devices, sigma", ""),
    "time": ("time in phase-change memory", "log"),
}
TIMES = {"1 s": 1.0, "1 min": 60.0, "1 h": 3600.0, "1 d": 86_400.0, "30 d": 2_592_000.0, "1 y": 31_557_600.0}
NAMES = {"off": "not compensated", "global": "a factor per array", "columns": "a factor per column"}
OWN = {"784-200-10": 98.16, "LeNet": 99.15}
BOTTOM = {"784-200-10": 90.0, "LeNet": 94.0}
"""%; what lies below is at the rim, and stands in the table."""


def draw(rows: list[dict[str, Any]], out: Path) -> None:
    """Draw what is known."""
    figure = pyplot().figure(figsize=(19.0, 6.6), layout="constrained")
    for row, (network, axes) in enumerate(zip(OWN, figure.subplots(2, len(COLUMNS)), strict=True)):
        for column, (ax, (study, (label, scale))) in enumerate(zip(axes, COLUMNS.items(), strict=True)):
            own = [x for x in rows if x["key"][:2] == [network, study]]
            for n, kind in enumerate(dict.fromkeys(x["key"][2] for x in own)):
                points = sorted((x["key"][3], 100.0 * x["accuracy"]) for x in own if x["key"][2] == kind)
                x, y = zip(*points, strict=True)
                kept = [max(value, BOTTOM[network]) for value in y]
                ax.plot(x, kept, marker=MARKERS[n], ms=4.5, lw=1.3, color=COLOURS[n], label=NAMES.get(kind, kind))
            ax.axhline(OWN[network], color=BLACK, ls="--", lw=0.9)
            ax.set_ylim(BOTTOM[network], 100.0)
            if scale:
                ax.set_xscale("log", base=2 if scale == "log2" else 10)
            if study == "time":
                ax.set_xticks(list(TIMES.values()), list(TIMES), fontsize=8)
                ax.minorticks_off()
            if study == "states":
                ax.set_xticks([2, 4, 8, 16, 32, 64, 128, 256], ["2", "4", "8", "16", "32", "64", "128", "256"])
            ax.grid(alpha=0.3)
            if row:
                ax.set_xlabel(label)
            if not column:
                ax.set_ylabel(f"{network}\ntest accuracy (%)")
            if own:
                ax.legend(fontsize=7.5, loc="lower left" if study in ("tolerance", "wires", "d2d", "time") else None)
    figure.supxlabel(
        "dashed: the float network; points at the lower rim lie below it", fontsize=9, color=GREY, x=0.01, ha="left"
    )
    figure.savefig(out, dpi=90)
