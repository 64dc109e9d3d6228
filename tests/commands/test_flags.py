"""Flags of ``xbarsim run``: one for every key, and each reaches the layout."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from xbarsim import Layout
from xbarsim.commands import main as cli
from xbarsim.commands.flags import PANELS, flag_name, flags
from xbarsim.describe.reference import GENERATED
from xbarsim.describe.sections import HOMES, KEYS, SECTIONS
from xbarsim.loop import simulate

pytestmark = pytest.mark.once

QUICK = {"layers": (2, 2), "dataset": "two-pixels", "iterations": 6, "eval_last": 2}
OTHER = {
    "layers": (2, 3, 2),
    "dataset": "two-pixels",
    "model": "soft-bounds",
    "alpha": 1e-7,
    "alpha_d": 1e-7,
    "g_min": 2e-7,
    "g_max": 2e-6,
    "c_current": 1e-7,
    "sense_bits": 5,
    "initial_low": 0.5,
    "initial_high": 0.5,
    "initial_inner_low": 0.5,
    "initial_inner_high": 0.5,
    "epochs": 2,
    "train_length": 7,
    "transfer_length": 7,
    "accumulate_error_bits": 5,
}
"""Values where the default plus a bit will not do."""

NEEDS = {"sense_bits": {"sense_range": 10.0}, "iv": {"iv_scale": 0.5}, "drive": {"driver_bits": 8}}
"""What else has to be given."""

FILES = ("iv_points", "sense_ranges")
"""Keys whose flag is the name of a file."""


class Reached(Exception):
    """The layout that was to be trained."""


@pytest.fixture
def merged(monkeypatch, tmp_path):
    """The layout that a command would train."""
    monkeypatch.chdir(tmp_path)

    def stop(layout, **_):
        raise Reached(layout)

    monkeypatch.setattr(simulate, "run", stop)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["xbarsim", "run", *map(str, arguments), "--no-trace", "--quiet"])
        with pytest.raises(Reached) as caught:
            cli.main()
        return caught.value.args[0]

    return run


def another(name):
    """A value that is not the default."""
    key = KEYS[name]
    if name in OTHER:
        return OTHER[name]
    if key.kind == "flag":
        return not key.default
    if key.kind == "choice":
        return next(x for x in key.choices if x not in (key.default, "table", "plugin"))
    base = next(x for x in (key.default, key.usual, key.least, 1) if x is not None)
    value = base + 1 if key.kind in ("integer", "integers") else base + 0.0625
    return value if key.most is None or value <= key.most else base / 2


def as_arguments(values):
    for name, value in values.items():
        if isinstance(value, bool):
            yield flag_name(name) if value else flag_name(f"no_{name}")
        else:
            yield from (flag_name(name), ",".join(map(str, value)) if isinstance(value, tuple) else value)


def test_every_key_has_a_flag_but_those_of_files():
    # What the numbers of weights stand for that were trained elsewhere is written by `import`.
    written = {f"imported_{name}" for name in ("neurons", "half_width", "scales", "full", "biases")}
    assert set(KEYS) - set(flags()) == {"bias", "jump_p", "jump_d", "step", "step_sha256", *written}


@pytest.mark.parametrize("name", [name for name in flags() if name not in FILES])
def test_a_flag_reaches_the_layout(merged, name):
    quick = {k: v for k, v in QUICK.items() if not (name == "epochs" and k == "iterations")}
    values = {**quick, name: another(name)}
    values |= NEEDS.get(name, {})
    layout = merged(*as_arguments(values))
    assert layout == Layout.of(**values)
    assert name in QUICK or getattr(getattr(layout, HOMES[name]), name) != KEYS[name].default


def test_a_flag_can_be_taken_back(merged, tmp_path):
    (tmp_path / "my.toml").write_text(Layout.of(**QUICK, double_sided=True, account=True).to_toml())
    layout = merged("my.toml", "--no-double-sided")
    assert (layout.wires.double_sided, layout.gates.account) == (False, True)


def test_panels_come_in_order():
    import typer.main

    shown = [p.rich_help_panel for p in typer.main.get_command(cli.app).commands["run"].params[1:]]
    panels = list(dict.fromkeys(filter(None, shown)))
    own = [what.panel for what in SECTIONS.values() if what.panel not in PANELS]
    at = PANELS.index("")
    assert panels == [*PANELS[:at], *own, *PANELS[at + 1 :]]


def test_the_pages_can_be_printed_and_written(monkeypatch, capsys, tmp_path):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["xbarsim", *arguments])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        return (caught.value.code or 0, *capsys.readouterr())

    assert call("schema") == (0, GENERATED["netlists/layout.schema.json"](), "")
    assert call("reference") == (0, GENERATED["docs/reference/layout.md"](), "")
    assert call("reference", "compatibility") == (0, GENERATED["docs/reference/compatibility.md"](), "")
    code, out, err = call("reference", "layouts")
    assert (code, out) == (2, "")
    assert "did you mean 'layout'?" in err
    assert call("reference", "--write", str(tmp_path))[0] == 2
    for name in GENERATED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    assert call("reference", "--write", str(tmp_path))[0] == 0
    assert {Path(name): make() for name, make in GENERATED.items()} == {
        path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*.*")
    }
