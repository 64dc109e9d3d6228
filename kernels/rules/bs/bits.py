"""Binary-stochastic learning, operation by operation: bits, signs and unit steps in the place of numbers.

After Li, Wang et al., "Binary stochasticity enabled highly efficient neuromorphic deep learning achieves
better-than-software accuracy", arXiv 2304.12866, Adv. Intell. Syst. 2023, 10.1002/aisy.202300399. **A reconstruction**:
of the paper only the abstract and a summary were at hand. Known from these: forward signals and derivatives of the
activation function are binarised stochastically; errors go back as signs; weights move by steps, with a periodical
carry. Not known, and chosen here: where the noise comes from and its law, the way the derivative is sampled, the output
error, the carry's base, period and threshold, sizes, steps and schedules. Additions of this project, of which the paper
is not known to have anything: a noise temperature of the derivative of its own, the random dead zone of hidden errors,
several output samples for one read.

A read of an array gives a column z = sum_i a_i w[i, j] over the rows that are driven, a_i in {0, 1}: no DAC. What is
sensed is compared with a noise voltage: no ADC. T, the temperature, is the scale of that noise in units of W; the noise
is logistic, so that a comparator fires with the probability sigma(z / T), sigma(x) = 1 / (1 + exp(-x)). Comparators
with Gaussian noise of standard deviation 1.702 T differ from that by less than 0.01.

Random numbers: one Philox block gives eight draws of 16 bits (`noise.fill_words`). A noise voltage is one of 4096
quantiles, looked up by the upper 12 bits of a draw, times T: probabilities are multiples of 1/4096, and no exponential
is evaluated.

Letters: rows and cols are an array's, stride is cols padded to whole cache lines; n_* are lengths of lists of line
numbers, ascending.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...base._jit import jit

USE_BITS, USE_SLOPE, USE_DEAD_ZONE, USE_OUTPUT, USE_CYCLE, USE_CARRY, USE_INFERENCE = range(7)
"""What a layer's random numbers are for: see `noise.bits_stream`."""

SLOPE_NORM, SLOPE_AND, SLOPE_WINDOW = 0, 1, 2
"""How the derivative of the activation function is sampled."""

INPUT_BITS, INPUT_THRESHOLD = 0, 1
"""Inputs become stochastic bits, or are compared with one half."""

OUTPUT_SOFTMAX, OUTPUT_BITS = 0, 1
"""The output is one class, drawn from the softmax, or one bit for each class."""

LEVELS = 4096
_SHIFT = np.uint16(4)  # 16 bits to 12


class Tables(NamedTuple):
    """Quantiles of the noise voltages, at (k + 1/2) / 4096; each (4096,) float32, in units of T."""

    logistic: np.ndarray
    width: np.ndarray  # |z| <= width T with probability 4 sigma (1 - sigma), sigma = sigma(z / T)


def build_tables() -> Tables:
    """The two tables of noise voltages.

    Notes
    -----
    4 sigma (1 - sigma) = 1 / cosh(x / 2)^2 >= u  <=>  |x| <= 2 arcosh(1 / sqrt(u)).
    """
    u = (np.arange(LEVELS) + 0.5) / LEVELS
    return Tables(np.log(u / (1.0 - u)).astype(np.float32), (2.0 * np.arccosh(1.0 / np.sqrt(u))).astype(np.float32))


@jit
def binarise_inputs(lines, values, n, draws, fired):
    """Stochastic bits of analog inputs: a_i = 1 with probability x_i. Lists the rows that fire; returns their number.

    Parameters
    ----------
    lines, values : (>= n,) int32 and float32
        Driven rows, and their inputs x, 0 to 1.
    draws : (>= n,) uint16
    fired : (>= n,) int32, updated

    Notes
    -----
    Fires where draw + 1/2 < 65536 x: E[a] = x to within 2**-17; x = 0 never fires, x = 1 always.
    """
    q = 0
    for k in range(n):
        fired[q] = lines[k]
        q += 1 if np.float32(draws[k]) + np.float32(0.5) < values[k] * np.float32(65536.0) else 0
    return q


@jit
def threshold_inputs(lines, values, n, fired):
    """The deterministic option: a_i = 1 where x_i > 1/2. See `binarise_inputs`."""
    q = 0
    for k in range(n):
        fired[q] = lines[k]
        q += 1 if values[k] > np.float32(0.5) else 0
    return q


