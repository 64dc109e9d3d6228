"""A new rule is one file on each of three floors, and a line in three tables: it trains, resumes and replays.

The files of this folder are put into a copy of the project's sources, where no other file differs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import xbarsim.kernels

from ...conftest import JIT

HERE = Path(__file__).parent
ROOT = HERE.parents[2]

FILES = {
    "kernels/rules/coin.py": "kernel.py",
    "xbarsim/describe/rules/coin.py": "description.py",
    "xbarsim/learn/coin.py": "learn.py",
}

TABLES = {
    # file: the last line, and the one that comes after it
    "kernels/rules/table.py": (
        '    "software": software.MODULES,\n',
        '    "coin": (coin,),\n',
    ),
    "xbarsim/describe/rules/table.py": (
        '    "software": software.RULE,\n',
        '    "coin": coin.RULE,\n',
    ),
    "xbarsim/learn/table.py": (
        '    "software": software.kind_of,\n',
        '    "coin": coin.kind_of,\n',
    ),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A copy of the project with one more rule."""
    root = tmp_path_factory.mktemp("house")
    for name in ("xbarsim", "kernels", "netlists", "data"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    for path, source in FILES.items():
        shutil.copy(HERE / source, root / path)
    for path, (last, line) in TABLES.items():
        text = (root / path).read_text()
        imported = next(row for row in text.splitlines(keepends=True) if row.startswith("from . import "))
        assert text.count(last) == 1, path
        (root / path).write_text(text.replace(imported, imported[:-1] + ", coin\n").replace(last, last + line))
    for name in ("kernels", "netlists", "data"):  # where an installed package has them
        (root / "xbarsim" / name).symlink_to(root / name)
    return root


def play(house, *command, **environment):
    """What a command says whose xbarsim is that of `house`."""
    path = os.pathsep.join((str(house), str(ROOT)))
    answer = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=house,
        env={**os.environ, "PYTHONPATH": path, **environment},
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.mark.once
def test_no_other_file_differs(house):
    def sources(root):
        folders = (root / name for name in ("xbarsim", "kernels", "netlists", "data"))
        paths = [p for folder in folders for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
        return {p.relative_to(root).as_posix(): p.read_bytes() for p in paths}

    before, after = sources(ROOT), sources(house)
    assert after.keys() - before.keys() == FILES.keys()
    assert {name for name in before if before[name] != after[name]} == TABLES.keys()
    for name in TABLES:
        old, new = before[name].decode().splitlines(), after[name].decode().splitlines()
        assert len(new) == len(old) + 1
        assert len(set(new) - set(old)) == 2  # the import, and the line


@pytest.mark.once
def test_the_house_is_where_it_should_be(house):
    code = "import xbarsim, xbarsim.kernels.loop as k; print(xbarsim.__file__, k.__file__)"
    for place in play(house, "-c", code, NUMBA_DISABLE_JIT="1").split():
        assert Path(place).resolve().is_relative_to(house.resolve())
    assert not Path(xbarsim.kernels.__file__).is_relative_to(house)


@pytest.mark.skipif(JIT, reason="kernels are compiled anew for it: see the next test")
def test_it_trains_resumes_and_replays(house, tmp_path):
    assert play(house, "-m", "tests.rules.coin.play", str(tmp_path)).endswith("played\n")


@pytest.mark.slow
@pytest.mark.jit
def test_it_trains_resumes_and_replays_compiled(house, tmp_path):
    assert play(house, "-m", "tests.rules.coin.play", str(tmp_path), XBARSIM_CACHE=str(tmp_path / "cache")).endswith(
        "played\n"
    )


@pytest.mark.once
def test_the_command_line_knows_it(house, tmp_path):
    def say(*arguments):
        return play(house, "-m", "xbarsim", *arguments, NUMBA_DISABLE_JIT="1")

    out = str(tmp_path / "run.h5")
    say("run", "--layers", "2,2", "--dataset", "two-pixels", "--iterations", "20", "--eval-last", "1", "--rule", "coin",
        "--coin-bias", "0.25", "--batch", "2", "--account", "--out", out)  # fmt: skip
    assert "coin" in say("inspect", out)
    layout = tmp_path / "layout.toml"
    layout.write_text('[network]\nlayers = [2, 2]\n[pulses]\nrule = "coin"\n[coin]\ncoin_bias = 0.75\n')
    assert "coin" in say("check", str(layout))
    said = say("run", "--help-all")
    assert "--coin-bias" in said
    assert "Probability that a column fires." in said
    assert '"coin"' in say("schema")
