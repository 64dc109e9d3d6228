"""The read that one array of a network makes of one test sample."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from ..base import checks
from ..base.errors import LayoutError, plain
from ..data_sets.load import load_dataset, to_samples
from ..describe.layout import Layout
from ..kernels.way import neuron
from ..learn.reading import reading_of
from ..learn.table import kind_of, state_of
from ..record.trace import Trace
from .array_read import ArrayRead


def read_of(
    layout: Layout,
    *,
    trace: Trace | None = None,
    iteration: int | None = None,
    layer: int = 1,
    forward: bool = True,
    sample: int = 0,
) -> ArrayRead:
    """One read of a network on one test sample.

    Parameters
    ----------
    layout : Layout
        Gives wires, routing, neurons and the data set.
    trace : Trace, optional
        Gives the conductances; without it all devices are in the layout's seeded initial states.
    iteration : int, optional
        Number of updates done; default: the last.
    layer : int
        From 1.
    forward : bool
        Forward, the first layer gets the sample, and each other one what the neurons below make of it. Backward, the
        last layer gets the softmax error, and each other one the error that the backward read above it gives, 0 where
        the neuron's derivative is 0; an error of 1 is the read voltage, and it is not limited to that. All of it is
        solved with the wires, and with sense circuits that add nothing of their own (no noise, no steps, no errors of
        gain).
    sample : int
        Number of the test sample, from 0.

    Returns
    -------
    ArrayRead

    Raises
    ------
    LayoutError
        If a number is out of range, the trace does not fit the layout, or there are no devices.
    DataError, TraceError
    """
    if not layout.rule.pairs:
        raise LayoutError(
            f"pulses.rule: expected a rule whose weights are pairs of devices, got '{layout.pulses.rule}'; a netlist "
            "needs conductances"
        )
    if layout.network.mapped:
        raise LayoutError(
            f"network.layers: expected dense layers, of which a sample reads each once, got {layout.network.named}; "
            "take one array from Python: xbarsim.Trace(...).conductance"
        )
    sizes, bias = [layout.network.inputs, *(a.outputs for a in layout.network.arrays)], int(layout.array.bias)
    layer = checks.integer("--layer", layer, least=1, most=len(sizes) - 1)
    origin: dict[str, int | float | str] = {"layer": layer}
    if trace is None:
        if iteration is not None:
            raise LayoutError("--iteration: expected a run file with it, got none; add --trace run.h5, or leave it out")
        state = state_of(layout)
        state.initialise()
        conductances = [state.conductances(k)[0] for k in range(len(sizes) - 1)]
        origin["iteration"] = 0
    else:
        trained = trace.layout
        if (trained.network.layers, trained.array.bias) != (layout.network.layers, layout.array.bias):
            raise LayoutError(
                f"--trace: expected a run of the layout's layers {','.join(map(str, layout.network.layers))} (bias "
                f"{bias}), got {','.join(map(str, trained.network.layers))} (bias {int(trained.array.bias)}); leave "
                "out the layout to take the run's own"
            )
        at = trace.iterations_done if iteration is None else iteration
        conductances = [trace.conductance(k, at) for k in range(1, len(sizes))]
        origin |= {"iteration": at, "trace": plain(trace.path.name)}
    data = load_dataset(layout.run.dataset)
    if trace is not None:
        data = data.coded_as(trace.provenance["dataset_sha256"])
    data.check_fits(layout.network.layers)
    sample = checks.integer("--sample", sample, least=0, most=len(data.y_test) - 1)
    origin |= {"dataset": plain(data.name), "sample": sample}
    one = to_samples(data.x_test[sample : sample + 1], data.y_test[sample : sample + 1], layout.array.v_read)
    inputs = np.zeros(sizes[0])
    inputs[one.line[: one.start[1]]] = one.volts[: one.start[1]]
    wires = layout.wires
    if layout.array.circuit == "ideal":  # what the layout's own reads see
        wires = dataclasses.replace(
            wires, wire_resistance=0.0, wire_resistance_s=None, driver_resistance=0.0, sense_resistance=0.0
        )

    def reading(k: int, volts: np.ndarray, forward: bool) -> ArrayRead:
        return ArrayRead(
            *conductances[k], layout.array.routing, wires, forward, volts, origin, layout.iv, layout.array.v_read
        )

    volts = _voltages(layout, inputs, int(data.y_test[sample]), reading, layer - 1, forward)
    return reading(layer - 1, volts, forward)


def _voltages(
    layout: Layout,
    inputs: np.ndarray,
    label: int,
    reading: Callable[[int, np.ndarray, bool], ArrayRead],
    layer: int,
    forward: bool,
) -> np.ndarray:
    """What the lines of array `layer` (0 is the first) are driven with: one sample through the arrays before it."""
    settings = reading_of(layout)
    sizes = [layout.network.inputs, *(a.outputs for a in layout.network.arrays)]
    v_read, last = float(settings.v_read), len(sizes) - 2
    volts, below = inputs, []  # below: currents of the hidden neurons
    if layout.rule.read_only and not forward:
        raise LayoutError(
            f"--read: expected forward with rule '{layout.pulses.rule}', whose arrays are not read backwards, got "
            "backward; leave it out"
        )
    own: Any = kind_of(layout).reader(layout) if layout.rule.read_only and layer else None
    for k in range(last + 1):
        if layout.array.bias:
            volts = np.append(volts, v_read)
        if forward and k == layer:
            return volts
        current = _difference(reading(k, volts, True))
        if k < last:
            if own is not None:
                volts = own.fired(k, current)
                continue
            below.append(current)
            volts = np.array([float(neuron.hard_sigmoid(i, settings.c[k])) * v_read for i in current])
    delta = np.empty(sizes[-1], np.float32)
    neuron.softmax_error(current, sizes[-1], settings.softmax_gain, label, delta)
    for k in range(last, layer, -1):
        back = _difference(reading(k, delta.astype(np.float64) * v_read, False))[: sizes[k]]
        passes = np.array([neuron.passes_error(i, settings.c[k - 1]) for i in below[k - 1]])
        delta = np.where(passes, back / np.float32(settings.span * settings.v_read), np.float32(0.0))
    return delta.astype(np.float64) * v_read


def _difference(read: ArrayRead) -> np.ndarray:
    """Sensed I+ - I-, float32, A, as neurons take it."""
    plus, minus = read.sensed(read.solve())
    difference: np.ndarray = (plus - minus).astype(np.float32)
    return difference
