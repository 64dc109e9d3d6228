"""The README is true: its Python runs, its commands exist, and its map shows the files that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from xbarsim.commands import main as cli

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


@pytest.mark.jit
def test_the_python_example_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[0]
    namespace = {}
    exec(compile(code, "README.md", "exec"), namespace)
    assert namespace["g_plus"].shape == (785, 200)
    assert len(namespace["history"].g_plus) == 60_001
    assert len(namespace["i_plus"]) == 2
    assert 0.9 < float(capsys.readouterr().out) < 1.0


@pytest.mark.jit
def test_the_users_own_step_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[1]
    Path("mydevice.py").write_text(code)
    command = code.splitlines()[0].split("; ")[1].split()
    short = ["--iterations", "50", "--dataset", "digits", "--no-trace", "--eval-last", "1"]
    monkeypatch.setattr("sys.argv", [*command, *short])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 0, capsys.readouterr().err


@pytest.mark.jit
def test_the_tour_runs(tmp_path, monkeypatch, capsys):
    """All lines, with shorter runs on the embedded digits."""
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    for folder in ("netlists", "data"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    tour = README.split("## A tour")[1].split("```")[1]
    lines = [line.split("#")[0].split() for line in tour.splitlines() if line.startswith("xbarsim")]
    assert len(lines) == 24
    for line in lines:
        several = line[1] in ("reproduce", "compare", "compare-devices", "sweep")
        trains = (line[1] == "run" or several) and "--resume" not in line
        short = (
            ["--iterations", "50" if several and line[1] != "reproduce" else "400", "--dataset", "digits"]
            if trains
            else []
        )
        short += ["--seeds", "1", "--workers", "1"] if several else []
        short += ["--devices", "lim2019-beta0,lim2019-beta3"] if line[1] == "compare-devices" else []
        arguments = ["200" if word == "31415" else word for word in line]
        monkeypatch.setattr("sys.argv", [*arguments, *short])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        assert caught.value.code == 0, (line, capsys.readouterr().err)


def test_the_map_shows_every_file():
    shown = README.split("## How it is built")[1].split("```")[1]
    for folder in ("kernels", "xbarsim"):
        for path in (ROOT / folder).glob("*.py"):
            if not path.name.startswith("__") and path.name not in ("_version.py", "errors.py", "checks.py"):
                assert path.name in shown, f"{folder}/{path.name} is not on the map"
