"""Slow and obvious twins of the kernels, written from the physics and not from the kernels.

Plain Python: lists, loops and float32 scalars. Every public kernel has a twin of the same name here, but the arguments are
lists and objects instead of buffers. Nothing is imported from xbarsim.

A network here has no engines: a pair is two conductances, and a pulse is an evaluation of the device's equation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

F = np.float32


def single(x):
    """A Python float, rounded to float32."""
    return float(F(x))


# ---------------------------------------------------------------------------------------------------------------------
# Device


@dataclass(frozen=True)
class Device:
    """Conductances are Python floats that hold float32 values."""

    g_min: float
    g_max: float
    alpha_p: float
    beta_p: float
    alpha_d: float
    beta_d: float

    @classmethod
    def of(cls, device):
        """From a description (xbarsim.Device)."""
        return cls(
            single(device.g_min),
            single(device.g_max),
            device.alpha_p,
            device.beta,
            device.alpha_depression,
            device.beta_depression,
        )

    @property
    def near_top(self):
        """Closer to Gmax than this counts as Gmax."""
        return self.alpha_p * math.exp(-self.beta_p) / 20

    @property
    def near_bottom(self):
        return self.alpha_d * math.exp(-self.beta_d) / 20


def end_of(alpha, beta, n):
    """Where n potentiation pulses lead, without rails, in units of the range."""
    g = 0.0
    for _ in range(n):
        g += alpha * math.exp(-beta * g)
    return g


def normalised_alpha(n, beta):
    """The alpha with which n pulses lead from 0 to 1: regula falsi would do, halving is more obvious."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if end_of(middle, beta, n) < 1:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def step_up(g, d):
    return d.alpha_p * math.exp(-d.beta_p * (g - d.g_min) / (d.g_max - d.g_min))


def step_down(g, d):
    return d.alpha_d * math.exp(-d.beta_d * (d.g_max - g) / (d.g_max - d.g_min))


def potentiate(g, d):
    g = g + step_up(g, d)
    return d.g_max if g > d.g_max - d.near_top else single(g)


def depress(g, d):
    g = g - step_down(g, d)
    return d.g_min if g < d.g_min + d.near_bottom else single(g)


def staircase(d):
    steps = [d.g_min]
    while steps[-1] < d.g_max:
        steps.append(potentiate(steps[-1], d))
    return steps


# ---------------------------------------------------------------------------------------------------------------------
# Pair


def replay_target(this, other, d):
    """The W that method a replays to: one step more than before, less what rounding may add up to."""
    return this - other + step_up(this, d) - min(1e-5 * (d.g_max - d.g_min), d.near_top)


def update(this, other, method, d):
    """One update that moves the pair towards `this`; method is 'a', 'b' or 'c'.

    Returns (this, other, pulses on this, pulses on other, resets of this, resets of other).
    """
    pulses, resets = {"this": 0, "other": 0}, {"this": 0, "other": 0}
    before = this - other
    if this < d.g_max:
        this = potentiate(this, d)
        pulses["this"] += 1
    elif method == "a":
        target = replay_target(this, other, d)
        this = other = d.g_min
        resets["this"] += 1
        resets["other"] += 1
        while this < d.g_max and this - other < target:
            this = potentiate(this, d)
            pulses["this"] += 1
    elif method == "b":
        other = d.g_min
        resets["other"] += 1
        while this - potentiate(other, d) > before:
            other = potentiate(other, d)
            pulses["other"] += 1
    elif method == "c":
        other = depress(other, d)
        pulses["other"] += 1
    else:
        raise ValueError(method)
    if this == d.g_max and other == d.g_max:
        this = other = d.g_min
        resets["this"] += 1
        resets["other"] += 1
    return this, other, pulses["this"], pulses["other"], resets["this"], resets["other"]


def signed_update(plus, minus, sign, method, d):
    """`update` of a pair written as (G+, G-): raises W if sign > 0, lowers it otherwise. Results with + first."""
    if sign > 0:
        return update(plus, minus, method, d)
    minus, plus, pulses_minus, pulses_plus, resets_minus, resets_plus = update(minus, plus, method, d)
    return plus, minus, pulses_plus, pulses_minus, resets_plus, resets_minus


