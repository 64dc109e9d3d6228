"""Devices that are written: what they come to, what it takes, and who never gets there."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import stats

import xbarsim
from xbarsim import Layout, LayoutError, Trace, TraceError
from xbarsim.after.programmed import PCM, error_of
from xbarsim.after.transfer import written

from ..cli import refuses

pytestmark = pytest.mark.compiles
RNG = np.random.default_rng(4)
WEIGHTS = [(RNG.normal(size=(9, 6)) / 3, RNG.normal(size=9)), (RNG.normal(size=(3, 9)) / 6, None)]
WIDE = [(RNG.normal(size=(60, 6)) / 3, RNG.normal(size=60)), (RNG.normal(size=(3, 60)) / 6, None)]
LINEAR = {"n_max": 200, "beta": 0.0}


@pytest.fixture
def net(tmp_path, tiny_data):
    """A network of small random weights: its file, of a device with these keys."""

    def make(weights=WEIGHTS, **values):
        path = tmp_path / "net.h5"
        xbarsim.import_weights(weights, dataset=tiny_data, out=path, force=True, **{**LINEAR, **values})
        return path

    return make


def program(path, data, **values):
    return xbarsim.program(path, dataset=data, **values).found


def errors(found):
    return np.concatenate([s.error.ravel() for s in found.sides]) / found.span


def test_write_verify_ends_within_the_tolerance(net, tiny_data):
    """Of a linear device whose step is smaller than twice the tolerance; from below, so that it ends at its rim."""
    found = program(net(), tiny_data, tolerance=0.004)
    assert found.missed == 0
    assert np.abs(errors(found)).max() <= 0.004 + 1e-6
    step = 1 / 200
    for s in found.sides:
        # Pulses from Gmin until it is within the tolerance: what the distance says.
        away = (s.target - s.target.min()) / found.span
        np.testing.assert_allclose(s.pulses, np.ceil(np.maximum(away - 0.004 - 1e-5, 0) / step), atol=1)
        assert (s.reads == s.pulses + 1).all()
        assert (s.resets == 1).all()
    assert found.accuracy is not None
    # One pulse cannot be in the middle of two: a coarse device steps over the tolerance, up and down.
    coarse = program(net(n_max=20), tiny_data, tolerance=0.004, most=50)
    assert coarse.missed > 0
    missed = np.concatenate([s.pulses[~s.there] for s in coarse.sides])
    assert (missed == 50).all()
    assert len(coarse.places()) == coarse.missed
    first = coarse.places(1)[0]
    assert abs(first["found_S"] - first["target_S"]) == pytest.approx(
        max(float(np.abs(s.error[~s.there]).max(initial=0.0)) for s in coarse.sides)
    )


def test_reads_have_noise_and_resolution(net, tiny_data):
    """Few bits leave an error of half a level at most; noise of reads leaves its own."""
    found = program(net(), tiny_data, tolerance=1e-4, verify_bits=5, most=400)
    top = 1e-6 / 31 / found.span  # a level, as part of the range
    reached = np.concatenate([s.error[s.there] for s in found.sides]) / found.span
    assert np.abs(reached).max() <= 0.5 * top + 1e-3
    noisy = program(net(), tiny_data, tolerance=0.004, read_noise=0.02, most=400)
    assert np.abs(errors(noisy)).max() > 0.01
    assert errors(noisy).std() < 0.03


def test_open_loop_counts_pulses_by_the_law(net, tiny_data):
    """On devices that follow it every error is half a step at most; with a spread of their own it is not."""
    found = program(net(n_max=50, beta=2.0), tiny_data, how="open-loop")
    steps = Layout.of(layers=(2, 2), n_max=50, beta=2.0).device.staircase().astype(float)
    for s in found.sides:
        nearest = np.abs(s.target[..., None] - steps).argmin(axis=-1)
        assert (s.pulses == nearest).all()
        np.testing.assert_allclose(s.found, steps[nearest], rtol=1e-6)
    spread = program(net(n_max=50, beta=2.0, alpha_sigma=0.2, c2c=0.3), tiny_data, how="open-loop")
    assert errors(spread).std() > 3 * errors(found).std()
    again = program(net(n_max=50, beta=2.0, alpha_sigma=0.2, c2c=0.3), tiny_data, how="open-loop")
    np.testing.assert_array_equal(errors(spread), errors(again))
    other = program(net(n_max=50, beta=2.0, alpha_sigma=0.2, c2c=0.3), tiny_data, how="open-loop", draw=2)
    assert (errors(spread) != errors(other)).any()


def test_the_law_of_a_one_shot_error(net, tiny_data):
    """Normal about the target, with the spread that was asked for; cut off at a rail, which is told."""
    for error, sigma in (
        ("absolute=1e-9", lambda g: 1e-9),
        ("relative=0.002", lambda g: 0.002 * g),
        ("polynomial=0,0,0.01", lambda g: 0.01 * 1e-6 / 25),
        ("pcm", lambda g: np.maximum(PCM[0] * (g / 1e-6) ** 2 + PCM[1] * g / 1e-6 + PCM[2], 0) * 1e-6 / 25),
    ):
        found = program(net(WIDE), tiny_data, how="one-shot", error=error)
        z = np.concatenate([(s.error / sigma(s.target))[s.target > 1.5e-7].ravel() for s in found.sides])
        assert len(z) > 150
        assert stats.kstest(z, "norm").statistic * math.sqrt(len(z)) < 1.95
        assert any("drawn outside of the range" in line for line in found.lines)
        assert found.pulses == found.resets == 0


def test_published_spread_of_pcm():
    """Nandakumar's polynomial: 0.2635 uS at 0, 1.0554 uS at 25 uS, of a device of 25 uS; its largest between."""
    sigma = error_of("pcm", 25e-6).sigma
    assert sigma(np.array([0.0, 25e-6])) == pytest.approx([0.2635e-6, 1.0554e-6])
    assert sigma(np.linspace(0, 25e-6, 1001)).max() == pytest.approx((0.2635 + 1.9650**2 / 4 / 1.1731) * 1e-6, rel=1e-5)
    assert error_of("pcm", 5e-6).sigma(np.array([5e-6])) == pytest.approx([1.0554e-6 / 5])


