"""The public name of `measure.nonlinearity`: how other groups' labels of nonlinearity translate into beta."""

from .measure.nonlinearity import (
    MAX_LABEL,
    UNIT,
    Match,
    a_of_u,
    curve_exponential,
    curve_soft,
    label_of_u,
    match_of,
    pulses_needed,
    u_of_label,
)

__all__ = [
    "MAX_LABEL",
    "UNIT",
    "Match",
    "a_of_u",
    "curve_exponential",
    "curve_soft",
    "label_of_u",
    "match_of",
    "pulses_needed",
    "u_of_label",
]
