"""Counter-based random numbers: a draw depends on (seed, stream, iteration, row, column) and on nothing else.

Philox4x32-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11, 10.1145/2063384.2063405. No state
is carried from draw to draw, so the order of draws, the number of processes and a stop and resume do not matter.
"""

from __future__ import annotations

import math

import numpy as np

from ._jit import inlined, jit

# Streams keep the uses of one seed apart. A layer's number goes into the bits above.
STREAM_ORDER, STREAM_STATE_PLUS, STREAM_STATE_MINUS, STREAM_SCALE_PLUS, STREAM_SCALE_MINUS, STREAM_WEIGHT = range(1, 7)
STREAM_READ, STREAM_GAIN, STREAM_OFFSET, STREAM_DISTURB = range(7, 11)
STREAM_TRAIT, STREAM_PULSE, STREAM_CLIMB, STREAM_REVERSE = range(11, 15)
STREAM_REFRESH = 0  # of one-sided pairs that are written anew
STREAM_BITS = 15  # of binary-stochastic learning: its uses are in the bits above too, see `bits_stream`

NEGATIVE_ZERO, NEGATIVE_REFLECT, NEGATIVE_REDRAW = 0, 1, 2
"""What becomes of a device's scale that is drawn below 0."""

_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_M2 = np.uint64(0xD256D193)


def _ziggurat(layers: int = 256) -> tuple[np.ndarray, np.ndarray]:
    """Right edges x and heights exp(-x^2 / 2) of the layers, all of one area, that cover a half normal density.

    After Marsaglia and Tsang, J. Stat. Softw. 5(8), 2000. The first edge is widened so that the base layer, which has
    the tail in it, has that area as a rectangle too. The start of the tail is where the topmost layer closes at the
    density's peak.
    """

    def edges(start: float) -> tuple[list[float], float]:
        height = math.exp(-0.5 * start * start)
        area = start * height + math.sqrt(0.5 * math.pi) * math.erfc(start / math.sqrt(2.0))
        x = [area / height, start]
        while len(x) < layers:
            y = area / x[-1] + math.exp(-0.5 * x[-1] * x[-1])
            if y >= 1.0:
                return x, 1.0
            x.append(math.sqrt(-2.0 * math.log(y)))
        return x, area / x[-1] + math.exp(
            -0.5 * x[-1] * x[-1]
        ) - 1.0  # how far the topmost layer reaches above the peak

    low, high = 3.0, 4.0
    for _ in range(100):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if edges(middle)[1] > 0.0 else (low, middle)
    x = np.array([*edges(high)[0], 0.0])
    return x, np.exp(-0.5 * x * x)


_EDGE, _HEIGHT = _ziggurat()
_1, _8, _9, _LAYER = np.uint64(1), np.uint64(8), np.uint64(9), np.uint64(255)


@jit
def philox(c0, c1, c2, c3, k0, k1):
    """Four random 32-bit words (as uint64) of a 128-bit counter and a 64-bit key, given as 32-bit words in uint64."""
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0, c1, c2, c3 = (p1 >> _32) ^ c1 ^ k0, p1 & _LOW, (p0 >> _32) ^ c3 ^ k1, p0 & _LOW
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@jit
def random_bits(seed, stream, iteration, row, column):
    """64 random bits, as uint64, for the given coordinates (all non-negative, all but `seed` below 2**32)."""
    s = np.uint64(seed)
    c0, c1, _, _ = philox(
        np.uint64(iteration), np.uint64(row), np.uint64(column), np.uint64(stream), s & _LOW, s >> _32
    )
    return (c0 << _32) | c1


