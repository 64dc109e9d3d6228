"""What callers in Python give: every argument of another kind is told in one line, with the argument's name.

Functions that commands call, too, name the flags of the command line in what they refuse; a caller in Python gets the
name of the argument instead.
"""

from __future__ import annotations

import functools
import inspect
import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec, TypeVar

from . import checks
from .errors import LayoutError, XbarsimError, shown

P = ParamSpec("P")
R = TypeVar("R")
Check = Callable[[str, Any], object]
"""Looks at a value, and raises a `LayoutError` that begins with the name it is given."""


class _Switch:
    """On or off for all threads of the process: data are read in one of their own."""

    def __init__(self) -> None:
        self._on = False

    def get(self) -> bool:
        """Whether it is on."""
        return self._on

    def set(self, on: bool) -> bool:
        """Turn it on or off; returns what it was."""
        before, self._on = self._on, on
        return before


FLAGS = _Switch()
"""Whether whoever asks has given flags, as on the command line."""


def named(function: str, argument: str) -> str:
    """What an argument of a function is called where its value is refused: by its flag, if flags were given.

    >>> named("infer", "slice_bits")
    'infer.slice_bits'
    """
    return f"--{argument.replace('_', '-')}" if FLAGS.get() else f"{function}.{argument}"


_CALLED = {"map": "mapping", "range": "span", "set": "settings", "values": "over"}
"""Flags that are called otherwise as arguments."""


def arguments(**kinds: Check) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function check its arguments: a check for each name; those that are left out are not looked at.

    >>> @arguments(n=whole)
    ... def twice(n):
    ...     return 2 * n
    >>> twice(2.5)
    Traceback (most recent call last):
    xbarsim.base.errors.LayoutError: twice.n: expected a whole number, got 2.5; give digits only
    """

    def checked(function: Callable[P, R]) -> Callable[P, R]:
        signature, name = inspect.signature(function), function.__name__

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            given = signature.bind(*args, **kwargs).arguments  # a TypeError, as every function raises it
            for argument, check in kinds.items():
                if argument in given:
                    check(f"{name}.{argument}", given[argument])
            try:
                return function(*args, **kwargs)
            except XbarsimError as error:
                said = _without_flag(str(error), name)
                if said is None or FLAGS.get():
                    raise
                raise type(error)(said) from None

        return call

    return checked


def _without_flag(text: str, function: str) -> str | None:
    """The text with the argument's name where a flag stands; None if it begins with none."""
    found = re.match(r"--([a-z-]+)(?=[ :])", text)
    if found is None:
        return None
    flag = found.group(1)
    return f"{function}.{_CALLED.get(flag, flag.replace('-', '_'))}{text[found.end() :]}"


def _refuse(where: str, expected: str, value: object, do: str) -> LayoutError:
    return LayoutError(f"{where}: expected {expected}, got {shown(value)}; {do}")


def path(where: str, value: object) -> None:
    """A path of a file or folder."""
    if not isinstance(value, (str, os.PathLike)) or "\0" in str(os.fspath(value)):
        raise _refuse(where, "a path", value, "give a text or a pathlib.Path")


def text(where: str, value: object) -> None:
    """A text."""
    if not isinstance(value, str):
        raise _refuse(where, "a text", value, "write it in quotes")


def whole(where: str, value: object) -> None:
    """A whole number; its bounds are the function's own business."""
    checks.integer(where, value)


def number(where: str, value: object) -> None:
    """A finite number."""
    checks.number(where, value)


def truth(where: str, value: object) -> None:
    """True or False."""
    if not isinstance(value, bool):
        raise _refuse(where, "True or False", value, "give one of them")


def function(where: str, value: object) -> None:
    """Something that can be called."""
    if not callable(value):
        raise _refuse(where, "a function", value, "give one, or leave it out")


def optional(check: Check) -> Check:
    """None, or what another check asks for."""
    return lambda where, value: None if value is None else check(where, value)


def instance(kind: type | tuple[type, ...], what: str, do: str, other: Check | None = None) -> Check:
    """An object of a class; or what another check, which tells what is wrong, asks for."""

    def check(where: str, value: object) -> None:
        if isinstance(value, kind):
            return
        if other is not None:
            try:
                other(where, value)
            except LayoutError:
                pass
            else:
                return
        raise _refuse(where, what, value, do)

    return check


def several(check: Check, what: str, *, exactly: int | None = None, alone: bool = False) -> Check:
    """Several values, each of which a check asks for; or one `alone`.

    Parameters
    ----------
    check : function
    what : str
        What they are, in the plural.
    exactly : int, optional
        How many there have to be.
    alone : bool
        Whether one value without a list will do.
    """

    def look(where: str, value: Any) -> None:
        if alone:
            try:
                check(where, value)
            except LayoutError:
                pass
            else:
                return
        if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable) or not hasattr(value, "__len__"):
            many = f"{exactly}" if exactly else "a list of"
            raise _refuse(where, f"{many} {what}", value, "give a list, or a tuple")
        if exactly is not None and len([*value]) != exactly:
            raise _refuse(where, f"{exactly} {what}", value, f"give {exactly}")
        for one in value:
            check(where, one)

    return look