def walk_pair(signs, method, d, plus, minus):
    """All states (G+, G-) of one pair, the first included."""
    states = [(plus, minus)]
    for sign in signs:
        plus, minus, *_ = signed_update(plus, minus, sign, method, d)
        states.append((plus, minus))
    return states


def pack(pulses_plus, pulses_minus, resets_plus, resets_minus):
    """Fields of 20, 20, 12 and 12 bits, from the low end."""
    return pulses_plus + pulses_minus * 2**20 + resets_plus * 2**40 + resets_minus * 2**52


def unpack(packed):
    packed = int(packed)
    return packed % 2**20, packed // 2**20 % 2**20, packed // 2**40 % 2**12, packed // 2**52


def build_ladder(d, method, sign):
    """What an update does to every pair of steps: {(p, m): (p, m, W, counts)}."""
    steps = staircase(d)
    table = {}
    for p, plus in enumerate(steps):
        for m, minus in enumerate(steps):
            a, b, *counts = signed_update(plus, minus, sign, method, d)
            table[p, m] = steps.index(a), steps.index(b), F(a) - F(b), tuple(counts)
    return table


class Array:
    """One array of pairs; every attribute is a list of rows."""

    def __init__(self, plus, minus):
        self.plus = [[single(g) for g in row] for row in plus]
        self.minus = [[single(g) for g in row] for row in minus]
        for name in ("pulses_plus", "pulses_minus", "resets_plus", "resets_minus"):
            setattr(self, name, [[0 for _ in row] for row in self.plus])

    @property
    def shape(self):
        return len(self.plus), len(self.plus[0])

    @property
    def weights(self):
        return [[F(a) - F(b) for a, b in zip(p, m, strict=True)] for p, m in zip(self.plus, self.minus, strict=True)]

    def pulse(self, rows, up, down, method, d):
        """Returns (pulses, resets) issued."""
        pulses = resets = 0
        for i in rows:
            for j in [*up, *down]:
                sign = +1 if j in up else -1
                plus, minus, pp, pm, rp, rm = signed_update(self.plus[i][j], self.minus[i][j], sign, method, d)
                self.plus[i][j], self.minus[i][j] = plus, minus
                self.pulses_plus[i][j] += pp
                self.pulses_minus[i][j] += pm
                self.resets_plus[i][j] += rp
                self.resets_minus[i][j] += rm
                pulses += pp + pm
                resets += rp + rm
        return pulses, resets


def update_analog(rows, up, down, array, method, d):
    return array.pulse(rows, up, down, method, d)


update_ladder = update_analog  # the same physics
update_known = update
flush_tally = unpack


def empty_pairs(rows, cols):
    return Array([[0.0] * cols for _ in range(rows)], [[0.0] * cols for _ in range(rows)])


def empty_ladder():
    return {}


def bytes_of(padded, pairs):
    """W of so many cells; and per pair a state, packed counts, two conductances and four counters."""
    return padded * 4 + pairs * (2 + 8 + 2 * 4 + 4 * 8)


# ---------------------------------------------------------------------------------------------------------------------
# Read


def forward(volts, w):
    """Column currents, all rows; volts of undriven rows are 0."""
    out = []
    for j in range(len(w[0])):
        total = F(0)
        for i in range(len(w)):
            total = total + F(volts[i]) * F(w[i][j])
        out.append(total)
    return out


def backward(volts, w):
    """Row currents."""
    return forward(volts, [[row[j] for row in w] for j in range(len(w[0]))])


def side_currents(volts, g):
    return [sum((float(volts[i]) * float(g[i][j]) for i in range(len(g))), 0.0) for j in range(len(g[0]))]


# ---------------------------------------------------------------------------------------------------------------------
# Neuron


def hard_sigmoid(current, c):
    y = F(0.5) + F(current) / (2 * F(c))
    if y < 0:
        return F(0)
    if y > 1:
        return F(1)
    return y


