"""Flags of a command from the descriptions of a layout, where names, types, help and panels stand with the keys."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from ..base.errors import LayoutError
from ..describe.commented import short
from ..describe.fields import Key, keys_of
from ..describe.inference import keys_read_by_any
from ..describe.sections import KEYS, SECTIONS
from ..describe.settings import attribute_of, value_of_key, values_of_settings
from .app import option

PANELS = (
    "Network",
    "Pulses and neurons",
    "Device",
    "Departures from the nominal device",
    "After it was written",
    "Circuit",
    "Pulse lines",
    "",
    "Run",
    "Output",
)
"""Order of the panels; those of the rules come where the empty name is."""

_LISTS = ("sizes", "numbers", "integers")
"""Kinds whose flags take text, as one may have commas."""

_TYPES: dict[str, Any] = {"number": float, "integer": int, "flag": bool}


def with_flags(command: Callable[..., None], *, acting: bool = False) -> Callable[..., None]:
    """Let a command take a flag for every key of a layout: those that are given come as its ``**flags``.

    If it only reads trained networks (`acting`), the help shows the keys that act then; the others are taken, too, so
    that the command can say why they do nothing. A flag of the command's own stands before one of a key.
    """
    own = inspect.signature(command, eval_str=True).parameters.values()
    taken = [p.replace(kind=p.KEYWORD_ONLY) for p in own if p.kind is not p.VAR_KEYWORD]
    names = {p.name for p in taken}
    shown = keys_read_by_any() if acting else set(KEYS)
    default = "the run's" if acting else None
    made = [_parameter(n, key, panel, n in shown, default) for n, (key, panel) in flags().items() if n not in names]
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
        name: value_of_key(name, value, where=flag_name(name)) if KEYS[name].kind in _LISTS else value
        for name, value in given.items()
        if value is not None
    }


def given_values(settings: Sequence[str] | None, flags: dict[str, Any]) -> dict[str, Any]:
    """Values of a layout from ``--set`` and from flags, none of them twice."""
    settings = settings or ()
    found, by_flag = values_of_settings(settings), values_of(flags)
    for name in by_flag:
        if name in found:
            text = next(text for text in settings if attribute_of(text.partition("=")[0]) == name)
            raise LayoutError(
                f"{flag_name(name)}: expected {name} once, got {flag_name(name)} and --set {text}; leave one out"
            )
    return {**found, **by_flag}


def flag_name(name: str) -> str:
    """The flag of an attribute: ``--wire-resistance``."""
    return f"--{name.replace('_', '-')}"


def shown_default(key: Key) -> str | None:
    """What the help shows as the default; None: nothing."""
    if key.like:
        return f"as {flag_name(key.like)}"
    value = key.usual if key.default is None else key.default
    if key.derived:
        return "follows from the network"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return short(value)
    return str(value) if isinstance(value, (int, str)) else None


def _parameter(name: str, key: Key, panel: str, shown: bool, default: str | None) -> inspect.Parameter:
    names = [flag_name(name)] if key.kind != "flag" else [f"{flag_name(name)}/{flag_name('no_' + name)}"]
    kind = _TYPES.get(key.kind, str) | None
    made = option(panel, key.help, shown_default(key) if default is None else default, *names)
    made.hidden = not shown
    annotation = Annotated[kind, made]  # type: ignore[valid-type]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _rank(panel: str) -> int:
    return PANELS.index(panel if panel in PANELS else "")
