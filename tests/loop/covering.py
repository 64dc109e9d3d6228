"""A covering array of what a layout can be: few layouts, in which every two choices that are not refused meet.

The factors are the axes of xbarsim/describe/axes.py, and what rules offer besides. What is refused is found by building
the layout and its plan.
"""

from __future__ import annotations

import functools
import itertools
from pathlib import Path
from typing import Any

from xbarsim import Layout, LayoutError
from xbarsim.describe.array import ROUTINGS
from xbarsim.describe.axes import AXES
from xbarsim.describe.pulses import METHODS
from xbarsim.describe.rules.crus import BASELINES
from xbarsim.describe.rules.table import RULES
from xbarsim.learn.table import plan_of

STEP = Path(__file__).with_name("step.py")

PLAIN = "plain"

VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "crus": {name: {"baseline": name} for name in BASELINES},
    "bs": {"steps": {}, "digits": {"bs_digits": 2, "bs_base": 2.0}},
    "ttv2": {"": {"auto_scale": True, "buffer_granularity": 0.1}},
    "c-ttv2": {
        "columns": {
            "transfer_by": "columns",
            "fast_weight": 0.5,
            "buffer_granularity": 0.1,
            "buffer_forget": False,
        }
    },
    "agad": {"": {"auto_scale": True, "auto_granularity": 0.5, "transfer_every": 0.5, "transfer_reads": 3}},
    "mixed-precision": {
        "": {"accumulate_rows": 2, "accumulate_every": 3, "accumulate_most": 2, "accumulate_error_bits": 8},
    },
    "software": {"descent": {}, "benchmark": {"activation": "sigmoid", "learning_rate_end": 0.5}},
}
"""What some rules are besides themselves; another rule is one level."""

TUNED: dict[str, dict[str, Any]] = {
    # So that it happens in a few iterations of a tiny network.
    "exponential": {"n_max": 4, "beta": 1.0},
    "soft-bounds": {"n_max": 4, "beta": 1.0},
    "plugin": {"model": "plugin", "step": f"{STEP}:step"},
    "endurance": {"endurance": 3.0, "endurance_sigma": 0.5},
    "c2c": {"write_noise": 0.05},  # both are of pulses; c2c alone is in "several"
    "half-select": {"half_select_probability": 0.2},
    "range": {"sense_range": 4.0},
    "managed": {"read_noise": 0.05, "sense_range": 2.0, "sense_bits": 6},
    "resistance": {"wire_resistance": 2000.0},
    "curve": {"iv_scale": 0.05, "wire_tolerance": 1e-4},  # without the compiler every sweep counts
    # Errors below the dead zone add up.
    "lines": {"batch": 3},
    "one-sided": {"refresh_every": 5, "refresh_level": 0.3, "refresh_lower": 0.1},
}
"""By member of an axis: values beside those of its example."""

ELSEWHERE = ("mean-pool", "writes")
"""Members that differ from others in what their own tests look at alone (tests/kernels/path), or that stand in the
rows of others."""

MORE: dict[str, dict[str, dict[str, Any]]] = {
    "variation": {
        "several": {
            "sigma": 0.2,
            "g_min_sigma": 0.1,
            "beta_sigma": 0.2,
            "c2c_range": 0.02,
            "stuck_at_g_max": 0.1,
            "endurance": 9.0,
        }
    },
}
"""Levels of a factor that are no members: several at once."""


def _levels() -> dict[str, dict[str, dict[str, Any]]]:
    factors: dict[str, dict[str, dict[str, Any]]] = {}
    for name, axis in AXES.items():
        members = {m: member for m, member in axis.members.items() if m not in ELSEWHERE}
        levels = {m: {**member.example, **TUNED.get(m, {})} for m, member in members.items()}
        if axis.plain:
            levels = {PLAIN: {}, **levels}
        factors[name] = {**levels, **MORE.get(name, {})}
    rules = {
        f"{rule} {variant}".strip(): {**values, **more}
        for rule, values in factors["rule"].items()
        if not RULES[rule].read_only  # nothing is trained there
        for variant, more in VARIANTS.get(rule, {"": {}}).items()
    }
    return {
        **factors,
        "rule": rules,
        "method": {name: {"method": name, **TUNED.get(name, {})} for name in sorted(METHODS, key=lambda m: m != "b")},
        "routing": {name: {"routing": name} for name in ROUTINGS},
    }