def test_devices_that_never_move_are_told_where(net, tiny_data):
    found = program(net(stuck_at_g_max=0.1, stuck_at_g_min=0.1), tiny_data, tolerance=0.01, most=300)
    assert 0 < found.missed < found.devices
    for place in found.places(20):
        side = next(s for s in found.sides if s.layer == place["layer"] and s.side == (place["device"] == "G-"))
        assert not side.there[place["row"], place["column"]]
        assert place["found_S"] in (pytest.approx(1e-7), pytest.approx(1e-6))


@pytest.mark.parametrize("how", ["open-loop", "one-shot"])
def test_the_file_says_what_was_done(how, net, tmp_path, tiny_data):
    source, out = net(sigma=0.2), tmp_path / "programmed.h5"
    found = program(source, tiny_data, how=how, out=out, error="relative=0.1")
    with Trace(out) as trace:
        assert trace.devices.startswith(f"programmed: {'open loop' if how == 'open-loop' else how}")
        assert json.loads(trace.provenance["programming"])["how"] == how
        assert trace.provenance["programmed_from"] == "net.h5"
        assert trace.accuracy[1].tolist() == [found.accuracy]
        kept = trace.programming
        assert (kept["pulses"], kept["reads"], kept["missed"]) == (found.pulses, found.reads, found.missed)
        assert kept["rms_error"] == pytest.approx(float(np.sqrt(np.mean(errors(found) ** 2))))
        assert (kept["energy_pulses_J"] is None) == (how == "one-shot")
        for s in found.sides:
            np.testing.assert_allclose(trace.conductance(s.layer, 0)[s.side], s.found, rtol=1e-5)
            name = "pulses_minus" if s.side else "pulses_plus"
            np.testing.assert_array_equal(trace.counts(s.layer)[name], s.pulses)
            written, place = trace.programmed(s.layer), "minus" if s.side else "plus"
            np.testing.assert_allclose(written[f"target_{place}"], s.target)
            np.testing.assert_array_equal(written[f"reads_{place}"], s.reads)
            np.testing.assert_array_equal(written[f"there_{place}"].astype(bool), s.there)
    assert xbarsim.infer(out, dataset=tiny_data).own == found.accuracy
    again = program(out, tiny_data, start="present", tolerance=0.01)  # whose targets are where its devices are
    assert again.pulses == 0
    with pytest.raises(LayoutError, match="never written"):
        program(source, tiny_data, start="present")


