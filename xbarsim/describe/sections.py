"""The sections of a layout, in the order in which files have them; each is a description in a file of its own.

Attribute names are unique over all sections; in Python values are in SI, in TOML their keys end in the unit.
"""

from __future__ import annotations

from typing import Any

from .aging import Aging
from .array import Array
from .device import Device
from .fields import Description, Key, keys_of
from .gates import Gates
from .network import Network
from .neuron import Neuron
from .pulses import Pulses
from .recorded import Recorded
from .rules.table import RULES
from .run import Run
from .sense import Sense
from .variation import Variation
from .wires import Wires

RULE_SECTIONS: dict[str, type[Description]] = {s.section: s for r in RULES.values() for s in r.sections}
"""The sections of the learning rules."""


def rules_of(section: str) -> tuple[str, ...]:
    """Names of the learning rules that take the keys of a section."""
    return tuple(name for name, rule in RULES.items() if section in (s.section for s in rule.sections))


SECTIONS: dict[str, type[Description]] = {
    **{s.section: s for s in (Network, Device, Array, Wires, Variation, Aging, Neuron, Sense, Pulses, Gates)},
    **RULE_SECTIONS,
    Run.section: Run,
}

HOMES: dict[str, str] = {name: section for section, what in SECTIONS.items() for name in keys_of(what)}
"""Section of every attribute."""

KEYS: dict[str, Key] = {name: key for what in SECTIONS.values() for name, key in keys_of(what).items()}
"""What is known of every attribute."""

ALL_KEYS = "xbarsim reference"
"""The command that lists them."""

ALTERNATIVES: dict[str, str] = {
    a: b for name, key in KEYS.items() if key.instead_of for a, b in ((name, key.instead_of), (key.instead_of, name))
}
"""A value given later removes the alternative given earlier."""


def toml_key(name: str) -> str:
    """TOML key of an attribute: with its unit, if it has one."""
    return KEYS[name].toml(name)


def mark_recorded(tables: dict[str, dict[str, Any]]) -> None:
    """Mark what is `Recorded` in the `tables` of a run file's layout: plug-ins, and choices of earlier versions."""
    for table in tables.values():
        for name, value in table.items():
            if isinstance(value, str) and (name == "step" or value in KEYS[name].formerly):
                table[name] = Recorded(value)
