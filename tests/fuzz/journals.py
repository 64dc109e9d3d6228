"""Run files whose process died in a commit, with journals that are flipped, cut, exchanged, or say something else.

Whatever comes of it, the file is untouched, or it is whole: that of the last commit, or that of this one.
"""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import numpy as np

import xbarsim
from xbarsim.base.errors import XbarsimError
from xbarsim.record import committed, journal
from xbarsim.record.committed import CommittedFile
from xbarsim.record.journal import journal_path

from .mutate import flipped
from .run_files import KINDS, digest
from .target import ACCEPTED, REFUSED, Case, Finding, alone, one_line, pick

_LAYOUT = {"layers": (2, 3, 2), "dataset": "two-pixels", "n_max": 9, "iterations": 24, "eval_every": 8}
_LAYOUT |= {"eval_last": 2, "snapshot_every": 10}
_HEAD = struct.Struct("<8s32sQQQQQ")  # of the journal, without its checksum
_AT_MOST = 6  # states of the file kept of each commit


class Died(NamedTuple):
    """A file as a process left it in a commit, and what it was before and was to be."""

    file: bytes
    journal: bytes
    before: str  # digests
    after: str


def _states(path: Path, **more: object) -> list[Died]:
    """All states in which the commits of a run leave its file and its journal, if it dies there."""
    kept: list[list[tuple[bytes, bytes]]] = []
    ends: list[bytes] = []
    write, put_in, commit = journal.write_journal, os.pwrite, CommittedFile.commit

    def look() -> None:
        own = journal_path(path)
        if own.exists() and len(kept[-1]) < _AT_MOST:
            kept[-1].append((path.read_bytes(), own.read_bytes()))

    def written(*arguments: object) -> None:
        write(*arguments)  # type: ignore[arg-type]
        look()

    def put(*arguments: object) -> int:
        n = put_in(*arguments)  # type: ignore[call-overload]
        look()
        return int(n)

    def committing(self: CommittedFile, *arguments: object) -> None:
        kept.append([])
        commit(self, *arguments)  # type: ignore[arg-type]
        ends.append(path.read_bytes())

    with (
        mock.patch.object(committed.journal, "write_journal", written),
        mock.patch.object(os, "pwrite", put),
        mock.patch.object(CommittedFile, "commit", committing),
    ):
        xbarsim.run(xbarsim.Layout.of(**{**_LAYOUT, **more}), out=path, commit_seconds=0.0)
    digests = []
    for raw in ends:
        path.write_bytes(raw)
        digests.append(digest(path))
    return [Died(*state, digests[k - 1], digests[k]) for k, states in enumerate(kept) if k for state in states]


def _signed(head: bytes, body: bytes) -> bytes:
    return head + struct.pack("<I", zlib.crc32(body, zlib.crc32(head))) + body


def _other_head(raw: bytes, rng: np.random.Generator) -> bytes:
    """One entry of the head says something else, under a checksum that is right."""
    entries = list(_HEAD.unpack_from(raw))
    at = int(rng.integers(len(entries)))
    if isinstance(entries[at], bytes):
        entries[at] = flipped(entries[at], rng)
    else:
        near = int(entries[at]) + int(rng.integers(-2, 3))
        entries[at] = pick(rng, [max(near, 0), 0, 1, 1 << 40, (1 << 63) - 1, (1 << 64) - 1, int(rng.integers(1 << 20))])
    return _signed(_HEAD.pack(*entries), raw[_HEAD.size + 4 :])


def _other_records(raw: bytes, rng: np.random.Generator) -> bytes:
    """Records that lead out of the file, or are cut, under a checksum that is right."""
    body = raw[_HEAD.size + 4 :]
    kind = int(rng.integers(3))
    if kind == 0:
        body = struct.pack("<Q", pick(rng, [1 << 60, (1 << 64) - 1, 1 << 31])) + body[8:]
    elif kind == 1:
        body = body[:8] + struct.pack("<Q", pick(rng, [1 << 60, (1 << 64) - 1, len(body)])) + body[16:]
    else:
        body = body[: int(rng.integers(1, len(body)))]
    head = raw[: _HEAD.size - 8] + struct.pack("<Q", len(body))
    return _signed(head, body)


def make(folder: Path) -> Case:
    """See `target`."""
    path = folder / "run.h5"
    states = []
    with alone(folder):
        for k, kind in enumerate(("ladder", "costs", "software")):
            for seed in (0, 1):
                own = folder / f"made-{k}-{seed}.h5"
                states += _states(own, **KINDS[kind], seed=seed)
                own.unlink()
    own = journal_path(path)

    def case(rng: np.random.Generator) -> str:
        one, kind = pick(rng, states), rng.random()
        whole = {one.before, one.after}
        raw: bytes | None = one.journal
        if kind < 0.25:
            raw = flipped(one.journal, rng)
        elif kind < 0.35:
            raw = one.journal[: int(rng.integers(len(one.journal)))]
        elif kind < 0.5:
            raw = pick(rng, states).journal  # of another run, or of another time
        elif kind < 0.7:
            raw = _other_head(one.journal, rng)
        elif kind < 0.8:
            raw = _other_records(one.journal, rng)
        elif kind < 0.9:
            raw = pick(rng, [None, b"", rng.bytes(200), b"XBARJRN1" + rng.bytes(50)])
        path.write_bytes(one.file)
        own.unlink(missing_ok=True)
        if raw is not None:
            own.write_bytes(raw)
        with alone(folder):
            for mode in ("r", "r+") if rng.random() < 0.5 else ("r",):
                try:
                    CommittedFile(path, mode).abandon()
                    found = digest(path)
                except XbarsimError as error:
                    one_line(error)
                    if path.read_bytes() != one.file:
                        raise Finding(f"opened with {mode}: refused, and written into ({error})") from error
                    return REFUSED
                if mode == "r" and path.read_bytes() != one.file:
                    raise Finding("opened for reading, and written into")
                if found not in whole:
                    raise Finding(f"opened with {mode}: neither the last commit nor this one")
        return ACCEPTED

    return case
