"""Binary-stochastic learning as runs with files.

Every weight of every iteration, stop and resume, and what is refused.
"""

from __future__ import annotations

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace, TraceError
from xbarsim.data_sets.load import to_samples
from xbarsim.data_sets.order import SampleOrder
from xbarsim.learn.table import state_of

from ...h5compare import assert_same

pytestmark = pytest.mark.jit

KINDS = {
    "ideal": {},
    "devices": {"bs_digits": 2, "beta": 0.0, "bs_base": 8.0, "bs_carry_every": 7},
    "noise": {"bs_digits": 3, "beta": 1.0, "c2c": 0.3, "bs_base": 4.0, "bs_carry_every": 7, "bs_carry_ratio": 3},
}


def layout_of(kind, **values):
    return Layout.of(
        **{
            "layers": (6, 5, 3),
            "rule": "bs",
            "iterations": 200,
            "eval_every": 40,
            "eval_last": 5,
            "snapshot_every": 60,
            "bs_step": 0.05,
            "seed": 4,
            **KINDS[kind],
            **values,
        }
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_iteration_can_be_had(tmp_path, tiny_data, kind):
    layout = layout_of(kind)
    result = xbarsim.run(layout, out=tmp_path / "run.h5", dataset=tiny_data)
    assert result.engine == "binary"
    assert result.accuracy > 0.4
    assert sum(result.work["pulses"]) > 0
    state = state_of(layout.replace(schedule=200))
    state.initialise()
    samples, order = to_samples(tiny_data.x_train, tiny_data.y_train, 1.0), SampleOrder(4, len(tiny_data.y_train))
    events, curves = state.new_buffers()
    with Trace(tmp_path / "run.h5") as trace:
        assert trace.layout.run.schedule == 200
        for at in range(201):
            if at % 9 in (0, 5) or at > 195:
                for k in (1, 2):
                    assert np.array_equal(trace.weights(k, at), state.layer_weights(k - 1))
                    for a, b in zip(trace.frame(k, at), state.frame(k - 1), strict=True):
                        assert np.array_equal(a, b)
                    if kind != "ideal":
                        for a, b in zip(trace.conductance(k, at), state.conductances(k - 1)[0], strict=True):
                            assert np.array_equal(a, b)
            state.train(at, order.take(at, 1), samples, events, curves)
        assert trace.curves["pulses"].sum() == result.pulses
        names = {kept.name for kept in state.kept}
        assert ("weight" in names) == (kind == "ideal")
        assert kind != "devices" or names == {"g_plus", "g_minus", "g_plus_1", "g_minus_1"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cut", [3, 77, 185])
def test_a_resumed_run_is_the_same(tmp_path, tiny_data, kind, cut):
    layout = layout_of(kind)
    whole = xbarsim.run(layout, out=tmp_path / "whole.h5", dataset=tiny_data)
    seen = []
    result = xbarsim.run(
        layout,
        out=tmp_path / "parts.h5",
        dataset=tiny_data,
        listener=seen.append,
        stop=lambda: seen[-1].iteration >= cut or len(seen) > cut,
    )
    assert not result.finished
    resumed = xbarsim.resume(tmp_path / "parts.h5", dataset=tiny_data)
    assert resumed.finished
    assert resumed.accuracy_curve == whole.accuracy_curve
    assert (resumed.pulses, resumed.resets) == (whole.pulses, whole.resets)
    assert resumed.work is None
    assert_same(tmp_path / "whole.h5", tmp_path / "parts.h5")


@pytest.mark.parametrize("kind", ["ideal", "devices"])
def test_what_a_run_file_does_not_have_is_told(tmp_path, tiny_data, kind):
    xbarsim.run(layout_of(kind), out=tmp_path / "run.h5", dataset=tiny_data)
    with Trace(tmp_path / "run.h5") as trace:
        calls = [lambda: trace.counts(1)]
        if kind == "ideal":
            calls += [lambda: trace.conductance(1, 0), lambda: trace.synapse(1, 0, 0)]
            calls += [lambda: xbarsim.transfer(trace, sigma=0.1, dataset=tiny_data)]
        for call in calls:
            with pytest.raises(TraceError, match="rule 'bs'") as error:
                call()
            assert "\n" not in str(error.value)


def test_inference_by_samples_runs(tiny_data):
    result = xbarsim.run(layout_of("ideal", bs_samples=21), dataset=tiny_data)
    assert result.accuracy > 0.6


def test_two_seeds_differ(tiny_data):
    pulses = {xbarsim.run(layout_of("ideal", seed=s), dataset=tiny_data).pulses for s in range(3)}
    assert len(pulses) == 3


@pytest.mark.parametrize("name", ["bs-784-200-10", "bs-devices-784-200-10"])
def test_layouts_that_ship_show_every_key(name):
    from importlib.resources import files

    from xbarsim.describe.rules.bs import Bs

    text = files("xbarsim.netlists").joinpath(f"{name}.toml").read_text()
    layout = Layout.from_toml_text(text)
    assert layout.pulses.rule == "bs"
    assert all(key in text for key in Bs.__dataclass_fields__)
    assert state_of(layout).digits == (2 if "devices" in name else 0)


FLAGS = {
    "bs-input": "threshold",
    "bs-output": "bits",
    "bs-slope": "and",
    "bs-window": 1.25,
    "bs-temperature": 1.5,
    "bs-output-temperature": 1.25,
    "bs-slope-temperature": 0.5,
    "bs-dead-zone": 0.25,
    "bs-inner-dead-zone": 0.125,
    "bs-reads": 3,
    "bs-draws": 5,
    "bs-step": 0.125,
    "bs-step-end": 0.5,
    "bs-reach": 2.5,
    "bs-initial-weight": 0.75,
    "bs-samples": 2,
    "bs-digits": 3,
    "bs-base": 2.5,
    "bs-scale": 3.0,
    "bs-carry-every": 4,
    "bs-carry-ratio": 3,
    "bs-carry-threshold": 1.5,
    "schedule": 9,
}
BASE = ["run", "--layers", "2,2", "--dataset", "two-pixels", "--iterations", "6", "--eval-last", "2", "--rule", "bs"]


@pytest.mark.jit
def test_every_key_is_a_flag(monkeypatch, capsys, tmp_path):
    from xbarsim.commands import main as cli
    from xbarsim.describe.rules.bs import Bs

    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["xbarsim", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        return caught.value.code or 0, capsys.readouterr().err

    monkeypatch.chdir(tmp_path)
    assert {name.replace("_", "-") for name in Bs.__dataclass_fields__} == set(FLAGS) - {"schedule"}
    given = [x for name, value in FLAGS.items() for x in (f"--{name}", value)]
    assert call(*BASE, *given)[0] == 0
    with Trace("run.h5") as trace:
        values = {name.replace("-", "_"): value for name, value in FLAGS.items()}
        expected = Layout.of(layers=(2, 2), dataset="two-pixels", iterations=6, eval_last=2, rule="bs", **values)
        assert trace.layout == expected.replace(eval_every=1)  # a spacing that follows from the length
    # The length of a schedule is filled in, and may then be left out as before.
    assert call(*BASE, "--out", "plain.h5")[0] == 0
    assert call("run", "--resume", "plain.h5", "--rule", "bs")[0] == 0
    code, text = call("run", "--resume", "plain.h5", "--bs-step", 0.5)
    assert code == 2
    assert "bs.bs_step = 0.007, got 0.5" in text
    software = ["--rule", "software", "--activation", "sigmoid", "--learning-rate-end", 0.5, "--out", "s.h5"]
    assert call(*BASE[:-2], *software)[0] == 0
    with Trace("s.h5") as trace:
        assert (trace.layout.software.activation, trace.layout.software.learning_rate_end) == ("sigmoid", 0.5)
        assert trace.layout.run.schedule == 6


@pytest.mark.parametrize("batch", [1, 3])
def test_a_benchmark_run_resumes_to_the_same(tmp_path, tiny_data, batch):
    layout = Layout.of(
        layers=(6, 5, 3),
        rule="software",
        activation="sigmoid",
        learning_rate=0.3,
        learning_rate_end=0.2,
        batch=batch,
        iterations=200,
        eval_every=40,
        eval_last=5,
        snapshot_every=40,
    )
    whole = xbarsim.run(layout, out=tmp_path / "whole.h5", dataset=tiny_data)
    seen = []
    xbarsim.run(layout, out=tmp_path / "parts.h5", dataset=tiny_data, listener=seen.append, stop=lambda: len(seen) > 4)
    resumed = xbarsim.resume(tmp_path / "parts.h5", dataset=tiny_data)
    assert resumed.accuracy_curve == whole.accuracy_curve
    assert whole.accuracy > 0.6
    assert_same(tmp_path / "whole.h5", tmp_path / "parts.h5")
