"""Noise and bound management: reads that are scaled, and reads that are taken again."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.circuit.managed import AGAIN, CLIPPED, READS, Managed

from xbarsim import Layout
from xbarsim.data_sets.load import to_samples
from xbarsim.describe.idle import idle
from xbarsim.learn.table import state_of

from ... import naive
from ...conftest import JIT
from ..test_train import data, layout_of, train_library
from .test_real import room_after
from .wirings import compare, fresh, twin_of

pytestmark = pytest.mark.usefixtures("one_thread")

CIRCUITS = [
    {"read_noise": 0.1, "noise_management": "both", "bias": False},
    {"driver_bits": 3, "noise_management": "backward"},
    {"sense_range": 1.0, "bound_management": "both"},
    {
        "read_noise": 0.05,
        "sense_range": 0.73,
        "sense_bits": 5,
        "driver_bits": 4,
        "noise_management": "both",
        "bound_management": "both",
        "bound_reads": 2,
        "layers": (6, 5, 4, 3),
    },
    pytest.param(
        {
            "device_noise": 0.1,
            "sense_range": 0.7,
            "noise_management": "forward",
            "bound_management": "backward",
            "batch": 3,
            "batch_rule": "signs",
        },
        marks=pytest.mark.compiles,
    ),
    pytest.param(
        {"read_noise": 0.05, "sense_range": 0.7, "wire_resistance": 500.0, "noise_management": "both"}
        | {"bound_management": "both"},
        marks=pytest.mark.compiles,
    ),
]


def values_of(kw):
    return {"layers": (6, 5, 3), "n_max": 9, "initial_steps": 9, **kw}


@pytest.mark.parametrize("kw", CIRCUITS, ids=str)
def test_training_and_classes_equal_the_twin(kw):
    layout = layout_of("ladder", values_of(kw))
    state, twin, log, _ = compare(layout, (60 if JIT else 25) if layout.wires.ideal else 6)
    assert any(log)
    assert state.managed_reads["again"] == twin.again
    bound = layout.sense.bound_management != "off"
    assert (twin.again > 0) == bound
    x, y = data(15, layout.network.layers, np.uint8, seed=8)
    state, twin = fresh(layout), twin_of(fresh(layout))
    evaluator = state.evaluator(to_samples(x, y, 0.1))
    assert evaluator.accuracy() == np.mean(np.array(naive.classify_real(twin, x)) == y)
    assert evaluator.winners.tolist() == naive.classify_real(twin, x)
    assert state.managed_reads["reads"] == 0  # tests are not counted


def way_of(kw, x, number=0, **more):
    layout = layout_of("ladder", {"layers": (20, 14, 3), "n_max": 9, "initial_steps": 9, **kw, **more})
    state = fresh(layout)
    room, _, _ = room_after(state, to_samples(x, np.array([1]), 0.1), 0, number=number)
    return state, room


FAINT = np.full((1, 20), 5, np.uint8)
"""An image whose inputs are 2 % of a full one."""


@pytest.mark.compiles
def test_a_scaled_read_of_ideal_lines_is_the_read_itself():
    plain, a = way_of({"sense_range": 1e6, "bias": False}, FAINT)
    state, b = way_of({"sense_range": 1e6, "bias": False, "noise_management": "both"}, FAINT)
    assert isinstance(state.circuit, Managed)
    assert not isinstance(plain.circuit, Managed)
    for name, n in (("currents", 14), ("delta", 14), ("volts", 20)):
        got, want = getattr(b, name)[0, :n], getattr(a, name)[0, :n]
        np.testing.assert_allclose(got, want, rtol=3e-5, atol=3e-6 * np.abs(want).max())
    assert np.any(a.delta[0, :14] != 0)


@pytest.mark.compiles
def test_what_is_not_asked_for_changes_nothing():
    """Bounds that nothing meets, and one direction without the other."""
    kw = {"read_noise": 0.1, "sense_range": 1e6, "driver_bits": 5}
    _, a = way_of(kw, FAINT)
    state, b = way_of({**kw, "bound_management": "both"}, FAINT)
    _, c = way_of({**kw, "noise_management": "backward"}, FAINT)
    for name in ("currents", "delta", "volts"):
        np.testing.assert_array_equal(getattr(a, name)[:, :3], getattr(b, name)[:, :3])
    np.testing.assert_array_equal(a.currents[0, :14], c.currents[0, :14])
    assert state.managed_reads == {"reads": 3, "again": 0, "clipped": 0}


@pytest.mark.compiles
@pytest.mark.parametrize("management", ["off", "both"])
def test_noise_of_a_small_input_is_relative_to_its_size(management):
    """Inputs of 2 % of a full one, and noise of a tenth of a full weight's current."""
    kw = {"bias": False, "noise_management": management}
    _, exact = way_of({"sense_range": 1e6, "bias": False}, FAINT)
    unit = 0.1 * fresh(layout_of("ladder", {"layers": (2, 2)})).layout.device.span
    off = [way_of({"read_noise": 0.1, **kw}, FAINT, number)[1].currents[0, :14] for number in range(20)]
    spread = float(np.std(np.array(off) - exact.currents[0, :14])) / unit
    want = 0.1 if management == "off" else 0.1 * 5 / 255
    assert spread == pytest.approx(want, rel=5 * (2 * 280) ** -0.5)  # five standard errors of 280 draws


