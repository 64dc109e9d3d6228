"""MNIST and Fashion-MNIST: their files, checksums, where they are looked for; and folders that are laid out alike."""

from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path

import numpy as np

from ..base.errors import DataError
from .data_set import Dataset, build, check_shapes
from .idx import find_idx, read_idx, shape_of_idx
from .memory import Room

MNIST_FILES = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""MNIST's four IDX files and the SHA-256 of their decompressed content."""
MNIST_SIZES = {
    "train-images-idx3-ubyte": 47_040_016,
    "train-labels-idx1-ubyte": 60_008,
    "t10k-images-idx3-ubyte": 7_840_016,
    "t10k-labels-idx1-ubyte": 10_008,
}
"""Length of that content, bytes."""
HOW_TO_GET_MNIST = "'xbarsim data fetch mnist' downloads it, or set XBARSIM_DATA to a folder with its IDX files"


FASHION_FILES = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
"""The four IDX files of Fashion-MNIST, which have the names of MNIST's, and the SHA-256 of their content."""
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package `dataset-fashion-mnist` puts them."""
HOW_TO_GET_FASHION = (
    "install Debian's package dataset-fashion-mnist, or set XBARSIM_DATA to a folder with its IDX files, or with a "
    "folder fashion-mnist"
)


def idx_folder(folder: Path, name: str, room: Room | None = None) -> Dataset:
    """The data set of four IDX files, named as those of MNIST."""
    room = room or Room()
    paths = []
    for stem in MNIST_FILES:
        path = find_idx(folder, stem)
        if path is None:
            raise DataError(
                f"{folder}: expected IDX files ({', '.join(MNIST_FILES)}), found no {stem}; check the folder"
            )
        paths.append(path)
    check_shapes(str(folder), [shape_of_idx(path) for path in paths])  # before any of them is expanded
    x_train, y_train, x_test, y_test = (read_idx(path, room) for path in paths)
    return build(name, x_train, y_train, x_test, y_test, str(folder))


def mnist_folder() -> Path | None:
    """Folder with MNIST's IDX files: ``XBARSIM_DATA``, or the user's cache; None if neither has them."""
    for folder in _mnist_places():
        if all(find_idx(folder, stem) for stem in MNIST_FILES) and not is_fashion(folder):
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


def mnist(room: Room | None = None) -> Dataset:
    """MNIST, from where it is found."""
    folder = mnist_folder()
    if folder is None:
        looked = ", ".join(map(str, _mnist_places()))
        raise DataError(f"data set 'mnist': expected its IDX files in {looked}, found none; {HOW_TO_GET_MNIST}")
    return idx_folder(folder, "mnist", room)


def fashion_folder() -> Path | None:
    """Folder with Fashion-MNIST's IDX files: below ``XBARSIM_DATA`` or in it, in the user's cache, or as Debian has it;
    None if none has them.

    Its files have the names of MNIST's: which they are shows in the labels of the test, by their SHA-256.
    """
    for folder in _fashion_places():
        if all(find_idx(folder, stem) for stem in FASHION_FILES) and is_fashion(folder):
            return folder
    return None


def is_fashion(folder: Path) -> bool:
    """Whether a folder's IDX files are those of Fashion-MNIST, by the test labels, which are small."""
    name = "t10k-labels-idx1-ubyte"
    path = find_idx(folder, name)
    try:
        labels = None if path is None else read_idx(path)
    except DataError:
        return False
    if labels is None or labels.dtype != np.uint8 or labels.ndim != 1:
        return False
    content = struct.pack(">BBBBI", 0, 0, 8, 1, len(labels)) + labels.tobytes()
    return hashlib.sha256(content).hexdigest() == FASHION_FILES[name]


def _fashion_places() -> list[Path]:
    places = []
    if os.environ.get("XBARSIM_DATA"):
        base = Path(os.environ["XBARSIM_DATA"])
        places += [base / "fashion-mnist", base]
    return [*places, cache_folder() / "fashion-mnist", DEBIAN]


def fashion(room: Room | None = None) -> Dataset:
    """Fashion-MNIST, from where it is found."""
    folder = fashion_folder()
    if folder is None:
        looked = ", ".join(map(str, _fashion_places()))
        raise DataError(
            f"data set 'fashion-mnist': expected its IDX files in {looked}, found none; {HOW_TO_GET_FASHION}"
        )
    return idx_folder(folder, "fashion-mnist", room)


def cache_folder() -> Path:
    """The user's cache folder: ``XBARSIM_CACHE``, else the system's place for caches."""
    from platformdirs import user_cache_path

    base = os.environ.get("XBARSIM_CACHE")
    return Path(base) if base else user_cache_path("xbarsim")