TRAINED = {
    "fixed": {"n_max": 30, "method": "fixed", "c2c": 0.1},
    "table": {"model": "table", "jump_p": ((1e-7,), (5e-8,)), "jump_d": ((5e-8,), (1e-7,))},
    "two arrays": {"rule": "tiki-taka"},
    "digits": {"rule": "bs", "bs_digits": 2, "n_max": 64, "sigma": 0.2},
}


@pytest.mark.compiles
@pytest.mark.parametrize("kind", TRAINED)
def test_any_trained_run_can_be_written_anew(kind, tmp_path, tiny_data):
    path, out = tmp_path / "run.h5", tmp_path / "programmed.h5"
    base = {"layers": (6, 4, 3), "iterations": 20, "eval_last": 1, "eval_every": 0}
    xbarsim.run(Layout.of(**{**base, **TRAINED[kind]}), out=path, dataset=tiny_data)
    found = program(path, tiny_data, how="one-shot", error="absolute=0", out=out)
    with Trace(path) as before, Trace(out) as after:
        for k in (1, 2):
            for q in range(before.layout.rule.arrays(before.layout)):
                sides = zip(before.conductance(k, 20, digit=q), after.conductance(k, 0, digit=q), strict=True)
                for a, b in sides:
                    np.testing.assert_allclose(a, b, rtol=1e-5)
    assert found.accuracy_before is not None
    verified = program(path, tiny_data, tolerance=0.1, most=200)
    reached = np.concatenate([s.error[s.there] for s in verified.sides]) / verified.span
    assert np.abs(reached).max() <= 0.1 + 1e-6
    weights = program(path, tiny_data, how="one-shot", error="absolute=0", target="weights")
    if kind != "fixed":
        with Trace(path) as trace:
            wanted = written(trace.conductance(1, 20), "weights", trace.layout.device.g_min)
        np.testing.assert_allclose(weights.sides[0].target, wanted[0], rtol=1e-6)


@pytest.mark.compiles
def test_convolutions_that_were_imported_are_programmed_and_read(tmp_path, tiny_data):
    """They learn nothing, so that nobody reads errors back from their maps."""
    path, out = tmp_path / "maps.h5", tmp_path / "programmed.h5"
    weights = [(RNG.normal(size=(4, 1, 2, 2)), None), (RNG.normal(size=(3, 8)), None)]
    found = xbarsim.import_weights(weights, layers=("3x2x1", "conv2x4", 3), dataset=tiny_data, out=path, **LINEAR)
    assert program(path, tiny_data, how="one-shot", error="absolute=0", out=out).accuracy == found.accuracy
    assert xbarsim.infer(out, wire_resistance=1.0, dataset=tiny_data).mean[0] >= 0.0
    with Trace(out) as trace:
        assert trace.weights(1, 0).shape == (4, 4)