SEEDS = (
    # Three at a time: what is read, moved and counted of the arrays of a weight.
    {"rule": "bs digits", "lines": "account", "wires": PLAIN, "sense": PLAIN},
    {"rule": "crus refresh", "lines": "account", "wires": PLAIN, "sense": PLAIN},
    {"rule": "bs digits", "lines": "half-select", "variation": "endurance", "batch": "products"},
    {"rule": "crus refresh", "lines": "half-select", "variation": "endurance", "batch": "deferred"},
    # What answers are read through where no matrix stands for wires.
    {"rule": "bs digits", "wires": "resistance", "iv": "curve"},
    {"rule": "c-ttv2 columns", "wires": "resistance", "iv": "curve"},
)
"""Parts of rows that are there whatever the pairs ask for."""

FACTORS = _levels()
"""Factor -> level -> values of a layout; the first level of each goes together with everything."""

Row = dict[str, str]
Pair = tuple[tuple[str, str], tuple[str, str]]


def values_of(row: Row) -> dict[str, Any]:
    """Values of a layout with these levels, the first ones where none is given."""
    found: dict[str, Any] = {}
    for factor, levels in FACTORS.items():
        found |= levels[row.get(factor, next(iter(levels)))]
    return found


@functools.cache
def _is_built(levels: frozenset[tuple[str, str]]) -> bool:
    try:
        plan_of(Layout.of(**{"layers": (6, 3, 3), **values_of(dict(levels))}))
    except LayoutError:
        return False
    return True


def is_built(row: Row) -> bool:
    """Whether a layout of these levels is not refused."""
    first = {factor: next(iter(levels)) for factor, levels in FACTORS.items()}
    return _is_built(frozenset((f, level) for f, level in row.items() if level != first[f]))


def pairs_of(row: Row) -> set[Pair]:
    """All pairs of levels that meet in a row."""
    return set(itertools.combinations(((f, row[f]) for f in FACTORS), 2))


@functools.cache
def allowed_pairs() -> frozenset[Pair]:
    """Pairs of levels that are not refused; some go together with a third alone, which a seed has."""
    found = {pair for seed in SEEDS for pair in itertools.combinations(((f, seed[f]) for f in FACTORS if f in seed), 2)}
    for f, g in itertools.combinations(FACTORS, 2):
        for a, b in itertools.product(FACTORS[f], FACTORS[g]):
            if is_built({f: a, g: b}):
                found.add(((f, a), (g, b)))
    return frozenset(found)


def _gain(row: Row, factor: str, level: str, left: set[Pair]) -> int:
    """Pairs that are left and that a row meets with this level."""
    met = [((f, a), (factor, level)) for f, a in row.items()]
    return sum(p in left or p[::-1] in left for p in met)


def _completed(row: Row, left: set[Pair]) -> Row:
    """The row with a level for every factor: that which meets most pairs that are left, if it is not refused."""
    for factor, levels in FACTORS.items():
        if factor not in row:
            gains = {level: _gain(row, factor, level, left) for level in levels}
            found = (n for n in sorted(levels, key=lambda n: -gains[n]) if is_built({**row, factor: n}))
            row = {**row, factor: next(found)}
    return {f: row[f] for f in FACTORS}


@functools.cache
def covering_array() -> tuple[tuple[tuple[str, str], ...], ...]:
    """Rows in which all allowed pairs meet, as (factor, level) each: the plain layout of every rule, then greedily."""
    rows = [_completed({"rule": rule}, set()) for rule in FACTORS["rule"]]
    left = set(allowed_pairs())
    for row in rows:
        left -= pairs_of(row)
    for seed in SEEDS:
        rows.append(_completed(seed, left))
        left -= pairs_of(rows[-1])
    order = sorted(left)
    while left:
        order = [p for p in order if p in left]
        best = max(
            (_completed(dict(pair), left) for pair in order[:: max(1, len(order) // 12)]),
            key=lambda r: len(pairs_of(r) & left),
        )
        rows.append(best)
        left -= pairs_of(best)
    return tuple(tuple(row.items()) for row in rows)
