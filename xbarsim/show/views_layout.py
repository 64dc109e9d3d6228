"""What ``xbarsim check`` and ``data list`` show."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..base.errors import DataError
from ..data_sets.activity import activity_of
from ..data_sets.labels import listed
from ..data_sets.load import DATASETS, load_dataset
from ..data_sets.mnist import HOW_TO_GET_FASHION, HOW_TO_GET_MNIST, fashion_folder, mnist_folder
from ..data_sets.order import iterations_of
from ..describe.commented import literal
from ..describe.defaults import changed, derived
from ..describe.idle import idle, idle_lines
from ..describe.layout import Layout
from ..describe.oddities import oddities
from ..describe.prospects import prospects
from ..describe.words import (
    changes,
    circuit_in_words,
    departures,
    device_in_words,
    rule_in_words,
    sections_that_apply,
    values_in,
)
from ..learn.table import plan_of
from . import report


class _Law(NamedTuple):
    """What `check` says of a device's steps."""

    numbers: dict[str, Any]
    steps: str


def _law(layout: Layout) -> _Law:
    device = layout.device
    if device.runs_code:  # which a check does not
        none = {"steps": None, "alpha_S": None, "alpha_d_S": None}
        return _Law(none, f"by {device.step} (SHA-256 {str(device.step_sha256)[:12]}...), which run runs")
    steps = device.staircase()
    up = np.diff(steps.astype(np.float64))
    numbers = {"steps": len(steps) - 1, "alpha_S": device.alpha_p, "alpha_d_S": device.alpha_depression}
    sizes = f"{report.siemens(up[0])} at Gmin, {report.siemens(up[-1])} at Gmax"
    return _Law(numbers, f"{sizes}; first step down {report.siemens(device.alpha_depression)}")


def show_layout(
    layout: Layout, form: str, max_memory: str | None = None, *, everything: bool = False, odd: Sequence[str] = ()
) -> None:
    """What a layout would build, and what of it differs from the defaults, or `everything`; `max_memory` is that of
    `load_dataset`, `odd` what is odd besides what the layout itself says.
    """
    bias = int(layout.array.bias)
    arrays = [(a.inputs + bias, a.outputs) for a in layout.network.arrays]
    device = layout.device
    law = _law(layout)
    plan = plan_of(layout)
    fits, samples = "", 0
    notes: tuple[str, ...] = ()
    try:
        data = load_dataset(layout.run.dataset, max_memory=max_memory)
        data.check_fits(layout.network.layers)
        samples, notes = len(data.y_train), data.notes
        fits = (
            f"{data.name}: {samples:,} training and {len(data.y_test):,} test samples, {data.inputs} inputs, "
            f"{data.classes} classes{'' if data.labels == tuple(range(data.classes)) else f' ({listed(data.labels)})'}"
        )
    except DataError as error:
        if layout.run.dataset != "auto":
            raise
        fits = f"does not fit: {error}"
        data = None
    activity = None if data is None else activity_of(data)
    given, found = layout, {} if device.runs_code and layout.rule.currents else derived(layout, activity)
    layout = layout.replace(**found) if layout.rule.currents else layout
    follows = changed(given, layout)
    odd = [*odd, *idle_lines(idle(given)), *oddities(layout)]
    odd += [] if device.runs_code else prospects(given, activity)
    iterations = iterations_of(layout, samples or 1)
    real = layout.rule.has_devices(layout)
    devices = 2 * layout.rule.arrays(layout) * sum(r * c for r, c in arrays) if real else 0
    if form == "json":
        report.dump(
            {
                "layers": list(layout.network.layers),
                "arrays": [{"rows": r, "columns": c} for r, c in arrays],
                "devices": devices,
                "engine": plan.engine,
                "plan": plan.kinds,
                "why": dict(plan.why),
                **law.numbers,
                "dataset": fits,
                "odd": odd,
                "derived": follows,
                "notes": list(notes),
                "iterations": iterations,
                "layout": layout.to_toml(),
            }
        )
        return
    shapes = ", ".join(f"{r} x {c}" for r, c in arrays)
    of_devices = [
        ("arrays", f"{shapes} pairs; {devices:,} devices; {layout.array.routing}"),
        ("device", f"{device_in_words(device)}; {report.siemens(device.g_min)} to {report.siemens(device.g_max)}"),
        ("steps", law.steps),
        ("spread", departures(device, layout.variation)),
        ("update", f"{rule_in_words(layout)}, {plan.engine} engine"),
        ("circuit", circuit_in_words(layout)),
    ]
    without = [("arrays", f"{shapes} weights, no devices"), ("update", rule_in_words(layout))]
    rows = [
        ("network", layout.network.named),
        *(of_devices if real else without),
        *([("kernels", ", ".join(f"{name} {kind}" for name, kind in plan.kinds.items()))] if everything else []),
        *((f"  {name}", why) for name, why in plan.why.items() if everything),
        ("run", f"{iterations:,} iterations, seed {layout.run.seed}"),
        ("data", fits),
    ]
    report.OUT.print(report.pairs(rows))
    for line in odd:
        report.ERR.print(f"xbarsim: {line}")
    report.OUT.print()
    if everything:
        report.OUT.print("With all defaults:\n")
        report.OUT.print(layout.to_toml().rstrip(), markup=False)
    else:
        show_changes(layout, follows)
        report.OUT.print("--all shows every key, and which kernels compute this and why.")


