"""Notes for whoever listens to the logger "xbarsim": the command line prints them, a program may collect them."""

from __future__ import annotations

import contextlib
import contextvars
import logging
import multiprocessing
from collections.abc import Iterator

_heard: contextvars.ContextVar[list[str] | None] = contextvars.ContextVar("heard", default=None)
_told: set[str] = set()


def note(text: str) -> None:
    """Say what a user should know and need not act on. Worker processes leave that to their parent."""
    heard = _heard.get()
    if heard is not None:
        heard.append(text)
    elif multiprocessing.parent_process() is None:
        _told.add(text)
        logging.getLogger("xbarsim").info(text)


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
