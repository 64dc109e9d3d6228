"""Events of networks with maps say which sample and position they are of: against the pixels that were driven there."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace
from xbarsim.base.errors import TraceError
from xbarsim.data_sets.data_set import build

pytestmark = pytest.mark.compiles  # tiny networks, each compiled anew

WORDS = ("6x5x1", "conv3x2x3", "pool2", 3)


def images():
    rng = np.random.default_rng(4)
    x = ((rng.random((2, 6, 5)) < 0.5) * 255).astype(np.uint8)
    return build("t", x, np.array([0, 2]), x, np.array([0, 2]), "t")


def trained(path, **values):
    layout = Layout.of(**{"layers": WORDS, "iterations": 8, "eval_every": 0, "eval_last": 1, "seed": 1, **values})
    xbarsim.run(layout, out=path, dataset=images())
    return path


def patch(image, y, x):
    """Rows that a position drives, from the image; the bias row is the last."""
    return {3 * 2} | {ky * 2 + kx for ky in range(3) for kx in range(2) if image[y + ky, x + kx] > 0}


@pytest.mark.parametrize(
    ("values", "whole"),
    [
        ({"batch": 3, "batch_rule": "deferred"}, True),
        ({"position_rule": "signs"}, True),
        ({"rule": "stochastic", "n_max": 64, "gradient_rate": 1.0}, False),
    ],
    ids=str,
)
def test_rows_that_fire_are_pixels_of_the_position(values, whole, tmp_path):
    x = images().x_train.reshape(2, 6, 5)
    with Trace(trained(tmp_path / "run.h5", **values)) as trace:
        every = trace.event_iterations(1)
        events, places = trace.events(1, every, slice(None)), trace.event_places(1)
        fired = np.unpackbits(events.rows, axis=1, count=7, bitorder="little")
        assert len(every) > 20
        assert len(set(zip(places.row.tolist(), places.column.tolist(), strict=True))) > 8
        image_of = {}
        for at, s, y, c, bits in zip(every.tolist(), *(p.tolist() for p in places), fired, strict=True):
            rows = set(np.flatnonzero(bits).tolist())
            fits = {k for k in (0, 1) if (rows == patch(x[k], y, c) if whole else rows <= patch(x[k], y, c))}
            image_of[at, s] = image_of.get((at, s), {0, 1}) & fits
        assert all(image_of.values())  # one image explains all events of a sample
        assert {s for _, s in image_of} == set(range(values.get("batch", 1)))
        assert (trace.event_places(2).row == 0).all()  # read once


def test_what_belongs_to_all_positions_has_none(tmp_path):
    with Trace(trained(tmp_path / "run.h5", position_rule="lines")) as trace:
        sample, row, column = trace.event_places(1)
        assert set(sample.tolist()) == {0}
        assert set(row.tolist()) == set(column.tolist()) == {-1}
    with h5py.File(tmp_path / "run.h5") as file:
        assert "place" not in file["entry/events/layer_1"]  # it follows


def test_places_go_on_with_a_run_and_are_checked(tmp_path):
    trained(tmp_path / "whole.h5", position_rule="deferred")
    trained(tmp_path / "parts.h5", position_rule="deferred", iterations=3)
    xbarsim.resume(tmp_path / "parts.h5", iterations=8, dataset=images())
    with Trace(tmp_path / "whole.h5") as whole, Trace(tmp_path / "parts.h5") as parts:
        for a, b in zip(whole.event_places(1), parts.event_places(1), strict=True):
            np.testing.assert_array_equal(a, b)
    with h5py.File(tmp_path / "parts.h5", "r+") as file:
        file["entry/events/layer_1/place"][0] = 99
    with Trace(tmp_path / "parts.h5") as damaged, pytest.raises(TraceError, match="place: expected places below 16"):
        damaged.event_places(1)
