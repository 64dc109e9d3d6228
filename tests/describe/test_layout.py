"""Layouts: TOML and back, overriding, and every way to get them wrong."""

from __future__ import annotations

import contextlib
import importlib.resources

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from xbarsim import Device, Layout, LayoutError
from xbarsim.describe.device_files import presets
from xbarsim.describe.rules.table import RULES
from xbarsim.describe.sections import HOMES, SECTIONS, toml_key

pytestmark = pytest.mark.once

SHIPPED = sorted(p.name for p in importlib.resources.files("xbarsim.netlists").iterdir() if p.name.endswith(".toml"))


def test_defaults_are_those_of_the_paper():
    lay = Layout.of(layers=(784, 200, 10))
    assert (lay.device.n_max, lay.device.beta, lay.pulses.method) == (64, 2.0, "b")
    assert (lay.neuron.c, lay.neuron.softmax_scale, lay.array.initial_steps, lay.array.bias) == (None, None, None, True)
    assert (lay.variation.sigma, lay.pulses.rule, lay.run.batch) == (0.0, "sign", 1)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_layouts_are_valid(name):
    path = importlib.resources.files("xbarsim.netlists").joinpath(name)
    lay = Layout.from_toml(str(path))
    assert Layout.from_toml_text(lay.to_toml()) == lay
    assert path.read_text().startswith("#")


def test_the_full_shipped_layout_shows_the_defaults():
    path = importlib.resources.files("xbarsim.netlists").joinpath("lim2019-784-200-10.toml")
    assert Layout.from_toml(str(path)) == Layout.of(layers=(784, 200, 10), iterations=60_000)


VALUES = {
    "g_max": st.floats(2e-7, 1.0),
    "beta": st.floats(0, 3),
    "beta_d": st.floats(0, 3),
    "n_max": st.integers(1, 100),
    "n_max_d": st.integers(1, 100),
    "method": st.sampled_from("abc"),
    "c": st.floats(0.1, 10),
    "bias": st.booleans(),
    "routing": st.sampled_from(["split-both", "split-source", "split-drain"]),
    "seed": st.integers(0, 2**63 - 1),
    "epochs": st.integers(1, 9),
    "dataset": st.text("abc\"'\\\n/é", min_size=1),
    "input_threshold": st.floats(0, 1),
}
LAYERS = st.lists(st.integers(1, 50), min_size=1, max_size=4).map(lambda x: (*x, 3))


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.fixed_dictionaries({"layers": LAYERS}, optional=VALUES))
def test_toml_and_back(values):
    lay = Layout.of(**values)
    assert Layout.from_toml_text(lay.to_toml()) == lay
    for name, value in values.items():
        assert getattr(getattr(lay, HOMES[name]), name) == value


def test_later_values_replace_earlier_alternatives():
    lay = Layout.of(layers=(2, 2), n_max=8, iterations=5)
    other = lay.replace(alpha=1e-8, epochs=3)
    assert (other.device.n_max, other.device.alpha) == (None, 1e-8)
    assert (other.run.iterations, other.run.epochs) == (None, 3)
    back = other.replace(n_max=9, iterations=7)
    assert (back.device.n_max, back.device.alpha, back.run.iterations, back.run.epochs) == (9, None, 7, None)
    with pytest.raises(LayoutError, match="either n_max or alpha_S, got both"):
        lay.replace(n_max=3, alpha=1e-8)


def test_values_override_the_file():
    text = "[network]\nlayers = [2, 2]\n[device]\nalpha_S = 1e-8\n"
    lay = Layout.from_toml_text(text, n_max=5, layers=(3, 2))
    assert (lay.device.n_max, lay.device.alpha, lay.network.layers) == (5, None, (3, 2))


@pytest.mark.parametrize("beta", range(4))
def test_presets(beta):
    name = f"lim2019-beta{beta}"
    assert name in presets()
    lay = Layout.from_toml_text(f'[network]\nlayers = [2, 2]\n[device]\npreset = "{name}"\n')
    assert lay.device == Device(g_min=1e-7, g_max=1e-6, n_max=64, beta=float(beta))
    lay = Layout.from_toml_text(f'[network]\nlayers = [2, 2]\n[device]\npreset = "{name}"\nalpha_S = 2e-8\n')
    assert (lay.device.alpha, lay.device.n_max, lay.device.beta) == (2e-8, None, beta)


