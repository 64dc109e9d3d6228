"""The one plan: which kernels compute a layout. `check`, the loop, the trace and the report read it; nobody decides a
second time.

A plan names, for each of the five things that the training loop is compiled for, the kind of tuple that goes in (see
kernels/loop.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..arrays.drawn import is_scattered
from ..base.errors import LayoutError
from ..describe.layout import Layout
from ..describe.run import MAX_BATCH
from ..kernels.pair.counts import PULSE_BITS
from ..kernels.rules.table import RULES

BATCH_KINDS = {"lines": "summed", "deferred": "deferred", "signs": "signs", "products": "products"}
"""Kernels of the batch rules."""


@dataclass(frozen=True)
class Plan:
    """Kinds of tuples that go into the training loop.

    Attributes
    ----------
    rule, array, circuit, batch, lines : str
        See the tables in kernels/rules, kernels/pair, kernels/circuit, kernels/batch and kernels/lines.
    engine : str
        What a user calls the kind of array.
    why : mapping
        For each of them, the reason in the layout.
    """

    rule: str
    array: str
    circuit: str
    batch: str
    lines: str
    engine: str
    why: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def kinds(self) -> dict[str, str]:
        """The five, by name."""
        return {name: getattr(self, name) for name in ("rule", "array", "circuit", "batch", "lines")}


MAP_STAGES = ("slopes_of", "sense_back", "land")
"""What a rule has to give, so that errors are read back from maps (see kernels/rules/table.py)."""


def check_maps(layout: Layout) -> None:
    """Refuse a network with maps if its rule takes errors and has no code to read them back: what the defaults leave in
    memory would be learned from.
    """
    if not layout.network.mapped or len(layout.network.arrays) == 1:
        return
    rule = layout.pulses.rule
    for module in RULES[rule]:
        missing = [name for name in MAP_STAGES if not hasattr(module, name)]
        if missing and hasattr(module, "read_back"):  # of arrays that come one after the other, it learns
            raise LayoutError(
                f"network.layers: expected dense layers with rule '{rule}', got {layout.network.named}: "
                f"{module.__name__} lacks the stage{'s' * (len(missing) > 1)} {', '.join(missing)}, by which errors "
                "come back from maps; write them, or import those of xbarsim.kernels.way.hardware or gradient"
            )


def circuit_plan(layout: Layout) -> tuple[str, str]:
    """Kind of circuit, and why."""
    if layout.exact_wires:
        how = "" if layout.iv.ohmic else ", by Newton's method"
        return "wired", f"wires, drivers or terminals have resistance: reads solve the circuit{how}"
    reasons = [
        text
        for text, given in (
            ("devices are not ohmic", not layout.iv.ohmic),
            ("drivers or sense circuits are not ideal", not layout.sense.ideal),
            ("the range of reads is managed", layout.sense.managed and layout.real_circuits),
            ("devices are noisy", layout.variation.device_noise > 0.0),
            ("the pulse lines count the power of reads", layout.gates.active),
        )
        if given
    ]
    return ("sensed", "; ".join(reasons)) if reasons else ("ideal", "nothing stands between a voltage and a current")


def lines_plan(layout: Layout) -> tuple[str, str]:
    """Kind of pulse lines, and why."""
    if layout.gates.disturb:
        return "disturbing", "half-selected devices move"
    if layout.gates.account:
        return "gates", "energies and half-selects are kept"
    return "silent", "nobody looks at half-selected devices"


def batch_plan(layout: Layout) -> tuple[str, str]:
    """Kind of batch, and why."""
    rule = layout.pulses.batch_rule
    if layout.run.batch == 1:
        if not layout.network.mapped:
            return "online", "one sample per update"
        rule = layout.pulses.position_rule
        return BATCH_KINDS[rule], f"positions of a sample at which an array is read, position rule '{rule}'"
    return BATCH_KINDS[rule], f"{layout.run.batch} samples per update, batch rule '{rule}'"


_LADDER_PULSES = 255
"""Most steps of a device whose pairs the ladder engine can number."""

_LADDER_ROWS = 4095
"""Most rows of an array whose pulses fit the ladder engine's packed counts."""


def ladder_obstacle(layout: Layout) -> str | None:
    """Why the ladder engine, which numbers the steps of a pair and looks updates up, cannot run a layout."""
    if layout.fixed_reference:
        return "method fixed, whose depression pulses leave the staircase"
    if layout.pulses.method == "c":
        return "method c, whose depression pulses leave the staircase"
    if layout.gates.disturb:
        return "half-select disturb, which leaves the staircase"
    if layout.pulses.method == "a" and layout.variation.windows:
        return "method a on devices with variation, where a replay depends on both scales"
    if is_scattered(layout):
        return (
            "devices that leave the common staircase "
            "(steps that scatter, own alpha or beta, stuck, worn out, a plug-in)"
        )
    updates = layout.run.batch * max(a.positions for a in layout.network.arrays)
    if updates > MAX_BATCH:
        return f"{updates:,} updates of a pair in an iteration"
    n = len(layout.device.staircase()) - 1
    if n > _LADDER_PULSES:
        return f"a device with {n} steps (at most {_LADDER_PULSES})"
    rows = max(a.inputs for a in layout.network.arrays) + 1
    if rows > _LADDER_ROWS or rows * (n + 2) >= 1 << PULSE_BITS:
        return f"an array of {rows} rows"
    return None


def device_plan(layout: Layout, obstacle: str | None = None) -> tuple[str, str, str]:
    """Engine, kind of array of pairs of devices, and why.

    Parameters
    ----------
    layout : Layout
    obstacle : str, optional
        Why the rule cannot run on the ladder engine, if it cannot.
    """
    obstacle = obstacle or ladder_obstacle(layout)
    if layout.run.engine == "ladder" and obstacle:
        raise LayoutError(
            f"run.engine: expected a layout the ladder engine can run, got {obstacle}; choose 'auto' or 'analog'"
        )
    if not obstacle and layout.run.engine != "analog":
        if layout.variation.windows:
            return (
                "ladder",
                "varied",
                "steps of a pair are table look-ups, devices conduct multiples of the nominal conductance",
            )
        return "ladder", "ladder", "steps of a pair are table look-ups"
    if layout.fixed_reference:
        kind = "single scattered" if is_scattered(layout) else "single"
        return "analog", kind, "one device of each pair is pulsed, beside a fixed reference"
    if is_scattered(layout):
        return "analog", "scattered", "a pulse acts otherwise on another device, or another time"
    return "analog", "analog", f"every conductance a float, every pulse computed: {obstacle or 'as asked for'}"
