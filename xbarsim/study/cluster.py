"""Workers of a Dask scheduler: `Executor` on `distributed`, which finds who is free, sees who died, and does it again.

What goes over the wire are pickles: whoever can reach the scheduler can run code on all workers, and on this machine.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any

from .._version import __version__
from ..base.errors import XbarsimError
from ..base.notes import note
from ..data_sets.data_set import Dataset
from .in_worker import Place
from .tasks import kernels

PATIENCE = 30.0
"""s to wait for a scheduler, or for the file that tells where it is."""

_TELL = 2.0  # s between two notes of how far a run is: they all go through the scheduler
_ASK = 1.0  # s between two questions to the scheduler who is there


def connect(where: str, data: Dataset, stop: Callable[[], bool]) -> Cluster | None:
    """The workers of a scheduler, when there is one at least; None if `stop` said so meanwhile.

    Parameters
    ----------
    where : str
        ``tcp://host:8786``, or the scheduler's file (JSON).
    data : Dataset
    stop : callable

    Raises
    ------
    XbarsimError
        If Dask is not installed, or nobody answers.
    """
    try:
        import distributed
    except ImportError:
        raise XbarsimError(
            "--scheduler: expected Dask distributed, found none; install it with: pip install 'xbarsim[cluster]'"
        ) from None
    for name in ("client", "core", "comm", "batched", "scheduler"):
        logging.getLogger(f"distributed.{name}").setLevel(logging.CRITICAL)  # what matters becomes an error below
    note(f"{where}: looking for the scheduler, for up to {PATIENCE:.0f} s")
    client = _client(distributed, where, stop)
    if client is None:
        return None
    told = False
    while not client.nthreads():
        if not told:
            note(f"{where}: no worker there yet; waiting for the first")
            told = True
        time.sleep(0.2)
        if stop():
            client.close()
            return None
    return Cluster(client, where, data)


def _client(distributed: Any, where: str, stop: Callable[[], bool]) -> Any:
    if "://" not in where and not where.rpartition(":")[2].isdecimal():
        until = time.monotonic() + PATIENCE
        while not Path(where).is_file():  # a batch system may not have started it yet
            if stop():
                return None
            if time.monotonic() > until:
                raise XbarsimError(
                    f"--scheduler: expected an address such as tcp://host:8786, or a scheduler's file, got '{where}', "
                    "which is not there; start it with: dask scheduler --scheduler-file FILE"
                )
            time.sleep(0.2)
        given = {"address": _address_in(where)}
    else:
        given = {"address": where}
    try:
        return distributed.Client(**given, set_as_default=False, timeout=PATIENCE)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise XbarsimError(
            f"--scheduler: expected a Dask scheduler at {where}, got no answer ({type(error).__name__}); start one "
            "with: dask scheduler"
        ) from None


def _address_in(file: str) -> str:
    """The address that a scheduler's file holds: read here, since Dask does not check it."""
    try:
        address = json.loads(Path(file).read_text(encoding="utf-8"))["address"]
    except (OSError, ValueError, KeyError, TypeError):
        address = None
    if not isinstance(address, str) or "://" not in address:
        raise XbarsimError(
            f"--scheduler: expected a scheduler's file with its address, got something else in {file}; start one with: "
            "dask scheduler --scheduler-file FILE"
        )
    return address