def test_an_array_that_held_another_network(net, tmp_path, tiny_data, caplog):
    """Its devices are those that it had, and go from where they were: a small change takes few pulses."""
    first, out, other = net(scale="2", sigma=0.1, g_min=1e-9, c2c=0.1), tmp_path / "first.h5", tmp_path / "other.h5"
    program(first, tiny_data, out=out, tolerance=0.01)
    changed = [(w + 0.02 * RNG.normal(size=w.shape), b) for w, b in WEIGHTS]
    xbarsim.import_weights(changed, dataset=tiny_data, out=other, scale="2", g_min=1e-9, **LINEAR)
    found = program(other, tiny_data, onto=out, out=tmp_path / "second.h5", tolerance=0.01)
    anew = program(first, tiny_data, tolerance=0.01)
    assert 0 < found.pulses < anew.pulses / 3
    assert found.resets == 0
    with Trace(out) as before, Trace(tmp_path / "second.h5") as after:
        for a, b in zip(before.scales(1), after.scales(1), strict=True):
            np.testing.assert_array_equal(a, b)
        assert after.layout.variation.sigma == 0.1
        assert after.provenance["programmed_onto"] == "first.h5"
    with pytest.raises(TraceError, match="program it first"):
        program(other, tiny_data, onto=first)
    caplog.set_level("INFO", "xbarsim")
    program(first, tiny_data, how="open-loop", most=5, error="pcm")
    assert "most: given, and does nothing" in caplog.text
    assert "error: given, and does nothing" in caplog.text


def test_targets_keep_their_part_of_another_range(net, tmp_path, tiny_data, caplog):
    """W is a part of the range: an array of another window holds the same network, and beside references of its own."""
    caplog.set_level("INFO", "xbarsim")
    other = {"g_min": 2e-6, "g_max": 9e-6}
    for mapping in ("single", "offset"):
        path, there = net(mapping=mapping), tmp_path / f"{mapping}.h5"
        program(net(mapping=mapping, **other), tiny_data, how="open-loop", out=there)
        net(mapping=mapping)
        plain = program(path, tiny_data, how="one-shot", error="absolute=0")
        for values in ({"onto": there}, other):
            found = program(path, tiny_data, how="one-shot", error="absolute=0", **values)
            assert found.accuracy == plain.accuracy
            for a, b in zip(found.sides, plain.sides, strict=True):
                np.testing.assert_allclose((a.found - 2e-6) / 7e-6, (b.found - 1e-7) / 9e-7, atol=1e-6)
            assert np.abs(errors(found)).max() < 1e-6
    assert "keep their part of the range" in caplog.text


def test_an_error_that_a_device_says_itself(net, tiny_data, caplog):
    """The keys of [aging]; what does not draw it is told."""
    caplog.set_level("INFO", "xbarsim")
    own = {"write_error": 0.01, "write_error_linear": 0.02}
    found = program(net(WIDE, **own), tiny_data, how="one-shot", error="device")
    inside = [np.abs(s.target - 5e-7) < 3e-7 for s in found.sides]  # no rail is near
    z = [s.error / (1e-6 * (0.01 + 0.02 * s.target / 1e-6)) for s in found.sides]
    z = np.concatenate([a[b] for a, b in zip(z, inside, strict=True)])
    assert len(z) > 100
    assert stats.kstest(z, "norm").statistic * math.sqrt(len(z)) < 1.95
    assert "does not draw" not in caplog.text
    program(net(**own), tiny_data, how="open-loop")
    assert "which --how open-loop does not draw" in caplog.text
    with pytest.raises(LayoutError, match="expected a device that has an error of writing"):
        program(net(), tiny_data, how="one-shot", error="device")


def test_costs_are_those_of_the_ledger(net, tiny_data):
    found = program(net(), tiny_data, tolerance=0.01)
    c = Layout.of(layers=(2, 2)).gates
    pulses = found.pulses + found.resets
    assert found.energy_pulses == pytest.approx(pulses * c.gate_capacitance * c.pulse_voltage**2)
    assert found.seconds == pytest.approx(pulses * c.pulse_width + found.reads * c.read_width)
    assert 0 < found.seconds_rows < found.seconds
    assert found.energy_reads > 0


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"how": "magic"}, "unknown name"),
        ({"start": "x"}, "unknown name"),
        ({"target": "x"}, "unknown name"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"most": -1}, "most"),
        ({"verify_bits": 99}, "verify"),
        ({"draw": 0}, "draw"),
        ({"error": "relative"}, "error: expected"),
        ({"error": "absolute=-1"}, "error: expected"),
        ({"error": "polynomial=nan"}, "error: expected"),
        ({"layers": (6, 3)}, "as the network stays what it is"),
        ({"bias": True}, "as the network stays what it is"),
        ({"beat": 1.0}, "unknown key"),
    ],
)
def test_what_is_refused(values, what, net, tiny_data):
    with pytest.raises((LayoutError, TraceError), match=what):
        program(net(), tiny_data, **values)


