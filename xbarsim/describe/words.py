"""A layout in words: what was run, in a line, as titles of pictures and summaries say it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.shown import Rows, written
from .fields import keys_of
from .sections import HOMES, KEYS, RULE_SECTIONS, SECTIONS

if TYPE_CHECKING:
    from .aging import Aging
    from .device import Device
    from .layout import Layout
    from .variation import Variation


def in_words(
    layout: Layout,
    *,
    dataset: str = "",
    iterations: int | None = None,
    seeds: int | None = None,
    rule: bool = True,
    device: bool = True,
    named: str = "",
) -> str:
    """What a layout runs, in one line: sizes, rule, device, departures from it, circuit, data and seed.

    Parameters
    ----------
    layout : Layout
    dataset : str
        Name of the data that were really used; by default none is said.
    iterations : int, optional
        Updates that were done.
    seeds : int, optional
        How many seeds there were; by default the layout's seed is said.
    rule, device : bool
        Whether these are said: not where the picture shows several.
    named : str
        Name that the device was called by.

    Examples
    --------
    >>> from xbarsim import Layout
    >>> in_words(Layout.of(layers=(784, 10), beta=2.0, beta_d=1.0, c2c=0.1), dataset="mnist")
    '784-10, rule sign (method b), exponential device, beta 2 up, 1 down, 64 pulses up and down, noise and spread: \
c2c of a step 10 %, mnist, seed 0'
    """
    done = "" if iterations is None else f"{iterations:,} iterations"
    which = f"seed {layout.run.seed}" if seeds is None else f"{seeds} seeds" if seeds > 1 else "one seed"
    batch = f"batch {layout.run.batch} ({layout.pulses.batch_rule})" if layout.run.batch > 1 else ""
    parts = [layout.network.named, rule_in_words(layout) if rule else ""]
    if layout.rule.has_devices(layout) and device:
        called = f"{Path(named).name}: " if named else ""
        parts += [
            f"{called}{device_in_words(layout.device)}",
            spread_in_words(layout.device, layout.variation, layout.aging),
            reference_in_words(layout),
        ]
    circuit = circuit_in_words(layout)
    parts += ["" if circuit == "ideal" else circuit, batch, dataset, done, which]
    return ", ".join(part for part in parts if part)


def reference_in_words(layout: Layout) -> str:
    """What is particular about fixed references, as a part of a title."""
    if not layout.fixed_reference:
        return ""
    array, parts = layout.array, []
    if array.reference == "conductance":
        g = array.reference_g
        parts.append("references mid-range" if g is None else f"references at {g:.4g} S")
    elif array.reference != "middle":
        parts.append(f"references by {array.reference}")
    if array.reference_sigma:
        parts.append(f"references spread by {100 * array.reference_sigma:.3g} %")
    return ", ".join(parts)


def rule_in_words(layout: Layout) -> str:
    """The learning rule, and what of it a layout chooses: ``rule sign (method b)``."""
    variant = layout.rule.variant(layout)
    return f"rule {layout.rule.name}" + (f" ({variant})" if variant else "")


def device_in_words(device: Device) -> str:
    """The law of the steps, with both nonlinearities and the pulses from end to end.

    >>> from xbarsim import Device
    >>> device_in_words(Device(model="soft-bounds", n_max=64, n_max_d=32, beta=2.0))
    'soft-bounds device, beta 2 up and down, 64 pulses up, 32 down'
    """
    if device.model == "plugin":
        return f"plug-in device {Path(str(device.step)).name}"
    if device.model == "table":
        return f"device by tables of {len(device.jump_p or ())} and {len(device.jump_d or ())} measured steps"
    length = (
        _both(f"{device.n_max} pulses", f"{device.n_max if device.n_max_d is None else device.n_max_d} pulses")
        if device.alpha is None and device.alpha_d is None
        else f"alpha {_both(f'{device.alpha_p:.3g} S', f'{device.alpha_depression:.3g} S')}"
    )
    return f"{device.model} device, beta {_both(f'{device.beta:.4g}', f'{device.beta_depression:.4g}')}, {length}"


def _both(up: str, down: str) -> str:
    """What holds up and down; a unit that both have is said once."""
    if up == down:
        return f"{up} up and down"
    return f"{up} up, {down.removesuffix(' pulses')} down"


def spread_in_words(device: Device, variation: Variation, aging: Aging | None = None) -> str:
    """What departs from the nominal device, as a part of a title."""
    found = departures(device, variation, aging)
    return "no noise or spread" if found == "none" else f"noise and spread: {found}"


def departures(device: Device, variation: Variation, aging: Aging | None = None) -> str:
    """What departs from the nominal device; ``none``."""
    v = variation
    named = (
        ("scale", v.sigma),
        ("steps", v.alpha_sigma),
        ("steps of both directions alike", v.alpha_common_sigma),
        ("beta", v.beta_sigma),
        ("Gmin", v.g_min_sigma),
        ("Gmax", v.g_max_sigma),
        ("c2c of a step", v.c2c),
        ("c2c of the range", v.c2c_range),
        ("writes of the range", v.write_noise),
        ("reads of the range", v.device_noise),
        ("stuck", v.stuck),
    )
    parts = [f"{name} {100 * value:.3g} %" for name, value in named if value]
    if device.model == "table" and not device.deterministic:
        parts.append("steps by quantiles")
    if v.kept_steps:
        parts.append("steps kept in any window")
    if v.endurance:
        parts.append(f"worn out after {v.endurance:g} pulses")
    if (v.drift or v.drift_sigma) and not (aging is not None and aging.by_state):
        parts.append(f"drift nu {v.drift:g}" + (f" with sigma {v.drift_sigma:g}" if v.drift_sigma else ""))
    if v.relax_time:
        parts.append(f"relaxes in {v.relax_time:g} s")
    if aging is not None and aging.errs:
        parts.append("written with an error")
    if aging is not None and aging.by_state:
        parts.append("drift by state")
    if aging is not None and aging.flicker:
        parts.append("1/f noise")
    return ", ".join(parts) or "none"


def circuit_in_words(layout: Layout) -> str:
    """What of a layout's circuits is real; ``ideal``."""
    w, parts = layout.wires, []
    if layout.exact_wires:
        tiles = (
            ""
            if not (w.tile_rows or w.tile_columns)
            else f", tiles of {w.tile_rows or 'all'} x {w.tile_columns or 'all'} lines"
        )
        parts.append(
            f"wires of {w.wire_resistance:g} Ohm per segment, drivers {w.driver_resistance:g} Ohm, sense terminals "
            f"{w.sense_resistance:g} Ohm{tiles}"
        )
    if not layout.iv.ohmic:
        parts.append(f"devices with I-V '{layout.iv.iv}'")
    if not layout.sense.ideal:
        parts.append("drivers and sense circuits of [sense]")
    if layout.gates.disturb:
        parts.append("half-select disturb")
    return "; ".join(parts) or "ideal"


