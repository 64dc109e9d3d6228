"""Ranges from training images, slices, and what an ADC's steps cost."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from xbarsim.kernels.circuit.sense import quantise

import xbarsim
from xbarsim import Layout, LayoutError
from xbarsim.after.calibrate import calibrate
from xbarsim.data_sets.load import load_dataset
from xbarsim.record.trace import Trace


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("converters") / "run.h5"
    layout = Layout.of(layers=(2, 2), iterations=200, dataset="two-pixels", n_max=9, eval_last=1, seed=1)
    assert xbarsim.run(layout, out=path).accuracy == 1.0
    return path


def currents(path):
    """|I| of every column for every training image, in (Gmax - Gmin) V_read, in NumPy alone."""
    with Trace(path) as trace:
        plus, minus = trace.conductance(1, trace.iterations_done)
        span = trace.layout.device.span
    w, x = (plus.astype(float) - minus) / span, load_dataset("two-pixels").x_train / 255.0
    return np.abs(np.c_[x, np.ones(len(x))] @ w), np.c_[x, np.ones(len(x))], w


def test_ranges_are_percentiles_of_what_training_images_cause(run):
    want, _, _ = currents(run)
    with Trace(run) as trace:
        found = calibrate(trace, percentile=100.0)
        assert found.images == len(want)
        np.testing.assert_allclose(found.ranges[0], want.max(axis=0), rtol=0.011)
        assert (np.array(found.ranges[0]) >= want.max(axis=0) * (1 - 1e-6)).all()
        one = calibrate(trace, per="array", percentile=50.0)
        below = np.sort(want.ravel())[int(np.ceil(want.size / 2)) - 1]
        assert one.ranges[0][0] == pytest.approx(below, rel=0.011)
        assert len(one.ranges[0]) == 1


def test_test_images_are_not_looked_at(run):
    data = load_dataset("two-pixels")
    other = dataclasses.replace(data, x_test=255 - data.x_test)
    with Trace(run) as trace:
        assert calibrate(trace, dataset=other).ranges == calibrate(trace).ranges


def test_bit_by_bit_the_currents_of_bits_count(run):
    _, x, w = currents(run)
    with Trace(run) as trace:
        found = calibrate(trace, percentile=100.0, drive="pulses", driver_bits=2)
    planes = [np.abs(((np.rint(x * 3).astype(int) >> p) & 1) @ w) for p in (0, 1)]
    np.testing.assert_allclose(found.ranges[0], np.max(planes, axis=(0, 1)), rtol=0.011)


def test_a_file_of_ranges_is_what_lists_are(run, tmp_path, call):
    ranges = xbarsim.calibrate(run).ranges
    path = tmp_path / "ranges.toml"
    assert call("calibrate", str(run), "-o", str(path))[0] == 0
    layout = Layout.of(layers=(2, 2), sense_ranges=str(path), sense_bits=5)
    np.testing.assert_allclose(layout.sense.sense_ranges, ranges, rtol=1e-5)
    assert Layout.from_toml_text(layout.to_toml()) == layout  # which has the numbers
    code, _, err = call("calibrate", str(run), "-o", str(path))
    assert (code, "exists already" in err) == (2, True)
    by_file = call("infer", str(run), "--sense-ranges", str(path), "--sense-bits", "5", "--csv")
    assert by_file[0] == 0
    assert by_file[1] == call("infer", str(run), "--calibrate", "column", "--sense-bits", "5", "--csv")[1]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (((1.0,), (2.0,)), "sense.sense_ranges: expected 1 lists, with 1 or 2 ranges, got 2 with 1, 1"),
        (((1.0, 2.0, 3.0),), "expected 1 lists, with 1 or 2 ranges, got 1 with 3"),
        (((0.0,),), "sense.sense_ranges: expected ranges of 1e-12 to 1e9, got 0.0"),
        ((("x",),), "expected ranges of 1e-12 to 1e9"),
        ([], "expected a list for each array"),
        ("none.toml", "sense.sense_ranges: none.toml: expected a file of ranges, cannot read it"),
        (__file__, "expected TOML with sense_ranges in its section"),
    ],
)
def test_bad_ranges_get_a_line(given, text):
    with pytest.raises(LayoutError) as error:
        Layout.of(layers=(2, 2), sense_ranges=given)
    assert text in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("none.csv", "iv.iv_points: none.csv: expected a file of V and I, cannot read it"),
        (((0.5, 1.0), (0.4, 2.0)), "expected V and I that grow from point to point, from above 0, got 0.4 V, 2 after"),
        (((0.5, -1.0),), "expected V and I that grow"),
        (((0.5,),), "expected pairs of V and I"),
        ((), "expected 1 to 10000 pairs"),
        (None, "iv.iv_points: expected one with iv = 'table', got none"),
    ],
)
def test_bad_curves_get_a_line(given, text):
    with pytest.raises(LayoutError) as error:
        Layout.of(layers=(2, 2), iv="table", iv_points=given)
    assert text in str(error.value)
    assert "\n" not in str(error.value)


def test_a_damaged_first_row_is_no_head(tmp_path):
    (tmp_path / "a.csv").write_text("0.0x5,0.5\n0.1,1\n")
    with pytest.raises(LayoutError, match=r"line 1: expected V and I, got '0\.0x5,0\.5'"):
        Layout.of(layers=(2, 2), iv="table", iv_points=str(tmp_path / "a.csv"))


def test_curves_come_from_files(tmp_path):
    path = tmp_path / "iv.csv"
    path.write_text("V,I\n# measured\n0,0\n0.5,2e-6\n1.0;9e-6\n")
    iv = Layout.of(layers=(2, 2), iv="table", iv_points=str(path)).iv
    assert iv.iv_points == ((0.5, 2e-6), (1.0, 9e-6))
    assert iv.effective(0.5, 1.0) == pytest.approx(2 / 9)
    path.write_text("0.5,2e-6\n1.0,x\n")
    with pytest.raises(LayoutError, match=r"iv.csv line 2: expected V and I, got '1.0,x'"):
        Layout.of(layers=(2, 2), iv="table", iv_points=path)
    with pytest.raises(LayoutError, match=r"iv.iv_scale_V: expected at least a 10th of the read voltage, 0.1 V, got"):
        Layout.of(layers=(2, 2), iv="sinh", iv_scale=0.05, v_read=1.0)


@pytest.mark.compiles
def test_slices_of_many_bits_answer_as_the_weights_do(run, call):
    code, _, err = call("infer", str(run), "--slices", "3", "--slice-bits", "4", "--csv")
    assert code == 0
    assert "3 slices: 3 pairs for every weight; an image takes 3 reads of arrays and 6 conversions" in err
    assert xbarsim.infer(run, slices=3, slice_bits=4).mean == (1.0,)
    hard = {"slices": 2, "slice_bits": 2, "calibrate": "array", "sense_bits": 6, "read_noise": 0.01, "repeats": 2}
    more = {"drive": "pulses", "driver_bits": 3, "wire_resistance": 2.0, "sigma": 0.05, "drift": 0.01, "times": (1.0,)}
    found = xbarsim.infer(run, **hard, **more)
    assert len(found.answers.accuracies[0]) == 2
    assert found.mean[0] > 0.4
    assert "--slice-bits" in call("infer", "--help")[1]
    with pytest.raises(LayoutError, match="expected slices of at most 16 bits together, got 5 of 4"):
        xbarsim.infer(run, slices=5, slice_bits=4)


@pytest.mark.once
def test_steps_of_a_converter_are_noise_of_a_twelfth_of_their_square():
    """W. R. Bennett, Bell Syst. Tech. J. 27:446, 1948; 6.02 dB for each bit."""
    x, ratios = np.random.default_rng(0).uniform(-1.0, 1.0, 4000), []
    for bits in (4, 5, 6, 7, 8):
        levels = 2.0 ** (bits - 1) - 1
        error = np.array([quantise(v, 1.0, levels) for v in x]) - x
        assert (error**2).mean() == pytest.approx(1 / levels**2 / 12, rel=0.06)
        ratios.append(10 * np.log10((x**2).mean() / (error**2).mean()) - 20 * np.log10(levels))
    np.testing.assert_allclose(ratios, np.mean(ratios), rtol=0, atol=0.3)
