"""In time: the behavioural device, and one training step."""

from __future__ import annotations

import re
import subprocess

import numpy as np
import pytest
from xbarsim.kernels.way import neuron

import xbarsim
from xbarsim import Device, Layout, spice
from xbarsim.arrays.nodal import sensed
from xbarsim.describe.wires import Wires
from xbarsim.learn.reading import reading_of
from xbarsim.spice import ArrayRead

from .circuits import needs_ngspice
from .golden import DOWN, NETLISTS, PULSED, STEP, UP, at_moments, digest_of, pulse_netlist, stored

pytestmark = pytest.mark.jit  # nothing here is a kernel's own test, and netlists of trained runs take their time


def recursion(d):
    """Conductances after each of these pulses, by equations (1) and (2), float64, S."""
    g = [d.g_min]
    for k in range(UP + DOWN):
        if k < UP:
            g.append(min(d.g_max, g[-1] + d.alpha_p * np.exp(-d.beta * (g[-1] - d.g_min) / d.span)))
        else:
            step = d.alpha_depression * np.exp(-d.beta_depression * (d.g_max - g[-1]) / d.span)
            g.append(max(d.g_min, g[-1] - step))
    return np.array(g)


def conductance_of(vectors, times):
    return np.interp(times, vectors["time"], vectors["i(v_s)"]) / 0.1


def check_pulses(g):
    want = recursion(PULSED)
    np.testing.assert_allclose(want[: UP + 1], PULSED.staircase()[: UP + 1], rtol=1e-6)
    for n in (1, 5, 16):
        assert g[n] == pytest.approx(want[n], rel=1e-3)
        assert g[UP + n] == pytest.approx(want[UP + n], rel=1e-3)
    np.testing.assert_allclose(g, want, rtol=1e-3)
    assert g[-1] == pytest.approx(PULSED.g_min, rel=1e-3)


@needs_ngspice
def test_the_device_follows_its_equations(tmp_path):
    text, times = pulse_netlist(PULSED)
    (tmp_path / "a.cir").write_text(text)
    check_pulses(conductance_of(spice.run_ngspice(tmp_path / "a.cir", trusted=True), times))


@needs_ngspice
@pytest.mark.parametrize(
    "kw", [{"n_max": 16, "beta": 0.0}, {"n_max": 64, "beta": 3.0}, {"n_max": 2, "beta": 1.0}], ids=str
)
def test_other_devices_follow_their_equations(tmp_path, kw):
    device = Device(g_min=1e-7, g_max=1e-6, **kw)
    text, times = pulse_netlist(device)
    (tmp_path / "a.cir").write_text(text)
    g = conductance_of(spice.run_ngspice(tmp_path / "a.cir", trusted=True), times)
    np.testing.assert_allclose(g, recursion(device), rtol=1e-3)


def test_stored_pulses_follow_the_equations():
    check_pulses(stored("synapse-pulses", digest_of(pulse_netlist(PULSED)[0]))["i(v_s)"] / 0.1)


def check_step(at):
    """The three reads and the pulses of the example are those of xbarsim."""
    layout = Layout.from_toml_text(NETLISTS.joinpath("pair-2x2.toml").read_text(), method="c")
    device, wires = layout.device, Wires(wire_resistance=100.0)

    def states(moment):
        x = np.array([[[at[f"v(x{side}_{i}_{j})"][moment] for j in range(2)] for i in range(2)] for side in "pm"])
        return device.g_min + device.span * x

    steps = device.staircase()
    plus, minus = states(2)
    for g in (plus, minus):  # on the staircase
        assert np.min(np.abs(g[..., None] / steps - 1), axis=-1).max() < 1e-6
    plus, minus = (steps[np.argmin(np.abs(g[..., None] - steps), axis=-1)] for g in (plus, minus))

    def currents(moment, lines):
        return np.array([at[f"i(v_{line})"][moment] for line in lines])

    inputs = np.array([0.1, 0.0])
    forward = ArrayRead(plus, minus, "split-both", wires, True, inputs)
    ours = np.stack(forward.sensed(forward.solve()))
    np.testing.assert_allclose(currents(0, ("sp0", "sp1", "sm0", "sm1")), ours.ravel(), rtol=1e-5)
    delta = np.empty(2, np.float32)
    neuron.softmax_error((ours[0] - ours[1]).astype(np.float32), 2, reading_of(layout).softmax_gain, 0, delta)
    volts = np.array([at[f"v(t_sp{j})"][1] for j in range(2)])
    np.testing.assert_allclose(volts, 0.1 * delta, rtol=1e-4)
    backward = ArrayRead(plus, minus, "split-both", wires, False, volts)
    np.testing.assert_allclose(
        currents(1, ("dp0", "dp1", "dm0", "dm1")), np.stack(backward.sensed(backward.solve())).ravel(), rtol=1e-5
    )
    xb = xbarsim.Crossbar.from_conductance(device, plus, minus, method="c")
    issued = xb.program(rows=[0], columns=[0, 1], signs=-np.sign(delta).astype(int))
    assert issued.pulses == 2
    np.testing.assert_allclose(states(3), [xb.g_plus, xb.g_minus], rtol=1e-3)
    assert xb.g_plus[0, 0] > plus[0, 0]  # equation (1)
    assert xb.g_plus[0, 1] < plus[0, 1]  # equation (2)
    again = ArrayRead(xb.g_plus, xb.g_minus, "split-both", wires, True, inputs)
    solved = again.solve()
    assert len(solved) == 2
    np.testing.assert_allclose(
        currents(4, ("sp0", "sp1", "sm0", "sm1")), np.concatenate(sensed(solved, 2, forward=True)), rtol=1e-3
    )


@needs_ngspice
def test_the_step_is_that_of_xbarsim(tmp_path):
    (tmp_path / "step.cir").write_text(STEP)
    check_step(at_moments(spice.run_ngspice(tmp_path / "step.cir", trusted=True)))


@needs_ngspice
def test_the_step_prints_its_results(tmp_path):
    """As its first lines tell to run it."""
    (tmp_path / "step.cir").write_text(STEP)
    answer = subprocess.run(
        ["ngspice", "-n", "-b", "step.cir"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    found = dict(re.findall(r"^(\w+) += +(\S+)$", answer.stdout, re.MULTILINE))
    assert len([k for k in found if k.startswith(("forward", "backward", "again", "xp_"))]) == 16
    assert "rror" not in answer.stderr


def test_the_stored_step_is_that_of_xbarsim():
    check_step(stored("pair-2x2-step", digest_of(STEP)))
