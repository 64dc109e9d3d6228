"""The one training loop, the one replay, and the one history of a pair.

What differs between rules, arrays, circuits, batches and pulse lines is said by the types of the tuples that go in (see
`base.stage`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .base._jit import inlined, jit
from .base.buffers import GROUP, Geometry, Lists, make_lists, record, widest
from .base.stage import where
from .batch.event import event
from .batch.netted import separate
from .batch.table import layer_kept, new_kept, new_replayed, replay_events
from .circuit.table import CIRCUITS
from .lines.refresh import refresh_layer, refresh_layers
from .lines.table import clear, disturbs, enter_costs, enter_pulses, renew
from .path.table import down, let_go, new_memory, remember, up
from .rules.arrays import follow_events, follow_layer, look, transfer
from .rules.table import MODULES, after, begin, layer_array, move, new_room, passes, refreshes, room_of


class Scratch(NamedTuple):
    """Working memory of the training loop, or of the replay."""

    room: Any
    lists: Lists
    kept: Any
    numbers: np.ndarray  # (layers,) int64
    memory: Any = 0  # see `path.table.new_memory`


def new_scratch(geometry: Geometry, rule: Any, batch: Any) -> Scratch:
    """Working memory for training: made in Python, since kernels borrow their arrays."""
    numbers = np.zeros(len(geometry.rows), np.int64)
    room, memory = new_room(rule, geometry, batch.size), new_memory(geometry, batch.size)
    return Scratch(room, make_lists(widest(geometry)), new_kept(batch, geometry), numbers, memory)


def replay_scratch(geometry: Geometry, batch: Any, iteration: np.ndarray) -> Scratch:
    """Working memory for the replay of events of these iterations, ascending."""
    width = widest(geometry) + 8
    most = int(np.unique(iteration, return_counts=True)[1].max()) + 1 if len(iteration) else 1
    return Scratch(0, make_lists(width), new_replayed(batch, width, most), np.zeros(1, np.int64))


def _no_pulses(rule, array, circuit, lines, geometry, now):
    """Nothing happens between updates."""
    return 0, 0


@where(MODULES, "begin", _no_pulses)
def begin_layers(rule, array, circuit, lines, geometry, now):
    """`rules.table.begin` of all layers after `now` updates; returns the pulses and resets issued."""
    pulses, resets = 0, 0
    for layer in range(geometry.rows.shape[0]):
        own = layer_array(rule, array, geometry, layer)
        a, b = begin(rule, own, geometry, layer, now, (0, geometry.rows[layer]), (0, geometry.cols[layer]))
        if b > 0:
            follow_layer(rule, own, circuit, geometry, layer)
            renew(lines, rule, own, geometry, layer)
            enter_pulses(lines, a, b)
        pulses += a
        resets += b
    return pulses, resets


@where(MODULES, "after", _no_pulses)
def end_layers(rule, array, circuit, lines, geometry, now):
    """`rules.table.after` of all layers after update `now`; returns the pulses and resets issued."""
    pulses, resets = 0, 0
    for layer in range(geometry.rows.shape[0]):
        own = layer_array(rule, array, geometry, layer)
        a, b = after(rule, own, geometry, layer, now, (0, geometry.rows[layer]), (0, geometry.cols[layer]))
        if a + b > 0:
            follow_layer(rule, own, circuit, geometry, layer)
            renew(lines, rule, own, geometry, layer)
            enter_pulses(lines, a, b)
        pulses += a
        resets += b
    return pulses, resets


def _nothing_follows(circuit, rule, own, lines, geometry, layer, first_event, events):
    """No circuit depends on the conductances."""


@where(CIRCUITS, "follow", _nothing_follows)
def follow_pulses(circuit, rule, own, lines, geometry, layer, first_event, events):
    """Let the circuit of a layer follow its pulses."""
    if disturbs(lines):
        follow_layer(rule, own, circuit, geometry, layer)
    else:
        follow_events(rule, own, circuit, geometry, layer, first_event, events)


def _no_transfer(rule, array, own, circuit, lines, geometry, layer, at, numbers, room, lists, events):
    """A layer is one array."""
    return 0, 0


@where(MODULES, "transfer", _no_transfer)
def transfer_layer(rule, array, own, circuit, lines, geometry, layer, at, numbers, room, lists, events):
    """What moves between the arrays of a layer, see `rules.arrays.transfer`; returns the pulses and resets issued."""
    pulses, resets, step, more, parted = 0, 0, 0, True, False
    while more:
        n, n_up, n_down, more = transfer(rule, array, circuit, lines, geometry, layer, at, step, numbers, room, lists)
        step += 1
        if n == 0 or n_up + n_down == 0:
            continue
        if not parted:
            separate(layer, at, lists, events)
            numbers[layer] += 1
            parted = True
        first_event, number = events.count[layer], numbers[layer] + GROUP
        a, b = event(rule, own, lines, geometry, layer, at, number, lists.firing, n, lists.up, n_up, lists.down, n_down)
        record(events, layer, at, lists.firing, n, lists.up, n_up, lists.down, n_down)
        numbers[layer] += 1
        follow_pulses(circuit, rule, own, lines, geometry, layer, first_event, events)
        pulses += a
        resets += b
    return pulses, resets


@inlined
def pulse_layers(rule, array, circuit, batch, lines, geometry, at, numbers, place, room, kept, lists, events):
    """Pulse all arrays after the reads of a batch; returns the pulses and resets issued."""
    pulses, resets = 0, 0
    for layer in range(geometry.rows.shape[0]):
        own, first_event = layer_array(rule, array, geometry, layer), events.count[layer]
        mine = layer_kept(batch, kept, layer)
        a, b = let_go(geometry, batch, rule, own, lines, layer, at, numbers, place, room, mine, lists, events)
        follow_pulses(circuit, rule, own, lines, geometry, layer, first_event, events)
        c, d = transfer_layer(rule, array, own, circuit, lines, geometry, layer, at, numbers, room, lists, events)
        pulses += a + c
        resets += b + d
    return pulses, resets


@jit
def train(iteration, order, samples, geometry, rule, array, circuit, batch, lines, scratch, events, curves, costs):
    """Train on the samples `order`, ``batch.size`` of them per update.

    Parameters
    ----------
    iteration : int
        Number of updates before this block.
    order : (updates * batch.size,) int64
        Sample numbers.
    samples : Samples
    geometry : Geometry
    rule, array, circuit, batch, lines : NamedTuples, updated
        See `rules.table`, `pair.table`, `circuit.table`, `batch.table`, `lines.table`.
    scratch : Scratch
        See `new_scratch`.
    events : Events, updated
        ``count`` is set to 0 first; ``iteration`` holds the number of updates after the pulses.
    curves : Curves, updated
        The loss is the batch's mean, all else its sum.
    costs : (LEDGER, updates) float64, updated
        The ledger of every iteration, see `circuit.gates`, if the pulse lines are followed.
    """
    size, times = batch.size, passes(rule)
    rooms, lists, kept, numbers = scratch.room, scratch.lists, scratch.kept, scratch.numbers
    room, memory, ways = room_of(rule, rooms, 0), scratch.memory, size * times
    events.count[:] = 0
    for t in range(order.shape[0] // size):
        now, total, wrongs = iteration + t, 0.0, 0
        clear(lines)
        numbers[:] = 0
        pulses, resets = begin_layers(rule, array, circuit, lines, geometry, now)
        for s in range(times):
            for b in range(size):
                k, number = order[t * size + b], b * times + s
                if size > 1:
                    room = room_of(rule, rooms, b)
                up(geometry, rule, array, circuit, lines, k, now, number, ways, b, samples, room, memory)
                label = samples.label[k]
                loss, wrong = down(geometry, rule, array, circuit, lines, label, now, number, ways, b, room, memory)
                if s == 0:
                    total += loss
                    wrongs += wrong
                remember(geometry, batch, rule, b, now, number, ways, room, memory, kept, lists)
            a, b = pulse_layers(
                rule, array, circuit, batch, lines, geometry, now + 1, numbers, t * size, room, kept, lists, events
            )
            pulses += a
            resets += b
        a, b = end_layers(rule, array, circuit, lines, geometry, now + 1)
        c, d = refresh_layers(refreshes(rule), rule, array, circuit, lines, geometry, now + 1)
        curves.loss[t] = total / size
        curves.wrong[t] = wrongs
        curves.pulses[t] = pulses + a + c
        curves.resets[t] = resets + b + d
        enter_costs(lines, t, costs)


@jit
def replay(layer, after_updates, until, iteration, rows, raised, lowered, geometry, rule, array, batch, lines, scratch):
    """Apply recorded pulse events to one layer's array, and what else happens to it in their time.

    Parameters
    ----------
    layer : int
    after_updates, until : int
        The layer is in its state after the one number of updates, and is brought to that after the other.
    iteration : (events,) int64, ascending
        All events of these iterations.
    rows, raised, lowered : (events, bytes) uint8
        Firing rows, columns that raise W, columns that lower it, in packed bits.
    rule, array, batch, lines : NamedTuples, updated
        See `train`.
    scratch : Scratch
        See `replay_scratch`.
    """
    own, lists, kept = layer_array(rule, array, geometry, layer), scratch.lists, scratch.kept
    whole = (0, geometry.rows[layer]), (0, geometry.cols[layer])
    pulses, resets, e = 0, 0, 0
    for at in range(after_updates + 1, until + 1):
        a, b = begin(rule, own, geometry, layer, at - 1, *whole)
        if b > 0:
            renew(lines, rule, own, geometry, layer)
        first = e
        while e < iteration.shape[0] and iteration[e] == at:
            e += 1
        if e > first:
            clear(lines)
            c, d = replay_events(
                batch, rule, own, lines, geometry, layer, at, rows, raised, lowered, first, e, kept, lists
            )
            a, b = a + c, b + d
        c, d = after(rule, own, geometry, layer, at, *whole)
        f, g = refresh_layer(refreshes(rule), rule, own, geometry, layer, at, *whole)
        if c + d + g > 0:
            renew(lines, rule, own, geometry, layer)
        pulses += a + c + f
        resets += b + d + g
    return pulses, resets


@jit
def walk(layer, iteration, number, signs, i, j, geometry, rule, array, lists, out):
    """History of the pair at row `i`, column `j`, from the events that cross it: what happens to a pair depends on that
    pair alone.

    Parameters
    ----------
    iteration, number : (events,) int64, ascending
        Iteration of each event, and its number among those of its layer in the iteration.
    signs : (events,) int8
        +1 raises W, -1 lowers it.
    array : updated at this pair
        In the initial state.
    lists : Lists, scratch
    out : (iterations + 1, 2 * copies) float32, S, updated
        What the devices conduct after 0, 1, ... updates, see `rules.arrays.look`.
    """
    own = layer_array(rule, array, geometry, layer)
    row, column, none = lists.firing, lists.up, lists.down
    row[0], column[0] = i, j
    rows, cols = (i, i + 1), (j, j + 1)
    some, no = np.int64(1), np.int64(0)
    e = 0
    look(rule, own, geometry, layer, i, j, out[0])
    for at in range(1, out.shape[0]):
        begin(rule, own, geometry, layer, at - 1, rows, cols)
        while e < iteration.shape[0] and iteration[e] == at:
            if signs[e] > 0:
                move(rule, own, geometry, layer, at, number[e], row, some, column, some, none, no)
            else:
                move(rule, own, geometry, layer, at, number[e], row, some, none, no, column, some)
            e += 1
        after(rule, own, geometry, layer, at, rows, cols)
        refresh_layer(refreshes(rule), rule, own, geometry, layer, at, rows, cols)
        look(rule, own, geometry, layer, i, j, out[at])
