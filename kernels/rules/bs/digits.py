"""Weights of several digits on arrays of any device: what `carry` does for devices that differ in nothing but noise.

Digit k of layer l is the array ``l * copies + k`` of flat `pair.Pairs`, so that a pulse is the single pulse of method c
(`pair`, `scatter`), and windows, own laws, stuck and worn-out devices, jump tables and users' steps are what they are
everywhere. A **reconstruction**, see `binary`.

On devices that are all nominal both engines give the same states, bit for bit. Draws of pulses are those of `scatter`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...base import noise
from ...base._jit import inlined, jit
from ...base.buffers import Geometry
from ...device.law import depress, potentiate, step_down, step_up
from ...device.moves import mean_fall, mean_rise
from ...device.press import FALL, RESET, RISE, pressed
from ...pair.analog import Analog
from ...pair.lasting import settle_pair
from ...pair.methods import METHOD_C
from ...pair.pairs import Pairs, layer_pairs
from ...pair.scattered import Scattered
from ...pair.table import at_clock, layer_of, pulse
from ...pair.weight import conducted, weigh_pair

_LOW = np.uint64(0xFFFFFFFF)

IDLE = 8
"""A write is given up after so many pulses in a row that moved nothing: the device is stuck."""


class DigitArrays(NamedTuple):
    """All digits of all layers, and the number system."""

    geometry: Geometry  # of the arrays
    pairs: Pairs  # flat buffers
    copies: int  # digits of a weight
    unit: np.ndarray  # (copies,) float32, 1/S: W per conductance of a digit, from the highest down
    base: float
    threshold: float  # S: a digit whose |g+ - g-| is not above this is not carried
    most: int  # pulses of one write
    steps: np.ndarray  # (n_max + 1,) float32, S: the staircase
    v_read: float  # V
    array: Any  # Analog or Scattered: `pairs` as an array of the pair method c, see `array_of`


def array_of(p: Pairs, d: Any, steps: np.ndarray, scatter: Any) -> Any:
    """Pairs as an array of the pair method c: single pulses. Called from Python; `scatter` is that of `p`."""
    if scatter is not None:
        return Scattered(p.w, p, METHOD_C, d, steps)
    return Analog(p.w, p, METHOD_C, d, steps)


@jit
def pulse_arrays(layer, at, number, firing, n_firing, up, n_up, down, n_down, d, own, digits):
    """One pulse on the lowest digit of every weight at a crossing: `carry.step_cells` for any device.

    Parameters
    ----------
    layer : int
    at, number : int
        Iteration, and number of the event among those of this layer in it.
    firing, up, down : int32
        Lists of rows, of columns that rise, and of columns that fall.
    d : Device
    own : DigitArrays, updated
    digits : carry.Digits of the layer, updated
    """
    lowest = own.copies - 1
    p = layer_of(own.array, own.geometry, layer * own.copies + lowest)
    at_clock(p, at, number)
    pulse(p, firing, n_firing, up, n_up, down, n_down)
    unit = own.unit[lowest]
    for q in range(n_firing):
        i = firing[q]
        high, low, w = digits.high[i], p.w[i], digits.w[i]
        for k in range(n_up):
            w[up[k]] = high[up[k]] + unit * low[up[k]]
        for k in range(n_down):
            w[down[k]] = high[down[k]] + unit * low[down[k]]


@inlined
def expected_step(g, up, d, scatter):
    """Step, S, that the nominal law has at `g`: all that who writes a device knows."""
    if scatter is None:
        return step_up(g, d) if up else step_down(g, d)
    span = d.g_max - d.g_min
    s = (np.float64(g) - d.g_min) / span
    return span * (
        mean_rise(s, 1.0, 1.0, scatter.law, scatter.up) if up else mean_fall(s, 1.0, 1.0, scatter.law, scatter.down)
    )


@jit
def press(p, kind, i, j, side, number, key, d, scatter):
    """One pulse (``RISE``, ``FALL``) or ``RESET`` of the device of `side` (0: plus, 1: minus); `number` and `key`: of
    its draw.

    Integer arguments have to be int64, and no literals: for each kind of those Numba would compile this anew.
    """
    g, pulses, resets = (
        (p.g_minus, p.pulses_minus, p.resets_minus) if side else (p.g_plus, p.pulses_plus, p.resets_plus)
    )
    old = g[j, i]
    if scatter is None:
        g[j, i] = potentiate(old, d) if kind == RISE else (depress(old, d) if kind == FALL else np.float32(d.g_min))
    else:
        g[j, i] = pressed(old, kind, i, j, side, number, key, pulses[j, i] + resets[j, i], d, scatter)
    if kind == RESET:
        resets[j, i] += 1
    else:
        pulses[j, i] += 1
    settle_pair(scatter, p, i, j, side == 0, side != 0)  # who writes reads after each pulse


@inlined
def sensed(p, i, j):
    """What the pair at row `i`, column `j` conducts, G+ - G-, S, float64."""
    return np.float64(conducted(p, i, j, 0)) - np.float64(conducted(p, i, j, 1))


@jit
def raise_digit(p, i, j, wanted, base, most, key, d, scatter):
    """Pulses on a higher digit until it has taken over what is wanted, as `carry.carry_pair` has it.

    Parameters
    ----------
    p : Pairs of the digit, updated
    wanted : float64, S
        v of the next lower digit.

    Returns
    -------
    change : float64, S
        Of |v| of this digit, towards the sign of `wanted`.
    pulses : int
    """
    this, other = (0, 1) if wanted > 0.0 else (1, 0)
    g_this, g_other = (p.g_plus, p.g_minus) if this == 0 else (p.g_minus, p.g_plus)
    top, bottom, sign = np.float32(d.g_max), np.float32(d.g_min), 1.0 if wanted > 0.0 else -1.0
    before, change, pulses, idle = sensed(p, i, j), 0.0, np.int64(0), 0
    while pulses < most and idle < IDLE:
        full = g_this[j, i] >= top
        if full and g_other[j, i] <= bottom:
            break
        mean = (
            expected_step(g_other[j, i], False, d, scatter) if full else expected_step(g_this[j, i], True, d, scatter)
        )
        if not abs(wanted) - base * change > 0.5 * base * mean:
            break
        press(p, FALL if full else RISE, i, j, other if full else this, pulses, key, d, scatter)
        moved = sign * (sensed(p, i, j) - before)
        idle = idle + 1 if moved == change else 0
        change = moved
        pulses += 1
    return change, pulses


@jit
def write_digit(p, i, j, rest, first, most, key, d, scatter):
    """Reset a digit and write it to `rest` (S), with a read after each pulse; returns the pulses. `first`: number of
    the first one's draw.
    """
    for each in range(2):
        press(p, np.int64(RESET), i, j, each, first, key, d, scatter)
    side = 0 if rest > 0.0 else 1
    g = p.g_minus if side else p.g_plus
    sign, pulses, idle, now = 1.0 if rest > 0.0 else -1.0, np.int64(0), 0, sensed(p, i, j)
    while pulses < most and idle < IDLE:
        gap = abs(rest) - sign * now
        if abs(gap) <= 0.5 * expected_step(g[j, i], True, d, scatter) or (gap > 0.0 and g[j, i] >= np.float32(d.g_max)):
            break
        press(p, RISE if gap > 0.0 else FALL, i, j, side, first + pulses, key, d, scatter)
        after = sensed(p, i, j)
        idle = idle + 1 if after == now else 0
        now = after
        pulses += 1
    return pulses


@inlined
def weight_at(own, array, i, j):
    """G+ - G- of one pair, float32, S, as the array's reads see it."""
    g = own.geometry
    return own.pairs.w[g.offset[array] + i * g.stride[array] + j]