def test_the_commands(call, tmp_path, tiny_data):
    fields = ("x_train", "y_train", "x_test", "y_test")
    np.savez(tmp_path / "data.npz", **{name: getattr(tiny_data, name) for name in fields})
    np.savez(tmp_path / "w.npz", **{"1.weight": WEIGHTS[0][0], "1.bias": WEIGHTS[0][1], "2.weight": WEIGHTS[1][0]})
    common = ("--dataset", "data.npz", "--set", "n_max=200", "--set", "beta=0", "--quiet")
    code, out, err = call("import", "w.npz", *common, "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["devices"] == "ideal targets, never programmed"
    assert [layer["inputs"] for layer in found["layers"]] == [6, 9]
    code, out, _ = call("import", "w.npz", "--out", "again.h5", *common[:-1])
    assert code == 0
    assert "no device is programmed yet" in out
    code, out, _ = call("program", "net.h5", "--picture", "p.png", "--quiet")
    assert code == 0
    assert "write-verify, tolerance 0.01" in out
    assert "beyond the tolerance, 0.01 of it" in out
    open_loop = call("program", "net.h5", "--how", "open-loop", "-o", "open.h5", "--quiet")[1]
    assert ("99 % within" in open_loop, "tolerance" in open_loop) == (True, False)
    assert "tolerance" not in call("inspect", "open.h5")[1] + call("inspect", "open.h5", "--layer", 1)[1]
    aged = call("retention", "open.h5", "--times", "1", "--quiet")[1]
    assert ("before (programmed: open loop" in aged, "training" in aged) == (True, False)
    code, out, _ = call("inspect", "programmed.h5")
    assert "reads of single devices" in out
    assert "of pulses" in out
    assert "device         100 nS to 1 uS; noise, spread and drift: none" in out
    code, out, _ = call("inspect", "programmed.h5", "--json")
    kept = json.loads(out)["programming"]
    assert kept["pulses"] > 0
    assert ("error" in kept, kept["most"]) == (False, 1000)
    assert (tmp_path / "p.png").stat().st_size > 10_000
    one = "inspect", "programmed.h5", "--layer", 1, "--synapse", "2,3"
    plus, minus = json.loads(call(*one, "--json")[1])["programmed"]
    with Trace(tmp_path / "programmed.h5") as trace:
        sides, counts = trace.conductance(1, 0), trace.counts(1)
        assert (plus["device"], minus["device"]) == ("G+", "G-")
        assert [plus["found_S"], minus["found_S"]] == [side[2, 3] for side in sides]
        assert [plus["pulses"], minus["pulses"]] == [counts["pulses_plus"][2, 3], counts["pulses_minus"][2, 3]]
    assert abs(plus["found_S"] - plus["target_S"]) <= 0.01 * 9e-7
    assert plus["there"]
    assert plus["reads"] > 0
    shown = call(*one)[1]
    assert "within the tolerance, 0.01 of it" in shown
    assert f"{plus['reads']:,}" in shown
    code, out, _ = call("program", "net.h5", "--how", "one-shot", "--error", "pcm", "--json", "--quiet")
    assert json.loads(out)["out"] == "programmed-2.h5"
    refuses(call, "program", "net.h5", "--out", "programmed.h5", what="exists already")
    refuses(call, "program", "net.h5", "--how", "magic", what="--how")
    refuses(call, "program", "w.npz", what="w.npz")
    refuses(call, "run", "--resume", "net.h5", what="trained elsewhere")
