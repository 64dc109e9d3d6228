"""Written into other devices, aged, compensated: through every circuit, and what is said of it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from xbarsim.kernels.base import noise

import xbarsim
from xbarsim import Layout, LayoutError, Trace
from xbarsim.after.compensation import Compensation, Compensator
from xbarsim.after.reader import Reader, conductances_of, readable
from xbarsim.after.writing import onto
from xbarsim.arrays.drawn import KNOWN
from xbarsim.base.notes import collected
from xbarsim.learn.known import scale_outputs
from xbarsim.learn.table import state_of

from .. import naive
from ..arrays import naive_aging
from ..cli import refuses

pytestmark = pytest.mark.compiles
BASE = {"layers": (6, 4, 3), "iterations": 8, "n_max": 9, "eval_last": 1, "eval_every": 0}
PCM = {"onto": "pcm-joshi2020", "times": (1.0, 3e7), "repeats": 2}
REAL = {"sense_range": 50.0}  # through sense circuits that do nothing


@pytest.fixture
def trained(tmp_path, tiny_data):
    def train(**values):
        path = tmp_path / "run.h5"
        xbarsim.run(Layout.of(**{**BASE, **values}), out=path, dataset=tiny_data, force=True)
        return path

    return train


FAULTY = {"wire_resistance": 1.0, "device_noise": 0.01, "stuck_anywhere": 0.1}


@pytest.mark.parametrize(
    ("values", "circuit"),
    [
        ({}, FAULTY),
        ({"rule": "crus"}, {}),
        ({"rule": "bs", "bs_digits": 2, "n_max": 64}, FAULTY),
        ({"rule": "tiki-taka"}, {}),
        ({"rule": "c-ttv2", "fast_weight": 0.5}, FAULTY),
        ({"method": "fixed"}, {"sense_range": 9.0, "bound_management": "both"}),
        ({"c_current": 1e-7}, {}),
        ({"layers": ("2x3x1", "conv2x2", 3)}, {"sense_range": 9.0}),
    ],
    ids=str,
)
def test_all_rules_and_circuits_go_onto_other_devices(values, circuit, trained, tiny_data):
    path = trained(**values)
    found = xbarsim.infer(path, dataset=tiny_data, compensation="columns", **PCM, **circuit)
    assert "written into fresh devices pcm-joshi2020 with an error of" in found.state
    assert len(found.uncompensated) == len(found.mean) == 2
    assert ("10 % of them stuck" in found.state) == ("stuck_anywhere" in circuit)
    again = xbarsim.infer(path, dataset=tiny_data, compensation="columns", **{**PCM, "times": (3e7,)}, **circuit)
    assert again.answers.accuracies[0] == found.answers.accuracies[1]  # whatever else is looked at


def test_uniform_drift_is_compensated_exactly(trained, tiny_data):
    """All devices fall by one factor: outputs that are scaled back are those before."""
    path = trained(layers=(6, 3), iterations=30, n_max=64)
    for circuit, kind in (({}, "columns"), (REAL, "global")):
        fresh = xbarsim.infer(path, dataset=tiny_data, **circuit).mean[0]
        for inputs in ("rows", "all"):
            how = {"compensation": kind, "compensation_inputs": inputs}
            found = xbarsim.infer(path, dataset=tiny_data, drift=0.1, times=(1e9,), **how, **circuit)
            assert found.mean[0] == pytest.approx(fresh, abs=0.02)
            assert found.answers.compensation["scales"][0] == pytest.approx([1e9**0.1], rel=1e-5)


@pytest.mark.parametrize("kind", ["global", "columns"])
@pytest.mark.parametrize("inputs", ["rows", "all", "7"])
def test_factors_are_the_twins(kind, inputs, tiny_data):
    layout = readable(Layout.of(layers=(6, 4, 3)))
    rng = np.random.default_rng(1)
    shapes = [(7, 4), (5, 3)]
    then, now = [[rng.uniform(1e-7, 1e-6, (2, *s)).astype(np.float32) for s in shapes] for _ in range(2)]
    pairs = [[(x[0], x[1]) for x in some] for some in (then, now)]
    reader = Reader(layout, tiny_data)
    compensator = Compensator(Compensation(kind, inputs), reader, 5)
    assert reader.shapes == shapes
    compensator.begin([pairs[0]], [pairs[0]], 1)
    for k, found in enumerate(compensator.scales([pairs[1]], 2)):
        rows = range(shapes[k][0])
        if inputs == "7":
            u = naive.fill_uniform(5, noise.trait_stream(k, 0, KNOWN), 0, 7, len(rows))
            patterns = [[i for i in rows if line[i] < 0.25] for line in u]
        else:
            patterns = [[i] for i in rows] if inputs == "rows" else [list(rows)]
        currents = [
            [[layout.array.v_read * sum(float(p[i, j]) - float(m[i, j]) for i in own) for j in range(p.shape[1])]
             for own in patterns]
            for p, m in (pairs[0][k], pairs[1][k])
        ]  # fmt: skip
        assert found == pytest.approx(naive_aging.factors(*currents, kind == "columns"), rel=1e-4)


def test_digital_factors_come_after_the_sense_circuits():
    """What is clipped at the range stays clipped, times the factor: the circuit does not know of it."""
    state = state_of(readable(Layout.of(layers=(3, 2), sense_range=0.5, sense_bits=3)))
    for _ in range(2):
        scale_outputs(state, [np.array([2.0, 0.5], np.float32)])
    np.testing.assert_array_equal(state.sense.digital[0, :2], [2.0, 0.5])
    from xbarsim.kernels.circuit import sense

    unit = float(np.max(state.sense.limit)) / 0.5
    for column, factor in ((0, 2.0), (1, 0.5)):
        got = float(sense.sense_line(np.float32(unit), 0, sense.TEST, column, 0, 0, state.sense))
        assert got == pytest.approx(factor * 0.5 * unit)
        small = float(sense.sense_line(np.float32(0.3 * unit), 0, sense.TEST, column, 0, 0, state.sense))
        assert small == pytest.approx(factor * naive.quantise(0.3, 0.5, 3) * unit)
        back = float(sense.sense_line(np.float32(0.3 * unit), 0, sense.BACKWARD, column, 0, 0, state.sense))
        assert back == pytest.approx(naive.quantise(0.3, 0.5, 3) * unit)
    scale_outputs(state, None)
    assert (state.sense.digital == 1.0).all()


def test_ideal_and_real_circuits_scale_alike(trained, tiny_data):
    """Factors go into conductances on the one, behind sense circuits on the other way."""
    path = trained()
    with Trace(path) as trace:
        sides = conductances_of(trace, 8)
        scales = [np.array([3.0, 0.2, 1.0, 2.0], np.float32), np.array([0.1, 1.0, 5.0], np.float32)]
        ideal = Reader(readable(trace.layout), tiny_data)
        real = Reader(readable(trace.layout.replace(sense_range=1e6)), tiny_data)
        assert ideal.accuracy(sides, scales) == real.accuracy(sides, scales)
        assert ideal.accuracy(sides) == real.accuracy(sides)


def test_what_compensation_takes(trained, tiny_data):
    found = xbarsim.infer(
        trained(), dataset=tiny_data, compensation="columns", compensation_inputs="5", compensation_to="ideal", **PCM
    )
    c = found.answers.compensation
    assert (c["reads_at_writing"], c["reads_at_a_time"], c["image_reads"]) == (0, 10, 2)
    assert (c["factors"], c["multiplications"]) == (7, 7)
    assert found.table.columns[-2:] == ("accuracy_uncompensated", "devices")


def test_known_inputs_that_are_clipped_are_told(trained, tiny_data):
    path = trained()
    with collected() as notes:
        xbarsim.infer(path, dataset=tiny_data, compensation="global", sense_range=0.01, **PCM)
    assert sum("outputs of known inputs are clipped, which compensation takes for drift" in text for text in notes) == 1


def test_every_table_says_what_state_devices_are_in(trained, tiny_data):
    path = trained()
    assert xbarsim.infer(path, dataset=tiny_data).state == "as trained, after 8 updates"
    aged = xbarsim.infer(path, dataset=tiny_data, drift=0.1)
    assert aged.state == "as trained, after 8 updates"
    assert {row["devices"] for row in aged.table} == {aged.state}
    assert xbarsim.infer(path, dataset=tiny_data, iteration=0).state.startswith("as the run began: not trained")
    written = xbarsim.infer(path, dataset=tiny_data, write="weights").state
    assert (
        written
        == "states after 8 updates, W, one device of a pair, written into fresh devices ideally, without any error"
    )
    erring = xbarsim.infer(path, dataset=tiny_data, write_error=0.02, repeats=2)
    assert "G+ and G-, written into fresh devices with an error of 2 to 2 % of Gmax" in erring.state
    assert erring.answers.condition == "written"


def test_networks_from_elsewhere_are_targets_until_they_are_written(tiny_data, tmp_path):
    rng, path = np.random.default_rng(3), tmp_path / "net.h5"
    weights = [(rng.normal(size=(6, 4)), rng.normal(size=4)), (rng.normal(size=(4, 3)), np.zeros(3))]
    xbarsim.import_weights(weights, neurons="relu", device="pcm-joshi2020", dataset=tiny_data, out=path)
    with collected() as notes:
        ideal = xbarsim.infer(path, dataset=tiny_data)
    assert (ideal.state, ideal.answers.condition) == ("ideal targets, never programmed", "not written")
    assert any("are ideal targets, never programmed; xbarsim program, or --write" in text for text in notes)
    aged = {"times": (1.0, 3e7), "repeats": 2, "compensation": "global", "dataset": tiny_data}
    written = xbarsim.infer(path, write="states", **aged)
    assert written.state.startswith("states of the file (ideal targets, never programmed), G+ and G-, written into")
    assert "with an error of 1.1 to 4.3 % of Gmax" in written.state
    made = xbarsim.program(path, how="one-shot", error="relative=0.05", out=tmp_path / "made.h5", dataset=tiny_data)
    assert made is not None
    found = xbarsim.infer(tmp_path / "made.h5", **aged)
    assert (found.state, found.answers.condition) == ("programmed: one-shot, relative=0.05", "programmed")


def test_trained_on_such_a_device_nothing_is_written_unless_asked_for(trained, tiny_data):
    path = trained(write_error=0.2)
    assert xbarsim.infer(path, dataset=tiny_data).state.startswith("as trained")
    assert "20 % of Gmax" in xbarsim.infer(path, dataset=tiny_data, write="states", repeats=2).state


def test_what_a_device_file_leaves_out_is_the_default_and_not_the_runs(trained, tiny_data, tmp_path):
    path, file = trained(g_min=3e-7, g_max=5e-6, sigma=0.3), tmp_path / "mine.toml"
    file.write_text("[device]\nn_max = 7\n\n[variation]\nstuck_anywhere = 0.25\nc2c = 0.5\n", encoding="utf-8")
    with Trace(path) as trace:
        new = onto(trace.layout, str(file))
    plain = Layout.of(layers=(2, 2))
    assert (new.device.g_min, new.device.g_max) == (plain.device.g_min, plain.device.g_max)
    assert (new.variation.sigma, new.variation.stuck, new.variation.c2c) == (0.0, 0.25, 0.0)
    assert "25 % of them stuck" in xbarsim.infer(path, onto=str(file), repeats=2, dataset=tiny_data).state


def test_references_keep_their_part_of_another_range(trained, tiny_data):
    path = trained(method="fixed", reference="conductance", reference_g=9e-7)
    with Trace(path) as trace:
        new, old = onto(trace.layout, "aihwkit-reram-es"), trace.layout.device
    part = (new.array.reference_g - new.device.g_min) / new.device.span
    assert part == pytest.approx((9e-7 - old.g_min) / old.span)
    assert np.isfinite(xbarsim.infer(path, onto="aihwkit-reram-es", dataset=tiny_data).mean).all()
    assert xbarsim.program(path, g_min=2e-6, g_max=9e-6, dataset=tiny_data).found.accuracy > 0.0


def test_states_outside_the_range_are_clipped_and_told(trained, tiny_data):
    path = trained(sigma=0.5)
    with collected() as notes:
        xbarsim.infer(path, dataset=tiny_data, onto="lim2019-beta0")
    assert any("states lie outside the range of the new devices, and are clipped" in text for text in notes)


def test_refusals(trained, tiny_data):
    path = trained()
    given = {"dataset": tiny_data}
    with pytest.raises(LayoutError, match=r"infer.compensation: expected a device that ages"):
        xbarsim.infer(path, compensation="global", **given)
    with pytest.raises(LayoutError, match=r"infer.compensation_inputs: expected rows, all, or a number of reads"):
        xbarsim.infer(path, compensation="global", compensation_inputs="0", drift=0.1, **given)
    with pytest.raises(LayoutError, match=r"infer.compensation: unknown name 'glob'"):
        xbarsim.infer(path, compensation="glob", drift=0.1, **given)
    with pytest.raises(LayoutError, match=r"infer.write: unknown name 'all'"):
        xbarsim.infer(path, write="all", **given)
    with pytest.raises(LayoutError, match=r"infer.onto: expected a preset or a device file .*, got mine.py:step"):
        xbarsim.infer(path, onto="mine.py:step", **given)
    with pytest.raises(LayoutError, match="expected a preset, a device file"):
        xbarsim.infer(path, onto="pcm", **given)
    with pytest.raises(LayoutError, match="infer onto: expected nothing with"):
        xbarsim.infer(trained(rule="software"), onto="pcm-joshi2020", **given)


def test_command(call, tmp_path):
    command = ("run", "--layers", "2,2", "--dataset", "two-pixels", "--iterations", 8, "--n-max", 9, "-q")
    assert call(*command)[0] == 0
    onto = ("infer", "run.h5", "--onto", "pcm-joshi2020", "--times", "1s,1y", "--repeats", 2)
    code, out, err = call(*onto, "--compensation", "global", "-o", "aged.png")
    assert code == 0, err
    assert (tmp_path / "aged.png").exists()
    assert "devices: states after 8 updates, W, one device of a pair, written into" in out
    assert "16 at writing" in " ".join(out.split())
    code, out, _ = call(*onto, "--compensation", "global", "--json")
    page = json.loads(out)
    assert len(page["uncompensated"]) == 2
    assert page["compensation"]["kind"] == "global"
    (tmp_path / "found.json").write_text(out, encoding="utf-8")
    assert call("report", "found.json", "-o", "found.html")[0] == 0
    refuses(call, *onto, "--compensation-inputs", "none", "--compensation", "global", what="expected rows, all, or a")
