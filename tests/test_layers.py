"""The house rules, tested: imports point one way, nothing goes round, every folder is packaged.

The order of the rooms is `ROOMS`, and nowhere else; a new module needs no entry here. Imports under ``TYPE_CHECKING``
and inside functions count as much as others when rooms are compared. There is no list of exceptions.
"""

from __future__ import annotations

import ast
import functools
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest
import xbarsim.kernels

import xbarsim

# From high to low: a module imports from its own room, and from those after it.
ROOMS = (
    "commands",
    "api",
    "explore",
    "handout",
    "show",
    "study",
    "spice",
    "after",
    "loop",
    "record",
    "learn",
    "elsewhere",
    "data_sets",
    "measure",
    "arrays",
    "describe",
    "base",
    "kernels",
)
# The same of the folders of kernels/, from high to low; `loop` stands for the files of kernels/ itself.
FLOORS = ("loop", "path", "batch", "lines", "rules", "way", "circuit", "pair", "device", "reads", "base")
OUTSIDE = {"__init__", "__main__", "_source_tree", "_version", "nonlinearity"}  # modules that lie in no room
# What kernels import from elsewhere; _jit.py alone names Numba; _cache.py and _lock.py ask the system for things.
EXTERNAL = {"__future__", "collections.abc", "functools", "inspect", "math", "numpy", "types", "typing"}

HOME = Path(xbarsim.__file__).parent
KERNELS = Path(xbarsim.kernels.__file__).parent
pytestmark = pytest.mark.once


class Import(NamedTuple):
    """One imported module of this package."""

    target: str
    line: int
    at_run_time: bool  # not under TYPE_CHECKING


@functools.cache
def modules():
    """Path of every module by its name: ``learn.crus``, ``kernels.base._jit``; of an ``__init__`` the folder's."""
    found = {}
    for root, first in ((HOME, ()), (KERNELS, ("kernels",))):
        for path in sorted(root.rglob("*.py")):
            parts = (*first, *path.relative_to(root).with_suffix("").parts)
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return {
        name: path for name, path in found.items() if path.is_relative_to(KERNELS) or name.split(".")[0] != "kernels"
    }


@functools.cache
def imports(name):
    """All imports of this package that a module has, wherever they stand in it."""
    path = modules()[name]
    folder = name.split(".") if path.stem == "__init__" and name else name.split(".")[:-1]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    unreal = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            unreal.update(map(id, ast.walk(node)))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            if node.level:
                base = folder[: len(folder) - node.level + 1]
                assert node.level <= len(folder) + 1, f"{path}:{node.lineno} leaves the package"
            elif (node.module or "").split(".")[0] == "xbarsim":
                base = []
            else:
                continue
            base = [*base, *(node.module or "").split(".")] if node.module else base
            targets = [".".join([*base, alias.name]).removeprefix("xbarsim.") for alias in node.names]
            # What is no module is a name of the module it is taken from.
            targets = [t if t in modules() else ".".join(base).removeprefix("xbarsim.") for t in targets]
        elif isinstance(node, ast.Import):
            targets = [a.name.removeprefix("xbarsim.") for a in node.names if a.name.split(".")[0] == "xbarsim"]
        else:
            continue
        for target in targets:
            assert target in modules(), f"{path}:{node.lineno} imports {target}, which is no module of this package"
            found.append(Import(target, node.lineno, id(node) not in unreal))
    return found


def room(name):
    """The room of a module; of those that lie in none, the empty name."""
    first = name.split(".")[0]
    return "" if first in OUTSIDE else first


def floor(name):
    """The folder of kernels/ that a module of it lies in."""
    parts = name.split(".")[1:]
    return parts[0] if len(parts) > 1 or (modules()[name].stem == "__init__" and parts) else "loop"


def rounds(names):
    """Imports at run time that lead back to where they began, among some modules: one path for each that is found."""
    state, found = {}, []

    def visit(name, path):
        state[name] = "open"
        for target in sorted({i.target for i in imports(name) if i.at_run_time and i.target in names} - {name}):
            if state.get(target) == "open":
                found.append(" -> ".join([*path[path.index(target) :], target]))
            elif target not in state:
                visit(target, [*path, target])
        state[name] = "done"

    for name in sorted(names):
        if name not in state:
            visit(name, [name])
    return found


def test_every_module_lies_in_a_room():
    assert {room(name) for name in modules()} - {""} == set(ROOMS)
    assert {path.stem for path in HOME.glob("*.py")} == OUTSIDE


@pytest.mark.parametrize("name", ROOMS)
def test_imports_point_down(name):
    below = ROOMS[ROOMS.index(name) :]
    for module in modules():
        if room(module) != name:
            continue
        for i in imports(module):
            where = f"{modules()[module]}:{i.line} imports {i.target or 'xbarsim'}"
            assert room(i.target) in below or i.target == "_version", f"{where}, which is not below {name}"


def test_no_two_rooms_import_each_other():
    pairs = {(room(module), room(i.target)) for module in modules() for i in imports(module)}
    assert [pair for pair in pairs if pair[0] < pair[1] and pair[::-1] in pairs and "" not in pair] == []


@pytest.mark.parametrize("name", [name for name in ROOMS if name != "kernels"])
def test_nothing_goes_round_in_a_room(name):
    assert rounds({module for module in modules() if room(module) == name}) == []


@pytest.mark.parametrize("name", FLOORS)
def test_imports_point_down_in_kernels(name):
    below = FLOORS[FLOORS.index(name) :]
    for module in modules():
        if room(module) != "kernels" or floor(module) != name:
            continue
        for i in imports(module):
            where = f"{modules()[module]}:{i.line} imports {i.target}"
            assert floor(i.target) in below, f"{where}, which is not below {name}"


def test_nothing_goes_round_in_kernels():
    names = {module for module in modules() if room(module) == "kernels"}
    assert {floor(name) for name in names} == set(FLOORS)
    assert rounds(names) == []


def test_kernels_import_nothing_but_numpy():
    for name, path in modules().items():
        if room(name) != "kernels":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                outer = [node.module]
            else:
                outer = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert path.stem in ("_jit", "_inner", "_cache", "_lock") or set(outer) <= EXTERNAL, (
                f"{path}:{node.lineno} imports {outer}"
            )


def test_package_list_is_complete():
    root = HOME.parent
    if not (root / "pyproject.toml").exists():
        pytest.skip("runs in a checkout")
    tool = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]
    top = {path.parent.name for path in root.glob("*/__init__.py")} - {"tests"}
    folders = {path.parent.relative_to(root) for first in top for path in (root / first).rglob("__init__.py")}
    names = {".".join(folder.parts) for folder in folders}
    assert sorted(tool["packages"]) == sorted(n if n.split(".")[0] == "xbarsim" else f"xbarsim.{n}" for n in names)
    # A folder of the top level is mapped into the package; what lies in it follows.
    assert tool["package-dir"] == {("xbarsim" if name == "xbarsim" else f"xbarsim.{name}"): name for name in top}
    code = {path.parent.relative_to(root) for first in ("xbarsim", "kernels") for path in (root / first).rglob("*.py")}
    assert code <= folders, "a folder with code lacks its __init__.py"


def test_public_names_have_runnable_examples():
    for name in xbarsim.__all__:
        thing = getattr(xbarsim, name)
        if name != "__version__":
            assert thing.__doc__, name
            assert ">>>" in thing.__doc__, f"{name} has no example"
