"""Arrays of a PyTorch ``state_dict``, by PyTorch itself, which is told to load weights alone: nothing in it is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import DataError, XbarsimError
from ..data_sets.memory import Room


def read_torch(path: Path, room: Room) -> dict[str, np.ndarray]:
    """All arrays of a ``.pt`` file by their names, in its order.

    Raises
    ------
    DataError
        If it holds anything but arrays (a whole model is made of objects, which can run code), or is damaged.
    XbarsimError
        Where PyTorch is not installed.
    """
    try:
        import torch
    except ImportError:
        raise XbarsimError(
            f"{path}: expected PyTorch to read it, found none; pip install 'xbarsim[torch]', or save the weights as "
            ".safetensors or .npz, see docs/trained-elsewhere.md"
        ) from None
    room.take(str(path), 2 * path.stat().st_size)
    try:
        found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 - PyTorch raises what its unpickler, zip reader and C++ raise
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
        raise DataError(
            f"{path}: expected a state_dict of arrays, got a file that cannot be loaded without running code, or a "
            f"damaged one ({said}); save model.state_dict() alone"
        ) from None
    while isinstance(found, dict) and isinstance(found.get("state_dict"), dict):
        found = found["state_dict"]
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise DataError(f"{path}: expected a state_dict, got {type(found).__name__}; save model.state_dict()")
    arrays = {}
    for name, value in found.items():
        if not isinstance(value, torch.Tensor):
            raise DataError(
                f"{path} {name}: expected an array, got {type(value).__name__}; save model.state_dict() alone"
            )
        if value.is_complex() or value.is_quantized or value.layout is not torch.strided:
            raise DataError(f"{path} {name}: expected an array of floats, got {value.dtype}; save it as float32")
        arrays[name] = value.detach().to(torch.float64).numpy()
    return arrays
