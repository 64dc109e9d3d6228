"""Jump tables: the distribution of the step over the conductance, from sweeps or from CrossSim's tables."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np

from ..base.errors import DataError
from ..describe.laws import means

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


def increments(
    raw: np.ndarray, side: int, read_noise: float, pulses: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Conductance and step of every pulse: each (steps,), S. Between reads several pulses apart, their mean step.

    A read that is too high makes the step after it too small. Plotted against the first of its two reads, noise alone
    would give a falling line; against their middle it does not, so the middle is taken, less half the mean step there.
    Where the scatter is that of the steps, the first read itself is right; between the two, the share of the read noise
    in the scatter decides. Of reads several pulses apart the middle is right in any case.
    """
    position, step, _ = _steps(raw, side, read_noise, pulses)
    return position, step


def _steps(
    raw: np.ndarray, side: int, read_noise: float, pulses: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`increments`, and over how many pulses each is the mean: (steps,)."""
    at = np.arange(raw.shape[1], dtype=float) if pulses is None else np.asarray(pulses, float)
    parts = []
    for row in raw:
        seen = np.flatnonzero(np.isfinite(row))
        g, number = row[seen], at[seen]
        parts.append(np.stack([g[:-1], g[1:], np.diff(number)]))
    before, after, gap = np.concatenate(parts, axis=1)
    if len(gap) > MOST_STEPS:
        pick = np.linspace(0, len(gap) - 1, MOST_STEPS).astype(int)
        before, after, gap = before[pick], after[pick], gap[pick]
    order = np.argsort(before + after, kind="stable")
    before, after, gap = before[order], after[order], gap[order]
    step, middle = side * (after - before) / gap, 0.5 * (after + before)
    bins = max(1, min(50, len(step) // 20))
    edges = np.linspace(0, len(step), bins + 1).astype(int)
    slices = [slice(a, b) for a, b in itertools.pairwise(edges)]
    centre, mean, scatter = (
        np.array(v)
        for v in (
            [middle[p].mean() for p in slices],
            [step[p].mean() for p in slices],
            [(step[p] * np.sqrt(gap[p])).var() for p in slices],
        )
    )
    share = np.interp(middle, centre, np.minimum(1.0, 2.0 * read_noise**2 / np.maximum(scatter, 1e-300)))
    share = np.where(gap > 1.0, 1.0, share)
    shifted = middle - side * 0.5 * np.interp(middle, centre, mean)
    return before + share * (shifted - before), step, gap


def from_sweeps(
    raw: np.ndarray,
    side: int,
    g_min: float,
    g_max: float,
    *,
    nodes: int,
    quantiles: int,
    read_noise: float,
    pulses: np.ndarray | None = None,
) -> Table:
    """The table of measured trains, (trains, columns) in S, read after `pulses`; one after the other if not given.

    At each node the nearest steps are taken to the node along a straight line, their quantiles are taken, and the
    scatter that two noisy reads add, sqrt 2 times the read noise, is taken off by drawing the quantiles together. Of
    reads several pulses apart, the scatter of one pulse is that of their mean step times the root of their number.
    """
    position, step, gap = _steps(raw, side, read_noise, pulses)
    g = np.linspace(g_min, g_max, nodes)
    if len(step) < 2 * quantiles:
        raise DataError(
            f"fit: expected at least {2 * quantiles} steps for a table of {quantiles} quantiles, got {len(step)}; "
            "lower --quantiles, or measure more"
        )
    probabilities = np.linspace(0.0, 1.0, quantiles)
    centres, variances, counts, shapes = np.empty(nodes), np.empty(nodes), np.empty(nodes), np.empty((nodes, quantiles))
    order = np.argsort(position, kind="stable")
    position, step, gap = position[order], step[order], gap[order]
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
        rest = (d - d.mean() - slope * (x - x.mean())) * np.sqrt(gap[near])
        variance = float(rest.var())
        centres[k], variances[k], counts[k] = centre, variance, len(d)
        shapes[k] = np.quantile(rest, probabilities)
    # One node's variance is known poorly; that of five together better, and what is within its error of none is none.
    added = 2.0 * read_noise**2 * float(np.mean(1.0 / gap))
    window = np.ones(min(5, nodes))
    number = np.convolve(counts, window, "same")
    excess = np.convolve(counts * (variances - added), window, "same") / number
    excess = np.where(excess > 2.0 * added * np.sqrt(2.0 / number), excess, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        shrink = np.where(variances > 0.0, np.sqrt(np.minimum(excess / variances, 1.0)), 0.0)
    out = centres[:, None] + shrink[:, None] * shapes
    table = Table(g, out, len(step), position, step)
    if (gap > 1.0).any():
        table.warnings.append(
            f"{100 * np.mean(gap > 1.0):.0f} % of the steps are means over up to {gap.max():.0f} pulses between two "
            "reads; the scatter of single pulses is inferred from theirs"
        )
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


def cut(low: float, high: float, up: np.ndarray, down: np.ndarray) -> tuple[float, float, np.ndarray, np.ndarray, str]:
    """A table on the part of its range where both polarities move: where mean steps are above 0.

    Tables of real devices often have mean steps of 0 or less at their ends, and no device can be trained across those.

    Parameters
    ----------
    low, high : float, S
    up, down : (nodes, quantiles) float64, S

    Returns
    -------
    low, high, up, down
        The same, on as many nodes; the longest stretch of nodes that move.
    told : str
        By how much it was cut; empty if it was not.

    Raises
    ------
    DataError
        If fewer than two neighbouring nodes move.
    """
    mean = [np.asarray(means(t.tolist())) for t in (up, down)]
    least = 1e-6 * high
    fine = (mean[0] > least) & (mean[1] > least)
    if fine.all():
        return low, high, up, down, ""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], fine.astype(int), [0]])))
    a, b = max(zip(edges[::2], edges[1::2], strict=True), key=lambda ab: ab[1] - ab[0], default=(0, 0))
    if b - a < 2:
        raise DataError(
            "fit: expected mean steps above 0 over a part of the range in both polarities, got none that both have; "
            "measure with stronger pulses, or check --map"
        )
    g = np.linspace(low, high, len(up))
    grid = np.linspace(g[a], g[b - 1], len(up))
    up, down = (np.array([np.interp(grid, g, column) for column in t.T]).T for t in (up, down))
    part = 1.0 - (g[b - 1] - g[a]) / (high - low)
    told = (
        f"mean steps of 0 or less at the ends: the range is cut from {low:.4g} to {high:.4g} S to {g[a]:.4g} to "
        f"{g[b - 1]:.4g} S, by {100 * part:.2g} %"
    )
    return float(g[a]), float(g[b - 1]), up, down, told