def test_layers_one_by_one():
    text = "[[network.layer]]\ninputs = 4\noutputs = 3\n[[network.layer]]\ninputs = 3\noutputs = 2\n"
    assert Layout.from_toml_text(text).network.layers == (4, 3, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "network.layers: expected two or more sizes"),
        ("[network]\nlayers = [784]", "two or more sizes"),
        ("[network]\nlayers = 784", "two or more sizes"),
        ("[network]\nlayers = [784, 0, 10]", "whole number >= 1, got 0"),
        ("[network]\nlayers = [784, 2.5, 10]", "whole number, got 2.5"),
        ("[network]\nlayers = [784, true, 10]", "whole number, got True"),
        ("[network]\nlayers = [784, 1]", "two or more outputs"),
        ("[network]\nlayers = [784, 99999, 10]", "whole number <= 65535"),
        ("[network]\nlayer = [{inputs = 4, outputs = 3}, {inputs = 5, outputs = 2}]", "layers must chain"),
        ("[network]\nlayer = [{inputs = 4}]", "got no 'outputs'"),
        ("[network]\nlayer = [{inputs = 4, output = 2}]", "unknown key 'network.layer.output'; did you mean 'outputs'"),
        ("[network]\nlayers = [2, 2]\nlayer = [{inputs = 2, outputs = 2}]", "got both"),
        ("[network]\nlayers = [2, 2]\n[device]\nbeta = -21", "device.beta: expected a number >= -20, got -21"),
        ("[network]\nlayers = [2, 2]\n[device]\nbeta = nan", "device.beta: expected a finite number"),
        ("[network]\nlayers = [2, 2]\n[device]\nbeta = 'two'", "device.beta: expected a number, got 'two'"),
        ("[network]\nlayers = [2, 2]\n[device]\nn_max = 0", "device.n_max: expected a whole number >= 1, got 0"),
        ("[network]\nlayers = [2, 2]\n[device]\nn_max = 64.0", "device.n_max: expected a whole number, got 64.0"),
        ("[network]\nlayers = [2, 2]\n[device]\ng_min_S = 1e-6", "device.g_max_S: expected more than g_min_S"),
        ("[network]\nlayers = [2, 2]\n[device]\ng_min_S = -1e-6", "device.g_min_S: expected a number >= 0"),
        ("[network]\nlayers = [2, 2]\n[device]\ng_max_S = inf", "device.g_max_S: expected a finite number"),
        ("[network]\nlayers = [2, 2]\n[device]\nalpha_S = 0.0", "device.alpha_S: expected a number > 0"),
        ("[network]\nlayers = [2, 2]\n[device]\nalpha_S = 1e-20", "steps that float32 conductances resolve"),
        ("[network]\nlayers = [2, 2]\n[device]\nalpha_S = 1e-8\nn_max = 3", "got both"),
        ("[network]\nlayers = [2, 2]\n[device]\nbetta = 1", "unknown key 'device.betta'; did you mean 'beta'"),
        ("[network]\nlayers = [2, 2]\n[device]\ng_max_s = 1", "did you mean 'g_max_S'"),
        ("[network]\nlayers = [2, 2]\n[device]\npreset = 'lim'", "device.preset: unknown name 'lim'"),
        ("[network]\nlayers = [2, 2]\n[devices]\nbeta = 1", r"unknown section '\[devices\]'; did you mean 'device'"),
        ("device = 3\n[network]\nlayers = [2, 2]", "expected a section"),
        ("[network]\nlayers = [2, 2]\n[array]\nbias = 1", "array.bias: expected true or false"),
        ("[network]\nlayers = [2, 2]\n[array]\nrouting = 'both'", "did you mean 'split-both'"),
        ("[network]\nlayers = [2, 2]\n[pulses]\nmethod = 'd'", "pulses.method: unknown name 'd'; known: a, b, c"),
        ("[network]\nlayers = [2, 2]\n[pulses]\nrule = 'adam'", "pulses.rule: unknown name"),
        ("[network]\nlayers = [2, 2]\n[neuron]\nc = 0", "neuron.c: expected a number >= 1e-06"),
        ("[network]\nlayers = [2, 2]\n[run]\niterations = 5\nepochs = 1", "either iterations or epochs"),
        ("[network]\nlayers = [2, 2]\n[run]\nseed = -1", "run.seed"),
        ("[network]\nlayers = [2, 2]\n[run]\ndataset = 3", "run.dataset: expected a name or a path"),
        ("[network\nlayers", "expected TOML, got a syntax error"),
    ],
)
def test_what_is_wrong_is_said(text, message):
    with pytest.raises(LayoutError, match=message) as caught:
        Layout.from_toml_text(text, where="my.toml")
    assert str(caught.value).startswith("my.toml: ")
    assert "\n" not in str(caught.value)


