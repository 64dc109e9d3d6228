"""Images for networks of all sizes, made by a seeded script."""

from __future__ import annotations

import functools

import numpy as np

from xbarsim.data_sets.data_set import Dataset, build
from xbarsim.data_sets.load import load_dataset


def sparse(g, t, y):
    """One pixel in eight is lit; a sixth of the lit ones are missing, and as many others lit."""
    lit, chance = t[y] < 0.125, g.random((len(y), t.shape[1]))
    x = np.where(lit, chance > 1 / 6, chance < 1 / 48)
    return x * g.uniform(0.4, 1.0, x.shape)


def dense(g, t, y):
    """Grey all over, uniform from 0 to 1, with noise."""
    return t[y] + 0.25 * g.standard_normal((len(y), t.shape[1]))


def bright(g, t, y):
    """Two pixels in three are lit; one in ten is the other way round."""
    lit = (t[y] < 0.67) ^ (g.random((len(y), t.shape[1])) < 0.1)
    return np.where(lit, g.uniform(0.5, 1.0, lit.shape), 0.0)


def grey(g, t, y):
    """Grey, and nowhere dark, with noise."""
    return np.maximum(0.1 + 0.8 * t[y] + 0.15 * g.standard_normal((len(y), t.shape[1])), 0.004)


KINDS = {"sparse": sparse, "dense": dense, "bright": bright, "grey": grey}


@functools.cache
def images(kind: str, inputs: int, classes: int, *, train: int = 6000, test: int = 1000) -> Dataset:
    """A data set of templates, one a class, or the embedded digits."""
    if kind == "digits":
        return load_dataset("digits")
    g = np.random.default_rng([inputs, classes, list(KINDS).index(kind)])
    templates = g.random((classes, inputs))
    y = g.integers(0, classes, train + test)
    y[:classes] = np.arange(classes)
    x = np.rint(np.clip(KINDS[kind](g, templates, y), 0.0, 1.0) * 255).astype(np.uint8)
    parts = x[:train], y[:train], x[train:], y[train:]
    return build(kind, *parts, "made by tests/defaults/images.py", labels=tuple(range(classes)))
