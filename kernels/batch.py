"""Mini-batches: several samples are read with the same weights, then the array is pulsed once for all of them.

Lim et al. (2019), Fig. 10, do not say how pulses follow from a batch. What hardware can do depends on what it can
remember while the batch is read; four ways, from the least memory to the most. With one sample they are the online rule.

============  =================================  =====================================================================
rule          remembered during a batch          pulses after the batch
============  =================================  =====================================================================
lines         a charge per column, a bit per     one event: columns whose summed error is outside the dead zone, and
              row                                all rows that fired at least once
deferred      the firing lines of every sample   one event per sample, in turn
signs         the same, or an up/down counter    one pulse per pair whose signs, +1 or -1 wherever a firing row met a
              per pair                           firing column, do not add up to 0
products      an analog sum per pair             one pulse per pair with the sign of the sum of error times input, over
                                                 the samples in which both fired
============  =================================  =====================================================================
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .base._jit import jit
from .circuit.gates import FIRES, fire, layer_gates
from .circuit.real import pass_real
from .circuit.wired import refresh, refresh_events
from .pair.scatter import set_clock
from .rules.pulses import select_columns, unpack_bits
from .train import layer_pairs, make_room, pass_sample, record, widest

BATCH_LINES, BATCH_DEFERRED, BATCH_SIGNS, BATCH_PRODUCTS = 0, 1, 2, 3


class Kept(NamedTuple):
    """What is remembered of one layer during a batch."""

    n_rows: np.ndarray  # (batch,) int64
    rows: np.ndarray  # (batch, width) int32: firing rows, ascending
    volts: np.ndarray  # (batch, width) float32, V: of the firing rows
    error: np.ndarray  # (batch, width) float32: of the columns; for all rules but `lines` 0 inside the dead zone


class Lists(NamedTuple):
    """Working memory of one pulse event."""

    firing: np.ndarray  # (width,) int32
    other: np.ndarray  # (width,) int32
    up: np.ndarray  # (width,) int32
    down: np.ndarray  # (width,) int32
    only: np.ndarray  # (width,) int64: the one sample in which a column fired, or one of those below
    total: np.ndarray  # (width,) float32


NEVER, SEVERAL = -1, -2


@jit
def make_lists(width):
    """A `Lists` for lines of at most this number."""
    return Lists(
        np.empty(width, np.int32),
        np.empty(width, np.int32),
        np.empty(width, np.int32),
        np.empty(width, np.int32),
        np.empty(width, np.int64),
        np.zeros(width, np.float32),
    )


@jit
def keep_sample(s, lines, volts, n_lines, threshold, delta, n_cols, dead_zone, kept):
    """Remember sample `s` of the batch: its rows driven above `threshold`, its errors outside the dead zone."""
    n = 0
    for q in range(n_lines):
        if volts[q] > threshold:
            kept.rows[s, n] = lines[q]
            kept.volts[s, n] = volts[q]
            n += 1
    kept.n_rows[s] = n
    for j in range(n_cols):
        kept.error[s, j] = delta[j] if abs(delta[j]) > dead_zone else np.float32(0.0)


@jit
def sort_columns(s, kept, n_cols, lists):
    """Columns of sample `s` that raise W and that lower it; returns their numbers."""
    return select_columns(kept.error[s], n_cols, np.float32(0.0), lists.up, lists.down)


@jit
def mark_columns(batch, kept, n_cols, lists):
    """Note for every column in how many samples it met a firing row: never, in one (its number), in several."""
    for j in range(n_cols):
        lists.only[j] = NEVER
    for s in range(batch):
        if kept.n_rows[s] > 0:
            for j in range(n_cols):
                if kept.error[s, j] != 0.0:
                    lists.only[j] = s if lists.only[j] == NEVER else SEVERAL


@jit
def _single_columns(s, kept, n_cols, lists):
    """`sort_columns` for those that fired in sample `s` alone."""
    n_up, n_down = 0, 0
    for j in range(n_cols):
        if lists.only[j] == s:
            if kept.error[s, j] < 0.0:
                lists.up[n_up] = j
                n_up += 1
            else:
                lists.down[n_down] = j
                n_down += 1
    return n_up, n_down


@jit
def net_column(j, batch, rule, kept, n_rows, lists):
    """Rows of column `j` whose sum over the batch is negative (``lists.firing``: W rises) or positive (``lists.other``)."""
    total = lists.total
    for s in range(batch):
        e = kept.error[s, j]
        if e != 0.0:
            sign = np.float32(1.0) if e > 0.0 else np.float32(-1.0)
            for q in range(kept.n_rows[s]):
                i = np.uint64(kept.rows[s, q])
                total[i] += e * kept.volts[s, q] if rule == BATCH_PRODUCTS else sign
    n_up, n_down = 0, 0
    for i in range(n_rows):
        if total[i] < 0.0:
            lists.firing[n_up] = i
            n_up += 1
        elif total[i] > 0.0:
            lists.other[n_down] = i
            n_down += 1
        total[i] = np.float32(0.0)
    return n_up, n_down


@jit
def unite_rows(batch, kept, n_rows, lists):
    """Rows that fired in at least one sample, ascending, in ``lists.firing``; returns their number."""
    total = lists.total
    for s in range(batch):
        for q in range(kept.n_rows[s]):
            total[np.uint64(kept.rows[s, q])] = np.float32(1.0)
    n = 0
    for i in range(n_rows):
        if total[i] > 0.0:
            lists.firing[n] = i
            n += 1
        total[i] = np.float32(0.0)
    return n


@jit
def sum_errors(batch, kept, n_cols, lists):
    """Error of every column, summed over the batch, in ``lists.total``."""
    for j in range(n_cols):
        lists.total[j] = np.float32(0.0)
        for s in range(batch):
            lists.total[j] += kept.error[s, j]


@jit
def pulse_lines(layer, iteration, batch, kept, dead_zone, engine, method, device, ladder, p, gates, lists, events):
    """Rule `lines`: one event. Returns the pulses and resets issued."""
    cols, rows = p.g_plus.shape
    sum_errors(batch, kept, cols, lists)
    n_up, n_down = select_columns(lists.total, cols, dead_zone, lists.up, lists.down)
    lists.total[:] = np.float32(0.0)
    if n_up + n_down == 0:
        return 0, 0
    n = unite_rows(batch, kept, rows, lists)
    if n == 0:
        return 0, 0
    record(events, layer, iteration, lists.firing, n, lists.up, n_up, lists.down, n_down)
    up, down = lists.up, lists.down
    return fire(iteration, lists.firing, n, up, n_up, down, n_down, engine, method, device, ladder, p, gates)


@jit
def pulse_deferred(layer, iteration, batch, kept, engine, method, device, ladder, p, gates, lists, events):
    """Rule `deferred`: one event per sample. Returns the pulses and resets issued."""
    pulses, resets, number = 0, 0, 0
    for s in range(batch):
        n_up, n_down = sort_columns(s, kept, p.g_plus.shape[0], lists)
        if n_up + n_down == 0 or kept.n_rows[s] == 0:
            continue
        set_clock(p.scatter, iteration, number)
        number += 1
        rows, n = kept.rows[s], kept.n_rows[s]
        record(events, layer, iteration, rows, n, lists.up, n_up, lists.down, n_down)
        up, down = lists.up, lists.down
        a, b = fire(iteration, rows, n, up, n_up, down, n_down, engine, method, device, ladder, p, gates)
        pulses += a
        resets += b
    return pulses, resets


@jit
def pulse_netted(iteration, batch, rule, kept, engine, method, device, ladder, p, gates, lists):
    """Rules `signs` and `products`: every pair is pulsed at most once. Returns the pulses and resets issued.

    A column that fired in one sample only takes that sample's rows, together with its like; the others are netted one by one.
    """
    cols, rows = p.g_plus.shape
    pulses, resets = 0, 0
    mark_columns(batch, kept, cols, lists)
    for s in range(batch):
        n_up, n_down = _single_columns(s, kept, cols, lists)
        if n_up + n_down:
            rows_s, n, up, down = kept.rows[s], kept.n_rows[s], lists.up, lists.down
            a, b = fire(iteration, rows_s, n, up, n_up, down, n_down, engine, method, device, ladder, p, gates)
            pulses += a
            resets += b
    for j in range(cols):
        if lists.only[j] == SEVERAL:
            n_up, n_down = net_column(j, batch, rule, kept, rows, lists)
            lists.up[0] = j
            one, none = lists.up, lists.down
            # Not literals: for each pair of those Numba would compile everything below anew.
            some, no = np.int64(1), np.int64(0)
            a, b = fire(iteration, lists.firing, n_up, one, some, none, no, engine, method, device, ladder, p, gates)
            c, d = fire(iteration, lists.other, n_down, none, no, one, some, engine, method, device, ladder, p, gates)
            pulses += a + c
            resets += b + d
    return pulses, resets


@jit
def record_signs(layer, iteration, batch, kept, n_cols, lists, events):
    """Log of the rule `signs`: the firing lines of every sample, from which `replay_signs` nets them again."""
    for s in range(batch):
        n_up, n_down = sort_columns(s, kept, n_cols, lists)
        if n_up + n_down and kept.n_rows[s]:
            record(events, layer, iteration, kept.rows[s], kept.n_rows[s], lists.up, n_up, lists.down, n_down)


@jit
def record_products(layer, iteration, batch, kept, n_rows, n_cols, lists, events):
    """Log of the rule `products`: what was pulsed, as events that have no pair in common."""
    mark_columns(batch, kept, n_cols, lists)
    for s in range(batch):
        n_up, n_down = _single_columns(s, kept, n_cols, lists)
        if n_up + n_down:
            record(events, layer, iteration, kept.rows[s], kept.n_rows[s], lists.up, n_up, lists.down, n_down)
    for j in range(n_cols):
        if lists.only[j] == SEVERAL:
            n_up, n_down = net_column(j, batch, BATCH_PRODUCTS, kept, n_rows, lists)
            lists.up[0] = j
            if n_up:
                record(events, layer, iteration, lists.firing, n_up, lists.up, 1, lists.down, 0)
            if n_down:
                record(events, layer, iteration, lists.other, n_down, lists.down, 0, lists.up, 1)


@jit
def train_batches(
    iteration,
    order,
    batch,
    rule,
    samples,
    geometry,
    reading,
    engine,
    method,
    device,
    ladder,
    pairs,
    real,
    board,
    circuits,
    gates,
    events,
    curves,
    costs,
    stats,
):
    """Train on mini-batches: one update per `batch` samples of `order`; or on single ones through real circuits.

    Parameters
    ----------
    iteration : int
        Number of updates before this block.
    order : (updates * batch,) int64
        Sample numbers.
    batch : int
        Samples per update.
    rule : int
        ``BATCH_LINES``, ``BATCH_DEFERRED``, ``BATCH_SIGNS`` or ``BATCH_PRODUCTS``.
    real : bool
        Whether `board` and `circuits` are used; else all circuits are ideal.
    board : Board, updated
        It follows the pulses.
    circuits : Sense
    gates : Gates, updated
    events : Events, updated
        With room for ``updates * most_events`` events per layer.
    curves : Curves, updated
        The loss is the batch's mean, all else its sum.
    costs : (LEDGER, updates) float64, updated
        The ledger of every iteration, see `gates`; with no rows if the gates are not active.
    stats : (3,) float64, updated
        See `real.note_read`.

    See `train.train_block` for the others.
    """
    n_layers, width = geometry.rows.shape[0], widest(geometry)
    room, lists = make_room(geometry), make_lists(width)
    n_rows = np.empty((n_layers, batch), np.int64)
    rows = np.empty((n_layers, batch, width), np.int32)
    volts = np.empty((n_layers, batch, width), np.float32)
    error = np.empty((n_layers, batch, width), np.float32)
    events.count[:] = 0
    for t in range(order.shape[0] // batch):
        now = iteration + t + 1
        total, wrongs = 0.0, 0
        gates.ledger[:] = 0.0
        for s in range(batch):
            k = order[t * batch + s]
            if real:
                loss, wrong = pass_real(
                    k, now - 1, s, samples, geometry, reading, pairs.w, room, board, circuits, gates, stats
                )
            else:
                loss, wrong = pass_sample(k, samples, geometry, reading, pairs.w, room)
            total += loss
            wrongs += wrong
            for layer in range(n_layers):
                kept = Kept(n_rows[layer], rows[layer], volts[layer], error[layer])
                threshold = reading.input_threshold if layer == 0 else np.float32(0.0)
                dead_zone = np.float32(-1.0) if rule == BATCH_LINES else reading.dead_zone[layer]
                keep_sample(
                    s,
                    room.lines[layer],
                    room.volts[layer],
                    room.n_lines[layer],
                    threshold,
                    room.delta[layer],
                    geometry.cols[layer],
                    dead_zone,
                    kept,
                )
        pulses, resets = 0, 0
        for layer in range(n_layers):
            kept = Kept(n_rows[layer], rows[layer], volts[layer], error[layer])
            p, own = layer_pairs(pairs, geometry, layer), layer_gates(gates, geometry, layer)
            cols = geometry.cols[layer]
            first_event = events.count[layer]
            set_clock(p.scatter, now, 0)
            gates.ledger[FIRES] = 0.0  # a replay, which sees one layer, has to draw the same disturbances
            if rule == BATCH_LINES:
                dead_zone = reading.dead_zone[layer]
                a, b = pulse_lines(
                    layer, now, batch, kept, dead_zone, engine, method, device, ladder, p, own, lists, events
                )
            elif rule == BATCH_DEFERRED:
                a, b = pulse_deferred(layer, now, batch, kept, engine, method, device, ladder, p, own, lists, events)
            else:
                if rule == BATCH_SIGNS:
                    record_signs(layer, now, batch, kept, cols, lists, events)
                else:
                    record_products(layer, now, batch, kept, geometry.rows[layer], cols, lists, events)
                a, b = pulse_netted(now, batch, rule, kept, engine, method, device, ladder, p, own, lists)
            if board.wired:
                if gates.fraction > 0.0 or gates.probability > 0.0:
                    refresh(layer, np.ones(p.w.shape[0], np.bool_), np.ones(cols, np.bool_), engine, ladder, p, board)
                else:
                    refresh_events(layer, first_event, events, engine, ladder, p, board)
            pulses += a
            resets += b
        curves.loss[t] = total / batch
        curves.wrong[t] = wrongs
        curves.pulses[t] = pulses
        curves.resets[t] = resets
        if gates.active:
            costs[:, t] = gates.ledger


@jit
def replay_signs(iteration, rows, raised, lowered, engine, method, device, ladder, pairs, gates):
    """Apply recorded events of the rule `signs` to one layer's array: events of one iteration are netted.

    Parameters
    ----------
    iteration : (events,) int64
        All events of an iteration must be there.
    rows, raised, lowered : (events, bytes) uint8
    pairs : Pairs, each (rows, stride), updated
    gates : Gates of the layer, updated
    """
    n_events = iteration.shape[0]
    most, k = 1, 0
    for e in range(n_events):
        k = k + 1 if e > 0 and iteration[e] == iteration[e - 1] else 1
        most = max(most, k)
    width = 8 * max(rows.shape[1], raised.shape[1])
    lists = make_lists(width)
    kept = Kept(
        np.empty(most, np.int64),
        np.empty((most, width), np.int32),
        np.empty((most, width), np.float32),
        np.empty((most, width), np.float32),
    )
    pulses, resets, batch = 0, 0, 0
    for e in range(n_events):
        kept.n_rows[batch] = unpack_bits(rows[e], kept.rows[batch])
        kept.error[batch, :] = np.float32(0.0)
        for q in range(unpack_bits(raised[e], lists.up)):
            kept.error[batch, lists.up[q]] = np.float32(-1.0)
        for q in range(unpack_bits(lowered[e], lists.down)):
            kept.error[batch, lists.down[q]] = np.float32(1.0)
        batch += 1
        if e + 1 == n_events or iteration[e + 1] != iteration[e]:
            gates.ledger[:] = 0.0
            set_clock(pairs.scatter, iteration[e], 0)
            a, b = pulse_netted(
                iteration[e], batch, BATCH_SIGNS, kept, engine, method, device, ladder, pairs, gates, lists
            )
            pulses += a
            resets += b
            batch = 0
    return pulses, resets
