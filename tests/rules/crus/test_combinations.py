"""The scheme and its rivals with batches, pulse lines and devices that wear out: runs, files, what is counted."""

from __future__ import annotations

import numpy as np
import pytest

import xbarsim
from xbarsim import Trace

from ...h5compare import assert_same
from .test_crus import layout

pytestmark = pytest.mark.compiles

LIM = {"crus_rate": 1.5, "full_level": 0.7}
COMBINATIONS = [
    *({"batch": 3, "batch_rule": rule} for rule in ("lines", "deferred", "signs", "products")),
    {"batch": 2, "batch_rule": "deferred", "baseline": "lim-b", **LIM},
    {"batch": 3, "batch_rule": "signs", "baseline": "lim-a", **LIM, "c2c": 0.2},
    {"batch": 2, "batch_rule": "products", "baseline": "refresh", "crus_rate": 1.5, "full_level": 0.5},
    {"batch": 2, "baseline": "threshold", "crus_rate": 2.0, "snapshot_every": 10},
    {"account": True},
    {"account": True, "baseline": "lim-a", **LIM},
    {"account": True, "baseline": "threshold", "crus_rate": 2.0, "snapshot_every": 10},
    {"half_select_step": 0.05},
    {"half_select_probability": 0.1, "baseline": "lim-c", **LIM, "batch": 2, "batch_rule": "deferred"},
    {"half_select_step": 0.05, "baseline": "refresh", "crus_rate": 1.5, "full_level": 0.5, "lower_level": 0.2},
    {"endurance": 8.0, "endurance_sigma": 0.5, "baseline": "lim-b", **LIM},
    {"endurance": 8.0, "endurance_failure": "closing", "baseline": "refresh", "crus_rate": 1.5, "full_level": 0.5},
    {"endurance": 4.0, "endurance_failure": "min", "baseline": "threshold", "crus_rate": 2.0, "snapshot_every": 10},
]


@pytest.mark.parametrize("kw", COMBINATIONS, ids=str)
def test_it_trains_resumes_and_replays(tmp_path, tiny_data, kw):
    lay = layout(**{"iterations": 50, "un_window": 0, "crus_rate": 0.8, **kw})
    whole, parts = tmp_path / "whole.h5", tmp_path / "parts.h5"
    result = xbarsim.run(lay, out=whole, dataset=tiny_data)
    assert result.pulses > 20
    asked = iter(range(1000))
    first = xbarsim.run(lay, out=parts, dataset=tiny_data, stop=lambda: next(asked) == 2, commit_seconds=0.0)
    assert not first.finished
    assert xbarsim.resume(parts, dataset=tiny_data).accuracy_curve == result.accuracy_curve
    assert_same(whole, parts)
    with Trace(whole) as trace:
        last = trace.iterations_done
        for k, i, j in ((1, 2, 3), (2, 1, 2)):
            history = trace.synapse(k, i, j)
            for n in (0, 1, 17, 26, last):
                plus, minus = trace.conductance(k, n)
                assert (history.g_plus[n], history.g_minus[n]) == (plus[i, j], minus[i, j])
        counts = [trace.counts(k) for k in (1, 2)]
        for what, total in (("pulses", result.pulses), ("resets", result.resets)):
            assert sum(int(c[f"{what}_{side}"].sum()) for c in counts for side in ("plus", "minus")) == total
        if lay.gates.active:
            half = sum(int(c[f"half_selects_{side}"].sum()) for c in counts for side in ("plus", "minus"))
            assert half == trace.energy["half_selects"].sum() > 0
            assert (trace.energy["write_energy"] > 0).any()


def test_pulse_lines_and_one_sample_of_a_batch_change_nothing(tiny_data):
    for kw in ({}, {"baseline": "lim-b", **LIM}, {"baseline": "refresh", "crus_rate": 1.5, "full_level": 0.5}):
        plain, followed = (
            xbarsim.run(layout(iterations=40, account=account, **kw), dataset=tiny_data) for account in (False, True)
        )
        assert followed.costs["latency"] > 0
        for name in ("accuracy_curve", "pulses", "resets", "update_noise"):
            np.testing.assert_equal(getattr(followed, name), getattr(plain, name))
