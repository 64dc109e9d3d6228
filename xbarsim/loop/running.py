"""The one time loop: blocks of training, evaluation, keyframes, progress."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from ..base.compiling import said_by_others
from ..base.errors import TraceError
from ..data_sets.data_set import Dataset
from ..data_sets.load import to_samples
from ..data_sets.order import SampleOrder, iterations_of
from ..describe.layout import Layout
from ..kernels.base._jit import JIT
from ..learn.rule import Count, Rows, State
from ..record.trace import Trace
from ..record.writer import TraceWriter
from .health import Health
from .pace import Stopwatch, reads_anew
from .results import Checkpoint, Listener, Progress, Result, Wear, worst_device
from .wear import WearWatch, first_death


def _checkpoints_of(trace: Trace, curves: Mapping[str, np.ndarray]) -> list[Checkpoint]:
    """Accuracies and cumulative counts that a file holds."""
    iterations, accuracies = trace.accuracy
    pulses, resets = (
        np.append(0, np.cumsum(curves[name], dtype=np.int64))[iterations] for name in ("pulses", "resets")
    )
    writes = trace.most_writes
    kept = [None] * len(iterations) if writes is None else writes.tolist()
    columns = (iterations.tolist(), accuracies.tolist(), pulses.tolist(), resets.tolist(), kept)
    return [Checkpoint(*point) for point in zip(*columns, strict=True)]


_TICK = 0.25  # s: a block takes about so long at most, so that progress moves and a signal is heeded
_MANY_TESTS = 20  # to come: then one more is a small part of them
_SHORT, _SLOW = 20.0, 60.0  # s, of all of them, and of one
_FIRST = 1_600_000  # pairs, times samples, of the first block, of which nobody knows yet how quick it is


class Loop:
    """State of one run while it goes on."""

    def __init__(
        self,
        layout: Layout,
        data: Dataset,
        state: State,
        writer: TraceWriter | None,
        path: Path | None,
        listener: Listener | None,
        stop: Callable[[], bool],
        watch: Callable[[Checkpoint, State], None] | None = None,
    ) -> None:
        self.layout, self.data, self.state, self.writer, self.path = layout, data, state, writer, path
        self._tell, self._told = listener or (lambda _: None), listener is not None
        self._stop, self._watch = stop, watch
        self.total = iterations_of(layout, len(data.y_train))
        self._batch = layout.run.batch
        self._every = layout.run.spacing(self.total)  # 0: the accuracy is taken at the end only
        self.done = self._committed = 0
        self._rebuilt = False
        self._pulses = self._resets = 0
        self._busy = 0.0  # s: training and tracing
        self._costs: dict[str, float] = {}
        self._recent: dict[int, float] = {}
        self._checkpoints: list[Checkpoint] = []
        self._accuracy: float | None = None
        self._most_writes: int | None = None
        self._most_at: dict[str, int | str] | None = None
        self._worn: Wear | None = None
        self._started = time.perf_counter()
        self._health = Health(layout, state)
        self._wear = WearWatch(state)
        self._watch_of = Stopwatch(len(data.y_test), 1.0 if reads_anew(layout) else 0.3)
        pairs = int((state.geometry.rows * state.geometry.cols).sum()) * self._batch
        # Iterations that are done quickly; without the compiler blocks stay as they are.
        self._quick = max(16, _FIRST // max(1, pairs)) if JIT else state.block

    # From a file ------------------------------------------------------------------------------------------------------

    def load_curves(self, trace: Trace) -> None:
        """Take over what a file already holds."""
        self.done, self._busy = trace.iterations_done, trace.seconds
        self._committed = self.done
        curves = trace.curves
        self._pulses, self._resets = (
            int(curves["pulses"].sum(dtype=np.int64)),
            int(curves["resets"].sum(dtype=np.int64)),
        )
        for series in self.state.series:
            rows = trace.series(series.name)
            self._take_rows(series.name, Rows(rows.pop("iteration"), rows))
        for point in _checkpoints_of(trace, curves):
            self._note(point)
        if trace.has_counts:
            self._most_at = worst_device([trace.counts(k) for k in range(1, self.state.n_layers + 1)])
        if trace.finished:
            self._worn = first_death(trace)

    def rebuild(self, trace: Trace) -> None:
        """Bring the conductances and counts to where the file ends."""
        self._tell(Progress("replaying", trace.iterations_done, self.total))
        self.load_curves(trace)
        self._rebuilt = True
        state = self.state
        state.initialise()
        for k in range(1, state.n_layers + 1):
            last = int(trace.keyframes(k)[-1])
            replayed = [kept.replayed for kept in state.kept]
            stored = trace.stored_frame(k, last)
            if state.replays:
                trace.replay_into(state, k, 0, last)
                frame = state.frame(k - 1)
                if not all(
                    np.array_equal(a, b) for a, b, checked in zip(stored, frame, replayed, strict=True) if checked
                ):
                    raise TraceError(
                        f"{trace.path}: layer {k} does not replay to its keyframe {last}; "
                        "the file is damaged, run it anew"
                    )
            if not all(replayed):
                state.set_frame(k - 1, stored)
            if state.replays:
                trace.replay_into(state, k, last, self.done)
        self._wear.known(first_death(trace))

    # The loop ---------------------------------------------------------------------------------------------------------

    def go(self) -> Result:
        """Train to the end, or until `stop` says so."""
        try:
            told = said_by_others() if self._told and not self.state.compiled else contextlib.nullcontext()
            with self._health.watching():
                with told:
                    self._prepare()
                self._train()
        except BaseException:
            if self.writer is not None:
                self.writer.abandon()
            raise
        return self.result(time.perf_counter() - self._started)

    def _prepare(self) -> None:
        self._tell(Progress("compiling", self.done, self.total, compiled=self.state.compiled))
        v, begin = float(self.state.reading.v_read), time.perf_counter()
        self._samples = to_samples(self.data.x_train, self.data.y_train, v)
        tests = to_samples(self.data.x_test, self.data.y_test, v)
        self._watch_of.start = time.perf_counter() - begin
        self._order = SampleOrder(self.layout.run.seed, len(self.data.y_train))
        self._events, self._curves = self.state.new_buffers()
        if self.writer is not None:
            self.state.keep_vectors()
        if not self._rebuilt:
            self.state.initialise()
        # Empty calls compile (or load) the kernels, so that the clock below measures the simulation.
        self._order.take(self.done * self._batch, 0)
        self.state.train(self.done, np.empty(0, np.int64), self._samples, self._events, self._curves)
        self.state.note_compiled()
        self.state.flush()
        self._evaluator, self._tests = self.state.evaluator(tests), tests
        self._health.weights(self.done)
        self._health.devices()
        if not self._rebuilt:
            if self.writer is not None:
                self.writer.keyframe(0, self.state)
            if self._every:
                self._evaluate()
            if self.writer is not None and not self.writer.replaces:
                self.writer.commit(0, 0.0)
        if self._told:
            self._time_a_test()

    def _train(self) -> None:
        while self.done < self.total:
            if self._stop():
                break
            self._tell(self._progress())
            n = self._next_block()
            begin, busy = time.perf_counter(), self._busy
            samples = self._order.take(self.done * self._batch, n * self._batch)
            self.state.train(self.done, samples, self._samples, self._events, self._curves)
            self.done += n
            self._wear.block(self.done, n)
            self._pulses += int(self._curves.pulses[:n].sum())
            self._resets += int(self._curves.resets[:n].sum())
            written = self.writer is not None and self._is_keyframe(self.done)
            self._health.block(self.done, n, self._curves, self._events, now=written or self.done == self.total)
            rows = self.state.rows_of(n)
            for name, more in rows.items():
                self._take_rows(name, more)
            self._busy += time.perf_counter() - begin
            self._evaluator.note(self._events)
            if self._is_evaluated(self.done):
                self._evaluate()
            if not self.state.replays and self._is_keyframe(self.done):
                self._evaluator.refresh()  # so that a run resumed here sees the same, to the last bit
            begin = time.perf_counter()
            if self.writer is not None:
                self.writer.block(n, self._events, self._curves, rows, self.state.vectors_of(n))
                if self._is_keyframe(self.done):
                    self.writer.keyframe(self.done, self.state)
                seldom = not self.state.may_commit(self.done, keyframe=False)  # then every occasion is taken
                if self._may_commit and (self.writer.due or seldom) and self.done < self.total:
                    self.writer.commit(self.done, self._busy)
                    self._committed = self.done
            self._busy += time.perf_counter() - begin
            self._time(n, self._busy - busy)
        evaluated = self._checkpoints[-1].iteration if self._checkpoints else -1
        if self._accuracy is None or (evaluated < self.done < self.total and self._may_commit):
            # For the summary of a run that was stopped, which says where it stands; not in the file.
            begin = time.perf_counter()
            self._accuracy = self._evaluator.accuracy()
            self._watch_of.evaluation(self.done, time.perf_counter() - begin)
        self._most_writes, self._worn = self.state.most_writes(), self._wear.now()
        self._most_at = worst_device([{name: c.values for name, c in found.items()} for found in self._counts()])
        begin = time.perf_counter()
        if self.writer is not None:
            finished = self.done == self.total
            if finished:
                self.writer.counts(self._counts())
                if self._worn is not None and self._worn.first is not None:
                    self.writer.first_worn(self._worn.as_numbers())
                self.writer.ended()
            elif not self._may_commit:
                self.writer.drop()
                self.done = self._committed
            self.writer.commit(self.done, self._busy, "finished" if finished else "interrupted")
            self.writer.close()
        self._busy += time.perf_counter() - begin
        self._tell(self._progress())

    def _time_a_test(self) -> None:
        """Where many tests are to come, and may take long, one is timed before the first iteration, so that it can be
        told then: the first one also loads kernels, or compiles them, and says little.
        """
        first, every = max(self.done + 1, self._first_of_last), self._every
        to_come = self.total - first + 1 + (first // every - self.done // every if every else 0)
        if to_come < _MANY_TESTS:
            return
        if self._watch_of.longest is None:
            self._read_tests()
        taken = self._watch_of.longest
        if taken is not None and taken < _SLOW and taken * to_come > _SHORT:
            self._read_tests()

    def _read_tests(self) -> None:
        """Read the test samples for the clock; what the evaluator keeps of them is forgotten before and after."""
        self._evaluator.refresh()
        begin = time.perf_counter()
        self._evaluator.accuracy()
        self._watch_of.evaluation(0, time.perf_counter() - begin)
        self._evaluator.refresh()

    def _time(self, n: int, seconds: float) -> None:
        """Take note of what a block took; so the next may have so many iterations. Results do not depend on that."""
        self._watch_of.block(n, seconds)
        if JIT:
            self._quick = max(1, min(int(_TICK / max(seconds / n, 1e-9)), 4 * self._quick))

    def _progress(self) -> Progress:
        """Where the run stands."""
        pace, left, tests, samples = self._watch_of.pace, None, None, len(self.data.y_train)
        if pace is not None and (self.done == self.total or self._watch_of.known(self.layout, samples)):
            left = pace.seconds(self.layout, samples, self.done, self.total)
            tests = pace.tests(self.layout, samples, self.done, self.total)
        first = self._first_of_last
        last = (self.done - first + 1, self.total - first + 1) if first <= self.done < self.total else None
        return Progress(
            "training", self.done, self.total, self._accuracy, left=left, tests=tests, pace=pace, tested=last
        )

    def _counts(self) -> list[dict[str, Count]]:
        """What was counted of every device, layer by layer."""
        return [self.state.counts(k) for k in range(self.state.n_layers)]

    @property
    def _may_commit(self) -> bool:
        """Whether a run could go on from here."""
        return self.state.may_commit(self.done, keyframe=self._is_keyframe(self.done))

    def _next_block(self) -> int:
        """Iterations until something other than training has to happen."""
        n = min(self.state.block, self.total - self.done, self._quick, self._wear.most or self.total)
        for every in (self.layout.run.snapshot_every, self._every, self.state.per_window):
            if every:
                n = min(n, every - self.done % every)
        first_of_last = self._first_of_last
        if self.done < first_of_last:
            return min(n, first_of_last - self.done)
        return 1

    @property
    def _first_of_last(self) -> int:
        """First iteration after which the accuracy is taken every time."""
        return max(1, self.total - self.layout.run.eval_last + 1)

    def _is_keyframe(self, iteration: int) -> bool:
        every = self.layout.run.snapshot_every
        return iteration == self.total or (every > 0 and iteration % every == 0)

    def _is_evaluated(self, iteration: int) -> bool:
        every = self._every
        return iteration == self.total or iteration >= self._first_of_last or (every > 0 and iteration % every == 0)

    def _evaluate(self) -> None:
        writes, begin = self.state.most_writes(), time.perf_counter()
        since = self.done - (self._checkpoints[-1].iteration if self._checkpoints else -2)
        point = Checkpoint(self.done, self._evaluator.accuracy(), self._pulses, self._resets, writes)
        self._note(point)
        self._health.evaluated(self.done, self._evaluator, self._tests, last=self.done == self.total)
        if self.writer is not None:
            self.writer.accuracy(self.done, point.accuracy, writes)
            while self._health.said:
                self.writer.warn(self._health.said.pop(0))
        if self._watch is not None:
            self._watch(point, self.state)
        self._watch_of.evaluation(since, time.perf_counter() - begin)

    def _take_rows(self, name: str, rows: Rows) -> None:
        """Add up what a block, or a file, has of a series; what is kept per window is the state's own."""
        self.state.take_rows(name, rows)
        if any(series.name == name and series.costs for series in self.state.series):
            for key, values in rows.columns.items():
                self._costs[key] = self._costs.get(key, 0.0) + float(values.sum())

    def _note(self, point: Checkpoint) -> None:
        self._accuracy, self._most_writes = point.accuracy, point.most_writes
        self._checkpoints.append(point)
        if point.iteration >= min(self._first_of_last, self.total):
            self._recent[point.iteration] = point.accuracy

    def result(self, seconds: float) -> Result:
        """Summary of what was done."""
        evaluated = self._checkpoints[-1].iteration if self._checkpoints else -1
        last = (list(self._recent.values()) if self.done in (evaluated, self.total) else []) or [
            self._accuracy if self._accuracy is not None else float("nan")
        ]
        return Result(
            accuracy=last[-1],
            accuracy_mean_last=float(np.mean(last)),
            accuracy_min_last=min(last),
            accuracy_max_last=max(last),
            iterations=self.done,
            pulses=self._pulses,
            resets=self._resets,
            seconds=seconds,
            seconds_per_iteration=self._busy / self.done if self.done else 0.0,
            out=None if self.path is None else str(self.path),
            dataset=self.data.name,
            engine=self.state.engine,
            seed=self.layout.run.seed,
            finished=self.done == self.total,
            costs=self._costs or None,
            **self.state.summary(),
            most_writes=self._most_writes,
            wear=self._worn,
            most_writes_at=self._most_at if self._most_writes else None,
            notes=self.data.notes,
            checkpoints=tuple(self._checkpoints),
        )
