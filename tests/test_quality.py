"""Lint, types of the installed wheel, and what the wheel and sdist hold."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.quality


def call(*command, cwd=ROOT, **environment):
    answer = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def test_ruff():
    call(sys.executable, "-m", "ruff", "check", ".")


def test_ruff_format():
    call(sys.executable, "-m", "ruff", "format", "--check", ".")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    # Through an sdist, as a release is made: what the sdist lacks, the wheel lacks.
    call(sys.executable, "-m", "build", "--outdir", str(out), str(ROOT))
    return next(out.glob("*.whl"))


def test_wheel_holds_what_it_needs(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, target in (("xbarsim", "xbarsim"), ("kernels", "xbarsim/kernels"), ("netlists", "xbarsim/netlists")):
        for path in (ROOT / folder).iterdir():
            if path.suffix in (".py", ".toml"):
                assert f"{target}/{path.name}" in names
    pages = {f"xbarsim/explore/page/{path.name}" for path in (ROOT / "xbarsim/explore/page").iterdir()}
    assert len(pages) == 8
    assert pages <= names
    assert {f"xbarsim/handout/page/{name}" for name in ("report.html", "style.css")} <= names
    assert {"xbarsim/data/digits.npz", "xbarsim/py.typed", "xbarsim/data/README.md"} <= names
    assert not any(name.split("/")[0] in ("tests", "kernels", "data", "netlists") for name in names)


def test_types_of_the_installed_wheel(wheel, tmp_path):
    """mypy cannot see through the editable install, so it gets the wheel's contents, from another folder."""
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    call(
        sys.executable,
        "-m",
        "mypy",
        "--config-file",
        str(ROOT / "pyproject.toml"),
        "-p",
        "xbarsim",
        cwd=tmp_path,
        MYPYPATH=str(site),
    )
    # Keywords of layouts are known to whoever uses the package.
    (tmp_path / "use.py").write_text("import xbarsim\n\nxbarsim.Layout.of(layers=(2, 2), bta=1.0, n_max='many')\n")
    command = (sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), "use.py")
    answer = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ, "MYPYPATH": str(site)}
    )
    assert 'Unexpected keyword argument "bta"' in answer.stdout, answer.stdout + answer.stderr
    assert 'Argument "n_max" to "of" of "Layout" has incompatible type "str"' in answer.stdout