def passes_error(current, c):
    return abs(current) < c


def softmax_error(currents, gain, label):
    """Returns (delta, loss, winner)."""
    top = max(float(i) for i in currents)
    e = [math.exp(gain * (float(i) - top)) for i in currents]
    p = [x / sum(e) for x in e]
    delta = [F(p[j] - (1 if j == label else 0)) for j in range(len(p))]
    winner = [float(i) for i in currents].index(top)
    return delta, -math.log(p[label]), winner


# ---------------------------------------------------------------------------------------------------------------------
# Pulse generator


def select_columns(delta, dead_zone):
    """Returns (columns that raise W, columns that lower it)."""
    up = [j for j, x in enumerate(delta) if x < 0 and abs(x) > dead_zone]
    down = [j for j, x in enumerate(delta) if x > 0 and abs(x) > dead_zone]
    return up, down


def select_rows(volts, threshold):
    return [i for i, v in enumerate(volts) if v > threshold]


def pack_bits(lines, n_bytes):
    fires = np.zeros(8 * n_bytes, bool)
    for line in lines:
        fires[line] = True
    return np.packbits(fires, bitorder="little")


def unpack_bits(packed):
    return [int(i) for i in np.flatnonzero(np.unpackbits(packed, bitorder="little"))]


# ---------------------------------------------------------------------------------------------------------------------
# Noise

STREAM_ORDER, STREAM_STATE_PLUS, STREAM_STATE_MINUS = 1, 2, 3


def philox(counter, key):
    """Philox4x32-10 with Python's integers."""
    x, k = list(counter), list(key)
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * x[0], 2**32)
        high1, low1 = divmod(0xCD9E8D57 * x[2], 2**32)
        x = [high1 ^ x[1] ^ k[0], low1, high0 ^ x[3] ^ k[1], low0]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return tuple(x)


