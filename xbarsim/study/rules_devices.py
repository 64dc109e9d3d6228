"""What `xbarsim reproduce rules` sets beside each other: the learning rules, the devices, and the layout of each
pair before it is tuned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..describe.layout import Layout
from ..describe.pulses import METHODS
from ..describe.rules.table import RULES
from ..describe.schemes import SCHEMES
from ..learn.table import engine_for
from . import rule_choices
from .space import Space, usual

LAYERS = (784, 200, 10)

_SOFT: dict[str, Any] = {"model": "soft-bounds", "n_max": 796, "beta": 8.0}
DEVICES: dict[str, str | dict[str, Any]] = {
    "ideal": {"n_max": 1024, "beta": 0.0},
    "soft bounds": _SOFT,
    "EpiRAM": "neurosim-epiram",
    "Ag:a-Si": "neurosim-ag-asi",
    "abrupt LTD": {"n_max": 64, "beta": 3.0, "n_max_d": 1, "beta_d": 0.0},
    "8 states": {"n_max": 8, "beta": 0.0},
}
"""What each is: a preset, or keys of ``[device]``."""


def device_named(name: str) -> str:
    """The device that is meant by its name here, in any spelling that a shell takes without quotes, or by its preset;
    the name itself if it is none.

    >>> device_named("soft-bounds"), device_named("neurosim-ag-asi"), device_named("ag-a-si"), device_named("none")
    ('soft bounds', 'Ag:a-Si', 'Ag:a-Si', 'none')
    """
    for known, given in DEVICES.items():
        if name == given or _plain(name) == _plain(known):
            return known
    return name


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


WORDS = {
    "ideal": "1024 equal steps, no noise",
    "soft bounds": "steps of 1 % of the distance to the rail, up and down; no noise (ReRAM, 200 nominal states)",
    "EpiRAM": "Choi 2018 by NeuroSim: 64 states, nearly linear, noise of 2 % of the range per pulse",
    "Ag:a-Si": "Jo 2010 by NeuroSim: about 100 states, nonlinear (2.4 up, -4.88 down), noise of 3.5 % of the range",
    "abrupt LTD": "64 states up, nonlinear (beta 3); one depression pulse leads to Gmin",
    "8 states": "8 equal steps, no noise",
}

OWN: dict[tuple[str, str], dict[str, Any]] = {("bs", "8 states"): {"bs_base": 4.0}}
"""What a rule needs to go with a device at all: of 8 states a digit cannot reach a carry at base 16."""

REFERENCE = "software"
"""Float weights and back-propagation: no device, and so one column for all."""

_NOT = ("a", "lim-a", "lim-b", "lim-c", "refresh")
RULES_COMPARED = tuple(name for name in SCHEMES if name not in _NOT)
"""What is compared by itself: all but the rivals of a reconstruction, and method a, which is method b where steps are
equal, and worse elsewhere.
"""


def base_of(rule: str, device: str, layers: Sequence[int], dataset: str = "auto") -> Layout:
    """The layout of a rule on a device before it is tuned: the defaults of both."""
    given = DEVICES[device]
    base = Layout.of(layers=tuple(layers), dataset=dataset, **(given if isinstance(given, dict) else {}))
    if isinstance(given, str):
        base = base.with_device(given)
    base = base.replace(**OWN.get((rule, device), {}))
    nothing = rule_choices.settings_of((), ())
    layout = rule_choices.layouts_of(base, [rule_choices.Choice(rule)], nothing, 60_000)[rule]
    engine_for(layout)
    return layout


def space_of(rule: str, layout: Layout) -> Space:
    """What is searched: the keys of the rule that say where; and the pair method, unless the rule is, or names, one."""
    description = RULES[layout.pulses.rule]
    space = dict(usual(layout))
    if description.methods and description.compared_by != "method" and not description.method:
        space["method"] = tuple(m for m in METHODS if m != "a")
    return {key: values for key, values in space.items() if key not in SCHEMES[rule]}
