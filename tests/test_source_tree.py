"""Python that is started in a clone: the whole package is that clone's, whatever is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOP = ("xbarsim", "kernels", "netlists", "data")
pytestmark = pytest.mark.once

USE = """
import sys
from importlib.resources import files
from pathlib import Path
import xbarsim
from xbarsim.describe.device_files import presets
assert xbarsim.load_dataset("digits").classes == 10
layout = xbarsim.Layout.of(layers=(2, 2), iterations=3, eval_last=1, dataset="two-pixels")
assert xbarsim.run(layout).iterations == 3
assert layout.with_device(next(iter(presets()))) != layout
assert xbarsim.Layout.from_toml(str(files("xbarsim.netlists") / "pair-2x2.toml")).network.layers
from xbarsim.study.paper import source
assert source()
names = [name for name in sys.modules if name.split(".")[0] in ("xbarsim", "kernels", "netlists", "data")]
assert not [name for name in names if name.split(".")[0] != "xbarsim"], names
found = [Path(sys.modules[name].__file__).resolve() for name in names]
assert len(set(found)) == len(found), "a file is loaded under two names"
assert {"kernels", "netlists", "data"} <= {name.split(".")[1] for name in names if "." in name}
print(*sorted({str(path.parents[0]) for path in found}), sep="\\n")
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A copy of the source tree, as a clone has it."""
    root = tmp_path_factory.mktemp("clone")
    for name in TOP:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "tests").mkdir()
    (root / "tests" / "__init__.py").touch()
    return root


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """What a plain install puts into site-packages."""
    site = tmp_path_factory.mktemp("site")
    for name in TOP:
        target = site / "xbarsim" / ("" if name == "xbarsim" else name)
        shutil.copytree(ROOT / name, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return site


def python(*arguments, cwd, path=None):
    env = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    env.pop("PYTHONSAFEPATH", None)
    env |= {} if path is None else {"PYTHONPATH": str(path)}
    return subprocess.run([sys.executable, *arguments], cwd=cwd, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("installed", [True, False], ids=["installed", "not installed"])
def test_all_of_the_package_is_the_clones(clone, site, installed):
    done = python("-c", USE, cwd=clone, path=site if installed else None)
    assert done.returncode == 0, done.stderr
    assert all(Path(line).is_relative_to(clone.resolve()) for line in done.stdout.split()), done.stdout


def test_elsewhere_it_is_what_is_installed(clone, site, tmp_path):
    done = python("-c", USE, cwd=tmp_path, path=site)
    assert done.returncode == 0, done.stderr
    assert all(Path(line).is_relative_to(site.resolve()) for line in done.stdout.split()), done.stdout


def test_the_module_runs_there(clone):
    assert python("-m", "xbarsim", "--version", cwd=clone).stdout.startswith("xbarsim ")
    done = python("-m", "xbarsim", "check", "netlists/pair-2x2.toml", "--json", cwd=clone)
    assert done.returncode == 0, done.stderr


def test_nothing_else_beside_it_is_a_part_of_it(clone):
    code = "import xbarsim; from importlib.util import find_spec as f; print(f('xbarsim.tests'), f('xbarsim.xbarsim'))"
    assert python("-c", code, cwd=clone).stdout == "None None\n"
