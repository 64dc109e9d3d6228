"""Layout files: their text, and the sections and keys that stand in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..base import checks
from ..base.errors import LayoutError, nearest
from .device_files import DEVICE_SECTIONS, load_device, presets
from .fields import check_once, names_in
from .layer_tables import words_of
from .sections import ALL_KEYS, ALTERNATIVES, HOMES, SECTIONS

RUN_FILE = b"\x89HDF\r\n"
"""How a run file begins: often given where a layout is wanted."""


def text_of(path: str | Path) -> str:
    """The text of a layout file.

    Raises
    ------
    LayoutError
        If there is none, or it is a run file, or no UTF-8.
    """
    try:
        whole = Path(path).read_bytes()
        if whole.startswith(RUN_FILE):
            raise LayoutError(
                f"{path}: expected a layout in TOML, got a run file; see what it holds with: xbarsim inspect {path}"
            )
        return whole.decode("utf-8")
    except FileNotFoundError:
        raise LayoutError(f"{path}: expected a layout file, found nothing; check the path, or see netlists/") from None
    except (OSError, UnicodeDecodeError) as error:
        raise LayoutError(
            f"{path}: expected a layout in UTF-8 TOML, cannot read it ({error}); check the file"
        ) from None


def sections_of(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Check section and key names of a TOML document; values are checked by the descriptions."""
    tables: dict[str, dict[str, Any]] = {}
    for section, table in document.items():
        if section not in SECTIONS:
            raise LayoutError(f"unknown section '[{section}]'; {nearest(section, SECTIONS)}")
        if not isinstance(table, dict):
            raise LayoutError(f"{section}: expected a section, got a value; write [{section}] on a line of its own")
        table = dict(table)
        SECTIONS[section].of_earlier_versions(table)
        names = names_in(SECTIONS[section])
        extra = {"network": {"layer"}, "device": {"preset"}}.get(section, set())
        for key in table:
            if key not in names and key not in extra:
                raise LayoutError(f"unknown key '{section}.{key}'; {nearest(key, {*names, *extra}, ALL_KEYS)}")
        check_once(section, table, names)
        values = {names[key]: value for key, value in table.items() if key in names}
        if section == "network" and "layer" in table:
            if "layers" in table:
                raise LayoutError(
                    "network.layer: expected either 'layers' or [[network.layer]], got both; leave one out"
                )
            values["layers"] = words_of(table["layer"])
        if section == "device" and "preset" in table:
            checks.choice("device.preset", table["preset"], presets())
            preset = load_device(table["preset"])
            for key in values:
                preset.pop(ALTERNATIVES.get(key, ""), None)
            values = {**{k: v for k, v in preset.items() if HOMES[k] == "device"}, **values}
            for other in DEVICE_SECTIONS.keys() - {"device"}:
                there = {k: v for k, v in preset.items() if HOMES[k] == other}
                tables[other] = {**there, **tables.get(other, {})}
        if isinstance(values.get("layers"), list):
            values["layers"] = tuple(values["layers"])
        tables[section] = {**tables.get(section, {}), **values}
    return tables
