"""Slow and obvious twins of the kernels, written from the physics and not from the kernels.

Plain Python: lists, loops and float32 scalars. Every public kernel has a twin of the same name here, but the arguments are
lists and objects instead of buffers. Nothing is imported from xbarsim.

A network here has no engines: a pair is two conductances, and a pulse is an evaluation of the device's equation. Where
devices differ, a pair also has two scales; its conductances are nominal, and reads see the scaled ones.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from fractions import Fraction

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


def weight_of(this, other, x_this=1.0, x_other=1.0):
    """What `this` device conducts more than the other."""
    return x_this * this - x_other * other


def replay_target(this, other, d, x_this=1.0, x_other=1.0):
    """The W that method a replays to: one step more than before, less what rounding may add up to."""
    slack = min(1e-5 * (d.g_max - d.g_min), d.near_top)
    return weight_of(this, other, x_this, x_other) + x_this * (step_up(this, d) - slack)


def update(this, other, method, d, x_this=1.0, x_other=1.0):
    """One update that moves the pair towards `this`; method is 'a', 'b' or 'c'; the conductances are nominal.

    Returns (this, other, pulses on this, pulses on other, resets of this, resets of other).
    """
    pulses, resets = {"this": 0, "other": 0}, {"this": 0, "other": 0}
    before = this - other  # for method b, which moves one device only: its scale does not matter
    if this < d.g_max:
        this = potentiate(this, d)
        pulses["this"] += 1
    elif method == "a":
        target = replay_target(this, other, d, x_this, x_other)
        this = other = d.g_min
        resets["this"] += 1
        resets["other"] += 1
        while this < d.g_max and weight_of(this, other, x_this, x_other) < target:
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


def signed_update(plus, minus, sign, method, d, x_plus=1.0, x_minus=1.0):
    """`update` of a pair written as (G+, G-): raises W if sign > 0, lowers it otherwise. Results with + first."""
    if sign > 0:
        return update(plus, minus, method, d, x_plus, x_minus)
    answer = update(minus, plus, method, d, x_minus, x_plus)
    minus, plus, pulses_minus, pulses_plus, resets_minus, resets_plus = answer
    return plus, minus, pulses_plus, pulses_minus, resets_plus, resets_minus


def walk_pair(signs, method, d, plus, minus, x_plus=1.0, x_minus=1.0):
    """All nominal states (G+, G-) of one pair, the first included."""
    states = [(plus, minus)]
    for sign in signs:
        plus, minus, *_ = signed_update(plus, minus, sign, method, d, x_plus, x_minus)
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
    """One array of pairs; every attribute is a list of rows. Conductances are nominal; devices conduct x times them, plus y."""

    def __init__(self, plus, minus, x_plus=None, x_minus=None, y_plus=None, y_minus=None):
        self.plus = [[single(g) for g in row] for row in plus]
        self.minus = [[single(g) for g in row] for row in minus]
        alike = [[1.0 for _ in row] for row in self.plus]
        self.x_plus = alike if x_plus is None else [[single(x) for x in row] for row in x_plus]
        self.x_minus = alike if x_minus is None else [[single(x) for x in row] for row in x_minus]
        none = [[0.0 for _ in row] for row in self.plus]
        self.y_plus = none if y_plus is None else [[single(y) for y in row] for row in y_plus]
        self.y_minus = none if y_minus is None else [[single(y) for y in row] for row in y_minus]
        for name in ("pulses_plus", "pulses_minus", "resets_plus", "resets_minus"):
            setattr(self, name, [[0 for _ in row] for row in self.plus])

    @property
    def shape(self):
        return len(self.plus), len(self.plus[0])

    @property
    def conducting(self):
        """(G+, G-) as the devices conduct."""
        return tuple(
            [[F(x) * F(g) + F(y) for x, g, y in zip(*row, strict=True)] for row in zip(*side, strict=True)]
            for side in ((self.x_plus, self.plus, self.y_plus), (self.x_minus, self.minus, self.y_minus))
        )

    @property
    def weights(self):
        return [[a - b for a, b in zip(p, m, strict=True)] for p, m in zip(*self.conducting, strict=True)]

    def pulse(self, rows, up, down, method, d):
        """Returns (pulses, resets) issued."""
        pulses = resets = 0
        for i in rows:
            for j in [*up, *down]:
                sign = +1 if j in up else -1
                plus, minus, pp, pm, rp, rm = signed_update(
                    self.plus[i][j], self.minus[i][j], sign, method, d, self.x_plus[i][j], self.x_minus[i][j]
                )
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
    """W of so many cells; and per pair a state, packed counts, two conductances, two scales and offsets and four counters."""
    return padded * 4 + pairs * (2 + 8 + 2 * 4 + 4 * 4 + 4 * 8)


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
STREAM_SCALE_PLUS, STREAM_SCALE_MINUS, STREAM_WEIGHT = 4, 5, 6
STREAM_READ, STREAM_GAIN, STREAM_OFFSET = 7, 8, 9


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


def normal(seed, stream, iteration, row, column):
    """Box and Muller: the length of a two-dimensional normal vector from two words, its direction from the other two."""
    a, b, c, d = philox((iteration, row, column, stream), (seed % 2**32, seed // 2**32))
    length = math.sqrt(-2 * math.log((float(a * 2**32 + b) + 0.5) / 2**64))
    return length * math.cos(2 * math.pi * (float(c * 2**32 + d) / 2**64))


def scale(seed, stream, draw, row, column, sigma, negative):
    """X of one device; `negative` is 'zero', 'reflect' or 'redraw'."""
    attempts = (1 + sigma * normal(seed, stream, draw + 2**16 * k, row, column) for k in range(2**16))
    x = next(attempts)
    if x >= 0:
        return single(x)
    return {
        "zero": lambda: 0.0,
        "reflect": lambda: single(-x),
        "redraw": lambda: single(next(filter(positive, attempts))),
    }[negative]()


def positive(x):
    return x >= 0


def fill_scales(seed, stream, layer, draw, sigma, negative, rows, cols):
    return [[scale(seed, stream + 16 * layer, draw, i, j, sigma, negative) for j in range(cols)] for i in range(rows)]


def fill_normal(seed, stream, sigma, values):
    return [single(x + sigma * normal(seed, stream, 0, 0, j)) for j, x in enumerate(values)]


def fill_weights(seed, layer, width, rows, cols):
    draws = [[uniform(seed, STREAM_WEIGHT + 16 * layer, 0, i, j) for j in range(cols)] for i in range(rows)]
    return [[single(width * (2 * u - 1)) for u in row] for row in draws]


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
    """A whole network, from a layout's normalised settings, with nominal states as lists of (G+, G-) matrices."""

    def __init__(self, layout, states, scales=None):
        self.d = Device.of(layout.device)
        self.method = layout.pulses.method
        self.bias = layout.array.bias
        self.v_read = F(layout.array.v_read)
        full = (layout.device.g_max - layout.device.g_min) * layout.array.v_read  # current of a full weight, A
        self.full = F(layout.device.g_max - layout.device.g_min) * self.v_read
        inner = F(layout.neuron.c * full * layout.neuron.inner_c)
        self.c = [F(layout.neuron.c * full) if k == 0 else inner for k in range(len(states))]
        self.gain = layout.neuron.softmax_scale / full
        sizes = layout.network.layers
        exponent = layout.pulses.dead_zone_exponent
        self.dead_zone = [F(layout.pulses.hidden_dead_zone * (n / 10) ** exponent) for n in sizes[2:]]
        self.dead_zone.append(F(layout.pulses.output_dead_zone))
        self.threshold = F(layout.pulses.input_threshold * layout.array.v_read)
        self.arrays = [Array(*g, *x) for g, x in zip(states, scales or [()] * len(states), strict=True)]

    def read(self, x):
        """Forward through all layers: (voltages on the rows, currents of the columns), each per layer."""
        volts, currents = [], []
        drive = input_volts(x, self.v_read)
        for array, c in zip(self.arrays, self.c, strict=True):
            volts.append(drive_bias(drive, self.bias, self.v_read))
            currents.append(self.read_forward(array, volts[-1]))
            drive = activate(currents[-1], c, self.v_read)
        return volts, currents

    def read_forward(self, array, volts):
        return forward(volts, array.weights)

    def read_backward(self, array, volts):
        return backward(volts, array.weights)

    def propagate_error(self, layer, delta, currents_below):
        """Delta of the neurons below `layer`; its bias row has no neuron below."""
        sensed = self.read_backward(self.arrays[layer], [x * self.v_read for x in delta])
        return [
            F(sensed[i]) / self.full if passes_error(currents_below[i], self.c[layer - 1]) else F(0)
            for i in range(len(currents_below))
        ]

    def pass_sample(self, x, label):
        """Reads only: (voltages on the rows, delta of the columns), each per layer; loss; whether the class is wrong."""
        volts, currents = self.read(x)
        delta, loss, winner = softmax_error(currents[-1], self.gain, label)
        deltas = [delta]
        for k in range(len(self.arrays) - 1, 0, -1):
            deltas.insert(0, self.propagate_error(k, deltas[0], currents[k - 1]))
        return volts, deltas, loss, winner != label

    def threshold_of(self, k):
        return self.threshold if k == 0 else F(0)

    def train(self, x, label):
        volts, deltas, loss, wrong = self.pass_sample(x, label)
        done = Record(loss, wrong)
        for k in range(len(self.arrays)):
            up, down = select_columns(deltas[k], self.dead_zone[k])
            rows = select_rows(volts[k], self.threshold_of(k))
            if rows and up + down:
                pulses, resets = self.pulse(k, rows, up, down)
                done.pulses += pulses
                done.resets += resets
                record(done.events, k, (rows, up, down))
        return done

    def train_batch(self, xs, labels, rule):
        """One update for all these samples."""
        passed = [self.pass_sample(x, label) for x, label in zip(xs, labels, strict=True)]
        done = Record(sum(loss for *_, loss, _ in passed) / len(passed), sum(wrong for *_, wrong in passed))
        for k, array in enumerate(self.arrays):
            zone = -1 if rule == "lines" else self.dead_zone[k]
            batch = [keep_sample(volts[k], deltas[k], self.threshold_of(k), zone) for volts, deltas, *_ in passed]
            if rule == "lines":
                pulses, resets = pulse_lines(batch, self.dead_zone[k], array, self.method, self.d)
                events = pulse_lines_events(batch, self.dead_zone[k])
            elif rule == "deferred":
                pulses, resets = pulse_deferred(batch, array, self.method, self.d)
                events = record_signs(batch)
            else:
                pulses, resets = pulse_netted(pair_sums(batch, rule), array, self.method, self.d)
                events = record_signs(batch) if rule == "signs" else record_products(batch)
            done.pulses += pulses
            done.resets += resets
            if events:
                done.events[k] = events
        return done

    def pulse(self, k, rows, up, down):
        return self.arrays[k].pulse(rows, up, down, self.method, self.d)

    def classify(self, x):
        currents = [float(i) for i in self.read(x)[1][-1]]
        return currents.index(max(currents))

    def accuracy(self, xs, labels):
        return sum(self.classify(x) == y for x, y in zip(xs, labels, strict=True)) / len(labels)


