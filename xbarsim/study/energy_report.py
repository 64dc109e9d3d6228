"""The energy model's tables, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import energy_bs as model
from .energy_constants import CONSTANTS, SOURCES, values

Moved = dict[str, tuple[np.ndarray, np.ndarray]]
"""What `energy_bs.sensitivity` gives."""

ORDERS = (100.0, 100.0, 1000.0)
"""What the abstract says of each of ``SYSTEMS[1:]``: two orders over memristor-based, three over CMOS-based hardware.
"""

MAC_ORDERS = (100.0, 1000.0, 1000.0)
"""The same of ``MAC_SYSTEMS[1:]``."""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ("---",) * len(head), *rows)] + [""]


def _shares(parts: model.Parts) -> str:
    total = sum(parts.values())
    return ", ".join(f"{what} {100 * e / total:.0f} %" for what, e in sorted(parts.items(), key=lambda p: -p[1]))


def _totals(run: model.Run) -> list[str]:
    k = values()
    training = [(name, f"{1e9 * sum(p.values()):.3g}", _shares(p)) for name, p in model.parts_of(run, k).items()]
    each, counts = model.joules_per_mac(run, k), model.macs(run)
    alone = [
        (name, f"{1e15 * each[q]:.3g}", f"{counts[q]:.0f}", _shares(p))
        for q, (name, p) in enumerate(model.mac_parts(run, k).items())
    ]
    return [
        *_table(("training", "nJ per image", "of this"), training),
        *_table(("multiply-accumulate (MAC)", "fJ each", "MACs of an image", "of this"), alone),
    ]


def _compared(
    run: model.Run, what: str, names: Sequence[str], orders: Sequence[float], of: model.Ratios, moved: Moved
) -> list[str]:
    """Ratios at the defaults, over the ranges, and how often they are as large as is said."""
    found, drawn = of(run, values()), model.draws(run, of=of)
    rows = []
    for q, (name, said) in enumerate(zip(names, orders, strict=True)):
        ends = [float(r[q]) for pair in moved.values() for r in pair]
        quantiles = ", ".join(f"{x:.3g}" for x in np.quantile(drawn[:, q], [0.05, 0.5, 0.95]))
        answer = (
            f"{said:g}: {'yes' if found[q] >= said else 'no'}; {100 * np.mean(drawn[:, q] >= said):.0f} % of the draws"
        )
        rows.append((name, f"{found[q]:.3g}", f"{min(ends):.3g} to {max(ends):.3g}", quantiles, answer))
    head = (
        f"{what}, over binary-stochastic",
        "default",
        "one constant at a time",
        "all drawn: 5 %, median, 95 %",
        "as large as is said",
    )
    return _table(head, rows)


def _carry(run: model.Run) -> list[str]:
    """The carry done otherwise; its own pulses stay those of the run."""
    if not run.period or run.digits < 2:
        return []
    rows = []
    for sensing in model.CARRY_SENSING:
        for factor in (1, 4, 16):
            other = run._replace(carry_sensing=sensing, period=factor * run.period)
            parts = model.binary_stochastic(other, values())
            total = sum(parts.values())
            cells = (f"{r:.3g}" for r in model.ratios(other, values()))
            rows.append(
                (sensing, str(other.period), f"{1e9 * total:.3g}", f"{100 * parts['carries'] / total:.0f} %", *cells)
            )
    head = ("sensing at a carry", "period, images", "nJ per image", "carries", *model.SYSTEMS[1:])
    return _table(head, rows)


def _constants(training: Moved, alone: Moved) -> list[str]:
    """The constants, their sources, and the ratios with each at the ends of its range."""
    rows = []
    for name, c in CONSTANTS.items():
        source = c.source if c.seen or c.source.startswith(("derived", "default")) else f"{c.source} (no source)"
        rows.append((f"{name}: {c.meaning}", f"{c.value:g} {c.unit}", f"{c.low:g} to {c.high:g}", source))
    ends = []
    for name in CONSTANTS:
        pairs = [pair for found in (training, alone) for pair in zip(*found[name], strict=True)]
        ends.append((name, *(f"{a:.3g} .. {b:.3g}" for a, b in pairs)))
    head = (
        "ratio, constant low .. high",
        *(f"training: {s}" for s in model.SYSTEMS[1:]),
        *(f"MAC: {s}" for s in model.MAC_SYSTEMS[1:]),
    )
    return [
        *_table(("constant", "default", "range", "source"), rows),
        *(f"- {key}: {text}" for key, text in SOURCES.items()),
        "",
        *_table(head, ends),
    ]


def markdown(run: model.Run) -> str:
    """All tables: parts, ratios of training and of multiply-accumulates, the carry done otherwise, the constants and
    what each moves.
    """
    training, alone = model.sensitivity(run), model.sensitivity(run, model.mac_ratios)
    lines = [
        *_totals(run),
        *_compared(run, "training", model.SYSTEMS[1:], ORDERS, model.ratios, training),
        *_compared(run, "MAC", model.MAC_SYSTEMS[1:], MAC_ORDERS, model.mac_ratios, alone),
        *_carry(run),
        *_constants(training, alone),
    ]
    return "\n".join(lines)
