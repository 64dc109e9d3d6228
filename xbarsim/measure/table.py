"""Jump tables: the distribution of the step over the conductance, from sweeps or from CrossSim's tables."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np

from ..base.errors import DataError

FEWEST_STEPS = 40
"""Steps that a node looks at, at least; its window widens until it has them."""

MOST_STEPS = 300_000


@dataclass
class Table:
    """A jump table.

    Attributes
    ----------
    g : (nodes,), S
        Uniform, Gmin to Gmax.
    steps : (nodes, quantiles), S
        Quantiles of the step at probabilities 0 ... 1; positive in the direction of the polarity.
    count : int
        Steps it was made from.
    position, step : (count,), S
        Those steps, for pictures.
    """

    g: np.ndarray
    steps: np.ndarray
    count: int
    position: np.ndarray
    step: np.ndarray
    warnings: list[str] = field(default_factory=list)


def increments(raw: np.ndarray, side: int, read_noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Conductance and step of every pulse: each (steps,), S.

    A read that is too high makes the step after it too small. Plotted against the first of its two reads, noise alone
    would give a falling line; against their middle it does not, so the middle is taken, less half the mean step there.
    Where the scatter is that of the steps, the first read itself is right; between the two, the share of the read noise
    in the scatter decides.
    """
    step = side * np.diff(raw, axis=1)
    middle = 0.5 * (raw[:, 1:] + raw[:, :-1])
    known = np.isfinite(step)
    first = raw[:, :-1][known]
    step, middle = step[known], middle[known]
    if len(step) > MOST_STEPS:
        pick = np.linspace(0, len(step) - 1, MOST_STEPS).astype(int)
        step, middle, first = step[pick], middle[pick], first[pick]
    order = np.argsort(middle, kind="stable")
    step, middle, first = step[order], middle[order], first[order]
    bins = max(1, min(50, len(step) // 20))
    edges = np.linspace(0, len(step), bins + 1).astype(int)
    parts = [slice(a, b) for a, b in itertools.pairwise(edges)]
    centre, mean, scatter = (
        np.array(v)
        for v in ([middle[p].mean() for p in parts], [step[p].mean() for p in parts], [step[p].var() for p in parts])
    )
    share = np.interp(middle, centre, np.minimum(1.0, 2.0 * read_noise**2 / np.maximum(scatter, 1e-300)))
    shifted = middle - side * 0.5 * np.interp(middle, centre, mean)
    return first + share * (shifted - first), step


def from_sweeps(
    raw: np.ndarray, side: int, g_min: float, g_max: float, *, nodes: int, quantiles: int, read_noise: float
) -> Table:
    """The table of measured sweeps, (sweeps, pulses + 1) in S.

    At each node the nearest steps are taken to the node along a straight line, their quantiles are taken, and the
    scatter that two noisy reads add, sqrt 2 times the read noise, is taken off by drawing the quantiles together.
    """
    position, step = increments(raw, side, read_noise)
    g = np.linspace(g_min, g_max, nodes)
    if len(step) < 2 * quantiles:
        raise DataError(
            f"fit: expected at least {2 * quantiles} steps for a table of {quantiles} quantiles, got {len(step)}; "
            "lower --quantiles, or measure more"
        )
    probabilities = np.linspace(0.0, 1.0, quantiles)
    centres, variances, counts, shapes = np.empty(nodes), np.empty(nodes), np.empty(nodes), np.empty((nodes, quantiles))
    order = np.argsort(position, kind="stable")
    position, step = position[order], step[order]
    half = 0.5 * (g[1] - g[0])
    empty = 0
    for k, node in enumerate(g):
        a, b = np.searchsorted(position, [node - half, node + half])
        if b - a < min(FEWEST_STEPS, len(step)):
            distance = np.abs(position - node)
            near = np.argpartition(distance, min(FEWEST_STEPS, len(step)) - 1)[:FEWEST_STEPS]
            empty += bool(distance[near].min() > 2.0 * half)
        else:
            near = np.arange(a, b)
        x, d = position[near] - node, step[near]
        width = float(x.std())
        # Along a line only where the steps lie on both sides; at a rail extrapolating would make up steps.
        slope = float((x * (d - d.mean())).mean()) / width**2 if width > 1e-3 * half else 0.0
        inside = float(np.clip(0.0, x.min(), x.max()))
        centre = float(d.mean() + slope * (inside - x.mean()))
        rest = d - d.mean() - slope * (x - x.mean())
        variance = float(rest.var())
        centres[k], variances[k], counts[k] = centre, variance, len(d)
        shapes[k] = np.quantile(rest, probabilities)
    # One node's variance is known poorly; that of five together better, and what is within its error of none is none.
    added = 2.0 * read_noise**2
    window = np.ones(min(5, nodes))
    number = np.convolve(counts, window, "same")
    excess = np.convolve(counts * (variances - added), window, "same") / number
    excess = np.where(excess > 2.0 * added * np.sqrt(2.0 / number), excess, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        shrink = np.where(variances > 0.0, np.sqrt(np.minimum(excess / variances, 1.0)), 0.0)
    out = centres[:, None] + shrink[:, None] * shapes
    table = Table(g, out, len(step), position, step)
    if empty:
        table.warnings.append(f"{empty} of {nodes} nodes of the jump table have no steps nearby; the nearest are taken")
    if quantiles == 1:
        table.steps = out.mean(axis=1, keepdims=True)
    return table


def from_crosssim(
    g: np.ndarray, cdf: np.ndarray, steps: np.ndarray, side: int, low: float, high: float, nodes: int, quantiles: int
) -> np.ndarray:
    """A CrossSim table on a uniform grid: (nodes, quantiles), S; linear between its points."""
    if np.any(np.diff(g) <= 0) or np.any(np.diff(cdf) <= 0):
        raise DataError(
            "fit: expected conductances and probabilities of a CrossSim table that rise, got some that do not; "
            "export it again"
        )
    grid = np.linspace(low, high, nodes)
    probabilities = np.linspace(0.0, 1.0, quantiles) if quantiles > 1 else np.array([0.5])
    at_nodes = np.array([np.interp(grid, g, row) for row in side * steps])  # (points, nodes)
    at_nodes = np.sort(at_nodes, axis=0)  # a falling step made positive lists its quantiles backwards
    order = cdf if side > 0 else 1.0 - cdf[::-1]
    return np.array([np.interp(probabilities, order, column) for column in at_nodes.T])
