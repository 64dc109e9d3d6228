"""Writing a run file: keyframes, pulse events and curves, in commits that survive a kill at any moment."""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from ..base.errors import OutputError
from . import format as fmt
from . import structure
from .checksums import crc_of, fletcher32
from .committed import CommittedFile
from .journal import NOBODY, Identity
from .vectors import VectorsWriter

if TYPE_CHECKING:
    from ..kernels.base.buffers import Curves, Events
    from ..learn.rule import Count, Rows, State

_COMMIT_BYTES = 64 << 20  # commit early when so much waits in memory


class TraceWriter:
    """Appends to a run file. Nothing reaches the disk between commits.

    Parameters
    ----------
    file : CommittedFile
        Opened for writing: a new file, or an existing run to go on with.
    state : State
        Read for its shapes and what it keeps of every layer.
    provenance : mapping, optional
        Text and numbers for the configuration group of a new file; None goes on with an existing one.
    commit_seconds : float
        Shortest time between two commits, s.
    """

    def __init__(
        self,
        file: CommittedFile,
        state: State,
        provenance: Mapping[str, Any] | None,
        *,
        commit_seconds: float = 1.0,
    ) -> None:
        self._shapes = [state.shape(k) for k in range(state.n_layers)]
        self._kept, self._series = state.kept, {s.name: s for s in state.series}
        self._rows: dict[str, list[Rows]] = {name: [] for name in self._series}
        self._commit_seconds = commit_seconds
        self._said: list[str] = []
        self._worn: Sequence[int] | None = None
        self._file = file
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="xbarsim-deflate")
        self._events: list[list[tuple[np.ndarray, ...]]] = [[] for _ in self._shapes]
        self._curves: list[dict[str, np.ndarray]] = []
        self._frames: list[tuple[int, list[list[Future[bytes]]]]] = []
        self._accuracy: list[tuple[int, float, int]] = []
        self._fixed: list[dict[str, np.ndarray]] = []
        self._waiting = 0
        self._last_commit = time.monotonic()
        self._last = NOBODY
        try:
            mode = "r+" if provenance is None else "w"
            # All bookkeeping of version 1.10 has checksums; in 1.8 the places of chunks have none. That it would mark a
            # file as open for writing, and a killed process as never having closed it, holds for HDF5's own drivers.
            self._h5 = h5py.File(self._file, mode, libver=("v110", "v110"), track_order=False)
            if provenance is None:
                self._entry = self._h5["entry"]
            else:
                series = self._series.values()
                name = self._file.path.name
                self._entry = structure.create(
                    self._h5, name, provenance, self._shapes, self._kept, series, state.vectors, state.placed
                )
            self._vectors = VectorsWriter(self._entry, state, self._pool)
            self._name_file()
        except BaseException:
            self.abandon()
            raise

    def _name_file(self) -> None:
        """What the journal knows the file by; a file of an earlier version gets it with its next commit."""
        entry = self._entry
        if "file_id" not in entry:
            entry.create_dataset("file_id", data=np.bytes_(self._file.new_id), dtype="S32")
            entry.create_dataset("commits", data=np.int64(0))
        self._commits, self._id = int(entry["commits"][()]), bytes(entry["file_id"][()])

    def _identity(self) -> Identity:
        id_at, commits_at = (self._entry[name].id.get_offset() for name in ("file_id", "commits"))
        return NOBODY if None in (id_at, commits_at) else Identity(self._id, id_at, commits_at, self._commits)

    # What happens in a run --------------------------------------------------------------------------------------------

    def block(
        self,
        n: int,
        events: Events,
        curves: Curves,
        rows: Mapping[str, Rows],
        vectors: Sequence[Mapping[str, np.ndarray]] = (),
    ) -> None:
        """Take in a block of `n` iterations, and what it adds to the series and vectors; the buffers are copied and may
        be used again.
        """
        self._waiting += self._vectors.add(vectors)
        for name, more in rows.items():
            self._rows[name].append(more._replace(columns={key: v.copy() for key, v in more.columns.items()}))
        for k, (n_rows, n_cols) in enumerate(self._shapes):
            m = int(events.count[k])
            if m:
                width = fmt.event_bytes(n_rows, n_cols)
                fields = (
                    events.iteration[k, :m].copy(),
                    events.rows[k, :m, : width["rows"]].copy(),
                    events.raised[k, :m, : width["raised"]].copy(),
                    events.lowered[k, :m, : width["lowered"]].copy(),
                    events.place[k, :m].copy(),  # none, or as many
                )
                self._events[k].append(fields)
                self._waiting += sum(f.nbytes for f in fields)
        self._curves.append(
            {name: getattr(curves, name)[:n].astype(dtype) for name, (dtype, _, _) in fmt.CURVES.items()}
        )
        self._waiting += 16 * n

    def keyframe(self, iteration: int, state: State) -> None:
        """Take in the states of all layers; they are compressed in the background.

        With the first one comes what is fixed for the whole run.
        """
        if iteration == 0:
            self._fixed = [state.fixed(k) for k in range(state.n_layers)]
        frame = []
        for k in range(state.n_layers):
            values = state.frame(k)
            self._waiting += sum(v.nbytes for v in values)
            frame.append([self._pool.submit(_deflate, v) for v in values])
        self._frames.append((iteration, frame))

    def accuracy(self, iteration: int, accuracy: float, most_writes: int) -> None:
        """Take in a test accuracy, and the pulses and resets that the device with most has got so far."""
        self._accuracy.append((iteration, accuracy, most_writes))

    @property
    def replaces(self) -> bool:
        """Whether the first commit takes the place of another run, which is not to be lost for one without data."""
        return self._file.replaces

    def extend(self, layout: str) -> None:
        """Let the run have a later end, with this layout (TOML)."""
        configuration = self._entry["configuration"]
        del configuration["layout"]
        configuration["layout"] = structure.text(layout)

    def warn(self, text: str) -> None:
        """Keep, with the next commit, what a run had to say about itself."""
        self._said.append(" ".join(text.split()))

    def _put_warnings(self) -> None:
        """The lines of `warn`, after those that are there."""
        configuration = self._entry["configuration"]
        before: list[str] = []
        if "warnings" in configuration:
            before = configuration["warnings"].asstr()[()].splitlines()
            del configuration["warnings"]
        configuration["warnings"] = structure.text("\n".join(dict.fromkeys([*before, *self._said])))
        self._said.clear()

    @property
    def due(self) -> bool:
        """Whether it is time for a commit."""
        return self._waiting > _COMMIT_BYTES or time.monotonic() - self._last_commit > self._commit_seconds

    def commit(self, iterations_done: int, seconds: float, status: str = "running") -> None:
        """Write everything taken in since the last commit, all or nothing."""
        try:
            self._commit(iterations_done, seconds, status)
        except OutputError:
            raise
        except (OSError, RuntimeError, KeyError, ValueError) as error:  # what h5py raises on what it finds damaged
            said = " ".join(str(error).split())[:200]
            raise OutputError(
                f"{self._file.path}: expected the file as this run left it, but it was changed meanwhile ({said}); the "
                "run ends here: start it again with another --out"
            ) from None

    def _commit(self, iterations_done: int, seconds: float, status: str) -> None:
        if self._said:
            self._put_warnings()
        if self._worn is not None:
            self._put_worn(self._worn)
            self._worn = None
        for k, batches in enumerate(self._events, start=1):
            if batches:
                group = self._entry[f"events/layer_{k}"]
                names = ("iteration", "rows", "raised", "lowered", "place")
                for name, parts in zip(names, zip(*batches, strict=True), strict=True):
                    if name in group:  # files of earlier versions, and layers that are read once, have no places
                        _append(group[name], np.concatenate(parts))
                batches.clear()
        self._vectors.commit()
        if self._curves:
            training = self._entry["training"]
            done = len(training["iteration"])
            for name in fmt.CURVES:
                _append(training[name], np.concatenate([c[name] for c in self._curves]))
            _append(training["iteration"], np.arange(done + 1, len(training["loss"]) + 1, dtype=np.uint32))
            self._curves.clear()
        for name, parts in self._rows.items():
            if parts:
                group, dtype = self._entry[name], self._entry[name]["iteration"].dtype
                for key in self._series[name].columns:
                    _append(group[key], np.concatenate([rows.columns[key] for rows in parts]))
                _append(group["iteration"], np.concatenate([rows.iteration for rows in parts]).astype(dtype))
                parts.clear()
        for k, fixed in enumerate(self._fixed, start=1):
            for name, values in fixed.items():
                group = self._entry[f"layer_{k}"]
                structure.array(group, name, values, chunks=True, compression="gzip", compression_opts=fmt.COMPRESSION)
                units, said = "1", "what a device multiplies the nominal conductance with"
                if name.startswith("first_"):
                    units, said = "S", "what a device conducted beside that before its first pulse"
                group[name].attrs.update(units=units, long_name=said)
        self._fixed.clear()
        if self._frames:
            iterations = np.array([iteration for iteration, _ in self._frames])
            for k in range(1, len(self._shapes) + 1):
                group = self._entry[f"layer_{k}"]
                for side, (name, *_) in enumerate(self._kept):
                    dataset, done = group[name], len(group["iteration"])
                    dataset.resize(done + len(iterations), axis=0)
                    for n, (_, frame) in enumerate(self._frames, start=done):
                        chunk = frame[k - 1][side].result()
                        # Not in files that an earlier version began.
                        chunk += fletcher32(chunk) if dataset.fletcher32 else b""
                        dataset.id.write_direct_chunk((n, 0, 0), chunk)
                _append(group["iteration"], iterations)
        self._frames.clear()
        if self._accuracy:
            group = self._entry["accuracy"]
            iterations, accuracies, writes = (np.array(values) for values in zip(*self._accuracy, strict=True))
            _append(group["iteration"], iterations)
            _append(group["accuracy"], accuracies)
            if "most_writes" in group:  # not in files that an earlier version began
                _append(group["most_writes"], writes)
            self._accuracy.clear()
        self._entry["iterations_done"][()] = iterations_done
        self._entry["seconds"][()] = seconds
        self._entry["status"][()] = np.bytes_(status)
        self._commits += 1
        self._entry["commits"][()] = self._commits
        self._sign()
        self._h5.flush()
        self._last = self._identity()
        self._file.commit(self._last)
        self._waiting = 0
        self._last_commit = time.monotonic()

    def _sign(self) -> None:
        """Note the checksum of all single values, which have none of their own."""
        names = [name for name in fmt.SINGLE if name in self._entry]
        names += [f"configuration/{key}" for key in self._entry["configuration"]]
        crc = np.uint32(crc_of({name: self._entry[name][()] for name in names}))
        if "crc32" in self._entry.attrs:
            self._entry.attrs.modify("crc32", crc)
        else:
            self._entry.attrs["crc32"] = crc

    def drop(self) -> None:
        """Forget what was taken in since the last commit."""
        for batches in self._events:
            batches.clear()
        self._curves.clear()
        self._vectors.drop()
        for parts in self._rows.values():
            parts.clear()
        self._frames.clear()
        self._accuracy.clear()

    def counts(self, counts: Sequence[Mapping[str, Count]]) -> None:
        """What was counted of every device of each layer, at the end of a run."""
        for k, layer in enumerate(counts, start=1):
            if not layer:
                continue
            rows, cols = self._shapes[k - 1]
            if f"counts_{k}" in self._entry:  # of the earlier end of a run that went on
                del self._entry[f"counts_{k}"]
            first, *others = (name for name, count in layer.items() if count.rare)
            group = structure.nxdata(
                self._entry,
                f"counts_{k}",
                signal=first,
                axes=["row", "column"],
                title=f"Pulses and resets of layer {k}",
                auxiliary_signals=others,
            )
            structure.complete(group, layer)
            structure.indices(group, rows, cols)
            for name, (values, long_name, rare) in layer.items():
                # Half the bytes where they suffice; not compressed, which would cost more time than the space is worth.
                structure.array(group, name, values.astype(np.uint32) if rare and values.max() < 2**32 else values)
                group[name].attrs.update(units="1", long_name=long_name)

    def programmed(self, layers: Sequence[Mapping[str, np.ndarray]]) -> None:
        """What became of every programmed device of each layer: arrays (rows, cols) by name, see
        `programming.name_of`.
        """
        for k, layer in enumerate(layers, start=1):
            structure.programmed(self._entry, k, layer)

    def first_worn(self, found: Sequence[int]) -> None:
        """Note, with the next commit, which device wore out first, at the end of a run: update, layer from 1, row,
        column, side (0: G+) and digit.
        """
        self._worn = found

    def _put_worn(self, found: Sequence[int]) -> None:
        if "first_worn" in self._entry:
            del self._entry["first_worn"]
        structure.array(self._entry, "first_worn", np.asarray(found, np.int64))
        self._entry["first_worn"].attrs["long_name"] = "update, layer, row, column, side (0: G+), digit"

    def ended(self) -> None:
        """Note the time at which a run came to its end."""
        if "end_time" in self._entry:
            del self._entry["end_time"]
        self._entry["end_time"] = structure.now()

    def close(self) -> None:
        """Close after the last commit."""
        self._h5.close()
        self._file.commit(self._last)
        self.abandon()

    def abandon(self) -> None:
        """Close without writing: the file stays as the last commit left it."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        h5 = getattr(self, "_h5", None)
        if h5 is not None and h5.id.valid:
            h5.close()  # HDF5 flushes into memory only
        self._file.abandon()


def _deflate(g: np.ndarray) -> bytes:
    return zlib.compress(g.data, fmt.COMPRESSION)


def _append(dataset: Any, values: np.ndarray) -> None:
    n = dataset.shape[0]
    dataset.resize(n + len(values), axis=0)
    dataset[n:] = values
