"""Devices by name: presets that ship, device files, and users' own step functions.

A device file is TOML with the sections ``[device]`` and, if wanted, ``[variation]`` and ``[aging]`` of a layout, and
``[source]``, which says where the numbers come from; it is kept and not used.
"""

from __future__ import annotations

import functools
import importlib.resources
import re
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
            f"{_as_in_aihwkit(spec) or nearest(spec, presets(), 'xbarsim devices')}"
        )
    return values_of(read_document(path), str(path))


def _as_in_aihwkit(spec: str) -> str:
    """Hint for a name as aihwkit has it, of its device or of a configuration with it; else nothing.

    >>> _as_in_aihwkit("TTv2ReRamArrayOMPreset")
    "did you mean 'aihwkit-reram-array-om'? all: xbarsim devices"
    """
    letters = re.sub(r"[^a-z0-9]|presetdevice$|preset$", "", spec.lower())
    if "preset" not in spec.lower():
        return ""
    names = [name for name in presets() if letters.endswith(name.removeprefix("aihwkit-").replace("-", ""))]
    return f"did you mean '{max(names, key=len)}'? all: xbarsim devices" if names else ""


def preset_of(device: Device, variation: Variation, aging: Aging) -> str | None:
    """The preset that has just this law and window; of several that whose departures and aging are these, too.

    >>> preset_of(Device(**load_device("lim2019-beta3")), Variation(), Aging())
    'lim2019-beta3'
    """
    found = None
    for name in presets():
        values = load_device(name)
        made = [
            kind(**{key: value for key, value in values.items() if key in names_in(kind)})
            for kind in DEVICE_SECTIONS.values()
        ]
        if made == [device, variation, aging]:
            return name
        if made[0] == device and found is None:
            found = name
    return found


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