class Cluster:
    """Workers of a scheduler, one run at a time in each.

    Parameters
    ----------
    client : distributed.Client
    where : str
        Of the scheduler, for errors.
    data : Dataset
        Goes to each worker once.
    """

    far = True

    def __init__(self, client: Any, where: str, data: Dataset) -> None:
        self._client, self._where, self._data = client, where, data
        self._pool = client.get_executor(pure=False)
        self._topic = f"xbarsim-{id(self):x}-{time.time_ns():x}"
        self._done: dict[int, int] = {}
        client.subscribe_topic(self._topic, self._heard)
        self._there: dict[str, int] = {}
        self._asked = 0.0
        self._look()
        self._sent: Any = None
        self._closed = False

    def _heard(self, event: tuple[float, Any]) -> None:
        number, iterations = event[1]
        self._done[int(number)] = int(iterations)

    def _look(self) -> None:
        if time.monotonic() - self._asked < _ASK:
            return
        self._asked = time.monotonic()
        if self._client.status not in ("running", "connecting"):
            raise self._gone()
        try:
            self._there = dict(self._client.nthreads())
        except (OSError, CancelledError, TimeoutError):
            raise self._gone() from None

    def _gone(self) -> XbarsimError:
        return XbarsimError(
            f"{self._where}: expected a Dask scheduler, got none any more; start it and the same command again, what "
            "is done is kept"
        )

    @property
    def slots(self) -> int:
        """One for each worker that is there now; one while there is none, which waits."""
        self._look()
        return max(1, len(self._there))

    @property
    def hosts(self) -> Mapping[str, list[str]]:
        """Workers by machine."""
        found: dict[str, list[str]] = {}
        for address in self._there:
            found.setdefault(address.rpartition("://")[2].rpartition(":")[0], []).append(address)
        return found

    def submit(
        self, function: Callable[..., Any], *arguments: Any, number: int | None = None, at: list[str] | None = None
    ) -> Future[Any]:
        """Begin a call on one of the workers, preferably of those `at` these addresses."""
        place = {"workers": at, "allow_other_workers": True} if at else {}
        if self._sent is None or self._sent.status in ("cancelled", "lost"):
            # Held by all workers that are there; who comes later gets it from one of them, once.
            self._sent = self._client.scatter(self._data, broadcast=True, hash=False)
        future: Future[Any] = self._pool.submit(
            far,
            function,
            number,
            arguments,
            self._sent,
            (__version__, kernels()),
            self._topic,
            os.getcwd(),
            **place,
        )
        return future

    def deaths(self, error: BaseException) -> int:
        """As many as it takes until the scheduler gives a call up; one, if its data went with all who held them."""
        from distributed import KilledWorker

        if isinstance(error, KilledWorker):
            return 1 + len(error.args)  # MOST_DEATHS at least: the scheduler has tried it again and again
        if isinstance(error, CancelledError) or type(error).__name__ == "FutureCancelledError":
            self._asked = 0.0
            self._look()
            return 1
        if isinstance(error, ImportError | RuntimeError) and not isinstance(error, RecursionError):
            text = str(error.__cause__ or error).strip().splitlines() or [type(error).__name__]
            raise XbarsimError(
                f"{self._where}: expected a scheduler and workers with the same packages as here, but: {text[-1]}; "
                "install there: pip install 'xbarsim[cluster]', in the same version"
            ) from None
        return 0

    def progress(self) -> Mapping[int, int]:
        """Iterations as the workers told them."""
        return dict(self._done)

    def close(self, *, now: bool) -> None:
        """Cancel what is under way, which workers see after their block of iterations, and let go of the scheduler."""
        del now
        if self._closed:
            return
        self._closed = True
        self._pool.shutdown(wait=False)
        self._client.close(timeout=5)


# In a worker ----------------------------------------------------------------------------------------------------------

_ONE = threading.Lock()
"""A process does one run at a time: kernels of several would only wait for each other."""


def far(
    function: Callable[..., Any],
    number: int | None,
    arguments: tuple[Any, ...],
    data: Dataset,
    version: tuple[str, str],
    topic: str,
    folder: str = "",
) -> Any:
    """A call of `in_worker` in a worker of a cluster, which has to be of the same version: results are kept by it.

    It is done in the folder in which the study was started, if it is there: names of files are meant from there.
    """
    from distributed import get_worker

    if version != (here := (__version__, kernels())):
        raise XbarsimError(
            f"a worker: expected xbarsim {version[0]} (kernels {version[1][:12]}) as where the study was started, got "
            f"{here[0]} ({here[1][:12]}); install the same there"
        )
    worker = get_worker()
    key = worker.get_current_task()
    last = time.monotonic()

    def halted() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled"  # whoever waited is gone, or waits no more

    def tell(iterations: int) -> None:
        nonlocal last
        if number is not None and time.monotonic() - last > _TELL:
            last = time.monotonic()
            worker.log_event(topic, (number, iterations))

    with _ONE, contextlib.chdir(folder) if os.path.isdir(folder) else contextlib.nullcontext():
        return function(Place(data, halted, tell), *arguments)
