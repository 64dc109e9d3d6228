"""Data sets: embedded digits, MNIST with checksums, IDX folders and ``.npz`` files.

Whatever the source, a `Dataset` holds images as (samples, inputs) uint8 or float32 and labels as integers. Inputs run
from 0 to 1 (uint8 counts as value / 255); an input is the fraction of the read voltage that drives its row.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..base.errors import DataError, nearest
from .data_set import Dataset as Dataset
from .data_set import build
from .embedded import digits, two_pixels
from .mnist import idx_folder, mnist, mnist_folder

if TYPE_CHECKING:
    from ..kernels.base.buffers import Samples


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


DATASETS: dict[str, tuple[Callable[[], Dataset], str]] = {
    "mnist": (mnist, "60,000 + 10,000 handwritten digits, 28 x 28 (LeCun et al. 1998); does not ship"),
    "digits": (digits, "1,438 + 359 handwritten digits (UCI, CC BY 4.0), enlarged to 28 x 28; embedded"),
    "two-pixels": (two_pixels, "two pixels, the class is the lit one: for netlists/pair-2x2.toml; embedded"),
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
        return idx_folder(path, path.name or "idx")
    if path.is_file():
        return _npz_file(path)
    raise DataError(
        f"data set '{name}': expected a name, a folder of IDX files or an .npz file, found none; "
        f"{nearest(name, {'auto', *DATASETS})}"
    )


def to_samples(x: np.ndarray, y: np.ndarray, v_read: float) -> Samples:
    """The kernels' form of a data set: per sample the rows that are driven, and their voltages (V)."""
    from ..kernels.base.buffers import Samples
    from ..kernels.base.samples import list_driven

    driven = int(np.count_nonzero(x)) + x.shape[1]
    start = np.empty(len(x) + 1, np.int64)
    line, volts = np.empty(driven, np.int32), np.empty(driven, np.float32)
    full = np.float32(255.0) if x.dtype == np.uint8 else np.float32(1.0)
    list_driven(x, full, np.float32(v_read), start, line, volts)
    return Samples(start, line, volts, y)
