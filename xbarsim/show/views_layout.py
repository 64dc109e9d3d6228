"""What ``xbarsim check`` and ``data list`` show."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np

from ..base.errors import DataError
from ..data_sets.labels import listed
from ..data_sets.load import DATASETS, load_dataset
from ..data_sets.mnist import HOW_TO_GET_MNIST, mnist_folder
from ..data_sets.order import iterations_of
from ..describe.layout import Layout
from ..describe.oddities import oddities
from ..learn.table import plan_of
from . import report


def _circuit(layout: Layout) -> str:
    """What of a layout's circuits is real, in words."""
    w, parts = layout.wires, []
    if layout.exact_wires:
        tiles = (
            ""
            if not (w.tile_rows or w.tile_columns)
            else f", tiles of {w.tile_rows or 'all'} x {w.tile_columns or 'all'} lines"
        )
        parts.append(
            f"wires of {w.wire_resistance:g} Ohm per segment, drivers {w.driver_resistance:g} Ohm, sense terminals "
            f"{w.sense_resistance:g} Ohm{tiles}"
        )
    if not layout.sense.ideal:
        parts.append("drivers and sense circuits of [sense]")
    if layout.gates.disturb:
        parts.append("half-select disturb")
    return "; ".join(parts) or "ideal"


class _Law(NamedTuple):
    """What `check` says of a device's steps."""

    numbers: dict[str, Any]
    pulses: str
    steps: str


def _law(layout: Layout) -> _Law:
    device = layout.device
    if device.runs_code:  # which a check does not
        none = {"steps": None, "alpha_S": None, "alpha_d_S": None}
        return _Law(none, "", f"by {device.step} (SHA-256 {str(device.step_sha256)[:12]}...), which run runs")
    steps = device.staircase()
    up = np.diff(steps.astype(np.float64))
    numbers = {"steps": len(steps) - 1, "alpha_S": device.alpha_p, "alpha_d_S": device.alpha_depression}
    sizes = f"{report.siemens(up[0])} at Gmin, {report.siemens(up[-1])} at Gmax"
    return _Law(
        numbers,
        f" in {len(steps) - 1} pulses, beta {device.beta:g}",
        f"{sizes}; alpha_d {report.siemens(device.alpha_depression)}",
    )


def show_layout(layout: Layout, form: str, max_memory: str | None = None) -> None:
    """What a layout would build; `max_memory` is that of `load_dataset`."""
    sizes, bias = layout.network.layers, int(layout.array.bias)
    arrays = [(a + bias, b) for a, b in itertools.pairwise(sizes)]
    device = layout.device
    law = _law(layout)
    plan = plan_of(layout)
    fits, samples = "", 0
    notes: tuple[str, ...] = ()
    try:
        data = load_dataset(layout.run.dataset, max_memory=max_memory)
        data.check_fits(sizes)
        samples, notes = len(data.y_train), data.notes
        fits = (
            f"{data.name}: {samples:,} training and {len(data.y_test):,} test samples, {data.inputs} inputs, "
            f"{data.classes} classes{'' if data.labels == tuple(range(data.classes)) else f' ({listed(data.labels)})'}"
        )
    except DataError as error:
        if layout.run.dataset != "auto":
            raise
        fits = f"does not fit: {error}"
    iterations = iterations_of(layout, samples or 1)
    real = layout.rule.has_devices(layout)
    devices = 2 * layout.rule.arrays(layout) * sum(r * c for r, c in arrays) if real else 0
    if form == "json":
        report.dump(
            {
                "layers": list(sizes),
                "arrays": [{"rows": r, "columns": c} for r, c in arrays],
                "devices": devices,
                "engine": plan.engine,
                "plan": plan.kinds,
                "why": dict(plan.why),
                **law.numbers,
                "dataset": fits,
                "odd": oddities(layout),
                "notes": list(notes),
                "iterations": iterations,
                "layout": layout.to_toml(),
            }
        )
        return
    method = f", method {layout.pulses.method}" if layout.rule.pairs else ""  # others have pulses of their own
    shapes = ", ".join(f"{r} x {c}" for r, c in arrays)
    of_devices = [
        ("arrays", f"{shapes} pairs; {devices:,} devices; {layout.array.routing}"),
        ("device", f"{report.siemens(device.g_min)} to {report.siemens(device.g_max)}{law.pulses}"),
        ("steps", law.steps),
        ("update", f"rule {layout.pulses.rule}{method}, {plan.engine} engine"),
        ("circuit", _circuit(layout)),
    ]
    without = [("arrays", f"{shapes} weights, no devices"), ("update", f"rule {layout.pulses.rule}")]
    rows = [
        ("network", "-".join(map(str, sizes))),
        *(of_devices if real else without),
        ("kernels", ", ".join(f"{name} {kind}" for name, kind in plan.kinds.items())),
        *((f"  {name}", why) for name, why in plan.why.items()),
        ("run", f"{iterations:,} iterations, seed {layout.run.seed}"),
        ("data", fits),
    ]
    report.OUT.print(report.pairs(rows))
    for line in oddities(layout):
        report.ERR.print(f"xbarsim: {line}")
    report.OUT.print("\nWith all defaults:\n")
    report.OUT.print(layout.to_toml().rstrip(), markup=False)


def show_datasets(form: str) -> None:
    """The data sets, and where they are."""
    folder = mnist_folder()
    entries = [
        {
            "name": name,
            "what": what,
            "where": "embedded" if name != "mnist" else (str(folder) if folder else None),
        }
        for name, (_, what) in DATASETS.items()
    ]
    if form == "json":
        report.dump({"datasets": entries, "auto": "mnist" if folder else "digits"})
        return
    # The path on a line of its own: in a table, a long one would squeeze the other columns to a few letters.
    for e in entries:
        report.OUT.print(f"{e['name']:<12}{e['what']}")
        report.OUT.print(" " * 12 + (e["where"] or "not here"))
    report.OUT.print(f"\n--dataset auto takes: {'mnist' if folder else 'digits'}")
    if folder is None:
        report.OUT.print(f"To get MNIST: {HOW_TO_GET_MNIST}.")
