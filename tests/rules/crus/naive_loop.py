"""Twins of a network under rule `crus` and its rivals: pulses, training, replay; see `tests/naive.py`.

A network is a `CrusNetwork`: its arrays hold what they conduct, and what was last sensed, as dictionaries of (G+, G-)
levels by (row, column). Devices all follow the nominal law.
"""

from __future__ import annotations

import copy
import math

from ...kernels.base.naive import F, single
from ...kernels.device.naive import depress, find_step, potentiate, staircase, step_up
from ...kernels.naive_train import Network
from .naive import (
    EVENT,
    column_hash,
    draw_columns,
    draw_rows,
    event_keys,
    fill_rule,
    line_hash,
    quantiles,
    sense_deviates,
    sense_level,
)


def pulse_device(g, up, d):
    return potentiate(g, d) if up else depress(g, d)


def reset_device(g, d):
    return d.g_min


def climb(g, pulses, d):
    g = reset_device(g, d)
    for _ in range(pulses):
        g = pulse_device(g, True, d)
    return g


def conducted(array, i, j, side):
    return F(array.minus[i][j] if side else array.plus[i][j])


class CrusNetwork(Network):
    """A network under the rule ``crus``. `sensed` has, for every layer, (level of G+, level of G-) by (row, column)."""

    def __init__(self, layout, states):
        super().__init__(layout, states)
        s = layout.crus
        self.s, self.seed, self.now = s, layout.run.seed, 0
        self.top, self.table = 2**s.level_bits - 1, quantiles()
        self.total = layout.run.schedule or layout.run.iterations
        self.steps = staircase(self.d)
        condition = (s.theta_forward, s.theta_reverse, s.line_forward, s.line_reverse, s.line_level)
        self.rule = fill_rule(
            condition,
            s.compensate in ("both", "forward"),
            s.compensate in ("both", "reverse"),
            s.compensate_floor,
            s.mirrored,
            self.top,
            s.level_noise,
            self.d,
        )
        self.zones = [F(s.crus_dead_zone)] * (len(self.arrays) - 1) + [F(s.crus_output_dead_zone)]
        last = s.crus_rate if s.crus_output_rate is None else s.crus_output_rate
        self.rates = [s.crus_rate] * (len(self.arrays) - 1) + [last]
        self.rates = [r / (s.compensate_floor if s.baseline == "crus" else 1.0) for r in self.rates]
        self.sensed = [{} for _ in self.arrays]

    def part(self, g):
        return (float(g) - self.d.g_min) * (1 / (self.d.g_max - self.d.g_min))

    def sense_pair(self, k, now, i, j):
        """In the mirrored form G- comes first, and the level is that of 1 - g."""
        z = sense_deviates(self.seed, k, now, i, j, self.table)
        both = [self.part(self.arrays[k].plus[i][j]), self.part(self.arrays[k].minus[i][j])]
        mirrored = self.s.mirrored
        if mirrored:
            both.reverse()
        levels = [sense_level(x, y, mirrored, self.top, self.s.level_noise) for x, y in zip(both, z, strict=True)]
        self.sensed[k][i, j] = (self.top - levels[1], self.top - levels[0]) if mirrored else tuple(levels)

    def request_levels(self, k, i, j, raising):
        """Sensed (this, other) of a request; mirrored: of 1 - g, and `this` is the one whose depression is wanted."""
        plus, minus = self.sensed[k][i, j]
        if self.s.mirrored:
            plus, minus = self.top - minus, self.top - plus
        return (plus, minus) if raising else (minus, plus)

    def move(self, array, i, j, side, up, record):
        values, counts = (array.minus, array.pulses_minus) if side else (array.plus, array.pulses_plus)
        values[i][j] = pulse_device(values[i][j], up, self.d)
        counts[i][j] += 1
        record[0] += 1

    def climb_to(self, array, i, j, side, pulses, record):
        values = array.minus if side else array.plus
        values[i][j] = climb(values[i][j], min(pulses, len(self.steps) - 1), self.d)
        (array.pulses_minus if side else array.pulses_plus)[i][j] += pulses
        record[0] += pulses

    def reset(self, array, i, j, side, record, moves=True):
        values = array.minus if side else array.plus
        if moves:
            values[i][j] = reset_device(values[i][j], self.d)
        (array.resets_minus if side else array.resets_plus)[i][j] += 1
        record[1] += 1

    def expect_crossing(self, k, key, i, j, raising):
        """Side of the device that is pulsed, or -1; thinned out by a hash of the crossing."""
        accept, reverse = self.rule[self.request_levels(k, i, j, raising)]
        if line_hash(column_hash(key, j), i) >= int(accept * 2.0**32):
            return -1
        this = int(raising == self.s.mirrored)  # 0: G+; plain: what is raised, mirrored: what is depressed
        return 1 - this if reverse else this

    def cross_crus(self, k, key, i, j, raising, record):
        side = self.expect_crossing(k, key, i, j, raising)
        if side >= 0:
            self.move(self.arrays[k], i, j, side, (side == 0) == raising, record)

    def cross_lim(self, k, i, j, raising, record):
        array, d, name = self.arrays[k], self.d, self.s.baseline
        this, other = self.request_levels(k, i, j, raising)
        side, span = int(not raising), d.g_max - d.g_min
        if name == "refresh" or this < self.s.full_level * self.top:
            self.move(array, i, j, side, True, record)
        elif name == "lim-c":
            self.move(array, i, j, 1 - side, False, record)
        elif name == "lim-b":
            goal = d.g_min + span * (other / self.top)
            self.reset(array, i, j, 1 - side, record)
            self.climb_to(array, i, j, 1 - side, max(find_step(self.steps, goal) - 1, 0), record)
        else:
            at = single(d.g_min + span * (this / self.top))
            goal = d.g_min + span * ((this - other) / self.top) + step_up(at, d)
            self.reset(array, i, j, side, record)
            self.reset(array, i, j, 1 - side, record)
            self.climb_to(array, i, j, side, find_step(self.steps, goal), record)
        if name != "refresh" and this == other == self.top:
            self.reset(array, i, j, side, record)
            self.reset(array, i, j, 1 - side, record)

    def update(self, k, iteration, rows, up, down, record):
        key = event_keys(self.seed, k, EVENT, iteration)[2]
        for j in [*up, *down]:
            for i in rows:
                if self.s.baseline == "crus":
                    self.cross_crus(k, key, i, j, j in up, record)
                else:
                    self.cross_lim(k, i, j, j in up, record)

    def refresh(self, k, i, j, record):
        plus, minus = (level / self.top for level in self.sensed[k][i, j])
        if max(plus, minus) <= self.s.full_level or min(plus, minus) <= self.s.lower_level:
            return
        goal = self.d.g_min + (self.d.g_max - self.d.g_min) * abs(plus - minus)
        nearest = find_step(self.steps, goal)
        if nearest and goal - self.steps[nearest - 1] < self.steps[nearest] - goal:
            nearest -= 1
        for side in (0, 1):
            self.reset(self.arrays[k], i, j, side, record)
        self.climb_to(self.arrays[k], i, j, int(plus < minus), nearest, record)

    def sense(self, now, record):
        if is_sensed(now, self.s):
            for k, array in enumerate(self.arrays):
                for i in range(array.shape[0]):
                    for j in range(array.shape[1]):
                        self.sense_pair(k, now, i, j)
                        if self.s.baseline == "refresh":
                            self.refresh(k, i, j, record)

    def train(self, x, label):
        """One iteration: (loss, wrong, pulses, resets, events by layer, S by layer)."""
        record, events, requests = [0, 0], [], []
        self.sense(self.now, record)
        volts, deltas, loss, wrong = self.pass_sample(x, label)
        rates = [rate_of(self, k) for k in range(len(self.arrays))]
        self.now += 1
        for k, (rate, zone) in enumerate(zip(rates, self.zones, strict=True)):
            requests.append((deltas[k], volts[k]))
            row_key, column_key, _ = event_keys(self.seed, k, EVENT, self.now)
            up, down = draw_columns(column_key, deltas[k], rate, zone)
            rows = pick_rows(row_key, volts[k], self.v_read)
            if rows and up + down:
                self.update(k, self.now, rows, up, down, record)
                events.append((k, rows, up, down))
        return loss, wrong, *record, events, requests


