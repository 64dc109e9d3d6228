"""Tables, plug-ins and variation that are refused."""

from __future__ import annotations

import math

import pytest

from xbarsim import Layout, LayoutError
from xbarsim.learn.sign import SignState

pytestmark = pytest.mark.jit


def one_line(message):
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"jump_p": [[1e-8]], "jump_d": [[1e-8], [1e-8]]}, "device.jump_p_S: expected two or more rows"),
        ({"jump_p": "steep", "jump_d": [[1e-8], [1e-8]]}, "device.jump_p_S: expected two or more rows"),
        ({"jump_p": [[1e-8], ["x"]], "jump_d": [[1e-8], [1e-8]]}, "something that is no number"),
        ({"jump_p": [[1e-8], [1e-8]], "jump_d": [[1e-8, 2e-8], [1e-8]]}, "device.jump_d_S: .* got rows of 2, 1"),
        ({"jump_p": [[], []], "jump_d": [[1e-8], [1e-8]]}, "device.jump_p_S: .* got rows of 0, 0"),
        ({"jump_p": [[math.nan], [1e-8]], "jump_d": [[1e-8], [1e-8]]}, "not finite"),
        ({"jump_p": [[2e-8, 1e-8], [1e-8, 2e-8]], "jump_d": [[1e-8], [1e-8]]}, "another order"),
        (
            {"jump_p": [[-3e-8, 1e-8], [1e-8, 2e-8]], "jump_d": [[1e-8], [1e-8]]},
            "device.jump_p_S: expected mean steps > 0",
        ),
        ({"jump_p": [[1e-8], [1e-8]], "jump_d": [[-1e-8], [1e-8]]}, "device.jump_d_S: expected mean steps > 0"),
        ({"jump_p": [[1e-8], [1e-8]]}, "device.jump_d: expected one with model 'table'"),
        (
            {"jump_p": [[1e-8], [1e-8]], "jump_d": [[1e-8], [1e-8]], "n_max": 5},
            "device.n_max: expected nothing with model 'table'",
        ),
        ({"jump_p": [[1e-8], [1e-8]], "jump_d": [[1e-8], [1e-8]], "step": "a.py:b"}, "device.step: expected nothing"),
    ],
)
def test_bad_tables_are_refused(values, message):
    with pytest.raises(LayoutError, match=message) as error:
        Layout.of(layers=(2, 2), model="table", **values)
    one_line(str(error.value))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("", "expected file.py:function"),
        ("no such", "expected file.py:function"),
        ("missing", "the file has no function 'missing'"),
        ("three", "the file has no function 'three'"),
        ("nan", "> 0 on potentiation between the rails"),
        ("wrong_way", "> 0 on potentiation between the rails"),
        ("raises", "it raises ZeroDivisionError"),
    ],
)
def test_bad_plugins_are_refused(plugin, function, message):
    with pytest.raises(LayoutError, match=message) as error:
        Layout.of(layers=(2, 2), model="plugin", step=f"{plugin}:{function}").device.staircase()
    one_line(str(error.value))


def test_a_plugin_file_that_is_missing_or_wrong_is_refused(tmp_path):
    with pytest.raises(LayoutError, match=r"cannot read .*nowhere.py") as error:
        Layout.of(layers=(2, 2), model="plugin", step=f"{tmp_path}/nowhere.py:step")
    one_line(str(error.value))
    for text, message in (
        ("def step(:\n", "the file raises SyntaxError"),
        ("import nothing_of_that_name\n", "raises ModuleNotFoundError"),
    ):
        path = tmp_path / f"{len(text)}.py"
        path.write_text(text)
        with pytest.raises(LayoutError, match=message) as error:
            Layout.of(layers=(2, 2), model="plugin", step=f"{path}:step").device.staircase()
        one_line(str(error.value))
    with pytest.raises(LayoutError, match=r"device.step: expected one with model 'plugin'"):
        Layout.of(layers=(2, 2), model="plugin")
    with pytest.raises(LayoutError, match=r"device.step: expected nothing with model 'exponential'"):
        Layout.of(layers=(2, 2), step="a.py:b")


@pytest.mark.jit
def test_a_plugin_that_cannot_be_compiled_is_refused(plugin):
    layout = Layout.of(layers=(2, 2), model="plugin", step=f"{plugin}:not_compiled")
    with pytest.raises(LayoutError, match="expected a function that Numba can compile") as error:
        SignState(layout)
    one_line(str(error.value))
    assert len(str(error.value)) < 700


def test_a_plugin_that_has_changed_is_refused(plugin):
    layout = Layout.of(layers=(2, 2), model="plugin", step=f"{plugin}:step")
    assert len(layout.device.step_sha256) == 64
    assert Layout.from_toml_text(layout.to_toml()) == layout
    text = layout.to_toml().replace(layout.device.step_sha256, "0" * 64)
    with pytest.raises(LayoutError, match=r"device.step: expected .* with SHA-256 000000000000") as error:
        Layout.from_toml_text(text)
    one_line(str(error.value))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"stuck_at_g_min": 0.5, "stuck_at_g_max": 0.4, "stuck_anywhere": 0.2},
            "expected fractions that add up to at most 1, got 1.1",
        ),
        ({"stuck_anywhere": 1.5}, "variation.stuck_anywhere: expected a number <= 1"),
        ({"c2c": -0.1}, "variation.c2c: expected a number >= 0"),
        ({"c2c_range": math.nan}, "variation.c2c_range: expected a finite number"),
        ({"spread": "uniform"}, "variation.spread: unknown name 'uniform'"),
        ({"endurance_failure": "explodes"}, "variation.endurance_failure: unknown name 'explodes'"),
        ({"rule": "software", "endurance": 5.0}, "variation: expected nothing with rule 'software'"),
        ({"c_current": 1e-3}, "neuron.c_current_A: expected 4.5e-09 to 9e-05 A"),
        ({"c_current": 1e-12}, "neuron.c_current_A: expected"),
        ({"c2c": 0.1, "engine": "ladder"}, "engine"),
    ],
)
def test_bad_values_are_refused(values, message):
    with pytest.raises(LayoutError, match=message) as error:
        SignState(Layout.of(layers=(2, 2), **values))
    one_line(str(error.value))
