"""The twin of a network in training; see `tests/naive.py`."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..rules.sign.naive import select_columns, select_rows
from .base.naive import F, input_volts
from .circuit.naive import backward, forward
from .device.naive import Device
from .naive_batch import (
    keep_all,
    keep_fired,
    pair_sums,
    pulse_deferred,
    pulse_lines,
    pulse_lines_events,
    pulse_netted,
    record_netted,
    record_signs,
)
from .pair.naive import Array
from .way.naive import activate, drive_bias, passes_error, softmax_error


@dataclass
class Record:
    """What one iteration did."""

    loss: float
    wrong: bool
    pulses: int = 0
    resets: int = 0
    events: dict = field(default_factory=dict)  # layer: (rows, raised, lowered)


class Network:
    """A whole network, from a layout's normalised settings, with nominal states as lists of (G+, G-) matrices."""

    def __init__(self, layout, states, scales=None):
        self.d = Device.of(layout.device)
        self.method = layout.pulses.method
        self.bias = layout.array.bias
        self.v_read = F(layout.array.v_read)
        full = (layout.device.g_max - layout.device.g_min) * layout.array.v_read  # current of a full weight, A
        self.full = F(layout.device.g_max - layout.device.g_min) * self.v_read
        c, inner = layout.neuron.c, layout.neuron.inner_c or 1.0
        if not isinstance(c, tuple):  # one for the first, and a factor; no hidden layers, none at all
            c = tuple((c or 0.0) * (inner if k else 1.0) for k in range(len(states) - 1))
        self.c = [F(x * full) for x in (*c, 1.0)]
        self.gain = layout.neuron.softmax_scale / full
        sizes = layout.network.layers
        exponent = layout.pulses.dead_zone_exponent
        zone = layout.pulses.hidden_dead_zone
        self.dead_zone = [F(z) for z in zone] if isinstance(zone, tuple) else []
        if isinstance(zone, float):
            self.dead_zone = [F(zone * (n / 10) ** exponent) for n in sizes[2:]]
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
        """Reads only: (voltages on the rows, delta of the columns), each per layer; loss; is the class wrong?"""
        volts, currents = self.read(x)
        return volts, *self.read_back(currents, label)

    def read_back(self, currents, label):
        """Delta of the columns of every layer; loss; is the class wrong?"""
        delta, loss, winner = softmax_error(currents[-1], self.gain, label)
        deltas = [delta]
        for k in range(len(self.arrays) - 1, 0, -1):
            deltas.insert(0, self.propagate_error(k, deltas[0], currents[k - 1]))
        return deltas, loss, winner != label

    def threshold_of(self, k):
        return self.threshold if k == 0 else F(0)

    def train(self, x, label):
        volts, deltas, loss, wrong = self.pass_sample(x, label)
        return self.pulse_all(volts, deltas, Record(loss, wrong))

    def pulse_all(self, volts, deltas, done):
        """Pulse all arrays for one sample; `done` is what there is to tell of it so far."""
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
            seen = [(volts[k], deltas[k], self.threshold_of(k)) for volts, deltas, *_ in passed]
            batch = [keep_all(*each) if rule == "lines" else keep_fired(*each, self.dead_zone[k]) for each in seen]
            if rule == "lines":
                pulses, resets = pulse_lines(batch, self.dead_zone[k], array, self.method, self.d)
                events = pulse_lines_events(batch, self.dead_zone[k])
            elif rule == "deferred":
                pulses, resets = pulse_deferred(batch, array, self.method, self.d)
                events = record_signs(batch)
            else:
                pulses, resets = pulse_netted(pair_sums(batch, rule), array, self.method, self.d)
                events = record_signs(batch) if rule == "signs" else record_netted(batch)
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


def record(events, layer, event):
    """Note what an iteration pulsed in a layer."""
    assert layer not in events
    events[layer] = event


def train_block(network, xs, labels):
    return [network.train(x, y) for x, y in zip(xs, labels, strict=True)]


train = train_block


def go_up(network, x):
    return network.read(x)


def go_down(network, currents, label):
    return network.read_back(currents, label)


def pulse_layers(network, volts, deltas):
    return network.pulse_all(volts, deltas, Record(0.0, False))


def layer_line(weights):
    """Row after row."""
    return [w for row in weights.tolist() for w in row]


def layer_weights(network, layer):
    return network.arrays[layer].weights


def layer_pairs(network, layer):
    return network.arrays[layer]
