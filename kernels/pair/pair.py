"""One signed update of a differential pair, W = G+ - G-, by the pair methods a, b and c of Lim et al. (2019).

Below Gmax an update is one potentiation pulse on the side that moves W the right way. When that side is full:

=======  ==========================================================================================================
method   what happens
=======  ==========================================================================================================
a        both sides are reset, then that side is pulsed until the pair reaches the target, the previous W plus one step
b        the other side is reset, then pulsed while W stays above (below) the previous W: it ends one step below
c        one depression pulse on the other side
=======  ==========================================================================================================

After every update, if both sides are at Gmax, both are reset. Raising and lowering W are mirror images, so all functions
speak of `this` side (the one whose potentiation moves W the right way) and the `other`.

Readings of the paper made explicit: "one step" in method a is the device's step at Gmax, where the side stands, and
the target counts as reached within what float32 rounding can add up to (`device.ROUNDING`, 1e-5 of the range), so that
rounding cannot cost a pulse. A reset is counted when it is issued, also on a device that is at Gmin already: the pulse generator does not know.

Device-to-device variation: a device may conduct G = x g + y, with x >= 0, g being the nominal conductance. Its range and its
steps scale alike, so pulses act on the nominal g, which is what an engine keeps; W is the difference of what both sides
conduct. Only method a compares currents of both sides, and so depends on x; "b" compares one device with itself. What goes
further (steps that scatter, stuck devices, ...) is in `scatter`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..base._jit import jit
from ..device.law import ROUNDING, depress, potentiate, step_up
from .methods import METHOD_A, METHOD_B, METHOD_C
from .scatter import Scatter, update_scattered

# One update's pulses and resets, packed into 64 bits, so that the ladder engine counts them with a single addition.
# Fields, from the low end: pulses on this side (20 bits), on the other (20), resets of this side (12), of the other (12).
PULSE_BITS, RESET_BITS = 20, 12
_S1, _S2, _S3 = np.uint64(PULSE_BITS), np.uint64(2 * PULSE_BITS), np.uint64(2 * PULSE_BITS + RESET_BITS)
_PULSE_MASK = np.uint64((1 << PULSE_BITS) - 1)
_RESET_MASK = np.uint64((1 << RESET_BITS) - 1)
_32, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


class Ladder(NamedTuple):
    """Tables of the ladder engine; a pair at steps (p, m) has the state ``p * (n_max + 1) + m``.

    An entry of `raising` or `lowering` holds all that an update changes: the new state in bits 32 to 47, and the
    bits of the new W (float32, S) in bits 0 to 31.
    """

    raising: np.ndarray  # (states,) uint64
    lowering: np.ndarray  # (states,) uint64
    issued_raising: np.ndarray  # (states,) uint64: packed pulses and resets, G+ first
    issued_lowering: np.ndarray  # (states,) uint64
    plus: np.ndarray  # (states,) float32, S: G+ of a state
    minus: np.ndarray  # (states,) float32, S: G- of a state
    steps: np.ndarray  # (n_max + 1,) float32, S: the staircase of the device, for both engines


class Pairs(NamedTuple):
    """State of one array's pairs; an engine leaves the other's fields at zero.

    W is kept by rows, as reads need it; all else by columns, since a pulse event fires few columns and many rows:
    going down a column then walks through memory in order.
    """

    w: np.ndarray  # (rows, stride) float32, S: G+ - G- as they conduct, both engines
    state: np.ndarray  # (cols, rows) uint16, ladder
    tally: np.ndarray  # (cols, rows) uint64, ladder: packed counts since the last flush
    g_plus: np.ndarray  # (cols, rows) float32, S, analog: nominal
    g_minus: np.ndarray  # (cols, rows) float32, S, analog: nominal
    x_plus: np.ndarray  # (cols, rows) float32: scale of each device, 1 without variation
    x_minus: np.ndarray  # (cols, rows) float32
    y_plus: np.ndarray  # (cols, rows) float32, S: offset of each device, 0 without variation
    y_minus: np.ndarray  # (cols, rows) float32, S
    pulses_plus: np.ndarray  # (cols, rows) int64
    pulses_minus: np.ndarray  # (cols, rows) int64
    resets_plus: np.ndarray  # (cols, rows) int64
    resets_minus: np.ndarray  # (cols, rows) int64
    scatter: Scatter | None  # how devices depart from the nominal one, beyond x and y; None: they do not


def empty_pairs(shape: tuple[int, ...], shape_t: tuple[int, ...]) -> Pairs:
    """Zeroed buffers for either engine, of nominal devices: W of the first shape, what is kept by columns of the second."""

    def zeros(dtype: type) -> np.ndarray:
        return np.zeros(shape_t, dtype)

    one = np.float32(1.0)
    return Pairs(
        np.zeros(shape, np.float32), zeros(np.uint16), zeros(np.uint64), zeros(np.float32), zeros(np.float32),
        zeros(np.float32) + one, zeros(np.float32) + one, zeros(np.float32), zeros(np.float32),
        zeros(np.int64), zeros(np.int64), zeros(np.int64), zeros(np.int64), None,
    )  # fmt: skip


def bytes_of(shape: tuple[int, ...], shape_t: tuple[int, ...]) -> int:
    """Memory that `empty_pairs` takes for these shapes."""
    return 4 * math.prod(shape) + (2 + 8 + 6 * 4 + 4 * 8) * math.prod(shape_t)


def empty_ladder(states: int = 0, steps: np.ndarray | None = None) -> Ladder:
    """Ladder tables of the given size, not filled."""
    a, b, c, d = (np.empty(states, np.uint64) for _ in range(4))
    plus, minus = (np.empty(states, np.float32) for _ in range(2))
    return Ladder(a, b, c, d, plus, minus, np.empty(0, np.float32) if steps is None else steps)


@jit
def weight_of(this, other, x_this, x_other):
    """W of a pair, in S: the difference of what the two devices conduct."""
    return np.float64(x_this) * np.float64(this) - np.float64(x_other) * np.float64(other)


@jit
def replay_target(this, other, x_this, x_other, d):
    """W that method a replays to, in S: the present one plus one step, less what float32 steps can add up to."""
    slack = min(ROUNDING * (d.g_max - d.g_min), d.snap_p)
    return weight_of(this, other, x_this, x_other) + np.float64(x_this) * (step_up(this, d) - slack)


@jit
def update(this, other, x_this, x_other, method, d):
    """One update of a pair that pushes W towards `this` side.

    Parameters
    ----------
    this, other : float32, S
        Nominal conductances of the two sides.
    x_this, x_other : float32
        Scales of the two devices, >= 0.
    method : int
        ``METHOD_A``, ``METHOD_B`` or ``METHOD_C``.
    d : Device

    Returns
    -------
    tuple
        (this, other, pulses on this, pulses on other, resets of this, resets of other)
    """
    top, bottom = np.float32(d.g_max), np.float32(d.g_min)
    pulses_this = pulses_other = resets_this = resets_other = 0
    if this < top:
        this = potentiate(this, d)
        pulses_this = 1
    elif method == METHOD_A:
        target = replay_target(this, other, x_this, x_other, d)
        this, other = bottom, bottom
        resets_this = resets_other = 1
        while weight_of(this, other, x_this, x_other) < target and this < top:
            this = potentiate(this, d)
            pulses_this += 1
    elif method == METHOD_B:
        before = other
        other = bottom
        resets_other = 1
        while True:
            after = potentiate(other, d)
            # "while G+ - (G- + dG) > W": W's other side did not move, so this compares G- alone
            if after >= before:
                break
            other = after
            pulses_other += 1
    else:
        other = depress(other, d)
        pulses_other = 1
    if this >= top and other >= top:
        this, other = bottom, bottom
        resets_this += 1
        resets_other += 1
    return this, other, pulses_this, pulses_other, resets_this, resets_other


@jit
def find_step(steps, g):
    """Number of the first stair that is not below `g`; the last one if all are.

    Parameters
    ----------
    steps : (n_max + 1,) float32, S, ascending
    g : float32 or float64, S
    """
    low, high = 0, steps.shape[0] - 1
    while low < high:
        middle = (low + high) // 2
        if steps[middle] < g:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def update_known(this, other, x_this, x_other, method, d, steps):
    """`update`, with replays looked up instead of pulsed one by one: the same result, sooner.

    After a reset a deterministic device climbs its staircase, so where a replay ends is a search in it.

    Parameters
    ----------
    steps : (n_max + 1,) float32, S
        The staircase of the device; empty if it has none, and every pulse is computed.
    """
    top, bottom = np.float32(d.g_max), np.float32(d.g_min)
    if this < top or method == METHOD_C or steps.shape[0] == 0:
        return update(this, other, x_this, x_other, method, d)
    if method == METHOD_A:
        target = replay_target(this, other, x_this, x_other, d)
        low, high = 0, steps.shape[0] - 1
        while low < high:
            middle = (low + high) // 2
            if weight_of(steps[middle], bottom, x_this, x_other) < target:
                low = middle + 1
            else:
                high = middle
        return steps[low], bottom, low, 0, 1, 1
    k = max(find_step(steps, other) - 1, 0)
    return this, steps[k], 0, k, 0, 1


@jit
def pack(pulses_plus, pulses_minus, resets_plus, resets_minus):
    """Four counts in one uint64."""
    return (
        np.uint64(pulses_plus)
        | (np.uint64(pulses_minus) << _S1)
        | (np.uint64(resets_plus) << _S2)
        | (np.uint64(resets_minus) << _S3)
    )


@jit
def build_ladder(steps, method, d, ladder):
    """Fill the tables of the ladder engine from the one definition of an update, `update`.

    Parameters
    ----------
    steps : (n_max + 1,) float32, S
        The staircase of the device.
    ladder : Ladder, updated
    """
    n = steps.shape[0]
    weight = np.empty(1, np.float32)
    bits = weight.view(np.uint32)
    one = np.float32(1.0)
    for p in range(n):
        for m in range(n):
            k = p * n + m
            ladder.plus[k], ladder.minus[k] = steps[p], steps[m]
            for raising in (True, False):
                this, other = (steps[p], steps[m]) if raising else (steps[m], steps[p])
                a, b, pa, pb, ra, rb = update(this, other, one, one, method, d)
                if raising:
                    g_plus, g_minus, issued = a, b, pack(pa, pb, ra, rb)
                else:
                    g_plus, g_minus, issued = b, a, pack(pb, pa, rb, ra)
                weight[0] = g_plus - g_minus
                new = find_step(steps, g_plus) * n + find_step(steps, g_minus)
                entry = (np.uint64(new) << _32) | np.uint64(bits[0])
                if raising:
                    ladder.raising[k], ladder.issued_raising[k] = entry, issued
                else:
                    ladder.lowering[k], ladder.issued_lowering[k] = entry, issued


@jit
def _walk_column(lines, n_lines, state, w_bits, stride, column, tally, entries, issued):
    """One firing column of `update_ladder`; returns the packed pulses and resets of its pairs.

    Indices are unsigned: Numba then leaves out the test for negative ones, which would take half of the time here.
    """
    total = np.uint64(0)
    at, step = np.uint64(column), np.uint64(stride)
    for q in range(n_lines):
        i = np.uint64(lines[q])
        old = np.uint64(state[i])
        entry = entries[old]
        state[i] = np.uint16(entry >> _32)
        w_bits[i * step + at] = np.uint32(entry & _LOW)
        counts = issued[old]
        tally[i] += counts
        total += counts
    return total


@jit
def _walk_varied(lines, n_lines, state, w, column, tally, entries, issued, x_plus, x_minus, y_plus, y_minus, ladder):
    """`_walk_column` for devices with scales: the table gives the new nominal state, W follows from it."""
    total = np.uint64(0)
    for q in range(n_lines):
        i = np.uint64(lines[q])
        old = np.uint64(state[i])
        new = entries[old] >> _32
        state[i] = np.uint16(new)
        w[i, column] = (x_plus[i] * ladder.plus[new] + y_plus[i]) - (x_minus[i] * ladder.minus[new] + y_minus[i])
        counts = issued[old]
        tally[i] += counts
        total += counts
    return total


@jit
def update_ladder(lines, n_lines, up, n_up, down, n_down, pairs, ladder, varied):
    """Pulse every pair where a firing row meets a firing column (ladder engine).

    Parameters
    ----------
    lines, up, down : int32
        The first `n_lines`, `n_up`, `n_down` entries: firing rows, columns that raise W, columns that lower W.
    pairs : Pairs, updated
    ladder : Ladder
    varied : bool
        Whether the devices have scales (methods a and b: only b, which does not depend on them).

    Returns
    -------
    pulses, resets : int
        Issued on the whole array.
    """
    pulses, resets = 0, 0
    stride = pairs.w.shape[1]
    w_bits = pairs.w.reshape(pairs.w.size).view(np.uint32)
    for u in range(n_up + n_down):
        raising = u < n_up
        j = up[u] if raising else down[u - n_up]
        entries = ladder.raising if raising else ladder.lowering
        issued = ladder.issued_raising if raising else ladder.issued_lowering
        state, tally = pairs.state[j], pairs.tally[j]
        if varied:
            x_plus, x_minus, y_plus, y_minus = pairs.x_plus[j], pairs.x_minus[j], pairs.y_plus[j], pairs.y_minus[j]
            total = _walk_varied(
                lines, n_lines, state, pairs.w, j, tally, entries, issued, x_plus, x_minus, y_plus, y_minus, ladder
            )
        else:
            total = _walk_column(lines, n_lines, state, w_bits, stride, j, tally, entries, issued)
        pulses += np.int64(total & _PULSE_MASK) + np.int64((total >> _S1) & _PULSE_MASK)
        resets += np.int64((total >> _S2) & _RESET_MASK) + np.int64(total >> _S3)
    return pulses, resets


@jit
def flush_tally(pairs):
    """Move the packed counts of the ladder engine into the 64-bit counters, before a field can overflow."""
    for j in range(pairs.tally.shape[0]):
        for i in range(pairs.tally.shape[1]):
            t = pairs.tally[j, i]
            if t:
                pairs.pulses_plus[j, i] += np.int64(t & _PULSE_MASK)
                pairs.pulses_minus[j, i] += np.int64((t >> _S1) & _PULSE_MASK)
                pairs.resets_plus[j, i] += np.int64((t >> _S2) & _RESET_MASK)
                pairs.resets_minus[j, i] += np.int64(t >> _S3)
                pairs.tally[j, i] = np.uint64(0)


@jit
def _update_analog(lines, n_lines, up, n_up, down, n_down, pairs, method, d, steps, scatter):
    # Numba leaves out the branch that the type of `scatter` rules out.
    if scatter is not None:
        return update_scattered(lines, n_lines, up, n_up, down, n_down, pairs, method, d, scatter)
    pulses, resets = 0, 0
    for u in range(n_up + n_down):
        raising = u < n_up
        j = up[u] if raising else down[u - n_up]
        # Lowering W is raising it with the sides exchanged.
        g_this, g_other = (pairs.g_plus[j], pairs.g_minus[j]) if raising else (pairs.g_minus[j], pairs.g_plus[j])
        x_this, x_other = (pairs.x_plus[j], pairs.x_minus[j]) if raising else (pairs.x_minus[j], pairs.x_plus[j])
        y_this, y_other = (pairs.y_plus[j], pairs.y_minus[j]) if raising else (pairs.y_minus[j], pairs.y_plus[j])
        plus, minus = (pairs.pulses_plus[j], pairs.pulses_minus[j])
        pulses_this, pulses_other = (plus, minus) if raising else (minus, plus)
        plus, minus = (pairs.resets_plus[j], pairs.resets_minus[j])
        resets_this, resets_other = (plus, minus) if raising else (minus, plus)
        sign = np.float32(1.0) if raising else np.float32(-1.0)
        for q in range(n_lines):
            i = np.uint64(lines[q])
            xa, xb = x_this[i], x_other[i]
            a, b, pa, pb, ra, rb = update_known(g_this[i], g_other[i], xa, xb, method, d, steps)
            g_this[i], g_other[i], pairs.w[i, j] = a, b, sign * ((xa * a + y_this[i]) - (xb * b + y_other[i]))
            pulses_this[i] += pa
            pulses_other[i] += pb
            resets_this[i] += ra
            resets_other[i] += rb
            pulses += pa + pb
            resets += ra + rb
    return pulses, resets


@jit
def update_analog(lines, n_lines, up, n_up, down, n_down, pairs, method, d, steps):
    """Pulse every pair where a firing row meets a firing column (analog engine); see `update_ladder`, `update_known`."""
    return _update_analog(lines, n_lines, up, n_up, down, n_down, pairs, method, d, steps, pairs.scatter)


@jit
def walk_pair(signs, x_plus, x_minus, method, d, g_plus, g_minus):
    """History of one pair under a sequence of updates.

    Parameters
    ----------
    signs : (n,) int8
        +1 raises W, -1 lowers it; entry 0 is not used.
    x_plus, x_minus : float32
        Scales of the two devices.
    g_plus, g_minus : (n,) float32, S, updated
        Nominal. Entry 0 is the initial state; entry k the state after update k.
    """
    for k in range(1, signs.shape[0]):
        if signs[k] > 0:
            g_plus[k], g_minus[k], _, _, _, _ = update(g_plus[k - 1], g_minus[k - 1], x_plus, x_minus, method, d)
        else:
            g_minus[k], g_plus[k], _, _, _, _ = update(g_minus[k - 1], g_plus[k - 1], x_minus, x_plus, method, d)
