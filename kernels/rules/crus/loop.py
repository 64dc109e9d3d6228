"""Training with the conditional reverse update scheme (CRUS, a reconstruction) and its rivals; the replay of what was recorded.

Order of one iteration: every `period` iterations all pairs are sensed; a sample is read forward and backward; then every array is pulsed.
After `now` updates come the sensing (if ``now % period == 0``), the reads and update ``now + 1``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...base._jit import jit
from ...circuit.gates import Gates
from ...circuit.real import pass_real
from ...circuit.sense import Sense
from ...circuit.wired import Board, refresh, refresh_events
from ...pair.pair import Ladder
from ...train import ENGINE_ANALOG, layer_pairs, layer_weights, make_room, pass_sample, record, widest
from ..pulses import unpack_bits
from .pairs import REFRESH, THRESHOLD, conducted, sense_pairs, update_crus
from .rivals import refresh_pairs, update_lim, update_threshold
from .rule import USE_EVENT, draw_columns, draw_rows, event_keys
from .update_noise import add_request


class Circuits(NamedTuple):
    """What reads through real circuits need, see `batch.train_batches`."""

    board: Board
    sense: Sense
    gates: Gates
    ladder: Ladder
    stats: np.ndarray  # (3,) float64, updated


@jit
def layer_columns(flat, geometry, layer):
    """(cols, rows) view of one layer of what is kept by columns."""
    a, r, c = geometry.offset_t[layer], geometry.rows[layer], geometry.cols[layer]
    return flat[a : a + r * c].reshape((c, r))


@jit
def sense_layer(layer, now, rows, cols, pairs, codes, gathered, scheme, d):
    """Sense some rows and columns of a layer, and refresh them, if the scheme says so; returns the pulses and resets issued."""
    sense_pairs(layer, now, rows, cols, pairs, codes, scheme, d)
    if gathered is not None:
        if scheme.mode == REFRESH:
            return refresh_pairs(layer, now, rows, cols, pairs, codes, scheme, d, pairs.scatter)
    return 0, 0


@jit
def is_sensed(now, scheme):
    """Whether pairs are sensed after so many updates."""
    return scheme.mode != THRESHOLD and now % scheme.period == 0


@jit
def update_pairs(layer, iteration, firing, n, up, n_up, down, n_down, pairs, codes, gathered, scheme, d):
    """One event on one array, by the scheme; returns the pulses and resets issued. See `crus_pairs.update_crus`.

    `gathered` is None of CRUS; Numba then leaves out the rivals.
    """
    own = pairs.scatter
    if gathered is None:
        return update_crus(layer, iteration, firing, n, up, n_up, down, n_down, pairs, codes, scheme, d, own), 0
    return update_lim(layer, iteration, firing, n, up, n_up, down, n_down, pairs, codes, scheme, d, own)


@jit
def train_crus(
    iteration, order, samples, geometry, reading, d, scheme, pairs, codes, gathered, circuits, asked, events, curves
):
    """Train on the samples `order`, one update each.

    Parameters
    ----------
    iteration : int
        Number of updates before this block.
    order : (block,) int64
        Sample numbers.
    reading : Reading
        With dead zones below which a column never fires.
    scheme : Scheme
    pairs : Pairs of flat buffers, updated
    codes : flat uint16, updated
        Levels last sensed, see `crus_pairs.sense_pairs`.
    gathered : flat float32, updated, or None
        Requests that were not yet worth a pulse, of the scheme `THRESHOLD`; empty of other rivals, None of CRUS itself.
    circuits : Circuits or None
        None: all reads are ideal.
    asked : flat float32, V, updated
        What SGD would do, laid out as W, see `update_noise.add_request`; empty: it is not followed.
    events, curves : updated
        See `train.train_block`. The events of `THRESHOLD` say which columns were pulsed, and are no record to replay.
    """
    n_layers, width = geometry.rows.shape[0], widest(geometry)
    room = make_room(geometry)
    up, down, firing = np.empty(width, np.int32), np.empty(width, np.int32), np.empty(width, np.int32)
    events.count[:] = 0
    for t in range(order.shape[0]):
        now = iteration + t
        pulses, resets = 0, 0
        if is_sensed(now, scheme):
            for layer in range(n_layers):
                p, whole = layer_pairs(pairs, geometry, layer), (0, geometry.rows[layer])
                own = layer_columns(codes, geometry, layer)
                a, b = sense_layer(layer, now, whole, (0, geometry.cols[layer]), p, own, gathered, scheme, d)
                pulses += a
                resets += b
                if circuits is not None:
                    if circuits.board.wired and b > 0:
                        every_row, every_col = np.ones(p.w.shape[0], np.bool_), np.ones(geometry.cols[layer], np.bool_)
                        refresh(layer, every_row, every_col, ENGINE_ANALOG, circuits.ladder, p, circuits.board)
        if circuits is not None:
            loss, wrong = pass_real(
                order[t], now, 0, samples, geometry, reading, pairs.w, room, circuits.board, circuits.sense, circuits.gates,
                circuits.stats,
            )  # fmt: skip
        else:
            loss, wrong = pass_sample(order[t], samples, geometry, reading, pairs.w, room)
        curves.loss[t] = loss
        curves.wrong[t] = wrong
        fade = math.exp(-scheme.decay * now / scheme.total)
        for layer in range(n_layers):
            cols, rate, dead_zone = geometry.cols[layer], scheme.rate[layer] * fade, reading.dead_zone[layer]
            delta, lines, volts, n = room.delta[layer], room.lines[layer], room.volts[layer], room.n_lines[layer]
            p, first_event = layer_pairs(pairs, geometry, layer), events.count[layer]
            if asked.shape[0] > 0:
                add_request(delta, lines, volts, n, cols, layer_weights(asked, geometry, layer))
            n_up, n_down, m, gathers = 0, 0, 0, False
            if gathered is not None:
                if scheme.mode == THRESHOLD:
                    gathers = True
                    a, n_up = update_threshold(
                        layer, now + 1, lines, volts, n, delta, rate, dead_zone, reading.v_read, p,
                        layer_columns(gathered, geometry, layer), scheme, d, p.scatter, up,
                    )  # fmt: skip
                    pulses += a
                    if n_up > 0:
                        record(events, layer, now + 1, lines, n, up, n_up, down, 0)
            if not gathers:
                row_key, column_key, _ = event_keys(scheme.seed, layer, USE_EVENT, now + 1)
                n_up, n_down = draw_columns(column_key, delta, cols, rate, dead_zone, up, down)
                if n_up + n_down > 0:
                    m = draw_rows(row_key, lines, volts, n, reading.v_read, firing)
                if m == 0:
                    continue
                own = layer_columns(codes, geometry, layer)
                a, b = update_pairs(layer, now + 1, firing, m, up, n_up, down, n_down, p, own, gathered, scheme, d)
                pulses += a
                resets += b
                record(events, layer, now + 1, firing, m, up, n_up, down, n_down)
            if circuits is not None:
                if circuits.board.wired:
                    refresh_events(layer, first_event, events, ENGINE_ANALOG, circuits.ladder, p, circuits.board)
        curves.pulses[t] = pulses
        curves.resets[t] = resets


@jit
def sense_between(layer, clock, until, pairs, codes, gathered, scheme, d):
    """Sense one layer as often as it is sensed after `clock`, ... , ``until - 1`` updates; returns the pulses and resets of refreshes."""
    pulses, resets = 0, 0
    now = -(-clock // scheme.period) * scheme.period
    while now < until:
        if is_sensed(now, scheme):
            cols, rows = codes.shape
            a, b = sense_layer(layer, now, (0, rows), (0, cols), pairs, codes, gathered, scheme, d)
            pulses += a
            resets += b
        now += scheme.period
    return pulses, resets


@jit
def replay_crus(layer, clock, iteration, rows, raised, lowered, pairs, codes, gathered, scheme, d):
    """Apply recorded events to one layer's array, and what was sensed in between.

    Parameters
    ----------
    clock : int
        Updates whose sensings are done already.
    iteration : (events,) int64
    rows, raised, lowered : (events, bytes) uint8
        Firing rows, columns that raise W, columns that lower it, in packed bits.
    pairs : Pairs of the layer, updated
    codes : (cols, rows) uint16, updated
    gathered : see `train_crus`

    Returns
    -------
    pulses, resets : int
    """
    width = 8 * max(rows.shape[1], raised.shape[1])
    firing, up, down = np.empty(width, np.int32), np.empty(width, np.int32), np.empty(width, np.int32)
    pulses, resets = 0, 0
    for e in range(rows.shape[0]):
        a, b = sense_between(layer, clock, iteration[e], pairs, codes, gathered, scheme, d)
        clock = iteration[e]
        n, n_up, n_down = unpack_bits(rows[e], firing), unpack_bits(raised[e], up), unpack_bits(lowered[e], down)
        more, again = update_pairs(layer, clock, firing, n, up, n_up, down, n_down, pairs, codes, gathered, scheme, d)
        pulses += a + more
        resets += b + again
    return pulses, resets


@jit
def walk_crus(layer, iteration, signs, i, j, pairs, codes, gathered, scheme, d, g_plus, g_minus):
    """History of the pair at row `i`, column `j`, from the events that cross it and its own sensings.

    Parameters
    ----------
    iteration : (events,) int64
    signs : (events,) int8
        +1 raises W, -1 lowers it.
    pairs, codes : of the layer, updated at this pair
        In the initial state.
    g_plus, g_minus : (iterations + 1,) float32, S, updated
        What the devices conduct after 0, 1, ... updates.
    """
    row, column, none = np.array([i], np.int32), np.array([j], np.int32), np.zeros(1, np.int32)
    e = 0
    g_plus[0], g_minus[0] = conducted(pairs, i, j, 0), conducted(pairs, i, j, 1)
    for n in range(1, g_plus.shape[0]):
        if is_sensed(n - 1, scheme):
            sense_layer(layer, n - 1, (i, i + 1), (j, j + 1), pairs, codes, gathered, scheme, d)
        if e < iteration.shape[0] and iteration[e] == n:
            up = signs[e] > 0
            update_pairs(
                layer, n, row, 1, column if up else none, int(up), none if up else column, 1 - int(up), pairs, codes, gathered,
                scheme, d,
            )  # fmt: skip
            e += 1
        g_plus[n], g_minus[n] = conducted(pairs, i, j, 0), conducted(pairs, i, j, 1)
