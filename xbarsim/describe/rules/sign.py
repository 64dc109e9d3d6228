"""Rule ``sign``: the rule of Lim et al. (2019), whose keys are those of ``[pulses]``."""

from __future__ import annotations

from .rule import RuleDescription

RULE = RuleDescription(
    signs=True,
    methods=True,
    name="sign",
    text="sign of the error with a dead zone (Lim et al. 2019)",
    label=lambda layout: f"method {layout.pulses.method}",
    compared_by="method",
    variant=lambda layout: f"method {layout.pulses.method}",
)
