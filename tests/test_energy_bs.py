"""The energy model of binary-stochastic learning, and the study that uses it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from xbarsim import energy_bs as e
from xbarsim import study_bs
from xbarsim.datasets import build

pytestmark = pytest.mark.jit

NAMES = (
    "read_rows", "events", "event_rows", "event_columns", "pulses", "back_reads", "back_rows", "back_columns", "carries", "carry_pulses",
    "carry_resets",
)  # fmt: skip


def run_of(**counts):
    """A run of 10 images on 4-3-2, of which nothing is counted but `counts`."""
    work = {name: list(counts.get(name, (0.0, 0.0))) for name in NAMES}
    work |= {"conductance": [1e-6, 2e-6]}
    return e.Run((4, 3, 2), 10, 2, 4, 2, 0, work, 0.5)


def only(**changed):
    """All constants 0 but these."""
    return dict.fromkeys(e.CONSTANTS, 0.0) | {"g_factor": 1.0} | changed


def test_reads_cost_voltage_current_time_layer_by_layer():
    run = run_of(read_rows=(30, 50))
    k = only(v_read=0.1, t_read=1e-8)
    # Of each layer: rows driven of an image, columns, two pairs of devices.
    expected = 0.01 * 1e-8 * (3 * 3 * 4 * 1e-6 + 5 * 2 * 4 * 2e-6)
    assert e.binary_stochastic(run, k)["array reads"] == pytest.approx(expected)
    assert e.binary_stochastic(run, k)["drivers"] == 0.0
    twice = e.binary_stochastic(run, {**k, "g_factor": 2.0})["array reads"]
    assert twice == pytest.approx(2 * expected)


def test_events_are_counted():
    run = run_of(
        event_rows=(40, 20),
        event_columns=(5, 5),
        pulses=(100, 30),
        back_reads=(0, 10),
        back_rows=(0, 20),
        back_columns=(0, 20),
    )
    assert e.binary_stochastic(run, only(gate=1.0))["pulses"] == pytest.approx(7.0)
    pulses = e.binary_stochastic(run, only(v_pulse=1.0, t_pulse=1.0))["pulses"]
    assert pulses == pytest.approx(10 * 1e-6 + 3 * 2e-6)
    # Two reads of 3 hidden neurons, 8 outputs of 2, derivatives of 3 neurons and 2 signs of each row that is sensed.
    assert e.binary_stochastic(run, only(comparator=1.0))["comparators"] == pytest.approx(2 * 3 + 8 * 2 + 2 * 3 + 2 * 2)
    assert e.binary_stochastic(run, only(driver=1.0))["drivers"] == pytest.approx(2 * 2 * 2)


def test_the_other_systems_follow_from_sizes():
    run = run_of()
    # Rows driven: 1 + 0.5 * 4 and 4; columns 3 and 2.
    assert e.analog(run, only(adc_step=1.0))["ADC"] == pytest.approx(3 + 2 + 3)
    assert e.digital(run, only(multiply=1.0))["multiply-accumulate"] == pytest.approx(2 * (3 * 3 + 4 * 2) + 4 * 2)
    assert e.digital(run, only(word=1.0))["memory"] == pytest.approx(3 * (3 * 3 + 4 * 2) + 4 * 2)
    parallel, verified = (e.analog(run, only(adc_step=1.0), verify=v) for v in (False, True))
    assert sum(verified.values()) == pytest.approx(sum(parallel.values()) + 3 * 3 + 4 * 2)


def test_every_constant_matters_and_has_a_range():
    run = run_of(**dict.fromkeys(NAMES, (20, 30)))._replace(period=5)
    base = e.ratios(run, e.values())
    assert np.all(base > 0)
    for name, (low, high) in e.sensitivity(run).items():
        c = e.CONSTANTS[name]
        assert c.low <= c.value <= c.high
        assert c.low < c.high
        assert not np.array_equal(low, high)
        assert not (c.seen and c.source == "assumption")
    quantiles = e.spread(run, 300)
    assert np.all(np.diff(quantiles, axis=0) > 0)
    text = e.markdown(run)
    assert all(name in text for name in (*e.CONSTANTS, *e.SYSTEMS))


def tiny():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (60, 784)).astype(np.uint8), rng.integers(0, 10, 60)
    return build("tiny", x[:40], y[:40], x[40:], y[40:], "tests")


@pytest.mark.jit
def test_the_study_goes_on_where_it_was(tmp_path, monkeypatch):
    data, layers = tiny(), (784, 4, 10)
    ticks = []
    count = iter(range(100))
    assert study_bs.reproduce_bs(
        tmp_path, data, layers=layers, epochs=2, seeds=(0,), stop=lambda: next(count) > 4, listener=ticks.append
    ) is None  # fmt: skip
    sheet = study_bs.reproduce_bs(tmp_path, data, layers=layers, epochs=2, seeds=(0,), listener=ticks.append)
    assert ticks[-1].done == ticks[-1].total == 4
    assert [r.series for r in sheet.rows] == list(study_bs.SERIES)
    assert all(r.accuracy.shape == (1, 2) for r in sheet.rows)
    report = (tmp_path / "bs-report.md").read_text()
    assert "reconstruction" in report
    assert all(claim in report for claim in study_bs.CLAIMS)
    assert len((tmp_path / "bs.csv").read_text().splitlines()) == 1 + 4 * 2
    assert json.loads(json.dumps(sheet.as_dict()))["epochs"] == 2
