"""One trained network in many arrays, shared out among workers: as in one process."""

from __future__ import annotations

import json

import pytest

import xbarsim
from xbarsim import Layout


@pytest.mark.compiles
def test_arrays_are_the_same_whoever_draws_them(call, tmp_path):
    layout = Layout.of(layers=(2, 2), iterations=50, dataset="two-pixels", n_max=9, eval_last=1)
    xbarsim.run(layout, out=tmp_path / "run.h5")
    one = xbarsim.transfer(tmp_path / "run.h5", sigma=1.5, repeats=7)
    assert len(set(one.accuracies)) > 1, "the test tests something"
    assert xbarsim.transfer(tmp_path / "run.h5", sigma=1.5, repeats=3, first=4).accuracies == one.accuracies[3:6]
    ask = ("transfer", "run.h5", "--sigma", "0,1.5", "--repeats", 20, "--json", "-q")
    code, here, err = call(*ask)
    assert code == 0, err
    code, there, err = call(*ask, "--workers", 2)
    assert code == 0, err
    assert json.loads(there) == json.loads(here)
    code, _, err = call(*ask, "--workers", 2, "--iteration", 99)
    assert code == 2
    assert err.startswith("xbarsim: ")
    assert len(err.splitlines()) == 1
