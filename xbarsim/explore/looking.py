"""One run file that several threads look at, and that may grow meanwhile."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from ..base.errors import TraceError
from ..record.journal import journal_path
from ..record.places import is_written
from ..record.trace import Trace

ROOM = 128 << 20
"""Bytes of states that are kept of one run, so that each iteration has one nearby: about 100 of 784-200-10."""

_SILENCE = 10.0
"""Seconds without a commit after which a run may have been killed."""

_PATIENCE = 8.0
"""A file that grows is read anew no sooner than after so many times as long as that took."""


class Looked:
    """A run file that is looked at.

    A plug-in's code is never run by looking: of such runs there are keyframes.

    Parameters
    ----------
    path : Path

    Attributes
    ----------
    lock : RLock
        Held by whoever uses `trace`: there is one state that replays.
    version : int
        Grows whenever the file was opened anew.
    abandoned : bool
        Whether the run says that it goes on, and nobody writes the file: it was killed.
    trouble : str
        Why the file cannot be read now, in one line; "" if it can.

    Raises
    ------
    TraceError
        If it is no run file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self.version, self.trouble = 0, ""
        self.abandoned, self._quiet_since = False, time.monotonic()
        self._stamp = _stamp(path)
        self._trace: Trace | None = Trace(path)
        self._earlier = self._trace
        self._trace.keep_near(ROOM)
        self._next = 0.0

    @property
    def trace(self) -> Trace:
        """The run, as it was when the file was last opened.

        Raises
        ------
        TraceError
            If it is not there any more.
        """
        if self._trace is None:
            raise TraceError(self.trouble)
        return self._trace

    @property
    def running(self) -> bool:
        """Whether the run goes on."""
        return self._trace is not None and self._trace.status == "running" and not self.abandoned

    def refresh(self) -> None:
        """Open the file anew if it has changed, and not just now."""
        with self.lock:
            if time.monotonic() < self._next:
                return
            begin = time.perf_counter()
            stamp = _stamp(self.path)
            if stamp == self._stamp and self._trace is not None:
                self._look_for_its_writer()
                return
            self.abandoned, self._quiet_since = False, time.monotonic()
            if self._trace is not None:
                self._trace.close()  # first: two views of one file in one process share HDF5's idea of its length
                self._earlier = self._trace
            was, self._trace = self._trace, None
            try:
                self._trace = Trace(self.path)
            except TraceError as error:
                self.trouble = str(error)
            else:
                self.trouble, self._stamp = "", stamp
                self._trace.take_over(self._earlier)
            self.version += (was, self._trace) != (None, None)
            self._next = time.monotonic() + _PATIENCE * (time.perf_counter() - begin)

    def _look_for_its_writer(self) -> None:
        """A run that was killed does not say that it has ended; asked once in a while, since asking takes its lock."""
        silent = time.monotonic() - self._quiet_since > _SILENCE
        if self.running and silent and not self.abandoned:
            self._quiet_since = time.monotonic()
            self.abandoned = not is_written(self.path)
            self.version += self.abandoned

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            if self._trace is not None:
                self._trace.close()
            self._trace, self.trouble = None, f"{self.path}: closed"


def _stamp(path: Path) -> tuple[int, int, int, bool] | None:
    """What changes with every commit, or with another file of this name; None if there is none."""
    try:
        now = path.stat()
        return now.st_ino, now.st_size, now.st_mtime_ns, journal_path(path).exists()
    except OSError:
        return None
