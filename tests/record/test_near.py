"""Looking at iterations in any order gives what a fresh look gives, wherever a replay begins."""

from __future__ import annotations

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace
from xbarsim.record.near import Held, Near

BASE = {"layers": (6, 5, 3), "n_max": 6, "iterations": 240, "seed": 4, "eval_last": 1, "snapshot_every": 90}
CASES = [
    {"method": "b"},
    {"method": "c", "c2c": 0.1, "endurance": 40.0, "iterations": 105},
    {"rule": "bs", "bs_digits": 2, "bs_carry_every": 5, "bs_base": 4.0, "endurance": 40.0, "iterations": 105},
    {"rule": "crus", "iterations": 105},
    {"rule": "bs", "bs_digits": 2, "bs_base": 2.0, "n_max": 16},
    {"method": "a", "batch": 3, "batch_rule": "signs"},
    {"rule": "software"},
]


def arrays(trace, k, n):
    sides = trace.conductance(k, n) if trace.replays else ()
    return [*sides, trace.weights(k, n), *trace.frame(k, n)]


@pytest.mark.compiles
@pytest.mark.parametrize("kw", CASES, ids=str)
def test_any_order_is_as_a_fresh_look(tmp_path, tiny_data, kw):
    path = tmp_path / "run.h5"
    xbarsim.run(Layout.of(**{**BASE, **kw}), out=path, dataset=tiny_data)
    with Trace(path) as trace:
        trace.keep_near(1 << 20)
        last = trace.iterations_done
        moments = [*range(0, last + 1, last // 3), last - 10, 7, 100, 101, last, 99, 50]
        if not trace.replays:
            moments = [0, 180, 90, 240, 90]
        for n in moments:
            for k in (1, 2):
                with Trace(path) as fresh:
                    for mine, other in zip(arrays(trace, k, n), arrays(fresh, k, n), strict=True):
                        np.testing.assert_array_equal(mine, other)
            if n == 7 and trace.replays:  # what else moves the state that replays
                trace.synapse(1, 2, 3)
        state = trace.state_at(last)  # from here on others may move it
        if trace.replays:
            state.set_frame(0, trace.stored_frame(1, 0))
            with Trace(path) as fresh:
                np.testing.assert_array_equal(trace.weights(1, last), fresh.weights(1, last))


@pytest.mark.compiles
def test_a_run_that_went_on_keeps_what_was_seen(tmp_path, tiny_data):
    path, short = tmp_path / "run.h5", Layout.of(**{**BASE, "method": "b"})
    xbarsim.run(short, out=path, dataset=tiny_data)
    with Trace(path) as earlier:
        earlier.keep_near(1 << 20)
        earlier.conductance(1, 130)
        kept = earlier._near.before(1, 239)
    xbarsim.resume(path, dataset=tiny_data, iterations=400)
    with Trace(path) as trace, Trace(path) as fresh:
        trace.take_over(earlier)
        assert trace._near.before(1, 239).iteration >= kept.iteration - trace.spacing
        for n in (239, 400, 130):
            np.testing.assert_array_equal(trace.weights(1, n), fresh.weights(1, n))
    xbarsim.run(short.replace(seed=5), out=tmp_path / "other.h5", dataset=tiny_data)
    with Trace(path) as earlier, Trace(tmp_path / "other.h5") as other:
        earlier.keep_near(1 << 20)
        earlier.conductance(1, 230)
        other.take_over(earlier)
        assert other.spacing > 0  # it keeps states, too
        assert other._near.before(1, 239) is None


@pytest.mark.once
def test_room_is_kept():
    near = Near(3 * 4 * 100, [(10, 10)], 10_000, 1)
    assert near.spacing == 3334
    for n in near.stops(1, 0, 10_000):
        near.keep(1, Held(n, (np.zeros((10, 10), np.float32),), {}))
    assert near.before(1, 9_000).iteration == 6668
    assert near.before(1, 3333) is None
    assert Near(100, [(10, 10)], 10_000, 1).spacing == 0
    assert list(Near(0, [(10, 10)], 10_000, 1).stops(1, 0, 10_000)) == []


@pytest.mark.once
def test_a_trace_that_is_closed_says_so(tmp_path, tiny_data):
    path = tmp_path / "run.h5"
    xbarsim.run(Layout.of(**{**BASE, "iterations": 9}), out=path, dataset=tiny_data)
    trace = Trace(path)
    trace.close()
    with pytest.raises(xbarsim.TraceError, match="expected an open trace, got one that is closed; open it again"):
        trace.conductance(1, 3)
