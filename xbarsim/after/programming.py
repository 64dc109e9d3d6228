"""Devices are written to the conductances that a network asks for: open loop, with reads in between, or by a drawn
error.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import LayoutError, TraceError
from ..base.notes import note
from ..data_sets.data_set import Dataset
from ..data_sets.load import load_dataset
from ..describe.fields import keys_of
from ..describe.layout import Layout
from ..describe.sections import HOMES
from ..kernels.base import noise
from ..kernels.circuit import verify
from ..learn.devices import DevicesState
from ..learn.network import NetworkState
from ..learn.rule import State
from ..learn.table import state_of
from ..loop.untrained import accuracy_of, write_state
from ..record.trace import Trace
from .imported import TARGETS
from .programmed import Error, Programmed, Settings, Side, error_of
from .writing import in_units, onto_window, reference_in, written

ERROR = 13
"""Quantity of a device: the error of a one-shot write, beside those of kernels/circuit/verify.py."""

_OTHERS = ("device", "variation", "aging", "array", "wires", "sense", "gates")
"""Sections of which the devices that are written may have other keys than the run."""


def program(
    source: Trace,
    settings: Settings,
    *,
    out: Path | None = None,
    iteration: int | None = None,
    dataset: Dataset | None = None,
    command_line: str = "",
    onto: Trace | None = None,
    force: bool = False,
    listener: Callable[[int, int], None] = lambda *_: None,
    **values: Any,
) -> Programmed:
    """Write the devices of a run; see `xbarsim.program`."""
    source.check_devices()
    for key in values:
        if HOMES.get(key, "device") not in _OTHERS or key == "bias":
            raise LayoutError(
                f"{key}: expected a key of {', '.join(_OTHERS)}, as the network stays what it is, got one of "
                f"{HOMES[key]}; leave it out"
            )
    at = source.iterations_done if iteration is None else iteration
    trained = source.state_at(at)
    layers = range(trained.n_layers)
    targets = [sides for k in layers for sides in trained.conductances(k)]
    frames = [trained.frame(k) for k in layers]
    if onto is None and settings.start == "present" and settings.how != "one-shot" and source.devices == TARGETS:
        raise LayoutError(
            f"--start: expected 'erased' with {source.path}, whose devices were never written, got 'present'; "
            "leave it out"
        )
    lines = list[str]()
    if onto is not None:
        settings = dataclasses.replace(settings, start="present")
        values = {**_devices_of(onto, source), **values}
    own = source.layout.device
    place = reference_in(source.layout, values.get("g_min", own.g_min), values.get("g_max", own.g_max))
    layout = source.layout.replace(engine="analog", **{**place, **values})
    windows = [(one.device.g_min, one.device.g_max) for one in (source.layout, layout)]
    if windows[0] != windows[1]:
        made, given = (f"{low:.4g} to {high:.4g} S" for low, high in windows)
        layout = layout.replace(**in_units(source.layout))
        targets = [onto_window(source.layout, layout, pair) for pair in targets]
        frames = [_in_range(frame, trained, source.layout, layout) for frame in frames]
        lines.append(f"targets were made for devices of {made}, and keep their part of the range in such of {given}")
    lines += unused(settings, layout)
    error = error_of(settings.error, layout.device.g_max, layout.aging)
    data = _data_of(source, dataset, layout)
    state = state_of(layout)
    if not isinstance(state, NetworkState):
        raise TraceError(f"{source.path}: expected arrays of pairs, got {state.known_as}, which has none; train others")
    state.draw_writes(settings.draw)
    state.draw_devices()
    for k in layers:
        if onto is not None:
            state.set_fixed(k, functools.partial(onto.fixed, k + 1))
            frames[k] = onto.frame(k + 1, onto.iterations_done)
        state.set_frame(k, frames[k])
    listener(0, len(targets))
    sides: list[Side] = []
    for n, pair in enumerate(targets):
        layer, copy = divmod(n, state.copies)
        asked = written(pair, settings.target, layout.device.g_min)
        number = state.number_of(layer, copy)
        if onto is not None and layout.fixed_reference:  # what W stands above is what the reference there conducts
            there = state.conductances(layer)[copy][1]
            asked = np.where(there == asked[1], asked[0], asked[0] - asked[1] + there), there
        sides += _write(state, number, (layer + 1, copy), asked, settings, error, lines)
        state.end_writing(number)
        listener(n + 1, len(targets))
    state.fill([state.nominal(state.number_of(*divmod(n, state.copies))) for n in range(len(targets))])
    for line in lines:
        note(line)
    more: dict[str, Any] = {
        "devices": settings.words,
        "programming": json.dumps(settings.as_dict()),
        "programmed_from": source.path.name,
        "programmed_iteration": np.int64(at),
    }
    if onto is not None:
        more["programmed_onto"] = onto.path.name
    more |= {key: source.provenance[key] for key in ("mapping", "accuracy_float") if key in source.provenance}
    known, before = source.accuracy, None
    if len(known[0]) and int(known[0][-1]) == at:
        before = float(known[1][-1])
    name, span, costs = None if out is None else str(out), layout.device.span, _costs(layout, sides)
    found = Programmed(str(source.path), name, settings, span, tuple(sides), before, None, *costs, state, tuple(lines))
    if out is not None:
        more["programming_outcome"] = json.dumps(found.outcome)
        said = [*str(source.provenance.get("warnings", "")).splitlines(), *lines]
        accuracy = write_state(
            out,
            state,
            data,
            given=layout,
            said=said,
            command_line=command_line,
            force=force,
            more=more,
            programmed=[found.kept(k) for k in range(1, trained.n_layers + 1)],
        )
    else:
        accuracy = None if data is None else accuracy_of(state, data)
    return dataclasses.replace(found, accuracy=accuracy)


def _in_range(frame: tuple[np.ndarray, ...], state: State, old: Layout, new: Layout) -> tuple[np.ndarray, ...]:
    """What a keyframe holds with its conductances at the same parts of another range."""
    return tuple(
        onto_window(old, new, (value, value))[0] if kept.units == "S" else value
        for value, kept in zip(frame, state.kept, strict=True)
    )


def unused(settings: Settings, layout: Layout) -> list[str]:
    """Which settings do nothing with the way that was chosen, a line each."""
    usual = Settings()
    given = [name for name in settings.idle if getattr(settings, name) != getattr(usual, name)]
    flags = ["--verify-bits" if name == "bits" else f"--{name}" for name in given]
    lines = [f"{flag}: given, and does nothing with --how {settings.how}; leave it out" for flag in flags]
    if layout.aging.errs and not (settings.how == "one-shot" and settings.error == "device"):
        what = f"--error {settings.error}" if settings.how == "one-shot" else f"--how {settings.how}"
        lines.append(
            f"the device has an error of writing of its own ([aging] write_error), which {what} does not draw; "
            "--how one-shot --error device does"
        )
    return lines


def _devices_of(onto: Trace, source: Trace) -> dict[str, Any]:
    """Keys of the devices that another file has, which are written to the targets of `source`."""
    onto.check_pairs()
    source.check_pairs()
    if onto.shapes != source.shapes or onto.layout.fixed_reference != source.layout.fixed_reference:
        shapes = [", ".join(f"{rows} x {cols}" for rows, cols in trace.shapes) for trace in (source, onto)]
        raise TraceError(
            f"{onto.path}: expected arrays of {shapes[0]} pairs of the same kind, as {source.path} has, got "
            f"{shapes[1]}; give a file of such arrays"
        )
    if onto.devices == TARGETS:
        raise TraceError(f"{onto.path}: expected devices, got {TARGETS}; program it first")
    if onto.needs_code:
        raise TraceError(
            f"{onto.path}: expected devices that follow a law, got a plug-in, whose code is not run because a "
            "file says so; give another file"
        )
    sections = (onto.layout.device, onto.layout.variation, onto.layout.aging)
    found = {key: getattr(section, key) for section in sections for key in keys_of(type(section))}
    return {**found, "seed": onto.layout.run.seed}


def _write(
    state: NetworkState,
    k: int,
    place: tuple[int, int],
    asked: tuple[np.ndarray, np.ndarray],
    settings: Settings,
    error: Error,
    lines: list[str],
) -> list[Side]:
    """Write array `k`, of the layer and digit `place`; a reference that is never pulsed stays as it is."""
    layout, device, views = state.layout, state.layout.device, state.layer(k)
    name = f"array {k + 1}"
    for g in asked:
        beyond = int(((g < device.g_min * (1 - 1e-6)) | (g > device.g_max * (1 + 1e-6))).sum())
        if beyond:
            lines.append(
                f"{name}: {beyond:,} of {g.size:,} targets are outside of the range of the devices, "
                f"{device.g_min:.3g} to {device.g_max:.3g} S, and cannot be reached"
            )
    if settings.start == "erased" or settings.how == "one-shot":
        low = np.full(state.array_shape(k), device.g_min, np.float32)
        minus = state.nominal(k)[1]
        state.set_nominal(k, *state.with_faults(k, low, minus if layout.fixed_reference else low))
    DevicesState.clear_counts(state, k)  # of array `k`, whatever a layer has
    found = []
    for side in (0,) if layout.fixed_reference else (0, 1):
        suffix = "minus" if side else "plus"
        g, x, y = (getattr(views, f"{part}_{suffix}") for part in ("g", "x", "y"))
        pulses, resets = getattr(views, f"pulses_{suffix}"), getattr(views, f"resets_{suffix}")
        target = np.ascontiguousarray(asked[side].T, np.float32)
        reads, there = np.zeros(target.shape, np.int64), np.zeros(target.shape, np.uint8)
        if settings.how == "one-shot":
            _draw(state, k, side, target, settings, error, lines)
        else:
            how = _writing(state, k, side, settings)
            kernel, scatter = state.device, views.scatter
            if settings.how == "open-loop":
                verify.write_open(how, target, g, x, y, pulses, resets, kernel, state.steps, scatter)
            else:
                verify.write_verify(how, target, g, x, y, pulses, resets, kernel, scatter, reads, there)
        conducts = x.astype(np.float64) * g + y
        if settings.how != "write-verify":
            there = np.abs(conducts - target) <= settings.tolerance * device.span
        parts = (target.astype(np.float64), conducts, pulses, resets, reads, there.astype(bool))
        found.append(Side(*place, side, *(np.array(part.T, order="C") for part in parts)))
    state.set_nominal(k, *state.nominal(k))
    return found


def _writing(state: NetworkState, k: int, side: int, settings: Settings) -> verify.Writing:
    """What the kernels need to know."""
    device, sense, v_read = state.layout.device, state.sense, float(state.layout.array.v_read)
    layer = k % state.n_layers if state.apart else k // state.copies
    cols = state.array_shape(k)[1]
    limit, levels = float(sense.limit[layer, 0, :cols].max()), sense.levels  # one range, the widest of the columns
    if settings.bits:
        limit, levels = device.g_max * v_read, float(2**settings.bits - 1)
    gain, offset = (np.ascontiguousarray(x[layer, 0, :cols]) for x in (sense.gain, sense.offset))
    return verify.Writing(
        np.uint64(state.layout.run.seed),
        k,
        side,
        settings.draw,
        int(settings.start == "erased"),
        settings.tolerance * device.span,
        settings.most,
        v_read,
        float(sense.noise),
        float(sense.device),
        limit,
        float(levels),
        gain,
        offset,
    )


def _draw(
    state: NetworkState, k: int, side: int, target: np.ndarray, settings: Settings, error: Error, lines: list[str]
) -> None:
    """Put a side about its targets; devices that are stuck are where they are."""
    views, device = state.layer(k), state.layout.device
    suffix = "minus" if side else "plus"
    g, x, y = (getattr(views, f"{part}_{suffix}") for part in ("g", "x", "y"))
    z = np.zeros(state.array_shape(k))
    noise.fill_deviates(np.uint64(state.layout.run.seed), noise.trait_stream(k, side, ERROR), settings.draw, z)
    conducts = target + error.sigma(target.astype(np.float64)) * z.T
    asked = np.where(x > 0.0, (conducts - y) / np.where(x > 0.0, x, 1.0), device.g_min)
    inside = np.clip(asked, device.g_min, device.g_max)
    beyond = int((np.abs(inside - asked) > 1e-6 * device.span).sum())
    if beyond:
        lines.append(
            f"array {k + 1}: {beyond:,} of {asked.size:,} {'G-' if side else 'G+'} were drawn outside of the range of "
            "their device, and are at its end"
        )
    stuck = np.zeros(g.shape, bool)
    if views.scatter is not None and views.scatter.faults:
        stuck = (views.scatter.stuck_minus if side else views.scatter.stuck_plus) != 0
    g[:] = np.where(stuck, g, inside).astype(np.float32)


def _costs(layout: Layout, sides: Sequence[Side]) -> tuple[float, float, float, float]:
    """Energy of pulses and of reads, J, and the time one device after another, or a row at a time, s.

    A pulse, or a reset, takes C V^2 (see kernels/circuit/gates.py), a read V^2 G t with what the device conducts in the
    end.
    """
    c, v = layout.gates, layout.array.v_read
    energy = sum(float((s.pulses + s.resets).sum()) for s in sides) * c.gate_capacitance * c.pulse_voltage**2
    reading = sum(float((s.reads * s.found).sum()) for s in sides) * v * v * c.read_width
    each = [(s, (s.pulses + s.resets) * c.pulse_width + s.reads * c.read_width) for s in sides]
    rows = 0.0
    for place in sorted({(s.layer, s.digit) for s in sides}):
        of_array = [t for s, t in each if (s.layer, s.digit) == place]
        rows += float(np.max([t.max(axis=1) for t in of_array], axis=0).sum())
    return energy, reading, float(sum(t.sum() for _, t in each)), rows


def _data_of(source: Trace, dataset: Dataset | None, layout: Layout) -> Dataset | None:
    """The data of a run, with the classes that it was recorded with; None of a network that was put in without any."""
    if dataset is None and not source.provenance["dataset_sha256"]:
        return None
    data = dataset if dataset is not None else load_dataset(layout.run.dataset)
    data = data.coded_as(source.provenance["dataset_sha256"])
    data.check_fits(layout.network.layers)
    return data
