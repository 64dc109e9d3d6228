"""Keys mean the same everywhere: with or without unit, with or without section; in files, too."""

from __future__ import annotations

import pytest

from xbarsim import Layout, LayoutError
from xbarsim.describe.device_files import values_of
from xbarsim.describe.sections import HOMES, KEYS, toml_key
from xbarsim.describe.settings import attribute_of, value_of_key, values_of_settings

pytestmark = pytest.mark.once


@pytest.mark.parametrize("name", KEYS)
def test_every_spelling_of_a_key(name):
    spellings = {
        name,
        toml_key(name),
        name.replace("_", "-"),
        f"{HOMES[name]}.{name}",
        f"{HOMES[name]}.{toml_key(name)}",
    }
    assert {attribute_of(text) for text in spellings} == {name}


def test_names_that_are_none():
    for text, told in (
        ("g_maxx", "did you mean 'g_max'?"),
        ("array.g_max", "write device.g_max_S"),
        ("g_max_V", "unknown key"),
    ):
        with pytest.raises(LayoutError, match=told.replace("?", r"\?")):
            attribute_of(text)


def test_values_are_of_the_kind_of_their_key():
    assert value_of_key("layers", "784, 10") == (784, 10)
    assert value_of_key("method", "b") == "b"
    assert value_of_key("dataset", "7") == "7"  # a folder may be called so
    assert [value_of_key("account", x) for x in ("yes", "off", "True")] == [True, False, True]
    with pytest.raises(LayoutError, match="got 'beta'; give for example --set hidden"):
        values_of_settings(["beta"])
    with pytest.raises(LayoutError, match="tables stand in a layout or device file"):
        values_of_settings(["jump_p=3"])


def test_files_take_keys_without_their_units():
    text = "[network]\nlayers = [4, 2]\n[device]\ng_max = 2e-6\n[array]\nv_read_V = 0.2\n"
    assert Layout.from_toml_text(text) == Layout.of(layers=(4, 2), g_max=2e-6, v_read=0.2)
    assert values_of({"device": {"g_min": 2e-7}}, "mine.toml") == {"g_min": 2e-7}
    with pytest.raises(LayoutError, match=r"device.g_max_S: expected it once, got g_max and g_max_S; leave one out"):
        Layout.from_toml_text(text.replace("g_max = 2e-6", "g_max = 2e-6\ng_max_S = 2e-6"))
    with pytest.raises(LayoutError, match="expected it once"):
        values_of({"device": {"g_min": 2e-7, "g_min_S": 2e-7}}, "mine.toml")


@pytest.mark.parametrize("texts", [("beta=1", "beta=2"), ("beta=1", "device.beta=2"), ("g_max=1e-6", "g-max_S=2e-6")])
def test_a_key_comes_once(texts):
    with pytest.raises(LayoutError) as caught:
        values_of_settings(texts)
    assert f"once, got '{texts[0]}' and '{texts[1]}'; leave one out" in str(caught.value)


def test_of_many_names_the_nearest_are_listed():
    with pytest.raises(LayoutError) as caught:
        values_of_settings(["bta=1"])
    text = str(caught.value)
    assert "did you mean 'beta'? nearest: beta, " in text
    assert f"; all {len(KEYS)}: xbarsim reference" in text
    assert len(text) < 160
