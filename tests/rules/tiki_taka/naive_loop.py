"""The twin of a network whose layers have a fast and a slow array of pairs; see `tests/naive.py`."""

from __future__ import annotations

import math

from ...kernels.base.naive import F
from ...kernels.naive_train import Record
from ...kernels.pair.naive import Array
from ...kernels.way.naive_gradient import rate_of
from ..stochastic.naive_loop import Descent
from .naive import Agad, Chopped, TikiTaka, TikiTaka2
from .naive_kernels import draws_of, flip_after


class Pair:
    """A pair of devices as one of `tests/rules/cells.py`, in units of w."""

    def __init__(self, array, i, j, network):
        self.array, self.i, self.j, self.network = array, i, j, network

    def up(self):
        self.network.issue(self.array.pulse([self.i], [self.j], [], self.network.method, self.network.d))

    def down(self):
        self.network.issue(self.array.pulse([self.i], [], [self.j], self.network.method, self.network.d))

    def read(self):
        return float(F(self.array.weights[self.i][self.j]) / F(self.network.unit))


KINDS = {"tiki-taka": TikiTaka, "ttv2": TikiTaka2, "c-ttv2": Chopped, "agad": Agad}


class TwoArrays(Descent):
    """`states`: nominal (G+, G-) of the slow arrays, then of the fast ones."""

    def __init__(self, layout, states, step, unit, total):
        super().__init__(layout, states[: len(states) // 2], step, unit, total)
        self.unit, self.done = unit, Record(0.0, False)
        self.fast_arrays = [Array(*g) for g in states[len(states) // 2 :]]
        self.layers = [
            self.layer_of(k, slow, fast)
            for k, (slow, fast) in enumerate(zip(self.arrays, self.fast_arrays, strict=True))
        ]

    def layer_of(self, k, slow, fast):
        s, rule = self.layout.fast_slow, self.layout.pulses.rule
        rows, columns = slow.shape
        cells = [[[Pair(array, i, j, self) for j in range(columns)] for i in range(rows)] for array in (fast, slow)]
        names = ["fast_rate", "fast_rate_scales", "transfer_rate", "transfer_every", "transfer_reads", "transfer_by"]
        names += ["transfer_length", "fast_weight"]
        settings = {name: getattr(s, name) for name in names}
        settings |= dict(zip(("train_length", "length_management", "update_management"), self.trains, strict=True))
        if rule != "tiki-taka":
            names = ("buffer_granularity", "auto_granularity", "auto_scale", "buffer_momentum")
            settings |= {name: getattr(s, name) for name in names} | {"forget": s.buffer_forget}
            if s.auto_granularity:
                settings["buffer_granularity"] = 1.0
        if rule == "agad":
            settings |= {"tail_weight": s.tail_weight, "early": False}
        if rule in ("c-ttv2", "agad"):
            lines = rows if s.transfer_by == "rows" else columns
            at = self.seed, k
            settings |= {
                "chop_probability": s.chop_probability,
                "chop_random": s.chop_random and rule != "agad",
                "flip": lambda line, visit: flip_after(
                    *at, (visit - 1) * lines + line, line, lines, s.chop_probability, 0
                ),
            }
        return KINDS[rule](*cells, self.step, self.step, **settings)

    def issue(self, issued):
        self.done.pulses += issued[0]
        self.done.resets += issued[1]

    def read_forward(self, array, volts):
        weights = self.layers[self.arrays.index(array)].weights()
        return [
            sum((v * F(row[j] * self.unit) for v, row in zip(volts, weights, strict=True)), F(0))
            for j in range(array.shape[1])
        ]

    def read_backward(self, array, volts):
        weights = self.layers[self.arrays.index(array)].weights()
        return [sum((v * F(w * self.unit) for v, w in zip(volts, row, strict=True)), F(0)) for row in weights]

    def train_update(self, at, passed):
        self.done = Record(sum(loss for *_, loss, _ in passed) / len(passed), sum(wrong for *_, wrong in passed))
        g, s, batch = self.layout.gradient, self.layout.fast_slow, len(passed)
        rate = rate_of(g.gradient_rate, g.gradient_rate_end, at, self.total)
        for k, layer in enumerate(self.layers):
            assert batch == 1 or s.transfer_every % batch == 0  # reads come after all pulses of a batch
            layer.momentum_of_tops = 1 - 0.01 / batch
            for number, (volts, deltas, *_) in enumerate(passed):
                xs = [float(v) / float(self.v_read) for v in volts[k]]
                reads = layer.transfers * layer.transfer_reads
                draw = draws_of(self.seed, len(self.layers), k, at, number, reads)
                layer.update(xs, self.derivatives(deltas)[k], rate, draw)
        return self.done


def largest_difference(a, b):
    return max(abs(x - y) for p, q in zip(a, b, strict=True) for x, y in zip(p, q, strict=True))


def same_sums(a, b, of=1.0):
    """Digital sums in float32 and in float64."""
    return math.isclose(largest_difference(a, b), 0.0, abs_tol=2e-5 * of)
