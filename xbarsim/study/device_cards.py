"""Devices as a reader meets them: their numbers, where these come from, and trains of pulses that show what they do."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..arrays.drawn import draw_traits, draw_windows, is_scattered, scatter_of
from ..arrays.symmetry import ALIKE, POINT, REPELS, Symmetry, symmetry
from ..base.errors import LayoutError
from ..describe.device_files import presets, read_document
from ..describe.layout import Layout
from ..describe.words import departures
from ..kernels.base import noise
from ..kernels.device import law as kernel
from ..kernels.device import moves
from ..kernels.pair.lasting import LASTING
from . import curves

MOST_PULSES = 5000
"""Longest half of a cycle that is simulated for a picture."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """A device by name.

    Attributes
    ----------
    name : str
    layout : Layout
        A small one; of interest are its device and its variation.
    source : dict
        Section ``[source]`` of the file, as it stands.
    states, states_d : int
        Pulses of the nominal device from Gmin to Gmax, and back.
    """

    name: str
    layout: Layout
    source: dict[str, Any]
    states: int
    states_d: int

    @property
    def on_off(self) -> float:
        """Gmax / Gmin; infinite if Gmin is 0."""
        d = self.layout.device
        return d.g_max / d.g_min if d.g_min else float("inf")

    @property
    def betas(self) -> tuple[float, float] | None:
        """Nonlinearity up and down; None where steps are given as a table or a function."""
        d = self.layout.device
        return (d.beta, d.beta_depression) if d.model in ("exponential", "soft-bounds") else None

    @property
    def symmetry(self) -> Symmetry:
        """Where steps up and down of the nominal device are equal."""
        return symmetry(self.layout.device)

    @property
    def step_there(self) -> float:
        """What a pulse up changes there, S."""
        return float(kernel.step_up(np.float32(self.symmetry.g), self.layout.device.kernel()))

    @property
    def symmetry_in_words(self) -> str:
        """What `symmetry` says, behind the conductance."""
        return {
            POINT: "steps up and down are equal there",
            REPELS: "steps up and down are equal there, and pulses in turn lead away from it",
            ALIKE: "none: steps up and down are equal everywhere, so that a fixed reference is mid-range",
        }.get(self.symmetry.kind, "none: steps up and down are equal nowhere, so that a fixed reference is mid-range")

    @property
    def where(self) -> str:
        """Source in one line."""
        parts = (str(self.source[k]) for k in ("title", "journal", "doi", "where") if k in self.source)
        return "; ".join(parts) or self.layout.device.step or "not stated"

    @property
    def spread(self) -> str:
        """What departs from the nominal device, in words."""
        return departures(self.layout.device, self.layout.variation, self.layout.aging)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; conductances in S."""
        d = self.layout.device
        betas = self.betas or (None, None)
        return {
            "name": self.name,
            "model": d.model,
            "states": self.states,
            "states_d": self.states_d,
            "g_min_S": d.g_min,
            "g_max_S": d.g_max,
            "on_off": self.on_off,
            "beta": betas[0],
            "beta_d": betas[1],
            "symmetry_S": self.symmetry.g if self.symmetry.kind in (POINT, REPELS) else None,
            "symmetry": self.symmetry.kind,
            "spread": self.spread,
            "source": self.source,
        }


def card_of(spec: str) -> Card:
    """The card of a preset, a device file or ``file.py:function``.

    >>> card = card_of("lim2019-beta3")
    >>> card.states, round(card.on_off), card.betas
    (64, 10, (3.0, 3.0))
    """
    layout = Layout.of(layers=(2, 2)).with_device(spec)
    if layout.device.runs_code and ".py:" not in spec:
        raise LayoutError(
            f"{spec}: expected a device whose steps can be shown, got plug-in {layout.device.step}, whose code is not "
            f"run because a file names it; name it yourself: {layout.device.step}"
        )
    file = presets().get(spec) or (Path(spec) if ".py:" not in spec else None)
    source = read_document(file).get("source", {}) if file is not None else {}
    up = len(layout.device.staircase()) - 1
    down = len(curves.pulse_curve(layout.device)[0]) - 1 - up
    return Card(
        name=spec, layout=layout, source=dict(source) if isinstance(source, dict) else {}, states=up, states_d=down
    )


def card_of_layout(layout: Layout, name: str = "") -> Card:
    """The card of a layout's device; its name and source are those of the device that ships and is the same.

    Parameters
    ----------
    layout : Layout
        Whose device is no plug-in: its code is not run for a card.
    name : str
        What it is called where none of those that ship is the same.
    """
    device = layout.device
    found = next((key for key in presets() if _small(key).device == device), None)
    source = read_document(presets()[found]).get("source", {}) if found else {}
    up = len(device.staircase()) - 1
    down = len(curves.pulse_curve(device)[0]) - 1 - up
    return Card(name=found or name, layout=layout, source=dict(source), states=up, states_d=down)


