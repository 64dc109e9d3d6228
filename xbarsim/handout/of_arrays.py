"""What a page shows of a run's arrays: weights at the start and at the end, writes, wear, and energies."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.errors import TraceError
from ..describe.layout import Layout
from ..loop.results import Wear, worst_device
from ..record.quantities import quantities_of, siemens_of
from ..record.trace import Trace
from ..show.figures_report import (
    conductances_figure,
    energy_figure,
    maps_figure,
    weights_figure,
    writes_figure,
)
from ..show.figures_style import unit_of
from ..show.report import joules
from ..show.summary import place, worn
from .blocks import Block, Number, Pairs, Pictures, Table, Words
from .drawing import drawn

MOST_LAYERS = 8
"""Layers whose maps are drawn: a page is for reading."""

_FEW = 3  # layers whose maps have all their pixels


def weights(trace: Trace) -> list[Block]:
    """Maps and histograms of every layer, at the start and at the end, as far as the file has them without code."""
    if "w" not in quantities_of(trace):
        return [
            Words(f"The weights follow from the code of {trace.layout.device.step}, which is not run for a report.")
        ]
    blocks: list[Block] = []
    layers = len(trace.shapes)
    dpi = 110 if layers <= _FEW else 80
    for layer in range(1, min(layers, MOST_LAYERS) + 1):
        blocks.append(_layer(trace, layer, dpi))
    if layers > MOST_LAYERS:
        blocks.append(Words(f"{layers - MOST_LAYERS} more layers are not shown; xbarsim plot --layer N draws them."))
    return blocks


def _layer(trace: Trace, layer: int, dpi: int) -> Pictures:
    moments = [0, trace.iterations_done]
    if not trace.replays:
        moments = [int(n) for n in trace.keyframes(layer)[[0, -1]]]
    moments = list(dict.fromkeys(moments))
    pairs = trace.is_pairs
    unit, prefix = unit_of(trace.layout.device.g_max) if pairs else (1.0, "")
    label = f"W = G+ - G- ({prefix}S)" if pairs else "W (S)" if siemens_of(trace) else "W (no unit)"
    rows, columns = trace.shapes[layer - 1]
    says = f"layer {layer}, {rows} x {columns}"
    if pairs:
        states = {n: trace.conductance(layer, n) for n in moments}
        maps = {n: (plus.astype(np.float64) - minus) / unit for n, (plus, minus) in states.items()}
        more = [drawn(conductances_figure(trace, layer, states), f"Histograms of G+ and G-, {says}")]
    else:
        maps, more = {n: trace.weights(layer, n).astype(np.float64) for n in moments}, []
    first = drawn(maps_figure(trace, layer, maps, label), f"Maps of W, {says}", points=-1, dpi=dpi)
    return Pictures([first, drawn(weights_figure(maps, label), f"Histograms of W, {says}"), *more], small=True)


def _writes(trace: Trace) -> list[np.ndarray]:
    """Of every layer pulses and resets together of all its devices."""
    found = []
    for layer in range(1, len(trace.shapes) + 1):
        counts = trace.counts(layer)
        ends = [name.removeprefix("pulses_") for name in counts if name.startswith("pulses_")]
        found.append(np.concatenate([(counts[f"pulses_{e}"] + counts[f"resets_{e}"]).ravel() for e in ends]))
    return found


def writes(trace: Trace) -> tuple[list[Number], list[Block]]:
    """What the devices had to bear: the worst one, and all."""
    most = trace.most_writes
    number = int(most[-1]) if most is not None and len(most) and most[-1] > 0 else None
    if not trace.has_counts:
        return ([Number("worst device's writes", f"{number:,}", "pulses and resets")] if number else []), []
    at = worst_device([trace.counts(k) for k in range(1, len(trace.shapes) + 1)])
    each = _writes(trace)
    number = max(int(x.max(initial=0)) for x in each)
    if not number or at is None:
        return [], []
    head = ("layer", "devices", "writes", "mean", "median", "most", "never written")
    rows = [
        (
            f"{k}",
            f"{x.size:,}",
            f"{int(x.sum(dtype=np.int64)):,}",
            f"{x.mean():,.1f}",
            f"{np.median(x):,.0f}",
            f"{x.max():,}",
            f"{100.0 * np.mean(x == 0):.1f} %",
        )
        for k, x in enumerate(each, start=1)
    ]
    blocks: list[Block] = [
        Table(head, rows, "Writes: pulses and resets of a device", f"Most written: {place(at, trace.layout)}."),
        Pictures([drawn(writes_figure(each), "Histogram of the writes per device")]),
    ]
    return [Number("worst device's writes", f"{number:,}", f"pulses and resets; {place(at, trace.layout)}")], blocks


def wear(found: Wear | None, layout: Layout) -> tuple[list[Number], list[Block]]:
    """How many devices died, and which was the first; nothing where none can."""
    if found is None:
        return [], []
    first = "" if found.first_iteration is None else f"the first at iteration {found.first_iteration:,}"
    return [Number("worn out", f"{found.dead:,} of {found.devices:,}", first)], [
        Pairs([("worn out", worn(found, layout))])
    ]


def energies(trace: Trace) -> tuple[list[Number], list[Block]]:
    """What the pulse lines took, where the run followed them."""
    try:
        found: dict[str, Any] = trace.energy
    except TraceError:
        return [], []
    spent = {name.removesuffix("_energy"): values for name, values in found.items() if name.endswith("_energy")}
    sums = {name: float(np.sum(values)) for name, values in spent.items()}
    total, n = sum(sums.values()), max(1, trace.iterations_done)
    rows = [
        (name, joules(value), joules(value / n), f"{100.0 * value / total:.1f} %" if total else "-")
        for name, value in sums.items()
    ]
    rows.append(("all", joules(total), joules(total / n), "100.0 %" if total else "-"))
    more = []
    if "latency" in found:
        more.append(("time on the lines", f"{float(np.sum(found['latency'])):.4g} s, one after another"))
    if "half_selects" in found:
        more.append(("half-selected devices", f"{float(np.sum(found['half_selects'])):.4g}"))
    told = ", ".join(f"{name} {joules(value)}" for name, value in sums.items())
    blocks: list[Block] = [
        Table(("energy", "whole run", "per iteration", "share"), rows),
        *([Pairs(more)] if more else []),
        Pictures([drawn(energy_figure(spent), "Energy over the iterations")]),
    ]
    return [Number("energy of the lines", joules(total), told)], blocks
