"""The learning rules, one line each: a rule is a file of this folder that defines ``RULE``."""

from __future__ import annotations

from . import agad, bs, c_ttv2, crus, imported, mixed_precision, sign, software, stochastic, tiki_taka, ttv2
from .rule import RuleDescription

RULES: dict[str, RuleDescription] = {
    "sign": sign.RULE,
    "crus": crus.RULE,
    "bs": bs.RULE,
    "stochastic": stochastic.RULE,
    "tiki-taka": tiki_taka.RULE,
    "ttv2": ttv2.RULE,
    "c-ttv2": c_ttv2.RULE,
    "agad": agad.RULE,
    "mixed-precision": mixed_precision.RULE,
    "software": software.RULE,
    "imported": imported.RULE,
}
"""By name; the first is the default."""
