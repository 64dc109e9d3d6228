"""The conditional reverse update scheme (CRUS) on one differential pair, W = G+ - G-: sensing, condition, thinning. A
reconstruction.

Of the paper (Lee et al., arXiv 2111.07113; only its abstract could be had) these are known: pairs of devices with
highly nonlinear or abrupt LTP or LTD; a *conditional reverse update*, chosen from inaccurate and infrequent sensing of
conductance; a *linear optimisation of conductance* that lowers the average deviation of weight changes from those of
SGD; a metric named update noise, averaged over the training, by which the rule is designed; more than 90 % on MNIST. No
equation, threshold, period or network is known. All that is more definite here is reconstruction.

A request moves W towards `this` side. Two single pulses do it::

    forward  F   potentiate this device     dW = +f_p(g_this)      falls with g_this
    reverse  R   depress the other device   dW = +f_d(g_other)     rises with g_other

The mirrored form, for abrupt LTP, is the same rule on h = 1 - g with the sides exchanged, since W = G+ - G- = h- - h+:
forward depresses the other device, reverse potentiates this one. Levels g, h and steps are parts of the range Gmax -
Gmin here.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...base import noise
from ...base._jit import inlined, jit
from ...device.law import step_down, step_up

USE_EVENT, USE_SENSE, USE_REFRESH = 0, 1, 2
"""What a draw is for; of one layer all three have streams of their own."""

_LOW, _32 = np.uint64(0xFFFFFFFF), np.uint64(32)
_15, _16 = np.uint64(15), np.uint64(16)
_MA, _MB, _GOLD = np.uint64(0x7FEB352D), np.uint64(0x846CA68B), np.uint64(0x9E3779B9)
_0, _1, _20, _52, _4095 = np.uint64(0), np.uint64(1), np.uint64(20), np.uint64(52), np.uint64(4095)
_TWO_32 = 4294967296.0
_GRID = 2048  # points of the integral in `expected_step`


class Condition(NamedTuple):
    """Reverse where ``line_this s_this + line_other s_other > line_level``, s_this > theta_this and s_other >
    theta_other.

    Weights 0, 0 and a level below 0 leave the two thresholds (the default form); thresholds below 0 leave the line.
    """

    theta_this: float
    theta_other: float
    line_this: float
    line_other: float
    line_level: float


@jit
def crus_stream(layer, use):
    """Stream of the draws of one layer for one use."""
    return noise.STREAM_REVERSE + 16 * (4 * layer + use)


@inlined
def hash32(x):
    """32 well mixed bits of a 32-bit word, both as uint64.

    Notes
    -----
    Two rounds of xor-shift and multiply, the constants of Wellons ("lowbias32", 2018). Keys come from Philox, one call
    per event; the hash spreads them over rows and columns, so a crossing costs two multiplications.
    """
    x = ((x ^ (x >> _16)) * _MA) & _LOW
    x = ((x ^ (x >> _15)) * _MB) & _LOW
    return x ^ (x >> _16)


@inlined
def line_hash(key, line):
    """32 random bits (uint64) for one line, or for one crossing of a column that has `key` (32 bits in uint64)."""
    return hash32((key + np.uint64(line) * _GOLD) & _LOW)


@inlined
def column_hash(key, column):
    """Key of one column's crossings in an event."""
    return hash32(line_hash(key, column) ^ np.uint64(0x5BD1E995))


@jit
def event_keys(seed, layer, use, iteration, number):
    """Three 32-bit keys of the `number`-th event of an iteration, as uint64: for rows, for columns, for crossings."""
    s = np.uint64(seed)
    stream = np.uint64(crus_stream(layer, use))
    a, b, c, _ = noise.philox(np.uint64(iteration), np.uint64(number), _0, stream, s & _LOW, s >> _32)
    return a, b, c


@jit
def draw_columns(key, delta, n, rate, dead_zone, up, down):
    """Columns that fire, with probability ``min(1, rate |delta|)`` outside the dead zone.

    Parameters
    ----------
    key : uint64
        32 bits.
    delta : (>= n,) float32
    rate : float
    dead_zone : float32
    up, down : (>= n,) int32, updated

    Returns
    -------
    n_up, n_down : int
        Numbers of those that raise W (delta < 0) and of those that lower it.
    """
    n_up, n_down = 0, 0
    for j in range(n):
        size = abs(delta[j])
        if size > dead_zone and np.float64(line_hash(key, j)) < rate * np.float64(size) * _TWO_32:
            if delta[j] < np.float32(0.0):
                up[n_up] = j
                n_up += 1
            else:
                down[n_down] = j
                n_down += 1
    return n_up, n_down


