"""Reads of convolutions at a position: what the kernels drive and sense there, and what ngspice makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.path.table import down, new_memory, up
from xbarsim.kernels.rules.table import new_room, room_of

from xbarsim import Layout, LayoutError, spice
from xbarsim.data_sets.load import to_samples
from xbarsim.learn.table import state_of
from xbarsim.spice.agreement import solutions_of

from ..cli import refuses
from .circuits import needs_ngspice

pytestmark = pytest.mark.compiles  # tiny networks, each compiled anew

WORDS = ("6x5x1", "conv3x2x3", "pool2", "conv2x4p1", "mean2", 3)
PLACES = {1: (3, 2), 2: (1, 2), 3: (0, 0)}
"""Position that is looked at, by layer: one inside, one at the edge of a padded map, the only one."""


def network(folder, **values):
    """A layout, and the state that it begins with, after a way of the first test image up and down."""
    x = (np.random.default_rng(2).random((3, 6, 5)) * 255).astype(np.uint8)
    y = np.array([1, 0, 2])
    np.savez(folder / "data.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    fixed = {"layers": WORDS, "dataset": str(folder / "data.npz"), "c": 1.5, "initial_steps": 30, "seed": 3}
    layout = Layout.of(**{**fixed, "softmax_scale": 2.0, **values})
    state = state_of(layout)
    state.initialise()
    rule, array, circuit, _, lines = state.kinds
    memory, room = new_memory(state.geometry, 1), room_of(rule, new_room(rule, state.geometry, 1), 0)
    samples = to_samples(x.reshape(3, -1), y, layout.array.v_read)
    up(state.geometry, rule, array, circuit, lines, 0, 0, 0, 1, 0, samples, room, memory)
    down(state.geometry, rule, array, circuit, lines, 1, 0, 0, 1, 0, room, memory)
    return layout, state, memory


def part(values, state, k, position):
    """What `memory` has of the columns of layer `k` at a position."""
    g, into = state.geometry, state.layout.network.arrays[k].into
    a = g.out_at[k] + (position[0] * into.width + position[1]) * g.cols[k]
    return values[0, a : a + g.cols[k]]


def rows_at(state, memory, k, position):
    """Voltages of the rows of layer `k` at a position."""
    g, into = state.geometry, state.layout.network.arrays[k].into
    p = position[0] * into.width + position[1]
    a, n = g.line_at[k] + p * g.rows[k], memory.n_lines[0, g.slot_at[k] + p]
    volts = np.zeros(g.rows[k])
    volts[memory.lines[0, a : a + n]] = memory.volts[0, a : a + n]
    return volts


CASES = [
    {},
    {"rule": "mixed-precision", "hidden_neuron": "sigmoid", "wire_resistance": 20.0, "sense_resistance": 50.0},
]


@needs_ngspice
@pytest.mark.parametrize("values", CASES, ids=["ideal", "wires, sigmoids"])
def test_ngspice_senses_what_the_kernels_read_at_a_position(values, tmp_path):
    layout, state, memory = network(tmp_path, **values)
    v_read = layout.array.v_read
    for layer, position in PLACES.items():
        read = spice.read_of(layout, layer=layer, position=position)
        own = part(memory.currents, state, layer - 1, position)
        np.testing.assert_allclose(read.volts, rows_at(state, memory, layer - 1, position), rtol=1e-4, atol=1e-7)
        path = tmp_path / f"{layer}.cir"
        spice.save(read, path)
        found = {name: float(v[-1]) for name, v in spice.run_ngspice(path).items()}
        plus, minus = spice.load(path).sensed(solutions_of(read, found))
        np.testing.assert_allclose(plus - minus, own, rtol=1e-3, atol=1e-4 * np.abs(own).max())
        assert np.abs(own).max() > 0
        back = spice.read_of(layout, layer=layer, position=position, forward=False)
        errors = part(memory.errors, state, layer - 1, position)
        np.testing.assert_allclose(back.volts / v_read, errors, rtol=1e-3, atol=1e-4 * np.abs(memory.errors).max())
    assert (read.origin["map_row"], read.origin["map_column"]) == (0, 0)


@needs_ngspice
def test_the_command_writes_and_compares_a_position(call, tmp_path):
    layout = network(tmp_path, wire_resistance=5.0)[0]
    (tmp_path / "conv.toml").write_text(layout.to_toml())
    code, out, err = call("spice", "conv.toml", "--layer", 2, "--position", "1,2", "--run")
    assert (code, err) == (0, "")
    assert "map_row 1" in out
    assert "largest difference" in out
    for position, what in (
        (None, "read at 3 x 3 positions"),
        ("1", "row,column, got '1'"),
        ("0,3", "column: expected"),
    ):
        asked = [] if position is None else ["--position", position]
        refuses(call, "spice", "conv.toml", "--layer", "2", "--force", *asked, what=what)


def test_a_dense_layer_has_one_position(tmp_path):
    layout = network(tmp_path)[0]
    assert "map_row" not in spice.read_of(layout, layer=3).origin
    with pytest.raises(LayoutError, match="--position row: expected a whole number <= 0, got 1"):
        spice.read_of(layout, layer=3, position=(1, 0))
