"""Networks that learn binary-stochastically, a reconstruction (see kernels/rules/bs/bits.py): which kind of state a
layout is trained in.
"""

from __future__ import annotations

import dataclasses

from ..describe.layout import Layout
from .bs_digits import ArraysState, NominalState
from .bs_ideal import IdealState
from .rule import State


def kind_of(layout: Layout) -> type[State]:
    """The state that a layout of this rule is trained in."""
    if not layout.bs.bs_digits:
        return IdealState
    plain = dataclasses.replace(layout.variation, c2c=0.0, c2c_range=0.0)
    differ = plain.any or layout.real_circuits or not layout.device.deterministic
    return ArraysState if differ or layout.run.engine == "analog" else NominalState
