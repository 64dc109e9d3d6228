"""A run file whose every value is checked when it is read: kind, shape, range, order, checksum.

Kernels take what they are given without looking, so nothing reaches them that is not what a run could have written. The
checks are a few comparisons over whole arrays; against reading and decompressing they cost little (docs/promises.md).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import h5py
import numpy as np

from ..base.errors import TraceError
from . import format as fmt
from .checksums import crc_of

_KINDS = {"f": "floating-point numbers", "i": "whole numbers", "u": "whole numbers >= 0", "S": "text", "b": "bits"}


class Checked:
    """The group ``entry`` of a run file.

    Parameters
    ----------
    h5 : h5py.File
    path : Path
        For messages.
    """

    def __init__(self, h5: Any, path: Path) -> None:
        self._h5, self._path = h5, path
        self.running = False
        self._entry = self._h5  # for the first of all steps
        self._entry = self._group("entry")

    # What went wrong --------------------------------------------------------------------------------------------------

    def damaged(self, name: str, expected: str, got: str) -> NoReturn:
        """Raise the one error of a file that does not hold what it should."""
        if self.running:
            raise TraceError(f"{self._path}: the run that writes it has gone on ({name}); open it anew")
        raise TraceError(
            f"{self._path}: {name}: expected {expected}, got {got}; the file is damaged, use a copy, or run it anew"
        )

    def _failed(self, name: str, error: Exception) -> NoReturn:
        said = " ".join(str(error).split()) or type(error).__name__
        self.damaged(name, "something that HDF5 can read", said[:200])

    # What there is ----------------------------------------------------------------------------------------------------

    def has(self, name: str) -> bool:
        """Whether there is something of this name."""
        return self._found(name) is not None

    def _found(self, name: str) -> Any:
        """What lies under a path, or None. Links are not followed, before it is known where they lead: that may be
        another file, or a pipe that never answers.
        """
        item = self._entry
        if not item:
            raise TraceError(f"{self._path}: expected an open trace, got one that is closed; open it again")
        try:
            for part in name.split("/"):
                link = item.get(part, getlink=True) if isinstance(item, h5py.Group) else None
                if link is None:
                    return None
                if not isinstance(link, h5py.HardLink):
                    break
                item = item[part]
            else:
                return item
        except Exception as error:  # noqa: BLE001 - h5py raises many kinds on damaged files
            self._failed(name, error)
        self.damaged(name, "what lies in this file itself", "a link")

    def names(self, name: str) -> list[str]:
        """Names in a group."""
        group = self._group(name)
        try:
            return [str(key) for key in group]
        except Exception as error:  # noqa: BLE001
            self._failed(name, error)

    def listed(self, name: str) -> list[str]:
        """Names of the arrays that a group says it holds, none if an earlier version wrote it; whether they are there,
        reading them says.

        Not from the attributes by which viewers know them: these are texts of any length, see `format.ARRAYS`.
        """
        if not self.has(f"{name}/{fmt.ARRAYS}"):
            return []
        found = self.text(f"{name}/{fmt.ARRAYS}").split(",")
        if not all(each and "/" not in each for each in found):
            self.damaged(f"{name}/{fmt.ARRAYS}", "names of arrays", "something else")
        return found

    def _group(self, name: str) -> Any:
        found = self._found(name)
        if not isinstance(found, h5py.Group):
            self.damaged(name, "a group", "nothing" if found is None else type(found).__name__.lower())
        return found

    def _dataset(self, name: str, kinds: str) -> Any:
        found = self._found(name)
        try:
            if isinstance(found, h5py.Dataset):
                kind = "S" if found.dtype.kind == "O" and h5py.check_string_dtype(found.dtype) else found.dtype.kind
                foreign, shape = found.external or found.is_virtual, found.shape
        except Exception as error:  # noqa: BLE001
            self._failed(name, error)
        if not isinstance(found, h5py.Dataset):
            self.damaged(name, "a data set", "nothing" if found is None else f"a {type(found).__name__.lower()}")
        if foreign or shape is None:
            self.damaged(name, "a data set of this file", "one elsewhere, or an empty one")
        if kind not in kinds:
            self.damaged(name, " or ".join(_KINDS[k] for k in kinds), f"type {found.dtype}")
        return found

    def _read(self, name: str, dataset: Any, part: Any) -> Any:
        try:
            return dataset[part]
        except Exception as error:  # noqa: BLE001
            self._failed(name, error)

    # Single values ----------------------------------------------------------------------------------------------------

    def text(self, name: str) -> str:
        """A text."""
        value = self._single(name, "S")
        try:
            return bytes(value).decode() if isinstance(value, bytes) else str(value)
        except UnicodeDecodeError as error:
            self._failed(name, error)

    def whole(self, name: str, least: int = 0, most: int = 1 << 62) -> int:
        """A whole number."""
        value = int(self._single(name, "iu"))
        if not least <= value <= most:
            self.damaged(name, f"a whole number from {least:,} to {most:,}", f"{value:,}")
        return value

    def number(self, name: str) -> float:
        """A finite number >= 0."""
        value = float(self._single(name, "fiu"))
        if not (math.isfinite(value) and value >= 0.0):
            self.damaged(name, "a finite number >= 0", f"{value}")
        return value

    def plain(self, name: str) -> Any:
        """A text, or a number as Python has it."""
        value = self._single(name, "Siuf")
        return self.text(name) if isinstance(value, (bytes, str)) else value.item()

    def _single(self, name: str, kinds: str) -> Any:
        dataset = self._dataset(name, kinds)
        if dataset.shape != ():
            self.damaged(name, "a single value", f"an array of shape {dataset.shape}")
        return self._read(name, dataset, ())

    def check_crc(self, names: Sequence[str]) -> None:
        """Compare the checksum of single values with what it should be."""
        values = {name: self._single(name, "Siuf") for name in names if self.has(name)}
        values |= {
            f"configuration/{k}": self._single(f"configuration/{k}", "Siuf") for k in self.names("configuration")
        }
        try:
            noted = self._entry.attrs.get("crc32")
        except Exception as error:  # noqa: BLE001
            self._failed("attribute crc32", error)
        found = crc_of(values)
        if not isinstance(noted, np.integer) or int(noted) != found:
            self.damaged("single values", f"a checksum of {found}", f"{noted}")

    # Arrays -----------------------------------------------------------------------------------------------------------

    def array(
        self,
        name: str,
        kinds: str,
        shape: tuple[int, ...],
        part: Any = slice(None),
        *,
        least: float | None = None,
        most: float | None = None,
        finite: bool = True,
        rising: bool = False,
    ) -> np.ndarray:
        """Values of a data set of this shape, or a part of its first axis.

        Parameters
        ----------
        kinds : str
            Letters of NumPy's kinds: f, i, u.
        least, most : float, optional
            Bounds of every value.
        finite : bool
            Whether NaN and infinity are damage.
        rising : bool
            Whether every value has to be as large as the one before.
        """
        dataset = self._dataset(name, kinds)
        self._check_stored(name, dataset, shape, part)
        values: np.ndarray = self._read(name, dataset, part)
        if values.size:
            if finite and values.dtype.kind == "f" and not np.isfinite(values).all():
                self.damaged(name, "finite numbers", "some that are not")
            low, high = values.min(), values.max()
            if (least is not None and low < least) or (most is not None and high > most):
                limits = ((">=", least), ("<=", most))
                bounds = " and ".join(f"{sign} {limit:g}" for sign, limit in limits if limit is not None)
                self.damaged(name, f"numbers {bounds}", f"{low:g} to {high:g}")
            if rising and values.ndim == 1 and (values[1:] < values[:-1]).any():
                self.damaged(name, "numbers in ascending order", "some that fall")
        return values

    def length(self, name: str) -> int:
        """Length of the first axis of a data set."""
        dataset = self._dataset(name, "fiub")
        if not dataset.shape:
            self.damaged(name, "an array", "a single value")
        return int(dataset.shape[0])

    def _check_stored(self, name: str, dataset: Any, shape: tuple[int, ...], part: Any) -> None:
        """Raise unless a data set has this shape, and the part of it is in the file: HDF5 makes up what is not there,
        and leaves out the checksum where the bookkeeping of a chunk says so.
        """
        if dataset.shape != shape:
            self.damaged(name, f"shape {shape}", f"{dataset.shape}")
        try:
            if dataset.chunks is None:
                whole = dataset.id.get_storage_size() >= dataset.nbytes
            else:
                if dataset.id.get_num_chunks() != math.prod(
                    -(-n // c) for n, c in zip(shape, dataset.chunks, strict=True)
                ):
                    self.damaged(name, "all of its parts", "a file without some of them")
                first, stop, _ = part.indices(shape[0]) if isinstance(part, slice) else (part, part + 1, 1)
                chunk = dataset.chunks
                corners = [range(0, n, c) for n, c in zip(shape, chunk, strict=True)]
                corners[0] = range(first - first % chunk[0], stop, chunk[0])
                found = (dataset.id.get_chunk_info_by_coord(corner) for corner in itertools.product(*corners))
                whole = all(c.byte_offset is not None and c.filter_mask == 0 for c in found)
        except TraceError:
            raise
        except Exception as error:  # noqa: BLE001
            self._failed(name, error)
        if not whole:
            self.damaged(name, "all of its parts", "a file without some of them")

    def packed(self, name: str, events: int, lines: int, part: Any) -> np.ndarray:
        """Lines of pulse events, packed into bits: (events, bytes) uint8; no bit beyond the last line may be set."""
        width = (lines + 7) // 8
        dataset = self._dataset(name, "u")
        if dataset.dtype != np.uint8:
            self.damaged(name, "bytes", f"type {dataset.dtype}")
        self._check_stored(name, dataset, (events, width), part)
        bits: np.ndarray = self._read(name, dataset, part)
        if lines % 8 and (bits[..., -1] >> (lines % 8)).any():
            self.damaged(name, f"bits of {lines} lines", "some of lines that do not exist")
        return bits
