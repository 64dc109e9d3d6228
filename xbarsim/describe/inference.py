"""Which keys of a layout act when a trained network is only read, and why the others do not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..base.errors import LayoutError, nearest
from .fields import keys_of
from .rules.table import RULES
from .sections import HOMES, SECTIONS

if TYPE_CHECKING:
    from .layout import Layout

WINDOWS = ("sigma", "sigma_negative", "sigma_per", "g_min_sigma", "g_max_sigma", "spread")
"""Devices that conduct otherwise than those that were trained: what was trained is written into them."""

STUCK = ("stuck_at_g_min", "stuck_at_g_max", "stuck_anywhere")
WRITING = ("write_error", "write_error_linear", "write_error_square")
"""Errors of what is written."""

AGING = (
    *("drift", "drift_sigma", "drift_start", "relax_time", "relax_exponent", "relax_to"),
    *(key for key in keys_of(SECTIONS["aging"]) if key not in WRITING),
)
CIRCUITS = ("gain_sigma", "offset_sigma")
"""What is drawn once for every sense circuit."""

_READ = {
    "array": ("routing", "v_read", "circuit"),
    "wires": tuple(keys_of(SECTIONS["wires"])),
    "iv": tuple(keys_of(SECTIONS["iv"])),
    "variation": (*WINDOWS, "device_noise", "write_noise", *STUCK, *AGING),
    "aging": tuple(keys_of(SECTIONS["aging"])),
    "neuron": ("c", "c_current", "inner_c"),
    "sense": tuple(keys_of(SECTIONS["sense"])),
}
"""Keys that act, by section; those of a rule's own section are in its description."""

_WHY = {
    "network": "the recorded network has its layers",
    "device": "the recorded conductances are those of its device",
    "array": "it belongs to the start of training",
    "variation": "it acts on pulses, and nothing is pulsed",
    "neuron": "it scales errors, and an answer is the largest output",
    "pulses": "it acts on updates, and nothing is trained",
    "gates": "pulse lines carry pulses, and nothing is pulsed",
    "run": "it belongs to training; --seed is that of the draws, and --iteration says which state is taken",
}


def keys_in_inference(layout: Layout) -> set[str]:
    """Attributes that act when networks of a layout's rule are read.

    >>> from .layout import Layout
    >>> keys = keys_in_inference(Layout.of(layers=(2, 2)))
    >>> "wire_resistance" in keys, "beta" in keys
    (True, False)
    """
    kept = {key for section, keys in _READ.items() for key in keys if section != "neuron" or layout.rule.currents}
    return kept | set(layout.rule.read_by)


def keys_read_by_any() -> set[str]:
    """Attributes that act when networks of some rule are read."""
    own = {key for rule in RULES.values() for key in rule.read_by}
    return {key for keys in _READ.values() for key in keys} | own


def check_inference(layout: Layout, keys: Iterable[str]) -> None:
    """Refuse keys that cannot change what a trained network answers.

    Raises
    ------
    LayoutError
        With the reason.
    """
    acting = keys_in_inference(layout)
    for key in keys:
        if key not in HOMES:
            raise LayoutError(f"infer: unknown key '{key}'; {nearest(key, acting, 'xbarsim infer --help-all')}")
        if key in acting:
            continue
        section = HOMES[key]
        why = _WHY.get(section, "it acts on updates, and nothing is trained")
        if section == "neuron" and not layout.rule.currents:
            why = f"rule '{layout.pulses.rule}' has neurons of its own"
        name = SECTIONS[section].where(key)
        raise LayoutError(
            f"{name}: expected a key that acts when a network is read, got one that does not: {why}; leave it out"
        )
