"""It learns: on the embedded digits always, on MNIST where it is at hand; against the published figures."""

from __future__ import annotations

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout

pytestmark = pytest.mark.jit


def accuracies(dataset, seeds=(0, 1, 2), **kw):
    """Mean test accuracy over the last 100 iterations, per seed."""
    layouts = [Layout.of(layers=(784, 200, 10), dataset=dataset, seed=s, eval_every=0, **kw) for s in seeds]
    data = xbarsim.load_dataset(dataset)
    return [xbarsim.run(layout, dataset=data).accuracy_mean_last for layout in layouts]


def test_embedded_digits():
    assert np.mean(accuracies("digits", iterations=30_000)) > 0.93


@pytest.mark.slow
def test_methods_on_embedded_digits():
    """A short form of Fig. 7: b is best, a degrades most."""
    means = {m: np.mean(accuracies("digits", iterations=15_000, method=m)) for m in "abc"}
    assert means["b"] > means["c"] + 0.01
    assert means["c"] > means["a"] + 0.03


@pytest.mark.mnist
@pytest.mark.parametrize(("beta", "least", "published"), [(0.0, 0.945, 0.9536), (2.0, 0.940, 0.9480)])
def test_mnist_reaches_the_published_accuracy(beta, least, published):
    mean = np.mean(accuracies("mnist", beta=beta))
    assert mean >= least
    assert abs(mean - published) < 0.01


@pytest.mark.mnist
def test_method_a_is_clearly_worse_at_strong_nonlinearity():
    a, b = (np.mean(accuracies("mnist", beta=2.0, method=m, seeds=(0,), iterations=20_000)) for m in "ab")
    assert a < b - 0.1


@pytest.mark.mnist
def test_methods_agree_on_linear_devices():
    """Published: at beta 0 the three agree. Only a and b coincide exactly; c differs where a side is full."""
    means = [np.mean(accuracies("mnist", beta=0.0, method=m, seeds=(0,))) for m in "abc"]
    assert max(means) - min(means) < 0.01
