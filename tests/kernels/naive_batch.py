"""Twins of mini-batches: all that counts is what sums up at every pair (row, column); see `tests/naive.py`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..rules.sign.naive import select_columns, select_rows
from .base.naive import F
from .pair.naive import replay
from .way.naive import widest


@dataclass
class Seen:
    """What is remembered of one layer and one sample."""

    volts: dict  # of the firing rows
    error: list  # of all columns, 0 where it does not count


def keep_rows(volts, threshold):
    """Voltages of the firing rows."""
    return {i: F(volts[i]) for i in select_rows(volts, threshold)}


def keep_all(volts, delta, threshold):
    """The firing rows, and all errors."""
    return Seen(keep_rows(volts, threshold), [F(x) for x in delta])


def keep_errors(delta, dead_zone):
    """Errors of the columns that fire; 0 of others."""
    return [F(x) if abs(x) > dead_zone else F(0) for x in delta]


def keep_by_row(volts, threshold):
    """A voltage for every row, 0 where none fires."""
    firing = select_rows(volts, threshold)
    return [F(v) if i in firing else F(0) for i, v in enumerate(volts)]


def keep_fired(volts, delta, threshold, dead_zone):
    """The firing lines; rows only if there is a column that they can meet."""
    error = keep_errors(delta, dead_zone)
    return Seen(keep_rows(volts, threshold) if any(error) else {}, error)


def make_lists(width):
    """Shapes of what one pulse event takes."""
    return dict.fromkeys(("firing", "up", "down"), (width,))


def make_all_kept(geometry, batch):
    """Shapes of what is remembered of a batch."""
    layers, width = len(geometry.rows), widest(geometry)
    per_sample = dict.fromkeys(("rows", "volts", "error"), (layers, batch, width))
    return {"n_rows": (layers, batch), **per_sample, **dict.fromkeys(("only", "total", "other"), (width,))}


def make_one_kept(width, batch):
    """Shapes of what is remembered of so many samples of one layer."""
    per_sample = dict.fromkeys(("rows", "volts", "error"), (batch, width))
    return {"n_rows": (batch,), **per_sample, **dict.fromkeys(("only", "total", "other"), (width,))}


def one_kept(shapes):
    """The same of one layer."""
    return {name: shape[1:] if len(shape) > 1 else shape for name, shape in shapes.items()}


def new_kept(remembers, geometry, batch):
    """Nothing for batch rules that remember nothing."""
    return make_all_kept(geometry, batch) if remembers else 0


def new_replayed(remembers, width, most):
    return make_one_kept(width, most) if remembers else 0


def new_scratch(remembers, room, geometry, batch):
    """What a training takes: the room of its rule, besides."""
    lists = make_lists(widest(geometry))
    return {
        "room": room,
        "lists": lists,
        "kept": new_kept(remembers, geometry, batch),
        "numbers": (len(geometry.rows),),
    }


def replay_scratch(remembers, geometry, iterations):
    """What a replay takes: room for the most events of any iteration, and one."""
    width, most = widest(geometry) + 8, max((iterations.count(n) for n in iterations), default=0) + 1
    return {"lists": make_lists(width), "kept": new_replayed(remembers, width, most)}


def sort_columns(seen):
    return select_columns(seen.error, 0)


def mark_columns(batch):
    """{column: the samples in which it met a firing row with an error}"""
    columns = range(len(batch[0].error))
    met = {j: [s for s, seen in enumerate(batch) if seen.volts and seen.error[j] != 0] for j in columns}
    return {j: samples for j, samples in met.items() if samples}


def single_columns(sample, batch):
    """Columns that met a firing row in this sample alone: those that raise W, and those that lower it."""
    alone = [j for j, samples in mark_columns(batch).items() if samples == [sample]]
    error = batch[sample].error
    return [j for j in alone if error[j] < 0], [j for j in alone if error[j] > 0]


def pair_sums(batch, rule):
    """{(row, column): sum}: of signs, or of error times voltage, over the samples in which both fired."""
    sums = {}
    for seen in batch:
        for i, volts in seen.volts.items():
            for j, error in enumerate(seen.error):
                if error != 0:
                    sums[i, j] = sums.get((i, j), F(0)) + (error * volts if rule == "products" else np.sign(error))
    return sums


def sort_rows(sums):
    """Rows whose pair is raised, and those whose pair is lowered, of {row: sum}."""
    return sorted(i for i in sums if sums[i] < 0), sorted(i for i in sums if sums[i] > 0)


def net_signs(column, batch):
    """The rows of a column by the sums of their pairs' signs."""
    return sort_rows({i: total for (i, j), total in pair_sums(batch, "signs").items() if j == column})


def net_products(column, batch):
    """The same by the sums of errors times voltages."""
    return sort_rows({i: total for (i, j), total in pair_sums(batch, "products").items() if j == column})


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


def pulse_signs(batch, array, method, d):
    return pulse_netted(pair_sums(batch, "signs"), array, method, d)


def pulse_products(batch, array, method, d):
    return pulse_netted(pair_sums(batch, "products"), array, method, d)


def one_by_one(sums):
    """An event for every pair whose sum is not 0."""
    return [([i], [j] if total < 0 else [], [j] if total > 0 else []) for (i, j), total in sums.items() if total != 0]


def record_signs(batch):
    """What fired in every sample."""
    events = [(sorted(seen.volts), *sort_columns(seen)) for seen in batch]
    return [(rows, up, down) for rows, up, down in events if rows and up + down]


def record_netted(batch):
    """What was pulsed, pair by pair; how pairs are put together into events does not matter."""
    return one_by_one(pair_sums(batch, "products"))


def separate():
    """An event without lines: what follows in the same iteration is added up apart."""
    return [], [], []


def pulsed_pairs(events):
    """[(row, column, sign), ...] of all pulses of some events, sorted; the sign is that of the change of W."""
    return sorted((i, j, +1 if j in up else -1) for rows, up, down in events for i in rows for j in [*up, *down])


def train_batches(network, xs, labels, batch, rule):
    """One record per batch; `events` has a list of events per layer."""
    starts = range(0, len(labels) - batch + 1, batch)
    return [network.train_batch(xs[a : a + batch], labels[a : a + batch], rule) for a in starts]


def groups_of(iterations, events):
    """Lists of events that are added up together.

    They are those of an iteration, or of the parts that events without rows divide it into.
    """
    for when in sorted(set(iterations)):
        group = []
        for iteration, event in zip(iterations, events, strict=True):
            if iteration == when and event[0]:
                group.append(event)
            elif iteration == when:
                yield group
                group = []
        yield group


def replay_signs(iterations, events, array, method, d):
    """Events of one group are added up pair by pair; returns (pulses, resets) issued."""
    pulses = resets = 0
    for group in groups_of(iterations, events):
        sums = {}
        for i, j, sign in (pair for event in group for pair in pulsed_pairs([event])):
            sums[i, j] = sums.get((i, j), 0) - sign
        a, b = pulse_netted(sums, array, method, d)
        pulses, resets = pulses + a, resets + b
    return pulses, resets
