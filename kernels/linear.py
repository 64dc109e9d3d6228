"""A single linear layer that learns the weights of another: its error is the difference of their outputs.

What programs a matrix into an array by the learning rule itself (Rasch et al., Nat. Commun. 15:7133, 2024, Fig. 4). All
but the error is the training loop's; see `loop.train`.
"""

from __future__ import annotations

import numpy as np

from .base._jit import jit
from .lines.table import clear
from .loop import begin_layers, end_layers, keep_layers, pulse_layers
from .rules.table import drive, read_layer, room_of


@jit
def output_difference(samples, k, wanted, cols, unit, currents, delta):
    """Error of a sample's outputs, in units of w: ``sum x (w - wanted)``, x from 0 to 1; returns its square's mean.

    Parameters
    ----------
    wanted : (rows, cols) float32, S
        Weights of the other layer.
    unit : float32, A
        Current of w = 1 at a full input.
    currents : (>= cols,) float32, A
    delta : (>= cols,) float32, updated
    """
    total = 0.0
    for j in range(cols):
        error = np.float64(currents[j])
        for q in range(samples.start[k], samples.start[k + 1]):
            error -= np.float64(samples.volts[q]) * np.float64(wanted[samples.line[q], j])
        delta[j] = error / np.float64(unit)
        total += np.float64(delta[j]) * np.float64(delta[j])
    return total / cols


@jit
def train_towards(
    iteration, order, samples, wanted, geometry, rule, array, circuit, batch, lines, scratch, events, loss
):
    """Train a layer without a bias row, one sample at a time, towards the outputs of the weights `wanted`.

    Parameters
    ----------
    iteration : int
        Number of updates before this block.
    order : (updates,) int64
        Sample numbers.
    samples : Samples
    wanted : (rows, cols) float32, S
    geometry, rule, array, circuit, batch, lines, scratch, events
        See `loop.train`; `batch` is of one sample.
    loss : (updates,) float32, updated
        Mean of the squared errors, before each update.
    """
    lists, kept, numbers = scratch.lists, scratch.kept, scratch.numbers
    room, layer, zero = room_of(rule, scratch.room, 0), np.int64(0), np.int64(0)
    unit = rule.slope.unit * rule.reading.v_read
    events.count[:] = 0
    for t in range(order.shape[0]):
        now, k = iteration + t, order[t]
        clear(lines)
        numbers[:] = 0
        begin_layers(rule, array, circuit, lines, geometry, now)
        n = drive(rule, array, k, now, zero, samples, room)
        read_layer(rule, array, circuit, lines, layer, n, now, zero, geometry, room)
        loss[t] = output_difference(samples, k, wanted, geometry.cols[0], unit, room.currents[0], room.delta[0])
        keep_layers(batch, rule, geometry, zero, now, zero, room, kept, lists)
        pulse_layers(rule, array, circuit, batch, lines, geometry, now + 1, numbers, zero, room, kept, lists, events)
        end_layers(rule, array, circuit, lines, geometry, now + 1)