def pass_sample(network, x, label):
    return network.pass_sample(x, label)


def pulse(array, rows, up, down, method, d):
    return array.pulse(rows, up, down, method, d)


def record(events, layer, event):
    """Note what an iteration pulsed in a layer."""
    assert layer not in events
    events[layer] = event


def make_room(geometry):
    """Shapes of what one sample's way through the network takes."""
    layers, width = len(geometry.rows), widest(geometry)
    per_layer = dict.fromkeys(("lines", "volts", "currents", "delta"), (layers, width))
    return {**per_layer, "n_lines": (layers,), **dict.fromkeys(("gated", "back_volts", "back_currents"), (width,))}


def propagate_error(network, layer, delta, currents_below):
    return network.propagate_error(layer, delta, currents_below)


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


# ---------------------------------------------------------------------------------------------------------------------
# Mini-batches: all that counts is what sums up at every pair (row, column)


@dataclass
class Seen:
    """What is remembered of one layer and one sample."""

    volts: dict  # of the firing rows
    error: list  # of all columns, 0 where it does not count


def keep_sample(volts, delta, threshold, dead_zone):
    firing = {i: F(volts[i]) for i in select_rows(volts, threshold)}
    return Seen(firing, [F(x) if abs(x) > dead_zone else F(0) for x in delta])


