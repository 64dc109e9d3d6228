"""Axes and refusals: examples use what they say, and a layout is refused exactly where the data say so."""

from __future__ import annotations

import pytest

from xbarsim import Layout, LayoutError
from xbarsim.describe.axes import AXES, members_of
from xbarsim.describe.device import REFUSALS
from xbarsim.describe.rules.table import RULES

pytestmark = pytest.mark.once

PLUGIN = "plugin"
MEMBERS = [(axis, member) for axis in AXES for member in AXES[axis].members if member != PLUGIN]  # it needs a file


@pytest.mark.parametrize(("axis", "member"), MEMBERS)
def test_an_example_uses_its_member(axis, member):
    plain = members_of(Layout.of(layers=(3, 2)))
    example = AXES[axis].members[member].example
    values = {"bs_digits": 2, **example} if example.get("rule") else example
    used = members_of(Layout.of(**{"layers": (3, 2), **values}))
    assert member in used[axis]
    if member != "scattered":  # a table, too
        assert len(used[axis]) == 1
    assert {k: v for k, v in used.items() if k != axis} == {k: v for k, v in plain.items() if k != axis}


def test_what_a_plain_layout_uses():
    assert {k: v for k, v in members_of(Layout.of(layers=(3, 2))).items() if v} == {
        "rule": ("sign",),
        "device": ("exponential",),
    }


def test_the_kinds_of_variation_are_all_there_are():
    from xbarsim.describe.fields import keys_of
    from xbarsim.describe.variation import Variation

    for name, key in keys_of(Variation).items():
        if key.kind == "number":
            layout = Layout.of(layers=(3, 2), **{name: 0.1})
            assert layout.variation.any == bool(members_of(layout)["variation"]), name


@pytest.mark.parametrize(("axis", "member"), [m for m in MEMBERS if m[0] != "rule"])
@pytest.mark.parametrize("rule", RULES)
def test_a_pair_is_refused_if_the_data_say_so(rule, axis, member):
    values = {"rule": rule, **AXES[axis].members[member].example}
    refusals = [
        r
        for r in RULES[rule].refusals
        if r.axis == axis and member in (r.members or AXES[axis].members)
        if r.holds(Layout.of(layers=(3, 2), rule=rule))
    ]
    if not refusals:
        assert Layout.of(**{"layers": (3, 2), **values}).pulses.rule == rule
        return
    with pytest.raises(LayoutError) as caught:
        Layout.of(**{"layers": (3, 2), **values})
    text = str(caught.value)
    assert text.startswith((AXES[axis].where, AXES[axis].members[member].where or AXES[axis].where))
    assert f"rule '{rule}'" in text
    assert any(r.reason in text for r in refusals)


def test_members_of_refusals_are_members_of_axes():
    for refusal in (*REFUSALS, *(r for rule in RULES.values() for r in rule.refusals)):
        assert set(refusal.members) <= set(AXES[refusal.axis].members)
        assert (refusal.when is None) == (not refusal.variant)
