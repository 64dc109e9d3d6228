"""Weights without devices: what a read sees, and no pulse moves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base.buffers import layer_weights


class Weights(NamedTuple):
    """Weights of all layers, flat, or of one."""

    w: np.ndarray  # (rows, stride) float32


def layer_of(array, geometry, layer):
    """Views of one layer of flat buffers."""
    return Weights(layer_weights(array.w, geometry, layer))
