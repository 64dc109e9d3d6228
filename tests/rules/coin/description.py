"""Rule ``coin``: fires as ``sign`` does, with a probability; its section ``[coin]`` of a layout."""

from __future__ import annotations

from dataclasses import dataclass

from ..fields import Description, number
from ..refusals import Refusal
from .rule import RuleDescription


@dataclass(frozen=True, kw_only=True)
class Coin(Description):
    """A coin for every column."""

    section = "coin"
    panel = "Coin"

    coin_bias: float = number(0.5, least=0.0, most=1.0, help="Probability that a column fires.")


RULE = RuleDescription(
    name="coin",
    signs=True,
    methods=True,
    text="sign of the error, if a coin shows heads",
    section=Coin,
    refusals=(Refusal("sense", ("drivers",), reason="which are too good for it"),),
)
