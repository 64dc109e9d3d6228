"""What reads of known inputs say of arrays, and outputs that are scaled digitally by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..kernels.base.buffers import Geometry
from ..kernels.circuit.known import read_known
from ..kernels.circuit.silent import Silent
from ..kernels.way.room import hardware_room_of, make_hardware_room
from .through import parts_of

_NUMBER = 1 << 22
"""Of the first read of a known input, above those of test samples, so that it has noise of its own."""


class Units(NamedTuple):
    """What is read at once, and has one output for each column: an array, or a layer whose two arrays add up."""

    geometry: Geometry
    arrays: int  # that a unit consists of, one after another in the order of `fill`

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """(rows, cols) of each."""
        return [(int(r), int(c)) for r, c in zip(self.geometry.rows, self.geometry.cols, strict=True)]


def units_of(state: Any) -> Units:
    """What the test reads of a state read at once."""
    g, arrays = (state.geometry, state.copies) if state.apart else (state.arrays, 1)
    return Units(Geometry(*(getattr(g, name) for name in Geometry._fields)), arrays)  # whatever it says of positions


def known_reads(state: Any, patterns: Sequence[Sequence[np.ndarray]], seed: int) -> list[np.ndarray]:
    """Read everything with known inputs, through the circuit that test samples are read through.

    Parameters
    ----------
    state : NetworkState
    patterns : of every unit, of every read: rows that are driven, at the full voltage, int
    seed : int
        Of the noise of these reads.

    Returns
    -------
    list of (patterns, cols) float32, A
        Of every unit, see `units_of`; not scaled digitally.
    """
    sense = state.sense._replace(seed=np.uint64(seed), digital=np.ones_like(state.sense.digital))
    flat, inner = parts_of(state)
    circuit, g = state.managed(inner._replace(sense=sense), test=True), units_of(state).geometry
    room, full = hardware_room_of(make_hardware_room(g, 1), 0), state.reading.v_read
    found = []
    for k, own in enumerate(patterns):
        starts = np.cumsum([0, *map(len, own)], dtype=np.int64)
        rows = np.concatenate([*own, np.zeros(1, np.int64)]).astype(np.int32)
        out = np.zeros((len(own), int(g.cols[k])), np.float32)
        read_known(circuit, Silent(0), k, state.iteration, _NUMBER, starts, rows, full, g, flat, room, out)
        found.append(out)
    return found


def ideal_reads(state: Any, patterns: Sequence[Sequence[np.ndarray]]) -> list[np.ndarray]:
    """The same without wires, drivers, sense circuits and noise, float64, A."""
    g, flat, found = units_of(state).geometry, state.weights if state.apart else state.pairs.w, []
    for k, own in enumerate(patterns):
        a, rows, stride = (int(x[k]) for x in (g.offset, g.rows, g.stride))
        w = flat[a : a + rows * stride].reshape(rows, stride)[:, : int(g.cols[k])].astype(np.float64)
        found.append(float(state.reading.v_read) * np.array([w[driven].sum(axis=0) for driven in own]))
    return found


def limits_of(state: Any) -> list[np.ndarray]:
    """Where the output of every column of every unit is clipped, (cols,), A; infinite: nowhere."""
    found = []
    for k, (_, cols) in enumerate(units_of(state).shapes):
        own = state.sense.limit[k, 0, :cols]
        found.append(np.where(own > 0.0, own * (1.0 - 1e-6), np.inf))
    return found


def scaled(
    state: Any, sides: Sequence[tuple[np.ndarray, np.ndarray]], scales: Sequence[np.ndarray] | None
) -> Sequence[tuple[np.ndarray, np.ndarray]]:
    """What arrays have to conduct so that outputs are multiplied by factors, (cols,) for every unit; None: by 1.

    Through real circuits they are multiplied after they are sensed, and the conductances stay. Elsewhere nothing stands
    between a weight and its output, and a factor of the one is one of the other.
    """
    if not state.real:
        each = units_of(state).arrays
        if scales is None:
            return sides
        return [(plus * scales[k // each], minus * scales[k // each]) for k, (plus, minus) in enumerate(sides)]
    scale_outputs(state, scales)
    return sides


def scale_outputs(state: Any, scales: Sequence[np.ndarray] | None) -> None:
    """Multiply what columns give by factors, (cols,) for every unit, after they are sensed; None: by 1."""
    state.sense.digital[:] = np.float32(1.0)
    for k, own in enumerate(scales or ()):
        state.sense.digital[k, : len(own)] = own
