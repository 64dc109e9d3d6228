"""A trained network in another circuit: its own gives its own accuracy, another that of a run in that other."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace
from xbarsim.after.reader import readable
from xbarsim.data_sets.load import to_samples
from xbarsim.describe.inference import keys_in_inference
from xbarsim.describe.sections import HOMES
from xbarsim.describe.settings import seconds_of
from xbarsim.learn.table import state_of

from ..cli import refuses

pytestmark = pytest.mark.compiles
BASE = {"layers": (6, 4, 3), "iterations": 40, "n_max": 9, "eval_last": 3, "eval_every": 0, "snapshot_every": 20}
CURVED = {"iv": "sinh", "iv_scale": 0.2, "iterations": 10, "wire_tolerance": 1e-4}
KINDS = {
    "ladder": {},
    "windows": {"sigma": 0.3, "g_max_sigma": 0.2},
    "scattered": {"c2c": 0.3, "stuck_anywhere": 0.1, "method": "c"},
    "noise": {"device_noise": 0.1, "read_noise": 0.3, "gain_sigma": 0.2, "offset_sigma": 0.1},
    "wires": {"wire_resistance": 2e4, "sense_range": 10.0, "sense_bits": 5},
    "soft bounds": {"model": "soft-bounds"},
    "crus": {"rule": "crus", "device_noise": 0.05},
    "digits": {"rule": "bs", "bs_digits": 2, "n_max": 64},
    "digits, noise": {"rule": "bs", "bs_digits": 2, "n_max": 64, "sigma": 0.2, "device_noise": 0.1, "bs_samples": 3},
    "digits, wires": {"rule": "bs", "bs_digits": 2, "n_max": 64, "wire_resistance": 2e4},
    "trains": {"rule": "stochastic", "method": "fixed", "sense_range": 10.0, "sense_bits": 5},
    "two arrays": {"rule": "tiki-taka"},
    "chopped": {"rule": "c-ttv2", "fast_weight": 0.5, "chop_probability": 0.5, "buffer_granularity": 0.1},
    "chopped, wires": {"rule": "agad", "fast_weight": 0.5, "chop_probability": 0.5, "wire_resistance": 2e4},
    "digits, curves on wires": {"rule": "bs", "bs_digits": 2, "n_max": 64, "wire_resistance": 2e4, **CURVED},
    "chopped, curves on wires": {"rule": "agad", "fast_weight": 0.5, "wire_resistance": 2e4, **CURVED},
    "ideal steps": {"rule": "bs"},
    "software": {"rule": "software"},
}


@pytest.fixture
def trained(tmp_path, tiny_data):
    """Train something; returns its file, and its accuracy after the last iteration."""

    def train(**values):
        path = tmp_path / "run.h5"
        result = xbarsim.run(Layout.of(**{**BASE, **values}), out=path, dataset=tiny_data, force=True)
        return path, result.accuracy

    return train


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_changed_is_the_runs_own_accuracy(kind, trained, tiny_data):
    path, accuracy = trained(**KINDS[kind])
    found = xbarsim.infer(path, dataset=tiny_data)
    assert (found.own, found.answers.accuracies) == (accuracy, ((accuracy,),))
    with Trace(path) as trace:
        curve = dict(zip(*(x.tolist() for x in trace.accuracy), strict=True))
        at = trace.iterations_done - 2
        earlier = xbarsim.infer(trace, dataset=tiny_data, iteration=at) if trace.state.replays else None
    if earlier is not None:
        assert earlier.own == curve[at]


def evaluated(path, data, **values):
    """Twin: a state of the other layout, set to what the file holds, and the evaluator of the training loop."""
    with Trace(path) as trace:
        layout = trace.layout.replace(**values)
        sides = [trace.conductance(k, trace.iterations_done) for k in range(1, len(trace.shapes) + 1)]
        state = state_of(readable(layout))
        state.iteration = trace.iterations_done
        for k, (plus, minus) in enumerate(sides):
            state.set_nominal(k, plus, minus)
    return state.evaluator(to_samples(data.x_test, data.y_test, layout.array.v_read)).accuracy()


@pytest.mark.parametrize(
    "values",
    [
        {"wire_resistance": 5e4},
        {"wire_resistance": 5e4, "sense_range": 5.0, "sense_bits": 3, "device_noise": 0.2, "driver_bits": 2},
        {"gain_sigma": 0.5, "offset_sigma": 0.5},
        {"c": 0.5, "inner_c": 1.0},
    ],
    ids=str,
)
def test_another_circuit_is_what_its_evaluator_says(values, trained, tiny_data):
    path, accuracy = trained()
    found = xbarsim.infer(path, dataset=tiny_data, **values)
    assert found.mean[0] == pytest.approx(evaluated(path, tiny_data, **values), abs=1e-12)
    assert found.own == accuracy


def test_some_of_it_changes_the_answers(trained, tiny_data):
    path, accuracy = trained(layers=(6, 3), n_max=64, iterations=300)
    assert accuracy > 0.6
    assert xbarsim.infer(path, dataset=tiny_data, wire_resistance=1e6).mean[0] < accuracy - 0.1
    noisy = xbarsim.infer(path, dataset=tiny_data, device_noise=1.0, repeats=5)
    assert len(set(noisy.answers.accuracies[0])) > 1
    assert noisy.spread[0] > 0.0


def test_ages_as_retention_says(trained, tiny_data):
    path, _ = trained(iterations=200)
    aging = {"drift": 0.3, "drift_sigma": 0.2, "relax_time": 1e3, "relax_to": 0.5}
    times = (1.0, 100.0, 1e4)
    aged = xbarsim.retention(path, times=times, repeats=3, dataset=tiny_data, **aging)
    found = xbarsim.infer(path, times=times, repeats=3, dataset=tiny_data, **aging)
    assert found.answers.accuracies == aged.accuracies
    assert (found.times, found.own) == (times, aged.accuracy_before)
    assert len({a for some in aged.accuracies for a in some}) > 1


def test_other_devices_are_those_of_a_transfer(trained, tiny_data):
    path, _ = trained(iterations=200)
    moved = xbarsim.transfer(path, sigma=0.7, repeats=4, write="states", dataset=tiny_data)
    found = xbarsim.infer(path, sigma=0.7, repeats=4, dataset=tiny_data)
    assert found.answers.accuracies == (moved.accuracies,)
    assert len(set(moved.accuracies)) > 1


@pytest.mark.parametrize("kind", ["digits", "digits, noise"])
def test_digits_take_all_of_it(kind, trained, tiny_data):
    path, _ = trained(**KINDS[kind])
    found = xbarsim.infer(
        path, dataset=tiny_data, wire_resistance=1e3, sigma=0.3, drift=0.1, drift_sigma=0.1, times=(1.0, 1e6), repeats=2
    )
    assert len(found.answers.accuracies) == 2
    assert all(0.0 <= x <= 1.0 for a in found.answers.accuracies for x in a)


def test_everything_at_once(trained, tiny_data):
    path, _ = trained(iterations=200)
    given = {"wire_resistance": 1e4, "sense_range": 5.0, "sense_bits": 6, "drift": 0.05, "device_noise": 0.02}
    given |= {"stuck_anywhere": 0.05, "g_max_sigma": 0.1}
    found = xbarsim.infer(path, dataset=tiny_data, repeats=2, times=(3600.0,), **given)
    assert found.answers.changed["wire_resistance_Ohm"] == 1e4
    assert found.table.columns == ("time_s", "draw", "accuracy", "accuracy_own", "devices")
    assert [row["draw"] for row in found.table] == [0, 1]
    again = xbarsim.infer(path, dataset=tiny_data, repeats=2, times=(3600.0,), seed=0, **given)
    assert again == found
    assert xbarsim.infer(path, dataset=tiny_data, repeats=2, times=(3600.0,), seed=1, **given) != found


def test_keys_that_do_nothing_are_refused_with_the_reason(trained, tiny_data):
    path, _ = trained()
    acting = keys_in_inference(Layout.of(layers=(2, 2)))
    for key in HOMES.keys() - acting - {"dataset", "seed"}:  # these two are arguments of its own
        with pytest.raises(xbarsim.LayoutError, match=r"expected a key that acts when a network is read, got one"):
            xbarsim.infer(path, dataset=tiny_data, **{key: 1})
    with pytest.raises(xbarsim.LayoutError, match="unknown key 'wire_resistanse'; did you mean 'wire_resistance'"):
        xbarsim.infer(path, dataset=tiny_data, wire_resistanse=1)
    with pytest.raises(xbarsim.LayoutError, match="got one without drift or relaxation"):
        xbarsim.infer(path, dataset=tiny_data, times=(1.0,))
    path, _ = trained(rule="software")
    with pytest.raises(xbarsim.LayoutError, match="whose weights are numbers"):
        xbarsim.infer(path, dataset=tiny_data, wire_resistance=1.0)
    path, _ = trained(rule="bs", bs_digits=2, n_max=64)
    with pytest.raises(xbarsim.LayoutError, match="has neurons of its own"):
        xbarsim.infer(path, dataset=tiny_data, c=1.0)


def test_times_have_units():
    assert [seconds_of(t) for t in ("1s", "2min", "1h", "1d", "1y", "7")] == [1, 120, 3600, 86400, 31557600, 7]
    with pytest.raises(xbarsim.LayoutError, match="expected seconds, or a number with s, min, h, d, y"):
        seconds_of("soon")


def test_command(call, tmp_path):
    command = ("run", "--layers", "2,2", "--dataset", "two-pixels", "--iterations", 60, "--n-max", 9, "-q")
    assert call(*command)[0] == 0
    code, out, err = call("infer", "run.h5", "--drift", "0.05", "--device-noise", "0.1", "--repeats", 3, "--json")
    assert code == 0, err
    found = json.loads(out)
    assert found["times"] == [86400.0]
    assert "aged for a day" in err
    assert len(found["accuracies"][0]) == 3
    assert found["changed"] == {"device_noise": 0.1, "drift": 0.05}
    code, out, err = call("infer", "run.h5", "--repeats", 3)
    assert code == 0, err
    assert "nothing is drawn anew" in err
    assert "+0.00" in out
    code, out, _ = call("infer", "run.h5", "--drift", 0.1, "--times", "1s,1h,1d", "--csv")
    assert len(out.splitlines()) == 4
    code, out, err = call("infer", "run.h5", "--drift", 0.1, "--times", "1s,1y,365.25d")
    assert "1 of 3 are given more than once" in err
    assert ("1 s " in out, "1 y " in out, "365" in out) == (True, True, False)
    code, out, _ = call("retention", "run.h5", "--drift", 0.1, "--times", "2h,1y", "-q")
    assert "2 h" in out, out
    code, out, err = call("calibrate", "run.h5", "--sense-bits", 6)
    assert (code, "sense_bits is given, and does nothing here" in err) == (0, True)
    both = ("--calibrate", "array", "--sense-bits", 6, "--sense-range", 3, "--slices", 2, "--write", "states")
    code, out, err = call("infer", "run.h5", *both)
    assert "sense_range is given, and does nothing here" in err
    assert "write is given, and does nothing here" in err
    assert "sense_range 3" not in out
    refuses(call, "infer", "run.h5", "--beta", 2, what="the recorded conductances are those of its device")
    refuses(call, "infer", "run.h5", "--sense-bits", 6, what="expected a range > 0 with sense_bits = 6")
    refuses(call, "infer", "run.h5", "--iteration", 61, what="iteration")
    refuses(call, "infer", "run.h5", "--times", "soon", what="--times: expected seconds")
    refuses(call, "infer", "run.h5", "--times=1h,-5", what="--times: expected a number >= 0")
    refuses(call, "infer", "run.h5", "--times", "\u0661h", what="expected digits from 0 to 9, got others; write 1h")


def test_a_plug_ins_run_needs_no_code_at_a_keyframe(trained, tiny_data, plugin):
    path, accuracy = trained(model="plugin", step=f"{plugin}:step", n_max=None)
    assert xbarsim.infer(path, dataset=tiny_data).own == accuracy
    assert len(xbarsim.infer(path, dataset=tiny_data, sigma=0.3, repeats=2).answers.accuracies[0]) == 2
    with pytest.raises(xbarsim.TraceError, match="expected the plug-in"):
        xbarsim.infer(path, dataset=tiny_data, iteration=7)


def test_figure_belongs_to_the_caller(trained, tiny_data):
    pytest.importorskip("matplotlib")
    import matplotlib.pyplot as plt

    path, _ = trained()
    before = plt.get_fignums()
    figure = xbarsim.infer(path, dataset=tiny_data, sigma=0.2, repeats=2).figure()
    assert plt.get_fignums() == before
    assert np.isclose(figure.axes[0].lines[-1].get_ydata()[0], 100 * xbarsim.infer(path, dataset=tiny_data).own)


def test_the_first_images_alone(trained, tiny_data):
    path, _ = trained(**KINDS["noise"])
    cut = dataclasses.replace(tiny_data, x_test=tiny_data.x_test[:7], y_test=tiny_data.y_test[:7])
    found = xbarsim.infer(path, dataset=tiny_data, images=7, wire_resistance=2e4)
    other = xbarsim.infer(path, dataset=cut, wire_resistance=2e4)
    assert (found.own, found.mean) == (other.own, other.mean)
    assert (found.table[0]["images"], found.as_dict()["images"]) == (7, 7)
    assert "images" not in other.as_dict()
    with pytest.raises(xbarsim.LayoutError, match="images"):
        xbarsim.infer(path, dataset=tiny_data, images=0)
