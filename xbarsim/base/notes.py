"""Notes for whoever listens to the logger "xbarsim": the command line prints them, a program may collect them.

What takes long is said where nobody listens, too, on the standard error, which notebooks show: `say`. Whoever wants
none of it sets the logger's level to WARNING.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import multiprocessing
import sys
import threading
import time
from collections.abc import Callable, Iterator

_LOG = logging.getLogger("xbarsim")
_MUTED = contextvars.ContextVar("_MUTED", default=False)
_heard: contextvars.ContextVar[list[str] | None] = contextvars.ContextVar("heard", default=None)
_told: set[str] = set()
PATIENCE = 2.0
"""Seconds that pass without a word."""


def note(text: str) -> None:
    """Say what a user should know and need not act on. Worker processes leave that to their parent."""
    heard = _heard.get()
    if heard is not None:
        heard.append(text)
    elif multiprocessing.parent_process() is None:
        _told.add(text)
        _LOG.info(text)


def was_told(text: str) -> bool:
    """Whether this process has said just that."""
    return text in _told


@contextlib.contextmanager
def collected() -> Iterator[list[str]]:
    """Notes of what is done meanwhile, which are kept instead of said: of many runs whoever knows which says them."""
    heard: list[str] = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)


def say(text: str) -> None:
    """Say what goes on, so that nobody takes waiting for hanging: to whoever listens, or on the standard error."""
    if _MUTED.get() or multiprocessing.parent_process() is not None:
        return
    if _LOG.hasHandlers() or _LOG.level != logging.NOTSET:
        _LOG.info(text)
        return
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print(f"xbarsim: {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def muted(quiet: bool = True) -> Iterator[None]:
    """While this lasts, if `quiet`, nothing is said."""
    before = _MUTED.set(quiet or _MUTED.get())
    try:
        yield
    finally:
        _MUTED.reset(before)


class Patience:
    """Says something once, when all that was waited for has taken longer than a moment.

    Parameters
    ----------
    text : str
    told : function
        Called when it is said.
    unless : function
        Whether what takes long is something else, of which others tell.
    """

    def __init__(
        self, text: str, *, told: Callable[[], None] = lambda: None, unless: Callable[[], bool] = lambda: False
    ) -> None:
        self._text, self._told, self._unless, self._left, self._depth = text, told, unless, PATIENCE, 0

    def _say(self) -> None:
        if not self._unless():
            say(self._text)
            self._told()

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """While this lasts somebody waits."""
        if self._left <= 0.0 or self._depth:
            yield
            return
        here = contextvars.copy_context()  # a thread does not know what is muted
        timer = threading.Timer(self._left, here.run, (self._say,))
        timer.daemon = True
        begin, self._depth = time.monotonic(), 1
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            self._depth = 0
            self._left -= time.monotonic() - begin
