"""Outside its own files, tables, docs and studies no file names a concrete rule: a new rule edits none of the others.

Looked at is what the interpreter sees: texts that are the name of a rule, or that speak of ``rule NAME``; names of
classes, functions and attributes that contain it. Comments and docstrings are not code, and may explain.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import xbarsim.kernels

import xbarsim
from xbarsim.describe.reference import GENERATED  # made from the descriptions of all rules

RULES = ("sign", "crus", "bs", "stochastic", "tiki-taka", "ttv2", "c-ttv2", "agad", "mixed-precision", "software")
RULES += ("imported",)
OTHER_NAMES = {"binary": "bs", "carry": "bs", "backprop": "software"}  # a rule has one name; these were others

HOME = Path(xbarsim.__file__).parent
KERNELS = Path(xbarsim.kernels.__file__).parent
ROOT = HOME.parent

# Where a rule may be named: one literal table on every floor, the studies of papers, and files named after the rule.
TABLES = {"kernels/rules/table.py", "xbarsim/describe/rules/table.py", "xbarsim/learn/table.py"}
STUDIES = "xbarsim/study/"
EXECUTORS = {
    "study.py",
    "tasks.py",
    "trials.py",
    "clock.py",
    "orphans.py",
    "workers.py",
    "figure.py",
    "comparison.py",
}  # these run what they are given

pytestmark = pytest.mark.once


def own(path):
    """Rules that a file belongs to, by its name or its folder's: ``learn/crus.py``, ``rules/bs/infer.py``."""
    words = {word for part in (*path.parts[:-1], path.stem) for word in re.split(r"[_.]", part)}
    return {rule for rule in RULES if set(rule.split("-")) <= words}


def words_of(name):
    """Lower-case words of an identifier: ``BinaryState`` and ``is_binary`` are both made of them."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def named(tree):
    """(line, what) of every place that names a rule."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            text = node.value
            for rule in RULES:
                if text == rule or re.search(rf"\brules? ['\"`]*{rule}\b", text):
                    yield node.lineno, rule, text
        elif isinstance(node, (ast.Attribute, ast.Name, ast.ClassDef, ast.FunctionDef, ast.arg)):
            name = getattr(node, "attr", None) or getattr(node, "id", None) or getattr(node, "name", None) or node.arg
            words = words_of(name)
            for rule in RULES[1:]:  # a sign is a word of arithmetic, too
                if rule in words:
                    yield node.lineno, rule, name
            for other in set(words) & set(OTHER_NAMES):
                yield node.lineno, OTHER_NAMES[other], name


def offenders():
    """Every place outside its own files that names a rule."""
    found = []
    for folder in (HOME, KERNELS):
        for path in sorted(folder.rglob("*.py")):
            short = path.relative_to(ROOT)
            if short.as_posix() in TABLES | set(GENERATED) or (
                short.as_posix().startswith(STUDIES) and short.name not in EXECUTORS
            ):
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found += [
                f"{short}:{line}: {rule}: {what[:60]}" for line, rule, what in named(tree) if rule not in own(short)
            ]
    return found


def test_no_other_file_names_a_rule():
    places = offenders()
    assert not places, f"{len(places)} places name a rule:\n" + "\n".join(sorted(set(places)))
