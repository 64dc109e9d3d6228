"""The trace: every conductance of every iteration, exactly; NeXus; provenance."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace, TraceError
from xbarsim.data_sets.load import to_samples
from xbarsim.data_sets.order import SampleOrder
from xbarsim.learn.sign import SignState

from ..kernels.states import counts_of

pytestmark = pytest.mark.jit  # files and commands; the kernels' own tests run with and without the JIT

ITERATIONS = 150


def layout(**kw):
    base = {
        "layers": (6, 5, 3),
        "n_max": 6,
        "initial_steps": 3,
        "c": 4.5,
        "inner_c": 1.4,
        "softmax_scale": 1.25,
        "input_threshold": 0.0,
        "iterations": ITERATIONS,
        "seed": 4,
        "eval_every": 20,
        "eval_last": 7,
        "snapshot_every": 40,
        "hidden_dead_zone": 0.01,
        "output_dead_zone": 0.05,
    }
    return Layout.of(**{**base, **kw})


def engine_states(lay, data):
    """What the engine holds after each iteration, by calling it once per iteration."""
    state = SignState(lay)
    state.initialise()
    samples = to_samples(data.x_train, data.y_train, lay.array.v_read)
    events, curves = state.new_buffers()
    order = SampleOrder(lay.run.seed, len(data.y_train))
    held = [[state.conductance(k) for k in range(state.n_layers)]]
    batch = lay.run.batch
    for n in range(ITERATIONS):
        state.train(n, order.take(n * batch, batch), samples, events, curves)
        held.append([state.conductance(k) for k in range(state.n_layers)])
    return held, [counts_of(state, k) for k in range(state.n_layers)]


@pytest.mark.parametrize(
    "kw",
    [
        {"method": "b"},
        {"method": "a", "beta": 1.0},
        {"method": "b", "engine": "analog"},
        {"method": "c"},
        {"method": "b", "snapshot_every": 1},
        {"method": "b", "snapshot_every": 0, "layers": (6, 9, 4, 3)},
        {"method": "b", "bias": False, "input_threshold": 0.6},
        {"method": "b", "batch": 3, "batch_rule": "lines"},
        pytest.param({"method": "a", "batch": 2, "batch_rule": "deferred"}, marks=pytest.mark.jit),
        pytest.param({"method": "b", "batch": 4, "batch_rule": "signs"}, marks=pytest.mark.jit),
        pytest.param({"method": "c", "batch": 5, "batch_rule": "signs", "sigma": 0.3}, marks=pytest.mark.compiles),
        pytest.param(
            {"method": "b", "batch": 4, "batch_rule": "products", "layers": (6, 9, 4, 3)}, marks=pytest.mark.jit
        ),
        {"method": "b", "sigma": 0.5},
        {"method": "a", "sigma": 1.5},
        pytest.param(
            {"method": "c", "sigma": 0.5, "sigma_negative": "reflect", "sigma_per": "pair"},
            marks=pytest.mark.jit,
        ),
        {"method": "b", "read_noise": 0.2, "driver_bits": 4},
        pytest.param({"method": "b", "wire_resistance": 2000.0, "routing": "split-drain"}, marks=pytest.mark.jit),
        pytest.param(
            {
                "method": "c",
                "wire_resistance": 2000.0,
                "tile_columns": 3,
                "batch": 3,
                "batch_rule": "products",
                "sigma": 0.3,
            },
            marks=pytest.mark.compiles,
        ),
        pytest.param(
            {"method": "b", "sigma": 0.7, "batch": 3, "batch_rule": "deferred", "sigma_negative": "redraw"},
            marks=pytest.mark.compiles,
        ),
    ],
    ids=str,
)
def test_every_conductance_of_every_iteration(tmp_path, tiny_data, kw):
    lay = layout(**kw)
    xbarsim.run(lay, out=tmp_path / "run.h5", dataset=tiny_data, commit_seconds=0.0)
    held, counts = engine_states(lay, tiny_data)
    moved = 0
    with Trace(tmp_path / "run.h5") as trace:
        assert trace.finished
        assert trace.iterations_done == ITERATIONS
        for k, (rows, cols) in enumerate(trace.shapes, start=1):
            # Whole arrays now and then, and around the ends; the histories below have every pair at every iteration.
            for n in sorted({*range(0, ITERATIONS + 1, 7), 1, 29, 30, 31, ITERATIONS - 1, ITERATIONS}):
                plus, minus = trace.conductance(layer=k, iteration=n)
                assert plus.dtype == minus.dtype == np.float32
                if n % 10 == 0:
                    np.testing.assert_array_equal(trace.weights(k, n), plus - minus)
                np.testing.assert_array_equal(plus, held[n][k - 1][0])
                np.testing.assert_array_equal(minus, held[n][k - 1][1])
            for row in range(rows):
                for col in range(cols):
                    h = trace.synapse(k, row, col)
                    np.testing.assert_array_equal(h.iteration, np.arange(ITERATIONS + 1))
                    np.testing.assert_array_equal(h.g_plus, [s[k - 1][0][row, col] for s in held])
                    np.testing.assert_array_equal(h.g_minus, [s[k - 1][1][row, col] for s in held])
                    moved += len(np.unique(h.g_plus)) > 1
            for name, values in trace.counts(k).items():
                np.testing.assert_array_equal(values, getattr(counts[k - 1], name))
        curves = trace.curves
        total = sum(int(c.pulses_plus.sum() + c.pulses_minus.sum()) for c in counts)
        assert curves["pulses"].sum() == total > 0
        assert curves["resets"].sum() == sum(int(c.resets_plus.sum() + c.resets_minus.sum()) for c in counts)
        np.testing.assert_array_equal(curves["iteration"], np.arange(1, ITERATIONS + 1))
        assert np.all(np.isfinite(curves["loss"]))
    assert moved > 10


def test_a_run_with_variation_keeps_its_scales(tmp_path, tiny_data):
    lay = layout(sigma=0.6)
    xbarsim.run(lay, out=tmp_path / "run.h5", dataset=tiny_data)
    xbarsim.run(layout(), out=tmp_path / "alike.h5", dataset=tiny_data)
    state = SignState(lay)
    state.initialise()
    with Trace(tmp_path / "run.h5") as trace, Trace(tmp_path / "alike.h5") as alike:
        for k in (1, 2):
            for x, y in zip(trace.scales(k), state.window(k - 1)[:2], strict=True):
                np.testing.assert_array_equal(x, y)
                assert x.dtype == np.float32
                assert len(np.unique(x)) > 10
            for x in alike.scales(k):
                assert x.shape == trace.shapes[k - 1]
                assert (x == 1).all()
    with h5py.File(tmp_path / "run.h5", "r") as file, h5py.File(tmp_path / "alike.h5", "r") as other:
        np.testing.assert_array_equal(file["entry/layer_1/g_plus"][0], state.nominal(0)[0])
        assert file["entry/layer_2/scale_minus"].attrs["units"] == "1"
        assert "scale_plus" not in other["entry/layer_1"]


@pytest.mark.parametrize(
    "kw",
    [{"batch": 4, "batch_rule": "signs"}, {"sigma": 0.5, "method": "a"}],
    ids=str,
)
def test_histories_of_an_interrupted_run(tmp_path, tiny_data, kw):
    """While it is interrupted, and after it was resumed."""
    lay, path = layout(**kw), tmp_path / "run.h5"
    held, _ = engine_states(lay, tiny_data)
    ticks = iter(range(100))
    xbarsim.run(lay, out=path, dataset=tiny_data, stop=lambda: next(ticks) > 2)
    for finished in (False, True):
        if finished:
            xbarsim.resume(path, dataset=tiny_data)
        with Trace(path) as trace:
            assert trace.finished is finished
            n = trace.iterations_done
            for k, (rows, cols) in enumerate(trace.shapes, start=1):
                for at in (n, n - 7):
                    np.testing.assert_array_equal(trace.conductance(k, at), held[at][k - 1])
                for row in range(rows):
                    h = trace.synapse(k, row, cols - 1)
                    np.testing.assert_array_equal(h.g_plus, [s[k - 1][0][row, cols - 1] for s in held[: n + 1]])
                    np.testing.assert_array_equal(h.g_minus, [s[k - 1][1][row, cols - 1] for s in held[: n + 1]])


@pytest.mark.parametrize(
    "layers",
    [
        (6, 5, 3),
        (6, 5, 4, 3),
    ],
)
def test_files_of_version_1_open(tmp_path, tiny_data, layers):
    """Made by hand: what version 2 has added is taken out of a file."""
    import tomllib

    import tomli_w

    path = tmp_path / "run.h5"
    lay = layout(layers=layers, dead_zone_exponent=0.5, inner_c=1.0)
    ticks = iter(range(100))
    xbarsim.run(lay, out=path, dataset=tiny_data, stop=lambda: next(ticks) > 2)
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = 1
        document = tomllib.loads(file["entry/configuration/layout"][()].decode())
        del document["variation"], document["software"], document["run"]["batch"]
        del document["pulses"]["dead_zone_exponent"], document["pulses"]["batch_rule"], document["neuron"]["inner_c"]
        del file["entry/configuration/layout"]
        file["entry/configuration/layout"] = tomli_w.dumps(document)
    held, _ = engine_states(lay, tiny_data)
    with Trace(path) as trace:
        assert trace.layout.pulses.dead_zone_exponent == 0.5
        if len(layers) > 3:
            assert trace.layout.neuron.inner_c == 1.0
        n = trace.iterations_done
        assert 0 < n < ITERATIONS
        np.testing.assert_array_equal(trace.conductance(1, n), held[n][0])
        np.testing.assert_array_equal(trace.synapse(2, 1, 1).g_plus, [s[1][0][1, 1] for s in held[: n + 1]])
    xbarsim.resume(path, dataset=tiny_data)
    with Trace(path) as trace:
        np.testing.assert_array_equal(trace.conductance(2, ITERATIONS), held[ITERATIONS][1])


def test_accuracy_is_taken_where_it_should_be(tmp_path, tiny_data):
    result = xbarsim.run(layout(), out=tmp_path / "run.h5", dataset=tiny_data)
    with Trace(tmp_path / "run.h5") as trace:
        iteration, accuracy = trace.accuracy
    assert iteration.tolist() == [0, 20, 40, 60, 80, 100, 120, 140, *range(144, 151)]
    last = accuracy[iteration >= 144]
    assert result.accuracy == accuracy[-1]
    assert result.accuracy_mean_last == pytest.approx(last.mean())
    assert (result.accuracy_min_last, result.accuracy_max_last) == (last.min(), last.max())


def test_describes_itself_in_nexus(tmp_path, tiny_data):
    xbarsim.run(layout(), out=tmp_path / "run.h5", dataset=tiny_data, command_line="xbarsim run ...")
    with h5py.File(tmp_path / "run.h5", "r") as file:
        assert file.attrs["NX_class"] == "NXroot"
        group = file
        while "default" in group.attrs:  # the chain that viewers follow
            group = group[group.attrs["default"]]
        assert group.attrs["NX_class"] == "NXdata"
        assert group.name == "/entry/accuracy"
        found = []

        def visit(name, item):
            if item.attrs.get("NX_class") == "NXdata":
                found.append(name)
                signal = item[item.attrs["signal"]]
                axes = list(item.attrs["axes"])
                assert len(axes) == signal.ndim
                for axis, size in zip(axes, signal.shape, strict=True):
                    assert item[axis].shape == (size,)
                for member in [item.attrs["signal"], *item.attrs.get("auxiliary_signals", []), *axes]:
                    assert item[member].attrs["units"]
                    assert item[member].attrs["long_name"]
                    if member not in axes:
                        assert item[member].shape == signal.shape

        file.visititems(visit)
        assert found == [
            "entry/accuracy",
            "entry/counts_1",
            "entry/counts_2",
            "entry/layer_1",
            "entry/layer_2",
            "entry/training",
        ]
        assert file["entry/layer_1/g_plus"].attrs["units"] == "S"
        assert file["entry/layer_1/g_plus"].chunks == (1, 7, 5)
        assert file["entry/layer_1/g_plus"].compression == "gzip"
    with Trace(tmp_path / "run.h5") as trace:
        p = trace.provenance
        assert p["dataset_sha256"] == tiny_data.sha256
        assert p["seed"] == 4
        assert p["command_line"] == "xbarsim run ..."
        assert {"xbarsim_version", "numpy_version", "numba_version", "python_version", "h5py_version"} <= p.keys()
        assert trace.layout == layout(dataset=trace.layout.run.dataset)


def test_the_same_seed_gives_the_same_file(tmp_path, tiny_data):
    from ..h5compare import assert_same, contents

    for name, seed, seconds in (("a", 4, 0.0), ("b", 4, 100.0), ("c", 5, 100.0)):
        (tmp_path / name).mkdir()
        xbarsim.run(layout(seed=seed), out=tmp_path / name / "run.h5", dataset=tiny_data, commit_seconds=seconds)
    assert_same(tmp_path / "a/run.h5", tmp_path / "b/run.h5")
    a, c = contents(tmp_path / "a/run.h5"), contents(tmp_path / "c/run.h5")
    assert not np.array_equal(a["entry/layer_1/g_plus"], c["entry/layer_1/g_plus"])


def test_is_readable_while_it_is_written(tmp_path, tiny_data):
    path = tmp_path / "run.h5"
    seen = []

    def look(tick):
        if tick.phase == "training" and path.exists():
            with Trace(path) as trace:
                n = trace.iterations_done
                trace.conductance(1, n)
                trace.synapse(1, 0, 0)
                assert len(trace.curves["loss"]) == n
                seen.append((n, trace.status))

    xbarsim.run(layout(), out=path, dataset=tiny_data, listener=look, commit_seconds=0.0)
    assert len({n for n, _ in seen}) > 5
    assert seen[0] == (0, "running")


def test_what_was_opened_stays_while_the_run_goes_on(tmp_path, tiny_data):
    path = tmp_path / "run.h5"
    opened = []

    def look(tick):
        if tick.phase == "training" and path.exists():
            opened.append(Trace(path))

    xbarsim.run(layout(snapshot_every=10), out=path, dataset=tiny_data, listener=look, commit_seconds=0.0)
    assert len(opened) > 5
    with Trace(path) as whole:
        for trace in opened:
            n = trace.iterations_done
            assert len(trace.curves["loss"]) == n
            for a, b in zip(trace.conductance(1, n), whole.conductance(1, n), strict=True):
                np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(trace.synapse(1, 1, 1).g_plus, whole.synapse(1, 1, 1).g_plus[: n + 1])
            trace.close()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: t.conductance(0, 1), "layer: expected a whole number >= 1"),
        (lambda t: t.conductance(3, 1), "layer: expected a whole number <= 2"),
        (lambda t: t.conductance(1, ITERATIONS + 1), f"iteration: expected a whole number <= {ITERATIONS}"),
        (lambda t: t.conductance(1, -1), "iteration: expected a whole number >= 0"),
        (lambda t: t.conductance(1, 1.5), "expected a whole number, got 1.5"),
        (lambda t: t.synapse(1, 7, 0), r"7 rows, 5 columns\) row"),
        (lambda t: t.synapse(1, 0, 5), r"7 rows, 5 columns\) column"),
    ],
)
def test_asking_for_what_is_not_there(tmp_path, tiny_data, call, message):
    xbarsim.run(layout(), out=tmp_path / "run.h5", dataset=tiny_data)
    with Trace(tmp_path / "run.h5") as trace, pytest.raises(TraceError, match=message):
        call(trace)


def test_foreign_and_damaged_files(tmp_path, tiny_data):
    path = tmp_path / "run.h5"
    with pytest.raises(TraceError, match="found nothing"):
        Trace(path)
    path.write_bytes(b"")
    with pytest.raises(TraceError, match="cannot open it"):
        Trace(path)
    with h5py.File(path, "w") as file:
        file["x"] = 1
    with pytest.raises(TraceError, match="another HDF5 file"):
        Trace(path)
    path.unlink()
    xbarsim.run(layout(), out=path, dataset=tiny_data)
    whole = path.read_bytes()
    for size in (100, 5_000, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(TraceError, match=r"damaged|cannot open it"):
            Trace(path)
    path.write_bytes(whole)
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = 4
    with pytest.raises(TraceError, match="expected a format version up to 3, got 4"):
        Trace(path)


def test_a_large_snapshot_interval_still_gives_a_last_keyframe(tmp_path, tiny_data):
    xbarsim.run(layout(snapshot_every=100_000), out=tmp_path / "run.h5", dataset=tiny_data)
    with Trace(tmp_path / "run.h5") as trace:
        assert trace.keyframes(1).tolist() == [0, ITERATIONS]