def changes(layout: Layout, derived: Collection[str] = ()) -> dict[str, dict[str, object]]:
    """Values that differ from the defaults, by section and TOML key; the layers are always among them, and what is
    `derived` never is.

    >>> from xbarsim import Layout
    >>> changes(Layout.of(layers=(4, 2), g_max=2e-6))
    {'network': {'layers': (4, 2)}, 'device': {'g_max_S': 2e-06}}
    """
    plain = type(layout).of(layers=layout.network.layers)
    found: dict[str, dict[str, object]] = {}
    for name, what in SECTIONS.items():
        mine, usual = getattr(layout, name), getattr(plain, name)
        values = {
            key.toml(attribute): getattr(mine, attribute)
            for attribute, key in keys_of(what).items()
            if attribute == "layers"
            or (attribute not in derived and getattr(mine, attribute) != getattr(usual, attribute))
        }
        if values:
            found[name] = values
    return found


def values_in(layout: Layout, names: Collection[str]) -> dict[str, dict[str, object]]:
    """Values of some attributes, by section and TOML key.

    >>> from xbarsim import Layout
    >>> values_in(Layout.of(layers=(4, 2), v_read=0.2), ["v_read"])
    {'array': {'v_read_V': 0.2}}
    """
    found: dict[str, dict[str, object]] = {}
    for name in names:
        found.setdefault(HOMES[name], {})[KEYS[name].toml(name)] = getattr(getattr(layout, HOMES[name]), name)
    return found


def layout_in_short(layout: Layout) -> str:
    """What differs from the defaults, as Python would make it: ``Layout.of(layers=(784, 10), beta=2)``."""
    names = {KEYS[name].toml(name): name for name in HOMES}
    values = {names[key]: value for table in changes(layout).values() for key, value in table.items()}
    return f"Layout.of({', '.join(f'{name}={written(value)}' for name, value in values.items())})"


def layout_rows(layout: Layout) -> Rows:
    """What it runs, and what differs from the defaults."""
    rows = [(key, written(value)) for table in changes(layout).values() for key, value in table.items()]
    return "Layout", [("run", in_words(layout)), *rows]


_OF_DEVICES = ("device", "array", "wires", "iv", "variation", "aging", "sense", "gates")


def sections_that_apply(layout: Layout) -> list[str]:
    """The sections whose keys do something in a layout: without those of other rules, or of devices that it lacks.

    >>> from xbarsim import Layout
    >>> sections_that_apply(Layout.of(layers=(4, 2)))
    ['network', 'device', 'array', 'wires', 'iv', 'variation', 'aging', 'neuron', 'sense', 'pulses', 'gates', 'run']
    """
    own = [s.section for s in layout.rule.sections]
    idle = () if layout.rule.has_devices(layout) else _OF_DEVICES
    return [name for name in SECTIONS if name not in idle and (name in own or name not in RULE_SECTIONS)]
