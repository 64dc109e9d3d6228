"""What is kept of every line of a layer for every sample, or update: vectors, compressed in the background, a chunk at
a time.
"""

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
"""Vectors of a chunk, at most."""

_CHUNK_BYTES = 1 << 20
"""Bytes of a chunk, if it has more than one: the last one is written again at every commit."""

_TOGETHER, _AT_A_TIME = 1024, 64 << 20
"""Updates, and bytes, that are read at a time."""


def create(entry: Any, layers: int, vectors: Sequence[Vector]) -> None:
    """Empty data sets of a new run with so many layers."""
    group = entry.create_group("vectors")
    group.attrs["NX_class"] = "NXcollection"
    for k in range(layers):
        layer = group.create_group(f"layer_{k + 1}")
        layer.attrs["NX_class"] = "NXcollection"
        for each in _of_layer(vectors, k):
            n = each.numbers[k]
            values = layer.create_dataset(
                each.name,
                (0, n),
                np.float32,
                maxshape=(None, n),
                chunks=(max(1, min(CHUNK, _CHUNK_BYTES // (4 * n))), n),
                shuffle=True,  # the exponents of neighbours are alike
                compression="gzip",
                compression_opts=fmt.COMPRESSION,
                fletcher32=True,
            )
            values.attrs.update(units=each.units, long_name=each.long_name)


def _of_layer(vectors: Sequence[Vector], k: int) -> list[Vector]:
    """Those that are kept of layer `k`, from 0."""
    return [each for each in vectors if each.numbers[k]]


def read(
    file: Checked, k: int, vectors: Sequence[Vector], batch: int, updates: int, part: tuple[int, int]
) -> dict[str, np.ndarray]:
    """The vectors of layer `k`, from 0, of the updates from one to before another, of so many in all."""
    found, (a, b) = {}, part
    for each in _of_layer(vectors, k):
        n = 1 if each.per_update else batch
        shape = (updates * n, each.numbers[k])
        found[each.name] = file.array(f"vectors/layer_{k + 1}/{each.name}", "f", shape, slice(a * n, b * n))
    return found


def together(vectors: Sequence[Vector], k: int, batch: int) -> int:
    """Updates whose vectors of layer `k`, from 0, are read at a time."""
    numbers = sum(each.numbers[k] * (1 if each.per_update else batch) for each in vectors)
    return max(1, min(_TOGETHER, _AT_A_TIME // (4 * max(1, numbers))))


class VectorWriter:
    """Appends to the vectors of one data set."""

    def __init__(self, dataset: Any, pool: ThreadPoolExecutor) -> None:
        self._dataset, self._pool = dataset, pool
        self._chunk = int(dataset.chunks[0])
        self._done = n = int(dataset.shape[0])  # committed
        self._tail: np.ndarray = dataset[n - n % self._chunk :]  # of the last chunk, which is written again
        self._parts, self._chunks = [self._tail], list[Future[bytes]]()

    def add(self, values: np.ndarray) -> int:
        """Take in samples; they are copied. Returns their bytes."""
        self._parts.append(values.astype(np.float32))
        if sum(map(len, self._parts)) >= self._chunk:
            whole = np.concatenate(self._parts)
            end = len(whole) - len(whole) % self._chunk
            for a in range(0, end, self._chunk):
                self._chunks.append(self._pool.submit(_packed, whole[a : a + self._chunk]))
            self._parts = [whole[end:]]
        return int(values.nbytes)

    def commit(self) -> None:
        """Write what was taken in."""
        size = self._chunk
        first, tail = self._done - self._done % size, np.concatenate(self._parts)
        chunks = [chunk.result() for chunk in self._chunks]
        self._done = first + size * len(chunks) + len(tail)
        if len(tail):
            whole = np.zeros((size, tail.shape[1]), np.float32)
            whole[: len(tail)] = tail
            chunks.append(_packed(whole))
        self._dataset.resize(self._done, axis=0)
        for n, chunk in enumerate(chunks):
            self._dataset.id.write_direct_chunk((first + n * size, 0), chunk)
        self._tail, self._chunks = tail, []
        self._parts = [tail]

    def drop(self) -> None:
        """Forget what was taken in since the last commit."""
        self._parts, self._chunks = [self._tail], []


class VectorsWriter:
    """Appends to the vectors of a run."""

    def __init__(self, entry: Any, state: State, pool: ThreadPoolExecutor) -> None:
        self._writers = [
            {x.name: VectorWriter(entry[f"vectors/layer_{k + 1}/{x.name}"], pool) for x in _of_layer(state.vectors, k)}
            for k in range(state.n_layers if state.vectors else 0)
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
