"""Trained weights in slices: several pairs of few states for each weight, read by themselves; see kernels/circuit/
sliced.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base import checks
from ..base.arguments import named
from ..base.errors import LayoutError
from ..data_sets.data_set import Dataset
from ..data_sets.load import to_samples
from ..describe.layout import Layout
from ..learn.known import ideal_reads, known_reads, limits_of, scaled, units_of
from .pieces import Pieces
from .writing import Sides, seed_of

MOST_BITS = 16
"""Of a weight, the sign apart."""


def check_slices(slices: int, slice_bits: int) -> None:
    """Raise a `LayoutError` if a weight cannot be cut so."""
    checks.integer(named("infer", "slices"), slices, least=1, most=MOST_BITS)
    checks.integer(named("infer", "slice_bits"), slice_bits, least=1, most=MOST_BITS)
    if slices * slice_bits > MOST_BITS:
        raise LayoutError(
            f"{named('infer', 'slice_bits')}: expected slices of at most {MOST_BITS} bits together, got {slices} of "
            f"{slice_bits}; give fewer"
        )


def slices_of(sides: Sides, layout: Layout, slices: int, slice_bits: int) -> tuple[list[Sides], np.ndarray]:
    """Cut weights into slices, from the highest down.

    ``|W|``, over the largest of its array, is rounded to a whole number of ``slices * slice_bits`` bits; each slice
    has `slice_bits` of these as the state of one device of a pair, G+ where W > 0, between Gmin and Gmax, and the other
    one stays at Gmin.

    Parameters
    ----------
    sides : sequence of ((rows, cols), (rows, cols))
        G+ and G- of every array, S.
    layout : Layout
    slices, slice_bits : int

    Returns
    -------
    list of sides
        Of every slice.
    (arrays, slices) float64
        What the currents of each are multiplied with before they are added.
    """
    check_slices(slices, slice_bits)
    g_min, span, top_digit, top = (
        layout.device.g_min,
        layout.device.span,
        2**slice_bits - 1,
        2 ** (slices * slice_bits) - 1,
    )
    pieces: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in range(slices)]
    share = np.zeros((len(sides), slices))
    for k, (plus, minus) in enumerate(sides):
        w = (plus.astype(np.float64) - minus) / span
        largest = float(np.abs(w).max()) or 1.0
        codes = np.floor(np.abs(w) / largest * top + 0.5).astype(np.int64)
        for s in range(slices):
            shift = slice_bits * (slices - 1 - s)
            g = g_min + span * ((codes >> shift) & top_digit) / top_digit
            pieces[s].append(
                (np.where(w > 0, g, g_min).astype(np.float32), np.where(w < 0, g, g_min).astype(np.float32))
            )
            share[k, s] = largest * top_digit * 2.0**shift / top
    return [tuple(piece) for piece in pieces], share


def layouts_of(layout: Layout, slices: int) -> list[Layout]:
    """A layout for every slice, whose sense circuits and noise are its own."""
    return [layout.replace(seed=seed_of(layout.run.seed, s)) for s in range(slices)]


class SlicedReader:
    """A network in slices that is filled and tested, again and again; as `reader.Reader`.

    Parameters
    ----------
    layouts : sequence of Layout
        Of every slice.
    share : (arrays, slices) float64
        See `slices_of`.
    data : Dataset
        Its test samples are used.
    iteration : int
    tests, ways
        See `reader.Reader`.
    """

    def __init__(
        self,
        layouts: Sequence[Layout],
        share: np.ndarray,
        data: Dataset,
        iteration: int,
        *,
        tests: int = 1,
        ways: Sequence[str] = (),
    ) -> None:
        samples = to_samples(data.x_test, data.y_test, layouts[0].array.v_read)
        self._network, self._share = Pieces(layouts, samples, iteration, tests=tests, ways=ways), share

    def redraw(self, seed: int, *, circuits: bool) -> None:
        """Let noise come from another seed; see `reader.Reader.redraw`."""
        self._network.redraw(seed, circuits=circuits)

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """(rows, cols) of all that is read at once: of the arrays of every slice, slice after slice."""
        return [shape for state in self._network.states for shape in units_of(state).shapes]

    @property
    def limits(self) -> list[np.ndarray]:
        """What is not below it is clipped, of every column of each of these, (cols,), A; infinite: nothing is."""
        return [own for state in self._network.states for own in limits_of(state)]

    @property
    def positions(self) -> list[int]:
        """How often an image reads each of these."""
        each = [array.positions for array in self._network.states[0].layout.network.arrays]
        return each * len(self._network.states)

    def known(
        self, pieces: Sequence[Sides], patterns: Sequence[Sequence[np.ndarray]], seed: int, *, ideal: bool = False
    ) -> list[np.ndarray]:
        """Currents for known rows that are driven; see `reader.Reader.known`."""
        found: list[np.ndarray] = []
        for number, (state, sides, own) in enumerate(
            zip(self._network.states, pieces, self._cut(patterns), strict=True)
        ):
            state.fill(sides)
            found += ideal_reads(state, own) if ideal else known_reads(state, own, seed_of(seed, number))
        return found

    def accuracy_of(self, pieces: Sequence[Sides], scales: Sequence[np.ndarray] | None = None) -> float:
        """Fraction of the test samples that are classified rightly with these (G+, G-) of all arrays of every slice;
        `scales` are what outputs are multiplied with digitally, (cols,) float32 for each of `shapes`.
        """
        states = self._network.states
        each: Sequence[Sequence[np.ndarray] | None] = [None] * len(states) if scales is None else self._cut(scales)
        conduct = [scaled(state, sides, own) for state, sides, own in zip(states, pieces, each, strict=True)]
        self._network.fill(conduct, self._share)
        return self._network.accuracy()

    def _cut(self, values: Sequence[Any]) -> list[Sequence[Any]]:
        """What is said of all, slice by slice."""
        n = len(values) // len(self._network.states)
        return [values[s * n : (s + 1) * n] for s in range(len(self._network.states))]


def cost_in_words(before: Sides, pieces: Sequence[Sides], layout: Layout) -> str:
    """What slices cost, beside the arrays as they were: devices, reads, conversions, and what the devices conduct."""
    positions = [array.positions for array in layout.network.arrays]
    converted = sum(n * int(plus.shape[1]) for n, (plus, _) in zip(positions, before, strict=True))
    planes, n = layout.sense.planes, len(pieces)
    reads = sum(positions) * planes

    def conducts(sides: Sides) -> float:
        return sum(float(plus.sum(dtype=np.float64) + minus.sum(dtype=np.float64)) for plus, minus in sides)

    ratio = sum(conducts(piece) for piece in pieces) / conducts(before)
    return (
        f"{n} slice{'s' if n > 1 else ''}: {n} pairs for every weight; an image takes {reads * n} reads of arrays and "
        f"{converted * planes * n:,} conversions (without slices {reads} and {converted * planes:,}), and the devices "
        f"conduct {ratio:.3g} times as much, which reads at a voltage take as power"
    )
