"""What test samples are read through: weights, and a circuit."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels.circuit.recorder import Recorder
from ..kernels.circuit.sense import TEST
from ..kernels.circuit.sensed import Sensed


def tested_through(state: Any) -> tuple[np.ndarray, Any]:
    """Weights laid out as those of a network state, and a circuit to read them through.

    Where the circuit is linear the weights are the matrix that stands for the wires, else the wires are solved for
    every sample.
    """
    flat, inner = parts_of(state)
    return flat, state.managed(inner, test=True)


def parts_of(state: Any, counts: np.ndarray | None = None) -> tuple[np.ndarray, Any]:
    """The same without what drives bit by bit or manages ranges; where `counts` are given, see `recorder.Recorder`,
    without a range, and currents are counted.
    """
    layout, flat = state.layout, state.pairs.w
    if layout.curved_wires:
        circuit = state.tested
    else:
        flat, circuit = state.transfer(), Sensed(state.sense, TEST, state.curve)
    if counts is None:
        return flat, circuit
    opened = state.sense._replace(limit=np.zeros_like(state.sense.limit), levels=0.0)
    return flat, Recorder(circuit._replace(sense=opened), layout.device.span * layout.array.v_read, counts)
