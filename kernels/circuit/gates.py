"""The pulse lines: which devices a pulse event selects and half-selects, what that disturbs, and what it costs.

Every pair hangs on a row line and on two column lines, one for the gates of its G+ devices and one for those of its G-.
An event puts half of the pulse on the firing row lines and half, of opposite sign, on one line of each firing column:
where both meet a device is selected and sees the whole amplitude V; a device on only one of them is half-selected and
sees V / 2.

The energy of a pulse on a gate of capacitance C is C V^2, which the driver delivers in one charge and discharge (as the
user manual of MLP+NeuroSim V3.0 has it for FeFETs); a half-selected gate takes C (V / 2)^2. A read delivers V I t at
every driven terminal, which with ideal wires is the sum of V^2 G t over the devices (Joule's law). An update below Gmax
is one pulse; replays and resets of a full pair count apart.

Half-select disturb, off by default: a half-selected device is potentiated by a fraction of its step, or by a whole step
with a certain probability.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..base._jit import jit, view
from ..base.buffers import Geometry, layer_weights

SINGLE, REPLAYED, RESETS, LONGEST, HALF, POWER, AGAIN, FIRES = 0, 1, 2, 3, 4, 5, 6, 7
"""Places in the ledger of one iteration: single pulses, pulses of replays, resets, the longest sequence on one pair,
half-selected devices, power of all reads (W), reads that were taken again, and from there on the events of each layer:
a replay, which sees one layer, has to count alike."""
LEDGER = 7
"""Places before those of the layers."""


class Gates(NamedTuple):
    """Pulse lines of all layers, or of one (see `layer_gates`)."""

    active: int  # 1
    fraction: float  # of a step that a half-select adds
    probability: float  # that a half-select adds a whole step
    seed: np.uint64
    per_siemens: float  # a power of two: units of `row_sum` in one S
    layer: int
    total: np.ndarray  # as W: float32, S, updated: G+ + G-
    row_sum: np.ndarray  # (rows,) int64, updated: G+ + G- of a row, summed up in whole units: in any order the same
    row_fired: np.ndarray  # (rows,) int64, updated: events in which a row fired
    column_fired: np.ndarray  # (2, cols) int64, updated: the same for the lines of G+ and G- gates
    chosen: np.ndarray  # (2, cols, rows) uint8, updated: devices that the present event selects, see `lines.account`
    # (2, cols, rows) int64, updated: events in which both lines of a device fired, plus those that selected it
    crossed: np.ndarray
    ledger: np.ndarray  # (LEDGER + layers,) float64, updated: of the present iteration


class Disturbing(NamedTuple):
    """The same where half-selected devices move; fields as of `Gates`."""

    active: int
    fraction: float
    probability: float
    seed: np.uint64
    per_siemens: float
    layer: int
    total: np.ndarray
    row_sum: np.ndarray
    row_fired: np.ndarray
    column_fired: np.ndarray
    chosen: np.ndarray
    crossed: np.ndarray
    ledger: np.ndarray


@view
def layer_gates(gates, geometry, layer):
    """The fields from `layer` on for one layer; the flat buffers hold one layer after another."""
    a, b, c = 0, 0, 0
    for k in range(layer):
        a += geometry.rows[k]
        b += 2 * geometry.cols[k]
        c += 2 * geometry.rows[k] * geometry.cols[k]
    rows, cols = geometry.rows[layer], geometry.cols[layer]
    row_sum, row_fired, column_fired = (
        gates.row_sum.reshape(-1),
        gates.row_fired.reshape(-1),
        gates.column_fired.reshape(-1),
    )
    chosen, crossed = gates.chosen.reshape(-1), gates.crossed.reshape(-1)
    return (
        layer,
        layer_weights(gates.total.reshape(-1), geometry, layer),
        row_sum[a : a + rows],
        row_fired[a : a + rows],
        column_fired[b : b + 2 * cols].reshape((2, cols)),
        chosen[c : c + 2 * cols * rows].reshape((2, cols, rows)),
        crossed[c : c + 2 * cols * rows].reshape((2, cols, rows)),
        gates.ledger,
    )


@jit
def whole_units(g, per_siemens):
    """A conductance (float32, S) in whole units, int64. Sums of these are exact, and so follow from the states alone,
    however these were reached. Of 2^-13 of the largest conductance and more none of float32's figures is lost.
    """
    return np.int64(np.float64(g) * per_siemens)


@jit
def read_power(lines, volts, n, row_sum, per_siemens):
    """Power that `n` driven rows deliver into an array with ideal wires, W: sum of V^2 G.

    Parameters
    ----------
    lines, volts : int32 and float32, V
    row_sum, per_siemens : see `Gates`
    """
    power = 0.0
    for q in range(n):
        s = np.float64(row_sum[lines[q]]) / per_siemens
        power += np.float64(volts[q]) * np.float64(volts[q]) * s
    return power


@jit
def error_power(volts, n, total):
    """The same of a backward read: `n` columns driven, ``total`` (rows, >= n) float32, S."""
    power = 0.0
    for i in range(total.shape[0]):
        for j in range(n):
            if volts[j] == np.float32(0.0):
                continue
            power += np.float64(volts[j]) * np.float64(volts[j]) * np.float64(total[i, j])
    return power


def note_power(lines, power):
    """Enter the power of a read, W, into the ledger."""
    lines.ledger[POWER] += power


def note_read_power(lines, layer, geometry, driven, volts, n):
    """The same of a forward read on ideal wires."""
    lines.ledger[POWER] += read_power(driven, volts, n, layer_gates(lines, geometry, layer)[2], lines.per_siemens)


def note_error_power(lines, layer, geometry, volts, n):
    """The same of a backward read on ideal wires."""
    lines.ledger[POWER] += error_power(volts, n, layer_gates(lines, geometry, layer)[1])


def note_again(lines):
    """Enter that a read was taken again into the ledger."""
    lines.ledger[AGAIN] += 1.0


def layer_lines(lines: Any, geometry: Geometry, layer: int) -> Any:
    """The pulse lines of one array; see `lines.layer_lines`."""
    own = layer_gates(lines, geometry, layer)
    return Gates(lines.active, lines.fraction, lines.probability, lines.seed, lines.per_siemens, *own)
