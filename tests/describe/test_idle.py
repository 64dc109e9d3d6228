"""Keys that are given and do nothing get a line, every one of them, and what gets one really does nothing."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, LayoutError
from xbarsim.base.errors import IdleWarning
from xbarsim.describe.idle import given_in, idle, idle_lines, needs_of
from xbarsim.describe.sections import HOMES, KEYS

ALWAYS = {
    *("layers", "bias", "rule", "dataset", "iterations", "epochs", "batch", "seed", "eval_every", "eval_last"),
    "snapshot_every",
}
"""Keys that do something in every layout."""

TINY = {"layers": (2, 2), "dataset": "two-pixels", "iterations": 4, "eval_last": 1, "n_max": 40}
DEEP = {**TINY, "layers": (2, 3, 3, 2)}
BASES = {
    "sign": {},
    "crus": {"rule": "crus"},
    "lim-a": {"rule": "crus", "baseline": "lim-a"},
    "bs": {"rule": "bs"},
    "digit": {"rule": "bs", "bs_digits": 1},
    "stochastic": {"rule": "stochastic"},
    "agad": {"rule": "agad"},
    "mixed": {"rule": "mixed-precision"},
    "software": {"rule": "software"},
    "sigmoid": {"rule": "software", "activation": "sigmoid"},
    "ideal wires": {"circuit": "ideal", "wire_resistance": 3e4},
    "in A": {"c_current": 1e-7},
}
FULL = (
    {},
    {"rule": "crus"},
    {"method": "fixed", "reference": "symmetry"},
    {"method": "fixed", "reference": "conductance"},
    {"method": "one-sided"},
    {"rule": "crus", "baseline": "refresh"},
    {"rule": "crus", "crus_decay": 1.0},
    {"rule": "bs"},
    {"rule": "bs", "bs_slope": "window"},
    {"rule": "bs", "bs_digits": 3},
    {"rule": "stochastic"},
    {"rule": "stochastic", "length_management": False},
    {"rule": "tiki-taka"},
    {"rule": "c-ttv2"},
    {"rule": "agad"},
    {"rule": "mixed-precision"},
    {"rule": "software"},
    {"rule": "imported", "imported_neurons": "hard-sigmoid"},
    {"batch": 3},
    {"drift_law": "by-state", "nu_mean": 0.1, "flicker": 0.01},
    {"wire_resistance": 2.0},
    {"g_max_sigma": 0.1},
    {"sense_range": 4.0, "bound_management": "both"},
    {"iv": "sinh", "iv_scale": 0.5},
    {"iv": "table", "iv_points": ((0.5, 0.2), (1.0, 1.0))},
    {
        "sigma": 0.1,
        "alpha_sigma": 0.1,
        "endurance": 9.0,
        "endurance_failure": "closing",
        "drift": 0.1,
        "relax_time": 1.0,
    },
    {"hidden_dead_zone": 0.1, "account": True},
    {"layers": ("1x2x1", "conv1x1x2", 2)},
)
"""Layouts of which, for every key, one makes use of it."""
LIKE = {
    "agad": "software",
    "mixed": "stochastic",
    "ideal wires": "sign",
    "in A": "sign",
    "lim-a": "crus",
    "sigmoid": "software",
}
"""Rules by themselves, whose idle keys are not tried again."""
NO_OTHER = {"layers", "dataset", "iterations", "epochs", "jump_p", "jump_d", "step", "step_sha256"}


def other(name, layout):
    """Another value of a key than a layout has."""
    key, value = KEYS[name], getattr(getattr(layout, HOMES[name]), name)
    fixed = {"c": 0.3, "c_current": 2e-7, "hidden_dead_zone": 0.5, "initial_steps": 1, "initial_fan_in": 1.0}
    fixed |= {"iv_points": ((0.3, 1.0), (0.9, 2.0)), "imported_neurons": "tanh"}
    if name in fixed:
        return fixed[name]
    if key.kind == "flag":
        return not value
    if key.kind == "choice":
        return next(choice for choice in key.choices if choice not in (value, "table", "plugin"))
    base = next(x for x in (value, key.usual, key.example, key.least, 1) if x is not None)
    if key.kind == "ranges":  # of each column of each array
        return tuple((3.0,) * array.outputs for array in layout.network.arrays)
    if key.kind in ("integer", "integers"):
        return base + 2
    more = 1.5 * base + 0.125 * (not base)
    return more if key.most is None or more <= key.most else base / 2


@pytest.mark.once
@pytest.mark.parametrize("name", sorted(set(KEYS) - ALWAYS))
def test_every_key_says_what_it_needs(name):
    assert needs_of(name), "say it beside the key, or add it to ALWAYS here"
    layouts = [Layout.of(**{**DEEP, **more}) for more in (*FULL, *BASES.values(), {**TINY, "layers": (2, 2)})]
    told = [name in idle(layout, [name]) for layout in layouts]
    assert any(told)
    assert not all(told)


@pytest.mark.once
def test_those_that_always_act_are_never_told():
    for more in (*FULL, *BASES.values()):
        assert not ALWAYS & idle(Layout.of(**{**DEEP, **more}), KEYS).keys()


@pytest.mark.once
def test_layouts_that_ship_have_no_idle_keys():
    for path in Path(xbarsim.__file__).parents[1].glob("netlists/*.toml"):
        assert idle_lines(idle(Layout.from_toml(path))) == [], path.name


def run_of(layout):
    seen = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = xbarsim.run(layout, watch=lambda point, state: seen.append(np.array(state.weights).tobytes()))
    return seen, result.pulses, result.resets, result.accuracy_curve, result.costs


@pytest.mark.compiles
@pytest.mark.parametrize("base", BASES)
def test_what_is_told_does_nothing(base):
    # Half of them without hidden layers, as all keys that need some are told of every rule there.
    sizes = (2, 2) if base in ("sign", "crus", "digit", "software") else (2, 3, 3, 2)
    layout = Layout.of(**{**TINY, "layers": sizes, "iterations": 3, "eval_every": 2, **BASES[base]})
    expected, tried = run_of(layout), 0
    plain = BASES.get(LIKE.get(base))  # what is told there is tried there
    tried_there = {} if plain is None else idle(Layout.of(**{**TINY, "layers": sizes, **plain}), KEYS)
    for name in idle(layout, KEYS).keys() - tried_there.keys() - NO_OTHER:
        try:
            changed = layout.replace(**{name: other(name, layout)})
        except LayoutError:
            continue  # is refused, which says more
        if name in idle(changed, [name]):  # circuit 'exact' makes wires of it
            tried += 1
            assert run_of(changed) == expected, name
    assert tried > (0 if base in LIKE else 10)


@pytest.mark.compiles
def test_a_run_tells():
    with pytest.warns(IdleWarning, match=r"^pulses.hidden_dead_zone: given, and does nothing here: it needs a hidden"):
        xbarsim.run(Layout.of(**TINY, hidden_dead_zone=0.1))
    with warnings.catch_warnings():
        warnings.simplefilter("error", IdleWarning)
        xbarsim.run(Layout.of(**TINY))
    with pytest.warns(IdleWarning, match=r"^neuron.c: given, and does nothing here: it needs no c_current_A beside it"):
        xbarsim.run(Layout.of(**DEEP, c=3.0, c_current=1e-7))


@pytest.mark.once
def test_a_measured_device_takes_no_nonlinearity():
    table = {"model": "table", "jump_p": ((2e-7,), (1e-7,)), "jump_d": ((1e-7,), (2e-7,))}
    assert "beta" not in given_in(Layout.of(layers=(2, 2), **table))
    with pytest.raises(LayoutError, match=r"^device.beta: expected nothing with model 'table'"):
        Layout.of(layers=(2, 2), **table, beta=3.0)


@pytest.mark.once
def test_bounds_are_told_of_what_was_given():
    from xbarsim.describe.defaults import settle

    wide = Layout.of(layers=(784, 1024, 1024, 10), c=9e8)
    with pytest.raises(LayoutError, match=r"^neuron.c: expected a number <= 1.87e\+08, .* got 9e\+08; choose"):
        settle(wide)
    settled = settle(wide.replace(c=1.0))
    with pytest.raises(LayoutError, match=r"^neuron.c: expected a number <= .* got 9e\+08; choose"):
        settled.replace(c=9e8)
    with pytest.raises(LayoutError, match=r"^device.n_max = 4096 with beta = 30: expected steps"):
        Layout.of(layers=(2, 2), n_max=4096, beta=30.0)


@pytest.mark.compiles
def test_studies_tell_of_what_none_of_their_runs_uses(tmp_path):
    layout = Layout.of(**TINY, hidden_dead_zone=0.1)
    for study in (
        lambda: xbarsim.sweep(layout, "beta=0,1", seeds=1),
        lambda: xbarsim.compare(layout, "b,software", seeds=1),
        lambda: xbarsim.compare_devices(layout, ["lim2019-beta2"], seeds=1),
    ):
        with pytest.warns(IdleWarning) as told:
            study()
        lines = [str(w.message) for w in told if issubclass(w.category, IdleWarning)]
        assert len(lines) == 1, lines
        assert lines[0].startswith("pulses.hidden_dead_zone: given, and does nothing here")
    xbarsim.run(Layout.of(**TINY), out=tmp_path / "run.h5")
    with pytest.warns(IdleWarning, match=r"^variation.sigma_negative: given, and does nothing here: it needs sigma"):
        xbarsim.infer(tmp_path / "run.h5", sigma_negative="reflect")
