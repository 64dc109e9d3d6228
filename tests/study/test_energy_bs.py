"""The energy model of binary-stochastic learning, and the study that uses it."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from xbarsim.data_sets.data_set import build
from xbarsim.study import bs as study_bs
from xbarsim.study import energy_bs as e
from xbarsim.study.energy_constants import CONSTANTS, SOURCES
from xbarsim.study.energy_report import markdown

pytestmark = pytest.mark.jit

NAMES = (
    "read_rows",
    "events",
    "event_rows",
    "event_columns",
    "pulses",
    "back_reads",
    "back_rows",
    "back_columns",
    "carries",
    "carry_pulses",
    "carry_resets",
)


LINEAR = (
    "driver",
    "cell_line",
    "sense",
    "comparator",
    "random_bit",
    "adc_step",
    "dac_step",
    "multiply",
    "add",
    "word",
    "function",
)


def run_of(**counts):
    """A run of 10 images on 4-3-2, of which nothing is counted but `counts`."""
    work = {name: list(counts.get(name, (0.0, 0.0))) for name in NAMES}
    work |= {"conductance": [1e-6, 2e-6]}
    return e.Run((4, 3, 2), 10, 2, 4, 2, 0, work, 0.5)


def busy(**changed):
    """A run in which everything happens."""
    run = run_of(**{name: (20 + q, 30 + q) for q, name in enumerate(NAMES)})
    return run._replace(**{"period": 5, **changed})


def only(**changed):
    """All constants 0 but these."""
    return dict.fromkeys(CONSTANTS, 0.0) | {"g_factor": 1.0} | changed


def totals(run, k):
    return np.array([sum(parts.values()) for parts in e.parts_of(run, k).values()])


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
    assert e.binary_stochastic(run, only(driver=1.0))["pulses"] == pytest.approx(7.0)
    pulses = e.binary_stochastic(run, only(v_pulse=1.0, t_pulse=1.0))["pulses"]
    assert pulses == pytest.approx(10 * 1e-6 + 3 * 2e-6)
    # Two reads of 2 inputs that are not 0 and 3 hidden neurons, 8 outputs of 2, derivatives of 3 neurons and 2
    # signs of each row that is sensed.
    comparators = e.binary_stochastic(run, only(comparator=1.0))["comparators"]
    assert comparators == pytest.approx(2 * (2 + 3) + 8 * 2 + 2 * 3 + 2 * 2)
    assert e.binary_stochastic(run, only(driver=1.0))["drivers"] == pytest.approx(2 * 2 * 2)


def test_a_line_costs_the_cells_it_crosses_and_the_square_of_its_voltage():
    run = run_of(read_rows=(10, 10), event_rows=(10, 0), event_columns=(0, 10), back_columns=(0, 10))
    k = only(cell_line=1.0, v_read=2.0, v_pulse=3.0)
    parts = e.binary_stochastic(run, k)
    # Rows cross both devices of 3 and of 2 pairs; the two columns of a pair cross 4 rows; two digits.
    assert parts["drivers"] == pytest.approx(4.0 * 2 * (6 + 4 + 2 * 4))
    assert parts["pulses"] == pytest.approx(9.0 * (6 + 4))


def test_the_other_systems_follow_from_sizes():
    run = run_of()
    # Rows driven: 1 + 0.5 * 4 and 4; columns 3 and 2.
    assert e.analog(run, only(adc_step=1.0))["ADC"] == pytest.approx(3 + 2 + 3)
    assert e.analog(run, only(dac_step=1.0))["DAC"] == pytest.approx(3 + 4 + 2)
    assert e.analog(run, only(dac_step=1.0))["update DAC"] == pytest.approx(3 + 4 + 3 + 2)
    assert e.digital(run, only(multiply=1.0))["multiply-accumulate"] == pytest.approx(3 * 3 + 4 * 2 + 4 * 2)
    assert e.digital(run, only(multiply=1.0))["update"] == pytest.approx(3 * 3 + 4 * 2)
    words = e.digital(run, only(word=1.0))
    assert sum(words.values()) == pytest.approx(3 * (3 * 3 + 4 * 2) + 4 * 2)
    parallel, verified = (e.analog(run, only(adc_step=1.0), verify=v) for v in (False, True))
    assert sum(verified.values()) == pytest.approx(sum(parallel.values()) + 3 * 3 + 4 * 2)


def test_a_run_twice_as_long_costs_the_same_per_image():
    run = busy()
    work = {name: [c if name == "conductance" else 2 * c for c in counts] for name, counts in run.work.items()}
    twice = run._replace(images=2 * run.images, work=work)
    assert np.allclose(totals(run, e.values()), totals(twice, e.values()), rtol=1e-12)


@pytest.mark.parametrize("name", LINEAR)
def test_energies_are_linear_in_a_constant(name):
    run, base = busy(), e.values()
    none, once, twice = (totals(run, {**base, name: q * base[name]}) for q in (0.0, 1.0, 2.0))
    assert np.allclose(twice - once, once - none, rtol=1e-9, atol=1e-30)
    assert np.any(once > none)


def test_energies_rise_with_the_square_of_a_voltage():
    run = busy()
    for volts, duration in (("v_read", "t_read"), ("v_pulse", "t_pulse")):
        one, three = (totals(run, only(**{volts: v, duration: 1.0, "cell_line": 1e-6})) for v in (1.0, 3.0))
        assert np.allclose(three, 9.0 * one, rtol=1e-12)
        assert np.all(one[:3] > 0)


@pytest.mark.parametrize("name", list(CONSTANTS))
def test_no_energy_falls_with_a_constant(name):
    c = CONSTANTS[name]
    for run in (busy(), busy(carry_sensing="comparators")):
        low, high = (totals(run, e.values(**{name: v})) for v in (c.low, c.high))
        assert np.all(high >= low)
        assert np.any(high > low)


def test_multiply_accumulates_are_a_part_of_the_whole():
    run, k = busy(), e.values()
    whole, alone = e.parts_of(run, k), e.mac_parts(run, k)
    pairs = zip(
        ("binary-stochastic", "analog, parallel update", "digital CMOS", "digital CMOS"), alone.values(), strict=True
    )
    for name, parts in pairs:
        assert all(parts[part] == whole[name][part] for part in parts)
        assert 0 < sum(parts.values()) < sum(whole[name].values())
    updates = {"pulses", "carries", "update DAC", "functions", "update", "update memory"}
    assert updates.isdisjoint(name for parts in alone.values() for name in parts)


def test_multiply_accumulates_are_crossings():
    run = run_of(read_rows=(30, 50), back_reads=(0, 10), back_rows=(0, 20), back_columns=(0, 15))
    # Forward 3 * 3 + 5 * 2 of an image; 1 backward read of 2 rows and 1.5 columns.
    assert e.macs(run).tolist() == pytest.approx([9 + 10 + 2 * 1.5, 25, 25, 25])
    k = only(word=2.0, multiply=1.0)
    assert e.joules_per_mac(run, k)[2:].tolist() == pytest.approx([3.0, 1.0])


def test_the_carry_scans_every_digit_at_its_period():
    run = busy(digits=3, period=5, carry_ratio=10)
    k = only(adc_step=1.0)
    # 4 + 1 rows of 3 and 3 + 1 of 2 columns; the lowest digit after 5 images, the next after 50.
    assert e.binary_stochastic(run, k)["carries"] == pytest.approx((5 * 3 + 4 * 2) * (1 / 5 + 1 / 50))
    assert e.binary_stochastic(run._replace(period=0), k)["carries"] == 0.0
    # Comparators everywhere, ADCs for what is carried.
    other, carried = run._replace(carry_sensing="comparators"), sum(run.work["carries"]) / run.images
    assert e.binary_stochastic(other, k)["carries"] == pytest.approx(carried)
    few = other._replace(work={**run.work, "carry_pulses": (0, 0)})
    assert e.binary_stochastic(few, only(comparator=1.0))["carries"] == pytest.approx(2 * (5 * 3 + 4 * 2) * 0.22)


def test_a_longer_period_costs_less():
    short, long = (e.binary_stochastic(busy(period=p), e.values())["carries"] for p in (5, 50))
    assert long < short


def test_every_constant_has_a_range_and_a_source():
    for name, c in CONSTANTS.items():
        assert c.low <= c.value <= c.high, name
        assert c.low < c.high, name
        assert len(c.source) > 10, name
        named = [key for key in SOURCES if key in c.source]
        if c.seen:
            assert named, name
            assert re.search(r"\b(19|20)\d\d\b", " ".join((c.source, *(SOURCES[key] for key in named)))), name
        else:
            assert c.source.startswith(("derived", "assumption", "default")), name
    assert all(any(key in c.source for c in CONSTANTS.values()) for key in SOURCES)


def test_every_constant_matters():
    run = busy()
    assert np.all(e.ratios(run, e.values()) > 0)
    assert np.all(e.mac_ratios(run, e.values()) > 0)
    for low, high in e.sensitivity(run).values():
        assert not np.array_equal(low, high)
    quantiles = e.spread(run, 100)
    assert np.all(np.diff(quantiles, axis=0) > 0)


def test_the_tables_say_everything(monkeypatch):
    few = e.draws
    monkeypatch.setattr(e, "draws", lambda run, n=50, seed=0, of=e.ratios: few(run, 50, seed, of))
    text = markdown(busy())
    assert all(name in text for name in (*CONSTANTS, *SOURCES, *e.SYSTEMS, *e.MAC_SYSTEMS, *e.CARRY_SENSING))
    widths = [len(line.split(" | ")) for line in text.splitlines() if line.startswith("| v_read")]
    assert widths == [4, 7]
    assert "sensing at a carry" not in markdown(busy(period=0))


def tiny():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (60, 784)).astype(np.uint8), rng.integers(0, 10, 60)
    return build("tiny", x[:40], y[:40], x[40:], y[40:], "tests")


@pytest.mark.plain
def test_the_study_goes_on_where_it_was(tmp_path, monkeypatch):
    data, layers = tiny(), (784, 4, 10)
    ticks = []
    count = iter(range(100))
    assert (
        study_bs.reproduce_bs(
            tmp_path, data, layers=layers, epochs=2, seeds=(0,), stop=lambda: next(count) > 4, listener=ticks.append
        )
        is None
    )
    sheet = study_bs.reproduce_bs(tmp_path, data, layers=layers, epochs=2, seeds=(0,), listener=ticks.append)
    assert ticks[-1].done == ticks[-1].total == 4
    assert [r.series for r in sheet.rows] == list(study_bs.SERIES)
    assert all(r.accuracy.shape == (1, 2) for r in sheet.rows)
    report = (tmp_path / "bs-report.md").read_text()
    assert "reconstruction" in report
    assert all(claim in report for claim in study_bs.CLAIMS)
    assert len((tmp_path / "bs.csv").read_text().splitlines()) == 1 + 4 * 2
    assert json.loads(json.dumps(sheet.as_dict()))["epochs"] == 2
