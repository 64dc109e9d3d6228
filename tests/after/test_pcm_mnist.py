"""MNIST on phase-change memory over a year: what aihwkit gives for the same weights."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout

pytestmark = [pytest.mark.slow, pytest.mark.jit, pytest.mark.mnist]
GOLDEN = Path(__file__).parents[1] / "golden" / "aihwkit" / "inference.json"


@pytest.mark.skipif(not os.environ.get("XBARSIM_DATA"), reason="needs MNIST")
def test_accuracy_over_a_year_is_that_of_aihwkit(tmp_path):
    """Weights are those of the golden file bit for bit; draws are not, so that means are compared."""
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))
    layout = Layout.of(layers=(784, 200, 10), rule="mixed-precision", iterations=180_000, seed=1, snapshot_every=60_000)
    path = tmp_path / "mp.h5"
    assert xbarsim.run(layout.with_device("lim2019-beta0"), out=path).accuracy == expected["accuracy_float"]
    found = xbarsim.infer(
        path,
        onto="pcm-joshi2020",
        times=expected["times_s"],
        repeats=expected["repeats"],
        compensation="global",
        compensation_inputs="rows",
    ).answers
    for ours, theirs in ((found.accuracies, expected["compensated"]), (found.uncompensated, expected["without"])):
        for a, b in zip(ours, theirs, strict=True):
            error = np.sqrt((np.var(a, ddof=1) + np.var(b, ddof=1)) / expected["repeats"])
            assert np.mean(a) == pytest.approx(np.mean(b), abs=4 * error + 2e-4)
