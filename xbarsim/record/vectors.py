"""What is kept of every line of a layer for every sample: vectors, compressed in the background, a chunk at a time."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from . import format as fmt
from .checksums import fletcher32

if TYPE_CHECKING:
    from ..learn.rule import State, Vector
    from .checked import Checked

CHUNK = 256
"""Samples of a chunk."""


def create(entry: Any, shapes: Sequence[tuple[int, int]], vectors: Sequence[Vector]) -> None:
    """Empty data sets of a new run, for layers of these shapes."""
    group = entry.create_group("vectors")
    group.attrs["NX_class"] = "NXcollection"
    for k, (rows, cols) in enumerate(shapes, start=1):
        layer = group.create_group(f"layer_{k}")
        layer.attrs["NX_class"] = "NXcollection"
        for each in vectors:
            lines = rows if each.of_rows else cols
            values = layer.create_dataset(
                each.name,
                (0, lines),
                np.float32,
                maxshape=(None, lines),
                chunks=(CHUNK, lines),
                shuffle=True,  # the exponents of neighbours are alike
                compression="gzip",
                compression_opts=fmt.COMPRESSION,
                fletcher32=True,
            )
            values.attrs.update(units=each.units, long_name=each.long_name)


def read(
    file: Checked, layer: int, shape: tuple[int, int], vectors: Sequence[Vector], samples: int, part: slice
) -> dict[str, np.ndarray]:
    """Some of the vectors of a layer (1 is the first), of so many samples in all."""
    found = {}
    for each in vectors:
        lines = shape[0] if each.of_rows else shape[1]
        found[each.name] = file.array(f"vectors/layer_{layer}/{each.name}", "f", (samples, lines), part)
    return found


class VectorWriter:
    """Appends to the vectors of one data set."""

    def __init__(self, dataset: Any, pool: ThreadPoolExecutor) -> None:
        self._dataset, self._pool = dataset, pool
        self._done = n = int(dataset.shape[0])  # committed
        self._tail: np.ndarray = dataset[n - n % CHUNK :]  # of the last chunk, which is written again
        self._parts, self._chunks = [self._tail], list[Future[bytes]]()

    def add(self, values: np.ndarray) -> int:
        """Take in samples; they are copied. Returns their bytes."""
        self._parts.append(values.astype(np.float32))
        while sum(map(len, self._parts)) >= CHUNK:
            whole = np.concatenate(self._parts)
            self._chunks.append(self._pool.submit(_packed, whole[:CHUNK]))
            self._parts = [whole[CHUNK:]]
        return int(values.nbytes)

    def commit(self) -> None:
        """Write what was taken in."""
        first, tail = self._done - self._done % CHUNK, np.concatenate(self._parts)
        chunks = [chunk.result() for chunk in self._chunks]
        self._done = first + CHUNK * len(chunks) + len(tail)
        if len(tail):
            whole = np.zeros((CHUNK, tail.shape[1]), np.float32)
            whole[: len(tail)] = tail
            chunks.append(_packed(whole))
        self._dataset.resize(self._done, axis=0)
        for n, chunk in enumerate(chunks):
            self._dataset.id.write_direct_chunk((first + n * CHUNK, 0), chunk)
        self._tail, self._chunks = tail, []
        self._parts = [tail]

    def drop(self) -> None:
        """Forget what was taken in since the last commit."""
        self._parts, self._chunks = [self._tail], []


class VectorsWriter:
    """Appends to the vectors of a run."""

    def __init__(self, entry: Any, state: State, pool: ThreadPoolExecutor) -> None:
        names = [each.name for each in state.vectors]
        self._writers = [
            {name: VectorWriter(entry[f"vectors/layer_{k}/{name}"], pool) for name in names}
            for k in range(1, state.n_layers + 1 if names else 1)
        ]

    def add(self, vectors: Sequence[Mapping[str, np.ndarray]]) -> int:
        """Take in those of a block, of all layers; returns their bytes."""
        return sum(
            writers[name].add(values)
            for writers, layer in zip(self._writers, vectors, strict=True)
            for name, values in layer.items()
        )

    def commit(self) -> None:
        """Write what was taken in."""
        for layer in self._writers:
            for writer in layer.values():
                writer.commit()

    def drop(self) -> None:
        """Forget what was taken in since the last commit."""
        for layer in self._writers:
            for writer in layer.values():
                writer.drop()


def _packed(values: np.ndarray) -> bytes:
    """A chunk as HDF5's filters leave it: shuffled, deflated, with a checksum."""
    shuffled = np.ascontiguousarray(values).view(np.uint8).reshape(-1, values.itemsize).T.tobytes()
    # Digits of numbers hardly shrink: deflating those without zeros would take a tenth off, and most of the time.
    sparse = np.count_nonzero(values) < 0.75 * values.size
    packed = zlib.compress(shuffled, fmt.COMPRESSION if sparse else 0)
    return packed + fletcher32(packed)