@jit
def compare(z, n, temperature, draws, noise, fired):
    """Noisy comparators: a_j = 1 where z_j + T xi > 0, so that E[a_j] = sigma(z_j / T). Lists the neurons that fire;
    returns their number.

    Parameters
    ----------
    z : (>= n,) float32
        Column reads.
    temperature : float32, in units of z
    draws : (>= n,) uint16
    noise : (4096,) float32
        `Tables.logistic`
    fired : (>= n,) int32, updated
    """
    q = 0
    for j in range(n):
        fired[q] = j
        q += 1 if z[j] + temperature * noise[draws[j] >> _SHIFT] > np.float32(0.0) else 0
    return q


@jit
def slope_norm(z, n, temperature, draws, widths, gated):
    """Derivative bits with peak probability 1: E[D_j] = 4 sigma (1 - sigma), sigma = sigma(z_j / T). Lists the neurons
    with D = 1; returns their number.

    Parameters
    ----------
    z : (>= n,) float32
        The reads of the forward pass.
    temperature : float32
    draws : (>= n,) uint16
        Not those of the forward pass: with the same draw, D would depend on a.
    widths : (4096,) float32
        `Tables.width`
    gated : (>= n,) int32, updated

    Notes
    -----
    A window comparator, |z| <= T width, whose width is the noise.
    """
    q = 0
    for j in range(n):
        gated[q] = j
        q += 1 if abs(z[j]) <= temperature * widths[draws[j] >> _SHIFT] else 0
    return q


@jit
def slope_and(z, n, temperature, draws, noise, gated):
    """Derivative bits of two fresh comparators, D = b and not c: E[D_j] = sigma (1 - sigma), the logistic derivative
    itself. See `slope_norm`.

    Parameters
    ----------
    draws : (>= 2 n,) uint16
        Neuron j uses draws 2 j and 2 j + 1.
    noise : (4096,) float32
        `Tables.logistic`
    """
    q = 0
    for j in range(n):
        gated[q] = j
        b = z[j] + temperature * noise[draws[2 * j] >> _SHIFT] > np.float32(0.0)
        c = z[j] + temperature * noise[draws[2 * j + 1] >> _SHIFT] > np.float32(0.0)
        q += 1 if b and not c else 0
    return q


@jit
def slope_window(z, n, temperature, window, draws, noise, gated):
    """Derivative bits of one noisy window comparator, D = 1 where |z + T xi| < T window. See `slope_norm`.

    Notes
    -----
    E[D_j] = sigma(z_j / T + window) - sigma(z_j / T - window). Without noise this is the derivative of the hard
    sigmoid.
    """
    q = 0
    for j in range(n):
        gated[q] = j
        q += 1 if abs(z[j] + temperature * noise[draws[j] >> _SHIFT]) < temperature * window else 0
    return q


@jit
def cumulate_softmax(z, n, temperature, cumulated):
    """Cumulated weights of the output classes, c_k = sum_{j <= k} exp((z_j - max z) / T): once a forward read, for all
    its output samples.

    Parameters
    ----------
    z : (>= n,) float32
    temperature : float64
    cumulated : (>= n,) float64, updated

    Returns
    -------
    float32
        max z: the cross-entropy of class k is ``log(c_last) - (z_k - max z) / T``.
    """
    top = z[0]
    for j in range(1, n):
        top = max(top, z[j])
    total = 0.0
    for j in range(n):
        total += math.exp((np.float64(z[j]) - np.float64(top)) / temperature)
        cumulated[j] = total
    return top


@jit
def class_error(cumulated, n, word, label, up, down):
    """Ternary output error e = t - y with one class y drawn from the softmax: E[e_k] = t_k - softmax(z / T)_k.

    Parameters
    ----------
    cumulated : (>= n,) float64
        From `cumulate_softmax`.
    word : uint32
        Random; y is the first class with c_y > (word + 1/2) / 2**32 c_last.
    label : int
    up, down : (>= n,) int32, updated
        Columns with e = +1 and e = -1.

    Returns
    -------
    n_up, n_down : int
        Both 0 if y is right, else both 1.
    """
    mark = (np.float64(word) + 0.5) * (1.0 / 4294967296.0) * cumulated[n - 1]
    y = 0
    while y < n - 1 and cumulated[y] <= mark:
        y += 1
    if y == label:
        return 0, 0
    up[0], down[0] = label, y
    return 1, 1


@jit
def bits_error(z, n, temperature, draws, noise, label, up, down):
    """Ternary output error e = t - y with independent output bits y_k: E[e_k] = t_k - sigma(z_k / T). Returns (n_up,
    n_down); see `class_error`.
    """
    n_up, n_down = 0, 0
    for j in range(n):
        y = z[j] + temperature * noise[draws[j] >> _SHIFT] > np.float32(0.0)
        if j == label and not y:
            up[n_up] = j
            n_up += 1
        elif j != label and y:
            down[n_down] = j
            n_down += 1
    return n_up, n_down


