"""Every kernel has a twin.

Code that stands in for a stage (see kernels/base/stage.py) is covered by the twins of the whole loop, and needs none of
its own; nor does what declares stages.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

from xbarsim import kernels

from .. import naive

pytestmark = pytest.mark.jit  # without the compiler a kernel is a function like any other

PLAIN = ("xbarsim.kernels.base.stage",)  # functions about functions


def public_functions():
    """(module, name, what it is in the module, the plain function) of all that a module of kernels defines."""
    for info in pkgutil.walk_packages(kernels.__path__, "xbarsim.kernels."):
        if info.ispkg or "._" in info.name or info.name in PLAIN:
            continue
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            function = getattr(value, "py_func", value)
            if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_"):
                yield info.name, name, value, function


def stages():
    """{name: tables} of all stages; the same name may be declared with several tables."""
    found = {}
    for _, name, _, function in public_functions():
        if hasattr(function, "chosen_from"):
            found.setdefault(name, []).append(function.chosen_from)
    return found


def stands_in(name, value, tables):
    """Whether a function is what one of the tables gives for the stage of this name."""
    return any(getattr(module, name, None) is value for table in tables for module in table.values())


def test_every_public_kernel_has_a_naive_twin():
    declared, missing, found, exempt = stages(), [], 0, 0
    for module, name, value, function in public_functions():
        compiled = hasattr(value, "py_func")
        if hasattr(function, "chosen_from") or (not compiled and stands_in(name, value, declared.get(name, ()))):
            exempt += 1
            continue
        found += 1
        if not callable(getattr(naive, name, None)):
            missing.append(f"{module}.{name}")
    assert missing == []
    assert found > 150
    assert len(declared) > 50
    assert exempt > 150


def test_what_stands_in_for_a_stage_has_its_arguments():
    for name, tables in stages().items():
        for table in tables:
            for kind, module in table.items():
                found = getattr(module, name, None)
                if found is not None:
                    assert kind._fields, "a stage is chosen by a NamedTuple"
                    assert inspect.isfunction(getattr(found, "py_func", found)), f"{module.__name__}.{name}"
