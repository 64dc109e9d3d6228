"""Progress on the standard error: a bar on a terminal, a line now and then elsewhere; what is long is told at once."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from ..base.compiling import TAKES, is_said
from ..base.notes import muted
from .report import ERR, duration, percent

if TYPE_CHECKING:
    from ..loop.results import Progress as Tick
    from ..study.clock import Tick as StudyTick

LONG = 60.0
"""What takes longer, s, is told when it begins."""

LONG_TESTS = 20.0
"""So are tests that take longer, s, and more than training."""

_MUCH = 0.2  # share of evaluations from which on it helps to have fewer


def about(seconds: float, what: str, ways: Sequence[str]) -> str:
    """How long something takes, and what would shorten it.

    >>> about(300.0, "for 6 runs", ["--seeds", "--iterations"])
    'About 5 min for 6 runs; shorter with --seeds or --iterations.'
    """
    named = " or ".join([", ".join(ways[:-1]), ways[-1]] if len(ways) > 1 else ways)
    return f"About {duration(seconds)} {what}{f'; shorter with {named}' if named else ''}."


def _in_notebook() -> bool:
    """Whether a bar can move in the notebook that this runs in; Rich does it with widgets."""
    return ERR.is_jupyter and importlib.util.find_spec("ipywidgets") is not None


class _Gone(TimeElapsedColumn):
    """The time that has passed, and what it is: ``0:00:12 gone``."""

    def render(self, task: Task) -> Text:
        """The column with its name behind it."""
        return Text(f"{super().render(task)} gone", style="progress.elapsed")


class _Display:
    """A live bar on a terminal, on stderr; elsewhere a line now and then."""

    def __init__(self, quiet: bool, *columns: ProgressColumn) -> None:
        self._quiet, self._hush = quiet, muted(quiet)
        self._bar = not quiet and (ERR.is_terminal or _in_notebook())
        self._last = time.monotonic() - 0.1 if self._bar else time.monotonic()
        self._task: Any = None
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), *columns, console=ERR, transient=True, disable=not self._bar
        )

    def __enter__(self) -> Self:
        self._hush.__enter__()
        if self._bar:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._hush.__exit__(None, None, None)
        if self._bar:
            self._progress.stop()


class RunDisplay(_Display):
    """Progress of a run, with its accuracy and the time left; a line every five seconds where there is no terminal.

    Parameters
    ----------
    quiet : bool
    ways : sequence of str
        What would shorten the run; `fewer` what would make its evaluations fewer.
    """

    def __init__(self, *, quiet: bool, ways: Sequence[str] = (), fewer: str = "") -> None:
        done = TextColumn("{task.completed:,.0f} of {task.total:,.0f} iterations")
        super().__init__(quiet, done, TextColumn("{task.fields[accuracy]}"), _Gone(), TextColumn("{task.fields[left]}"))
        self._ways, self._fewer, self._told = [*ways], fewer, False
        self._began: float | None = None
        self._testing = False

    def __call__(self, tick: Tick) -> None:
        """Show one `Progress`; the bar moves at most ten times a second, so that it costs nothing."""
        if self._quiet:
            return
        if tick.phase == "compiling":
            if not tick.compiled and not is_said():
                ERR.print(f"Compiling the simulation for this machine, once for this combination: {TAKES} ...")
            return
        if tick.phase == "replaying":
            ERR.print(f"Replaying {tick.iteration:,} recorded iterations ...")
            return
        now = time.monotonic()
        self._began = self._began or now
        if tick.left is not None and not self._told:
            self._tell(tick, tick.left, now - self._began)
        accuracy = "" if tick.accuracy is None else f"accuracy {percent(tick.accuracy)}"
        left = "" if not tick.left else f"about {duration(tick.left)} left"
        if tick.tested:
            left = ", ".join(
                filter(None, ("testing after each of the last {1:,}: {0:,} done".format(*tick.tested), left))
            )
        if not self._bar:
            begins = bool(tick.tested) and not self._testing
            self._testing = bool(tick.tested)
            if now - self._last > 5.0 or (begins and (tick.left or 0.0) > 2.0):
                self._last = now
                where = f"iteration {tick.iteration:,} of {tick.iterations:,}"
                ERR.print(", ".join(part for part in (where, accuracy, left) if part))
            return
        if now - self._last < 0.1 and 0 < tick.iteration < tick.iterations:
            return
        self._last = now
        if self._task is None:
            self._task = self._progress.add_task("training", total=tick.iterations, accuracy=accuracy, left=left)
        self._progress.update(self._task, completed=tick.iteration, accuracy=accuracy, left=left)

    def _tell(self, tick: Tick, left: float, passed: float) -> None:
        """Say once how long all will take, if that is long, or if testing takes longer than training."""
        self._told = True
        tests = tick.tests or 0.0
        what, fewer = f"for {tick.iterations:,} iterations", [self._fewer] if self._fewer else []
        if tests > max(LONG_TESTS, left - tests):
            what += f", {duration(tests)} of it for tests"
            ERR.print(about(passed + left, what, fewer or self._ways))
        elif passed + left > LONG:
            ERR.print(about(passed + left, what, [*self._ways, *(fewer if tests > _MUCH * left else [])]))


class StudyDisplay(_Display):
    """Progress of a study: work done, runs done and time left; a line every ten seconds where there is no terminal.

    Parameters
    ----------
    quiet : bool
    ways : sequence of str
        What would shorten the study; `fewer` what would make evaluations fewer.
    """

    def __init__(self, *, quiet: bool, ways: Sequence[str] = (), fewer: str = "") -> None:
        super().__init__(quiet, TextColumn("{task.fields[runs]}"), _Gone(), TextColumn("{task.fields[left]}"))
        self._ways, self._fewer, self._told, self._compiling = [*ways], fewer, False, False
        self._shown, self._kept = -1, False

    def __call__(self, tick: StudyTick) -> None:
        """Show one `clock.Tick`."""
        if self._quiet:
            return
        if tick.kept and not self._kept:
            self._kept = True
            ERR.print(f"{tick.kept} of {tick.total} runs are there already.")
        if tick.phase == "compiling":
            self._compile(*tick.compiling, machines=tick.machines)
        elif tick.left is not None and not self._told and tick.done < tick.total:
            self._tell(tick, tick.left)
        now = time.monotonic()
        left = f"about {duration(tick.left)} left" if tick.left and tick.done < tick.total else ""
        if tick.phase == "compiling":
            left = "compiling {} of {}".format(*tick.compiling)
        elif tick.phase == "trying":
            left = "trying how long it will take"
        runs = f"{tick.done} of {tick.total} runs"
        if not self._bar:
            begins = self._shown < 0 and tick.phase == "training"
            if now - self._last > 10.0 or begins or (tick.done == tick.total != self._shown):
                self._last, self._shown = now, tick.done
                part = f"{percent(tick.cost_done / tick.cost_total)} of the work" if tick.cost_total else ""
                ERR.print(", ".join(part for part in (runs, part, left) if part))
            return
        if self._task is None:
            self._task = self._progress.add_task("running", total=tick.cost_total, runs=runs, left=left)
        self._progress.update(self._task, total=tick.cost_total, completed=tick.cost_done, runs=runs, left=left)

    def _compile(self, number: int, of: int, *, machines: bool) -> None:
        if machines and not self._compiling:
            where = "the workers' machine" if of == 1 else f"each of the workers' {of} machines"
            ERR.print(f"Compiling the simulation on {where}, once: 5 to 40 s for each combination ...")
        elif not self._compiling:
            once = "this combination: 5 to 40 s" if of == 1 else f"each of {of} combinations: 5 to 40 s each"
            ERR.print(f"Compiling the simulation for this machine, once for {once} ...")
        self._compiling = True

    def _tell(self, tick: StudyTick, left: float) -> None:
        """Say once how long all will take, if that is long, or what is left of a study that was begun earlier."""
        self._told = True
        if left <= LONG and not tick.kept:
            return
        n = tick.total - tick.done
        runs = f"the {n} that are left" if tick.kept else "1 run" if n == 1 else f"{n} runs"
        on = f"{tick.workers} workers" if tick.workers > 1 else "one worker"
        ways = [*self._ways, *([self._fewer] if self._fewer and tick.evaluating > _MUCH else [])] if left > LONG else []
        ERR.print(about(left, f"for {runs} on {on}", ways))


class CountDisplay(_Display):
    """Progress of arrays that are read one after another, whose number is known."""

    def __init__(self, what: str, *, quiet: bool = False, ways: Sequence[str] = ()) -> None:
        super().__init__(quiet, MofNCompleteColumn(), _Gone(), TextColumn("{task.fields[left]}"))
        self._what, self._ways, self._told = what, [*ways], False
        self._began: float | None = None

    def part(self, k: int, parts: int) -> Callable[[int, int], None]:
        """A listener of the part with number `k` of so many, all of the same length."""
        return lambda done, total: self(k * total + done, parts * total)

    def __call__(self, done: int, total: int) -> None:
        """Show that so many of so many are done; the first call, with none, begins."""
        now = time.monotonic()
        if self._began is None:
            self._began = now
        if not done or self._quiet:
            return
        left = (now - self._began) * (total - done) / done
        if not self._told and (done > 1 or left > LONG):  # the first may have been compiled for
            self._told = True
            if now - self._began + left > LONG:
                ERR.print(about(now - self._began + left, f"for {total} {self._what}", self._ways))
        text = f"about {duration(left)} left" if done < total else ""
        if self._bar:
            if self._task is None:
                self._task = self._progress.add_task(self._what, total=total, left=text)
            self._progress.update(self._task, completed=done, left=text)
        elif now - self._last > 5.0:
            self._last = now
            ERR.print(", ".join(part for part in (f"{done} of {total} {self._what}", text) if part))