@jit
def draw_rows(key, lines, volts, n, v_read, out):
    """Rows that fire, with probability ``volts / v_read``; returns their number. `out` is int32, updated."""
    m = 0
    for q in range(n):
        if np.float64(line_hash(key, lines[q])) < np.float64(volts[q] / v_read) * _TWO_32:
            out[m] = lines[q]
            m += 1
    return m


@inlined
def sense_level(x, z, mirror, top, sigma):
    """Level that a sensing reports: ``clip(round((x + sigma z) top), 0, top)``.

    Parameters
    ----------
    x : float64
        What the device conducts, as part of the range above Gmin.
    z : float32
        A standard normal deviate.
    mirror : bool
        Sense 1 - x.
    top : int
        Highest level.
    sigma : float
        Noise of one sensing, as part of the range.
    """
    if mirror:
        x = 1.0 - x
    level = math.floor((x + sigma * np.float64(z)) * top + 0.5)
    return np.int64(min(max(level, 0.0), np.float64(top)))


@jit
def sense_deviates(seed, layer, iteration, row, column, quantiles):
    """Two standard normal deviates (float32), for the pair's first and second device: one Philox call, two look-ups.

    The 4,096 quantiles end at 3.7 sigma.
    """
    bits = noise.random_bits(seed, crus_stream(layer, USE_SENSE), iteration, row, column)
    return quantiles[bits >> _52], quantiles[(bits >> _20) & _4095]


@jit
def is_reverse(s_this, s_other, condition):
    """The condition, of sensed levels as parts of the range (in the mirrored form of h).

    Notes
    -----
    Known: the choice is conditional and made from sensed values; the optimisation is linear. A line, or two thresholds,
    in the plane of both sensed values is reconstruction. The two thresholds come from the question what R has that F
    has not: R is wanted where F's step has become small (s_this > theta_this) and where there is something to take away
    (s_other > theta_other).
    """
    line = condition.line_this * s_this + condition.line_other * s_other
    return line > condition.line_level and s_this > condition.theta_this and s_other > condition.theta_other


@jit
def _normal_cdf(x):
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


@jit
def expected_step(level, reverse, mirror, top, sigma, d):
    """Mean size (part of the range) of an action's step, given the sensed level of the device it pulses.

    ``E[f(g) | level]`` for g uniform over the range before sensing; a step ends at the rail at the latest.

    Notes
    -----
    Reconstruction. The step *at* the sensed value would be 0 for the reverse at level 0 of an abrupt device, although
    such a device holds a twentieth of the range on average.
    """
    span = d.g_max - d.g_min
    up = reverse == mirror  # F of the plain form and R of the mirrored one potentiate
    spread = max(sigma, 1e-6)
    total, weight = 0.0, 0.0
    for k in range(_GRID):
        x = (k + 0.5) / _GRID  # what is sensed
        g = d.g_min + span * ((1.0 - x) if mirror else x)
        high = _normal_cdf(((level + 0.5) / top - x) / spread) if level < top else 1.0
        low = _normal_cdf(((level - 0.5) / top - x) / spread) if level > 0 else 0.0
        step = min(step_up(g, d), d.g_max - g) if up else min(step_down(g, d), g - d.g_min)
        total += (high - low) * step / span
        weight += high - low
    return total / weight


@jit
def acceptance(step, compensate, floor):
    """Probability that a crossing pulses: ``floor / max(step, floor)``, or 1 without compensation.

    With it a crossing moves W by `floor` on average wherever the step is larger, so that E[dW] follows SGD::

        E[dW_ij] = -P(row i) P(column j) floor sign(delta_j),    P(row i) = a_i,    P(column j) = min(1, rate |delta_j|)

    which is a learning rate of rate * floor.
    """
    return floor / max(step, floor) if compensate else 1.0


@jit
def fill_rule(condition, forward, reverse, floor, mirror, top, sigma, d, rule):
    """Tabulate condition and thinning.

    Parameters
    ----------
    condition : Condition
    forward, reverse : bool
        Which actions are thinned out.
    floor : float
        Step (part of the range) at and below which every crossing pulses.
    rule : (levels**2,) uint64, updated
        At ``level of this * levels + level of other``: acceptance times 2**32, shifted left by one, plus 1 for reverse.
    """
    levels = top + 1
    for a in range(levels):
        ahead = acceptance(expected_step(a, False, mirror, top, sigma, d), forward, floor)
        for b in range(levels):
            if not is_reverse(a / top, b / top, condition):
                rule[a * levels + b] = np.uint64(ahead * _TWO_32) << _1
    for b in range(levels):
        back = acceptance(expected_step(b, True, mirror, top, sigma, d), reverse, floor)
        for a in range(levels):
            if is_reverse(a / top, b / top, condition):
                rule[a * levels + b] = (np.uint64(back * _TWO_32) << _1) | _1