def random_bits(seed, stream, iteration, row, column):
    words = philox((iteration, row, column, stream), (seed % 2**32, seed // 2**32))
    return words[0] * 2**32 + words[1]


def uniform(seed, stream, iteration, row, column):
    return random_bits(seed, stream, iteration, row, column) // 2**11 / 2**53


def fill_keys(seed, epoch, n):
    return [random_bits(seed, STREAM_ORDER, epoch, k, 0) for k in range(n)]


def fill_steps(seed, stream, layer, choices, rows, cols):
    return [[int(choices * uniform(seed, stream + 16 * layer, 0, i, j)) for j in range(cols)] for i in range(rows)]


# ---------------------------------------------------------------------------------------------------------------------
# Samples


def input_volts(x, v_read):
    """Voltages of one sample, one per input: uint8 counts 255 as full, a float 1."""
    full = F(255) if np.asarray(x).dtype == np.uint8 else F(1)
    return [F(value) / full * F(v_read) for value in x]


def list_driven(x, v_read):
    """Returns (start, line, volts) as lists."""
    start, line, volts = [0], [], []
    for sample in x:
        for i, v in enumerate(input_volts(sample, v_read)):
            if v > 0:
                line.append(i)
                volts.append(v)
        start.append(len(line))
    return start, line, volts


def load_sample(start, line, volts, k):
    return line[start[k] : start[k + 1]], volts[start[k] : start[k + 1]]


# ---------------------------------------------------------------------------------------------------------------------
# Training


@dataclass
class Record:
    """What one iteration did."""

    loss: float
    wrong: bool
    pulses: int = 0
    resets: int = 0
    events: dict = field(default_factory=dict)  # layer: (rows, raised, lowered)


def activate(currents, c, v_read):
    """Voltages that hidden neurons drive the next array with, one per neuron."""
    return [hard_sigmoid(i, c) * F(v_read) for i in currents]


def drive_bias(volts, bias, v_read):
    return [*volts, F(v_read)] if bias else list(volts)


class Network:
    """A whole network, from a layout's normalised settings, with states as lists of (G+, G-) matrices."""

    def __init__(self, layout, states):
        self.d = Device.of(layout.device)
        self.method = layout.pulses.method
        self.bias = layout.array.bias
        self.v_read = F(layout.array.v_read)
        full = (layout.device.g_max - layout.device.g_min) * layout.array.v_read  # current of a full weight, A
        self.full = F(layout.device.g_max - layout.device.g_min) * self.v_read
        self.c = F(layout.neuron.c * full)
        self.gain = layout.neuron.softmax_scale / full
        sizes = layout.network.layers
        self.dead_zone = [F(layout.pulses.hidden_dead_zone * (n / 10) ** 0.5) for n in sizes[2:]]
        self.dead_zone.append(F(layout.pulses.output_dead_zone))
        self.threshold = F(layout.pulses.input_threshold * layout.array.v_read)
        self.arrays = [Array(plus, minus) for plus, minus in states]

    def read(self, x):
        """Forward through all layers: (voltages on the rows, currents of the columns), each per layer."""
        volts, currents = [], []
        drive = input_volts(x, self.v_read)
        for array in self.arrays:
            volts.append(drive_bias(drive, self.bias, self.v_read))
            currents.append(self.read_forward(array, volts[-1]))
            drive = activate(currents[-1], self.c, self.v_read)
        return volts, currents

    def read_forward(self, array, volts):
        return forward(volts, array.weights)

    def read_backward(self, array, volts):
        return backward(volts, array.weights)

    def propagate_error(self, array, delta, currents_below):
        """Delta of the layer below `array`; its bias row has no neuron below."""
        sensed = self.read_backward(array, [x * self.v_read for x in delta])
        return [
            F(sensed[i]) / self.full if passes_error(currents_below[i], self.c) else F(0)
            for i in range(len(currents_below))
        ]

    def train(self, x, label):
        volts, currents = self.read(x)
        delta, loss, winner = softmax_error(currents[-1], self.gain, label)
        record = Record(loss, winner != label)
        deltas = [delta]
        for k in range(len(self.arrays) - 1, 0, -1):
            deltas.insert(0, self.propagate_error(self.arrays[k], deltas[0], currents[k - 1]))
        for k in range(len(self.arrays)):
            up, down = select_columns(deltas[k], self.dead_zone[k])
            rows = select_rows(volts[k], self.threshold if k == 0 else 0)
            if rows and up + down:
                pulses, resets = self.pulse(k, rows, up, down)
                record.pulses += pulses
                record.resets += resets
                record.events[k] = rows, up, down
        return record

    def pulse(self, k, rows, up, down):
        return self.arrays[k].pulse(rows, up, down, self.method, self.d)

    def classify(self, x):
        currents = [float(i) for i in self.read(x)[1][-1]]
        return currents.index(max(currents))

    def accuracy(self, xs, labels):
        return sum(self.classify(x) == y for x, y in zip(xs, labels, strict=True)) / len(labels)


def propagate_error(network, layer, delta, currents_below):
    return network.propagate_error(network.arrays[layer], delta, currents_below)


def train_block(network, xs, labels):
    return [network.train(x, y) for x, y in zip(xs, labels, strict=True)]


def replay(events, array, method, d):
    """`events` are (rows, raised, lowered); returns (pulses, resets) issued."""
    issued = [array.pulse(rows, up, down, method, d) for rows, up, down in events]
    return sum(p for p, _ in issued), sum(r for _, r in issued)


def layer_weights(network, layer):
    return network.arrays[layer].weights


def layer_pairs(network, layer):
    return network.arrays[layer]


def first_layer(network, xs):
    """Currents of the first array, sample by sample."""
    return [network.read(x)[1][0] for x in xs]


def classify(network, xs):
    return [network.classify(x) for x in xs]


def widest(geometry):
    """One more than the longest line of any layer."""
    return max(max(geometry.rows.tolist()), max(geometry.stride.tolist())) + 1


def find_step(steps, g):
    """The first stair that is not below g, or the last."""
    return next((k for k, step in enumerate(steps) if step >= g), len(steps) - 1)