@pytest.mark.jit
def test_every_dynamic_range_is_exact():
    for n_max in [*range(990, 4097, 17), 1669, 1694, 1756, 1832, 1950, 4096]:
        device = Device(n_max=n_max, beta=0.0)
        assert len(device.staircase()) - 1 == n_max
        assert device.kernel().alpha_p == pytest.approx(device.alpha_p, rel=1e-3)


def test_a_range_float32_cannot_count_is_refused():
    lay = Layout.of(layers=(2, 2), g_min=0.9, g_max=1.0, n_max=4096, beta=0.0)
    with pytest.raises(LayoutError, match="expected Gmax after 4096 pulses"):
        lay.device.staircase()


def test_the_ladder_engine_says_what_it_cannot_do():
    from xbarsim.learn.sign import SignState

    for kw, reason in (
        ({"method": "c"}, "method c"),
        ({"n_max": 300}, "300 steps"),
        ({"layers": (5000, 2)}, "5001 rows"),
    ):
        lay = Layout.of(**{"layers": (2, 2), **kw})
        assert SignState(lay).engine == "analog"
        with pytest.raises(LayoutError, match=reason):
            SignState(lay.replace(engine="ladder"))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(LayoutError, match="found nothing"):
        Layout.from_toml(tmp_path / "none.toml")
    with pytest.raises(LayoutError, match="cannot read it"):
        Layout.from_toml(tmp_path)
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LayoutError, match="UTF-8"):
        Layout.from_toml(tmp_path / "x.toml")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=2),
    max_leaves=5,
)
keys = {
    name: st.sampled_from([toml_key(k) for k in HOMES if HOMES[k] == name] + ["layer", "preset", "x"])
    for name in SECTIONS
}


def without_none(value):
    """TOML has no null."""
    if isinstance(value, dict):
        return {k: without_none(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [without_none(v) for v in value if v is not None]
    return value


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.fixed_dictionaries({}, optional={name: st.dictionaries(keys[name], values, max_size=4) for name in SECTIONS}))
def test_any_table_gives_a_layout_or_a_layout_error(document):
    try:
        text = tomli_w.dumps(without_none(document))
    except (TypeError, ValueError, UnicodeEncodeError):
        return
    with contextlib.suppress(LayoutError):
        lay = Layout.from_toml_text(text)
        assert Layout.from_toml_text(lay.to_toml()) == lay


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.text(max_size=60) | st.text("[]=\"'.\n{},#layersnetwork012 ", max_size=60))
def test_any_text_gives_a_layout_or_a_layout_error(text):
    with contextlib.suppress(LayoutError):
        Layout.from_toml_text(text)


@pytest.mark.parametrize(("up", "down"), [(1e-320, 0.1), (0.1, 1e-320), (1e-7, 0.1), (0.1, 1e-7)])
def test_a_plugin_whose_first_step_no_conductance_resolves_is_refused(tmp_path, up, down):
    (tmp_path / "tiny.py").write_text(f"def step(s, up, z):\n    return {up!r} if up else -{down!r}\n")
    layout = Layout.of(layers=(2, 2)).with_device(f"{tmp_path / 'tiny.py'}:step")
    with pytest.raises(LayoutError, match=r"expected .*tiny\.py:step to step (up|down) from s = [01] by what float32"):
        layout.device.kernel()


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_layouts_are_of_the_rules_in_their_names(name):
    layout = Layout.from_toml(importlib.resources.files("xbarsim.netlists") / name)
    named = [rule for rule in RULES if name.startswith(f"{rule}-784")]
    assert named in ([], [layout.pulses.rule])
    method = RULES[layout.pulses.rule].method
    assert not method or layout.pulses.method == method
