"""Keys that are given and do nothing: told before a run, and by `check`."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from ..base.errors import IdleWarning
from .fields import keys_of
from .needs import Need
from .sections import HOMES, KEYS, RULE_SECTIONS, SECTIONS, rules_of

if TYPE_CHECKING:
    from .layout import Layout

_MANY = 6  # keys in a line


def needs_of(name: str) -> tuple[Need, ...]:
    """What a key needs in order to do something: what its section needs, and then what it needs itself."""
    section = HOMES[name]
    what = SECTIONS[section]
    own = (_own_rule(section),) if section in RULE_SECTIONS else ()
    return (*own, *what.needs, *keys_of(what)[name].needs)


def _own_rule(section: str) -> Need:
    names = [f"'{name}'" for name in rules_of(section)]
    text = " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return Need(f"rule {text}", lambda layout: section in (s.section for s in layout.rule.sections))


def given_in(layout: Layout) -> list[str]:
    """Keys whose values are not those of a layout where nothing is given, but the layers.

    >>> from .layout import Layout
    >>> given_in(Layout.of(layers=(2, 2), c=4.5))
    ['layers', 'c']
    """
    plain, measured = _plain(), layout.device.model in ("table", "plugin")
    found = []
    for name, section in HOMES.items():
        if name == "beta" and measured and layout.device.beta == 0.0:
            continue  # was put there, see `Device`
        if name == "layers" or getattr(getattr(layout, section), name) != getattr(getattr(plain, section), name):
            found.append(name)
    return found


@functools.lru_cache(maxsize=1)
def _plain() -> Layout:
    from .layout import Layout

    return Layout.of(layers=(2, 2))


def idle(layout: Layout, names: Iterable[str] | None = None) -> dict[str, Need]:
    """Keys that do nothing in a layout, and the first thing that each lacks.

    Parameters
    ----------
    layout : Layout
        As it was given, before `defaults.settle`.
    names : iterable of str, optional
        Keys that are asked about; by default those with other values than the defaults.

    Examples
    --------
    >>> from .layout import Layout
    >>> found = idle(Layout.of(layers=(784, 10), hidden_dead_zone=0.1, tile_rows=64))
    >>> {name: need.text for name, need in found.items()}
    {'tile_rows': "wires with resistance, or circuit = 'exact'", 'hidden_dead_zone': 'a hidden layer'}
    """
    found: dict[str, Need] = {}
    for name in given_in(layout) if names is None else names:
        lacks = next((need for need in needs_of(name) if not need.holds(layout)), None)
        if lacks is not None:
            found[name] = lacks
    return found


def idle_lines(found: Mapping[str, Need]) -> list[str]:
    """What `idle` found, a line for each thing that is lacking.

    >>> from .layout import Layout
    >>> for line in idle_lines(idle(Layout.of(layers=(784, 10), hidden_dead_zone=0.1, c=2))):
    ...     print(line)
    neuron.c, pulses.hidden_dead_zone: given, and do nothing here: they need a hidden layer; leave them out
    """
    lacking: dict[str, list[str]] = {}
    for name, need in found.items():
        lacking.setdefault(need.text, []).append(f"{HOMES[name]}.{KEYS[name].toml(name)}")
    lines = []
    for text, keys in lacking.items():
        do, need_, them = ("does", "it needs", "it") if len(keys) == 1 else ("do", "they need", "them")
        shown = ", ".join(keys if len(keys) <= _MANY else [*keys[: _MANY - 1], f"{len(keys) - _MANY + 1} more"])
        lines.append(f"{shown}: given, and {do} nothing here: {need_} {text}; leave {them} out")
    return lines


def tell_idle(*layouts: Layout, names: Collection[str] | None = None, stacklevel: int = 3) -> None:
    """Warn of keys that do nothing in any of some layouts: all that are given, or those of some names."""
    found = [idle(layout, names) for layout in layouts]
    both = {name: need for name, need in found[0].items() if all(name in other for other in found[1:])}
    for line in idle_lines(both):
        warnings.warn(line, IdleWarning, stacklevel=stacklevel)
