"""The pulse lines: which devices a pulse event selects and half-selects, what that disturbs, and what it costs.

Every pair hangs on a row line and on two column lines, one for the gates of its G+ devices and one for those of its G-. An event
puts half of the pulse on the firing row lines and half, of opposite sign, on one line of each firing column: where both
meet a device is selected and sees the whole amplitude V; a device on only one of them is half-selected and sees V / 2.

The energy of a pulse on a gate of capacitance C is C V^2, which the driver delivers in one charge and discharge (as the user manual of
MLP+NeuroSim V3.0 has it for FeFETs); a half-selected gate takes C (V / 2)^2. A read delivers V I t at every driven terminal, which with
ideal wires is the sum of V^2 G t over the devices (Joule's law). An update below Gmax is one pulse; replays and resets of a full pair count apart.

Half-select disturb, off by default: a half-selected device is potentiated by a fraction of its step, or by a whole step with a
certain probability.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base import noise
from ..base._jit import jit
from ..device.law import potentiate, step_up
from ..device.moves import WEAR_CLOSING
from ..pair.methods import METHOD_C
from ..pair.pair import update_known
from ..pair.scatter import count_scattered, set_clock
from ..rules.pulses import unpack_bits
from ..train import ENGINE_ANALOG, layer_weights, pulse
from .wired import conductance_of

SINGLE, REPLAYED, RESETS, LONGEST, HALF, POWER, FIRES = 0, 1, 2, 3, 4, 5, 6
"""Places in the ledger of one iteration: single pulses, pulses of replays, resets, the longest sequence on one pair, half-selected
devices, power of all reads (W), events."""
LEDGER = 7

_PULSE_MASK = np.uint64((1 << 20) - 1)
_RESET_MASK = np.uint64((1 << 12) - 1)


class Gates(NamedTuple):
    """Pulse lines of all layers, or of one (see `layer_gates`)."""

    active: int  # 0: nothing of this is looked at
    fraction: float  # of a step that a half-select adds
    probability: float  # that a half-select adds a whole step
    seed: np.uint64
    layer: int
    total: np.ndarray  # as W: float32, S, updated: G+ + G-
    row_fired: np.ndarray  # (rows,) int64, updated: events in which a row fired
    column_fired: np.ndarray  # (2, cols) int64, updated: the same for the lines of G+ and G- gates
    selected: np.ndarray  # (2, cols, rows) int64, updated: events that selected a device
    ledger: np.ndarray  # (LEDGER,) float64, updated: of the present iteration


@jit
def layer_gates(gates, geometry, layer):
    """The pulse lines of one layer; the flat buffers of `Gates` hold one layer after another. Inactive ones have none."""
    if not gates.active:
        return gates
    a, b, c = 0, 0, 0
    for k in range(layer):
        a += geometry.rows[k]
        b += 2 * geometry.cols[k]
        c += 2 * geometry.rows[k] * geometry.cols[k]
    rows, cols = geometry.rows[layer], geometry.cols[layer]
    row_fired, column_fired, selected = (
        gates.row_fired.reshape(-1),
        gates.column_fired.reshape(-1),
        gates.selected.reshape(-1),
    )
    return Gates(
        gates.active,
        gates.fraction,
        gates.probability,
        gates.seed,
        layer,
        layer_weights(gates.total.reshape(-1), geometry, layer),
        row_fired[a : a + rows],
        column_fired[b : b + 2 * cols].reshape((2, cols)),
        selected[c : c + 2 * cols * rows].reshape((2, cols, rows)),
        gates.ledger,
    )


@jit
def _count_analog(i, j, raising, method, d, ladder, pairs, scatter):
    if scatter is not None:
        return count_scattered(i, j, raising, pairs, method, d, scatter)
    g_this, g_other = (pairs.g_plus, pairs.g_minus) if raising else (pairs.g_minus, pairs.g_plus)
    x_this, x_other = (pairs.x_plus, pairs.x_minus) if raising else (pairs.x_minus, pairs.x_plus)
    _, _, pa, pb, ra, rb = update_known(
        g_this[j, i], g_other[j, i], x_this[j, i], x_other[j, i], method, d, ladder.steps
    )
    return pa, pb, ra, rb


@jit
def count_update(i, j, raising, engine, method, d, ladder, pairs):
    """What an update of a pair would issue: (whether its side is full, pulses, resets)."""
    if engine == ENGINE_ANALOG:
        this = pairs.g_plus[j, i] if raising else pairs.g_minus[j, i]
        pa, pb, ra, rb = _count_analog(i, j, raising, method, d, ladder, pairs, pairs.scatter)
        return this >= np.float32(d.g_max), pa + pb, ra + rb
    state = pairs.state[j, i]
    counts = ladder.issued_raising[state] if raising else ladder.issued_lowering[state]
    this = ladder.plus[state] if raising else ladder.minus[state]
    pulses = np.int64(counts & _PULSE_MASK) + np.int64((counts >> np.uint64(20)) & _PULSE_MASK)
    resets = np.int64((counts >> np.uint64(40)) & _RESET_MASK) + np.int64(counts >> np.uint64(52))
    return this >= np.float32(d.g_max), pulses, resets


@jit
def account(firing, n_firing, up, n_up, down, n_down, engine, method, d, ladder, pairs, gates):
    """Enter an event into the ledger and the counters, before it is carried out.

    A full side of method c takes one depression pulse, which is no replay.
    """
    cols, rows = pairs.g_plus.shape
    ledger = gates.ledger
    for q in range(n_firing):
        gates.row_fired[firing[q]] += 1
    for k in range(n_up + n_down):
        raising = k < n_up
        j = up[k] if raising else down[k - n_up]
        side = 0 if raising else 1
        gates.column_fired[side, j] += 1
        for q in range(n_firing):
            i = firing[q]
            gates.selected[side, j, i] += 1
            full, pulses, resets = count_update(i, j, raising, engine, method, d, ladder, pairs)
            ledger[REPLAYED if full and method != METHOD_C else SINGLE] += pulses
            ledger[RESETS] += resets
            ledger[LONGEST] = max(ledger[LONGEST], float(pulses + resets))
    n_fired = n_up + n_down
    ledger[HALF] += n_firing * (2 * cols - n_fired) + (rows - n_firing) * n_fired
    ledger[FIRES] += 1.0


@jit
def disturb_device(g, d, fraction, hit):
    """Conductance (float32, S) of a device after it was half-selected; `hit`: the drawn disturbance happens."""
    if fraction > 0.0:
        g = np.float32(min(np.float64(g) + fraction * step_up(g, d), d.g_max))
    return potentiate(g, d) if hit else g


@jit
def _is_stuck(i, j, side, pairs, scatter):
    if scatter is None:
        return False
    if scatter.wears and scatter.failure != WEAR_CLOSING:
        if side:
            worn_out = pairs.pulses_minus[j, i] + pairs.resets_minus[j, i] >= scatter.life_minus[j, i]
        else:
            worn_out = pairs.pulses_plus[j, i] + pairs.resets_plus[j, i] >= scatter.life_plus[j, i]
        if worn_out:
            return True
    return scatter.stuck_minus[j, i] != 0 if side else scatter.stuck_plus[j, i] != 0


@jit
def disturb(iteration, firing, n_firing, up, n_up, down, n_down, d, pairs, gates):
    """What an event does to the devices that it half-selects, by the nominal law (analog engine): `pairs` is updated."""
    cols, rows = pairs.g_plus.shape
    row_fires, line_fires = np.zeros(rows, np.bool_), np.zeros((2, cols), np.bool_)
    for q in range(n_firing):
        row_fires[firing[q]] = True
    for q in range(n_up):
        line_fires[0, up[q]] = True
    for q in range(n_down):
        line_fires[1, down[q]] = True
    number = np.int64(gates.ledger[FIRES])
    for side in range(2):
        stream = noise.STREAM_DISTURB + 16 * (2 * gates.layer + side) + (number << 12)
        g = pairs.g_plus if side == 0 else pairs.g_minus
        for j in range(cols):
            for i in range(rows):
                if row_fires[i] != line_fires[side, j] and not _is_stuck(i, j, side, pairs, pairs.scatter):
                    hit = gates.probability > 0.0 and (
                        noise.uniform(gates.seed, stream, iteration, i, j) < gates.probability
                    )
                    g[j, i] = disturb_device(g[j, i], d, gates.fraction, hit)
                    pairs.w[i, j] = (pairs.x_plus[j, i] * pairs.g_plus[j, i] + pairs.y_plus[j, i]) - (
                        pairs.x_minus[j, i] * pairs.g_minus[j, i] + pairs.y_minus[j, i]
                    )


@jit
def add_up(i, j, engine, ladder, pairs, gates):
    """Renew G+ + G- of one pair."""
    plus = conductance_of(i, j, 0, engine, ladder, pairs)
    gates.total[i, j] = plus + conductance_of(i, j, 1, engine, ladder, pairs)


@jit
def add_up_all(engine, ladder, pairs, gates):
    """Renew G+ + G- of all pairs of one layer."""
    for j in range(pairs.g_plus.shape[0]):
        for i in range(pairs.g_plus.shape[1]):
            add_up(i, j, engine, ladder, pairs, gates)


@jit
def fire(iteration, firing, n_firing, up, n_up, down, n_down, engine, method, d, ladder, pairs, gates):
    """`train.pulse`, with everything that the pulse lines do besides; returns the pulses and resets issued."""
    if not gates.active:
        return pulse(firing, n_firing, up, n_up, down, n_down, engine, method, d, ladder, pairs)
    if n_firing == 0 or n_up + n_down == 0:
        return 0, 0
    account(firing, n_firing, up, n_up, down, n_down, engine, method, d, ladder, pairs, gates)
    issued = pulse(firing, n_firing, up, n_up, down, n_down, engine, method, d, ladder, pairs)
    if gates.fraction > 0.0 or gates.probability > 0.0:
        disturb(iteration, firing, n_firing, up, n_up, down, n_down, d, pairs, gates)
        add_up_all(engine, ladder, pairs, gates)
    else:
        for k in range(n_up + n_down):
            j = up[k] if k < n_up else down[k - n_up]
            for q in range(n_firing):
                add_up(firing[q], j, engine, ladder, pairs, gates)
    return issued


@jit
def replay_fired(iteration, numbered, rows, raised, lowered, engine, method, d, ladder, pairs, gates):
    """`train.replay` with what the pulse lines do; events of one iteration follow one another.

    Parameters
    ----------
    iteration : (events,) int64
    numbered : bool
    rows, raised, lowered : (events, bytes) uint8
    pairs, gates : of one layer, updated
    """
    width = 8 * max(rows.shape[1], raised.shape[1])
    firing, up, down = np.empty(width, np.int32), np.empty(width, np.int32), np.empty(width, np.int32)
    pulses, resets, number = 0, 0, 0
    for e in range(rows.shape[0]):
        first = e == 0 or iteration[e] != iteration[e - 1]
        if first:
            gates.ledger[:] = 0.0
        number = number + 1 if numbered and not first else 0
        set_clock(pairs.scatter, iteration[e], number)
        n = unpack_bits(rows[e], firing)
        n_up, n_down = unpack_bits(raised[e], up), unpack_bits(lowered[e], down)
        a, b = fire(iteration[e], firing, n, up, n_up, down, n_down, engine, method, d, ladder, pairs, gates)
        pulses += a
        resets += b
    return pulses, resets


@jit
def read_power(lines, volts, n, total):
    """Power that `n` driven lines deliver into an array with ideal wires, W: sum of V^2 G.

    Parameters
    ----------
    lines, volts : int32 and float32, V
    total : (lines, others) float32, S
        G+ + G-; the driven lines first.
    """
    power = 0.0
    for q in range(n):
        row = total[lines[q]]
        s = 0.0
        for j in range(row.shape[0]):
            s += np.float64(row[j])
        power += np.float64(volts[q]) * np.float64(volts[q]) * s
    return power


@jit
def error_power(volts, n, total):
    """`read_power` of a backward read: `n` columns driven, ``total`` (rows, >= n)."""
    power = 0.0
    for i in range(total.shape[0]):
        for j in range(n):
            power += np.float64(volts[j]) * np.float64(volts[j]) * np.float64(total[i, j])
    return power
