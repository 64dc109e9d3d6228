"""What can be compared as a learning rule: the rules, and where a rule says so (`RuleDescription.compared_by`) each
choice of one of its keys.
"""

from __future__ import annotations

from .rules.table import RULES
from .sections import KEYS


def schemes_of(rule: str) -> dict[str, dict[str, str]]:
    """Names under which a rule is compared, and what each stands for in a layout.

    >>> schemes_of("software"), schemes_of("sign")["b"]
    ({'software': {'rule': 'software'}}, {'rule': 'sign', 'method': 'b'})
    """
    key = RULES[rule].compared_by
    if not key:
        return {rule: {"rule": rule}}
    return {choice: {"rule": rule, key: choice} for choice in KEYS[key].choices}


SCHEMES: dict[str, dict[str, str]] = {name: values for rule in RULES for name, values in schemes_of(rule).items()}
"""All of them."""

FORMER: dict[str, str] = {old: name for name, rule in RULES.items() for old in rule.formerly if old not in SCHEMES}
"""Names that earlier versions called rules by, and those of now."""


def listed() -> str:
    """All of them in a line, for ``--help``.

    >>> listed().startswith("a, b, c")
    True
    """
    parts = []
    for rule, description in RULES.items():
        names, key = list(schemes_of(rule)), description.compared_by
        parts.append(f"{', '.join(names)} ({key} of rule {rule})" if key else rule)
    return "; ".join(parts)