def make_lists(width):
    """Shapes of what one pulse event takes."""
    return dict.fromkeys(("firing", "other", "up", "down", "only", "total"), (width,))


def sort_columns(seen):
    return select_columns(seen.error, 0)


def mark_columns(batch):
    """{column: the samples in which it met a firing row with an error}"""
    columns = range(len(batch[0].error))
    met = {j: [s for s, seen in enumerate(batch) if seen.volts and seen.error[j] != 0] for j in columns}
    return {j: samples for j, samples in met.items() if samples}


def pair_sums(batch, rule):
    """{(row, column): sum}: of signs, or of error times voltage, over the samples in which both fired."""
    sums = {}
    for seen in batch:
        for i, volts in seen.volts.items():
            for j, error in enumerate(seen.error):
                if error != 0:
                    sums[i, j] = sums.get((i, j), F(0)) + (error * volts if rule == "products" else np.sign(error))
    return sums


def net_column(column, batch, rule):
    """Rows whose pair with this column is raised, and those whose pair is lowered."""
    sums = {i: total for (i, j), total in pair_sums(batch, rule).items() if j == column}
    return sorted(i for i in sums if sums[i] < 0), sorted(i for i in sums if sums[i] > 0)


def unite_rows(batch):
    return sorted(set().union(*(seen.volts for seen in batch)))


def sum_errors(batch):
    totals = [F(0)] * len(batch[0].error)
    for seen in batch:
        totals = [total + error for total, error in zip(totals, seen.error, strict=True)]
    return totals


def pulse_lines_events(batch, dead_zone):
    """The one event of the rule `lines`, or none."""
    rows, (up, down) = unite_rows(batch), select_columns(sum_errors(batch), dead_zone)
    return [(rows, up, down)] if rows and up + down else []


def pulse_lines(batch, dead_zone, array, method, d):
    return replay(pulse_lines_events(batch, dead_zone), array, method, d)


def pulse_deferred(batch, array, method, d):
    return replay(record_signs(batch), array, method, d)


def pulse_netted(sums, array, method, d):
    """Every pair once, against the sign of its sum."""
    return replay(one_by_one(sums), array, method, d)


def one_by_one(sums):
    """An event for every pair whose sum is not 0."""
    return [([i], [j] if total < 0 else [], [j] if total > 0 else []) for (i, j), total in sums.items() if total != 0]


