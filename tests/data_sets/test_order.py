"""The order of the samples, over the borders of epochs, and the length of a run."""

from __future__ import annotations

import numpy as np
import pytest

from xbarsim import Layout
from xbarsim.data_sets.order import DEFAULT_ITERATIONS, SampleOrder, iterations_of

from .. import naive


def expected(seed, samples, epochs):
    """The endless order as the twin sorts it."""
    keys = [naive.fill_keys(seed, epoch, samples) for epoch in range(epochs)]
    return [k for epoch in keys for k in sorted(range(samples), key=epoch.__getitem__)]


@pytest.mark.parametrize("samples", [1, 2, 7])
def test_every_part_of_the_order(samples):
    whole = expected(3, samples, 4)
    for first in range(2 * samples + 1):
        for n in range(2 * samples):
            order = SampleOrder(3, samples)
            taken = order.take(first, n)
            assert taken.dtype == np.int64
            assert taken.tolist() == whole[first : first + n]


def test_parts_in_any_order_and_again():
    whole = expected(8, 5, 12)
    order = SampleOrder(8, 5)
    rng = np.random.default_rng(0)
    for _ in range(200):
        first, n = int(rng.integers(0, 40)), int(rng.integers(0, 20))
        assert order.take(first, n).tolist() == whole[first : first + n]


def test_an_epoch_has_every_sample_once_and_epochs_differ():
    order = SampleOrder(1, 50)
    epochs = [order.take(50 * e, 50) for e in range(3)]
    assert all(sorted(e.tolist()) == list(range(50)) for e in epochs)
    assert not np.array_equal(epochs[0], epochs[1])
    assert not np.array_equal(SampleOrder(2, 50).take(0, 50), epochs[0])


def test_what_was_taken_does_not_change_what_is_taken_next():
    order = SampleOrder(1, 5)
    order.take(0, 5)[:] = 0
    assert order.take(0, 5).tolist() == expected(1, 5, 1)


@pytest.mark.parametrize(
    ("values", "samples", "iterations"),
    [
        ({"epochs": 3}, 10, 30),
        ({"epochs": 3, "batch": 10}, 10, 3),
        ({"epochs": 3, "batch": 7}, 10, 5),  # 30 samples: four whole batches, and one that takes 5 from epoch 4
        ({"epochs": 1, "batch": 11}, 10, 1),
        ({"epochs": 2, "batch": 20}, 10, 1),
        ({"epochs": 2, "batch": 19}, 10, 2),
        ({"iterations": 9, "batch": 7}, 10, 9),
        ({"batch": 7}, 10, DEFAULT_ITERATIONS),
    ],
)
def test_length_of_a_run(values, samples, iterations):
    assert iterations_of(Layout.of(layers=(2, 2), **values), samples) == iterations


def test_a_run_of_epochs_in_batches(tiny_data):
    import xbarsim

    result = xbarsim.run(Layout.of(layers=(6, 3), epochs=2, batch=7, n_max=9, eval_every=0), dataset=tiny_data)
    assert result.iterations == 26  # 180 samples, and 2 of the third epoch
