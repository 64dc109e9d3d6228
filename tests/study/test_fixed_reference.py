"""``xbarsim compare --fixed-reference``: which rules come twice, and what is said of the difference."""

from __future__ import annotations

import csv
import json

import pytest

from xbarsim import Layout, LayoutError, compare
from xbarsim.study.fixed_reference import savings, table_of, with_fixed
from xbarsim.study.rule_choices import style_of
from xbarsim.study.rule_comparison import _label, rule_of

from ..cli import refuses
from .test_compare_rules import TINY, record

BASE = Layout.of(layers=(6, 4, 3), c=2.0)


def layouts(**rules):
    return {name: BASE.replace(**values) for name, values in rules.items()}


@pytest.mark.once
def test_rules_that_differ_in_the_pair_method_alone_have_one_in_common():
    found, twins = with_fixed(layouts(a={"method": "a"}, crus={"rule": "crus"}, c={"method": "c"}))
    assert list(found) == ["a", "crus", "c", "fixed"]
    assert twins == {"a": "fixed", "c": "fixed"}
    assert found["fixed"] == BASE.replace(method="fixed")


@pytest.mark.once
def test_settings_of_one_rule_are_those_of_its_twin():
    found, twins = with_fixed(layouts(a={"method": "a", "softmax_scale": 3.0}, b={"method": "b"}))
    assert twins == {"a": "fixed", "b": "b fixed"}
    assert (found["fixed"].neuron.softmax_scale, found["b fixed"].neuron.softmax_scale) == (3.0, None)


@pytest.mark.once
def test_a_twin_has_the_colour_of_its_rule_and_says_what_is_fixed():
    found, twins = with_fixed(layouts(stochastic={"rule": "stochastic", "method": "b"}, b={"method": "b"}))
    assert twins == {"stochastic": "stochastic fixed", "b": "fixed"}
    for name, twin in twins.items():
        (colour, stroke), (own, other) = style_of(name), style_of(twin)
        assert (colour, stroke) != (own, other)
        assert (colour == own) is (twin != "fixed")
    assert _label(found["stochastic fixed"]) == "stochastic, one device fixed"
    assert [_label(found[name]) for name in ("stochastic", "fixed")] == ["stochastic", "method fixed"]


@pytest.mark.once
def test_a_twin_that_is_compared_anyway_comes_once():
    found, twins = with_fixed(layouts(fixed={"method": "fixed"}, b={"method": "b"}))
    assert (list(found), twins) == (["fixed", "b"], {"b": "fixed"})
    other, names = with_fixed(layouts(stochastic={"rule": "stochastic", "method": "b"}))
    assert names == {"stochastic": "stochastic fixed"}
    assert other["stochastic fixed"].fixed_reference


@pytest.mark.once
@pytest.mark.parametrize("rules", [{"crus": {"rule": "crus"}}, {"fixed": {"method": "fixed"}}], ids=str)
def test_nothing_to_fix_is_refused(rules):
    with pytest.raises(LayoutError, match="--fixed-reference: expected a rule that pulses both devices"):
        with_fixed(layouts(**rules))


@pytest.mark.once
def test_savings_by_hand():
    """Half of the pulses; energies are 1 nJ a point for each of four kinds, so those of four points are 12 of 24 nJ."""
    layout = Layout.of(layers=(2, 2), eval_every=1)
    b = rule_of("b", layout, [record(s, [0.1, 0.5, 0.6, 0.7, 0.8, 0.8, 0.8], pulses=200, writes=10) for s in (0, 1)])
    fixed = rule_of("fixed", layout, [record(s, [0.1, 0.5, 0.6, 0.7], pulses=100, writes=40) for s in (0, 1)])
    (found,) = savings([b, fixed], {"b": "fixed"})
    assert (found.rule, found.fixed) == ("b", "fixed")
    assert found.accuracy == pytest.approx(-0.1)
    assert (found.pulses, found.writes) == pytest.approx((0.5, -3.0))
    assert (found.write_energy, found.energy) == pytest.approx((0.5, 0.5))
    assert savings([b], {}) == ()
    dead = rule_of("b", layout, [record(0, [0.1, 0.1], pulses=0, writes=0)])
    (nothing,) = savings([dead, fixed], {"b": "fixed"})
    assert nothing.as_dict()["writes"] is None is nothing.as_dict()["pulses"]
    assert table_of([found]).columns[:2] == ("rule", "fixed")


@pytest.mark.jit
@pytest.mark.slow
def test_the_command(call, tmp_path):
    pytest.importorskip("matplotlib")
    command = ("compare", "--rules", "c,crus", "--fixed-reference", *TINY, "--seeds", 1, "-o", "out")
    code, out, err = call(*command, "--json")
    assert code == 0, err
    found = json.loads(out)
    assert [r["name"] for r in found["rules"]] == ["c", "crus", "fixed"]
    (saved,) = found["savings"]
    pulses = {r["name"]: r["pulses"] + r["resets"] for r in found["rules"]}
    assert saved["pulses"] == pytest.approx(1.0 - pulses["fixed"] / pulses["c"])
    kept = list(csv.DictReader((tmp_path / "out" / "savings.csv").read_text().splitlines()))
    assert [(r["rule"], r["fixed"]) for r in kept] == [("c", "fixed")]
    code, out, _ = call(*command)
    assert "c with the second device of each pair fixed: accuracy" in " ".join(out.split())
    refuses(call, *command[:3], *command[4:], what="holds another study")


@pytest.mark.compiles
def test_the_function(tmp_path):
    layout = Layout.of(layers=(2, 2), dataset="two-pixels", iterations=20, n_max=9, eval_last=1)
    found = compare(layout, ["b"], fixed_reference=True, seeds=1)
    assert [r.name for r in found.rules] == ["b", "fixed"]
    assert found.as_dict()["savings"][0]["rule"] == "b"
    assert "savings" not in compare(layout, "b", seeds=1).as_dict()
