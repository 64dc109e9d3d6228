"""Everything composes: a covering array of layouts, each trained, interrupted, resumed and replayed.

Without the JIT compiler: these networks are tiny, and every row is compiled anew, see `conftest`. With XBARSIM_SLOW=1
all are compiled, too.
"""

from __future__ import annotations

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace
from xbarsim.data_sets.data_set import build

from ..conftest import JIT
from ..h5compare import assert_same
from .covering import FACTORS, PLAIN, allowed_pairs, covering_array, pairs_of, values_of

ITERATIONS = 11

BASE = {
    "layers": (6, 3, 3), "iterations": ITERATIONS, "snapshot_every": 5, "eval_last": 1, "seed": 4,
    "hidden_dead_zone": 0.01, "output_dead_zone": 0.05, "c": 1.0, "initial_steps": 3, "learning_rate": 0.3,
    "sense_every": 4, "level_bits": 2, "un_window": 5, "crus_rate": 2.0, "compensate_floor": 0.1,
    "full_level": 0.5, "lower_level": 0.2,
    "bs_reads": 2, "bs_draws": 2, "bs_step": 0.1, "bs_initial_weight": 2.0,
    "bs_base": 2.0, "bs_carry_every": 4, "bs_carry_threshold": 0.5,
    "gradient_rate": 0.3, "fast_rate": 0.5, "transfer_reads": 2, "chop_probability": 0.5, "train_length": 4,
    "transfer_length": 3,
}  # fmt: skip
"""So that full sides, sensings, refreshes and carries occur."""

ROWS = {" ".join(level for _, level in row if level != PLAIN): dict(row) for row in covering_array()}
COMPILED_ANYWAY = {
    name
    for name, row in ROWS.items()
    if list(row.values())[1:] == [next(iter(FACTORS[f])) for f in list(FACTORS)[1:]]
    and not name.startswith(("crus", "ttv2", "c-ttv2", "agad", "bs", "stochastic", "mixed-precision"))
}
"""What other tests do not compile."""


@pytest.fixture(autouse=True)
def small_tables(monkeypatch):
    """Tables of laws, replays and thinning take longer than these runs; compiled code has their sizes in it."""
    if not JIT:
        monkeypatch.setattr("xbarsim.arrays.drawn._CLIMBED", 0)
        monkeypatch.setattr("xbarsim.arrays.drawn._NODES", 129)
        monkeypatch.setattr("xbarsim.kernels.rules.crus.rule._GRID", 32)


def layout_of(row):
    return Layout.of(**{**BASE, **values_of(row)})


def toy():
    """A learnable data set of 6 inputs and 3 classes."""
    rng = np.random.default_rng(7)

    def draw(n):
        y = rng.integers(0, 3, n)
        x = np.where(rng.random((n, 6)) < 0.3, rng.integers(1, 256, (n, 6)), 0)
        x[np.arange(n), 2 * y] = 255
        return x.astype(np.uint8), y

    return build("tiny", *draw(20), *draw(3), "tests")


data = pytest.fixture(toy, scope="module")


def after(blocks):
    """A `stop` that lets so many blocks pass."""
    ticks = iter(range(1000))
    return lambda: next(ticks) >= blocks


class Held:
    """What the state held after every iteration."""

    def __init__(self):
        self.frames, self.weights, self.conductances = [], [], []

    def __call__(self, point, state):
        layers = range(state.n_layers)
        assert point.iteration == len(self.frames)
        self.frames.append([state.frame(k) for k in layers])
        self.weights.append([state.weight_matrix(k).copy() for k in layers])
        self.conductances.append([state.conductances(k) for k in layers])
        self.state = state


def same(a, b):
    assert len(a) == len(b)
    for x, y in zip(a, b, strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n in COMPILED_ANYWAY else pytest.mark.compiles) for n in ROWS]
)
def test_it_trains_resumes_and_replays(tmp_path, data, name):
    train_resume_and_replay(tmp_path, data, layout_of(ROWS[name]))


