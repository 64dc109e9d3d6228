"""Data sets: .npz files, folders of IDX files and tables, spoiled in all ways."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from xbarsim import load_dataset
from xbarsim.data_sets.mnist import MNIST_FILES

from .mutate import ODD_TEXTS, flipped, raw_of, spoiled
from .target import ACCEPTED, REFUSED, Case, Finding, alone, finite, pick, tried

_MEMORY = "20M"
_PARTS = ("x_train", "y_train", "x_test", "y_test")


def _arrays(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A data set of 12 + 6 samples of 2 x 3 pixels."""
    x = rng.integers(0, 256, (18, 2, 3)).astype(np.uint8)
    y = np.arange(18) % 3
    return dict(zip(_PARTS, (x[:12], y[:12], x[12:], y[12:]), strict=True))


def _other(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The array in another type or shape, or with values that are none."""
    kind = pick(
        rng, ["f2", "f4", "f8", "i1", "i8", "u8", "?", "c8", "S3", "U2", "M8[s]", "shape", "value", "empty", "V4"]
    )
    with np.errstate(all="ignore"):
        if kind == "shape":
            return pick(rng, [array.ravel(), array[..., None], array[:-1], array[:0], array.T, array.ravel()[0]])
        if kind == "value":
            out = array.astype(np.float64) / 255.0
            out.flat[int(rng.integers(out.size))] = pick(rng, [np.nan, np.inf, -1.0, 2.0, 1e300, 1e-320])
            return out
        if kind == "empty":
            return np.zeros(pick(rng, [(0,), (0, 0), (1, 0), ()]), array.dtype)
        return array.astype(np.uint32).view("V4") if kind == "V4" else array.astype(kind)


def _npz(folder: Path, rng: np.random.Generator) -> Path:
    arrays = _arrays(rng)
    for name in list(arrays):
        if rng.random() < 0.2:
            arrays[name] = _other(arrays[name], rng)
        if rng.random() < 0.04:
            del arrays[name]
    if rng.random() < 0.1:
        arrays[pick(rng, ["more", "x_valid", "é", "x_train.npy"])] = np.arange(3)
    out = io.BytesIO()
    (np.savez_compressed if rng.random() < 0.5 else np.savez)(out, **arrays)
    raw = out.getvalue()
    if rng.random() < 0.3:
        raw = _other_member(raw, rng)
    if rng.random() < 0.3:
        raw = flipped(raw, rng)
    path = folder / "mine.npz"
    path.write_bytes(raw)
    return path


def _other_member(raw: bytes, rng: np.random.Generator) -> bytes:
    """One member of the archive spoiled, under a checksum that is right: its header says something else, say."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        at = int(rng.integers(max(1, len(old.namelist()))))
        for k, name in enumerate(old.namelist()):
            data = old.read(name)
            if k == at:
                head, body = data[:128], data[128:]
                kind = rng.random()
                if kind < 0.6:
                    head = spoiled(head.decode("latin-1"), rng, times=1).encode("latin-1", errors="replace")
                elif kind < 0.8:
                    head = flipped(head, rng)
                else:
                    body = body[: int(rng.integers(len(body) + 1))]
                data = head + body
            new.writestr(name, data)
    return out.getvalue()


def _idx(folder: Path, rng: np.random.Generator) -> Path:
    place = folder / "idx"
    place.mkdir(exist_ok=True)
    for old in place.iterdir():
        old.unlink()
    arrays, packed = _arrays(rng), rng.random() < 0.5
    spoil = set(rng.choice(4, int(rng.integers(0, 3)), replace=False).tolist())
    for k, stem in enumerate(MNIST_FILES):
        array = arrays[_PARTS[k]].astype(np.uint8)
        if ("images" in stem) != (array.ndim == 3):
            array = arrays[{"x": "y", "y": "x"}[_PARTS[k][0]] + _PARTS[k][1:]].astype(np.uint8)
        raw = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()
        if k in spoil:
            raw = _spoiled_idx(raw, rng)
        if packed:
            raw = gzip.compress(raw, mtime=0)
            if k in spoil and rng.random() < 0.4:
                raw = flipped(raw, rng) if rng.random() < 0.7 else raw + pick(rng, [b"x", raw, b"\x00" * 9])
        if k not in spoil or rng.random() < 0.95:
            (place / (stem + ".gz" * packed)).write_bytes(raw)
    return place


def _spoiled_idx(raw: bytes, rng: np.random.Generator) -> bytes:
    kind = rng.random()
    if kind < 0.4:  # the head
        at = int(rng.integers(0, 16))
        return raw[:at] + bytes([int(rng.integers(256))]) + raw[at + 1 :]
    return flipped(raw, rng) if kind < 0.8 else raw + bytes(int(rng.integers(1, 9)))


def _table(folder: Path, rng: np.random.Generator) -> Path:
    arrays = _arrays(rng)
    x, y = (np.concatenate([arrays[f"{p}_train"], arrays[f"{p}_test"]]) for p in "xy")
    cells = x.reshape(18, 6).astype(object)
    if rng.random() < 0.2:
        cells = np.round(cells.astype(np.float64) / 255.0, 3)
    labels = [str(v) if rng.random() < 0.98 else pick(rng, ODD_TEXTS) for v in y]
    at = pick(rng, [0, 6])
    lines = [
        ",".join([*map(str, row[:at]), label, *map(str, row[at:])]) for row, label in zip(cells, labels, strict=True)
    ]
    if rng.random() < 0.7:
        names = [f"pixel{k}" for k in range(6)]
        lines.insert(0, ",".join([*names[:at], pick(rng, ["label", "class", "y", "Label ", "z"]), *names[at:]]))
    text = "\n".join(lines) + "\n"
    if rng.random() < 0.7:
        text = spoiled(text, rng)
    raw = raw_of(text, rng)
    ending = pick(rng, [".csv", ".tsv", ".txt", ".csv.gz", ".CSV"])
    if ending.endswith(".gz"):
        raw = gzip.compress(raw, mtime=0)
        if rng.random() < 0.3:
            raw = flipped(raw, rng)
    if rng.random() < 0.2:  # a folder of two
        place = folder / "tables"
        place.mkdir(exist_ok=True)
        (place / "train.csv").write_bytes(raw)
        (place / "test.csv").write_bytes(raw if rng.random() < 0.5 else raw_of(spoiled(text, rng), rng))
        return place
    path = folder / f"mine{ending}"
    path.write_bytes(raw)
    return path


_KINDS: tuple[Callable[[Path, np.random.Generator], Path], ...] = (_npz, _idx, _table)


def make(folder: Path) -> Case:
    """See `target`."""

    def case(rng: np.random.Generator) -> str:
        path = pick(rng, _KINDS)(folder, rng)
        with alone(folder):
            outcome, data = tried(load_dataset, str(path), max_memory=_MEMORY)
        if outcome == REFUSED:
            return outcome
        for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
            finite("data set", x)
            if x.ndim != 2 or y.shape != (len(x),) or not len(x) or x.dtype not in (np.uint8, np.float32):
                raise Finding(f"arrays of {x.dtype} {x.shape} and {y.dtype} {y.shape}")
            if y.dtype != np.int64 or y.min() < 0 or y.max() >= data.classes:
                raise Finding(f"labels {y.min()} to {y.max()} of {data.classes} classes")
            if x.dtype == np.float32 and not (x.min() >= 0.0 and x.max() <= 1.0):
                raise Finding(f"inputs from {x.min()} to {x.max()}")
        tried(data.check_fits, (data.inputs, data.classes))
        return ACCEPTED

    return case
