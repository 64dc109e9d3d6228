"""Networks whose arrays are read once in a sample's way; see `table`."""

from __future__ import annotations

from ..base._jit import inlined
from ..base.stage import where
from ..batch.table import BATCHES, keep, layer_kept, release
from ..rules.table import MODULES, drive, fire, note, output_error, read_back, read_layer


@inlined
def go_up(rule, array, circuit, lines, k, now, number, samples, geometry, room):
    """A sample's one way up: drive the rows of sample `k` and read all layers forward; what was driven and read is left
    in `room`.
    """
    n = drive(rule, array, k, now, number, samples, room)
    last = geometry.rows.shape[0] - 1
    for layer in range(last + 1):
        read_layer(rule, array, circuit, lines, layer, n, now, number, geometry, room)
        if layer < last:
            n = fire(rule, layer, now, number, geometry, room)


@inlined
def go_down(rule, array, circuit, lines, label, now, number, geometry, room):
    """A sample's one way down: the output's error, and those of all layers below, from backward reads; returns (loss,
    misclassified).
    """
    loss, wrong = output_error(rule, label, now, number, geometry, room)
    for layer in range(geometry.rows.shape[0] - 1, 0, -1):
        read_back(rule, array, circuit, lines, layer, now, number, geometry, room)
    return loss, wrong


def _nothing_kept(batch, rule, geometry, b, now, number, room, kept, lists):
    """Nothing is remembered of a sample."""


@where(BATCHES, "keep", _nothing_kept)
def keep_layers(batch, rule, geometry, b, now, number, room, kept, lists):
    """`batch.table.keep` of all layers."""
    for layer in range(geometry.rows.shape[0]):
        keep(batch, rule, geometry, layer, b, now, number, room, layer_kept(batch, kept, layer), lists)


def _nothing_noted(rule, geometry, room):
    """Nothing is noted of a sample."""


@where(MODULES, "note", _nothing_noted)
def note_layers(rule, geometry, room):
    """`rules.table.note` of all layers."""
    for layer in range(geometry.rows.shape[0]):
        note(rule, geometry, layer, room)


def up(geometry, rule, array, circuit, lines, k, now, number, ways, b, samples, room, memory):
    """Up; see `table.up`."""
    go_up(rule, array, circuit, lines, k, now, number, samples, geometry, room)


def down(geometry, rule, array, circuit, lines, label, now, number, ways, b, room, memory):
    """Down; see `table.down`."""
    return go_down(rule, array, circuit, lines, label, now, number, geometry, room)


def remember(geometry, batch, rule, b, now, number, ways, room, memory, kept, lists):
    """Take note, and keep; see `table.remember`."""
    note_layers(rule, geometry, room)
    keep_layers(batch, rule, geometry, b, now, number, room, kept, lists)


def let_go(geometry, batch, rule, own, lines, layer, at, numbers, place, room, mine, lists, events):
    """Pulse a layer; see `table.let_go`."""
    return release(batch, rule, own, lines, geometry, layer, at, numbers, place, room, mine, lists, events)
