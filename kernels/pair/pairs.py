"""Buffers of differential pairs whose conductances are floats."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..base._jit import view
from ..base.buffers import layer_columns, layer_weights
from .scatter import Scatter, layer_scatter


class Pairs(NamedTuple):
    """State of one array's pairs, or of all layers', flat.

    W is kept by rows, as reads need it; all else by columns, since a pulse event fires few columns and many rows:
    going down a column then walks through memory in order.
    """

    w: np.ndarray  # (rows, stride) float32, S: G+ - G- as they conduct
    g_plus: np.ndarray  # (cols, rows) float32, S: nominal
    g_minus: np.ndarray  # (cols, rows) float32, S: nominal
    x_plus: np.ndarray  # (cols, rows) float32: scale of each device, 1 without variation
    x_minus: np.ndarray  # (cols, rows) float32
    y_plus: np.ndarray  # (cols, rows) float32, S: offset of each device, 0 without variation
    y_minus: np.ndarray  # (cols, rows) float32, S
    pulses_plus: np.ndarray  # (cols, rows) int64
    pulses_minus: np.ndarray  # (cols, rows) int64
    resets_plus: np.ndarray  # (cols, rows) int64
    resets_minus: np.ndarray  # (cols, rows) int64
    scatter: Scatter | None  # how devices depart from the nominal one, beyond x and y; None: they do not


def empty_pairs(shape: tuple[int, ...], shape_t: tuple[int, ...]) -> Pairs:
    """Zeroed buffers of nominal devices: W of the first shape, what is kept by columns of the second."""

    def zeros(dtype: type) -> np.ndarray:
        return np.zeros(shape_t, dtype)

    one = np.float32(1.0)
    return Pairs(
        np.zeros(shape, np.float32),
        g_plus=zeros(np.float32),
        g_minus=zeros(np.float32),
        x_plus=zeros(np.float32) + one,
        x_minus=zeros(np.float32) + one,
        y_plus=zeros(np.float32),
        y_minus=zeros(np.float32),
        pulses_plus=zeros(np.int64),
        pulses_minus=zeros(np.int64),
        resets_plus=zeros(np.int64),
        resets_minus=zeros(np.int64),
        scatter=None,
    )


def bytes_of(shape: tuple[int, ...], shape_t: tuple[int, ...]) -> int:
    """Memory that `empty_pairs` takes for these shapes, and the ladder engine's buffers."""
    return 4 * math.prod(shape) + (2 + 8 + 6 * 4 + 4 * 8) * math.prod(shape_t)


@view
def layer_pairs(pairs, geometry, layer):
    """Views of all buffers of one layer, shaped as `Pairs` says."""
    a, r, c = geometry.offset_t[layer], geometry.rows[layer], geometry.cols[layer]
    return Pairs(
        layer_weights(pairs.w, geometry, layer),
        layer_columns(pairs.g_plus, geometry, layer),
        layer_columns(pairs.g_minus, geometry, layer),
        layer_columns(pairs.x_plus, geometry, layer),
        layer_columns(pairs.x_minus, geometry, layer),
        layer_columns(pairs.y_plus, geometry, layer),
        layer_columns(pairs.y_minus, geometry, layer),
        layer_columns(pairs.pulses_plus, geometry, layer),
        layer_columns(pairs.pulses_minus, geometry, layer),
        layer_columns(pairs.resets_plus, geometry, layer),
        layer_columns(pairs.resets_minus, geometry, layer),
        layer_scatter(pairs.scatter, layer, a, a + r * c, (c, r)),
    )