@jit
def sum_signs(w, up, n_up, down, n_down, gated, n_gated, sums):
    """Backward read, s_i = sum_k w[i, k] d_k, of the rows that are gated on: ``sums``, (rows,) float32, is updated
    there.

    Parameters
    ----------
    w : (rows, stride) float32
    up, down : (>= n_up, >= n_down) int32
        Columns with d = +1 and -1.
    gated : (>= n_gated,) int32
        Neurons below with D = 1; the others are not read.
    """
    for q in range(n_gated):
        row = w[gated[q]]
        s = np.float32(0.0)
        for k in range(n_up):
            s += row[up[k]]
        for k in range(n_down):
            s -= row[down[k]]
        sums[gated[q]] = s


@jit
def sign_sums(sums, gated, n_gated, dead_zone, draws, up_below, down_below):
    """Hidden errors d_i = D_i sign(s_i): two comparators on every row that is gated on.

    Parameters
    ----------
    sums : (rows,) float32, in units of w
        From `sum_signs`.
    gated : (>= n_gated,) int32
        Neurons below with D = 1.
    dead_zone : float32, in units of w
        theta: the comparators' thresholds are +-theta u, u uniform over (0, 1). 0: the plain sign, sign(0) = 0.
    draws : (>= n_gated,) uint16
    up_below, down_below : (>= n_gated,) int32, updated

    Returns
    -------
    n_up_below, n_down_below : int

    Notes
    -----
    E[d_i] = D_i clip(s_i / theta, -1, 1): small errors go back in proportion, large ones as signs. The paper's words
    are "sign of errors"; the random dead zone is not known from it.
    """
    a, b = 0, 0
    for q in range(n_gated):
        s = sums[gated[q]]
        threshold = dead_zone * ((np.float32(draws[q]) + np.float32(0.5)) * np.float32(1.0 / 65536.0))
        up_below[a] = gated[q]
        down_below[b] = gated[q]
        a += 1 if s > threshold else 0
        b += 1 if s < -threshold else 0
    return a, b


@jit
def forward_bits(lines, n_lines, w, out):
    """Column reads of rows that are all driven alike: out[j] = sum of w[lines, j], in float32, rows in order.

    Parameters
    ----------
    lines : (>= n_lines,) int32
    w : (rows, stride) float32
    out : (stride,) float32, updated
    """
    n = out.shape[0]
    for j in range(n):
        out[j] = np.float32(0.0)
    k = 0
    while k + 8 <= n_lines:
        r0, r1, r2, r3 = w[lines[k]], w[lines[k + 1]], w[lines[k + 2]], w[lines[k + 3]]
        r4, r5, r6, r7 = w[lines[k + 4]], w[lines[k + 5]], w[lines[k + 6]], w[lines[k + 7]]
        for j in range(n):
            out[j] = (((((((out[j] + r0[j]) + r1[j]) + r2[j]) + r3[j]) + r4[j]) + r5[j]) + r6[j]) + r7[j]
        k += 8
    while k < n_lines:
        r0 = w[lines[k]]
        for j in range(n):
            out[j] += r0[j]
        k += 1


@jit
def fill_steps(up, n_up, down, n_down, step, add):
    """What an event adds to the weights of a firing row: ``step * d_j`` for every column; `add`, (>= stride,) float32,
    is updated.
    """
    add[:] = np.float32(0.0)
    for k in range(n_up):
        add[up[k]] = step
    for k in range(n_down):
        add[down[k]] = -step


@jit
def step_rows(firing, n_firing, adds, n_adds, reach, w):
    """Add the steps of several events with the same firing rows, one after the other, not beyond +-reach: one walk
    through the memory of `w`.

    Parameters
    ----------
    firing : (>= n_firing,) int32
    adds : (>= n_adds, >= stride) float32
        See `fill_steps`.
    reach : float32
    w : (rows, stride) float32, updated
    """
    n = w.shape[1]
    for q in range(n_firing):
        row = w[firing[q]]
        for e in range(n_adds):
            add = adds[e]
            for j in range(n):
                row[j] = min(max(row[j] + add[j], -reach), reach)


@jit
def step_ideal(firing, n_firing, up, n_up, down, n_down, step, reach, adds, w):
    """Ideal steps: w[i, j] += step * d_j at the crossings of firing rows and firing columns, not beyond +-reach.

    Parameters
    ----------
    firing : (>= n_firing,) int32
    up, down : (>= n_up, >= n_down) int32
        Columns with d = +1 and d = -1.
    step, reach : float32
    adds : (>= 1, >= stride) float32, scratch
    w : (rows, stride) float32, updated
    """
    fill_steps(up, n_up, down, n_down, step, adds[0])
    step_rows(firing, n_firing, adds, 1, reach, w)
