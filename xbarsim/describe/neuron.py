"""The section ``[neuron]`` of a layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..base.errors import LayoutError
from .fields import Description, keys_of, number, numbers
from .needs import CURRENTS, HIDDEN, INNER, value

_NO_CURRENT = value("no c_current_A beside it", "neuron", "c_current", lambda current: current is None)


@dataclass(frozen=True, kw_only=True)
class Neuron(Description):
    """Neurons, in units of (Gmax - Gmin) V_read."""

    section = "neuron"
    panel = "Pulses and neurons"
    comment = "in units of (g_max - g_min) v_read"
    needs = (CURRENTS,)

    c: float | tuple[float, ...] | None = numbers(
        least=1e-6,
        most=1e9,
        help="Hard sigmoid: half width, in (Gmax-Gmin) V_read; one, or one per hidden layer.",
        comment="hard sigmoid: 0 below -c, 1 above c; left out, it follows from the inputs of the layer: about 3 "
        "updates' worth; a list has one for each hidden layer",
        doc="The hidden hard sigmoid is 0 below -c and 1 above c: that of the first hidden layer, from which `inner_c` "
        "leads to the others, or a list with one for each. Left out, it follows from what one update moves.",
        example=4.5,
        derived=True,
        needs=(HIDDEN, _NO_CURRENT),
        search="log:1:30",
    )
    c_current: float | None = number(
        None,
        unit="A",
        least=1e-30,
        most=1e9,
        help="The same in A, instead.",
        comment="the same in A, instead",
        doc="The same in A, instead of `c`.",
        example=4e-7,
        needs=(HIDDEN,),
    )
    inner_c: float | None = number(
        None,
        least=1e-6,
        most=1e9,
        help="Factor on c for neurons fed by other neurons.",
        comment="factor on c for neurons that are fed by other neurons",
        doc="Factor on c for neurons that are fed by other neurons and not by the inputs. Left out, those follow from "
        "the size of the layer that feeds them.",
        example=1.4,
        derived=True,
        needs=(INNER,),
    )
    softmax_scale: float | None = number(
        None,
        least=1e-9,
        most=1e9,
        help="Factor before the softmax, per the same unit.",
        comment="factor on the output currents before the softmax; left out, it follows from the size of the layer "
        "that feeds the outputs",
        example=1.25,
        derived=True,
        search="log:0.2:10",
    )


def check_c(given: Any, follows: Any) -> None:
    """Refuse a c from which one of another hidden layer follows that is out of bounds: it is told of the given one."""
    if not isinstance(given, (int, float)) or isinstance(given, bool) or not isinstance(follows, tuple):
        return
    key, where = keys_of(Neuron)["c"], Neuron.where("c")
    least, most = key.least or 0.0, key.most or 0.0
    lowest, highest = given * least / min(follows), given * most / max(follows)
    if max(follows) > most:
        raise LayoutError(
            f"{where}: expected a number <= {highest:.3g}, as that of another hidden layer follows from it, which is "
            f"at most {most:g}, got {given:g}; choose a smaller value"
        )
    if min(follows) < least:
        raise LayoutError(
            f"{where}: expected a number >= {lowest:.3g}, as that of another hidden layer follows from it, which is at "
            f"least {least:g}, got {given:g}; choose a larger value"
        )
