"""Devices by name: presets that ship, device files, and users' own step functions.

A device file is TOML with the sections ``[device]`` and, if wanted, ``[variation]`` and ``[aging]`` of a layout, and
``[source]``, which says where the numbers come from; it is kept and not used.
"""

from __future__ import annotations

import functools
import importlib.resources
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..base.errors import LayoutError, nearest
from .aging import Aging
from .device import Device
from .fields import Description, check_once, names_in
from .sections import ALL_KEYS
from .variation import Variation

DEVICE_SECTIONS: dict[str, type[Description]] = {"device": Device, "variation": Variation, "aging": Aging}
"""Sections that a device brings along."""


@functools.cache
def presets() -> dict[str, Path]:
    """The devices that ship: files by name."""
    folder = Path(str(importlib.resources.files("xbarsim.data"))) / "devices"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load_device(spec: str) -> dict[str, Any]:
    """Values of the sections ``[device]``, ``[variation]`` and ``[aging]`` that a name stands for, by attribute.

    Parameters
    ----------
    spec : str
        A preset, a device file (``.toml``), or a Python file with a step function (``file.py:function``).

    Examples
    --------
    >>> load_device("lim2019-beta3")["beta"]
    3.0
    """
    if ".py:" in spec:
        return {"model": "plugin", "step": spec}
    path = Path(spec)
    if spec in presets():
        path = presets()[spec]
    elif path.suffix != ".toml":
        raise LayoutError(
            f"--device: expected a preset, a device file (.toml) or file.py:function, got '{spec}'; "
            f"{nearest(spec, presets(), 'xbarsim devices')}"
        )
    return values_of(read_document(path), str(path))


def read_document(path: Path) -> dict[str, Any]:
    """A device file as it stands."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        raise LayoutError(
            f"{path}: expected a device file, found nothing; check the path, or see xbarsim devices"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise LayoutError(f"{path}: expected a device file in UTF-8 TOML, cannot read it ({error})") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise LayoutError(f"{path}: expected TOML, got a syntax error ({error}); correct that line") from None


def values_of(document: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Attribute values of a device document; names are checked here, values by the descriptions."""
    values: dict[str, Any] = {}
    for section, table in document.items():
        if section == "source":
            continue
        if section not in DEVICE_SECTIONS or not isinstance(table, dict):
            raise LayoutError(
                f"{where}: unknown section '[{section}]' of a device file; "
                f"{nearest(section, ('source', *DEVICE_SECTIONS))}"
            )
        names = names_in(DEVICE_SECTIONS[section])
        for key, value in table.items():
            if key not in names:
                raise LayoutError(f"{where}: unknown key '{section}.{key}'; {nearest(key, names, ALL_KEYS)}")
            values[names[key]] = value
        check_once(f"{where}: {section}", table, names)
    if "device" not in document:
        raise LayoutError(f"{where}: expected a section [device], found none; see xbarsim devices show lim2019-beta2")
    return values
