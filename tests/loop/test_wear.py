"""Devices that wear out: the first death is told to the update, whatever the rule, by a run and by its file."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace
from xbarsim.loop.wear import first_death

pytestmark = pytest.mark.compiles

TINY = {"layers": (2, 3, 2), "dataset": "two-pixels", "iterations": 60, "eval_last": 1, "n_max": 20, "endurance": 8.0}
WEARING = {
    "a": {"method": "a"},
    "b": {"method": "b", "endurance": 40.0},
    "c": {"method": "c"},
    "spread": {"endurance_sigma": 0.5, "endurance": 60.0},
    "closing": {"endurance_failure": "closing", "endurance": 30.0},
    "batch": {"batch": 3, "batch_rule": "deferred"},
    "crus": {"rule": "crus", "sense_every": 5, "endurance": 2.0},
    "lim-b": {"rule": "crus", "baseline": "lim-b", "crus_rate": 5.0, "endurance": 3.0},
    "mixed": {"rule": "mixed-precision", "method": "one-sided", "gradient_rate": 5.0, "endurance": 1.0},
    "bs": {"rule": "bs", "bs_digits": 2, "n_max": 40, "bs_carry_every": 5, "bs_base": 4.0, "endurance": 20.0},
    "none": {"endurance": 1e9},
}


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("name", WEARING)
def test_the_first_death_is_told_to_the_update(tmp_path, monkeypatch, name):
    layout = Layout.of(**{**TINY, **WEARING[name]})
    seen = []  # after every update: the dead, counted from counts and lives, device by device

    def watch(point, state):
        counts, dead = [state.counts(k) for k in range(state.n_layers)], []
        for k, found in enumerate(counts):
            for key, life in state.fixed(k).items():
                if key.startswith("life_"):
                    side = key.removeprefix("life_")
                    writes = found[f"pulses_{side}"].values + found[f"resets_{side}"].values
                    dead += [(k + 1, *map(int, at), side) for at in np.argwhere(writes >= life)]
        seen.append((point.iteration, dead))

    xbarsim.run(layout.replace(eval_every=1), watch=watch)
    result = xbarsim.run(layout, out=tmp_path / "run.h5")
    first = next(((n, dead) for n, dead in seen if dead), (None, []))
    assert (result.wear.dead, result.wear.first_iteration) == (len(seen[-1][1]), first[0])
    assert (first[0] is None) == (name == "none"), "choose another endurance for this test"
    if first[0] is not None:
        at = result.wear.first
        side = {"G+": "plus", "G-": "minus"}[at["device"]] + (f"_{at['digit']}" if at["digit"] else "")
        assert (at["layer"], at["row"], at["column"], side) in first[1]
    with Trace(tmp_path / "run.h5") as trace:
        assert first_death(trace) == result.wear
        monkeypatch.setattr(Trace, "has_counts", False)  # as of a run that goes on, or an old file: by replay
        assert first_death(trace) == result.wear
    assert result.as_dict()["wear"]["dead"] == result.wear.dead


def test_a_run_that_goes_on_knows_its_first_death(tmp_path):
    layout = Layout.of(**{**TINY, "method": "c"})
    whole, ticks = xbarsim.run(layout), iter([False] * 30)
    xbarsim.run(layout, out=tmp_path / "run.h5", stop=lambda: next(ticks, True))
    assert xbarsim.resume(tmp_path / "run.h5").wear == whole.wear
    assert xbarsim.run(layout.replace(endurance=0.0)).wear is None
