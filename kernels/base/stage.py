"""Stages: functions whose code is chosen, at compile time, by the type of their first argument.

A stage is declared once, with its documentation and a default body::

    @stage(RULES)
    def begin(rule, array, geometry, layer, now):
        '''What happens before the reads of an iteration.'''
        return 0, 0

`RULES` maps the NamedTuple classes that may come first to modules. Where the module of the class has a function
``begin``, that one is compiled into the caller; else the default body is. Numba compiles a loop that calls stages once
for each combination of types, and only the code that this combination needs. No function is passed as an argument, so
the machine code stays in the on-disk cache.

Names of arguments have to be the same in a stage and in what stands in for it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from ._jit import JIT, chosen_by_type


def implementation(function: Callable[..., Any], table: Mapping[type, ModuleType], kind: type) -> Callable[..., Any]:
    """What stands in for the stage `function` where its first argument is a `kind`."""
    if kind not in table:
        known = ", ".join(sorted(c.__name__ for c in table))
        raise TypeError(
            f"stage {function.__name__}: expected one of {known}, got {kind.__name__}; give it a line in the table"
        )
    found: Callable[..., Any] = getattr(table[kind], function.__name__, function)
    if list(inspect.signature(found).parameters) != list(inspect.signature(function).parameters):
        raise TypeError(
            f"{table[kind].__name__}.{function.__name__}: expected the arguments of the stage, "
            f"{inspect.signature(function)}, got {inspect.signature(found)}"
        )
    return found


def stage(table: Mapping[type, ModuleType]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a stage; `table` maps classes of first arguments to the modules that have code for them."""

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.cache  # without the compiler every call comes here
        def choose(kind: type) -> Callable[..., Any]:
            found = implementation(function, table, kind)
            return getattr(found, "py_func", found)

        vars(function)["chosen_from"] = table
        if JIT:
            return chosen_by_type(function, choose)

        @functools.wraps(function)
        def call(first: Any, *rest: Any) -> Any:
            kind: Any = type(first)
            return choose(kind)(first, *rest)

        return call

    return declare


def where(
    table: Mapping[type, ModuleType], name: str, otherwise: Callable[..., Any]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare code that is needed only where the module of the first argument's class has a function `name`; else
    `otherwise` is called.

    So nobody compiles, or waits for, what surrounds a stage that does nothing.
    """

    def declare(function: Callable[..., Any]) -> Callable[..., Any]:
        body = getattr(function, "py_func", function)

        def choose(kind: type) -> Callable[..., Any]:
            found: Callable[..., Any] = body if hasattr(table[kind], name) else otherwise
            return found

        vars(body)["chosen_from"] = table
        if JIT:
            return chosen_by_type(body, choose)

        @functools.wraps(body)
        def call(first: Any, *rest: Any) -> Any:
            return choose(type(first))(first, *rest)

        return call

    return declare