def record_signs(batch):
    """What fired in every sample."""
    events = [(sorted(seen.volts), *sort_columns(seen)) for seen in batch]
    return [(rows, up, down) for rows, up, down in events if rows and up + down]


def record_products(batch):
    """What was pulsed, pair by pair; how pairs are put together into events does not matter."""
    return one_by_one(pair_sums(batch, "products"))


def pulsed_pairs(events):
    """[(row, column, sign), ...] of all pulses of some events, sorted; the sign is that of the change of W."""
    return sorted((i, j, +1 if j in up else -1) for rows, up, down in events for i in rows for j in [*up, *down])


def train_batches(network, xs, labels, batch, rule):
    """One record per batch; `events` has a list of events per layer."""
    starts = range(0, len(labels) - batch + 1, batch)
    return [network.train_batch(xs[a : a + batch], labels[a : a + batch], rule) for a in starts]


def replay_signs(iterations, events, array, method, d):
    """Events of one iteration are added up pair by pair; returns (pulses, resets) issued."""
    pulses = resets = 0
    for iteration in sorted(set(iterations)):
        sums = {}
        for when, event in zip(iterations, events, strict=True):
            if when == iteration:
                for i, j, sign in pulsed_pairs([event]):
                    sums[i, j] = sums.get((i, j), 0) - sign
        a, b = pulse_netted(sums, array, method, d)
        pulses, resets = pulses + a, resets + b
    return pulses, resets


# ---------------------------------------------------------------------------------------------------------------------
# Software reference: back-propagation in float64


def descend(volts, delta, rate, w):
    """W after a step down the gradient ``volts[i] delta[j]``, in float32; voltages of undriven rows are 0."""
    return [
        [w[i][j] - (F(rate) * volts[i]) * delta[j] if volts[i] > 0 else w[i][j] for j in range(len(delta))]
        for i in range(len(volts))
    ]


def follow_steps(inputs, deltas, rate, bias, tests, currents):
    """First-layer sums of the tests after steps on these inputs: W has changed by -rate times an outer product each."""
    change = sum(
        np.outer(np.append(x, bias), delta).astype(np.float64) for x, delta in zip(inputs, deltas, strict=False)
    )
    return currents - rate * np.array([np.append(test, bias) for test in tests]) @ change


class Software:
    """A network with float64 weights, a list of matrices; the last row of each belongs to the bias, if there is one."""

    def __init__(self, weights, bias, c):
        self.weights = [np.array(w, np.float64) for w in weights]
        self.bias, self.c = bias, c

    def forward(self, x):
        """(inputs, sums) of every layer, for one sample."""
        inputs, sums = [], []
        for k, w in enumerate(self.weights):
            inputs.append(np.append(x, 1.0) if self.bias else x)
            sums.append(inputs[-1] @ w)
            if k < len(self.weights) - 1:
                x = np.clip(0.5 + sums[-1] / (2 * self.c), 0, 1)
        return inputs, sums

    def loss(self, x, label):
        y = self.forward(x)[1][-1]
        return np.log(np.sum(np.exp(y - y.max()))) + y.max() - y[label]

    def gradient(self, x, label):
        """Of the loss of one sample, for every layer."""
        inputs, sums = self.forward(x)
        e = np.exp(sums[-1] - sums[-1].max())
        delta = e / e.sum() - (np.arange(len(e)) == label)
        gradients = [np.outer(inputs[-1], delta)]
        for k in range(len(self.weights) - 1, 0, -1):
            slope = np.where(np.abs(sums[k - 1]) < self.c, 1 / (2 * self.c), 0)
            delta = slope * (self.weights[k] @ delta)[: len(slope)]
            gradients.insert(0, np.outer(inputs[k - 1], delta))
        return gradients

    def classify(self, x):
        return int(np.argmax(self.forward(x)[1][-1]))


def train_software(network, xs, labels, batch, rate):
    """Loss and number of wrong samples of every step, each on the mean gradient of `batch` samples."""
    losses, wrongs = [], []
    for a in range(0, len(labels) - batch + 1, batch):
        part = list(zip(xs[a : a + batch], labels[a : a + batch], strict=True))
        losses.append(sum(network.loss(x, y) for x, y in part) / batch)
        wrongs.append(sum(network.classify(x) != y for x, y in part))
        gradients = [network.gradient(x, y) for x, y in part]
        for k, w in enumerate(network.weights):
            w -= rate * sum(g[k] for g in gradients) / batch
    return losses, wrongs


# ---------------------------------------------------------------------------------------------------------------------
# Wires: the whole nodal matrix of a sheet, dense


