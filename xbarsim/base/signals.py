"""Signals that ask a program to end, and how processes that are started meanwhile are kept from them."""

from __future__ import annotations

import contextlib
import ctypes
import signal
from collections.abc import Iterator

STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name))
"""Ctrl-C; what ``kill`` and batch systems send; Ctrl-Break, which is Windows' own."""


@contextlib.contextmanager
def kept_back() -> Iterator[None]:
    """Keep signals back meanwhile, also from processes that start in it, for as long as these live.

    Ctrl-C goes to all processes of a terminal. A worker that it ends while it starts leaves its parent writing into a
    pipe that nobody reads. The parent ends its workers itself. Windows cannot keep Ctrl-C back, but ignores it in this
    process for the moment, and in those that start in it for good.
    """
    if hasattr(signal, "pthread_sigmask"):
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return
    kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]
    kernel32.SetConsoleCtrlHandler(None, True)
    try:
        yield
    finally:
        kernel32.SetConsoleCtrlHandler(None, False)
