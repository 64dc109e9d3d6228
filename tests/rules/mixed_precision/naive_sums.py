"""Twins of the kernels of mixed precision training; see `tests/naive.py`.

Nandakumar et al., Front. Neurosci. 14:406 (2020): a float32 per pair takes up what every sample asks for, and what is
worth whole steps is written. A write has pulses as {row: {column: signed number}}.
"""

from __future__ import annotations

import math

from ...kernels.base.naive import F


def on_levels(value, full, levels):
    """The nearest multiple of ``full / levels``, halves away from 0."""
    step = float(full) / levels
    if step == 0:
        return F(value)
    size = math.floor(abs(float(value)) / step + 0.5) * step
    return F(-size if value < 0 else size)


def scale_errors(error, dead_zone, rate, levels):
    """What each column asks for per V of input."""
    largest = max(abs(e) for e in error)
    rounded = [on_levels(e, largest, levels) if levels else F(e) for e in error]
    return [F(rate) * r if abs(e) > dead_zone else F(0) for e, r in zip(error, rounded, strict=True)]


def add_row(chi, scaled, volt, eps):
    """(sums after a sample, how many are worth a step)."""
    after = [F(c - s * F(volt)) for c, s in zip(chi, scaled, strict=True)]
    return after, sum(abs(c) >= eps for c in after)


def add_sample(chi, volts, error, dead_zone, rate, v_read, eps, input_levels=0, error_levels=0):
    """Sums [row][column] after a sample; rows without a voltage are not touched."""
    scaled = scale_errors(error, dead_zone, rate, error_levels)
    for i, volt in enumerate(volts):
        if volt:
            volt = on_levels(volt, v_read, input_levels) if input_levels else F(volt)
            chi[i], _ = add_row(chi[i], scaled, volt, eps)


def writes_until(every, batch, updates):
    """Writes that began after so many updates: one after each `every` samples."""
    return sum(s % every == 0 for s in range(1, updates * batch + 1))


def is_due(every, batch, taken, rows, at, i):
    """Whether row `i` is among those that the writes of update `at` take."""
    turns = range(writes_until(every, batch, at - 1), writes_until(every, batch, at))
    return any(not taken or i in [(turn * taken + k) % rows for k in range(min(taken, rows))] for turn in turns)


def list_pulses(chi, due, eps, most):
    """Pulses of a write."""
    found = {}
    for i, row in enumerate(chi):
        pulses = {j: int(F(c) / F(eps)) for j, c in enumerate(row)} if i in due else {}
        pulses = {j: max(-most, min(most, n)) for j, n in pulses.items() if n}
        if pulses:
            found[i] = pulses
    return found


def rounds_within(found, most, room):
    """The largest limit up to `most` that keeps the rounds of all rows together within `room`, found from above; it
    may be missed by less than a fifth of what there is to write, and is 1 at least.
    """
    limit = most
    while True:
        total = sum(max(min(abs(n), limit) for n in pulses.values()) for pulses in found.values())
        if total <= room or limit <= 1:
            return limit
        limit = max(1, min(limit - 1, limit * room // total))


def take_off(chi, due, eps, most, room):
    """Pulses of a write, which are taken off the sums."""
    found = list_pulses(chi, due, eps, most)
    limit = rounds_within(found, most, room)
    for i, pulses in found.items():
        for j, n in pulses.items():
            pulses[j] = max(-limit, min(limit, n))
            chi[i][j] = F(chi[i][j] - F(pulses[j]) * F(eps))
    return found


def next_round(found):
    """Events of a write, one after another: (row, columns that raise W, columns that lower it)."""
    for i, pulses in found.items():
        for number in range(max(map(abs, pulses.values()))):
            yield i, [j for j, n in pulses.items() if n > number], [j for j, n in pulses.items() if -n > number]


def note_sample(inputs, errors, driven, error, place, position):
    """What is kept of a sample after a position: numbers that drive rows, and errors of all positions."""
    for row, volt in driven.items():
        inputs[place[position][row]] = F(volt)
    errors[position] = [F(e) for e in error]


def note_sums(kept, chi):
    """Sums of all updates, each row by row."""
    kept.append([c for row in chi for c in row])


def list_driven(place, given):
    """Voltages of the rows of a position, 0 where nothing drives one."""
    return [F(0) if at < 0 else given[at] for at in place]


def replay_sums(chi, inputs, errors, dues, rates, eps, most, room, batch, place=None, **kind):
    """Sums after some updates of recorded samples; errors are of positions if these have a `place` for each row."""
    for t, due in enumerate(dues):
        for s in range(t * batch, (t + 1) * batch):
            for p, rows in enumerate(place or [range(len(inputs[s]))]):
                error = errors[s][p] if place else errors[s]
                add_sample(chi, list_driven(rows, inputs[s]), error, rate=rates[t], eps=eps, **kind)
        take_off(chi, due, eps, most, room)
