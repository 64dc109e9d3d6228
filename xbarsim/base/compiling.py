"""Says when kernels are compiled: the compiler itself tells, so that it is said where it is true, and nowhere else."""

from __future__ import annotations

import contextlib
import contextvars
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

from .notes import Patience

TAKES = "5 to 40 s, with curved devices on wires up to 2 min"
"""What a combination takes."""
TEXT = f"Compiling kernels for this machine, once for this combination: {TAKES} ..."
_AGAIN = 60.0  # s after which it is said anew: one kernel after another may be compiled for the same purpose
_SAID_BY_OTHERS = contextvars.ContextVar("_SAID_BY_OTHERS", default=False)
_listening = False
_said_at = -_AGAIN
_open: list[AbstractContextManager[None] | None] = []  # functions that are being compiled


@contextlib.contextmanager
def said_by_others() -> Iterator[None]:
    """While this lasts somebody else says that it is compiled."""
    before = _SAID_BY_OTHERS.set(True)
    try:
        yield
    finally:
        _SAID_BY_OTHERS.reset(before)


def listen() -> None:
    """Say from now on when something is compiled for longer than a moment; importing it loads Numba."""
    global _listening
    if _listening:
        return
    _listening = True
    from numba.core import event  # noqa: TID251 - what the compiler tells, not the compiler

    teller = _Teller()

    class Listener(event.Listener):  # type: ignore[misc]
        """Hears the compiler; machine code that is loaded makes no event."""

        def on_start(self, event: Any) -> None:
            teller.begins()

        def on_end(self, event: Any) -> None:
            teller.ends()

    event.register("numba:compile", Listener())


def _note_said() -> None:
    global _said_at
    _said_at = time.monotonic()


def is_said() -> bool:
    """Whether it was said a moment ago, which then need not be said again."""
    return time.monotonic() - _said_at < _AGAIN


def is_under_way() -> bool:
    """Whether something is compiled right now."""
    return bool(_open)


class _Teller:
    """Says it; what is compiled for another function, while that is, counts with it."""

    def __init__(self) -> None:
        self._patience, self._last = Patience(TEXT, told=_note_said), 0.0

    def begins(self) -> None:
        """The compiler begins with a function."""
        waiting = None
        if not _open and not _SAID_BY_OTHERS.get():
            if time.monotonic() - self._last > _AGAIN:
                self._patience = Patience(TEXT, told=_note_said)
            waiting = self._patience.waiting()
            waiting.__enter__()
        _open.append(waiting)

    def ends(self) -> None:
        """It has ended with the function that it began with last."""
        waiting = _open.pop() if _open else None
        if waiting is not None:
            self._last = time.monotonic()
            waiting.__exit__(None, None, None)
