"""A file of weights, whatever its format, as a `Model`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..base.errors import DataError, shown
from ..base.files import is_file
from ..data_sets.memory import Room
from ..data_sets.npz import read_all
from .layers import Model, model_of
from .onnx_files import read_onnx
from .safetensors import read_safetensors
from .torch_files import read_torch

READERS: dict[str, Callable[[Path, Room], dict[str, np.ndarray]]] = {
    ".npz": read_all,
    ".safetensors": read_safetensors,
    ".pt": read_torch,
    ".pth": read_torch,
}
"""What reads the arrays of a file, by the ending of its name."""

GRAPHS: dict[str, Callable[[Path, Room], Model]] = {".onnx": read_onnx}
"""What reads arrays and what is done with them."""


def read_model(path: Path, *, mapping: str = "", inputs: int = 0) -> Model:
    """The layers of a file.

    Parameters
    ----------
    path : Path
        ``.npz``, ``.safetensors``, ``.pt``, ``.pth`` or ``.onnx``.
    mapping : str
        Which arrays are layers, see `layers.model_of`.
    inputs : int
        Numbers of a sample, if they are known: they tell how a matrix lies.

    Raises
    ------
    DataError
        If it is something else, damaged, or has no layers that follow one another.
    """
    ending = path.suffix.lower()
    if ending not in READERS and ending not in GRAPHS:
        known = [*READERS, *GRAPHS]
        raise DataError(f"{path}: expected {', '.join(known)}, got {shown(ending)}; save the weights as one of these")
    if not is_file(path):
        raise DataError(f"{path}: expected a file of weights, found none; check the path")
    room = Room()
    if ending in GRAPHS:
        if mapping:
            raise DataError(f"{path}: expected no --map, as the file says what its arrays are, got one; leave it out")
        return GRAPHS[ending](path, room)
    return model_of(READERS[ending](path, room), str(path), mapping=mapping, inputs=inputs)
