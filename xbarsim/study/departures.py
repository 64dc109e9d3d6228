"""What a device has that an ideal one has not, and what each of these is when it is switched off.

The ideal device is linear in both directions, has `STATES` states, and all of its kind are alike, every time. A
departure is switched off by itself: everything else stays as it is, counted in pulses from Gmin to Gmax.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..describe import laws
from ..describe.device import Device
from ..describe.layout import Layout
from ..describe.pulses import REPLAYING
from .curves import pulse_curve

STATES = 250
"""Pulses from Gmin to Gmax of a device whose states are not few: the ideal device of Lim et al. (2019), the most that
the ladder engine numbers, and beyond what an accuracy shows.
"""

_LAWS = ("exponential", "soft-bounds")
_WINDOW = ("g_min_sigma", "g_max_sigma")
_STEPS = ("alpha_sigma", "alpha_common_sigma", "beta_sigma")
_STUCK = ("stuck_at_g_min", "stuck_at_g_max", "stuck_anywhere")


@dataclass(frozen=True)
class Departure:
    """Something that real devices have, and ideal ones have not.

    Attributes
    ----------
    name : str
    off : str
        What the device is without it, in words.
    size : function
        How much of it a layout has, in words; empty: it has none.
    without : function
        The layout without it.
    idle : function
        Why it cannot change an accuracy of this layout; empty: it can.
    """

    name: str
    off: str
    size: Callable[[Layout], str]
    without: Callable[[Layout], Layout]
    idle: Callable[[Layout], str] = lambda _layout: ""


def pulses_of(device: Device) -> tuple[int, int]:
    """Pulses of the nominal device from Gmin to Gmax, and back.

    >>> pulses_of(Device(n_max=64, beta=2.0, n_max_d=40, beta_d=0.0))
    (64, 40)
    """
    up = len(device.staircase()) - 1
    return up, len(pulse_curve(device)[0]) - 1 - up


def _law(layout: Layout, **changed: Any) -> Layout:
    """A layout whose device is given by its pulses and betas, with some of them changed."""
    d = layout.device
    up, down = pulses_of(d)
    return layout.replace(**{"n_max": up, "n_max_d": down, "beta": d.beta, "beta_d": d.beta_depression, **changed})


def _scaled(table: tuple[tuple[float, ...], ...], factors: np.ndarray) -> tuple[tuple[float, ...], ...]:
    """A jump table, each row times its factor."""
    return tuple(tuple(float(x) * float(f) for x in row) for row, f in zip(table, factors, strict=True))


def _beta(key: str) -> tuple[Callable[[Layout], str], Callable[[Layout], Layout]]:
    """Nonlinearity of a direction, by its key: how much there is, and the layout without it."""
    jumps, side = ("jump_p", 0) if key == "beta" else ("jump_d", 1)

    def size(layout: Layout) -> str:
        d = layout.device
        if d.model in _LAWS:
            beta = d.beta if side == 0 else d.beta_depression
            return f"beta {beta:g}" if beta else ""
        if d.model != "table":
            return ""
        means = laws.means(getattr(d, jumps))
        ratio = float(means.max() / means.min())
        return f"steps differ {ratio:.3g}-fold" if ratio > 1.0 + 1e-6 else ""

    def without(layout: Layout) -> Layout:
        d = layout.device
        if d.model in _LAWS:
            return _law(layout, **{key: 0.0})
        table = getattr(d, jumps)
        even: dict[str, Any] = {jumps: _scaled(table, d.span / pulses_of(d)[side] / laws.means(table))}
        return layout.replace(**even)

    return size, without


def _has_states(layout: Layout) -> str:
    up, down = pulses_of(layout.device)
    if layout.device.model == "plugin" or min(up, down) >= STATES:
        return ""
    return f"{up}" if up == down else f"{up} up, {down} down"


def _many_states(layout: Layout) -> Layout:
    d, (up, down) = layout.device, pulses_of(layout.device)
    if d.model in _LAWS:
        return _law(layout, n_max=max(up, STATES), n_max_d=max(down, STATES))
    assert d.jump_p is not None
    assert d.jump_d is not None
    finer = [np.full(len(t), min(1.0, n / STATES)) for t, n in ((d.jump_p, up), (d.jump_d, down))]
    return layout.replace(jump_p=_scaled(d.jump_p, finer[0]), jump_d=_scaled(d.jump_d, finer[1]))


def _variation(*keys: str) -> tuple[Callable[[Layout], str], Callable[[Layout], Layout]]:
    """Keys of the section ``[variation]`` that are 0 when they are off."""

    def size(layout: Layout) -> str:
        values = {key: getattr(layout.variation, key) for key in keys}
        return ", ".join(f"{key} {value:g}" for key, value in values.items() if value)

    return size, lambda layout: layout.replace(**dict.fromkeys(keys, 0.0))


_some_c2c, _no_c2c = _variation("c2c", "c2c_range")


def _scatters(layout: Layout) -> str:
    d = layout.device
    by_law = "steps by quantiles" if d.model == "table" and not d.deterministic else ""
    return ", ".join(filter(None, (_some_c2c(layout), by_law)))


def _steady(layout: Layout) -> Layout:
    d = layout.device
    if d.model == "table":
        assert d.jump_p is not None
        assert d.jump_d is not None
        means: dict[str, Any] = {
            key: tuple((float(x),) for x in laws.means(getattr(d, key))) for key in ("jump_p", "jump_d")
        }
        layout = layout.replace(**means)
    return _no_c2c(layout)


def _on_off(layout: Layout) -> str:
    d = layout.device
    return f"{d.g_max / d.g_min:.3g}" if d.g_min else ""


def _on_off_idle(layout: Layout) -> str:
    if layout.variation.windows or layout.exact_wires:
        return ""
    return "W = G+ - G-, and on ideal wires and devices that conduct alike Gmin drops out of it"


def _no_depression(layout: Layout) -> str:
    if layout.rule.methods and layout.pulses.method in REPLAYING:
        return f"pair method {layout.pulses.method} gives no depression pulse, it resets and replays"
    return ""


def _no_floor(layout: Layout) -> Layout:
    return layout.replace(g_min=0.0, g_max=layout.device.span)


DEPARTURES: tuple[Departure, ...] = (
    Departure("nonlinearity of potentiation", "equal steps, as many pulses", *_beta("beta")),
    Departure("nonlinearity of depression", "equal steps, as many pulses", *_beta("beta_d"), _no_depression),
    Departure("number of states", f"{STATES} pulses each way", _has_states, _many_states),
    Departure("scale from device to device", "sigma 0", *_variation("sigma")),
    Departure("Gmin and Gmax from device to device", "no spread", *_variation(*_WINDOW)),
    Departure("steps from device to device", "no spread of alpha and beta", *_variation(*_STEPS)),
    Departure("cycle-to-cycle noise", "every step is its mean", _scatters, _steady),
    Departure("write noise", "write_noise 0", *_variation("write_noise")),
    Departure("read noise", "device_noise 0", *_variation("device_noise")),
    Departure("stuck devices", "all devices move", *_variation(*_STUCK)),
    Departure("wear", "devices bear any number of pulses", *_variation("endurance")),
    Departure("on/off ratio", "Gmin 0 at the same Gmax - Gmin", _on_off, _no_floor, _on_off_idle),
)
"""All that can be switched off, in the order in which it is."""


def departures_of(layout: Layout) -> list[Departure]:
    """The departures that a layout's devices have, and that can change an accuracy.

    >>> [d.name for d in departures_of(Layout.of(layers=(2, 2), beta=0.0, c2c=0.3))]
    ['number of states', 'cycle-to-cycle noise']
    """
    return [d for d in DEPARTURES if d.size(layout) and not d.idle(layout)]
