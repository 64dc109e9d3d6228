"""What pictures and summaries say of a run, and what is shown where nobody has said it."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace
from xbarsim.describe.run import Run
from xbarsim.loop.results import worst_device
from xbarsim.show.picked import bins_of, moved_most

from ..cli import QUICK

pytestmark = pytest.mark.jit  # files and commands; the kernels' own tests run with and without the JIT
SMALL = {"layers": (2, 2), "dataset": "two-pixels", "n_max": 9, "eval_last": 2}


@pytest.fixture
def titles(monkeypatch):
    """Titles of the figures that are saved, with the texts below them."""
    figures = pytest.importorskip("xbarsim.show.figures")
    seen = []

    def save(figure, out, metadata):
        seen.append(figure)
        out.write_bytes(b"")

    monkeypatch.setattr(figures, "save", save)
    return seen


def test_a_picture_says_what_was_run(call, titles):
    pytest.importorskip("matplotlib")
    assert call("run", *QUICK, "--beta-d", 3, "--c2c", 0.1)[0] == 0
    assert call("plot", "run.h5")[0] == 0
    (figure,) = titles
    title = " ".join(figure._suptitle.get_text().split())
    for part in ("rule sign (method b)", "exponential device", "beta 2 up, 3 down", "c2c of a step 10 %", "seed 0"):
        assert part in title


def test_bins_are_at_the_states(tmp_path):
    """As many devices at each state are as many in each bin: bins of one width would make a comb."""
    with_run(tmp_path, **SMALL)
    with Trace(tmp_path / "run.h5") as trace:
        states = trace.layout.device.staircase()
        bins = bins_of(trace, [np.repeat(states, 3)])
        counts, _ = np.histogram(np.repeat(states, 3), bins=bins.edges)
        assert (counts == 3).all()
        assert (len(counts), bins.states, bins.label) == (len(states), 1, "devices per state")
        few = bins_of(trace, [states], most=4)
        counts, _ = np.histogram(states, bins=few.edges)
        assert (counts[:-1] == few.states).all()
        assert counts.sum() == len(states)
        anywhere = bins_of(trace, [np.linspace(states[0], states[-1], 1001)])
        assert np.allclose(np.diff(anywhere.edges), anywhere.edges[1] - anywhere.edges[0])


def with_run(folder, **values):
    return xbarsim.run(Layout.of(**values), out=folder / "run.h5")


def test_the_pair_that_moved_is_not_the_bias(tmp_path):
    with_run(tmp_path, **SMALL)
    still, moved = np.zeros((3, 2), np.float32), np.zeros((3, 2), np.float32)
    moved[2, 0], moved[1, 1] = 9e-7, 4e-7  # the last row is the bias
    with Trace(tmp_path / "run.h5") as trace:
        assert moved_most(trace, still, moved) == (1, 1)
        assert moved_most(trace, still[:1], moved[1:2]) == (0, 1)


def test_a_short_run_has_a_curve(tmp_path):
    result = with_run(tmp_path, **SMALL, iterations=500)
    assert [i for i, _ in result.accuracy_curve if i < 499] == list(range(0, 499, 41))
    with Trace(tmp_path / "run.h5") as trace:
        assert trace.layout.run.eval_every == 41  # as it was: a longer end changes nothing before
    assert (Run().spacing(60_000), Run(eval_every=0).spacing(500)) == (5000, 0)


def test_a_curve_that_would_have_no_points_is_told(call):
    _, _, err = call("run", *QUICK, "--eval-every", 60_000)
    assert "run.eval_every: 60,000 is more than the 6 iterations of this run" in err
    with Trace("run.h5") as trace:
        assert trace.layout.run.eval_every == 1


def test_the_summary_ends_with_energy_and_the_worst_device(call):
    code, out, _ = call("run", *QUICK)
    assert code == 0
    energy, worst = re.fullmatch(r".* energy (.*) worst device (.*)", " ".join(out.split())).groups()  # lines may wrap
    assert "J: pulses " in energy
    with Trace("run.h5") as trace:
        counts = trace.counts(1)
    said = re.fullmatch(r"(\d+) pulses and resets: layer 1, row (\d), column (\d), (G[+-])", worst)
    side = "plus" if said[4] == "G+" else "minus"
    at = int(said[2]), int(said[3])
    writes = {s: counts[f"pulses_{s}"] + counts[f"resets_{s}"] for s in ("plus", "minus")}
    assert writes[side][at] == int(said[1]) == max(w.max() for w in writes.values())
    whole, trained, rest = map(
        float, re.search(r"time +([\d.]+) s: ([\d.]+) s training.*?([\d.]+) s comp", out, re.DOTALL).groups()
    )
    assert whole == pytest.approx(trained + rest, abs=0.11)


def test_what_json_says_of_it(call):
    fresh = json.loads(call("run", *QUICK, "--json")[1])
    assert fresh["energy_J"]["total"] == pytest.approx(sum(fresh["energy_J"][k] for k in ("pulses", "resets", "reads")))
    again = json.loads(call("run", "--resume", "run.h5", "--json")[1])
    assert again["most_writes_at"] == fresh["most_writes_at"]
    assert set(fresh["most_writes_at"]) == {"layer", "row", "column", "device", "digit"}


def test_the_worst_device_of_several_digits():
    counts = {
        f"{what}_{side}{q}": np.zeros((2, 2), int)
        for what in ("pulses", "resets")
        for side in ("plus", "minus")
        for q in ("", "_1")
    }
    counts["pulses_minus_1"][1, 0], counts["resets_minus_1"][1, 0], counts["pulses_plus"][0, 0] = 2, 2, 3
    assert worst_device([{}, counts]) == {"layer": 2, "row": 1, "column": 0, "device": "G-", "digit": 1}
    assert worst_device([{}]) is None


def test_inspect_and_check_show_what_differs(call, tmp_path):
    call("run", *QUICK, "--beta", 3)
    short, whole = call("inspect", "run.h5")[1], call("inspect", "run.h5", "--all")[1]
    for text in ("[device]", "beta = 3.0", "n_max = 4", "layers = [2, 2]"):
        assert text in short
    assert "gate_capacitance" not in short
    assert "[variation]" not in short
    assert "--all" in short
    assert "gate_capacitance_F" in whole
    short, whole = (call("check", *QUICK, "--beta", 3, *more)[1] for more in ((), ("--all",)))
    assert "beta = 3.0" in short
    assert "gate_capacitance" not in short
    assert "gate_capacitance_F" in whole
    assert len(short.splitlines()) < 45 < len(whole.splitlines())


def test_a_layer_says_which_weight_moved(call):
    call("run", *QUICK)
    out = call("inspect", "run.h5", "--layer", 1)[1]
    assert "devices per state" in out
    assert re.search(r"--synapse [01],[01] has its whole history", out)


def test_a_mean_beside_its_range_by_the_last_bit_has_no_bar():
    """The mean of ten times 0.7 is not 0.7: Matplotlib refuses bars of negative length."""
    from xbarsim.show.figures_style import bars_of
    from xbarsim.study.comparison import row_of

    result = {"accuracy_mean_last": np.nextafter(0.7, 1.0), "accuracy_min_last": 0.6, "accuracy_max_last": 0.7}
    bars = bars_of([row_of("x", [result])])
    assert bars.shape == (2, 1)
    assert bars[1, 0] == 0.0
    assert bars[0, 0] == pytest.approx(10.0)
