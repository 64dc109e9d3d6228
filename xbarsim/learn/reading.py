"""What the kernels know of voltages, neurons and comparators."""

from __future__ import annotations

import numpy as np

from ..describe.defaults import settle
from ..describe.layout import Layout
from ..kernels.way.hardware import Reading

NO_BOUND = np.float32(1e30)
"""A `Reading.reach` that no dead zone is larger than."""


def reading_of(layout: Layout) -> Reading:
    """Voltages, neuron and comparator settings in SI, from the layout's normalised ones."""
    layout = settle(layout, whole=True)
    v_read, span = layout.array.v_read, layout.device.span
    unit = span * v_read  # A: the current of a full weight at a full input
    pulses = layout.pulses
    added_up = layout.run.batch > 1 and pulses.batch_rule == "lines"
    scale = layout.neuron.softmax_scale
    assert scale is not None
    return Reading(
        np.float32(v_read),
        np.float32(span),
        # Rule `lines` adds up errors that cannot fire alone: none of them may be left out. Noise of writing has no end.
        np.float32(NO_BOUND if added_up or layout.variation.write_noise else 1.0),
        np.array([*layout.half_widths(amperes=True), unit], np.float32),
        scale / unit,
        np.array([*layout.hidden_dead_zones(), pulses.output_dead_zone], np.float32),
        np.float32(pulses.input_threshold) * np.float32(v_read),  # rounded as an input is
    )
