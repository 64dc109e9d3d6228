"""When a key does something: what a layout has to have besides, so that nothing that is given is ignored in silence.

A need is stated once, beside the key (`fields.Key.needs`) or for a whole section (`fields.Description.needs`); whether
a layout's keys act is told by `idle`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .layout import Layout


class Need(NamedTuple):
    """What a key needs in order to do something.

    Attributes
    ----------
    text : str
        Completes "it needs ...".
    holds : function
        Whether a layout has it.
    """

    text: str
    holds: Callable[[Layout], bool]


def value(text: str, section: str, name: str, wanted: Callable[[object], bool] = bool) -> Need:
    """A need of another key's value; by default of one that is not 0."""
    return Need(text, lambda layout: wanted(getattr(getattr(layout, section), name)))


DEVICES = Need("a network of devices", lambda layout: layout.rule.has_devices(layout))
CURRENTS = Need("neurons that currents of the devices drive", lambda layout: layout.rule.currents)
SIGNS = Need("the rule of dead zones and pair methods", lambda layout: layout.rule.signs)
METHODS = Need("a rule that pulses pairs by the pair methods", lambda layout: layout.rule.methods)
REFERENCE = Need("method = 'fixed'", lambda layout: layout.fixed_reference)
REFRESHED = Need("method = 'one-sided'", lambda layout: layout.one_sided)
HIDDEN = Need("a hidden layer", lambda layout: layout.network.hidden > 0)
INNER = Need("two hidden layers", lambda layout: layout.network.hidden > 1)
WIRES = Need("wires with resistance, or circuit = 'exact'", lambda layout: layout.exact_wires)
FALLS = Need("a rule whose steps or rates fall during the run", lambda layout: layout.rule.falls(layout))