_MANY = 24
"""A longer list is only named."""


def show_changes(layout: Layout, follows: Collection[str] = ()) -> None:
    """What of a layout differs from the defaults, as a layout file has it, and what `follows` by itself."""
    report.OUT.print("What differs from the defaults:")
    _show_sections(changes(layout, follows))
    if follows:
        report.OUT.print("\nWhat follows from the network, the device and the training images:")
        _show_sections(values_in(layout, follows))
    report.OUT.print(f"\nSections that apply: {', '.join(sections_that_apply(layout))}.")


def _show_sections(sections: Mapping[str, Mapping[str, Any]]) -> None:
    for section, table in sections.items():
        lines = [line for key, value in table.items() if (line := line_of(key, value))]
        if lines:
            report.OUT.print("\n".join(["", f"[{section}]", *lines]), markup=False)


def line_of(key: str, value: Any) -> str:
    """A line of a layout file; a table of measured steps is only named, what is not set has no line."""
    import tomli_w

    if value is None:
        return ""
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return f"# {key}: {len(value)} x {len(value[0])} numbers"
    if isinstance(value, tuple) and len(value) > _MANY:
        return f"# {key}: {len(value)} numbers"
    if isinstance(value, tuple):
        return f"{key} = {literal(value)}"
    return tomli_w.dumps({key: value}).rstrip()


def show_datasets(form: str) -> None:
    """The data sets, and where they are."""
    folder = mnist_folder()
    places = {"mnist": folder, "fashion-mnist": fashion_folder()}
    entries = [
        {
            "name": name,
            "what": what,
            "where": str(places[name] or "") or None if name in places else "embedded",
        }
        for name, (_, what) in DATASETS.items()
    ]
    if form == "json":
        report.dump({"datasets": entries, "auto": "mnist" if folder else "digits"})
        return
    # The path on a line of its own: in a table, a long one would squeeze the other columns to a few letters.
    for e in entries:
        report.OUT.print(f"{e['name']:<15}{e['what']}")
        report.OUT.print(" " * 15 + (e["where"] or "not here"))
    report.OUT.print(f"\n--dataset auto takes: {'mnist' if folder else 'digits'}")
    if folder is None:
        report.OUT.print(f"To get MNIST: {HOW_TO_GET_MNIST}.")
    if places["fashion-mnist"] is None:
        report.OUT.print(f"To get Fashion-MNIST: {HOW_TO_GET_FASHION}.")
