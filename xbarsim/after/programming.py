"""Devices are written to the conductances that a network asks for: open loop, with reads in between, or by a drawn
error.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..base import checks
from ..base.errors import LayoutError, TraceError
from ..base.notes import note
from ..data_sets.data_set import Dataset
from ..data_sets.load import load_dataset
from ..describe.layout import Layout
from ..describe.sections import HOMES
from ..kernels.base import noise
from ..kernels.circuit import verify
from ..learn.devices import DevicesState
from ..learn.network import NetworkState
from ..learn.table import state_of
from ..loop.untrained import accuracy_of, write_state
from ..record.trace import Trace
from .imported import TARGETS
from .transfer import WRITES, written

WAYS = {
    "open-loop": "pulses are counted by the nominal law, and nobody looks",
    "write-verify": "read, compare, pulse up or down, until it is within the tolerance",
    "one-shot": "every conductance is drawn about its target",
}
"""How devices are written."""

STARTS = {"erased": "every device is reset first", "present": "from where a device is"}
"""Where they are before."""

ERROR = 13
"""Quantity of a device: the error of a one-shot write, beside those of kernels/circuit/verify.py."""

PCM = (-1.1731, 1.9650, 0.2635)
"""sigma = max(c2 g^2 + c1 g + c0, 0) uS of a device of 25 uS, g relative to that: Nandakumar et al., as aihwkit's
PCMLikeNoiseModel has it (docs, pcm_inference)."""

_OTHERS = ("device", "variation", "array", "wires", "sense", "gates")
"""Sections of which the devices that are written may have other keys than the run."""

_PCM_G_MAX, _MICRO = 25e-6, 1e-6


class Error(NamedTuple):
    """Spread of a one-shot write, S, over the target."""

    text: str
    sigma: Callable[[np.ndarray], np.ndarray]


def error_of(text: str, g_max: float) -> Error:
    """A programming error from ``absolute=0.5e-6`` (S), ``relative=0.05``, ``polynomial=c2,c1,c0`` or ``pcm``.

    A polynomial of g = G / Gmax is in units of Gmax / 25, as that of PCM is in uS for 25 uS.

    >>> error_of("relative=0.1", 1.0).sigma(np.array([2.0])).tolist()
    [0.2]
    >>> error_of("pcm", 25e-6).sigma(np.array([0.0, 25e-6])).round(9).tolist()
    [2.64e-07, 1.055e-06]
    """
    kind, sign, value = text.partition("=")
    kind = kind.strip()
    if kind == "pcm" and not sign:
        numbers: list[float] = list(PCM)
    else:
        try:
            numbers = [float(part) for part in value.split(",")]
        except ValueError:
            numbers = []
    ok = bool(numbers) and all(np.isfinite(numbers)) and all(abs(x) < 1e30 for x in numbers)
    if ok and kind in ("absolute", "relative") and len(numbers) == 1 and numbers[0] >= 0.0:
        size = numbers[0]
        if kind == "absolute":
            return Error(text, lambda g: np.full_like(g, size))
        return Error(text, lambda g: size * np.abs(g))
    if ok and kind in ("polynomial", "pcm") and len(numbers) <= 8:
        unit = g_max / _PCM_G_MAX * _MICRO
        return Error(text, lambda g: np.maximum(np.polyval(numbers, g / g_max), 0.0) * unit)
    raise LayoutError(
        f"--error: expected absolute=S, relative=PART, polynomial=c2,c1,c0 or pcm, with numbers >= 0, got '{text}'; "
        "give for example relative=0.05"
    )


@dataclass(frozen=True)
class Settings:
    """How devices are written.

    Attributes
    ----------
    how : str
        ``open-loop``, ``write-verify`` or ``one-shot``.
    start : str
        ``erased`` or ``present``.
    tolerance : float
        Of write-verify, as part of Gmax - Gmin.
    most : int
        Pulses of one device, at most.
    bits : int
        Of the converter that reads devices one by one, from 0 to Gmax; 0: what the sense circuits have.
    error : str
        Of one-shot, see `error_of`.
    target : str
        ``states``: G+ and G- as they are; ``weights``: one device of a pair carries W, the other stays at Gmin.
    draw : int
        Which time the array is written; another one draws anew.
    """

    how: str = "write-verify"
    start: str = "erased"
    tolerance: float = 0.01
    most: int = 1000
    bits: int = 0
    error: str = "relative=0.05"
    target: str = "states"
    draw: int = 1

    def __post_init__(self) -> None:
        """Check every value."""
        checks.choice("--how", self.how, WAYS)
        checks.choice("--start", self.start, STARTS)
        checks.choice("--target", self.target, WRITES)
        checks.number("--tolerance", self.tolerance, above=0.0, most=1.0)
        checks.integer("--most", self.most, least=0, most=65_535)
        checks.integer("--verify-bits", self.bits, least=0, most=24)
        checks.integer("--draw", self.draw, least=1, most=32_767)

    @property
    def words(self) -> str:
        """What was done, in a line."""
        if self.how == "one-shot":
            return f"programmed: one-shot, {self.error}"
        begin = "erased first" if self.start == "erased" else "from where they were"
        if self.how == "open-loop":
            return f"programmed: open loop, {begin}"
        bits = f", {self.bits} bits" if self.bits else ""
        limits = f"tolerance {self.tolerance:g} of the range, at most {self.most} pulses"
        return f"programmed: write-verify, {limits}, {begin}{bits}"


@dataclass(frozen=True, eq=False)
class Side:
    """One side of a written array: each (rows, cols).

    Attributes
    ----------
    layer : int
        From 1.
    digit, side : int
        0: G+, 1: G-.
    target, found : float64, S
    pulses, resets, reads : int64
    there : bool
        Whether it got within the tolerance; of ways that do not look, whether it is.
    """

    layer: int
    digit: int
    side: int
    target: np.ndarray
    found: np.ndarray
    pulses: np.ndarray
    resets: np.ndarray
    reads: np.ndarray
    there: np.ndarray

    @property
    def error(self) -> np.ndarray:
        """What it conducts beyond its target, (rows, cols) float64, S."""
        difference: np.ndarray = self.found - self.target
        return difference


@dataclass(frozen=True, eq=False)
class Programmed:
    """What programming came to; accuracies are fractions, None without data.

    Attributes
    ----------
    file : str
    out : str or None
    settings : Settings
    span : float, S
        Gmax - Gmin.
    sides : tuple of Side
    accuracy_before, accuracy : float or None
    energy_pulses, energy_reads : float, J
    seconds : float
        One device after another.
    seconds_rows : float
        All devices of a row, on both sides, at the same time.
    state : NetworkState
    lines : tuple of str
    """

    file: str
    out: str | None
    settings: Settings
    span: float
    sides: tuple[Side, ...]
    accuracy_before: float | None
    accuracy: float | None
    energy_pulses: float
    energy_reads: float
    seconds: float
    seconds_rows: float
    state: NetworkState
    lines: tuple[str, ...]

    @property
    def pulses(self) -> int:
        """Of all devices."""
        return int(sum(int(s.pulses.sum()) for s in self.sides))

    @property
    def resets(self) -> int:
        """Of all devices."""
        return int(sum(int(s.resets.sum()) for s in self.sides))

    @property
    def reads(self) -> int:
        """Of single devices."""
        return int(sum(int(s.reads.sum()) for s in self.sides))

    @property
    def devices(self) -> int:
        """Number of devices."""
        return sum(s.found.size for s in self.sides)

    @property
    def missed(self) -> int:
        """Devices that are not within the tolerance."""
        return int(sum(int((~s.there).sum()) for s in self.sides))

    def places(self, most: int = 1_000_000) -> list[dict[str, Any]]:
        """Where devices are that never got there, those that are furthest away first."""
        found: list[dict[str, Any]] = []
        for s in self.sides:
            for i, j in np.argwhere(~s.there).tolist():
                found.append(
                    {
                        "layer": s.layer,
                        "row": i,
                        "column": j,
                        "device": "G-" if s.side else "G+",
                        "digit": s.digit,
                        "target_S": float(s.target[i, j]),
                        "found_S": float(s.found[i, j]),
                    }
                )
        found.sort(key=lambda p: -abs(p["found_S"] - p["target_S"]))
        return found[:most]

    def per_layer(self) -> list[dict[str, Any]]:
        """A row for each array: devices, errors in S, pulses, how many never got there."""
        rows = []
        for layer, digit in sorted({(s.layer, s.digit) for s in self.sides}):
            own = [s for s in self.sides if (s.layer, s.digit) == (layer, digit)]
            e = np.concatenate([s.error.ravel() for s in own])
            rows.append(
                {
                    "layer": layer,
                    "digit": digit,
                    "devices": len(e),
                    "mean_error_S": float(e.mean()),
                    "rms_error_S": float(np.sqrt(np.mean(e**2))),
                    "largest_error_S": float(np.abs(e).max()),
                    "pulses": int(sum(int(s.pulses.sum()) for s in own)),
                    "resets": int(sum(int(s.resets.sum()) for s in own)),
                    "reads": int(sum(int(s.reads.sum()) for s in own)),
                    "most_pulses": int(max(int(s.pulses.max()) for s in own)),
                    "missed": int(sum(int((~s.there).sum()) for s in own)),
                }
            )
        return rows


def program(
    source: Trace,
    settings: Settings,
    *,
    out: Path | None = None,
    iteration: int | None = None,
    dataset: Dataset | None = None,
    command_line: str = "",
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
    if settings.start == "present" and settings.how != "one-shot" and source.devices == TARGETS:
        raise LayoutError(
            f"--start: expected 'erased' with {source.path}, whose devices were never written, got 'present'; "
            "leave it out"
        )
    layout = source.layout.replace(engine="analog", **values)
    error = error_of(settings.error, layout.device.g_max)
    data, lines = _data_of(source, dataset, layout), list[str]()
    state = state_of(layout)
    if not isinstance(state, NetworkState):
        raise TraceError(f"{source.path}: expected arrays of pairs, got {state.known_as}, which has none; train others")
    state.draw_devices()
    for k in layers:
        state.set_frame(k, frames[k])
    listener(0, len(targets))
    sides: list[Side] = []
    for n, pair in enumerate(targets):
        layer, copy = divmod(n, state.copies)
        asked = written(pair, settings.target, layout.device.g_min)
        sides += _write(state, state.number_of(layer, copy), (layer + 1, copy), asked, settings, error, lines)
        listener(n + 1, len(targets))
    state.fill([state.nominal(state.number_of(*divmod(n, state.copies))) for n in range(len(targets))])
    for line in lines:
        note(line)
    more: dict[str, Any] = {
        "devices": settings.words,
        "programming": json.dumps(dataclasses.asdict(settings)),
        "programmed_from": source.path.name,
        "programmed_iteration": np.int64(at),
    }
    more |= {key: source.provenance[key] for key in ("mapping", "accuracy_float") if key in source.provenance}
    if out is not None:
        said = [*str(source.provenance.get("warnings", "")).splitlines(), *lines]
        accuracy = write_state(
            out, state, data, given=layout, said=said, command_line=command_line, force=force, more=more
        )
    else:
        accuracy = None if data is None else accuracy_of(state, data)
    known, before = source.accuracy, None
    if len(known[0]) and int(known[0][-1]) == at:
        before = float(known[1][-1])
    name = None if out is None else str(out)
    costs = _costs(layout, sides)
    return Programmed(
        str(source.path),
        name,
        settings,
        layout.device.span,
        tuple(sides),
        before,
        accuracy,
        *costs,
        state,
        tuple(lines),
    )


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
    limit, levels = sense.limit[layer, 0, :cols].max(), sense.levels  # of columns with ranges of their own the widest
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
        float(limit),
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
