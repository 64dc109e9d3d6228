"""The axes along which layouts differ, what a layout uses of each, and the check of what is refused.

The covering array of the tests, the refusals of rules and devices, and the table of what goes together come from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..base.errors import LayoutError
from .laws import MODELS
from .maps import MEAN
from .pulses import BATCHES
from .refusals import Refusal
from .rules.table import RULES
from .run import ENGINES

if TYPE_CHECKING:
    from .layout import Layout

Test = Callable[["Layout"], bool]


@dataclass(frozen=True)
class Member:
    """One choice on an axis.

    Attributes
    ----------
    text : str
        What it is, in one line.
    used : function
        Whether a layout uses it.
    example : mapping
        Values that make a layout use it, and no other member of the axis.
    where : str
        Key that an error about it names, if it is not that of the axis.
    got : function, optional
        What the layout has there, if it is not what the axis says.
    """

    text: str
    used: Test
    example: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""
    got: Callable[[Layout], str] | None = None


@dataclass(frozen=True)
class Axis:
    """Something a layout can differ in.

    Attributes
    ----------
    title : str
        For tables.
    where : str
        Key that an error names.
    plain : str
        What a layout is that uses no member.
    members : mapping of Member
        By name; several may be used at once.
    got : function
        What a layout has there, for errors.
    of_devices : bool
        Whether there is nothing to choose for a rule without devices.
    """

    title: str
    where: str
    plain: str
    members: Mapping[str, Member]
    got: Callable[[Layout], str] = lambda _layout: "some"
    of_devices: bool = True


def _rule(name: str) -> Test:
    return lambda layout: layout.pulses.rule == name


def _engine(name: str) -> Test:
    return lambda layout: layout.run.engine == name


def _model(name: str) -> Test:
    return lambda layout: layout.device.model == name


def _batch(name: str) -> Test:
    return lambda layout: layout.run.batch > 1 and layout.pulses.batch_rule == name


def _has_mean(layout: Layout) -> bool:
    return any(pool.kind == MEAN for array in layout.network.arrays for pool in array.pools)


_TABLE = {"model": "table", "jump_p": ((2e-7,), (1e-7,)), "jump_d": ((1e-7,), (2e-7,))}
_SCATTERED = {**_TABLE, "jump_p": ((1e-7, 3e-7), (5e-8, 1e-7)), "jump_d": ((5e-8, 1e-7), (1e-7, 3e-7))}
_MODELS: dict[str, dict[str, Any]] = {"table": _TABLE}

AXES: dict[str, Axis] = {
    "rule": Axis(
        "Rule",
        "pulses.rule",
        "",
        {name: Member(rule.text, _rule(name), {"rule": name}) for name, rule in RULES.items()},
        lambda layout: layout.pulses.rule,
    ),
    "engine": Axis(
        "Engine",
        "run.engine",
        ENGINES["auto"],
        {n: Member(text, _engine(n), {"engine": n}) for n, text in ENGINES.items() if n != "auto"},
        lambda layout: layout.run.engine,
    ),
    "device": Axis(
        "Device",
        "device",
        "",
        {
            **{n: Member(t, _model(n), _MODELS.get(n, {"model": n})) for n, t in MODELS.items()},
            "scattered": Member(
                "steps that scatter by themselves: a plug-in, or a table with several quantiles",
                lambda layout: not layout.device.deterministic,
                _SCATTERED,
            ),
        },
        lambda layout: layout.device.model,
    ),
    "variation": Axis(
        "Departures from the nominal device",
        "variation",
        "all devices nominal",
        {
            "windows": Member(
                "conductances differ from device to device (sigma, g_min_sigma, g_max_sigma)",
                lambda layout: layout.variation.windows,
                {"sigma": 0.3},
            ),
            "law": Member(
                "steps differ from device to device (alpha_sigma, alpha_common_sigma, beta_sigma; window_steps kept)",
                lambda layout: layout.variation.laws,
                {"alpha_sigma": 0.3},
            ),
            "c2c": Member(
                "steps differ from cycle to cycle (c2c, c2c_range)",
                lambda layout: bool(layout.variation.c2c or layout.variation.c2c_range),
                {"c2c": 0.3},
                "variation.c2c",
                lambda layout: f"{layout.variation.c2c or layout.variation.c2c_range:g}",
            ),
            "writes": Member(
                "conductances differ from write to write, and stay so until the next (write_noise)",
                lambda layout: layout.variation.write_noise > 0.0,
                {"write_noise": 0.05},
            ),
            "noise": Member(
                "conductances differ from read to read (device_noise)",
                lambda layout: layout.variation.device_noise > 0.0,
                {"device_noise": 0.05},
            ),
            "stuck": Member(
                "devices that never move (stuck_at_g_min, stuck_at_g_max, stuck_anywhere)",
                lambda layout: layout.variation.stuck > 0.0,
                {"stuck_anywhere": 0.1},
            ),
            "endurance": Member(
                "devices that wear out (endurance)",
                lambda layout: layout.variation.endurance > 0.0,
                {"endurance": 20.0},
                "variation.endurance",
                lambda layout: str(layout.variation.endurance),
            ),
            "aging": Member(
                "conductances that are written with an error, drift or relax after training (write_error, drift, "
                "relax_time)",
                lambda layout: bool(
                    layout.variation.drift
                    or layout.variation.drift_sigma
                    or layout.variation.relax_time
                    or layout.aging.any
                ),
                {"drift": 0.05},
            ),
        },
    ),
    "wires": Axis(
        "Wires",
        "wires",
        "ideal",
        {
            "resistance": Member(
                "resistances of wires, drivers or sense circuits",
                lambda layout: not layout.wires.ideal,
                {"wire_resistance": 2.0},
            ),
            "exact": Member(
                "reads solved as a circuit without being told any resistance",
                lambda layout: layout.array.circuit == "exact",
                {"circuit": "exact"},
                "array.circuit",
                lambda layout: layout.array.circuit,
            ),
        },
    ),
    "iv": Axis(
        "I-V of devices in reads",
        "iv.iv",
        "ohmic",
        {
            "curve": Member(
                "a hyperbolic sine, or a table of points (iv, iv_scale, iv_points)",
                lambda layout: not layout.iv.ohmic,
                {"iv": "sinh", "iv_scale": 0.05},
            ),
        },
        lambda layout: layout.iv.iv,
    ),
    "sense": Axis(
        "Sense circuits",
        "sense",
        "ideal",
        {
            "offsets": Member(
                "gain and offset differ from circuit to circuit (gain_sigma, offset_sigma)",
                lambda layout: bool(layout.sense.gain_sigma or layout.sense.offset_sigma),
                {"gain_sigma": 0.1, "offset_sigma": 0.1},
            ),
            "noise": Member(
                "noise of every read (read_noise)",
                lambda layout: layout.sense.read_noise > 0.0,
                {"read_noise": 0.1},
            ),
            "range": Member(
                "a range, with or without bits (sense_range, sense_ranges, sense_bits)",
                lambda layout: bool(layout.sense.sense_range or layout.sense.sense_ranges),
                {"sense_range": 10.0, "sense_bits": 6},
            ),
            "drivers": Member(
                "drivers with few voltages (driver_bits)",
                lambda layout: layout.sense.driver_bits > 0 and layout.sense.drive == "amplitude",
                {"driver_bits": 4},
            ),
            "pulses": Member(
                "inputs bit by bit (drive)",
                lambda layout: layout.sense.drive == "pulses",
                {"drive": "pulses", "driver_bits": 3},
                "sense.drive",
                lambda layout: layout.sense.drive,
            ),
            "managed": Member(
                "the range of reads is managed (noise_management, bound_management)",
                lambda layout: layout.sense.managed,
                {"noise_management": "both", "bound_management": "both"},
                "sense.noise_management",
                lambda layout: layout.sense.noise_management,
            ),
        },
    ),
    "batch": Axis(
        "Mini-batches",
        "run.batch",
        "an update after every sample",
        {name: Member(text, _batch(name), {"batch": 3, "batch_rule": name}) for name, text in BATCHES.items()},
        lambda layout: str(layout.run.batch),
        of_devices=False,
    ),
    "lines": Axis(
        "Pulse lines",
        "gates",
        "not followed",
        {
            "account": Member(
                "energies, latency and half-selects are counted (account)",
                lambda layout: layout.gates.account,
                {"account": True},
            ),
            "half-select": Member(
                "half-selected devices move (half_select_step, half_select_probability)",
                lambda layout: layout.gates.disturb,
                {"half_select_step": 0.01},
            ),
        },
    ),
    "layers": Axis(
        "Layers",
        "network.layers",
        "dense",
        {
            "convolution": Member(
                "kernels that are read at many positions (`conv2x3`), and pools that take the largest (`pool2`)",
                lambda layout: layout.network.mapped and not _has_mean(layout),
                {"layers": ("2x3x1", "conv1x2x3", "pool2", 3)},
            ),
            "mean-pool": Member(
                "pools that take the mean (`mean2`)",
                lambda layout: _has_mean(layout),
                {"layers": ("2x3x1", "conv1x2x3", "mean2", 3)},
            ),
        },
        lambda layout: layout.network.named,
        of_devices=False,
    ),
}


def members_of(layout: Layout) -> dict[str, tuple[str, ...]]:
    """Members of each axis that a layout uses."""
    return {name: tuple(member for member, m in axis.members.items() if m.used(layout)) for name, axis in AXES.items()}


def check(layout: Layout, refusals: Iterable[Refusal]) -> None:
    """Raise the first refusal that a layout meets."""
    for refusal in refusals:
        axis = AXES[refusal.axis]
        used = [m for n, m in axis.members.items() if n in (refusal.members or axis.members) and m.used(layout)]
        if not used or not refusal.holds(layout):
            continue
        # A whole axis is refused in its own name, a member in its.
        where = (refusal.members and used[0].where) or axis.where
        got = ((refusal.members and used[0].got) or axis.got)(layout)
        given = refusal.given.format(layout=layout) or f"rule '{layout.pulses.rule}'"
        reason = f", {refusal.reason}" if refusal.reason else ""
        if refusal.expected.startswith("'"):  # names are quoted on both sides
            got = f"'{got}'"
        raise LayoutError(f"{where}: expected {refusal.expected} with {given}{reason}, got {got}; {refusal.advice}")
