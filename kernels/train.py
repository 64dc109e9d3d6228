"""The hot loop: a block of online training iterations, fused; and the replay of recorded pulses.

One iteration is the learning procedure of Lim et al. (2019), Fig. 5: read forward layer by layer, take the output error,
read backward layer by layer, then pulse. All arrays are pulsed after all reads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .base._jit import jit
from .circuit import read
from .pair.pair import Pairs, update_analog, update_ladder
from .pair.scatter import layer_scatter, set_clock
from .rules.pulses import pack_bits, select_columns, select_rows, unpack_bits
from .way import neuron

ENGINE_LADDER, ENGINE_ANALOG, ENGINE_VARIED = 0, 1, 2
"""Varied: the ladder engine for devices that conduct a multiple of the nominal conductance."""


class Geometry(NamedTuple):
    """Where each layer's array lies in the flat buffers; every field is (layers,) int64."""

    rows: np.ndarray  # the bias row included
    cols: np.ndarray
    stride: np.ndarray
    offset: np.ndarray  # of W
    offset_t: np.ndarray  # of what is kept by columns
    bias: np.ndarray  # 1 if the last row is a bias row


class Reading(NamedTuple):
    """Voltages, neurons and comparators."""

    v_read: np.float32  # V
    span: np.float32  # S: Gmax - Gmin
    reach: np.float32  # no |W| is larger, in units of `span`
    c: np.ndarray  # (layers,) float32, A: hard sigmoid of the layer's neurons (unused for the last)
    softmax_gain: float  # 1/A
    dead_zone: np.ndarray  # (layers,) float32: on the layer's delta
    input_threshold: np.float32  # V


class Samples(NamedTuple):
    """A data set as lists of driven rows."""

    start: np.ndarray  # (samples + 1,) int64
    line: np.ndarray  # (driven,) int32
    volts: np.ndarray  # (driven,) float32, V
    label: np.ndarray  # (samples,) int64


class Events(NamedTuple):
    """Pulse events of one block: per layer, the iterations that pulsed, and their firing lines in packed bits."""

    count: np.ndarray  # type: ignore[assignment]  # (layers,) int64; hides tuple.count, which nobody needs here
    iteration: np.ndarray  # (layers, block) int64
    rows: np.ndarray  # (layers, block, bytes) uint8
    raised: np.ndarray  # (layers, block, bytes) uint8
    lowered: np.ndarray  # (layers, block, bytes) uint8


class Curves(NamedTuple):
    """What is kept of every iteration of a block."""

    loss: np.ndarray  # (block,) float32, nat
    wrong: np.ndarray  # (block,) uint16: misclassified samples
    pulses: np.ndarray  # (block,) int64
    resets: np.ndarray  # (block,) int64


@jit
def widest(geometry):
    """Room that holds the lines of any layer, bias row and padding included."""
    n = 0
    for layer in range(geometry.rows.shape[0]):
        n = max(n, geometry.stride[layer], geometry.rows[layer])
    return n + 1


class Room(NamedTuple):
    """Working memory of one sample's way through the network; (layers, width) each, unless said."""

    lines: np.ndarray  # int32: driven rows
    volts: np.ndarray  # float32, V
    n_lines: np.ndarray  # (layers,) int64
    currents: np.ndarray  # float32, A
    delta: np.ndarray  # float32
    gated: np.ndarray  # (width,) int32
    back_volts: np.ndarray  # (width,) float32, V
    back_currents: np.ndarray  # (width,) float32, A


@jit
def make_room(geometry):
    """A `Room` for networks of this geometry."""
    n, width = geometry.rows.shape[0], widest(geometry)
    return Room(
        np.empty((n, width), np.int32),
        np.empty((n, width), np.float32),
        np.empty(n, np.int64),
        np.empty((n, width), np.float32),
        np.empty((n, width), np.float32),
        np.empty(width, np.int32),
        np.empty(width, np.float32),
        np.empty(width, np.float32),
    )


@jit
def layer_weights(w, geometry, layer):
    """View of one layer's W, (rows, stride), in the flat buffer of all."""
    a, r, s = geometry.offset[layer], geometry.rows[layer], geometry.stride[layer]
    return w[a : a + r * s].reshape((r, s))


