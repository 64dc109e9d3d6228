"""Data sets: embedded digits, MNIST with checksums, IDX folders and ``.npz`` files.

Whatever the source, a `Dataset` holds images as (samples, inputs) uint8 or float32 and labels as integers. Inputs run
from 0 to 1 (uint8 counts as value / 255); an input is the fraction of the read voltage that drives its row.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.resources
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..base.errors import DataError, nearest

if TYPE_CHECKING:
    from ..kernels.train import Samples

MNIST_FILES = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""MNIST's four IDX files and the SHA-256 of their decompressed content."""

HOW_TO_GET_MNIST = "'xbarsim data fetch mnist' downloads it, or set XBARSIM_DATA to a folder with its IDX files"


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels, for training and for the test.

    Attributes
    ----------
    name : str
    x_train, x_test : (samples, inputs) uint8 or float32
    y_train, y_test : (samples,) int64
    origin : str
        Folder, file or package it was read from.
    sha256 : str
        Over the names, shapes and bytes of the four arrays.

    Examples
    --------
    >>> from xbarsim import load_dataset
    >>> digits = load_dataset("digits")
    >>> digits.x_train.shape, digits.x_test.shape
    ((1438, 784), (359, 784))
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    origin: str = ""
    sha256: str = ""

    @property
    def inputs(self) -> int:
        """Number of inputs of a sample."""
        return int(self.x_train.shape[1])

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(max(self.y_train.max(), self.y_test.max())) + 1

    def check_fits(self, layers: tuple[int, ...]) -> None:
        """Raise `DataError` unless the first layer takes the inputs and the last has an output for each class."""
        if layers[0] != self.inputs:
            raise DataError(
                f"layers {','.join(map(str, layers))}: expected {self.inputs} inputs for data set '{self.name}' "
                f"(samples of shape ({self.inputs},)), got {layers[0]}; start the layers with {self.inputs}"
            )
        if layers[-1] < self.classes:
            raise DataError(
                f"layers {','.join(map(str, layers))}: expected at least {self.classes} outputs for the classes of "
                f"data set '{self.name}', got {layers[-1]}; end the layers with {self.classes}"
            )


def build(
    name: str, x_train: np.ndarray, y_train: np.ndarray, x_test: np.ndarray, y_test: np.ndarray, origin: str
) -> Dataset:
    """Check raw arrays and make a `Dataset` of them; every error names `origin` and the array."""
    digest = hashlib.sha256()
    parts = {}
    for part, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
        where = f"{origin} x_{part}"
        if x.ndim < 2 or len(x) == 0 or x[0].size == 0:
            raise DataError(f"{where}: expected shape (samples, ...), got {x.shape}; give at least one sample")
        if y.shape != (len(x),):
            raise DataError(
                f"{origin} y_{part}: expected {len(x)} labels, got shape {y.shape}; give one label per sample"
            )
        if y.dtype.kind not in "iu" or y.min() < 0 or y.max() > 65_535:
            raise DataError(
                f"{origin} y_{part}: expected class numbers 0, 1, 2, ..., got {y.dtype} values; recode the labels"
            )
        x = x.reshape(len(x), -1)
        if x.dtype == np.uint8:
            x = np.ascontiguousarray(x)
        else:
            if x.dtype.kind not in "fiub":
                raise DataError(f"{where}: expected numbers, got {x.dtype}; give uint8 (0 to 255) or floats (0 to 1)")
            x = np.ascontiguousarray(x, np.float32)
            if not np.all(np.isfinite(x)):
                raise DataError(f"{where}: expected finite inputs, got NaN or infinity; clean the data")
            if x.min() < 0.0 or x.max() > 1.0:
                raise DataError(
                    f"{where}: expected inputs from 0 to 1, got {x.min():g} to {x.max():g}; scale them, or give uint8 "
                    "(0 to 255)"
                )
        y = np.ascontiguousarray(y, np.int64)
        parts[part] = (x, y)
        for array in (x, y):
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(array.data)
    (xa, ya), (xb, yb) = parts["train"], parts["test"]
    if xa.shape[1] != xb.shape[1]:
        raise DataError(
            f"{origin} x_test: expected {xa.shape[1]} inputs as in x_train, got {xb.shape[1]}; give both alike"
        )
    return Dataset(name, xa, ya, xb, yb, origin, digest.hexdigest())


# ---------------------------------------------------------------------------------------------------------------------
# The embedded sets


