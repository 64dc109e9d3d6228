"""Reads of known inputs equal the twin, through drivers and sense circuits that are not ideal."""

from __future__ import annotations

import numpy as np
import pytest

from xbarsim import Layout
from xbarsim.after.reader import readable
from xbarsim.learn.known import ideal_reads, known_reads
from xbarsim.learn.table import state_of

from ... import naive

pytestmark = pytest.mark.compiles
REAL = {"sense_range": 2.0, "sense_bits": 5, "read_noise": 0.2, "gain_sigma": 0.2, "offset_sigma": 0.1}


@pytest.mark.parametrize("values", [{}, {**REAL, "device_noise": 0.1}], ids=["ideal", "real"])
def test_known_reads_equal_the_twin(values):
    layout = readable(Layout.of(layers=(5, 4, 3), seed=3, **values))
    state = state_of(layout)
    rng = np.random.default_rng(2)
    sides = [tuple(rng.uniform(1e-7, 1e-6, (2, rows, cols)).astype(np.float32)) for rows, cols in ((6, 4), (5, 3))]
    state.iteration = 17
    state.redraw(3, circuits=True)
    for k, (plus, minus) in enumerate(sides):
        state.set_nominal(k, plus, minus)
    patterns = [[np.array([0, 2, 5]), np.array([], int)], [np.arange(5)]]
    stages, full = naive.Stages(layout), float(state.reading.v_read)
    stages.seed = 3
    found, ideal = known_reads(state, patterns, 3), ideal_reads(state, patterns)
    for k, (plus, minus) in enumerate(sides):
        w = (plus - minus).tolist()
        expected = naive.read_known(k, 17, 1 << 22, [p.tolist() for p in patterns[k]], full, w, stages)
        np.testing.assert_allclose(found[k], expected, rtol=2e-5, atol=1e-12)
        np.testing.assert_allclose(
            ideal[k],
            [full * (plus - minus)[p].sum(axis=0, dtype=np.float64) for p in patterns[k]],
            rtol=1e-5,
            atol=1e-20,
        )