@pytest.mark.compiles
def test_coarse_drivers_pass_small_inputs():
    _, lost = way_of({"driver_bits": 3, "bias": False}, FAINT)
    _, kept = way_of({"driver_bits": 3, "bias": False, "noise_management": "forward"}, FAINT)
    assert not lost.volts[0, :20].any()
    np.testing.assert_allclose(kept.volts[0, :20], 0.1 * 5 / 255, rtol=1e-6)


@pytest.mark.compiles
def test_where_nothing_is_driven_nothing_is_read():
    dark = np.zeros((1, 20), np.uint8)
    kw = {"bias": False, "read_noise": 0.1, "offset_sigma": 0.1}
    assert np.all(way_of(kw, dark)[1].currents[0, :14] != 0)
    assert np.all(way_of({**kw, "noise_management": "forward"}, dark)[1].currents[0, :14] == 0)


@pytest.mark.compiles
def test_a_clipped_read_comes_back_within_the_resolution():
    full = np.full((1, 20), 255, np.uint8)
    _, exact = way_of({"sense_range": 1e6}, full)
    unit = 0.1 * fresh(layout_of("ladder", {"layers": (2, 2)})).layout.device.span
    largest = np.abs(exact.currents[0, :14]).max() / unit
    limit = largest / 5.0  # two halves are not enough, three are
    kw = {"sense_range": float(limit), "sense_bits": 8}
    _, clipped = way_of(kw, full)
    state, back = way_of({**kw, "bound_management": "forward"}, full)
    assert np.abs(clipped.currents[0, :14]).max() / unit == pytest.approx(limit, rel=1e-6)
    assert np.abs(exact.currents - clipped.currents)[0, :14].max() > limit * unit
    step = 8 * limit / 127  # after three halves
    assert np.abs(exact.currents - back.currents)[0, :14].max() / unit <= 0.5 * step * 1.001
    assert state._managed_stats[AGAIN] >= 3
    assert state._managed_stats[CLIPPED] == 0
    state, short = way_of({**kw, "bound_management": "forward", "bound_reads": 2}, full)
    assert np.abs(short.currents[0, :14]).max() / unit == pytest.approx(4 * limit, rel=1e-6)
    assert state._managed_stats[CLIPPED] == 1


@pytest.mark.compiles
def test_reads_and_their_energy_are_counted():
    """Where every read is clipped it is taken three times, at the full, half and quarter of the inputs."""
    x, y = data(12, (6, 3), np.uint8)
    layout = layout_of("ladder", {"layers": (6, 3), "sense_range": 1e-3, "account": True})
    costs = []
    for more in ({}, {"bound_management": "both", "bound_reads": 2}):
        state = fresh(layout.replace(**more))
        train_library(state, x, y, (12,))
        rows = state.rows_of(12)["energy"].columns
        costs.append({name: np.array(column) for name, column in rows.items()})
    assert state._managed_stats[READS] == 12
    again, width = int(state._managed_stats[AGAIN]), layout.gates.read_width
    assert again == 24
    assert costs[1]["latency"].sum() - costs[0]["latency"].sum() == pytest.approx(again * width)
    # What is learned is not the same: only of the first iteration are the conductances.
    assert costs[1]["read_energy"][0] == pytest.approx(costs[0]["read_energy"][0] * (1 + 1 / 4 + 1 / 16), rel=1e-6)


@pytest.mark.compiles
def test_reads_of_fast_arrays_are_taken_as_they_are():
    layout = Layout.of(
        layers=(6, 5, 3),
        rule="tiki-taka",
        read_noise=0.1,
        sense_range=1e-3,
        noise_management="both",
        bound_management="both",
        bound_reads=1,
        iterations=10,
    )
    state = state_of(layout)
    state.initialise()
    train_library(state, *data(10, (6, 5, 3), np.uint8), (10,))
    assert state.managed_reads == {"reads": 30, "again": 30, "clipped": 30}


@pytest.mark.once
def test_keys_that_do_nothing_are_told():
    ideal = Layout.of(layers=(2, 2), noise_management="both")
    assert list(idle(ideal)) == ["noise_management"]
    assert state_of(ideal).plan.circuit == "ideal"
    assert list(idle(Layout.of(layers=(2, 2), read_noise=0.1, bound_management="both"))) == ["bound_management"]
    assert list(idle(Layout.of(layers=(2, 2), sense_range=1.0, bound_reads=3))) == ["bound_reads"]
    assert not idle(Layout.of(layers=(2, 2), driver_bits=4, noise_management="both"))


@pytest.mark.once
def test_bits_have_no_range_to_manage():
    with pytest.raises(Exception, match="there is nothing to scale, got both") as error:
        Layout.of(layers=(2, 2), rule="bs", bs_digits=2, read_noise=0.1, noise_management="both")
    assert str(error.value).startswith("sense.noise_management: expected off")
