"""Kernels of fast and slow arrays against the twins, with the same draws: parts, and whole training."""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.rules.fast_slow import buffered, moving, rule, two

from xbarsim import Layout
from xbarsim.describe.defaults import settle
from xbarsim.learn.table import state_of

from ...kernels.test_train import NAMES, data, train_library
from . import naive_kernels
from .naive_loop import TwoArrays, same_sums

CASES = {
    "1 direct": {"rule": "tiki-taka", "layers": (6, 3)},
    "2 direct": {
        "rule": "tiki-taka", "layers": (6, 5, 3), "transfer_every": 2, "transfer_reads": 2, "fast_weight": 0.25,
        "bias": False,
    },
    "2 direct columns": {
        "rule": "tiki-taka", "layers": (6, 5, 3), "transfer_by": "columns", "fast_rate_scales": True,
        "gradient_rate_end": 0.2, "fast_weight": 0.5,
    },
    "2 direct unmanaged": {
        "rule": "tiki-taka", "layers": (6, 5, 3), "length_management": False, "update_management": False,
        "train_length": 8,
    },
    "2 buffered": {"rule": "ttv2", "layers": (6, 5, 3), "transfer_length": 3, "buffer_forget": False},
    "2 buffered scaled": {
        "rule": "ttv2", "layers": (6, 5, 3), "transfer_length": 1, "auto_scale": True, "fast_rate": 0.3,
        "auto_granularity": 9.0, "buffer_momentum": 0.1, "batch": 2, "transfer_every": 2.0,
    },
    "2 chopped": {
        "rule": "c-ttv2", "layers": (6, 5, 3), "transfer_length": 2, "chop_probability": 0.3, "fast_weight": 0.5,
        "hidden_neuron": "hard-sigmoid",
    },
    "2 chopped columns": {
        "rule": "c-ttv2", "layers": (6, 5, 3), "transfer_by": "columns", "chop_probability": 0.4,
        "chop_random": False, "fast_weight": 0.5, "buffer_forget": False,
    },
    "2 estimated": {
        "rule": "agad", "layers": (6, 5, 3), "chop_probability": 0.3, "tail_weight": 2.0, "transfer_length": 4,
        "buffer_granularity": 2.0,
    },
    "2 estimated columns": {
        "rule": "agad", "layers": (6, 4, 3), "chop_probability": 0.5, "transfer_by": "columns", "auto_scale": True,
        "fast_rate": 0.3,
    },
}  # fmt: skip


def layout_of(values):
    quick = {"beta": 1.5, "gradient_rate": 0.5, "seed": 5, "eval_last": 1, "iterations": 60, "n_max": 30}
    return settle(Layout.of(**{"method": "c", "engine": "analog", "fast_rate": 0.6, **quick, **values}))


def by_input(layer, sums):
    return sums if layer.by_rows else [list(row) for row in zip(*sums, strict=True)]


@pytest.mark.compiles
@pytest.mark.parametrize("name", CASES)
def test_training_equals_the_naive_network(name):
    layout = layout_of(CASES[name])
    state = state_of(layout)
    state.initialise()
    x, y = data(60, layout.network.layers, np.uint8)
    order = [state.number_of(k, q) for q in range(2) for k in range(state.n_layers)]
    twin = TwoArrays(layout, [state.nominal(n) for n in order], state.step, layout.weight_range, 60)
    start = [state.nominal(n)[0].copy() for n in order]
    _, curves = train_library(state, x, y, blocks=(1, 11))
    records = twin.run(x, y.tolist(), state.batch)
    for number, array in zip(order, [*twin.arrays, *twin.fast_arrays], strict=True):
        plus, minus = state.nominal(number)
        assert plus.tolist() == array.plus
        assert minus.tolist() == array.minus
    assert curves["pulses"] == [r.pulses for r in records]
    assert curves["resets"] == [r.resets for r in records]
    np.testing.assert_allclose(curves["loss"], [r.loss for r in records], rtol=1e-5)
    for k, layer in enumerate(twin.layers):
        counts = state.counts(k)
        for q, array in ((0, twin.arrays[k]), (1, twin.fast_arrays[k])):
            for counted in NAMES:
                key = counted if q == 0 else f"{counted}_{q}"
                assert counts[key].values.tolist() == getattr(array, counted)
        kept = dict(zip([each.name for each in state.kept], state.frame(k), strict=True))
        if "buffer" in kept:
            assert same_sums(kept["buffer"].tolist(), by_input(layer, layer.h))
        if "chopper" in kept:
            signs = kept["chopper"][:, 0] if layer.by_rows else kept["chopper"][0]
            assert signs.tolist() == layer.signs
        if "reference" in kept:
            assert same_sums(kept["reference"].tolist(), by_input(layer, layer.p))
            assert same_sums(kept["read_mean"].tolist(), by_input(layer, layer.mu))
    moved = [(state.nominal(n)[0] != before).any() for n, before in zip(order, start, strict=True)]
    assert all(moved)


def test_steps_equal_the_twin():
    rng = np.random.default_rng(0)
    for _ in range(100):
        h, keep = np.float32(rng.normal() * 3), np.float32(rng.choice([0.0, 0.25, 1.0]))
        forget, most = int(rng.integers(0, 2)), int(rng.integers(1, 4))
        own = buffered.Buffered(np.zeros(0, np.float32), np.ones(1), keep, forget, most)
        n, left = buffered.steps_of(h, own)
        steps, rest = naive_kernels.steps_of(float(h), float(keep), forget, most)
        assert n == steps
        assert left == pytest.approx(rest, abs=1e-6)


def test_means_equal_the_twin():
    for mean, largest in ((0.0, 0.0), (0.0, 2.0), (2.0, 0.0), (2.0, 1.0)):
        assert rule.followed(mean, largest, 0.01) == pytest.approx(naive_kernels.followed(mean, largest, 0.01))


def test_the_schedule_equals_the_twin():
    state = state_of(layout_of(CASES["2 chopped"]))
    assert two.fast_of(state.geometry, 1) == naive_kernels.fast_of(2, 1)
    for every, reads, batch in ((1.0, 1, 1), (0.5, 2, 1), (3.0, 2, 1), (2.5, 1, 4)):
        own = state.moving._replace(every=every, reads=reads, batch=batch)
        for updates in range(9):
            assert moving.reads_until(own, updates) == naive_kernels.reads_until(updates, batch, every, reads)
    for regular, flip in ((0, 0.3), (2, 0.0), (4, 0.0)):
        own = state.moving._replace(regular=regular, flip=flip)
        for read in range(60):
            expected = naive_kernels.flip_after(5, 1, read, read % 6, 6, flip, regular)
            assert bool(moving.flip_after(own, 1, read, read % 6, 6)) == expected
