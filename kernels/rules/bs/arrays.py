"""Digits of any devices, on any circuits: every digit of a layer is an array of its own, with its own wires and sense
circuits.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base import noise
from ...circuit.lines import layer_lines
from ...circuit.table import follow, follow_all
from ...device.law import Device
from ...pair.pairs import layer_pairs
from ...pair.table import layer_of
from ...pair.weight import conducted
from .bits import USE_CARRY
from .carry import Digits
from .digits import DigitArrays, carry_arrays, compose_all, pulse_arrays
from .nominal import layer_digits
from .reads import read_columns_of, read_rows_of


class Arrays(NamedTuple):
    """Digits of all layers; or of one as far as `digits` go (see `layer_view`)."""

    w: np.ndarray  # (rows, stride) float32: `Digits.w`
    digits: Digits  # without conductances
    own: DigitArrays  # of all layers
    device: Device


def layer_view(array, geometry, layer):
    """Views of one layer; see `kinds.layer_view`."""
    digits = layer_digits(array.digits, geometry, layer)
    return Arrays(digits.w, digits, array.own, array.device)


def read_bits(array, circuit, lines, layer, n, at, number, geometry, room):
    """Forward read; see `kinds.read_bits`."""
    read_columns_of(circuit, array, lines, layer, n, at, number, geometry, room)


def read_signs(array, circuit, lines, layer, n, at, number, geometry, room):
    """Backward read; see `kinds.read_signs`."""
    read_rows_of(circuit, array, lines, layer, n, at, number, geometry, room)


def press(array, seed, layer, at, number, firing, n, up, n_up, down, n_down):
    """One pulse at every crossing; see `kinds.press`."""
    pulse_arrays(layer, at, number, firing, n, up, n_up, down, n_down, array.device, array.own, array.digits)


def carry_all(array, seed, layer, digit, at, rows, cols):
    """Carry a digit; see `kinds.carry_all`."""
    stream = noise.bits_stream(layer, USE_CARRY)
    return carry_arrays(layer, digit, rows, cols, seed, stream, at, array.device, array.own, array.digits)


def pairs_of(array, layer, digit):
    """The pairs of a digit; see `kinds.pairs_of`."""
    return layer_of(array.own.array, array.own.geometry, layer * array.own.copies + digit)


def lines_of(array, lines, geometry, layer, digit):
    """The pulse lines of a digit; see `kinds.lines_of`."""
    return layer_lines(lines, array.own.geometry, layer * array.own.copies + digit)


def weigh_layer(array, geometry, layer):
    """Bring the weights up to the conductances; see `kinds.weigh_layer`."""
    compose_all(layer, geometry.cols[layer], array.own, array.digits)


def follow_lowest(array, circuit, layer, first_event, events):
    """Let the circuit of the lowest digit follow; see `kinds.follow_lowest`."""
    own, last = array.own, (layer + 1) * array.own.copies - 1
    follow(circuit, layer, last, first_event, events, layer_of(own.array, own.geometry, last))


def follow_every(array, circuit, layer):
    """Let the circuits of all digits follow; see `kinds.follow_every`."""
    own = array.own
    for k in range(layer * own.copies, (layer + 1) * own.copies):
        follow_all(circuit, k, layer_of(own.array, own.geometry, k))


def look_at(array, layer, i, j, out):
    """What all digits conduct; see `kinds.look_at`."""
    own = array.own
    for k in range(own.copies):
        p = layer_pairs(own.pairs, own.geometry, layer * own.copies + k)
        out[2 * k], out[2 * k + 1] = conducted(p, i, j, 0), conducted(p, i, j, 1)