def enlarge(images: np.ndarray) -> np.ndarray:
    """8 x 8 digits as MNIST is laid out: bilinear to 20 x 20, values under 0.25 set to 0, centred in 28 x 28.

    Without the cut every faint pixel of the interpolation would be pulsed with a full step, and training suffers.

    Parameters
    ----------
    images : (samples, 8, 8) uint8, 0 to 16

    Returns
    -------
    (samples, 784) float32, 0 to 1
    """
    centres = np.clip((np.arange(20) + 0.5) * 8 / 20 - 0.5, 0, 7)
    left = np.minimum(centres.astype(int), 6)
    weights = np.zeros((20, 8))
    weights[np.arange(20), left] = 1 - (centres - left)
    weights[np.arange(20), left + 1] = centres - left
    # einsum in float64 with a fixed path: the same bits on every machine matter more than its speed here.
    large = np.einsum("ai,nij,bj->nab", weights, images / 16.0, weights, optimize=False)
    large[large < 0.25] = 0.0
    out = np.zeros((len(images), 28, 28), np.float32)
    out[:, 4:24, 4:24] = large
    return out.reshape(len(images), 784)


def _digits() -> Dataset:
    with (
        importlib.resources.files("xbarsim.data").joinpath("digits.npz").open("rb") as stream,
        np.load(stream) as archive,
    ):
        images, labels = archive["images"], archive["labels"]
    # Rounded to 1/255, so that the last bits of the interpolation cannot differ between machines.
    x = np.rint(enlarge(images) * 255).astype(np.uint8)
    test = np.arange(len(x)) % 5 == 4
    return build("digits", x[~test], labels[~test], x[test], labels[test], "embedded digits")


def _two_pixels() -> Dataset:
    x, y = np.array([[255, 0], [0, 255]], np.uint8), np.array([0, 1])
    return build("two-pixels", x, y, x, y, "embedded two-pixels")


# ---------------------------------------------------------------------------------------------------------------------
# Files


def read_idx(path: Path) -> np.ndarray:
    """Array of an IDX file, plain or ``.gz``: big-endian header 0, 0, type, dimensions, sizes, then the values."""
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: expected an IDX file, cannot read it ({error}); get it anew") from None
    types = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] not in types or not 1 <= raw[3] <= 8:
        raise DataError(
            f"{path}: expected an IDX file (magic number 0, 0, type, dimensions), got {raw[:4]!r}; check the file"
        )
    n_dims, dtype = raw[3], np.dtype(types[raw[2]])
    header = 4 + 4 * n_dims
    if len(raw) < header:
        raise DataError(
            f"{path}: expected {n_dims} sizes in the IDX header, got {len(raw)} bytes in all; the file is cut short"
        )
    shape = struct.unpack(f">{n_dims}I", raw[4:header])
    expected = header + dtype.itemsize * int(np.prod(shape, dtype=object))
    if len(raw) != expected:
        raise DataError(
            f"{path}: expected {expected} bytes for shape {shape}, got {len(raw)}; the file is damaged, get it anew"
        )
    array = np.frombuffer(raw, dtype, offset=header).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)


def find_idx(folder: Path, name: str) -> Path | None:
    """The IDX file of that name in a folder, plain or ``.gz``; MNIST is also met with a dot for the last hyphen."""
    for stem in (name, ".".join(name.rsplit("-idx", 1)[:1]) + ".idx" + name.rsplit("-idx", 1)[1]):
        for path in (folder / stem, folder / f"{stem}.gz"):
            if path.is_file():
                return path
    return None


def _idx_folder(folder: Path, name: str) -> Dataset:
    arrays = []
    for stem in MNIST_FILES:
        path = find_idx(folder, stem)
        if path is None:
            raise DataError(
                f"{folder}: expected IDX files ({', '.join(MNIST_FILES)}), found no {stem}; check the folder"
            )
        arrays.append(read_idx(path))
    x_train, y_train, x_test, y_test = arrays
    return build(name, x_train, y_train, x_test, y_test, str(folder))


