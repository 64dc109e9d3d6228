"""The learning rules, one line each: a rule is a file of this folder that defines ``RULE``."""

from __future__ import annotations

from . import bs, crus, sign, software, stochastic
from .rule import RuleDescription

RULES: dict[str, RuleDescription] = {
    "sign": sign.RULE,
    "crus": crus.RULE,
    "bs": bs.RULE,
    "stochastic": stochastic.RULE,
    "software": software.RULE,
}
"""By name; the first is the default."""
