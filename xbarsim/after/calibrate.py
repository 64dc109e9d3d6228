"""Ranges of sense circuits from the currents that training images cause in a trained network."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..base import checks
from ..base.arguments import named
from ..base.errors import LayoutError
from ..base.files import created
from ..base.notes import note
from ..base.table import Table
from ..data_sets.data_set import Dataset
from ..data_sets.load import load_dataset, to_samples
from ..describe.inference import check_inference
from ..describe.layout import Layout
from ..kernels.circuit.recorder import BINS, LOWEST, PER_OCTAVE
from ..learn.table import kind_of
from ..record.trace import Trace
from .imported import TARGETS
from .pieces import Pieces
from .reader import conductances_of, fixed
from .writing import Sides

PER = {"column": "a range for every column", "array": "one for all columns of an array"}
"""What gets a range of its own."""

WAYS = ("fewer --images",)
"""What shortens it."""

Ranges = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Calibrated:
    """Ranges of a network's sense circuits, in units of (Gmax - Gmin) V_read.

    Attributes
    ----------
    file : str
    iteration : int
    per : str
        ``column`` or ``array``.
    percentile : float
        Of the magnitudes of currents that lie within.
    images : int
        Training images that were read.
    ranges : tuple of tuple of float
        For each array one, or one for each column; what ``sense_ranges`` takes.
    """

    file: str
    iteration: int
    per: str
    percentile: float
    images: int
    ranges: Ranges

    @property
    def table(self) -> Table:
        """One line per range; column 0 stands for all of an array."""
        return Table(
            [
                {"array": k, "column": j if len(row) > 1 else 0, "range": x}
                for k, row in enumerate(self.ranges, start=1)
                for j, x in enumerate(row, start=1)
            ],
            ("array", "column", "range"),
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return dataclasses.asdict(self)

    def save(self, path: str | Path, *, force: bool = False) -> None:
        """Write a file that ``sense_ranges`` of a layout, and ``--sense-ranges``, take."""
        head = (
            f"# Ranges of sense circuits, in units of (Gmax - Gmin) V_read: {self.percentile:g} % of the currents of "
            f"{self.images} training images.\n\n[sense]\n"
        )
        rows = "".join(f"    [{', '.join(f'{x:.6g}' for x in row)}],\n" for row in self.ranges)
        with created(Path(path), force=force) as file:
            file.write(f"{head}sense_ranges = [\n{rows}]\n".encode())


def calibrate(
    source: Trace,
    *,
    per: str = "column",
    percentile: float = 99.9,
    images: int = 1000,
    iteration: int | None = None,
    dataset: Dataset | None = None,
    **values: Any,
) -> Calibrated:
    """Ranges for a trained network in a circuit; see `xbarsim.calibrate`."""
    layout, at = source.layout, source.iterations_done if iteration is None else iteration
    check_inference(layout, values)
    if not kind_of(layout).has_devices:
        raise LayoutError(
            f"calibrate: expected a network of devices, got {source.state.known_as}, whose weights are numbers; "
            "there is nothing to sense"
        )
    if source.devices == TARGETS:
        note(
            f"calibrate: the conductances of {source.path} are {TARGETS}: xbarsim program {source.path} says what "
            "devices make of them"
        )
    for key in ("sense_bits", "sense_range", "sense_ranges"):
        if values.get(key):
            note(f"calibrate: {key} is given, and does nothing here: ranges are found by reads without any")
    data = dataset if dataset is not None else load_dataset(layout.run.dataset)
    data = data.coded_as(source.provenance["dataset_sha256"])
    data.check_fits(layout.network.layers)
    soon = tuple((1.0,) for _ in layout.network.arrays)  # bits want ranges, which are only found here
    new = layout.replace(**{**values, "sense_ranges": soon})
    found, n = ranges_of_pieces(
        [fixed(new)], [conductances_of(source, at)], None, data, at, per, percentile, images, WAYS
    )
    return Calibrated(str(source.path), at, per, float(percentile), n, found[0])


def ranges_of_pieces(
    layouts: Sequence[Layout],
    pieces: Sequence[Sides],
    share: np.ndarray | None,
    data: Dataset,
    iteration: int,
    per: str,
    percentile: float,
    images: int,
    ways: Sequence[str] = (),
) -> tuple[list[Ranges], int]:
    """Ranges of every slice (or of the one array of each layer), and how many training images were read."""
    per = checks.choice(named("calibrate", "per"), per, PER)
    percentile = checks.number(named("calibrate", "percentile"), percentile, above=0.0, most=100.0)
    images = checks.integer(named("calibrate", "images"), images, least=1)
    n = min(images, len(data.y_train))
    chosen = np.linspace(0, len(data.y_train) - 1, n).astype(np.int64)
    v_read = layouts[0].array.v_read
    network = Pieces(
        [layout.replace(sense_ranges=None, sense_bits=0) for layout in layouts],
        to_samples(data.x_train[chosen], data.y_train[chosen], v_read),
        iteration,
        what="ranges",
        ways=ways,
    )
    network.fill(pieces, share)
    counts = network.counters()
    network.accuracy(counts)
    outputs = [array.outputs for array in layouts[0].network.arrays]
    return [_ranges(c, outputs, per, percentile) for c in counts], n


def _ranges(counts: np.ndarray, outputs: Sequence[int], per: str, percentile: float) -> Ranges:
    """The least ends of bins that so many percent of the magnitudes lie within."""
    found = []
    for layer, n in enumerate(outputs):
        own = counts[layer, :n]
        own = own.sum(axis=0, keepdims=True) if per == "array" else own
        reads = own.sum(axis=1, keepdims=True)
        inside = np.cumsum(own, axis=1) >= np.ceil(reads * (percentile / 100.0))
        first = np.minimum(np.argmax(inside, axis=1), BINS - 1)
        found.append(tuple(float(x) for x in 2.0 ** (LOWEST + first / PER_OCTAVE)))
    return tuple(found)
