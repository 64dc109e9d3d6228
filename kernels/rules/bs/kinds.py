"""Stages of the kinds of weights that binary-stochastic learning trains: ideal steps, digits of nominal devices, digits
of any devices.
"""

from __future__ import annotations

from ...base.stage import stage
from . import arrays, ideal, nominal

KINDS = {ideal.Steps: ideal, nominal.Nominal: nominal, arrays.Arrays: arrays}


@stage(KINDS)
def layer_view(array, geometry, layer):
    """Views of one layer of flat buffers."""
    return array


@stage(KINDS)
def flush(array):
    """Carry out steps that wait, before anything reads the weights."""


@stage(KINDS)
def read_bits(array, circuit, lines, layer, n, at, number, geometry, room):
    """Forward read of the `n` rows of ``room.lines[layer]``, all driven alike: ``room.currents[layer]``, in units of W,
    is updated.

    Parameters
    ----------
    array : the whole network's
    at, number : int
        Of the draws: iteration, and number of the read in it.
    """


@stage(KINDS)
def read_signs(array, circuit, lines, layer, n, at, number, geometry, room):
    """Backward read of a layer whose columns are driven by their errors' signs: ``room.back_currents`` is updated at
    the `n` rows of ``room.gated``.
    """


@stage(KINDS)
def press(array, seed, layer, at, number, firing, n, up, n_up, down, n_down):
    """One pulse on the lowest digit of every weight of a layer at a crossing; the `number`-th event of iteration `at`
    (from 1).
    """


@stage(KINDS)
def carry_all(array, seed, layer, digit, at, rows, cols):
    """Carry a digit (1 .. K - 1) of a layer into the next higher one; returns weights carried, pulses and resets."""
    return 0, 0, 0


@stage(KINDS)
def pairs_of(array, layer, digit):
    """The pairs of a digit of a layer, as an array of `pair.table`."""
    return array


@stage(KINDS)
def lines_of(array, lines, geometry, layer, digit):
    """The pulse lines of a digit of a layer."""
    return lines


@stage(KINDS)
def weigh_layer(array, geometry, layer):
    """Bring the weights of a layer up to the conductances."""


@stage(KINDS)
def follow_lowest(array, circuit, layer, first_event, events):
    """Let the circuit of the lowest digit of a layer follow recorded events."""


@stage(KINDS)
def follow_every(array, circuit, layer):
    """Let the circuits of all digits of a layer follow any change."""


@stage(KINDS)
def look_at(array, layer, i, j, out):
    """What the devices of all digits of a weight conduct, from the highest down: ``out``, (2 K,) float32, S, is
    updated, G+ and G- in turn.
    """