def train_resume_and_replay(folder, data, layout):
    """Train in one go, watched, and in two; compare them, and what the file tells."""
    layout, held = layout.replace(eval_every=1), Held()  # who watches sees every evaluation
    whole = xbarsim.run(layout, out=folder / "whole.h5", dataset=data, watch=held)
    assert whole.finished
    # No run can be left before a keyframe.
    part = xbarsim.run(layout, out=folder / "part.h5", dataset=data, stop=after(6), commit_seconds=0.0)
    assert 0 < part.iterations < ITERATIONS
    device = layout.device.step  # of a plug-in, which has to be named again
    resumed = xbarsim.resume(folder / "part.h5", dataset=data, device=device)
    assert (resumed.pulses, resumed.resets, resumed.accuracy) == (whole.pulses, whole.resets, whole.accuracy)
    assert_same(folder / "part.h5", folder / "whole.h5")
    with Trace(folder / "whole.h5", device=device) as trace:
        check_frames(trace, held)
        if held.state.has_devices:
            check_histories(trace, held)
        check_counts(trace, held.state)
        if held.state.plan.lines != "silent":
            check_lines(trace, held.state, layout.gates)


def check_frames(trace, held):
    """States at keyframes, and between them where they replay."""
    state, moved = held.state, False
    for k in range(1, state.n_layers + 1):
        frames = trace.keyframes(k).tolist()
        assert frames == [0, 5, 10, ITERATIONS]
        for n in (1, 4, 8) if state.replays else ():
            replayed = [kept.replayed for kept in state.kept]
            same(
                *(
                    [x for x, r in zip(f, replayed, strict=True) if r]
                    for f in (trace.frame(k, n), held.frames[n][k - 1])
                )
            )
        for n in (0, 4, ITERATIONS) if state.replays else frames:
            np.testing.assert_array_equal(trace.weights(k, n), held.weights[n][k - 1])
            if state.has_devices:
                same(trace.conductance(k, n), held.conductances[n][k - 1][0])
        for n in frames:
            same(trace.frame(k, n), held.frames[n][k - 1])
            same(trace.stored_frame(k, n), held.frames[n][k - 1])
        moved = moved or not np.array_equal(held.weights[0][k - 1], held.weights[-1][k - 1])
    assert moved


def check_histories(trace, held):
    """Histories of some pairs, of the bias row, too; of one where half-selected devices move, as all are replayed."""
    for k in range(1, held.state.n_layers + 1):
        rows, cols = trace.shapes[k - 1]
        pairs = ((rows - 1, 1),) if held.state.layout.gates.disturb else ((rows - 1, 1), (2, cols - 1))
        for digit in range(len(held.conductances[0][k - 1])):
            for i, j in pairs:
                history = trace.synapse(k, i, j, digit)
                for side, found in enumerate((history.g_plus, history.g_minus)):
                    np.testing.assert_array_equal(found, [g[k - 1][digit][side][i, j] for g in held.conductances])


def check_counts(trace, state):
    """Counts of devices are what the curves add up to."""
    counts = [state.counts(k) for k in range(state.n_layers)]
    if not counts[0]:
        return
    for what in ("pulses", "resets"):
        total = sum(int(c.values.sum()) for layer in counts for name, c in layer.items() if name.startswith(what))
        in_curve = int(trace.curves[what].sum())
        # Of digits the curve has the resets of carries, and not those of pairs that both got full.
        assert in_curve <= total if what == "resets" and not state.layout.rule.pairs else in_curve == total
    for k, layer in enumerate(counts, start=1):
        kept = trace.counts(k)
        assert kept.keys() == layer.keys()
        for name, values in kept.items():
            np.testing.assert_array_equal(values, layer[name].values)


def check_lines(trace, state, gates):
    """Energies are those of the pulses and resets that devices count; what reads take follows the conductances."""
    pulse = gates.gate_capacitance * gates.pulse_voltage**2
    energy = {name: values.sum() for name, values in trace.energy.items()}
    spent = energy["write_energy"] + energy["replay_energy"] - pulse * energy["half_selects"] / 4.0
    counts = [(name, c.values) for k in range(state.n_layers) for name, c in state.counts(k).items()]
    issued = sum(int(c.sum()) for name, c in counts if name.startswith(("pulses", "resets")))
    assert spent / pulse == pytest.approx(issued)
    halves = sum(int(c.sum()) for name, c in counts if name.startswith("half_selects"))
    assert energy["half_selects"] == halves > 0
    arrays = {
        state.number_of(k, q): pair for k in range(state.n_layers) for q, pair in enumerate(state.conductances(k))
    }
    for k, (plus, minus) in arrays.items():
        np.testing.assert_array_equal(state.layer_gates(k).total[:, : plus.shape[1]], plus + minus)


def test_every_pair_that_is_not_refused_is_covered():
    met = set().union(*map(pairs_of, ROWS.values()))
    assert met == allowed_pairs()
    rules, others = sorted(map(len, FACTORS.values()))[:-3:-1]
    assert 60 <= len(ROWS) <= rules * others  # no more than the two largest factors need
