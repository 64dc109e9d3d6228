"""Flags of a command from the descriptions of a layout, where names, types, help and panels stand with the keys."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

from ..describe.commented import short
from ..describe.fields import Key, keys_of
from ..describe.sections import KEYS, SECTIONS
from .app import option, sizes

PANELS = (
    "Network",
    "Pulses and neurons",
    "Device",
    "Departures from the nominal device",
    "Circuit",
    "Pulse lines",
    "",
    "Run",
    "Output",
)
"""Order of the panels; those of the rules come where the empty name is."""

_TYPES: dict[str, Any] = {"number": float, "integer": int, "flag": bool}


def with_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take a flag for every key of a layout: those that are given come as its ``**flags``."""
    own = inspect.signature(command, eval_str=True).parameters.values()
    taken = [p.replace(kind=p.KEYWORD_ONLY) for p in own if p.kind is not p.VAR_KEYWORD]
    made = [_parameter(name, key, panel) for name, (key, panel) in flags().items()]
    # Typer reads a signature; the panels stand in the help as their first options come.
    first, *rest = taken
    in_order = sorted([*made, *rest], key=lambda p: _rank(p.annotation.__metadata__[0].rich_help_panel))
    command.__signature__ = inspect.Signature([first, *in_order])  # type: ignore[attr-defined]
    return command


def flags() -> dict[str, tuple[Key, str]]:
    """Keys that have a flag, and its panel in the help."""
    return {
        name: (key, key.panel or what.panel)
        for what in SECTIONS.values()
        for name, key in keys_of(what).items()
        if key.flag
    }


def values_of(given: dict[str, Any]) -> dict[str, Any]:
    """Values of a layout from the flags of a command: those that were given."""
    return {
        name: sizes(value) if KEYS[name].kind == "sizes" else value
        for name, value in given.items()
        if value is not None
    }


def flag_name(name: str) -> str:
    """The flag of an attribute: ``--wire-resistance``."""
    return f"--{name.replace('_', '-')}"


def shown_default(key: Key) -> str | None:
    """What the help shows as the default; None: nothing."""
    if key.like:
        return f"as {flag_name(key.like)}"
    value = key.usual if key.default is None else key.default
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return short(value)
    return str(value) if isinstance(value, (int, str)) else None


def _parameter(name: str, key: Key, panel: str) -> inspect.Parameter:
    names = [flag_name(name)] if key.kind != "flag" else [f"{flag_name(name)}/{flag_name('no_' + name)}"]
    kind = _TYPES.get(key.kind, str) | None
    annotation = Annotated[kind, option(panel, key.help, shown_default(key), *names)]  # type: ignore[valid-type]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _rank(panel: str) -> int:
    return PANELS.index(panel if panel in PANELS else "")