@jit
def layer_pairs(pairs, geometry, layer):
    """Views of all buffers of one layer, shaped as `Pairs` says."""
    a, r, c = geometry.offset_t[layer], geometry.rows[layer], geometry.cols[layer]
    b = a + r * c
    shape = (c, r)
    return Pairs(
        layer_weights(pairs.w, geometry, layer),
        pairs.state[a:b].reshape(shape),
        pairs.tally[a:b].reshape(shape),
        pairs.g_plus[a:b].reshape(shape),
        pairs.g_minus[a:b].reshape(shape),
        pairs.x_plus[a:b].reshape(shape),
        pairs.x_minus[a:b].reshape(shape),
        pairs.y_plus[a:b].reshape(shape),
        pairs.y_minus[a:b].reshape(shape),
        pairs.pulses_plus[a:b].reshape(shape),
        pairs.pulses_minus[a:b].reshape(shape),
        pairs.resets_plus[a:b].reshape(shape),
        pairs.resets_minus[a:b].reshape(shape),
        layer_scatter(pairs.scatter, layer, a, b, shape),
    )


@jit
def activate(currents, n, c, v_read, lines, volts):
    """Hidden neurons drive the next layer's rows: lists the neurons with output > 0, ascending; returns their number."""
    k = 0
    for j in range(n):
        y = neuron.hard_sigmoid(currents[j], c)
        if y > np.float32(0.0):
            lines[k] = j
            volts[k] = y * v_read
            k += 1
    return k


@jit
def drive_bias(geometry, layer, v_read, lines, volts, n_lines):
    """Append the bias row, driven at the full read voltage, if the layer has one; returns the new number of lines."""
    if geometry.bias[layer]:
        lines[n_lines] = geometry.rows[layer] - 1
        volts[n_lines] = v_read
        n_lines += 1
    return n_lines


@jit
def load_sample(samples, k, lines, volts):
    """Copy the driven rows of sample `k`; returns their number."""
    a, b = samples.start[k], samples.start[k + 1]
    for q in range(b - a):
        lines[q] = samples.line[a + q]
        volts[q] = samples.volts[a + q]
    return b - a


@jit
def propagate_error(layer, geometry, reading, w, room):
    """Backward read of `layer`: the error of the neurons below it, ``room.delta[layer - 1]``, is updated."""
    below = layer - 1
    n_below, n_above = geometry.cols[below], geometry.cols[layer]
    delta, currents, gated = room.delta, room.currents, room.gated
    c = reading.c[below]
    n_gated = 0
    for i in range(n_below):
        delta[below, i] = np.float32(0.0)
        if neuron.passes_error(currents[below, i], c):
            gated[n_gated] = i
            n_gated += 1
    total = np.float32(0.0)
    for j in range(n_above):
        room.back_volts[j] = delta[layer, j] * reading.v_read
        total += abs(delta[layer, j])
    # |W| <= reach, so no error below can exceed reach * total; if that is inside the dead zone and no layer needs the
    # error further down, nothing can fire there and the read is skipped. The margin covers float32 sums.
    margin = np.float32(1.001) + np.float32(1.2e-7) * np.float32(n_above)
    if below == 0 and total * reading.reach * margin < reading.dead_zone[0]:
        return
    read.backward(room.back_volts, n_above, layer_weights(w, geometry, layer), gated, n_gated, room.back_currents)
    unit = reading.span * reading.v_read
    for q in range(n_gated):
        delta[below, gated[q]] = room.back_currents[gated[q]] / unit


@jit
def pass_sample(k, samples, geometry, reading, w, room):
    """Reads of one sample, forward and backward: the errors of all layers are left in ``room.delta``.

    Parameters
    ----------
    k : int
        Sample number.
    w : flat float32, S
        Weights of all layers.
    room : Room, updated

    Returns
    -------
    loss : float64
        Cross-entropy, nat.
    wrong : bool
    """
    last = geometry.rows.shape[0] - 1
    n = load_sample(samples, k, room.lines[0], room.volts[0])
    for layer in range(last + 1):
        n = drive_bias(geometry, layer, reading.v_read, room.lines[layer], room.volts[layer], n)
        room.n_lines[layer] = n
        out = room.currents[layer, : geometry.stride[layer]]
        read.forward(room.lines[layer], room.volts[layer], n, layer_weights(w, geometry, layer), out)
        if layer < last:
            cols, c = geometry.cols[layer], reading.c[layer]
            n = activate(room.currents[layer], cols, c, reading.v_read, room.lines[layer + 1], room.volts[layer + 1])
    label = samples.label[k]
    loss, winner = neuron.softmax_error(
        room.currents[last], geometry.cols[last], reading.softmax_gain, label, room.delta[last]
    )
    for layer in range(last, 0, -1):
        propagate_error(layer, geometry, reading, w, room)
    return loss, winner != label