@functools.cache
def _small(preset: str) -> Layout:
    return Layout.of(layers=(2, 2)).with_device(preset)


class Trains(NamedTuple):
    """Pulse trains of several devices; potentiation and depression in turn."""

    g: np.ndarray  # (devices, pulses + 1) float64, S
    up: np.ndarray  # (pulses,) bool: which pulses potentiate


def pulse_trains(card: Card, *, devices: int = 8, cycles: int = 3, seed: int = 0) -> Trains:
    """What some devices, drawn by seed, conduct while they are pulsed from Gmin to Gmax and back, some times.

    Every half of a cycle has as many pulses as the nominal device needs. Steps are those of the kernels that train;
    stuck and worn devices are left out.

    >>> trains = pulse_trains(card_of("lim2019-beta0"), devices=1, cycles=2)
    >>> trains.g.shape, round(float(trains.g.max()), 12)
    ((1, 257), 1e-06)
    """
    d = card.layout.device
    n, m = min(card.states, MOST_PULSES), min(card.states_d, MOST_PULSES)
    up = np.tile(np.repeat([True, False], [n, m]), cycles)
    if not card.layout.variation.windows and not is_scattered(card.layout):
        half = curves.pulse_curve(d)[1].astype(np.float64)
        half = np.concatenate([half[: n + 1], half[card.states + 1 : card.states + 1 + m]])
        g = np.concatenate([half[:1], *[half[1:]] * cycles])
        return Trains(np.tile(g, (devices, 1)), up)
    layout = card.layout.replace(seed=seed)
    s = scatter_of(layout, devices)
    traits = draw_traits(layout, 0, 0, (devices, 1), seed)[:, 0].astype(float)
    window = draw_windows(layout, 0, (devices, 1), seed)
    states = np.zeros((devices, len(up) + 1))
    for k in range(devices):
        ka_p, ka_d, kb_p, kb_d = (float(x) for x in traits[k])
        side = moves.Side(False, 0.0, 1.0, 1.0, ka_p, ka_d, kb_p, kb_d, np.uint64(100 * k), np.uint64(seed))
        x = 0.0
        for pulse, rises in enumerate(up):
            place = np.uint64(pulse)
            if rises:
                x = moves.rise(x, moves.mean_rise(x, ka_p, kb_p, s.law, s.up), side, s.law, s.jump_up, place)
            else:
                x = moves.fall(x, moves.mean_fall(x, ka_d, kb_d, s.law, s.down), side, s.law, s.jump_down, place)
            states[k, pulse + 1] = x
    g = window.x_plus * (d.g_min + states * d.span) + window.y_plus
    if layout.variation.write_noise:
        z = np.empty(states.shape)
        noise.fill_deviates(np.uint64(seed), noise.trait_stream(0, 0, LASTING), 0, z)
        g = np.maximum(g + layout.variation.write_noise * d.span * z, 0.0)
    return Trains(g, up)


class Steps(NamedTuple):
    """Nominal steps over the conductance: (n,) float64 each, S."""

    g: np.ndarray
    up: np.ndarray
    down: np.ndarray
    spread_up: np.ndarray  # standard deviation of one pulse of any device
    spread_down: np.ndarray


def mean_steps(card: Card, n: int = 101) -> Steps:
    """Mean step at `n` conductances, and its standard deviation: cycle to cycle, device to device, and as measured,
    together.
    """
    d, v, k = card.layout.device, card.layout.variation, card.layout.device.kernel()
    g = np.linspace(d.g_min, d.g_max, n)
    sides = []
    for step, table in ((kernel.step_up, d.jump_p), (kernel.step_down, d.jump_d)):
        mean = np.array([step(np.float32(x), k) for x in g])
        parts = [v.c2c * mean, np.full(n, v.c2c_range * d.span)]
        parts += [v.alpha_sigma * mean, v.alpha_common_sigma * mean]
        parts.append(np.full(n, np.sqrt(2.0) * v.write_noise * d.span))  # of two writes
        if table is not None and len(table[0]) > 1:
            q = np.asarray(table, float)
            # Between quantiles the density is even: variance within and between.
            middle = 0.5 * (q[:, 1:] + q[:, :-1])
            own = np.sqrt(middle.var(axis=1) + (np.diff(q, axis=1) ** 2).mean(axis=1) / 12.0)
            parts.append(np.interp(g, np.linspace(d.g_min, d.g_max, len(q)), own))
        sides.append((mean, np.sqrt(sum(p**2 for p in parts))))
    (up, spread_up), (down, spread_down) = sides
    return Steps(g, up, down, spread_up, spread_down)
