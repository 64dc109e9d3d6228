"""The read that one array of a network makes of one test sample."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..base import checks
from ..base.errors import LayoutError, plain
from ..data_sets.load import load_dataset, to_samples
from ..describe.layout import Layout
from ..describe.maps import Map
from ..learn.table import state_of
from ..record.trace import Trace
from .array_read import ArrayRead
from .way import Way


def read_of(
    layout: Layout,
    *,
    trace: Trace | None = None,
    iteration: int | None = None,
    layer: int = 1,
    forward: bool = True,
    sample: int = 0,
    position: tuple[int, int] | None = None,
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
        last layer gets the softmax error, and each other one the error that the backward read above it gives, times
        the neuron's derivative; an error of 1 is the read voltage, and it is not limited to that. What comes back from
        several positions of a map is added up. All of it is
        solved with the wires, and with sense circuits that add nothing of their own (no noise, no steps, no errors of
        gain).
    sample : int
        Number of the test sample, from 0.
    position : (row, column), optional
        Of the map that the layer gives, from 0: needed where the array is read at several.

    Returns
    -------
    ArrayRead

    Raises
    ------
    LayoutError
        If a number is out of range, a position is missing, the trace does not fit the layout, or there are no devices.
    DataError, TraceError
    """
    if not layout.rule.pairs:
        raise LayoutError(
            f"pulses.rule: expected a rule whose weights are pairs of devices, got '{layout.pulses.rule}'; a netlist "
            "needs conductances"
        )
    arrays, bias = layout.network.arrays, int(layout.array.bias)
    layer = checks.integer("--layer", layer, least=1, most=len(arrays))
    origin: dict[str, int | float | str] = {"layer": layer}
    at_position = _number_of(arrays[layer - 1].into, position, layer)
    if position is not None:
        origin |= {"map_row": position[0], "map_column": position[1]}
    if trace is None:
        if iteration is not None:
            raise LayoutError("--iteration: expected a run file with it, got none; add --trace run.h5, or leave it out")
        state = state_of(layout)
        state.initialise()
        conductances = [state.conductances(k)[0] for k in range(len(arrays))]
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
        conductances = [trace.conductance(k, at) for k in range(1, len(arrays) + 1)]
        origin |= {"iteration": at, "trace": plain(trace.path.name)}
    data = load_dataset(layout.run.dataset)
    if trace is not None:
        data = data.coded_as(trace.provenance["dataset_sha256"])
    data.check_fits(layout.network.layers)
    sample = checks.integer("--sample", sample, least=0, most=len(data.y_test) - 1)
    origin |= {"dataset": plain(data.name), "sample": sample}
    one = to_samples(data.x_test[sample : sample + 1], data.y_test[sample : sample + 1], layout.array.v_read)
    inputs = np.zeros(layout.network.inputs)
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

    way = Way(layout, inputs, int(data.y_test[sample]), reading)
    volts = (way.up_to if forward else way.back_to)(layer - 1, at_position)
    return reading(layer - 1, volts, forward)


def _number_of(into: Map, position: tuple[int, int] | None, layer: int) -> int:
    """The number of a position in the map that a layer gives."""
    if position is None:
        if into.height * into.width > 1:
            raise LayoutError(
                f"--position: expected row,column, since the array of layer {layer} is read at {into.height} x "
                f"{into.width} positions, got none; give for example 0,0"
            )
        return 0
    row, column = position
    row = checks.integer("--position row", row, least=0, most=into.height - 1)
    return row * into.width + checks.integer("--position column", column, least=0, most=into.width - 1)
