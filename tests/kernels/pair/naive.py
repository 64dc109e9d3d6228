"""Twins of the pair methods and of an array of pairs; see `tests/naive.py`."""

from __future__ import annotations

from ..base.naive import F, single
from ..device.naive import depress, potentiate, staircase, step_up


def weight_of(this, other, x_this=1.0, x_other=1.0):
    """What `this` device conducts more than the other."""
    return x_this * this - x_other * other


def replay_target(this, other, d, x_this=1.0, x_other=1.0):
    """The W that method a replays to: one step more than before, less what rounding may add up to."""
    slack = min(1e-5 * (d.g_max - d.g_min), d.near_top)
    return weight_of(this, other, x_this, x_other) + x_this * (step_up(this, d) - slack)


def update(this, other, method, d, x_this=1.0, x_other=1.0):
    """One update by 'a', 'b', 'c' or 'one-sided' that moves the pair towards `this`; conductances are nominal.

    Returns (this, other, pulses on this, pulses on other, resets of this, resets of other).
    """
    pulses, resets = {"this": 0, "other": 0}, {"this": 0, "other": 0}
    before = this - other  # for method b, which moves one device only: its scale does not matter
    if method == "one-sided":  # a pulse, whatever the device makes of it; nobody looks
        return min(potentiate(this, d), d.g_max), other, 1, 0, 0, 0
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
    """`update` of a pair written as (G+, G-): raises W if sign > 0, lowers it otherwise. Results with + first.

    By method 'fixed' G- is a reference, and G+ is what goes up and down.
    """
    if method == "fixed":
        return potentiate(plus, d) if sign > 0 else depress(plus, d), minus, 1, 0, 0, 0
    if sign > 0:
        return update(plus, minus, method, d, x_plus, x_minus)
    answer = update(minus, plus, method, d, x_minus, x_plus)
    minus, plus, pulses_minus, pulses_plus, resets_minus, resets_plus = answer
    return plus, minus, pulses_plus, pulses_minus, resets_plus, resets_minus


def weight(g_plus, g_minus, x_plus, x_minus, y_plus, y_minus):
    """W as the devices conduct; float32 throughout."""
    return (F(x_plus) * F(g_plus) + F(y_plus)) - (F(x_minus) * F(g_minus) + F(y_minus))


def weigh_pair(array, i, j):
    return array.weights[i][j]


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


def tables_of(d, method):
    """`build_ladder` for pulses that raise W (+1) and that lower it (-1)."""
    return {sign: build_ladder(d, method, sign) for sign in (1, -1)}


class Array:
    """One array of pairs; every attribute is a list of rows.

    Conductances are nominal; devices conduct x times them, plus y.
    """

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


def conducted(array, i, j, side):
    """What the device of a side (0: plus, 1: minus) conducts."""
    return array.conducting[side][i][j]


def update_single(rows, up, down, array, d):
    return array.pulse(rows, up, down, "fixed", d)


def weigh_columns(array, rows, columns):
    """W of these pairs, by (row, column)."""
    return {(i, j): array.weights[i][j] for i in rows for j in columns}


def shift(array, pulses, d):
    """All devices up and down in turn; the array's clock, if it has one, counts pulses of iteration 0."""
    rows, cols = (list(range(n)) for n in array.shape)
    for k in range(pulses):
        array.clock = (0, k)
        array.pulse(rows, [] if k % 2 else cols, cols if k % 2 else [], "fixed", d)


def lead_away(g, pulses, d):
    """A device's conductance after so many nominal pulses up, or, below 0, down."""
    for _ in range(abs(pulses)):
        g = potentiate(g, d) if pulses > 0 else depress(g, d)
    return g


def update_analog(rows, up, down, array, method, d):
    return array.pulse(rows, up, down, method, d)


walk = walk_pair


update_known = update


flush_tally = unpack


def empty_pairs(rows, cols):
    return Array([[0.0] * cols for _ in range(rows)], [[0.0] * cols for _ in range(rows)])


def empty_tables(states):
    """Shapes of the tables of all updates of so many states of a pair."""
    names = ("raising", "lowering", "issued_raising", "issued_lowering", "plus", "minus")
    return dict.fromkeys(names, (states,))


def bytes_of(padded, pairs):
    """W of so many cells, and what is kept of the pairs.

    Per pair a state, packed counts, two conductances, two scales and offsets and four counters.
    """
    return padded * 4 + pairs * (2 + 8 + 2 * 4 + 4 * 4 + 4 * 8)


def pulse(array, rows, up, down, method, d):
    return array.pulse(rows, up, down, method, d)


def replay(events, array, method, d):
    """`events` are (rows, raised, lowered); returns (pulses, resets) issued."""
    issued = [array.pulse(rows, up, down, method, d) for rows, up, down in events]
    return sum(p for p, _ in issued), sum(r for _, r in issued)
