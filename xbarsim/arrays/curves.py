"""From a layout to the curve of its devices as the kernels take it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..describe.iv import IV
from ..kernels.circuit.curve import SINH, TABLE, Curve
from ..kernels.circuit.ohmic import Ohmic


def bent(volts: np.ndarray, iv: IV, v_read: float) -> np.ndarray:
    """What ohmic devices would have to be driven with for the same currents, V: `IV.effective` of every voltage."""
    return volts if iv.ohmic else np.vectorize(iv.effective, otypes=[float])(volts, v_read)


def curve_of(iv: IV, v_read: float, width: int, cells: int = 0, dtype: Any = np.float32) -> Any:
    """The curve of all devices, with working memory.

    Parameters
    ----------
    iv : IV
    v_read : float, V
    width : int
        Most lines of a read.
    cells : int
        Devices of the largest tile, where nodal equations are solved.
    dtype : type
        Of the nodes there.
    """
    if iv.ohmic:
        return Ohmic(0)
    volts, values = np.array([0.0, 1.0]), np.array([0.0, 1.0])
    scale = peak = 1.0
    if iv.iv == "sinh":
        assert iv.iv_scale is not None
        scale, peak = iv.iv_scale, math.sinh(v_read / iv.iv_scale)
    else:
        volts = np.array([0.0, *(v for v, _ in iv.iv_points or ())])
        values = np.array([iv.effective(float(v), v_read) for v in volts])
    made = (np.zeros(cells, dtype) for _ in range(4))
    kind = SINH if iv.iv == "sinh" else TABLE
    return Curve(kind, float(v_read), float(scale), float(peak), volts, values, np.zeros(width, np.float32), *made)
