"""Twins of updates by stochastic pulse trains; see `tests/naive.py`.

Gokmen and Vlasov, Front. Neurosci. 10:333 (2016), with the management of length and of probabilities of Gokmen, Onen
and Haensch, Front. Neurosci. 11:538 (2017). Inputs x come in along the rows, errors d along the columns, and a device
(`tests/rules/cells.py`) sits at each crossing: it is to change by ``-rate x d``. What is drawn is passed in:
``draw(kind, line, slot)`` is uniform in [0, 1), kind "x" or "d".
"""

from __future__ import annotations

import math

X, D = "x", "d"


def largest(values):
    return max((abs(v) for v in values), default=0.0)


def pulses_wanted(xs, ds, rate, step):
    """k: how many pulses the largest product asks for."""
    return rate * largest(xs) * largest(ds) / step


def train_length(k, length, length_management):
    """Slots of a train: no more than the largest product needs, if managed."""
    return min(math.ceil(k), length) if length_management else length


def plan_train(rate, step, top_x, top_d, length, length_management, update_management):
    """(slots, factor on |x|, factor on |d|): the factors give chances. The largest x and d are above 0."""
    k = rate * top_x * top_d / step
    slots = train_length(k, length, length_management)
    on_x = on_d = math.sqrt(rate / (step * slots))
    if update_management:
        if k > length:  # more than the longest train can give: the largest error counts as what it can give
            top_d *= length / k
        on_x *= math.sqrt(top_d / top_x)
        on_d *= math.sqrt(top_x / top_d)
    return slots, on_x, on_d


def train_chances(xs, ds, rate, step, length, length_management, update_management):
    """(slots, chances of the x lines, chances of the d lines) that a slot holds a pulse."""
    if pulses_wanted(xs, ds, rate, step) == 0:
        return 0, [0.0 for _ in xs], [0.0 for _ in ds]
    settings = length, length_management, update_management
    slots, on_x, on_d = plan_train(rate, step, largest(xs), largest(ds), *settings)
    return slots, [min(1.0, abs(x) * on_x) for x in xs], [min(1.0, abs(d) * on_d) for d in ds]


def draw_train(kind, line, chance, slots, draw):
    """One train: whether each slot holds a pulse. All devices of the line see the same one."""
    return [draw(kind, line, slot) < chance for slot in range(slots)]


def coincidences(x_train, d_train):
    """In how many slots both lines hold a pulse."""
    return sum(a and b for a, b in zip(x_train, d_train, strict=True))


def draw_pulses(xs, ds, rate, step, length, length_management, update_management, draw):
    """Signed numbers of pulses [row][column]: above 0 the weight is raised."""
    slots, chance_x, chance_d = train_chances(xs, ds, rate, step, length, length_management, update_management)
    trains_x = [draw_train(X, i, chance, slots, draw) for i, chance in enumerate(chance_x)]
    trains_d = [draw_train(D, j, chance, slots, draw) for j, chance in enumerate(chance_d)]
    return [
        [
            coincidences(trains_x[i], trains_d[j]) * (0 if x * d == 0 else 1 if x * d < 0 else -1)
            for j, d in enumerate(ds)
        ]
        for i, x in enumerate(xs)
    ]


def send_pulses(cell, n):
    """n pulses up, or -n down."""
    for _ in range(abs(n)):
        if n > 0:
            cell.up()
        else:
            cell.down()


def train_update(cells, xs, ds, rate, step, length, length_management, update_management, draw):
    """One update of an array; returns the numbers of pulses."""
    pulses = draw_pulses(xs, ds, rate, step, length, length_management, update_management, draw)
    for row, counts in zip(cells, pulses, strict=True):
        for cell, n in zip(row, counts, strict=True):
            send_pulses(cell, n)
    return pulses
