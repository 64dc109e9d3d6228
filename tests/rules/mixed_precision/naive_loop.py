"""The twin of a network in mixed precision training; see `tests/naive.py`.

Weights are w = W / U; the gradient is that of the cross-entropy by w, with inputs and outputs of neurons from 0 to 1.
"""

from __future__ import annotations

import math

from ...kernels.base.naive import F, input_volts
from ...kernels.device.naive import potentiate
from ...kernels.naive_train import Network, Record
from ...kernels.way.naive import hard_sigmoid, passes_error
from .naive_sums import add_sample, is_due, next_round, take_off


def raise_devices(g, pulses, i, columns, d):
    """One potentiation pulse on the devices of a row in these columns."""
    for j in columns:
        g[i][j] = potentiate(g[i][j], d)
        pulses[i][j] += 1


class Accumulating(Network):
    """`step`: of a device, of w; `unit`: U, S; `total`: updates of the run."""

    def __init__(self, layout, states, step, unit, total):
        super().__init__(layout, states)
        s, g = layout.mixed_precision, layout.gradient
        self.s, self.g, self.total, self.batch = s, g, total, layout.run.batch
        self.unit = F(unit) * self.v_read  # A: what a weight of 1 adds at a full input
        self.eps = F(step * s.accumulate_step)
        self.most = s.accumulate_most or 64
        self.room = 8 * max(len(a.plus) for a in self.arrays)
        self.chi = [[[F(0)] * len(row) for row in a.plus] for a in self.arrays]
        self.zones = [F(s.accumulate_dead_zone)] * (len(states) - 1) + [F(s.accumulate_output_dead_zone)]
        self.levels = 2**s.accumulate_input_bits - 1, 2 ** (s.accumulate_error_bits - 1) - 1
        if not s.accumulate_error_bits:
            self.levels = self.levels[0], 0

    def read(self, x):
        volts, currents = [], []
        drive = list(input_volts(x, self.v_read))
        for array, c in zip(self.arrays, self.c, strict=True):
            volts.append([*drive, self.v_read] if self.bias else list(drive))
            currents.append(self.read_forward(array, volts[-1]))
            drive = [self.output(i, c) * self.v_read for i in currents[-1]]
        return volts, currents

    def output(self, current, c):
        if self.g.hidden_neuron == "hard-sigmoid":
            return hard_sigmoid(current, c)
        x = 2 * float(current) / float(c)
        return F(1 / (1 + math.exp(-x)) if x > -700 else 0.0)

    def slope(self, current, c):
        if self.g.hidden_slope == "one" or self.g.hidden_neuron == "hard-sigmoid":
            return F(1 if passes_error(current, c) else 0)
        y = float(self.output(current, c))
        y = 1 / (1 + math.exp(-2 * float(current) / float(c)))
        return F(4 * y * (1 - y))

    def propagate_error(self, layer, delta, currents_below):
        sensed = self.read_backward(self.arrays[layer], [x * self.v_read for x in delta])
        slopes = [self.slope(i, self.c[layer - 1]) for i in currents_below]
        return [F(slope * (sensed[i] / self.unit)) if slope else F(0) for i, slope in enumerate(slopes)]

    def rate(self, layer, at):
        """What input times error is multiplied with, of w, after so many updates."""
        full = float(self.unit)
        worth = self.gain * full
        for c in self.c[layer:-1]:
            worth *= 1.0 if self.g.hidden_slope == "one" else full / (2 * float(c))
        last = self.s.accumulate_output_rate if layer == len(self.arrays) - 1 else 1.0
        return self.g.gradient_rate * last * worth * self.g.gradient_rate_end ** (at / self.total)

    def due(self, layer, at):
        rows, s = len(self.chi[layer]), self.s
        mine = s.accumulate_every, self.batch, s.accumulate_rows, rows, at
        return {i for i in range(rows) if is_due(*mine, i)}

    def train_update(self, at, passed):
        """One update; `at` counts it in. `passed` is what all its samples left on their way."""
        done = Record(sum(loss for *_, loss, _ in passed) / len(passed), sum(wrong for *_, wrong in passed))
        for k, array in enumerate(self.arrays):
            rate = F(self.rate(k, at - 1) / float(self.v_read))
            for volts, deltas, *_ in passed:
                add_sample(self.chi[k], volts[k], deltas[k], self.zones[k], rate, self.v_read, self.eps, *self.levels)
            for i, up, down in next_round(take_off(self.chi[k], self.due(k, at), self.eps, self.most, self.room)):
                pulses, resets = self.pulse_row(array, i, up, down)
                done.pulses += pulses
                done.resets += resets
        return done

    def pulse_row(self, array, i, up, down):
        if self.s.accumulate_pulses == "method":
            return array.pulse([i], up, down, self.method, self.d)
        raise_devices(array.plus, array.pulses_plus, i, up, self.d)
        raise_devices(array.minus, array.pulses_minus, i, down, self.d)
        return len(up + down), 0

    def run(self, xs, ys):
        records, n = [], self.batch
        for at in range(len(ys) // n):
            mine = range(at * n, (at + 1) * n)
            records.append(self.train_update(at + 1, [self.pass_sample(xs[s], ys[s]) for s in mine]))
        return records