class Resistors:
    """A circuit of resistors and voltage sources to ground. A resistor of 0 Ohm makes one node of two."""

    def __init__(self):
        self.parent, self.held, self.branches = {}, {}, []

    def root(self, node):
        while node in self.parent:
            node = self.parent[node]
        return node

    def hold(self, node, volts):
        self.held[node] = float(volts)

    def resistor(self, a, b, ohm):
        if ohm > 0:
            self.branches.append((a, b, 1 / ohm))
        elif self.root(a) != self.root(b):
            self.parent[self.root(a)] = self.root(b)

    def conductor(self, a, b, siemens):
        self.branches.append((a, b, float(siemens)))

    def solve(self):
        """Voltage of every node that a branch or a source ends at."""
        held = {self.root(node): volts for node, volts in self.held.items()}
        assert len(held) == len(self.held)
        nodes = {self.root(x) for a, b, _ in self.branches for x in (a, b)}
        number = {node: k for k, node in enumerate(sorted(nodes - set(held)))}
        matrix, into = np.zeros((len(number), len(number))), np.zeros(len(number))
        for a, b, g in self.branches:
            for here, there in ((self.root(a), self.root(b)), (self.root(b), self.root(a))):
                if here in number:
                    matrix[number[here], number[here]] += g
                    if there in number:
                        matrix[number[here], number[there]] -= g
                    else:
                        into[number[here]] += g * held[there]
        volts = np.linalg.solve(matrix, into) if number else into
        named = {x for a, b, _ in self.branches for x in (a, b)} | set(self.held)
        return {x: held[self.root(x)] if self.root(x) in held else volts[number[self.root(x)]] for x in named}


def line(circuit, nodes, terminal, r, end, double_sided):
    """Wire up the nodes of a line, the one at its terminal first."""
    circuit.resistor(terminal, nodes[0], end)
    for a, b in itertools.pairwise(nodes):
        circuit.resistor(a, b, r)
    if double_sided:
        circuit.resistor(nodes[-1], terminal, end)


@dataclass
class Nodes:
    """Solution of a sheet; voltages are absolute."""

    v_d: np.ndarray
    v_s: np.ndarray
    out_d: np.ndarray
    out_s: np.ndarray


def solve(g, drive_d, drive_s, lines):
    """`lines` has r_d, r_s, end_d, end_s and double_sided. D terminals are at column 0, S terminals at the last row."""
    g = np.asarray(g, np.float64)
    rows, cols = g.shape
    circuit = Resistors()
    for i in range(rows):
        circuit.hold(("D", i), drive_d[i])
        line(circuit, [("d", i, j) for j in range(cols)], ("D", i), lines.r_d, lines.end_d, lines.double_sided)
    for j in range(cols):
        circuit.hold(("S", j), drive_s[j])
        nodes = [("s", i, j) for i in reversed(range(rows))]
        line(circuit, nodes, ("S", j), lines.r_s, lines.end_s, lines.double_sided)
    for i in range(rows):
        for j in range(cols):
            circuit.conductor(("d", i, j), ("s", i, j), g[i, j])
    volts = circuit.solve()
    v_d, v_s = (np.array([[volts[kind, i, j] for j in range(cols)] for i in range(rows)]) for kind in "ds")
    through = g * (v_d - v_s)  # what enters a line at its cells leaves it at its terminals
    return Nodes(v_d, v_s, -through.sum(axis=1), through.sum(axis=0))


def far_conductance(end, double_sided):
    return 1 / end if double_sided and end > 0 else 0.0


def in_series(ohm, siemens):
    return 1 / (ohm + 1 / siemens) if siemens > 0 else 0.0


def fold_line(g, r, end, far):
    """What part of its voltage a line loses on the way to each crossing, if all is grounded behind; terminal first."""
    lost, siemens = [], far
    for k in reversed(range(len(g))):
        ohm = r if k else end
        siemens = in_series(ohm, siemens + float(g[k]))
        lost.insert(0, ohm * siemens)
    return lost


def fold_row(g, i, r, end, far):
    return fold_line(g[i], r, end, far)


def fold_column(g, j, r, end, far):
    return fold_line([row[j] for row in g][::-1], r, end, far)[::-1]


def fold(g, lines):
    """(cd, cs) as lists of rows."""
    far_d, far_s = (far_conductance(end, lines.double_sided) for end in (lines.end_d, lines.end_s))
    cd = [fold_row(g, i, lines.r_d, lines.end_d, far_d) for i in range(len(g))]
    columns = [fold_column(g, j, lines.r_s, lines.end_s, far_s) for j in range(len(g[0]))]
    return cd, [list(row) for row in zip(*columns, strict=True)]


def sweep_lines(g, other, drive, r, end, double_sided):
    """(node voltages, currents out at the terminals) of lines, terminal first, whose cells lead to nodes at `other`."""
    volts, out = np.empty(g.shape), np.empty(len(g))
    for i, cells in enumerate(np.asarray(g, np.float64)):
        circuit = Resistors()
        circuit.hold(("T",), drive[i])
        nodes = [("n", k) for k in range(len(cells))]
        line(circuit, nodes, ("T",), r, end, double_sided)
        for k, siemens in enumerate(cells):
            circuit.hold(("o", k), other[i][k])
            circuit.conductor(("n", k), ("o", k), siemens)
        answer = circuit.solve()
        volts[i] = [answer[node] for node in nodes]
        out[i] = (cells * (other[i] - volts[i])).sum()
    return volts, out


