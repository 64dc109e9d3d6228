"""Worker processes end with their parent, whatever ends it."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.connection import wait

_PR_SET_PDEATHSIG = 1  # of Linux's prctl


def end_with_parent() -> None:
    """Let this worker end at once when its parent does.

    A worker ignores the signals of a terminal, and hears nothing of a parent that was killed: it would go on until its
    run is done, and then wait for more. Linux ends it by itself. Elsewhere, and where the parent died before Linux was
    told, a thread waits for the parent's end; the compiler and the kernels let it run.
    """
    parent = multiprocessing.parent_process()
    if parent is None:  # not a worker
        return
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    threading.Thread(target=_watch, args=(parent.sentinel,), daemon=True, name="xbarsim-parent").start()


def _watch(sentinel: int) -> None:
    wait([sentinel])  # at once, if the parent is no more
    os._exit(1)  # nobody is left who would read what is not finished
