"""The section ``[array]`` of a layout: electrodes, bias row, read voltage and initial states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..base.errors import LayoutError
from .fields import Description, choice, flag, integer, number, numbers
from .needs import DEVICES, REFERENCE, SIGNS, Need, value

if TYPE_CHECKING:
    from .layout import Layout

CIRCUITS = {
    "auto": "exact if anything has resistance, else ideal",
    "ideal": "wires without resistance",
    "exact": "the nodal solution of the array with its wires",
}
"""What the wires do to a read: kernels/circuit/read.py, kernels/circuit/wires.py."""

ROUTINGS = {
    "split-both": "D+, D-, S+, S-: the general case",
    "split-source": "one D line per row; S+ and S-; bipolar voltages in the backward read",
    "split-drain": "D+ and D-, bipolar voltages in the forward read; one S line per column",
}
"""Which electrodes of a pair are split: arrays/crossbar.py."""

REFERENCES = {
    "middle": "the nominal device's symmetry point, where steps up and down are equal; without one, mid-range",
    "symmetry": "each pair's own symmetry point, found by pulses up and down in turn on G+",
    "exact": "the same, as pulses without noise from cycle to cycle find it",
    "conductance": "all conduct the same, whatever their devices are like: `reference_g_S`, mid-range by default",
}
"""What a fixed reference is programmed to: arrays/references.py."""

_MID_RANGE = dict.fromkeys(("mid-range", "midpoint"), "conductance")
"""Words that resemble `middle`, which is another conductance where steps up and down differ."""

SEARCHED = ("symmetry", "exact")
"""Those for which pulses look."""

_NO_STEPS = Need("no initial_steps beside it", lambda layout: layout.array.initial_steps is None)


@dataclass(frozen=True, kw_only=True)
class Array(Description):
    """The crossbar: electrodes, bias row, read voltage and the states it starts from."""

    section = "array"
    panel = "Network"

    routing: str = choice(
        "split-both",
        ROUTINGS,
        help="split-both, split-source or split-drain.",
        comment='D+, D-, S+, S-; or "split-source", "split-drain" with bipolar voltages',
        doc="Which electrodes are split into + and -.",
        needs=(DEVICES,),
    )
    bias: bool = flag(
        True,
        help="One more row per layer, driven at the full read voltage.",
        flag=False,
    )
    v_read: float = number(
        0.1,
        unit="V",
        least=1e-6,
        most=1e6,
        help="Voltage of a full input, V.",
        comment="voltage of a full input",
        calibrated=True,
        needs=(DEVICES,),
    )
    initial_steps: int | tuple[int, ...] | None = numbers(
        kind="integers",
        least=0,
        help="Devices start 0..N pulses above Gmin; one N, or one per array.",
        comment="devices start 0 to so many pulses above g_min, uniformly, in every array; a list has one for each; "
        "left out, it follows: the whole range in inner arrays, less in that of the inputs",
        doc="Devices start up to so many pulses above Gmin, uniformly: in every array, or a list with one for each; "
        'more than n_max counts as n_max. With `method = "fixed"` G+ starts so many pulses above or below the '
        "reference, or fewer, uniformly, but not beyond a rail.",
        example=8,
        derived=True,
        needs=(DEVICES, SIGNS),
    )
    initial_fan_in: float | None = number(
        None,
        least=0.0,
        most=1e9,
        help="Instead: arrays of up to N inputs start in the whole range, wider ones in N/inputs.",
        comment="instead: 0 .. n_max * min(1, 100 / inputs) pulses above g_min",
        doc="Instead: devices start anywhere on their staircase, uniformly, in arrays of at most so many inputs; in "
        "wider ones on its lowest part, smaller in proportion: up to `n_max * initial_fan_in / inputs` pulses.",
        instead_of="initial_steps",
        example=100.0,
        needs=(DEVICES, SIGNS, _NO_STEPS),
    )
    reference: str = choice(
        "middle",
        REFERENCES,
        meant=_MID_RANGE,
        help="With --method fixed: middle, symmetry, exact or conductance.",
        comment='with method "fixed": G- is at the nominal symmetry point; "symmetry", "exact": at each pair\'s own; '
        '"conductance": at one that is given',
        doc="What the fixed device of each pair is programmed to before training. A state that is outside of the range "
        "of a device is clipped to it. Noise from cycle to cycle moves a device about its symmetry point, which is an "
        "error of a reference that was found by pulses; `exact` is found without `c2c` and `c2c_range`.",
        calibrated=True,
        needs=(DEVICES, REFERENCE),
    )
    reference_g: float | None = number(
        None,
        unit="S",
        least=0.0,
        most=1e6,
        help="With --reference conductance: what references conduct, S.",
        comment='what references conduct with reference = "conductance"; left out, (g_min + g_max) / 2',
        doc="What all references conduct, and G+ where W is 0, whatever the windows of their devices are: from Gmin to "
        "Gmax; left out, the middle of that. Steps up and down need not be equal there.",
        example=5.5e-7,
        needs=(
            DEVICES,
            REFERENCE,
            value("reference = 'conductance'", "array", "reference", lambda x: x == "conductance"),
        ),
    )
    zero_shift_pulses: int = integer(
        1000,
        least=1,
        most=1_000_000,
        help="With --reference symmetry, exact: pulses up and down in turn that find it.",
        comment="pulses up and down in turn on G+ that find the symmetry point, not counted",
        doc="Pulses, up and down in turn, that lead each G+ to its symmetry point, with its own steps, spread and "
        "noise. They come before training, as initial states do, and are neither counted nor do they wear a device.",
        calibrated=True,
        needs=(
            DEVICES,
            REFERENCE,
            value("reference = 'symmetry' or 'exact'", "array", "reference", lambda x: x in SEARCHED),
        ),
    )
    reference_sigma: float = number(
        0.0,
        least=0.0,
        most=100.0,
        help="With --method fixed: spread of the references, in units of (Gmax - Gmin) / 2.",
        comment="standard deviation of the references around that, in units of (g_max - g_min) / 2",
        doc="Standard deviation of what the references are programmed to around what `reference` says, in units of the "
        "largest weight, (Gmax - Gmin) / 2: sigma_r of Rasch et al., Nat. Commun. 15, 7133 (2024).",
        needs=(DEVICES, REFERENCE),
    )
    circuit: str = choice(
        "auto",
        CIRCUITS,
        help="auto, ideal or exact.",
        comment='"exact" if anything in [wires] has resistance, else "ideal"',
        doc="What the wires do to a read; their resistances stand in `[wires]`.",
        panel="Circuit",
        needs=(DEVICES,),
    )

    def initial_range(self, layer: int, inputs: int, n_max: int) -> int:
        """Most pulses above Gmin that a device of array `layer` (0 is the first) starts with."""
        steps = self.initial_steps
        if steps is not None:
            return min(steps[layer] if isinstance(steps, tuple) else steps, n_max)
        assert self.initial_fan_in is not None, "defaults.settle comes first"
        return round(n_max * min(1.0, self.initial_fan_in / inputs))


def check_reference(layout: Layout) -> None:
    """Check that a conductance of references is one of the device."""
    array, d = layout.array, layout.device
    if array.reference_g is None or array.reference != "conductance" or not layout.fixed_reference:
        return
    if not d.g_min <= array.reference_g <= d.g_max:
        raise LayoutError(
            f"{array.where('reference_g')}: expected a conductance of the device, {d.g_min:g} to {d.g_max:g} S, got "
            f"{array.reference_g:g} S; leave it out for the middle of that"
        )