def sweep_rows(g, v_s, drive_d, lines):
    return sweep_lines(g, v_s, drive_d, lines.r_d, lines.end_d, lines.double_sided)


def sweep_columns(g, v_d, drive_s, lines):
    volts, out = sweep_lines(g.T[:, ::-1], v_d.T[:, ::-1], drive_s, lines.r_s, lines.end_s, lines.double_sided)
    return volts[:, ::-1].T, out


def coupling(mean_g, rows, cols, lines):
    """Largest eigenvalue of a pair of sweeps on equal cells, longest waves: a quarter of one fits on a line, or a half."""
    fraction = 1.0
    for n, r, end in ((cols, lines.r_d, lines.end_d), (rows, lines.r_s, lines.end_s)):
        crossings = (1 if lines.double_sided else 2) * n / math.pi  # per radian
        terminal = (end - r) * n / (2 if lines.double_sided else 1)
        load = mean_g * (r * crossings**2 + terminal)
        fraction *= load / (1 + load)
    return fraction


# ---------------------------------------------------------------------------------------------------------------------
# Arrays with wires: sheets, tiles, reads


def owner(line, routing, split):
    """(row or column, sign) of a line; lines come in pairs if it is these that the routing splits."""
    return (line // 2, (1, -1)[line % 2]) if routing == split else (line, 1)


def conductance_of(i, j, side, array):
    return array.conducting[side][i][j]


def sheets_of(array, routing):
    """[(matrix, sign, of D lines, of S lines)]: `of` has the owner of every line."""
    rows, cols = array.shape
    if routing == "split-both":
        lines = [(i, 1) for i in range(rows)], [(j, 1) for j in range(cols)]
        return [
            (np.array(side, np.float32), sign, *lines) for side, sign in zip(array.conducting, (1, -1), strict=True)
        ]
    d = [owner(k, routing, "split-drain") for k in range(rows * (2 if routing == "split-drain" else 1))]
    s = [owner(k, routing, "split-source") for k in range(cols * (2 if routing == "split-source" else 1))]
    sides = array.conducting
    sheet = [[sides[0 if a == b else 1][i][j] for j, b in s] for i, a in d]
    return [(np.array(sheet, np.float32), 1, d, s)]


def cut(n, most):
    return [range(a, min(a + (most or n), n)) for a in range(0, n, most or n)]


def tiles_of(array, routing, tile_rows, tile_columns):
    """As `sheets_of`, of the physical arrays."""
    return [
        (matrix[a.start : a.stop, b.start : b.stop], sign, d[a.start : a.stop], s[b.start : b.stop])
        for matrix, sign, d, s in sheets_of(array, routing)
        for a in cut(len(d), tile_rows)
        for b in cut(len(s), tile_columns)
    ]


def tile_of(array, t, routing, tile_rows, tile_columns):
    return tiles_of(array, routing, tile_rows, tile_columns)[t][0]


def refresh_all(arrays, routing, tile_rows, tile_columns, lines):
    """[(g, cd, cs)] of every tile of every layer."""
    tiles = [tile[0] for array in arrays for tile in tiles_of(array, routing, tile_rows, tile_columns)]
    return [(g, *fold(g.tolist(), lines)) for g in tiles]


refresh = refresh_events = refresh_all  # nothing is remembered here


def read_tiles(array, volts, forward, routing, tile_rows, tile_columns, lines):
    """Currents of W; volts per row, or per column."""
    rows, cols = array.shape
    total = np.zeros(cols if forward else rows)
    for g, sign, d, s in tiles_of(array, routing, tile_rows, tile_columns):
        drive_d, drive_s = np.zeros(len(d)), np.zeros(len(s))
        if forward:
            drive_d[:] = [side * volts[i] for i, side in d]
        else:
            drive_s[:] = [side * volts[j] for j, side in s]
        nodes = solve(g, drive_d, drive_s, lines)
        for (k, side), current in zip(s if forward else d, nodes.out_s if forward else nodes.out_d, strict=True):
            total[k] += sign * side * current
    return total


def transfer_matrix(array, *wiring):
    """Currents of all columns for 1 V at every row in turn."""
    return np.array([read_tiles(array, unit, True, *wiring) for unit in np.eye(array.shape[0])])


# ---------------------------------------------------------------------------------------------------------------------
# Drivers and sense circuits


@dataclass
class Wire:
    """Resistances of lines."""

    r_d: float
    r_s: float
    end_d: float
    end_s: float
    double_sided: bool

    @classmethod
    def of(cls, w):
        """From a description (xbarsim.layout.Wires)."""
        r_s = w.wire_resistance if w.wire_resistance_s is None else w.wire_resistance_s
        ends = w.wire_resistance + w.driver_resistance, r_s + w.sense_resistance
        return cls(w.wire_resistance, r_s, *ends, w.double_sided)


def quantise(x, full, levels):
    """The nearest level; the one farther from 0 if two are as near."""
    if levels == 0:
        return x
    nearest = math.floor(Fraction(abs(x)) / Fraction(full) * int(levels) + Fraction(1, 2))
    return math.copysign(nearest * full / levels, x)


def sense_current(current, gain, offset, random, limit, levels):
    sensed = gain * (current + offset + random)
    if limit == 0:
        return sensed
    return quantise(sorted((-limit, sensed, limit))[1], limit, levels)


class Stages:
    """Drivers and sense circuits of a layout."""

    def __init__(self, layout):
        s, unit = layout.sense, layout.device.span * layout.array.v_read
        self.seed = layout.run.seed
        self.gain_sigma, self.offset_sigma, self.noise = s.gain_sigma, s.offset_sigma * unit, s.read_noise * unit
        self.device = layout.variation.device_noise * layout.device.span
        self.limit = s.sense_range * unit
        self.levels = 2 ** (s.sense_bits - 1) - 1 if s.sense_bits else 0
        self.drive_levels = 2**s.driver_bits - 1 if s.driver_bits else 0

    def gain(self, layer, backward, line):
        z = normal(self.seed, STREAM_GAIN + 16 * (2 * layer + backward), 0, 0, line)
        return single(1 + self.gain_sigma * z)

    def offset(self, layer, backward, line):
        return single(self.offset_sigma * normal(self.seed, STREAM_OFFSET + 16 * (2 * layer + backward), 0, 0, line))


FORWARD, BACKWARD, TEST = 0, 1, 2


def sum_squares(volts, stages):
    total = 0.0
    for v in volts if stages.device else ():
        total += float(v) ** 2
    return total


def sense_line(current, layer, direction, line, iteration, number, stages, square=0.0):
    random = 0.0
    sd = math.sqrt(stages.noise**2 + 2 * stages.device**2 * square) if stages.device else stages.noise
    if sd:
        stream = STREAM_READ + 16 * (3 * layer + direction)
        random = sd * normal(stages.seed, stream, iteration, number, line)
    backward = int(direction == BACKWARD)
    gain, offset = stages.gain(layer, backward, line), stages.offset(layer, backward, line)
    return F(sense_current(float(current), gain, offset, random, stages.limit, stages.levels))


def drive_levels(volts, v_read, stages):
    return [F(quantise(float(v), float(v_read), stages.drive_levels)) for v in volts]


def note_read(reads):
    """(number, sweeps, largest residual) of reads (sweeps, residual)."""
    return len(reads), sum(k for k, _ in reads), max((left for _, left in reads), default=0.0)


class RealNetwork(Network):
    """A network whose arrays have wires, solved for densely, and whose drivers and sense circuits are not ideal.

    `closest` is how near a comparator came to its threshold, relative to that.
    """

    def __init__(self, layout, states, scales=None):
        super().__init__(layout, states, scales)
        w = layout.wires
        self.wiring = None
        if layout.exact_wires:
            self.wiring = layout.array.routing, w.tile_rows, w.tile_columns, Wire.of(w)
        self.stages = Stages(layout)
        self.iteration = self.number = 0
        self.direction = FORWARD
        self.closest = math.inf

    def read_forward(self, array, volts):
        if self.wiring:
            return [F(x) for x in read_tiles(array, [float(v) for v in volts], True, *self.wiring)]
        return forward(volts, array.weights)

    def read_backward(self, array, volts):
        if self.wiring:
            return [F(x) for x in read_tiles(array, [float(v) for v in volts], False, *self.wiring)]
        return backward(volts, array.weights)

    def sense(self, currents, layer, direction, volts):
        square = sum_squares(volts, self.stages)
        return [
            sense_line(x, layer, direction, k, self.iteration, self.number, self.stages, square)
            for k, x in enumerate(currents)
        ]

    def read_columns(self, layer, volts):
        return self.sense(self.read_forward(self.arrays[layer], volts), layer, self.direction, volts)

    def read(self, x):
        volts, currents = [], []
        drive = input_volts(x, self.v_read)
        for layer, c in enumerate(self.c):
            volts.append(drive_levels(drive_bias(drive, self.bias, self.v_read), self.v_read, self.stages))
            currents.append(self.read_columns(layer, volts[-1]))
            drive = activate(currents[-1], c, self.v_read)
            if layer < len(self.c) - 1:
                self.watch(currents[-1], c)
        return volts, currents

    def propagate_error(self, layer, delta, currents_below):
        driven = drive_levels([x * self.v_read for x in delta], self.v_read, self.stages)
        sensed = self.sense(self.read_backward(self.arrays[layer], driven), layer, BACKWARD, driven)
        return [
            F(sensed[i]) / self.full if passes_error(currents_below[i], self.c[layer - 1]) else F(0)
            for i in range(len(currents_below))
        ]

    def watch(self, values, threshold):
        if threshold > 0:
            self.closest = min(self.closest, *(abs(abs(float(x)) / float(threshold) - 1) for x in values))

    def pass_sample(self, x, label):
        volts, deltas, loss, wrong = super().pass_sample(x, label)
        self.number += 1
        for delta, zone in zip(deltas, self.dead_zone, strict=True):
            self.watch(delta, zone)
        return volts, deltas, loss, wrong

    def train(self, x, label):
        self.number, done = 0, super().train(x, label)
        self.number, self.iteration = 0, self.iteration + 1
        return done

    def train_batch(self, xs, labels, rule):
        done = super().train_batch(xs, labels, rule)
        self.number, self.iteration = 0, self.iteration + 1
        return done

    def classify_all(self, xs):
        """Classes of test samples, numbered from 0."""
        classes = []
        for self.number, x in enumerate(xs):
            self.direction = TEST
            classes.append(self.classify(x))
        self.number, self.direction = 0, FORWARD
        return classes


def read_columns(network, layer, volts):
    return network.read_columns(layer, volts)


def read_error(network, layer, delta, currents_below):
    return network.propagate_error(layer, delta, currents_below)


pass_real = pass_sample


def classify_real(network, xs):
    return network.classify_all(xs)


# ---------------------------------------------------------------------------------------------------------------------
# Pulse lines


def count_update(this, other, method, d):
    """(whether the side to be pulsed is full, pulses, resets) of one update."""
    _, _, *pulses, resets_this, resets_other = update(this, other, method, d)
    return this == d.g_max, sum(pulses), resets_this + resets_other


def device_sees(i, j, side, rows, up, down):
    """What one event puts on a device's gate, in units of the pulse: 0, 1/2 or 1."""
    return ((i in rows) + (j in (up if side == 0 else down))) / 2


def account(array, rows, up, down, method, d):
    """Counts of one event: pulses of updates, of replays, resets, the longest sequence on one pair, half-selected devices."""
    single = replayed = resets = longest = half = 0
    n_rows, n_cols = array.shape
    for i in range(n_rows):
        for j in range(n_cols):
            for side, sign in ((0, +1), (1, -1)):
                sees = device_sees(i, j, side, rows, up, down)
                half += sees == 0.5
                if sees == 1:
                    this, other = (array.plus, array.minus)[:: int(sign)]
                    full, p, r = count_update(this[i][j], other[i][j], method, d)
                    if full and method != "c":
                        replayed += p
                    else:
                        single += p
                    resets += r
                    longest = max(longest, p + r)
    return single, replayed, resets, longest, half


def disturb_device(g, d, fraction, hit):
    if fraction:
        g = single(min(g + fraction * step_up(g, d), d.g_max))
    return potentiate(g, d) if hit else g


def disturb(array, rows, up, down, d, fraction, hits):
    """`hits(side, i, j)`: whether the drawn disturbance of a device happens."""
    for side, g in ((0, array.plus), (1, array.minus)):
        for i in range(array.shape[0]):
            for j in range(array.shape[1]):
                if device_sees(i, j, side, rows, up, down) == 0.5:
                    g[i][j] = disturb_device(g[i][j], d, fraction, hits(side, i, j))


def fire(array, rows, up, down, method, d, fraction, hits):
    counts = account(array, rows, up, down, method, d)
    issued = array.pulse(rows, up, down, method, d)
    disturb(array, rows, up, down, d, fraction, hits)
    return counts, issued


def replay_fired(array, events, method, d, fraction, hits):
    return [fire(array, *event, method, d, fraction, hits) for event in events]


def add_up(array, i, j):
    return F(array.plus[i][j]) + F(array.minus[i][j])


def add_up_all(array):
    return [[add_up(array, i, j) for j in range(array.shape[1])] for i in range(array.shape[0])]


def read_power(volts, total):
    """Every row driven with its voltage, every device between it and 0 V."""
    return sum(float(v) ** 2 * float(g) for v, row in zip(volts, total, strict=True) for g in row)


def error_power(volts, total):
    return read_power(volts, [[row[j] for row in total] for j in range(len(volts))])


def layer_gates(gates, layer):
    return gates[layer]


def fill_deviates(seed, stream, draw, rows, cols):
    return [[normal(seed, stream, draw, i, j) for j in range(cols)] for i in range(rows)]


def ks_normal(sorted_z):
    """Largest distance between the empirical distribution of sorted numbers and the standard normal one."""
    n = len(sorted_z)
    cdf = [0.5 * (1 + math.erf(z / math.sqrt(2))) for z in sorted_z]
    return max(max(abs(c - k / n), abs(c - (k + 1) / n)) for k, c in enumerate(cdf))


# Twins of binary-stochastic learning, of the conditional reverse update scheme and of devices that scatter; they build on those above.
from .kernels.pair import naive_scatter  # noqa: E402
from .rules.bs import naive as naive_binary  # noqa: E402
from .rules.bs import naive_digits  # noqa: E402
from .rules.crus import naive as naive_crus  # noqa: E402

for _module in (naive_binary, naive_crus, naive_scatter, naive_digits):
    for _name, _twin in vars(_module).items():
        globals().setdefault(_name, _twin)
