"""What all parts of the command line share: the application, options, and how a signal ends a run."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from .._version import __version__
from ..base import checks
from ..base.errors import LayoutError, shown
from ..base.machine import cores
from ..base.notes import muted
from ..base.signals import STOPPING
from ..describe.settings import sizes as sizes
from .groups import PlainGroup

if TYPE_CHECKING:
    import socket

app = typer.Typer(
    name="xbarsim",
    cls=PlainGroup,
    help="Train neural networks on simulated crossbars of real synapse devices, pulse by pulse.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
data_app = typer.Typer(help="List data sets, or download one.", no_args_is_help=True)
app.add_typer(data_app, name="data")


def _show_version(value: bool) -> None:
    if value:
        print(f"xbarsim {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def option(panel: str, text: str, default: str | None = None, *names: str) -> Any:
    """An option that is not set unless given; `default` is what the layout then takes, for the help."""
    return typer.Option(*names, help=text, show_default=default or False, rich_help_panel=panel)


PLUGIN_OF_RUN = typer.Option(
    "--device",
    help="Of a plug-in's run: file.py:function; its code is run, if it is the run's.",
    show_default=False,
)
"""An option of commands that read run files: code is not run because a file says so."""

REPLAYING = ""
"""Where a run file is looked at, what replays and the compiler say themselves that they take long."""

MAX_MEMORY = "Most memory that the data may take: GB, or with a unit (500M)."


def pair_of(name: str, text: str, *, example: str = "0,0") -> tuple[int, int]:
    """A row and a column, of the option `name`; `int` would take ``1_0``, too, and digits of all scripts."""
    found = re.fullmatch(r"\s*(-?[0-9]{1,18})\s*,\s*(-?[0-9]{1,18})\s*", text)
    if found is None:
        raise LayoutError(f"{name}: expected row,column, got {shown(text)}; give for example {example}")
    return int(found[1]), int(found[2])


def command_line() -> str:
    """The command as it was given, quoted as a shell wants it: what is kept can be given again."""
    return shlex.join(["xbarsim", *sys.argv[1:]])


def worker_count(workers: int | None) -> int:
    """How many workers: as many as were asked for, or as the machine lets this process have cores."""
    return checks.integer("--workers", workers if workers is not None else cores(), least=1, most=1024)


@contextlib.contextmanager
def studying(
    workers: int | str,
    *,
    quiet: bool,
    ways: Sequence[str],
    fewer: str = "",
    hint: str = "the same command goes on from here",
    remove: str | None = None,
) -> Iterator[tuple[Stop, dict[str, Any]]]:
    """While this lasts a study works: says how far it is, how long it will take and what would shorten it, and heeds
    signals. Gives what was asked of it, and arguments of the study.

    Parameters
    ----------
    workers : int or str
        Processes, or where a scheduler is.
    quiet : bool
    ways : sequence of str
        What would shorten the study; `fewer`, if there is much of it, what would make evaluations fewer.
    hint : str
        How it goes on after an interruption.
    remove : str, optional
        Folder that nobody needs after one.
    """
    from ..show.progress import StudyDisplay

    more = ["more --workers"] if isinstance(workers, int) and workers < cores() else []
    with (
        stoppable(f"Interrupted; {hint}.", remove) as stop,
        StudyDisplay(quiet=quiet, ways=[*ways, *more], fewer=fewer) as display,
    ):
        listener = stop.listener(display)
        yield stop, {"workers": workers, "listener": listener, "stop": stop.asked, "trials": not quiet}


@contextlib.contextmanager
def waiting_for(name: str, *, quiet: bool, patience: float = 2.0, text: str = "Reading {} ...") -> Iterator[None]:
    """While this lasts a data set is read, or what `text` says; if it takes longer than so many seconds, say so.

    If `quiet`, nothing else is said either.
    """
    from ..show import report

    timer = threading.Timer(patience, lambda: report.ERR.print(text.format(name)))
    timer.daemon = True
    if not quiet and text:
        timer.start()
    try:
        with muted(quiet):
            yield
    finally:
        timer.cancel()


class Stop:
    """Remembers a signal, so that a run can end at the next block with a whole file; while there is no block yet, since
    a run compiles or replays, there is nothing to lose, and the program ends.
    """

    signal: int | None = None

    def __init__(self, interrupted: str, remove: str | None = None) -> None:
        self.interrupted, self._remove = interrupted, remove
        self._before_blocks, self._came = False, threading.Event()

    def asked(self) -> bool:
        """Whether a signal came."""
        return self.signal is not None

    def listener(self, listener: Callable[[Any], None]) -> Callable[[Any], None]:
        """A listener of a run, or of a study, that also tells this one where that is."""
        self._before_blocks = True

        def tell(progress: Any) -> None:
            # Of a study that compiles in a worker the worker is ended.
            self._before_blocks = progress.phase != "training" and getattr(progress, "here", True)
            listener(progress)

        return tell

    def catch(self, signum: int, _frame: object) -> None:
        """Take note of a signal; the next one acts at once."""
        self._came.set()
        if self._before_blocks:
            # An exception would pass through the compiler, which swallows some, and trips over others.
            self._end(128 + signum)
        self.signal = signum
        signal.signal(
            signum, signal.SIG_DFL if signum != signal.SIGINT else signal.default_int_handler
        )  # twice: at once

    def watch(self, reads: socket.socket) -> None:
        """End the program for a signal that the main thread cannot take, since it is deep in the compiler.

        Python's handlers wait until the call that runs has returned, which may be many seconds of optimisation; what
        wakes this thread does not, and the compiler lets it run.
        """
        while True:
            signum = reads.recv(1)
            if not signum or signum == b"\0":
                return
            if not self._came.wait(_PATIENCE) and self._before_blocks:
                self._end(128 + signum[0])

    def _end(self, code: int) -> NoReturn:
        """End the program without unwinding. Nothing is lost: a new run file has no name; locks end with a process."""
        with contextlib.suppress(OSError, ValueError):
            if sys.stderr.isatty():
                sys.stderr.write("\r\x1b[K\x1b[?25h")  # a progress bar hides the cursor
            sys.stderr.write(f"{self.interrupted}\n")
            sys.stderr.flush()
        if self._remove is not None:
            shutil.rmtree(self._remove, ignore_errors=True)
        os._exit(code)


_PATIENCE = 1.0  # s: how long the main thread has for a signal


@contextlib.contextmanager
def stoppable(
    interrupted: str = "xbarsim: interrupted before it trained; nothing was written", remove: str | None = None
) -> Iterator[Stop]:
    """While this lasts, the first SIGINT or SIGTERM is remembered instead of ending the program; see `Stop`.

    Where it ends the program, that says `interrupted`, and removes a folder that nobody needs.
    """
    stop = Stop(interrupted, remove)
    import socket  # here: it is needed where something takes long, and not for --help

    reads, writes = socket.socketpair()  # and no pipe: Windows wakes up sockets
    writes.setblocking(False)
    thread = threading.Thread(target=stop.watch, args=(reads,), daemon=True, name="xbarsim-signals")
    before = {s: signal.signal(s, stop.catch) for s in STOPPING}
    woken = signal.set_wakeup_fd(writes.fileno(), warn_on_full_buffer=False)
    thread.start()
    try:
        yield stop
    finally:
        signal.set_wakeup_fd(woken)
        for s, handler in before.items():
            signal.signal(s, handler)
        writes.send(b"\0")  # the thread ends
        thread.join()
        reads.close()
        writes.close()


@contextlib.contextmanager
def ending(*out: Path | None) -> Iterator[None]:
    """While this lasts what runs have come to is shown, drawn and written to the first of `out` that is given: a signal
    does not end the program in the middle of that, in silence, but after it, and that is told; a second one ends it at
    once.
    """
    with stoppable() as stop:
        yield
    if stop.signal is not None:
        from ..show import report

        place = next((f"is in {one}" for one in out if one is not None), "is shown")
        report.ERR.print(f"Interrupted when all runs were done; what they came to {place}.", markup=False)
        raise typer.Exit(128 + stop.signal)
