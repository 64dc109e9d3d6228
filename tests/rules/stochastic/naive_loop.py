"""The twin of a network that descends its gradient by pulse trains; see `tests/naive.py`.

Written from calculus: weights are w = W / U, inputs and outputs of neurons go from 0 to 1, and the errors are the
derivatives of the cross-entropy by the sums ``sum x w``.
"""

from __future__ import annotations

from ...kernels.base.naive import F, input_volts
from ...kernels.naive_train import Network, Record
from ...kernels.way.naive_gradient import outputs, rate_of, slope_at
from .naive import draw_pulses
from .naive_kernels import draws_of


class Descent(Network):
    """`settings` are the layout's keys; `step` is what a pulse is taken for, of w."""

    def __init__(self, layout, states, step, unit, total):
        super().__init__(layout, states)
        self.layout, self.step, self.total = layout, step, total
        self.seed = layout.run.seed
        self.neuron = layout.gradient.hidden_neuron
        self.comparator = layout.gradient.hidden_slope == "one"
        self.threshold = F(0)
        self.per_w = float(unit) * float(self.v_read)  # A: the current that a weight of 1 adds at a full input
        t = layout.trains
        self.trains = t.train_length, t.length_management, t.update_management or t.length_management

    def read(self, x):
        volts, currents = [], []
        drive = list(input_volts(x, self.v_read))
        for array, c in zip(self.arrays, self.c, strict=True):
            volts.append([*drive, self.v_read] if self.bias else list(drive))
            currents.append(self.read_forward(array, volts[-1]))
            drive = [F(0)] * len(currents[-1])
            for j, volt in zip(*outputs(currents[-1], self.neuron, c, self.v_read), strict=True):
                drive[j] = volt
        return volts, currents

    def propagate_error(self, layer, delta, currents_below):
        """p - t times what it has been weighed with so far; slopes are 1 in the middle of a neuron."""
        sensed = self.read_backward(self.arrays[layer], [x * self.v_read for x in delta])
        slopes = [slope_at(i, self.neuron, self.comparator, self.c[layer - 1]) for i in currents_below]
        return [slope * sensed[i] / F(self.per_w) for i, slope in enumerate(slopes)]

    def middle_slope(self, layer):
        """What 1 in a sum of a layer below the last changes a neuron's output by, in its middle."""
        if self.comparator:
            return 1.0
        return self.per_w / (2 * float(self.c[layer]))

    def derivatives(self, deltas):
        """Of the cross-entropy by the sums of each layer."""
        factor, found = self.gain * self.per_w, []
        for layer in range(len(deltas) - 1, -1, -1):
            found.insert(0, [factor * float(delta) for delta in deltas[layer]])
            factor *= self.middle_slope(layer - 1) if layer else 1.0
        return found

    def train_update(self, at, passed):
        """Pulse all arrays for these samples, which were all read before; `at` updates were done."""
        done = Record(sum(loss for *_, loss, _ in passed) / len(passed), sum(wrong for *_, wrong in passed))
        g = self.layout.gradient
        rate = rate_of(g.gradient_rate, g.gradient_rate_end, at, self.total)
        for k, array in enumerate(self.arrays):
            for number, (volts, deltas, *_) in enumerate(passed):
                xs = [float(v) / float(self.v_read) for v in volts[k]]
                draw = draws_of(self.seed, k, at, number)
                pulses = draw_pulses(xs, self.derivatives(deltas)[k], rate, self.step, *self.trains, draw)
                for i, row in enumerate(pulses):
                    for j, n in enumerate(row):
                        for _ in range(abs(n)):
                            up, down = ([j], []) if n > 0 else ([], [j])
                            issued, resets = array.pulse([i], up, down, self.method, self.d)
                            done.pulses += issued
                            done.resets += resets
        return done

    def run(self, xs, ys, batch):
        records = []
        for at in range(len(ys) // batch):
            mine = range(at * batch, (at + 1) * batch)
            records.append(self.train_update(at, [self.pass_sample(xs[s], ys[s]) for s in mine]))
        return records
