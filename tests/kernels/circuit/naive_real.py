"""The twin of a network with wires, drivers and sense circuits; see `tests/naive.py`."""

from __future__ import annotations

import math

from ..base.naive import F, input_volts
from ..naive_train import Network
from ..way.naive import activate, drive_bias, passes_error
from .naive import backward, forward
from .naive_curve import Curve, bend, read_serially
from .naive_managed import manage
from .naive_sense import BACKWARD, FORWARD, TEST, Stages, drive_levels, sense_line, sum_squares
from .naive_wired import read_tiles
from .naive_wires import Wire


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
            if not layout.iv.ohmic:
                self.wiring = *self.wiring, Curve(layout.iv, layout.array.v_read)
        self.curve = Curve(layout.iv, layout.array.v_read)
        self.bits = layout.sense.driver_bits if layout.sense.drive == "pulses" else 0
        self.stages = Stages(layout)
        self.noise_management, self.bound_management = layout.sense.noise_management, layout.sense.bound_management
        self.bound_reads, self.again = layout.sense.bound_reads, 0
        self.iteration = self.number = 0
        self.direction = FORWARD
        self.closest = math.inf

    def read_forward(self, array, volts):
        if self.wiring:
            return [F(x) for x in read_tiles(array, [float(v) for v in volts], True, *self.wiring)]
        return forward(bend(self.curve, volts), array.weights)

    def read_backward(self, array, volts):
        if self.wiring:
            return [F(x) for x in read_tiles(array, [float(v) for v in volts], False, *self.wiring)]
        return backward(bend(self.curve, volts), array.weights)

    def sense(self, currents, layer, direction, volts, number=None):
        seen = volts if self.wiring else bend(self.curve, volts)
        square, number = sum_squares(seen, self.stages), self.number if number is None else number
        return [
            sense_line(x, layer, direction, k, self.iteration, number, self.stages, square)
            for k, x in enumerate(currents)
        ]

    def read_columns(self, layer, volts):
        return self.take(layer, self.direction, volts, self.number)

    def take(self, layer, direction, volts, number):
        """One read, or one for every bit."""
        across = self.read_backward if direction == BACKWARD else self.read_forward

        def read(driven, bit):
            currents = across(self.arrays[layer], driven)
            return self.sense(currents, layer, direction, driven, number + bit * 2**27)

        return read_serially(volts, self.bits, self.v_read, read) if self.bits else read(volts, 0)

    def managed(self, layer, direction, volts, looked_at=None):
        """(volts that drivers gave, sensed currents), with the range of the read managed if the layout says so; only
        some lines may be looked at.
        """

        def read(driven, attempt):
            return self.take(layer, direction, driven, self.number + attempt * 2**24)

        name = "backward" if direction == BACKWARD else "forward"
        given, currents, attempts = manage(
            volts,
            self.v_read,
            self.noise_management in (name, "both"),
            self.stages.limit if self.bound_management in (name, "both") and not self.bits else 0,
            self.bound_reads,
            lambda asked: drive_levels(asked, self.v_read, self.stages),
            read,
            looked_at,
        )
        self.again += attempts
        return given, currents

    def read(self, x):
        volts, currents = [], []
        drive = input_volts(x, self.v_read)
        for layer, c in enumerate(self.c):
            given, sensed = self.managed(layer, self.direction, drive_bias(drive, self.bias, self.v_read))
            volts.append(given)
            currents.append(sensed)
            drive = activate(currents[-1], c, self.v_read)
            if layer < len(self.c) - 1:
                self.watch(currents[-1], c)
        return volts, currents

    def propagate_error(self, layer, delta, currents_below):
        passing = [i for i, x in enumerate(currents_below) if passes_error(x, self.c[layer - 1])]
        _, sensed = self.managed(layer, BACKWARD, [x * self.v_read for x in delta], passing)
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


def classify_real(network, xs):
    return network.classify_all(xs)
