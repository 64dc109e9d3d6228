"""The house rules, tested: imports point one way, and every mapped folder is packaged."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

import xbarsim

HOME = Path(xbarsim.__file__).parent
KERNELS = Path(xbarsim.kernels.__file__).parent if hasattr(xbarsim, "kernels") else None

# A module may import modules of its own rank or lower at run time. `errors` and `_version` are for all.
RANK = {
    "errors": 0, "_version": 0, "kernels": 1, "rules": 1, "checks": 1, "trace_format": 1,
    "laws": 2, "devices": 2, "variation": 5, "datasets": 2, "journal": 2, "sections": 3, "device_files": 3, "layout": 4, "download": 3,
    "array": 5, "circuit": 5, "board": 5, "evaluators": 5, "network": 5, "curves": 5, "software": 6, "binary": 6, "digits": 6, "sections_bs": 3, "energy_bs": 1, "energy_constants": 1, "energy_report": 1, "study_bs": 12, "figures_bs": 13, "sections_crus": 3, "crus": 6, "states": 6, "tune": 10, "figures_tune": 11, "cli_tune": 13, "study_crus": 10, "trace": 7, "trace_writer": 7, "results": 1, "files": 1, "order": 5,
    "simulate": 8, "offchip": 8, "aging": 8, "spice": 8, "study": 9, "figures": 9, "report": 9, "paper": 10, "reproduction": 11,
    "figures_wires": 10, "figures_aging": 10, "figures_paper": 12, "views": 12, "cli_app": 12, "cli_run": 13, "cli_look": 13, "cli_study": 13, "cli_circuit": 13, "cli": 14,
    "measured_formats": 2, "trace_arc": 2, "measured_columns": 3, "measured_cut": 3, "fit_model": 3, "nonlinearity": 3, "measured": 4, "fit_law": 4, "fit_table": 4, "fit_side": 5,
    "fit": 6, "fit_file": 9, "figures_fit": 10, "cli_fit": 13,
    "device_cards": 6, "comparison": 10, "figures_devices": 11, "views_devices": 12, "cli_devices": 13,
    "costs": 7, "rule_comparison": 11, "figures_rules": 12, "views_rules": 13, "cli_rules": 14,
    "__main__": 15, "__init__": 15,
}  # fmt: skip


def imported(path, *, everywhere):
    """(module, line) of each import of this package, as the first name below ``xbarsim``."""
    tree = ast.parse(path.read_text())
    skipped = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            skipped.update(map(id, ast.walk(node)))
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            for name in [node.module] if node.module else [alias.name for alias in node.names]:
                yield name.split(".")[0], node.lineno
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("xbarsim."):
            yield node.module.split(".")[1], node.lineno
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("xbarsim."):
                    yield alias.name.split(".")[1], node.lineno


def test_every_module_has_a_rank():
    assert {p.stem for p in HOME.glob("*.py")} == set(RANK) - {"kernels"}


@pytest.mark.parametrize("path", sorted(HOME.glob("*.py")), ids=lambda p: p.stem)
def test_imports_point_down(path):
    for name, line in imported(path, everywhere=True):
        if name in RANK:
            assert RANK[name] <= RANK[path.stem], f"{path.name}:{line} imports {name}, which is above it"


def test_kernels_import_nothing_of_xbarsim():
    import xbarsim.kernels

    folder = Path(xbarsim.kernels.__file__).parent
    names = {p.stem for p in folder.glob("*.py")}
    allowed = {"__future__", "typing", "math", "numpy"}
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == 1:
                targets = [node.module] if node.module else [alias.name for alias in node.names]
                assert set(targets) <= names, f"{path.name}:{node.lineno}"
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path.name}:{node.lineno} leaves its folder"
                assert path.stem == "_jit" or node.module in allowed, f"{path.name}:{node.lineno} imports {node.module}"
            elif isinstance(node, ast.Import) and path.stem != "_jit":
                assert {alias.name for alias in node.names} <= allowed, f"{path.name}:{node.lineno}"


def test_package_list_is_complete():
    root = HOME.parent
    if not (root / "pyproject.toml").exists():
        pytest.skip("runs in a checkout")
    tool = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]
    mapped = {name.removeprefix("xbarsim.") for name in tool["packages"]} - {"xbarsim"}
    folders = {p.parent.name for p in root.glob("*/__init__.py")} - {"xbarsim", "tests"}
    assert mapped == folders
    assert {f"xbarsim.{name}" for name in folders} | {"xbarsim"} == set(tool["package-dir"])
    nested = [p for p in HOME.rglob("__init__.py") if p.parent != HOME]
    assert nested == []


def test_public_names_have_runnable_examples():
    for name in xbarsim.__all__:
        thing = getattr(xbarsim, name)
        if name != "__version__":
            assert thing.__doc__, name
            assert ">>>" in thing.__doc__, f"{name} has no example"
