"""What can be compared as a learning rule: the rules, and where a rule says so each choice of one of its keys
(`RuleDescription.compared_by`), or settings that have a name of their own (`RuleDescription.settings`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .rules.table import RULES
from .sections import KEYS


def schemes_of(rule: str) -> dict[str, dict[str, Any]]:
    """Names under which a rule is compared, and what each stands for in a layout.

    >>> first = next(iter(RULES))
    >>> list(schemes_of(first))[:3], schemes_of(first)["b"]["method"]
    (['a', 'b', 'c'], 'b')
    """
    key = RULES[rule].compared_by
    if not key:
        others = {name: {"rule": rule, **values} for name, values in RULES[rule].settings.items()}
        return {rule: {"rule": rule}, **others}
    return {choice: {"rule": rule, key: choice} for choice in KEYS[key].choices}


TRAINED = tuple(name for name, rule in RULES.items() if not rule.read_only)
"""Rules that networks are trained by."""

SCHEMES: dict[str, dict[str, Any]] = {name: values for rule in TRAINED for name, values in schemes_of(rule).items()}
"""All of them."""

FORMER: dict[str, str] = {old: name for name, rule in RULES.items() for old in rule.formerly if old not in SCHEMES}
"""Names that earlier versions called rules by, and those of now."""


def method_after(rule: str, method: str, given: Mapping[str, Any]) -> dict[str, str]:
    """The pair method that follows where a layout is given another rule, and no method: a rule that is meant for one
    takes its own, unless the layout had another than its rule's.

    >>> first, other = next(iter(RULES)), next(name for name, rule in RULES.items() if rule.method)
    >>> method_after(first, "b", {"rule": other}), method_after(first, "c", {"rule": other})
    ({'method': 'fixed'}, {})
    """
    after = given.get("rule")
    if not isinstance(after, str) or after not in RULES or "method" in given or method != _usual(rule):
        return {}
    return {"method": _usual(after)}


def _usual(rule: str) -> str:
    return RULES[rule].method or str(KEYS["method"].default)


def listed() -> str:
    """All of them in a line, for ``--help``.

    >>> listed().startswith("a, b, c")
    True
    """
    parts = []
    for rule in TRAINED:
        description = RULES[rule]
        names, key = list(schemes_of(rule)), description.compared_by
        parts.append(f"{', '.join(names)} ({key} of rule {rule})" if key else ", ".join(names))
    return "; ".join(parts)
