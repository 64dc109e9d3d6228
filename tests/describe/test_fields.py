"""Keys: every one says what it is, and the description keeps what its keys say."""

from __future__ import annotations

import dataclasses
import pickle

import pytest

from xbarsim import Layout, LayoutError
from xbarsim.describe.fields import Description, integer, keys_of, number
from xbarsim.describe.layout import Layout as Full
from xbarsim.describe.reference import GENERATED
from xbarsim.describe.rules.table import RULES
from xbarsim.describe.sections import ALTERNATIVES, HOMES, KEYS, SECTIONS, toml_key

pytestmark = pytest.mark.once

PLAIN = Layout.of(layers=(3, 2))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Heater(Description):
    """A heater."""

    section = "heater"
    panel = "Heater"
    power: float = number(1.0, unit="W", above=0.0, most=5.0, help="Of the heater, W.")
    turns: int | None = integer(None, least=1, help="Of its wire.")


def test_a_description_checks_and_keeps():
    heater = Heater(power=2, turns=7)
    assert (heater.power, type(heater.power), heater.turns) == (2.0, float, 7)
    assert heater == Heater(power=2.0, turns=7)
    assert len({heater, Heater(power=2, turns=7), Heater()}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        heater.power = 3.0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"power": 0}, "heater.power_W: expected a number > 0, got 0; choose a larger value"),
        ({"power": 6}, "heater.power_W: expected a number <= 5, got 6; choose a smaller value"),
        ({"power": None}, "heater.power_W: expected a number, got None; give a plain number"),
        ({"turns": 0}, "heater.turns: expected a whole number >= 1, got 0; choose a larger value"),
        ({"turns": 1.5}, "heater.turns: expected a whole number, got 1.5; give digits only"),
    ],
)
def test_what_a_key_refuses(values, message):
    with pytest.raises(LayoutError) as caught:
        Heater(**values)
    assert str(caught.value) == message


def test_attribute_names_are_unique():
    assert sum(len(keys_of(what)) for what in SECTIONS.values()) == len(HOMES) == len(KEYS)


@pytest.mark.parametrize("name", KEYS)
def test_every_key_has_a_text_and_bounds(name):
    key = KEYS[name]
    assert key.help[:1].isupper() or key.help[:1].islower() or key.help[0].isdigit()
    assert len(key.help) <= 90
    if key.kind in ("number", "integer"):
        assert key.least is not None or key.above is not None
    if key.kind == "choice":
        assert key.default in key.choices
    for other in (key.like, key.instead_of):
        assert not other or (other in KEYS and HOMES[other] == HOMES[name])
    assert toml_key(name).startswith(name)


@pytest.mark.parametrize("name", [n for n, key in KEYS.items() if key.kind in ("number", "integer")])
def test_bounds_are_those_of_the_key(name):
    """Just inside is taken or refused for what it says with other keys; just outside is refused for itself."""
    key = KEYS[name]
    whole = key.kind == "integer"
    for bound, step in ((key.least, -1), (key.above, 0), (key.most, 1)):
        if bound is not None:
            out = bound + step if whole else bound + step * max(abs(bound), 1.0)
            with pytest.raises(LayoutError, match=f"^{HOMES[name]}.{toml_key(name)}: expected a"):
                Layout.of(layers=(3, 2), **{name: out})


def test_alternatives_go_both_ways():
    pairs = [("alpha", "n_max"), ("alpha_d", "n_max_d"), ("epochs", "iterations"), ("initial_fan_in", "initial_steps")]
    assert {frozenset(pair) for pair in pairs} == {frozenset(pair) for pair in ALTERNATIVES.items()}
    assert len(ALTERNATIVES) == 8


def test_a_layout_is_a_value():
    assert pickle.loads(pickle.dumps(PLAIN)) == PLAIN
    assert hash(PLAIN) == hash(Layout.of(layers=(3, 2)))
    assert PLAIN.replace(**{next(n for n in HOMES if HOMES[n] == "crus"): "lim-a"}) != PLAIN
    with pytest.raises(dataclasses.FrozenInstanceError):
        PLAIN.bs = None
    assert [f.name for f in dataclasses.fields(Full)] != []
    assert {f.name for f in dataclasses.fields(Full)} == set(SECTIONS)
    assert dataclasses.replace(PLAIN, variation=PLAIN.replace(sigma=0.1).variation).variation.sigma == 0.1
    for name, rule in RULES.items():
        assert rule.name == name
        if rule.section is not None:
            assert isinstance(getattr(PLAIN, rule.section.section), rule.section)


def test_nothing_but_its_own_file_names_a_rule():
    """Only the rules' files and their table do; ``crus`` and ``bs`` are words that mean nothing else."""
    from pathlib import Path

    import xbarsim.describe

    folder = Path(xbarsim.describe.__file__).parent
    for path in folder.glob("*.py"):
        if any(name.endswith(f"describe/{path.name}") for name in GENERATED):  # made from the descriptions of all rules
            continue
        text = path.read_text().replace("netlists/lim2019", "")
        for name in ("crus", "bs_", "'bs'", '"bs"', "Bs(", "Crus", "'software'", '"software"', "'sign'", '"sign"'):
            assert name not in text, f"{path.name} names {name}"
