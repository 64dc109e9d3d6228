"""What a page says of a layout: its keys, and the card of its device."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from typing import Any

from ..describe.fields import keys_of
from ..describe.idle import idle, idle_lines
from ..describe.layout import Layout
from ..describe.oddities import oddities
from ..describe.sections import SECTIONS
from ..describe.words import departures, device_in_words, sections_that_apply
from ..show.figures_report import device_figures
from ..show.report import siemens
from ..show.views_devices import symmetry_words
from ..show.views_layout import line_of
from ..study.device_cards import Card, card_of_layout
from .blocks import Block, Pairs, Pictures, Setting, Settings, Words
from .cells import short
from .drawing import drawn

_FEW = 12
"""Numbers of a key that are listed."""


def configuration(layout: Layout, follows: Collection[str] = ()) -> list[Block]:
    """What is not as by default, what followed by itself, and every key that applies.

    Parameters
    ----------
    layout : Layout
    follows : collection of str
        Keys whose values followed from the network, the device and the training images.
    """
    plain = type(layout).of(layers=layout.network.layers)
    sections: dict[str, list[Setting]] = {}
    for name in sections_that_apply(layout):
        mine, usual = getattr(layout, name), getattr(plain, name)
        for attribute, key in keys_of(SECTIONS[name]).items():
            value, by_default = getattr(mine, attribute), getattr(usual, attribute)
            changed = attribute == "layers" or value != by_default
            mark = "followed" if attribute in follows else "changed" if changed else ""
            told = "" if attribute == "layers" else _value(key.toml(attribute), by_default)
            setting = Setting(key.toml(attribute), _value(key.toml(attribute), value), told, key.help, mark)
            sections.setdefault(name, []).append(setting)

    def those(mark: str) -> list[tuple[str, list[Setting]]]:
        found = {name: [s for s in all_ if s.mark == mark] for name, all_ in sections.items()}
        return [(name, some) for name, some in found.items() if some]

    blocks: list[Block] = [Settings(those("changed"), "What is not as by default")]
    if those("followed"):
        blocks.append(Settings(those("followed"), "What followed from the network, the device and the training images"))
    return [*blocks, Settings([*sections.items()], "Every key that does something in this run", folded=True)]


def _value(key: str, value: object) -> str:
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return f"{len(value)} x {len(value[0])} numbers"
    if isinstance(value, tuple) and len(value) > _FEW:
        numbers = [x for x in value if isinstance(x, (int, float))]
        between = f", {min(numbers):.4g} to {max(numbers):.4g}" if len(numbers) == len(value) else ""
        return f"{len(value)} numbers{between}"
    return short(line_of(key, value).partition(" = ")[2]) or "not set"


def said_by(layout: Layout, follows: Collection[str] = ()) -> list[str]:
    """What is odd about a layout, and what does nothing in it."""
    found = {name: need for name, need in idle(layout).items() if name not in follows}
    return [*idle_lines(found), *oddities(layout)]


def device_of(layout: Layout, *, named: str = "") -> list[Block]:
    """The card of a layout's device: numbers, source if it ships, and what pulses do to it; nothing without devices."""
    if not layout.rule.has_devices(layout):
        return []
    device = layout.device
    if device.runs_code:
        rows = [("device", device_in_words(device)), ("code", f"{device.step}, SHA-256 {device.step_sha256}")]
        rows.append(("spread", departures(device, layout.variation, layout.aging)))
        return [Pairs(rows), Words("What its pulses do follows from that code, which is not run for a report.")]
    card = card_of_layout(layout, named)
    return [Pairs(numbers_of(card)), *source_of(card.source), pictures_of(card)]


def numbers_of(card: Card) -> list[tuple[str, str]]:
    """What a device is, in numbers."""
    device = card.layout.device
    called = [("ships as" if card.source else "name", card.name)] if card.name else []
    states = f"{card.states:,}" if card.states == card.states_d else f"{card.states:,} up, {card.states_d:,} down"
    return [
        *called,
        ("device", device_in_words(device)),
        ("conductance", f"{siemens(device.g_min)} to {siemens(device.g_max)}, on/off {card.on_off:.3g}"),
        ("pulses from end to end", states),
        ("symmetry point", symmetry_words(card)),
        ("first step", f"{siemens(device.alpha_p)} up from Gmin, {siemens(device.alpha_depression)} down from Gmax"),
        ("spread", card.spread),
    ]


def source_of(source: Mapping[str, Any]) -> list[Block]:
    """Where a device's numbers come from, if that is known."""
    rows = [(short(key.replace("_", " "), 60), short(value, 2000)) for key, value in source.items()]
    return [Pairs(rows, "Where its numbers come from")] if rows else []


def pictures_of(card: Card) -> Pictures:
    """What pulses do to some devices, and the step against the conductance."""
    left, right = device_figures(card)
    return Pictures([drawn(left, "Cycles of pulses", points=-1), drawn(right, "Step against conductance", points=-1)])


def layout_in(text: object) -> Layout | None:
    """The layout that a text of TOML is, if it is one; code that it names is only named."""
    if not isinstance(text, str):
        return None
    try:
        tomllib.loads(text)
        return Layout.from_toml_text(text, recorded=True)
    except (ValueError, RecursionError):
        return None
