"""What README and docs show runs: their Python, and all commands of the tour.

`COVERED` are the blocks that a test here runs, or that are part of one; tests/test_docs.py asks of every other block
that it says why it is not run.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import xbarsim
from xbarsim.commands import main as cli

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
TOUR = (ROOT / "docs" / "tour.md").read_text()
DEVICES = (ROOT / "docs" / "devices.md").read_text()
HOWTO = {path.stem: path.read_text() for path in sorted((ROOT / "docs" / "howto").glob("*.md"))}
NOT_RUN = "<!-- not run: "  # stands before a block that no test runs, with the reason


def blocks(text, language):
    """Code blocks of a page that are of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def run_blocks(text, language):
    """Those of them that do not say why they are not run."""
    found = re.finditer(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    before = ((text[: block.start()].rstrip().rsplit("\n", 1)[-1], block[1]) for block in found)
    return [block for line, block in before if not line.startswith(NOT_RUN)]


def commands(text):
    """Calls of xbarsim in the shell blocks of a page, as words."""
    lines = "".join(run_blocks(text, "sh")).splitlines()
    return [line.split("#")[0].split() for line in lines if line.startswith("xbarsim ")]


SETUP = [block for block in blocks(README, "sh") if "pip install" in block]  # what .ci/run, or a new user, does
SHORT = [block for block in blocks(README, "sh") if block not in SETUP] + blocks(README, "python")
COVERED = [*SETUP, *SHORT, *blocks(TOUR, "sh"), blocks(TOUR, "python")[0], *blocks(DEVICES, "python")]
COVERED += [block for text in HOWTO.values() for language in ("sh", "python") for block in run_blocks(text, language)]
SHORTER = ("reproduce", "compare", "compare-devices", "sweep", "limits")  # commands that train several networks


def test_the_readme_shows_parts_of_the_tour():
    """The tour in docs is run, so the README's is true."""
    assert len(SETUP) == 2
    assert len(commands(README)) == 11
    assert [c for c in commands(README) if c not in commands(TOUR)] == []
    assert [b for b in blocks(README, "python") if not blocks(TOUR, "python")[0].startswith(b)] == []


def test_the_readme_has_the_test_command():
    """.ci/run takes it from there."""
    block = README.split("<!-- test command -->\n", 1)[1]
    assert block.startswith("```sh\npip install -e '.[test]' && pytest")


@pytest.mark.jit
def test_the_python_example_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, _ = blocks(TOUR, "python")  # the other one says why it is not run
    namespace = {}
    exec(compile(code, "docs/tour.md", "exec"), namespace)
    assert namespace["g_plus"].shape == (785, 200)
    assert len(namespace["history"].g_plus) == 60_001
    assert len(namespace["i_plus"]) == 2
    assert 0.9 < float(capsys.readouterr().out) < 1.0


@pytest.mark.jit
def test_the_users_own_step_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (code,) = blocks(DEVICES, "python")
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
    lines = commands(TOUR)
    assert len(lines) == 35
    for line in lines:
        code, _, err = result_of(line, monkeypatch, capsys)
        assert code == 0, (line, err)


def result_of(line, monkeypatch, capsys, iterations="400"):
    """(exit code, output, errors) of a command, with short runs on the embedded digits if it trains."""
    several = line[1] in SHORTER
    trains = (line[1] == "run" or several) and "--resume" not in line
    short = ["--iterations", "50" if several and line[1] != "reproduce" else iterations] if trains else []
    short += ["--dataset", "digits"] if trains and "--dataset" not in line else []
    short += ["--seeds", "1", "--workers", "1"] if several else []
    arguments = ["200" if word == "31415" else word for word in line]
    monkeypatch.setattr("sys.argv", [*arguments, *short])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    return caught.value.code or 0, *capsys.readouterr()


@pytest.fixture(scope="module")
def at_hand(tmp_path_factory):
    """What the short answers start from: a run, a measurement, data."""
    folder = tmp_path_factory.mktemp("howto")
    layout = xbarsim.Layout.of(layers=(784, 20, 10), dataset="digits", iterations=200, eval_last=5)
    xbarsim.run(layout, out=folder / "run.h5")
    states = xbarsim.Device(n_max=30, beta=2.0).staircase()
    curve = "\n".join(f"{n},{g}" for n, g in enumerate([*states, *states[::-1][1:]]))
    (folder / "measured.csv").write_text("pulse,G (S)\n" + curve)
    (folder / "mydata").mkdir()
    rng = np.random.default_rng(0)
    np.savez(folder / "weights.npz", a=rng.normal(size=(10, 784)), b=np.zeros(10))
    for part in ("train", "test"):
        rows = [",".join(map(str, [n % 10, *rng.integers(0, 256, 784)])) for n in range(40)]
        head = ",".join(["label", *(f"p{k}" for k in range(784))])
        (folder / "mydata" / f"{part}.csv").write_text("\n".join([head, *rows]))
    return folder


@pytest.mark.jit
@pytest.mark.parametrize("page", HOWTO)
def test_short_answers_are_right(page, at_hand, tmp_path, monkeypatch, capsys):
    """All blocks of a page, in a folder that has what the pages start from."""
    pytest.importorskip("matplotlib")
    for path in at_hand.iterdir():
        (tmp_path / path.name).symlink_to(path) if path.is_dir() else shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    for line in commands(HOWTO[page]):
        code, _, err = result_of(line, monkeypatch, capsys, iterations="60")
        assert code == 0, (line, err)
    for block in run_blocks(HOWTO[page], "python"):
        exec(compile(block, f"docs/howto/{page}.md", "exec"), {})
