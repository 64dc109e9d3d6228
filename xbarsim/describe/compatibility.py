"""The table of what goes together, from the same data as the refusals."""

from __future__ import annotations

from dataclasses import dataclass, field

from .axes import AXES, Axis
from .device import REFUSALS
from .refusals import Refusal
from .rules.rule import RuleDescription
from .rules.table import RULES

_HEAD = """\
# What goes together

Every learning rule with every engine, device, departure, circuit and kind of update. What is not named in a layout is
plain, and goes together with everything. `no` is refused before anything is computed, with a message that says why; `-`
means that the rule has no devices, so that there is nothing to choose.

This page is made from the refusals that the descriptions list: `xbarsim reference --write .`
"""


@dataclass
class _Notes:
    """Footnotes in the order in which they are met, each once."""

    texts: list[str] = field(default_factory=list)

    def number(self, text: str) -> int:
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text) + 1


def compatibility_page() -> str:
    """The text of ``docs/reference/compatibility.md``."""
    notes = _Notes()
    tables = [_table(name, axis, notes) for name, axis in AXES.items() if name != "rule"]
    listed = "".join(f"{number}. {text}\n" for number, text in enumerate(notes.texts, start=1))
    always = "".join(f"- {_members(r)}: not with {r.variant}{_why(r)}.\n" for r in REFUSALS)
    return f"{_HEAD}{''.join(tables)}\n## Why not\n\n{listed}\n## Whatever the rule\n\n{always}"


def _table(name: str, axis: Axis, notes: _Notes) -> str:
    plain = f" Plain: {axis.plain}." if axis.plain else ""
    head = f"\n## {axis.title}\n\nKey `{axis.where}`.{plain}\n\n| | {' | '.join(f'`{rule}`' for rule in RULES)} |\n"
    rule_line = f"|---|{'---|' * len(RULES)}\n"
    rows = "".join(
        f"| `{member}`: {m.text} | {' | '.join(_cell(rule, name, member, notes) for rule in RULES.values())} |\n"
        for member, m in axis.members.items()
    )
    return head + rule_line + rows


def _cell(rule: RuleDescription, axis: str, member: str, notes: _Notes) -> str:
    met = [r for r in rule.refusals if r.axis == axis and member in (r.members or AXES[axis].members)]
    numbers = ", ".join(str(notes.number(_note(rule, r))) for r in met)
    if any(r.when is None for r in met):
        return f"no ({numbers})"
    if met:
        return f"yes, but ({numbers})"
    return "yes" if rule.on_devices or not AXES[axis].of_devices else "-"


def _note(rule: RuleDescription, refusal: Refusal) -> str:
    of = f" with {refusal.variant}" if refusal.variant else ""
    return f"Not `{rule.name}`{of}{_why(refusal)}."


def _why(refusal: Refusal) -> str:
    return f", {refusal.reason}" if refusal.reason else ": nothing in nature forbids it; it is not written yet"


def _members(refusal: Refusal) -> str:
    axis = AXES[refusal.axis]
    return f"`{axis.where}` {', '.join(f'`{name}`' for name in refusal.members or axis.members)}"
