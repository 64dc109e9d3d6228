"""Starts workers, listens to them, and starts them anew where a case has ended or stopped one."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
STARTING = 600.0  # s that a target may take to make what it needs
MOST_DEATHS = 20  # of workers of a target; then it is given up


@dataclass
class Found:
    """One finding."""

    target: str
    number: int
    where: str
    what: str
    trace: str = ""


@dataclass
class Tally:
    """What came of the cases of a target."""

    cases: int = 0
    accepted: int = 0
    refused: int = 0
    found: list[Found] = field(default_factory=list)


class _Lines:
    """Lines of a worker, each waited for no longer than a limit."""

    def __init__(self, stream: int) -> None:
        self._fd, self._rest = stream, b""
        self._ready = selectors.DefaultSelector()
        self._ready.register(stream, selectors.EVENT_READ)

    def next(self, seconds: float) -> str | None:
        """The next line; "" if there is no more; None if none came in time."""
        end = time.monotonic() + seconds
        while b"\n" not in self._rest:
            left = end - time.monotonic()
            if left <= 0.0 or not self._ready.select(left):
                if left <= 0.0:
                    return None
                continue
            more = os.read(self._fd, 1 << 16)
            if not more:
                return ""
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode()


@dataclass(frozen=True)
class Order:
    """What is to be done: the cases of a target until the time is up, or there are so many.

    A case that takes longer than `limit` seconds is a finding.
    """

    name: str
    module: str
    seed: int
    number: int
    seconds: float = 1e9
    cases: int = 1 << 62
    limit: float = 60.0
    jit: bool = False


def run(order: Order, tally: Tally, progress: Callable[[Tally], None] = lambda _: None) -> None:
    """Do an order, and count into `tally`. What a case that ends its process leaves undone is done by a new one."""
    at, deaths = 0, 0
    end = time.monotonic() + order.seconds
    while at < order.cases and time.monotonic() < end and deaths < MOST_DEATHS:
        with tempfile.TemporaryDirectory(prefix="xbarsim-fuzz-") as folder:
            at = _Watch(order, tally, progress).one_worker(at, end - time.monotonic(), folder)
        deaths += 1


class _Watch:
    """Listens to one process."""

    def __init__(self, order: Order, tally: Tally, progress: Callable[[Tally], None]) -> None:
        self._order, self._tally, self._progress = order, tally, progress
        self._running: int | None = None  # the case that it does

    def one_worker(self, first: int, seconds: float, folder: str) -> int:
        """Returns the number of the next case."""
        o = self._order
        command = [sys.executable, "-m", "tests.fuzz.worker", o.module]
        command += [*map(str, (o.seed, o.number, first, o.cases, seconds)), folder]
        env = {**os.environ, "NUMBA_DISABLE_JIT": "0" if o.jit else "1", "TMPDIR": folder, "COLUMNS": "200"}
        worker = subprocess.Popen(command, cwd=REPOSITORY, env=env, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        assert worker.stdout is not None
        lines, ready = _Lines(worker.stdout.fileno()), False
        try:
            while True:
                line = lines.next(o.limit if ready else STARTING)
                if line:
                    ready = True
                    if not self._heard(line):
                        return o.cases
                    continue
                if line == "":
                    worker.wait()
                ended = f"signal {-worker.returncode}" if (worker.returncode or 0) < 0 else "the process ended"
                where = "hang" if line is None else ended
                what = f"took longer than {o.limit if ready else STARTING:g} s" if line is None else f"{ended} in it"
                at = first if self._running is None else self._running
                self._tally.found.append(Found(o.name, at, where, what if ready else f"{what}, before the first case"))
                self._tally.cases += ready
                return at + 1 if ready else o.cases
        finally:
            worker.kill()
            worker.wait()
            worker.stdout.close()

    def _heard(self, line: str) -> bool:
        """Note what the worker says; False if there is no sense in going on."""
        word, _, rest = line.partition(" ")
        number, _, told = rest.partition(" ")
        tally = self._tally
        self._running = int(number) if word == "case" else None
        if word in ("found", "broken"):
            tally.found.append(Found(self._order.name, int(number), **json.loads(told)))
        if word == "done":
            setattr(tally, told, getattr(tally, told) + 1)
        if word in ("done", "found"):
            tally.cases += 1
            self._progress(tally)
        return word not in ("broken", "end")
