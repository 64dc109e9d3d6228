"""A network that was trained elsewhere, from what its numbers stand for: lists and floats, currents in A."""

from __future__ import annotations

import math

import numpy as np


def activation(z, kind, half_width):
    """Output of a neuron: linear, relu, sigmoid, tanh, hard sigmoid, by number."""
    return (
        lambda: z,
        lambda: z if z > 0.0 else 0.0,
        lambda: 1.0 / (1.0 + math.exp(-z)) if z > -700.0 else 0.0,
        lambda: (math.exp(2.0 * z) - 1.0) / (math.exp(2.0 * z) + 1.0) if abs(z) < 300.0 else math.copysign(1.0, z),
        lambda: 0.0 if z < -half_width else 1.0 if z > half_width else 0.5 + z / (2.0 * half_width),
    )[kind]()


def drive_with(currents, kind, unit, full, half_width, limited, v_read):
    """{row: voltage} that neurons drive the next array with."""
    driven = {}
    for j, current in enumerate(currents):
        share = activation(float(current) / unit, kind, half_width) / full
        if limited and abs(share) > 1.0:
            share = math.copysign(1.0, share)
        volts = np.float32(share * float(v_read))
        if volts != 0.0:
            driven[j] = volts
    return driven


def add_biases(currents, bias):
    """Sensed currents with what is added digitally."""
    return [np.float32(i) + np.float32(b) for i, b in zip(currents, bias, strict=True)]


def answers(network, x):
    """Output currents, A, of one sample.

    `network` is a list of arrays, each a dict with ``g_plus`` and ``g_minus`` (S, lists of rows; a bias row is the
    last if ``bias_row`` says so), ``bias`` (A), ``kind``, ``unit``, ``full``, ``half_width``, ``limited``; and
    ``v_read``.
    """
    driven = {i: np.float32(np.float32(v) * np.float32(network[0]["v_read"])) for i, v in enumerate(x) if v != 0.0}
    currents = []
    for k, array in enumerate(network):
        rows = len(array["g_plus"])
        if array["bias_row"]:
            driven[rows - 1] = np.float32(array["v_read"])
        columns = range(len(array["g_plus"][0]))
        currents = [
            sum(float(v) * (float(array["g_plus"][i][j]) - float(array["g_minus"][i][j])) for i, v in driven.items())
            for j in columns
        ]
        currents = add_biases(currents, array["bias"])
        if k < len(network) - 1:
            asked = (array[name] for name in ("kind", "unit", "full", "half_width", "limited", "v_read"))
            driven = drive_with(currents, *asked)
    return currents