@inlined
def compose(layer, i, j, own, digits):
    """Bring ``high`` and ``w`` of one weight up to the conductances; sums go from the highest digit down."""
    first, last, high = layer * own.copies, own.copies - 1, np.float32(0.0)
    for k in range(last):
        high += own.unit[k] * weight_at(own, first + k, i, j)
    digits.high[i, j] = high
    digits.w[i, j] = high + own.unit[last] * weight_at(own, first + last, i, j)


@jit
def compose_all(layer, cols, own, digits):
    """`compose` of a whole layer."""
    for i in range(digits.w.shape[0]):
        for j in range(cols):
            compose(layer, i, j, own, digits)


@jit
def carry_arrays(layer, digit, rows, cols, seed, stream, at, d, own, digits):
    """Periodical carry of digit `digit` (1 .. copies - 1) of a whole layer into the next higher one: `carry.carry` for
    any device.

    Returns
    -------
    carries, pulses, resets : int
    """
    array = layer * own.copies + digit
    high, low = layer_pairs(own.pairs, own.geometry, array - 1), layer_pairs(own.pairs, own.geometry, array)
    carries = pulses = resets = 0
    for i in range(rows[0], rows[1]):
        for j in range(cols[0], cols[1]):
            v = sensed(low, i, j)
            if not abs(v) > own.threshold:
                continue
            key = noise.random_bits(seed, stream, at, (digit << 20) | i, j) & _LOW
            change, n = raise_digit(high, i, j, v, own.base, own.most, key, d, high.scatter)
            carries += 1
            pulses += n
            if change == 0.0:
                continue
            rest = v - (own.base * change if v > 0.0 else -own.base * change)
            pulses += write_digit(low, i, j, rest, n, own.most, key, d, low.scatter)
            resets += 2
            weigh_pair(high, i, j)
            weigh_pair(low, i, j)
            compose(layer, i, j, own, digits)
    return carries, pulses, resets
