"""What is made from the descriptions is not stale, and the JSON Schema says what the layouts say."""

from __future__ import annotations

import tomllib
from pathlib import Path

import jsonschema
import pytest
import xbarsim.netlists

from xbarsim import Layout, LayoutError
from xbarsim.describe.commented import SCHEMA
from xbarsim.describe.reference import GENERATED
from xbarsim.describe.schema import schema

pytestmark = pytest.mark.once

ROOT = Path(xbarsim.netlists.__file__).parent.parent
NETLISTS = sorted((ROOT / "netlists").glob("*.toml"))
CHECK = jsonschema.Draft7Validator(schema())


@pytest.mark.parametrize("name", GENERATED)
def test_generated_files_are_up_to_date(name):
    assert (ROOT / name).read_text() == GENERATED[name](), "run: xbarsim reference --write ."


def test_the_schema_is_one():
    jsonschema.Draft7Validator.check_schema(schema())


@pytest.mark.parametrize("path", NETLISTS, ids=lambda p: p.stem)
def test_shipped_layouts_follow_the_schema(path):
    assert path.read_text().startswith(f"{SCHEMA}\n")
    assert list(CHECK.iter_errors(tomllib.loads(path.read_text()))) == []


def test_a_saved_layout_follows_the_schema():
    text = Layout.of(layers=(784, 10), alpha=1e-8, sigma=0.5, epochs=3, circuit="exact").to_toml()
    assert list(CHECK.iter_errors(tomllib.loads(text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[network]",
        "[network]\nlayers = [784]",
        "[network]\nlayers = [784, 0]",
        "[network]\nlayers = [784, 2.5]",
        "[network]\nlayers = [2, 2]\n[[network.layer]]\ninputs = 2\noutputs = 2",
        "[[network.layer]]\ninputs = 2",
        "[network]\nlayers = [2, 2]\n[devices]\nbeta = 1.0",
        "[network]\nlayers = [2, 2]\n[device]\nbetta = 1.0",
        "[network]\nlayers = [2, 2]\n[device]\nbeta = -21.0",
        "[network]\nlayers = [2, 2]\n[device]\nbeta = 'two'",
        "[network]\nlayers = [2, 2]\n[device]\ng_max_S = 0.0",
        "[network]\nlayers = [2, 2]\n[device]\nn_max = 3\nalpha_S = 1e-8",
        "[network]\nlayers = [2, 2]\n[device]\npreset = 'lim'",
        "[network]\nlayers = [2, 2]\n[device]\nmodel = 'table'\njump_p_S = [[1e-8]]",
        "[network]\nlayers = [2, 2]\n[array]\nbias = 1",
        "[network]\nlayers = [2, 2]\n[array]\nrouting = 'both'",
        "[network]\nlayers = [2, 2]\n[pulses]\nrule = 'adam'",
        "[network]\nlayers = [2, 2]\n[crus]\nlevel_bits = 9",
        "[network]\nlayers = [2, 2]\n[run]\niterations = 5\nepochs = 1",
        "[network]\nlayers = [2, 2]\n[run]\nseed = -1",
        "[network]\nlayers = [2, 2]\n[run]\ndataset = ''",
    ],
)
def test_what_the_schema_refuses_the_layout_refuses(text):
    assert list(CHECK.iter_errors(tomllib.loads(text)))
    with pytest.raises(LayoutError):
        Layout.from_toml_text(text)


def test_keywords_are_the_keys():
    """Editors and type checkers see what `Layout.of` takes."""
    from typing import get_type_hints

    from xbarsim.describe.keywords import Keywords
    from xbarsim.describe.sections import HOMES

    assert list(get_type_hints(Keywords)) == list(HOMES)
    assert Layout.replace.__annotations__["values"] == Layout.of.__annotations__["values"] == "Unpack[Keywords]"
