"""The twin does, update by update, what aihwkit does where nothing is left to chance."""

from __future__ import annotations

import math

import pytest

from ..cells import SoftBounds, grid, values
from ..outside import golden
from . import naive

pytestmark = pytest.mark.once


def test_the_twin_does_what_aihwkit_does():
    """Sums and devices; sums there are of the gradient, so of the other sign."""
    (case,) = (case for case in golden("sequences")["cases"] if case["kind"] == "MixedPrecisionCompound")
    device = {"step": case["step"], "low": case["low"], "high": case["high"]}
    array = naive.MixedPrecision(grid(SoftBounds, 3, 2, **device), case["step"])
    pulses = 0
    for xs, ds, state in zip(case["inputs"], case["errors"], case["states"], strict=True):
        pulses += sum(abs(n) for row in array.update(xs, ds, case["rate"]) for n in row)
        for seen, there in ((values(array.cells), state["weights"]), (array.chi, state["chi"])):
            for row, expected in zip(seen, there, strict=True):
                for a, b in zip(row, expected, strict=True):
                    assert math.isclose(abs(a), abs(b), rel_tol=1e-5, abs_tol=1e-6)
    assert pulses > 20
