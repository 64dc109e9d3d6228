"""Compensation of drift: outputs scaled by what reads of known inputs say of the arrays.

Known rows are driven right after writing, and again when the network is used. With ``global`` all outputs of an array
are multiplied by the ratio of the mean absolute currents, then and now; with ``columns`` each column by its own. After
Le Gallo et al., Adv. Electron. Mater. 4, 1700627 (2018), 10.1002/aelm.201700627, as Joshi et al., Nat. Commun. 11, 2473
(2020), use it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays.drawn import KNOWN
from ..base import checks
from ..base.arguments import named
from ..base.errors import LayoutError
from ..base.notes import note
from ..kernels.base import noise
from .reader import Reader
from .slicing import SlicedReader
from .writing import Sides

KINDS = {
    "off": "outputs are taken as they are",
    "global": "one factor for each array",
    "columns": "one factor for each column",
}
REFERENCES = {
    "read": "what the same reads gave right after writing",
    "ideal": "what the conductances that were asked for would give without wires, noise and sense circuits",
}
USUAL = "16"
_DRIVEN = 0.25  # of the rows, in patterns that are drawn


@dataclass(frozen=True)
class Compensation:
    """How drift is compensated.

    Attributes
    ----------
    kind : str
        Of `KINDS`.
    inputs : str
        ``rows``: each row by itself; ``all``: all rows at once; or a number of patterns, in each of which every row is
        driven with probability 1/4.
    reference : str
        Of `REFERENCES`.
    """

    kind: str = "off"
    inputs: str = USUAL
    reference: str = "read"

    def __post_init__(self) -> None:
        """Check the words."""
        checks.choice(named("infer", "compensation"), self.kind, KINDS)
        checks.choice(named("infer", "compensation_to"), self.reference, REFERENCES)
        if self.inputs not in ("rows", "all") and not (self.inputs.isdecimal() and 1 <= int(self.inputs) <= 65_535):
            raise LayoutError(
                f"{named('infer', 'compensation_inputs')}: expected rows, all, or a number of reads from 1 to "
                f"65535, got '{self.inputs}'; give {USUAL} for example"
            )

    @property
    def on(self) -> bool:
        """Whether anything is done."""
        return self.kind != "off"

    def patterns(self, rows: int, k: int, seed: int) -> list[np.ndarray]:
        """Rows that are driven in every read of array `k`."""
        if self.inputs == "rows":
            return [np.array([i]) for i in range(rows)]
        if self.inputs == "all":
            return [np.arange(rows)]
        u = np.empty((int(self.inputs), rows))
        noise.fill_uniform(np.uint64(seed), noise.trait_stream(k, 0, KNOWN), 0, u)
        return [np.flatnonzero(line < _DRIVEN) for line in u]


@dataclass(frozen=True)
class Costs:
    """What compensation takes, for JSON and the table.

    Attributes
    ----------
    kind, inputs, reference : str
        As it was asked for.
    reads_at_writing, reads_at_a_time : int
        Of single arrays, beside those of images.
    image_reads : int
        Reads of arrays that an image takes, to compare with.
    factors : int
        Numbers that are kept.
    multiplications : int
        Digital ones, of every image.
    scales : tuple of tuple of float
        For every time: the mean factor of every array over all draws.
    """

    kind: str
    inputs: str
    reference: str
    reads_at_writing: int
    reads_at_a_time: int
    image_reads: int
    factors: int
    multiplications: int
    scales: tuple[tuple[float, ...], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return dataclasses.asdict(self)


class Compensator:
    """Reads arrays with known inputs, and says by what their outputs have to be multiplied."""

    def __init__(self, how: Compensation, reader: Reader | SlicedReader, seed: int) -> None:
        self._how, self._reader, shapes = how, reader, reader.shapes
        self._patterns = [how.patterns(rows, k, seed) for k, (rows, _) in enumerate(shapes)]
        self._reference: list[np.ndarray] = []
        self._told = False
        reads, outputs = sum(map(len, self._patterns)), [cols for _, cols in shapes]
        factors, positions = len(shapes) if how.kind == "global" else sum(outputs), reader.positions
        digital = sum(n * cols for n, cols in zip(positions, outputs, strict=True))
        at_writing = reads if how.reference == "read" else 0
        self.costs = Costs(how.kind, how.inputs, how.reference, at_writing, reads, sum(positions), factors, digital)

    def begin(self, asked: Sequence[Sides], written: Sequence[Sides], seed: int) -> None:
        """Take the reference of arrays that were just written."""
        if self._how.reference == "read":
            self._reference = self._sizes(self._read(written, seed))
        else:
            self._reference = self._sizes(self._reader.known(asked, self._patterns, seed, ideal=True))

    def scales(self, aged: Sequence[Sides], seed: int) -> list[np.ndarray]:
        """Factors of every column of every array, (cols,) float32, for what arrays conduct now."""
        found = []
        for then, now in zip(self._reference, self._sizes(self._read(aged, seed)), strict=True):
            # A column that gives nothing, then or now, says nothing.
            ratio = np.where((then > 0.0) & (now > 0.0), then / np.where(now > 0.0, now, 1.0), 1.0)
            found.append(ratio.astype(np.float32))
        return found

    def _read(self, pieces: Sequence[Sides], seed: int) -> list[np.ndarray]:
        currents = self._reader.known(pieces, self._patterns, seed)
        if not self._told:
            limits, n = self._reader.limits, sum(x.size for x in currents)
            clipped = sum(int(np.count_nonzero(np.abs(x) >= own)) for x, own in zip(currents, limits, strict=True))
            if clipped:
                self._told = True
                note(
                    f"infer: {clipped:,} of {n:,} outputs of known inputs are clipped, which compensation takes for "
                    "drift; drive fewer rows (--compensation-inputs rows), or widen sense_range"
                )
        return currents

    def _sizes(self, currents: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Mean absolute current of every column, or of all of an array, (cols,) float64, A."""
        sizes = [np.abs(x.astype(np.float64)).mean(axis=0) for x in currents]
        return sizes if self._how.kind == "columns" else [np.full(len(x), x.mean()) for x in sizes]