@jit
def pulse(firing, n_firing, up, n_up, down, n_down, engine, method, device, ladder, pairs):
    """One pulse event on one array; returns the pulses and resets issued. See `pair.update_ladder`."""
    if engine == ENGINE_ANALOG:
        return update_analog(firing, n_firing, up, n_up, down, n_down, pairs, method, device, ladder.steps)
    return update_ladder(firing, n_firing, up, n_up, down, n_down, pairs, ladder, engine == ENGINE_VARIED)


@jit
def record(events, layer, iteration, firing, n_firing, up, n_up, down, n_down):
    """Append a pulse event to the log of `layer`."""
    e = events.count[layer]
    events.iteration[layer, e] = iteration
    pack_bits(firing, n_firing, events.rows[layer, e])
    pack_bits(up, n_up, events.raised[layer, e])
    pack_bits(down, n_down, events.lowered[layer, e])
    events.count[layer] = e + 1


@jit
def train_block(iteration, order, samples, geometry, reading, engine, method, device, ladder, pairs, events, curves):
    """Train on the samples `order`, one update each.

    Parameters
    ----------
    iteration : int
        Number of updates before this block.
    order : (block,) int64
        Sample numbers.
    samples : Samples
    geometry : Geometry
    reading : Reading
    engine, method : int
    device : Device
    ladder : Ladder
    pairs : Pairs of flat buffers, updated
    events : Events, updated
        ``count`` is set to 0 first; ``iteration`` holds the number of updates after the pulses.
    curves : Curves, updated
    """
    n_layers = geometry.rows.shape[0]
    width = widest(geometry)
    room = make_room(geometry)
    up, down, firing = np.empty(width, np.int32), np.empty(width, np.int32), np.empty(width, np.int32)
    events.count[:] = 0
    for t in range(order.shape[0]):
        loss, wrong = pass_sample(order[t], samples, geometry, reading, pairs.w, room)
        curves.loss[t] = loss
        curves.wrong[t] = wrong
        pulses, resets = 0, 0
        set_clock(pairs.scatter, iteration + t + 1, 0)
        for layer in range(n_layers):
            n_up, n_down = select_columns(room.delta[layer], geometry.cols[layer], reading.dead_zone[layer], up, down)
            if n_up + n_down == 0:
                continue
            threshold = reading.input_threshold if layer == 0 else np.float32(0.0)
            n_firing = select_rows(room.lines[layer], room.volts[layer], room.n_lines[layer], threshold, firing)
            if n_firing == 0:
                continue
            p = layer_pairs(pairs, geometry, layer)
            a, b = pulse(firing, n_firing, up, n_up, down, n_down, engine, method, device, ladder, p)
            pulses += a
            resets += b
            record(events, layer, iteration + t + 1, firing, n_firing, up, n_up, down, n_down)
        curves.pulses[t] = pulses
        curves.resets[t] = resets


@jit
def replay(iteration, numbered, rows, raised, lowered, engine, method, device, ladder, pairs):
    """Apply recorded pulse events to one layer's array.

    Parameters
    ----------
    iteration : (events,) int64
    numbered : bool
        Whether the events of an iteration pulse the same pairs again and are told apart by their number (rule `deferred`).
    rows, raised, lowered : (events, bytes) uint8
        Firing rows, columns that raise W, columns that lower it, in packed bits.
    pairs : Pairs, each (rows, stride), updated
    """
    width = 8 * max(rows.shape[1], raised.shape[1])
    firing, up, down = np.empty(width, np.int32), np.empty(width, np.int32), np.empty(width, np.int32)
    pulses, resets, number = 0, 0, 0
    for e in range(rows.shape[0]):
        number = number + 1 if numbered and e > 0 and iteration[e] == iteration[e - 1] else 0
        set_clock(pairs.scatter, iteration[e], number)
        n_firing = unpack_bits(rows[e], firing)
        n_up, n_down = unpack_bits(raised[e], up), unpack_bits(lowered[e], down)
        a, b = pulse(firing, n_firing, up, n_up, down, n_down, engine, method, device, ladder, pairs)
        pulses += a
        resets += b
    return pulses, resets
