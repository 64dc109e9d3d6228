"""Thirty-six networks: depth 1 to 4, widths 10 to 1,000, 16 to 3,072 inputs, 2 to 100 classes, all kinds of images,
8 to 500 states, beta 0 to 5.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from xbarsim import Layout, run
from xbarsim.loop.results import Result

from .images import images


class Net(NamedTuple):
    """A network, the images it is to learn, its device, and for how many iterations."""

    layers: tuple[int, ...]
    kind: str
    states: int
    beta: float
    iterations: int
    method: str = "b"

    @property
    def name(self) -> str:
        return f"{'-'.join(map(str, self.layers))} {self.kind} n {self.states} beta {self.beta:g} {self.method}"


NETS = tuple(
    Net(*row)
    for row in (
        # digits, one hidden layer: states and beta
        ((784, 200, 10), "digits", 64, 2.0, 5000),
        ((784, 200, 10), "digits", 16, 2.0, 5000),
        ((784, 200, 10), "digits", 8, 0.0, 5000),
        ((784, 200, 10), "digits", 500, 2.0, 5000),
        ((784, 200, 10), "digits", 128, 0.0, 5000),
        ((784, 200, 10), "digits", 64, 5.0, 5000),
        ((784, 10, 10), "digits", 64, 1.0, 5000),
        ((784, 1000, 10), "digits", 64, 2.0, 3000),
        ((784, 200, 10), "digits", 64, 2.0, 5000, "c"),
        # digits, deeper
        ((784, 100, 50, 10), "digits", 64, 2.0, 5000),
        ((784, 100, 50, 10), "digits", 64, 5.0, 5000),
        ((784, 100, 50, 10), "digits", 250, 1.0, 5000),
        ((784, 500, 100, 10), "digits", 64, 3.0, 4000),
        ((784, 100, 100, 100, 10), "digits", 64, 2.0, 6000),
        ((784, 200, 200, 200, 200, 10), "digits", 64, 2.0, 6000),
        ((784, 60, 50, 40, 30, 10), "digits", 128, 0.0, 8000),
        # templates, sparse
        ((16, 10, 2), "sparse", 64, 2.0, 3000),
        ((100, 30, 5), "sparse", 32, 1.0, 3000),
        ((400, 100, 50, 7), "sparse", 64, 2.0, 3000),
        ((3072, 100, 10), "sparse", 64, 3.0, 2000),
        ((1024, 200, 100), "sparse", 64, 2.0, 6000),
        ((256, 50, 50, 50, 4), "sparse", 128, 0.0, 4000),
        # dense
        ((400, 100, 50, 7), "dense", 64, 2.0, 3000),
        ((400, 100, 50, 7), "dense", 64, 2.0, 3000, "c"),
        ((16, 20, 2), "dense", 64, 0.0, 3000),
        ((64, 100, 20), "dense", 500, 2.0, 6000),
        ((256, 50, 50, 50, 50, 5), "dense", 64, 2.0, 5000),
        ((3072, 300, 10), "dense", 32, 2.0, 1500),
        ((784, 1000, 500, 10), "dense", 64, 2.0, 1000),
        # bright
        ((100, 30, 30, 4), "bright", 8, 1.0, 4000),
        ((1024, 50, 20), "bright", 64, 2.0, 4000),
        ((400, 200, 100, 50), "bright", 128, 1.0, 6000),
        # grey
        ((16, 50, 3), "grey", 64, 2.0, 3000),
        ((768, 300, 100), "grey", 64, 1.0, 8000),
        ((400, 100, 100, 10), "grey", 64, 5.0, 4000),
        ((3072, 40, 30, 20, 10, 5), "grey", 250, 0.0, 4000),
    )
)


def train(net: Net, seed: int = 0, iterations: int = 0, **values: Any) -> tuple[float, Result]:
    """Mean accuracy over the last quarter of a run, and its result."""
    n = iterations or net.iterations
    layout = Layout.of(
        layers=net.layers,
        n_max=net.states,
        beta=net.beta,
        method=net.method,
        iterations=n,
        seed=seed,
        eval_every=max(1, n // 20),
        eval_last=1,
        snapshot_every=0,
        **values,
    )
    result = run(layout, dataset=images(net.kind, net.layers[0], net.layers[-1]))
    curve = [point[1] for point in result.accuracy_curve]
    return float(np.mean(curve[-5:])), result
