"""Twins that are broken on purpose: what checks a twin has to notice."""

from __future__ import annotations

import inspect
import types

import pytest


def mutant(module, old, new):
    """A copy of a module in which one piece of the source reads differently."""
    source = inspect.getsource(module)
    assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in {module.__name__}"
    copy = types.ModuleType(module.__name__)
    copy.__package__ = module.__package__
    copy.__file__ = module.__file__
    exec(compile(source.replace(old, new), f"<{old!r} -> {new!r}>", "exec"), copy.__dict__)  # the project's own source
    return copy


def notices(check, module, old, new):
    """The check holds for the module, and does not for its mutant."""
    check(module)
    with pytest.raises((AssertionError, LookupError, ArithmeticError)):
        check(mutant(module, old, new))