def rate_of(network, k):
    """Rate of a layer now."""
    return network.rates[k] * math.exp(-network.s.crus_decay * network.now / network.total)


pick_rows = draw_rows


def expect_crossing(network, k, key, i, j, raising):
    return network.expect_crossing(k, key, i, j, raising)


def expect_sensed(network, k, i, j, raising):
    """(side that is asked for, whether a train of pulses is due, pulses, resets) of an event; nothing moves."""
    record = [0, 0]
    copy.deepcopy(network).cross_lim(k, i, j, raising, record)
    name, this = network.s.baseline, network.request_levels(k, i, j, raising)[0]
    replays = name in ("lim-a", "lim-b") and this >= network.s.full_level * network.top
    return int(not raising), replays, *record


def is_sensed(now, settings):
    return now % settings.sense_every == 0


def begin(network, now):
    """Sense all arrays, if it is time."""
    network.sense(now, [0, 0])


def sense_pairs(network, k, now):
    for i in range(network.arrays[k].shape[0]):
        for j in range(network.arrays[k].shape[1]):
            network.sense_pair(k, now, i, j)


def sense_layer(network, k, now):
    sense_pairs(network, k, now)
    if network.s.baseline == "refresh":
        refresh_pairs(network, k)


def refresh_pairs(network, k):
    for i, j in network.sensed[k]:
        network.refresh(k, i, j, [0, 0])


def sense_between(network, k, clock, until):
    for now in range(clock, until):
        if is_sensed(now, network.s):
            sense_layer(network, k, now)


def update_pairs(network, k, iteration, rows, up, down):
    network.update(k, iteration, rows, up, down, [0, 0])


update_crus = update_lim = update_pairs


def train_crus(network, xs, labels):
    return [network.train(x, label) for x, label in zip(xs, labels, strict=True)]


def replay_crus(network, k, events, until):
    clock = 0
    for iteration, rows, up, down in events:
        sense_between(network, k, clock, iteration)
        update_pairs(network, k, iteration, rows, up, down)
        clock = iteration
    sense_between(network, k, clock, until)


def walk_crus(network, k, events, i, j, until):
    """History of one pair, by replaying all."""
    at = {iteration: event for iteration, *event in events}
    history = [(conducted(network.arrays[k], i, j, 0), conducted(network.arrays[k], i, j, 1))]
    for n in range(1, until + 1):
        sense_between(network, k, n - 1, n)
        if n in at:
            update_pairs(network, k, n, *at[n])
        history.append((conducted(network.arrays[k], i, j, 0), conducted(network.arrays[k], i, j, 1)))
    return history


def layer_columns(network, k):
    """What is kept by columns: the sensed levels."""
    return network.sensed[k]
