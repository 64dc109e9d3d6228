"""From a layout to what the kernels need of real circuits: tiles of wired arrays,
and drawn drivers and sense circuits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..describe.layout import Layout
from ..kernels.base import noise
from ..kernels.base.buffers import Geometry
from ..kernels.circuit.gates import LEDGER
from ..kernels.circuit.gates import Gates as GatesKernel
from ..kernels.circuit.managed import Managed
from ..kernels.circuit.sense import Sense as SenseKernel
from ..kernels.circuit.serial import Serial
from ..kernels.circuit.tiles import SPLIT_BOTH, SPLIT_DRAIN, SPLIT_SOURCE, Board
from .curves import curve_of
from .nodal import lines_of, tiles_of

_ROUNDING = 1e-6  # of float32: what is as near to the range is clipped
_CODES = {"split-both": SPLIT_BOTH, "split-source": SPLIT_SOURCE, "split-drain": SPLIT_DRAIN}


def board_of(layout: Layout, geometry: Geometry) -> Board:
    """The tiles of all layers; conductances are put in by `wired.refresh_all`. Without wires there are none."""
    w, routing = layout.wires, layout.array.routing
    tiles: list[tuple[int, int, int, int, int]] = []  # D lines, S lines, first D line, first S line, side
    first = [0]
    if layout.exact_wires:
        for r, c in zip(geometry.rows.tolist(), geometry.cols.tolist(), strict=True):
            shape = (r * (2 if routing == "split-drain" else 1), c * (2 if routing == "split-source" else 1))
            for side in (0, 1) if routing == "split-both" else (0,):
                for a, b in tiles_of(shape, w):
                    tiles.append((a.stop - a.start, b.stop - b.start, a.start, b.start, side))
            first.append(len(tiles))
    table = np.array(tiles, np.int64).reshape(-1, 5)
    cells = table[:, 0] * table[:, 1]
    offset = np.concatenate([[0], np.cumsum(cells)[:-1]]).astype(np.int64) if len(cells) else np.zeros(0, np.int64)
    g, cd, cs, u, s = (np.zeros(int(cells.sum()), np.float32) for _ in range(5))
    width = 2 * int(max(geometry.rows.max(), geometry.stride.max())) + 16
    rows, cols, row0, col0, side_of = (np.ascontiguousarray(table[:, k]) for k in range(5))
    return Board(
        int(layout.exact_wires),
        _CODES[routing],
        lines_of(w),
        w.wire_tolerance,
        w.wire_sweeps,
        np.array(first, np.int64),
        offset,
        rows,
        cols,
        row0,
        col0,
        side_of,
        np.zeros(len(tiles)),
        g,
        cd,
        cs,
        u,
        s,
        np.zeros(1),
        np.zeros((4, width)),
        np.zeros((2, width), np.bool_),
        np.zeros(width, np.int32),
        curve_of(layout.iv, layout.array.v_read, 0, int(cells.max(initial=0))),
    )


def sense_of(layout: Layout, geometry: Geometry, width: int, owners: Sequence[int]) -> SenseKernel:
    """Drivers and sense circuits, with the gain and offset of every neuron drawn; `owners`: layer of each array."""
    settings, unit = layout.sense, layout.device.span * layout.array.v_read
    layers = len(geometry.rows)
    gain, offset = np.ones((layers, 2, width), np.float32), np.zeros((layers, 2, width), np.float32)
    seed = np.uint64(layout.run.seed)
    for k in range(layers):
        for side in (0, 1):
            for values, stream, sigma in (
                (gain, noise.STREAM_GAIN, settings.gain_sigma),
                (offset, noise.STREAM_OFFSET, settings.offset_sigma * unit),
            ):
                if sigma:
                    noise.fill_normal(seed, stream + 16 * (2 * k + side), float(sigma), values[k, side])
    return SenseKernel(
        gain,
        offset,
        settings.read_noise * unit,
        layout.variation.device_noise * layout.device.span,
        _limits(layout, width, owners),
        _levels(settings.sense_bits - 1),
        _levels(settings.driver_bits),
        seed,
        np.ones((layers, width), np.float32),
    )


def _limits(layout: Layout, width: int, owners: Sequence[int]) -> np.ndarray:
    """Where outputs are clipped, (arrays, 2, width) float64, A: those of columns, and those of rows."""
    settings, unit = layout.sense, layout.device.span * layout.array.v_read
    limits = np.full((len(owners), 2, width), settings.sense_range * unit)
    ranges = settings.sense_ranges or ()
    for k, layer in enumerate(owners if ranges else ()):
        own = np.array(ranges[layer]) * unit
        limits[k, 0] = own.max()
        limits[k, 0, : len(own)] = own
    return limits


def bare_of(circuit: Any) -> Any:
    """Wires and sense circuits (a `Sensed` or `Wired`) without what stands around them; of slices those of the first.

    Stages choose in compiled code alone, so that Python cannot ask `plain`.
    """
    while hasattr(circuit, "inner"):
        circuit = circuit.inner
        if not hasattr(circuit, "_fields"):
            circuit = circuit[0]
    return circuit


def managed_of(layout: Layout, inner: Any, room: np.ndarray, stats: np.ndarray) -> Any:
    """Circuits that are driven bit by bit, and whose reads are managed, as a layout says; as they are, if it does not.

    Parameters
    ----------
    layout : Layout
    inner : Sensed or Wired
    room : (3, width) float32, scratch
    stats : (3,) int64, updated
        See kernels/circuit/managed.py.
    """
    s = layout.sense
    if s.drive == "pulses":
        inner = Serial(inner, s.driver_bits, np.float32(layout.array.v_read), room[2], np.zeros(room.shape[1]))
    if not s.managed:
        return inner
    sense = bare_of(inner).sense
    limits: np.ndarray = sense.limit.copy()
    limits[:, 0] *= sense.digital  # what is clipped is scaled, too
    return Managed(
        inner,
        np.float32(layout.array.v_read),
        (limits * (1.0 - _ROUNDING)).astype(np.float32),
        s.bound_reads,
        int(s.noise_management in ("forward", "both")),
        int(s.noise_management in ("backward", "both")),
        int(s.bound_management in ("forward", "both") and bool(limits[:, 0].all()) and s.planes == 1),
        int(s.bound_management in ("backward", "both") and bool(limits[:, 1].all()) and s.planes == 1),
        room[0],
        room[1],
        stats,
    )


def gates_of(layout: Layout, geometry: Geometry) -> GatesKernel:
    """The pulse lines, with all counters at 0; without buffers if nothing is to be followed."""
    g, on = layout.gates, int(layout.gates.active)
    rows, cols = int(geometry.rows.sum()) * on, int(geometry.cols.sum()) * on
    cells, padded = int((geometry.rows * geometry.cols).sum()) * on, int((geometry.rows * geometry.stride).sum()) * on
    return GatesKernel(
        on,
        g.half_select_step,
        g.half_select_probability,
        np.uint64(layout.run.seed),
        2.0 ** (36 - math.frexp(layout.device.g_max)[1]),
        0,
        np.zeros((1, padded), np.float32),
        np.zeros(rows, np.int64),
        np.zeros(rows, np.int64),
        np.zeros((1, 2 * cols), np.int64),
        np.zeros((1, 1, 2 * cells), np.uint8),
        np.zeros((1, 1, 2 * cells), np.int64),
        np.zeros(LEDGER + len(geometry.rows)),
    )


def _levels(bits: int) -> float:
    """Steps from 0 to full scale; 0 for any value."""
    return float(2**bits - 1) if bits > 0 else 0.0