def _npz_file(path: Path) -> Dataset:
    names = ("x_train", "y_train", "x_test", "y_test")
    try:
        # Opened here, since np.load forgets to close a file that it cannot read.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            missing = [n for n in names if n not in archive]
            if missing:
                raise DataError(f"{path}: expected arrays {', '.join(names)}, found no {missing[0]}; save all four")
            arrays = [archive[n] for n in names]
    except DataError:
        raise
    except (AttributeError, TypeError):
        raise DataError(f"{path}: expected an .npz file, got a single array; save all four with numpy.savez") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path}: expected an .npz file, cannot read it ({error}); save it anew") from None
    x_train, y_train, x_test, y_test = arrays
    return build(path.stem, x_train, y_train, x_test, y_test, str(path))


def mnist_folder() -> Path | None:
    """Folder with MNIST's IDX files: ``XBARSIM_DATA``, or the user's cache; None if neither has them."""
    for folder in _mnist_places():
        if all(find_idx(folder, stem) for stem in MNIST_FILES):
            return folder
    return None


def why_not_mnist() -> str:
    """Why ``auto`` does not take MNIST, in a few words."""
    named = os.environ.get("XBARSIM_DATA")
    if not named:
        return "MNIST is not at hand"
    missing = [stem for stem in MNIST_FILES if find_idx(Path(named), stem) is None]
    return f"XBARSIM_DATA = {named} has no {missing[0] if missing else 'MNIST'}"


def _mnist_places() -> list[Path]:
    places = []
    if os.environ.get("XBARSIM_DATA"):
        base = Path(os.environ["XBARSIM_DATA"])
        places += [base, base / "mnist"]
    return [*places, cache_folder() / "mnist"]


def _mnist() -> Dataset:
    folder = mnist_folder()
    if folder is None:
        looked = ", ".join(map(str, _mnist_places()))
        raise DataError(f"data set 'mnist': expected its IDX files in {looked}, found none; {HOW_TO_GET_MNIST}")
    return _idx_folder(folder, "mnist")


DATASETS: dict[str, tuple[Callable[[], Dataset], str]] = {
    "mnist": (_mnist, "60,000 + 10,000 handwritten digits, 28 x 28 (LeCun et al. 1998); does not ship"),
    "digits": (_digits, "1,438 + 359 handwritten digits (UCI, CC BY 4.0), enlarged to 28 x 28; embedded"),
    "two-pixels": (_two_pixels, "two pixels, the class is the lit one: for netlists/pair-2x2.toml; embedded"),
}
"""Data sets by name: how to load them, and what they are."""


def load_dataset(name: str = "auto") -> Dataset:
    """Load a data set by name, or from a folder of IDX files or an ``.npz`` file.

    Parameters
    ----------
    name : str
        A name from ``DATASETS``; a path; or ``auto``: MNIST if it is at hand, else the embedded digits.

    Raises
    ------
    DataError
        If it is missing, broken, or has values that cannot be input voltages.

    Examples
    --------
    >>> from xbarsim import load_dataset
    >>> load_dataset("two-pixels").x_train.tolist()
    [[255, 0], [0, 255]]
    """
    if not isinstance(name, str):
        raise DataError(f"data set: expected a name or a path as text, got {name!r}; try 'auto'")
    if name == "auto":
        name = "mnist" if mnist_folder() is not None else "digits"
    if name in DATASETS:
        return DATASETS[name][0]()
    path = Path(name)
    if path.is_dir():
        return _idx_folder(path, path.name or "idx")
    if path.is_file():
        return _npz_file(path)
    raise DataError(
        f"data set '{name}': expected a name, a folder of IDX files or an .npz file, found none; "
        f"{nearest(name, {'auto', *DATASETS})}"
    )


def to_samples(x: np.ndarray, y: np.ndarray, v_read: float) -> Samples:
    """The kernels' form of a data set: per sample the rows that are driven, and their voltages (V)."""
    from ..kernels.base.samples import list_driven
    from ..kernels.train import Samples

    driven = int(np.count_nonzero(x)) + x.shape[1]
    start = np.empty(len(x) + 1, np.int64)
    line, volts = np.empty(driven, np.int32), np.empty(driven, np.float32)
    full = np.float32(255.0) if x.dtype == np.uint8 else np.float32(1.0)
    list_driven(x, full, np.float32(v_read), start, line, volts)
    return Samples(start, line, volts, y)


# ---------------------------------------------------------------------------------------------------------------------
# Where downloads go


def cache_folder() -> Path:
    """The user's cache folder: ``XBARSIM_CACHE``, else the system's place for caches."""
    from platformdirs import user_cache_path

    base = os.environ.get("XBARSIM_CACHE")
    return Path(base) if base else user_cache_path("xbarsim")
