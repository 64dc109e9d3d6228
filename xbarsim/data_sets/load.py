"""Data sets: embedded digits, MNIST with checksums, folders of IDX files or tables, ``.npz`` files and tables.

Whatever the source, a `Dataset` holds images as (samples, inputs) uint8 or float32 and labels as integers. Inputs run
from 0 to 1 (uint8 counts as value / 255); an input is the fraction of the read voltage that drives its row.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..base.arguments import arguments
from ..base.errors import DataError, nearest, shown
from ..base.files import is_file, is_folder
from .data_set import Dataset as Dataset
from .data_set import build
from .embedded import digits, two_pixels
from .idx import find_idx
from .memory import Room
from .mnist import MNIST_FILES, fashion, idx_folder, mnist, mnist_folder
from .npz import read_npz
from .table import ENDINGS, csv_file, csv_folder, csv_pair

if TYPE_CHECKING:
    from ..kernels.base.buffers import Samples


def _npz_file(path: Path, room: Room) -> Dataset:
    arrays, others = read_npz(path, room)
    notes = [f"{path}: not used: {', '.join(others)}"] if others else []
    x_train, y_train, x_test, y_test = arrays
    return build(path.stem, x_train, y_train, x_test, y_test, str(path), notes=notes)


def _folder(path: Path, room: Room) -> Dataset:
    """The data set of a folder: of IDX files if there are some, else of tables."""
    try:
        pair = None if any(find_idx(path, stem) for stem in MNIST_FILES) else csv_pair(path)
    except OSError as error:
        raise DataError(
            f"{path}: expected a folder with data, cannot read it ({error.strerror}); check the path"
        ) from None
    return csv_folder(path, pair, room) if pair else idx_folder(path, path.name or "idx", room)


DATASETS: dict[str, tuple[Callable[[], Dataset], str]] = {
    "mnist": (mnist, "60,000 + 10,000 handwritten digits, 28 x 28 (LeCun et al. 1998); does not ship"),
    "fashion-mnist": (fashion, "60,000 + 10,000 articles of clothing, 28 x 28 (Zalando 2017, MIT); does not ship"),
    "digits": (digits, "1,438 + 359 handwritten digits (UCI, CC BY 4.0), enlarged to 28 x 28; embedded"),
    "two-pixels": (two_pixels, "two pixels, the class is the lit one: for netlists/pair-2x2.toml; embedded"),
}
"""Data sets by name: how to load them, and what they are."""


@arguments()
def load_dataset(name: str = "auto", *, max_memory: float | str | None = None) -> Dataset:
    """Load a data set by name, or from a folder or file.

    A folder has IDX files, or ``train.csv`` and ``test.csv``. A file is an ``.npz`` of x_train, y_train, x_test and
    y_test, or a table (``.csv``, ``.tsv``, ``.txt``, also ``.gz``) with a sample in each line: the labels are the
    column called label, class, target or y, else the first or last column if it alone looks like labels, and every
    sixth sample of each class is kept for the test.

    What was recoded, guessed or left out stands in the `notes` of the data set, and is told by a warning.

    Parameters
    ----------
    name : str
        A name from ``DATASETS``; a path; or ``auto``: MNIST if it is at hand, else the embedded digits.
    max_memory : number or str, optional
        Most that the data may take, in GB or as a text with a unit (``500M``); default ``XBARSIM_MAX_MEMORY``, else
        half of the machine's memory.

    Raises
    ------
    DataError
        If it is missing, broken, too large, or has values that cannot be input voltages.
    LayoutError
        If `max_memory` is no size.

    Examples
    --------
    >>> from xbarsim import load_dataset
    >>> load_dataset("two-pixels").x_train.tolist()
    [[255, 0], [0, 255]]
    """
    if not isinstance(name, str):
        raise DataError(f"data set: expected a name or a path as text, got {shown(name)}; try 'auto'")
    room = Room(max_memory)
    if name == "auto":
        name = "mnist" if mnist_folder() is not None else "digits"
    path = Path(name)
    if name in ("mnist", "fashion-mnist"):
        data = mnist(room) if name == "mnist" else fashion(room)
    elif name in DATASETS:
        data = DATASETS[name][0]()
    elif is_folder(path):
        data = _folder(path, room)
    elif is_file(path):
        data = csv_file(path, room) if path.name.lower().endswith(ENDINGS) else _npz_file(path, room)
    else:
        raise DataError(
            f"data set '{name}': expected a name, a folder of IDX or CSV files, an .npz or a .csv file, found none; "
            f"{nearest(name, {'auto', *DATASETS})}"
        )
    for note in data.notes:
        warnings.warn(note, stacklevel=3)
    return data


def recorded_name(named: str, data: Dataset) -> str:
    """The data set as a run file names it: what was really used, not ``auto``, and a path that is right anywhere.

    >>> recorded_name("auto", load_dataset("two-pixels"))
    'two-pixels'
    """
    return data.name if named in (*DATASETS, "auto") else str(Path(named).resolve())


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
