"""Weights of several digits, each a pair of devices: single pulses on the lowest, and the periodical carry to the next
higher one.

The carry is after Agarwal et al., "Achieving ideal accuracies in analog neuromorphic computing using periodic carry",
VLSI Technology 2017, and its place in binary-stochastic learning a **reconstruction**, see `binary`. A weight is K
digits::

    W = scale * sum_k base^-k (g+_k - g-_k) / (Gmax - Gmin),   k = 0 (highest) .. K - 1

A pulse raises the side that moves W the right way, or, where that side is at Gmax, lowers the other; the law of the
step is the device's (`device`), with cycle-to-cycle noise as in `moves`. Draws of a pulse depend on (seed, layer,
iteration, number of the event, row, column), those of a carry on (seed, layer, iteration, digit, row, column, number of
the pulse), and so can be replayed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base import noise
from ...base._jit import allocates, inlined, jit
from ...device import moves
from ...device.law import step_down, step_up

_16, _32, _LOW = np.uint64(16), np.uint64(32), np.uint64(0xFFFFFFFF)


class Cells(NamedTuple):
    """The number system, and what a device adds to its law."""

    per_siemens: np.float32  # 1/S: scale / (Gmax - Gmin), W of the highest digit per conductance
    base: np.float32
    threshold: float  # S: a digit whose |g+ - g-| is not above this is not carried
    c2c: float  # cycle-to-cycle noise relative to the step
    c2c_range: float  # S: and what does not depend on the step
    most: int  # pulses of one write
    linear: int  # 1: all potentiation steps are alpha_p, all depression steps alpha_d
    noisy: int  # 1: either of the two is not 0


class Digits(NamedTuple):
    """State of one array; `high`, `plus` and `minus` are empty with ideal steps."""

    w: np.ndarray  # (rows, stride) float32: what a read sees
    high: np.ndarray  # (rows, stride) float32: the part of w of all digits but the lowest
    plus: np.ndarray  # (K, rows, stride) float32, S: g+
    minus: np.ndarray  # (K, rows, stride) float32, S: g-


@inlined
def mean_up(g, d, cells):
    """Potentiation step at `g`, S, float64, without noise."""
    return d.alpha_p if cells.linear else step_up(g, d)


@inlined
def mean_down(g, d, cells):
    """Depression step at `g`, S, float64, without noise."""
    return d.alpha_d if cells.linear else step_down(g, d)


@inlined
def risen(g, place, c1, key, d, cells):
    """Conductance (float32, S) after one potentiation pulse at `g`; place, c1, key: of its draw, see
    `noise.quick_normal`.
    """
    mean = mean_up(g, d, cells)
    if cells.noisy:
        new = np.float64(g) + moves.noisy(mean, cells, noise.quick_normal(place, c1, key))
        return np.float32(min(max(new, d.g_min), d.g_max))
    new = np.float64(g) + mean
    return np.float32(d.g_max if new > d.g_max - d.snap_p else new)


@inlined
def fallen(g, place, c1, key, d, cells):
    """Conductance (float32, S) after one depression pulse at `g`; see `risen`."""
    mean = mean_down(g, d, cells)
    if cells.noisy:
        new = np.float64(g) - moves.noisy(mean, cells, noise.quick_normal(place, c1, key))
        return np.float32(min(max(new, d.g_min), d.g_max))
    new = np.float64(g) - mean
    return np.float32(d.g_min if new < d.g_min + d.snap_d else new)


@inlined
def pulse_pair(this, other, place, c1, key, d, cells):
    """One pulse that pushes a pair towards `this` side: potentiation there, or, where that side is full, depression of
    the other.

    Parameters
    ----------
    this, other : float32, S
    place, c1, key : uint64
        Of the draw, see `noise.quick_normal`.
    d : Device
    cells : Cells

    Returns
    -------
    this, other : float32, S
    """
    if this < np.float32(d.g_max):
        this = risen(this, place, c1, key, d, cells)
    else:
        other = fallen(other, place, c1, key, d, cells)
    return this, other


@jit
def digit_unit(digit, cells):
    """W per conductance of a digit, float32, 1/S: scale base^-digit / (Gmax - Gmin)."""
    unit = cells.per_siemens
    for _ in range(digit):
        unit /= cells.base
    return unit


@jit
def step_cells(firing, n_firing, up, n_up, down, n_down, seed, stream, iteration, number, d, cells, keys, digits):
    """One pulse on the lowest digit of every weight at a crossing of a firing row and a firing column.

    Parameters
    ----------
    firing, up, down : int32
        Lists of rows, of columns that rise, and of columns that fall.
    seed, stream, iteration, number : int
        Of the draws: `number` is that of the event among those of this layer in the iteration.
    d : Device
    cells : Cells
    keys : (2, >= stride) uint64, scratch
    digits : Digits, updated

    Notes
    -----
    Of linear devices without noise, where many columns fire, whole rows are swept instead: `sweep_cells`, with the same
    result.
    """
    lowest = digits.plus.shape[0] - 1
    if cells.linear and not cells.noisy and 6 * (n_up + n_down) > digits.w.shape[1]:
        sweep_cells(firing, n_firing, up, n_up, down, n_down, d, cells, digits)
        return
    unit = digit_unit(lowest, cells)
    if cells.noisy:
        for k in range(n_up + n_down):
            bits = noise.random_bits(seed, stream, iteration, number, up[k] if k < n_up else down[k - n_up])
            keys[0, k], keys[1, k] = bits >> _32, bits & _LOW
    for q in range(n_firing):
        i = firing[q]
        place = np.uint64(i) << _16
        plus, minus = digits.plus[lowest, i], digits.minus[lowest, i]
        high, w = digits.high[i], digits.w[i]
        for k in range(n_up):
            j = up[k]
            a, b = pulse_pair(plus[j], minus[j], place, keys[0, k], keys[1, k], d, cells)
            plus[j], minus[j] = a, b
            w[j] = high[j] + unit * (a - b)
        for k in range(n_down):
            j, m = down[k], n_up + k
            b, a = pulse_pair(minus[j], plus[j], place, keys[0, m], keys[1, m], d, cells)
            plus[j], minus[j] = a, b
            w[j] = high[j] + unit * (a - b)


@allocates
def sweep_cells(firing, n_firing, up, n_up, down, n_down, d, cells, digits):
    """`step_cells` for linear devices without noise: all columns of a row at once, without a branch."""
    lowest, n = digits.plus.shape[0] - 1, digits.w.shape[1]
    unit = digit_unit(lowest, cells)
    top, bottom = np.float32(d.g_max), np.float32(d.g_min)
    near_top, near_bottom, rise, fall = d.g_max - d.snap_p, d.g_min + d.snap_d, d.alpha_p, d.alpha_d
    sign = np.zeros(n, np.int32)
    for k in range(n_up):
        sign[up[k]] = 1
    for k in range(n_down):
        sign[down[k]] = -1
    for q in range(n_firing):
        i = firing[q]
        plus, minus = digits.plus[lowest, i], digits.minus[lowest, i]
        high, w = digits.high[i], digits.w[i]
        for j in range(n):
            p, m, s = plus[j], minus[j], sign[j]
            raised, lowered = np.float64(p) + rise, np.float64(p) - fall
            raised_m, lowered_m = np.float64(m) + rise, np.float64(m) - fall
            p_up = top if raised > near_top else np.float32(raised)
            m_up = top if raised_m > near_top else np.float32(raised_m)
            p_down = bottom if lowered < near_bottom else np.float32(lowered)
            m_down = bottom if lowered_m < near_bottom else np.float32(lowered_m)
            full_p, full_m = p >= top, m >= top
            a = (p if full_p else p_up) if s > 0 else ((p_down if full_m else p) if s < 0 else p)
            b = (m if full_m else m_up) if s < 0 else ((m_down if full_p else m) if s > 0 else m)
            plus[j] = a
            minus[j] = b
            w[j] = high[j] + unit * (a - b) if s != 0 else w[j]


@jit
def carry_pair(plus_high, minus_high, plus, minus, c1, key, d, cells):
    """Carry of one digit into the next higher one, with a read after every pulse, so that the weight is conserved.

    Parameters
    ----------
    plus_high, minus_high, plus, minus : float32, S
        The two pairs.
    c1, key : uint64
        Of the draws of this carry.
    d : Device
    cells : Cells

    Returns
    -------
    tuple
        (plus_high, minus_high, plus, minus, pulses, resets)

    Notes
    -----
    v = g+ - g- of this digit is sensed. Where |v| is above the threshold, the higher digit, D being its change so far,
    gets pulses of v's sign as long as v - base D is more than half of what the next one is worth, base times its step.
    This digit is then reset and written to v - base D, up or down, with a read after each pulse, until it is nearer
    than half the step that potentiation makes there. So base v_high + v is conserved to within half a step of this
    digit, whatever noise, nonlinearity and rails make of the pulses, as long as the rest fits into this digit; it does
    if base times the largest step is not above the range. A write ends at the rail, and after `Cells.most` pulses;
    where D is 0 nothing is written.
    """
    top, base = np.float32(d.g_max), np.float64(cells.base)
    v = np.float64(plus) - np.float64(minus)
    if not abs(v) > cells.threshold:
        return plus_high, minus_high, plus, minus, 0, 0
    sign = 1.0 if v > 0.0 else -1.0
    this, other = (plus_high, minus_high) if v > 0.0 else (minus_high, plus_high)
    before, change, pulses = np.float64(this) - np.float64(other), 0.0, 0
    while pulses < cells.most:
        if this >= top and other <= np.float32(d.g_min):
            break
        mean = mean_up(this, d, cells) if this < top else mean_down(other, d, cells)
        if not abs(v) - base * change > 0.5 * base * mean:
            break
        this, other = pulse_pair(this, other, np.uint64(pulses), c1, key, d, cells)
        change = (np.float64(this) - np.float64(other)) - before
        pulses += 1
    plus_high, minus_high = (this, other) if v > 0.0 else (other, this)
    if change == 0.0:
        return plus_high, minus_high, plus, minus, pulses, 0
    rest = v - sign * base * change
    target, g, last = d.g_min + abs(rest), np.float32(d.g_min), pulses + cells.most
    while pulses < last:
        gap = target - np.float64(g)
        if abs(gap) <= 0.5 * mean_up(g, d, cells) or (gap > 0.0 and g >= top):
            break
        if gap > 0.0:
            g = risen(g, np.uint64(pulses), c1, key, d, cells)
        else:
            g = fallen(g, np.uint64(pulses), c1, key, d, cells)
        pulses += 1
    bottom = np.float32(d.g_min)
    if rest > 0.0:
        return plus_high, minus_high, g, bottom, pulses, 2
    return plus_high, minus_high, bottom, g, pulses, 2


@jit
def weigh(plus, minus, i, j, cells):
    """W of one weight without its lowest digit, float32, summed from the highest digit down; see `Digits`."""
    high = np.float32(0.0)
    for k in range(plus.shape[0] - 1):
        high += digit_unit(k, cells) * (plus[k, i, j] - minus[k, i, j])
    return high


@jit
def weigh_all(cols, cells, digits):
    """Bring ``high`` and ``w`` up to the conductances, in the first `cols` columns."""
    lowest = digits.plus.shape[0] - 1
    unit = digit_unit(lowest, cells)
    for i in range(digits.w.shape[0]):
        for j in range(cols):
            high = weigh(digits.plus, digits.minus, i, j, cells)
            digits.high[i, j] = high
            digits.w[i, j] = high + unit * (digits.plus[lowest, i, j] - digits.minus[lowest, i, j])


@jit
def carry(digit, rows, cols, seed, stream, iteration, d, cells, digits):
    """Periodical carry of digit `digit` (1 .. K - 1) of a whole array into the next higher one.

    Parameters
    ----------
    rows, cols : (first, past the last)
        Weights that are looked at.
    seed, stream, iteration : int
        Of the draws.
    d : Device
    cells : Cells
    digits : Digits, updated

    Returns
    -------
    carries, pulses, resets : int
    """
    lowest = digits.plus.shape[0] - 1
    unit = digit_unit(lowest, cells)
    carries = pulses = resets = 0
    for i in range(rows[0], rows[1]):
        plus, minus = digits.plus[digit, i], digits.minus[digit, i]
        for j in range(cols[0], cols[1]):
            if not abs(np.float64(plus[j]) - np.float64(minus[j])) > cells.threshold:
                continue
            c1 = key = np.uint64(0)
            if cells.noisy:
                bits = noise.random_bits(seed, stream, iteration, (digit << 20) | i, j)
                c1, key = bits >> _32, bits & _LOW
            a, b, plus[j], minus[j], p, r = carry_pair(
                digits.plus[digit - 1, i, j], digits.minus[digit - 1, i, j], plus[j], minus[j], c1, key, d, cells
            )
            digits.plus[digit - 1, i, j], digits.minus[digit - 1, i, j] = a, b
            high = weigh(digits.plus, digits.minus, i, j, cells)
            digits.high[i, j] = high
            digits.w[i, j] = high + unit * (digits.plus[lowest, i, j] - digits.minus[lowest, i, j])
            carries += 1
            pulses += p
            resets += r
    return carries, pulses, resets
