"""A JSON Schema of layout files, by which editors complete and check them.

It knows names, types, bounds and alternatives. What concerns several keys at once, `layout.Layout` checks.
"""

from __future__ import annotations

import json
from typing import Any

from .device_files import presets
from .fields import Description, Key, keys_of
from .network import MAX_LINES
from .sections import SECTIONS

_TYPES = {"number": "number", "integer": "integer", "flag": "boolean", "choice": "string", "text": "string"}
_SIZE = {"type": "integer", "minimum": 1, "maximum": MAX_LINES - 1}


def schema_text() -> str:
    """The text of ``netlists/layout.schema.json``."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """The schema, draft 7, which is what TOML editors read."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Layout of xbarsim",
        "type": "object",
        "additionalProperties": False,
        "required": ["network"],
        "properties": {name: _section(what) for name, what in SECTIONS.items()},
    }


def _section(what: type[Description]) -> dict[str, Any]:
    keys = keys_of(what)
    found: dict[str, Any] = {
        "description": (what.__doc__ or "").partition("\n")[0],
        "type": "object",
        "additionalProperties": False,
        "properties": {key.toml(name): _value(key) for name, key in keys.items()},
    }
    pairs = [
        (key.toml(name), keys[key.instead_of].toml(key.instead_of)) for name, key in keys.items() if key.instead_of
    ]
    if pairs:
        found["allOf"] = [{"not": {"required": list(pair)}} for pair in pairs]
    if what.section == "network":
        found["properties"]["layer"] = _layer_by_layer()
        found["oneOf"] = [{"required": ["layers"]}, {"required": ["layer"]}]
    if what.section == "device":
        found["properties"]["preset"] = {
            "description": "A device that ships: see xbarsim devices.",
            "enum": [*presets()],
        }
    return found


def _value(key: Key) -> dict[str, Any]:
    text = key.doc or key.help
    found: dict[str, Any] = {"description": f"{text} Unit: {key.unit}." if key.unit else text}
    if key.kind in _TYPES:
        found["type"] = _TYPES[key.kind]
    elif key.kind in ("numbers", "integers"):
        return {"description": found["description"], **_one_or_each(key)}
    elif key.kind == "sizes":
        found |= {"type": "array", "minItems": 2, "items": {"anyOf": [_SIZE, {"type": "string", "minLength": 4}]}}
    elif key.kind == "steps":
        row = {"type": "array", "minItems": 1, "items": {"type": "number"}}
        found |= {"type": "array", "minItems": 2, "items": {"anyOf": [{"type": "number"}, row]}}
    else:
        found |= {"type": "string", "minLength": 1}
    for name, bound in (("minimum", key.least), ("exclusiveMinimum", key.above), ("maximum", key.most)):
        if bound is not None:
            found[name] = bound
    if key.choices:
        found["enum"] = list(key.choices)
        found["x-taplo"] = {"docs": {"enumValues": list(key.choices.values())}}
    default = key.usual if key.default is None else key.default
    return found | ({"default": default} if default is not None and default != () else {})


def _one_or_each(key: Key) -> dict[str, Any]:
    """A number, or a list with one for each layer."""
    one: dict[str, Any] = {"type": "number" if key.kind == "numbers" else "integer"}
    one |= {name: bound for name, bound in (("minimum", key.least), ("maximum", key.most)) if bound is not None}
    return {"anyOf": [one, {"type": "array", "minItems": 1, "items": one}]}


def _layer_by_layer() -> dict[str, Any]:
    return {
        "description": "Layers one by one, instead of `layers`; they have to chain.",
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["inputs", "outputs"],
            "properties": {"inputs": _SIZE, "outputs": _SIZE},
        },
    }