@jit
def uniform(seed, stream, iteration, row, column):
    """A uniform float64 in [0, 1) with 53 random bits."""
    return np.float64(random_bits(seed, stream, iteration, row, column) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@jit
def normal(seed, stream, iteration, row, column):
    """A standard normal float64, by the transform of Box and Muller, Ann. Math. Statist. 29, 610 (1958)."""
    s = np.uint64(seed)
    c0, c1, c2, c3 = philox(
        np.uint64(iteration), np.uint64(row), np.uint64(column), np.uint64(stream), s & _LOW, s >> _32
    )
    unit = 1.0 / 18446744073709551616.0
    radius = (np.float64((c0 << _32) | c1) + 0.5) * unit  # in (0, 1]
    angle = np.float64((c2 << _32) | c3) * unit
    return math.sqrt(-2.0 * math.log(radius)) * math.cos(2.0 * math.pi * angle)


@inlined
def philox2(c0, c1, key):
    """Two random 32-bit words (as uint64) of a 64-bit counter and a 32-bit key: Philox2x32-7 of the same paper.

    Half the work of `philox`, for draws that one pulse needs; seven rounds are the fewest that pass its tests.
    """
    for _ in range(7):
        p = _M2 * c0
        c0, c1 = (p >> _32) ^ key ^ c1, p & _LOW
        key = (key + _W0) & _LOW
    return c0, c1


@inlined
def quick_uniform(c0, c1, key):
    """A uniform float64 in [0, 1) of `philox2`."""
    a, b = philox2(c0, c1, key)
    return np.float64(((a << _32) | b) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@jit
def _slow_normal(c0, c1, key, layer, x):
    """What `quick_normal` returns where a point falls outside the sure part of its layer, without the sign; -1: draw
    again.
    """
    u = quick_uniform(c0, c1, key)
    if layer == 0:
        # The tail, after Marsaglia: x = -log(u1) / r, accepted if -2 log(u2) > x^2.
        attempt = 1
        while True:
            v = quick_uniform(c0, (c1 + np.uint64(2 * attempt)) & _LOW, key)
            w = quick_uniform(c0, (c1 + np.uint64(2 * attempt + 1)) & _LOW, key)
            beyond = -math.log(1.0 - v) / _EDGE[1]
            if -2.0 * math.log(1.0 - w) > beyond * beyond:
                return _EDGE[1] + beyond
            attempt += 1
    low, high = _HEIGHT[layer], _HEIGHT[layer + 1]
    return x if low + u * (high - low) < math.exp(-0.5 * x * x) else -1.0


@inlined
def quick_normal(c0, c1, key):
    """A standard normal float64 of `philox2`, by the ziggurat of Marsaglia and Tsang, J. Stat. Softw. 5(8), 2000.

    Parameters
    ----------
    c0, c1, key : uint64 below 2**32
        `c0` and `key` belong to this draw alone; of `c1` a few following values are used, rarely.
    """
    again = np.uint64(0)
    while True:
        a, b = philox2(c0, (c1 + again) & _LOW, key)
        bits = (a << _32) | b
        layer = np.int64(bits & _LAYER)
        x = np.float64(bits >> _9) * (1.0 / 36028797018963968.0) * _EDGE[layer]
        if x >= _EDGE[layer + 1]:
            x = _slow_normal(c0, (c1 + again + np.uint64(1)) & _LOW, key, layer, x)
        if x >= 0.0:
            # Without a branch, which would be mispredicted half of the time.
            return x * (1.0 - 2.0 * np.float64((bits >> _8) & _1))
        again += np.uint64(2)


@jit
def fill_keys(seed, epoch, out):
    """Sort keys that shuffle one epoch's samples: `out` is (samples,) uint64, updated."""
    for k in range(out.shape[0]):
        out[k] = random_bits(seed, STREAM_ORDER, epoch, k, 0)


@jit
def fill_steps(seed, stream, layer, choices, out):
    """Initial step numbers, uniform over 0 .. choices - 1: `out` is (rows, cols) int64, updated."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.int64(uniform(seed, stream + 16 * layer, 0, i, j) * choices)


@jit
def fill_scales(seed, stream, layer, draw, sigma, negative, out):
    """Device-to-device scales X ~ N(1, sigma): `out` is (rows, cols) float32, updated.

    Parameters
    ----------
    draw : int
        Number of the array that is drawn, below 2**16: 0 for the one that is trained.
    negative : int
        ``NEGATIVE_ZERO``: a negative X becomes 0, a device that does not conduct; ``NEGATIVE_REFLECT``: its absolute
        value; ``NEGATIVE_REDRAW``: drawn again.
    """
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            x = 1.0 + sigma * normal(seed, stream + 16 * layer, draw, i, j)
            if x < 0.0:
                if negative == NEGATIVE_REFLECT:
                    x = -x
                elif negative == NEGATIVE_REDRAW:
                    attempt = 1
                    while x < 0.0:
                        x = 1.0 + sigma * normal(seed, stream + 16 * layer, draw + (attempt << 16), i, j)
                        attempt += 1
                else:
                    x = 0.0
            out[i, j] = np.float32(x)


@jit
def trait_stream(layer, side, quantity):
    """Stream of one quantity (0 to 63) of the devices of a side (0: plus, 1: minus) of a layer below 2**20."""
    return STREAM_TRAIT + 16 * (16 * (2 * layer + side) + quantity % 16) + (quantity // 16 << 30)


@jit
def bits_stream(layer, use):
    """Stream of one use (0 to 7) of random numbers by a layer in binary-stochastic learning, see `binary`."""
    return STREAM_BITS + 16 * (8 * layer + use)


@jit
def fill_words(seed, stream, iteration, index, n, words):
    """At least `n` draws of 16 bits: view `words` as uint16 (little-endian).

    Parameters
    ----------
    seed, stream, iteration, index : int
        The coordinates of these draws; all but `seed` below 2**32.
    n : int
    words : (>= 4 ceil(n / 8),) uint32, updated

    Notes
    -----
    Block b of the counter (iteration, b, index, stream) fills words 4 b to 4 b + 3.
    """
    s = np.uint64(seed)
    k0, k1 = s & _LOW, s >> _32
    c0, c2, c3 = np.uint64(iteration) & _LOW, np.uint64(index) & _LOW, np.uint64(stream) & _LOW
    for b in range((n + 7) // 8):
        w0, w1, w2, w3 = philox(c0, np.uint64(b), c2, c3, k0, k1)
        words[4 * b] = np.uint32(w0)
        words[4 * b + 1] = np.uint32(w1)
        words[4 * b + 2] = np.uint32(w2)
        words[4 * b + 3] = np.uint32(w3)


@jit
def fill_factors(seed, stream, draw, sigma, lognormal, out):
    """Device-to-device factors around 1: `out` is (rows, cols) float64, updated.

    Parameters
    ----------
    draw : int
        Number of the array that is drawn, below 2**16: 0 for the one that is trained.
    lognormal : bool
        ``exp(sigma z)``, z standard normal; else ``1 + sigma z``, drawn again while it is below 0.
    """
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            x = normal(seed, stream, draw, i, j) * sigma
            attempt = 1
            while not lognormal and x < -1.0:
                x = normal(seed, stream, draw + (attempt << 16), i, j) * sigma
                attempt += 1
            out[i, j] = math.exp(x) if lognormal else 1.0 + x


@jit
def fill_uniform(seed, stream, draw, out):
    """Uniform float64 in [0, 1): `out` is (rows, cols), updated."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = uniform(seed, stream, draw, i, j)


@jit
def fill_deviates(seed, stream, draw, out):
    """Standard normal float64: `out` is (rows, cols), updated."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = normal(seed, stream, draw, i, j)


@jit
def fill_normal(seed, stream, sigma, out):
    """Add normal deviates of standard deviation `sigma` to `out`, (n,) float32, updated."""
    for j in range(out.shape[0]):
        out[j] = np.float32(np.float64(out[j]) + sigma * normal(seed, stream, 0, 0, j))


@jit
def fill_weights(seed, layer, width, out):
    """Initial software weights, uniform over (-width, width): `out` is (rows, stride) float32, updated."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.float32(width * (2.0 * uniform(seed, STREAM_WEIGHT + 16 * layer, 0, i, j) - 1.0))
