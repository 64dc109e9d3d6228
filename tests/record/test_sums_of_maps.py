"""Sums of mixed precision between keyframes, of arrays that are read at many positions: those of the training, bit for
bit.
"""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest
from xbarsim.kernels.way.gradient import rate_of

import xbarsim
from xbarsim import Layout, Trace, TraceError
from xbarsim.base.notes import collected
from xbarsim.data_sets.data_set import build
from xbarsim.learn.table import state_of

from ..rules.mixed_precision.naive_sums import replay_sums

pytestmark = pytest.mark.compiles  # tiny networks, each compiled anew

# The first layer keeps its sums, which are few, the second its inputs and errors, beside whose map are zeros.
WORDS = ("6x5x1", "conv3x2x3", "mean2s1p1", "conv3x12s3p1", "pool2", 3)
UPDATES = 14


def images():
    x = np.random.default_rng(4).integers(0, 256, (9, 6, 5)).astype(np.uint8)
    return build("t", x, np.arange(9) % 3, x[:3], np.arange(3), "t")


def trained(path, **values):
    fixed = {"rule": "mixed-precision", "layers": WORDS, "n_max": 300, "beta": 0.0, "gradient_rate": 0.5}
    layout = Layout.of(**{**fixed, "iterations": UPDATES, "eval_last": 1, "seed": 1, "snapshot_every": 0, **values})
    xbarsim.run(layout, out=path, dataset=images(), force=True)
    return path


@pytest.mark.parametrize("values", [{}, {"batch": 2, "accumulate_every": 3, "accumulate_input_bits": 3}], ids=str)
def test_sums_at_every_update_are_those_of_the_training(values, tmp_path):
    with Trace(trained(tmp_path / "all.h5", snapshot_every=1, **values)) as every:
        running = [[every.stored_frame(k, n)[2] for n in range(UPDATES + 1)] for k in (1, 2, 3)]
    trained(tmp_path / "few.h5", **{**values, "iterations": 5})
    xbarsim.resume(tmp_path / "few.h5", iterations=UPDATES, dataset=images())
    with Trace(tmp_path / "few.h5") as few:
        for k, n in [(k, n) for k in (1, 2, 3) for n in (13, 3, 8, 6)]:  # back and forth
            np.testing.assert_array_equal(few.kept(k, n)["chi"], running[k - 1][n])
            assert (running[k - 1][n] != running[k - 1][n - 1]).any()
            assert few.keyframes(k).tolist() == [0, 5, UPDATES]
    with h5py.File(tmp_path / "few.h5") as file:
        kept = file["entry/vectors"]
        assert [sorted(kept[f"layer_{k}"]) for k in (1, 2, 3)] == [["chi"], ["error", "input"], ["error", "input"]]


def test_the_command_shows_them(call, tmp_path):
    path = trained(tmp_path / "run.h5")
    with Trace(path) as trace:
        chi = trace.kept(1, 6)["chi"]
    shown = json.loads(call("inspect", path, "--layer", 1, "--iteration", 6, "--json")[1])
    assert (shown["chi"]["min"], shown["chi"]["max"]) == (chi.min(), chi.max())
    out = call("inspect", path, "--layer", 2, "--iteration", 6)[1]
    assert "chi" in out
    assert "asked for and not yet written" in out


def test_what_is_kept_gives_the_sums_of_the_twin(tmp_path):
    """Places, rates and writes as the twin has them."""
    path = trained(tmp_path / "run.h5")
    with Trace(path) as trace:
        state, chi = state_of(trace.layout), trace.kept(2, UPDATES)["chi"]
    with h5py.File(path) as file:
        inputs, errors = (file[f"entry/vectors/layer_2/{name}"][:] for name in ("input", "error"))
    rows, cols = state.shape(1)
    place = state.record.place[state.record.place_at[1] : state.record.place_at[2]].reshape(-1, rows).tolist()
    assert any(at < 0 for at in place[0])  # beside the map
    sums, v_read = [[np.float32(0)] * cols for _ in range(rows)], state.reading.v_read
    rates = [np.float32(rate_of(state.slope, 1, at) / np.float64(v_read)) for at in range(UPDATES)]
    dues = [set(range(rows))] * UPDATES
    own, errors = state.sums, errors.reshape(UPDATES, -1, cols)
    zone = state.reading.dead_zone[1]
    replay_sums(
        sums, inputs, errors, dues, rates, own.eps, own.most, own.events, 1, place, dead_zone=zone, v_read=v_read
    )
    np.testing.assert_array_equal(chi, np.array(sums))


def test_a_file_without_them_is_read_at_its_keyframes_and_goes_on(tmp_path):
    """As earlier versions wrote it. Such a file ends at a keyframe: in one that does not what they held was lost."""
    ticks = iter(range(100))
    fixed = {"rule": "mixed-precision", "layers": WORDS, "gradient_rate": 0.5, "iterations": UPDATES, "eval_every": 1}
    cut = xbarsim.run(
        Layout.of(**fixed), out=tmp_path / "cut.h5", dataset=images(), commit_seconds=0.0, stop=lambda: next(ticks) > 6
    )
    assert 0 < cut.iterations < UPDATES
    with h5py.File(tmp_path / "cut.h5", "r+") as file:
        del file["entry/vectors"]
    with pytest.raises(TraceError, match=r"vectors: expected what sums of maps follow from, .* got nothing"):
        xbarsim.resume(tmp_path / "cut.h5", dataset=images())
    path = trained(tmp_path / "run.h5")
    with h5py.File(path, "r+") as file:
        del file["entry/vectors"]
    with Trace(path) as trace, collected() as lines:
        assert np.isfinite(trace.kept(1, UPDATES)["chi"]).all()
        assert np.isnan(trace.kept(1, 6)["chi"]).all()
        assert trace.kept(1, 6)["g_plus"].max() > 0
    assert all("chi of iteration 6 is not known" in line for line in lines)
    assert lines
    xbarsim.resume(path, iterations=UPDATES + 2, dataset=images())
    trained(tmp_path / "whole.h5", iterations=UPDATES + 2)
    with Trace(path) as trace, Trace(tmp_path / "whole.h5") as whole:
        np.testing.assert_array_equal(trace.kept(2, UPDATES + 2)["chi"], whole.kept(2, UPDATES + 2)["chi"])
