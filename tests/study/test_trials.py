"""Time is told before it is spent: what trials are made, what follows from them, and what is said."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console
from xbarsim.kernels.base.buffers import Samples

from xbarsim import Layout
from xbarsim.learn import tests_ahead
from xbarsim.loop.pace import Pace, Stopwatch, reads_anew
from xbarsim.show import progress
from xbarsim.study import in_worker, study, workers
from xbarsim.study.clock import Clock, Tick
from xbarsim.study.study import run_study
from xbarsim.study.tasks import Off, Task, run_task
from xbarsim.study.trials import costs_of, to_try, trial
from xbarsim.study.workers import Told

PACE = Pace(iteration=1.0, evaluation=100.0, again=10.0, start=1000.0)


def layout(**kw):
    base = {"layers": (6, 5, 3), "n_max": 6, "dataset": "tiny", "iterations": 60, "eval_every": 0, "eval_last": 1}
    return Layout.of(**{**base, **kw})


def tick(**kw):
    values = {"done": 0, "total": 6, "cost_done": 0.0, "cost_total": 600.0, "kept": 0, "left": 300.0, "workers": 2}
    return Tick(**{**values, **kw})


@pytest.fixture
def said(monkeypatch):
    """What goes to the standard error."""
    out = io.StringIO()
    monkeypatch.setattr(progress, "ERR", Console(file=out, soft_wrap=True, highlight=False, markup=False))
    return lambda: out.getvalue().splitlines()


# Pace -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kw", "evaluations"),
    [
        ({"eval_last": 1}, 100.0),
        ({"eval_last": 3}, 120.0),
        ({"eval_last": 3, "eval_every": 20}, 100.0 + 2 * 100.0 + 120.0),  # at 0, at 20 and 40, and the last
        ({"eval_last": 0, "eval_every": 0}, 100.0),
        ({"eval_last": 100}, 100.0 + 59 * 10.0),
    ],
)
def test_a_run_takes_its_iterations_and_its_evaluations(kw, evaluations):
    lay = layout(**kw)
    assert PACE.seconds(lay, 90, 0, 60) == 1000.0 + 60.0 + evaluations
    parts = [PACE.seconds(lay, 90, a, b) for a, b in ((0, 7), (7, 20), (20, 58), (58, 59), (59, 60))]
    assert sum(parts) == pytest.approx(1000.0 + 60.0 + evaluations, abs=100.0)
    assert PACE.evaluating(lay, 90) == pytest.approx(evaluations / (1060.0 + evaluations))


def test_the_first_block_warms_up_and_counts_only_alone():
    watch = Stopwatch(10_000)
    assert watch.pace is None
    watch.block(10, 50.0)
    assert watch.pace.iteration == 5.0
    watch.block(10, 10.0)
    watch.evaluation(5000, 2.0)
    assert watch.pace.iteration == 1.0
    assert (watch.pace.evaluation, watch.pace.again) == (2.0, 1.0)
    watch.evaluation(1, 0.25)
    assert (watch.pace.evaluation, watch.pace.again) == (0.75, 0.25), "the first loads kernels"
    watch.evaluation(5000, 1.5)
    assert (watch.pace.evaluation, watch.pace.again) == (1.5, 0.25)
    few = Stopwatch(10)  # ten samples take no longer than two iterations, whatever was compiled
    few.block(10, 1.0)
    few.evaluation(10, 30.0)
    assert few.pace.evaluation == pytest.approx(0.2)
    much = layout(eval_last=60)  # an evaluation after each iteration
    assert not few.known(much, 90)
    assert few.known(layout(), 90)
    few.evaluation(10, 0.3)
    assert few.known(much, 90)


# Trials ---------------------------------------------------------------------------------------------------------------


def test_seeds_are_tried_once_and_many_settings_by_some_of_each_kind(tiny_data):
    seeds = [Task(layout(seed=k, iterations=1000)) for k in range(3)]
    other = Task(layout(method="a", iterations=1000))
    tried, stands = to_try([*seeds, other], tiny_data)
    assert tried == {seeds[0]: 60, other: 20}  # a part of the work of all that they stand for
    assert [stands[t] for t in seeds] == [seeds[0]] * 3
    many = [Task(layout(c=1.0 + k / 100, seed=s)) for k in range(40) for s in (0, 1)]
    tried, stands = to_try(many, tiny_data)
    assert 4 <= len(tried) <= 5
    assert set(stands) == set(many)
    assert set(stands.values()) == set(tried)


@pytest.mark.parametrize("kw", [{}, {"rule": "software"}, {"rule": "bs"}])
def test_a_trial_measures_all_that_a_run_takes_and_leaves_nothing(tiny_data, tmp_path, monkeypatch, kw):
    monkeypatch.chdir(tmp_path)
    task = Task(layout(iterations=10**7, **kw), (Off(sigma=0.5, repeats=3),) if not kw else (), costs=not kw)
    pace = trial(task, tiny_data, 20, lambda: False)
    assert min(pace.iteration, pace.evaluation, pace.again, pace.start) > 0.0
    assert not list(tmp_path.iterdir())
    assert costs_of([task], {task: task}, {task: pace}, tiny_data)[task] > 10**7 * pace.iteration


@pytest.mark.once
@pytest.mark.parametrize(
    ("kw", "again"), [({}, 3.0), ({"rule": "software"}, 10.0), ({"device_noise": 0.1}, 10.0), ({"sigma": 0.1}, 3.0)]
)
def test_at_the_end_of_a_run_less_is_read_again_where_what_is_the_same_is_not(tiny_data, monkeypatch, kw, again):
    from xbarsim.loop.results import Progress
    from xbarsim.study import trials

    def run(*_, listener, **__):
        listener(Progress("training", 1, 9, pace=PACE))

    monkeypatch.setattr(trials.simulate, "run", run)
    assert trial(Task(layout(**kw)), tiny_data, 20, lambda: False).again == pytest.approx(again)


def test_a_study_is_the_same_with_and_without_trials(tiny_data, tmp_path):
    tasks = [Task(layout(seed=k)) for k in range(2)]
    seen = []
    tried = run_study(tasks, tiny_data, tmp_path / "a", workers=1, trials=True, listener=seen.append)
    plain = run_study(tasks, tiny_data, tmp_path / "b", workers=1)
    assert [r["curve"] for r in tried.values()] == [r["curve"] for r in plain.values()]
    phases = [t.phase for t in seen]
    assert phases.index("trying") < len(phases) - phases[::-1].index("trying") < len(phases)
    assert seen[-1].cost_done == pytest.approx(seen[-1].cost_total)
    again = []
    run_study(tasks, tiny_data, tmp_path / "a", workers=1, trials=True, listener=again.append)
    assert [(t.done, t.kept) for t in again] == [(2, 2)]


def test_a_run_tells_how_far_it_is_also_with_one_worker(tiny_data, tmp_path, monkeypatch):
    monkeypatch.setattr("xbarsim.study.tasks._TELL", 0.0)
    noted = []
    run_task(Task(layout(eval_every=20)), tiny_data, note=noted.append)
    assert noted == sorted(noted)
    assert {20, 40, 60} <= set(noted)
    ticks = []
    run_study([Task(layout(eval_every=20))], tiny_data, tmp_path, workers=1, listener=ticks.append)
    parts = {t.cost_done for t in ticks if t.done == 0}
    assert len(parts) > 3, "progress moves within a run"


# The clock ------------------------------------------------------------------------------------------------------------


def clock_of(data, n, workers, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("xbarsim.study.clock.time.monotonic", lambda: now[0])
    tasks = [Task(layout(seed=k)) for k in range(n)]
    records = {}
    clock = Clock(tasks, records, data, workers)
    clock.stands = dict.fromkeys(tasks, tasks[0])
    clock.take(Told(paces={tasks[0]: Pace(1.0, 0.0, 0.0)}))
    return clock, tasks, records, now


def test_what_is_left_is_shared_among_workers_that_have_something_to_do(tiny_data, monkeypatch):
    for n, on, seconds in ((6, 2, 180.0), (5, 2, 180.0), (1, 4, 60.0), (3, 1, 180.0)):
        assert clock_of(tiny_data, n, on, monkeypatch)[0].tick.left == pytest.approx(seconds)


def test_what_is_left_follows_the_pace_that_is_measured(tiny_data, monkeypatch):
    clock, tasks, records, now = clock_of(tiny_data, 100, 1, monkeypatch)
    assert clock.tick.left == pytest.approx(6000.0)
    now[0] = 6000.0  # twice as slow as the trial said
    for task in tasks[:50]:
        records[task] = {}
        clock.take(Told(record=(task, {})))
    assert clock.tick.left == pytest.approx(6000.0, rel=0.1)
    clock.take(Told(done={tasks[50]: 30}))
    assert clock.tick.cost_done == pytest.approx(50 * 60.0 + 30.0)
    clock.take(Told(done={tasks[0]: 30}))  # late news of a run that is done
    assert clock.tick.cost_done == pytest.approx(50 * 60.0 + 30.0)


# What is said ---------------------------------------------------------------------------------------------------------


def test_what_takes_more_than_a_minute_is_told_and_what_shortens_it(said, capsys):
    display = progress.StudyDisplay(quiet=False, ways=["--iterations", "--seeds"], fewer="--eval-last 1")
    display(tick(phase="trying", left=None))
    display(tick())
    display(tick())
    assert [line for line in said() if "About" in line] == [
        "About 5 min for 6 runs on 2 workers; shorter with --iterations or --seeds."
    ]
    assert capsys.readouterr().out == ""


def test_many_evaluations_are_named(said):
    progress.StudyDisplay(quiet=False, ways=["--iterations"], fewer="--eval-last 1")(tick(evaluating=0.6))
    assert said()[0].endswith("shorter with --iterations or --eval-last 1.")


@pytest.mark.parametrize("values", [{"left": 50.0}, {"left": None}])
def test_what_is_short_is_not_told(said, values):
    progress.StudyDisplay(quiet=False, ways=["--iterations"])(tick(**values))
    assert not [line for line in said() if "shorter" in line]


def test_what_is_left_of_a_study_that_is_taken_up_is_told(said):
    progress.StudyDisplay(quiet=False, ways=["--seeds"])(tick(done=4, kept=4, left=40.0))
    assert said()[:2] == ["4 of 6 runs are there already.", "About 40 s for the 2 that are left on 2 workers."]


def test_quiet_is_quiet(said):
    progress.StudyDisplay(quiet=True)(tick())
    assert said() == []


def test_a_run_tells_once_what_it_will_take(said):
    from xbarsim.loop.results import Progress

    display = progress.RunDisplay(quiet=False, ways=["--iterations"], fewer="--eval-last 1")
    for left in (None, 300.0, 200.0):
        display(Progress("training", 10, 60_000, left=left, pace=Pace(0.005, 0.1, 0.05)))
    assert [line for line in said() if line.startswith("About")] == [
        "About 5 min for 60,000 iterations; shorter with --iterations."
    ]


@pytest.mark.once
def test_a_run_that_tests_more_than_it_trains_says_so_though_it_is_short(said):
    from xbarsim.loop.results import Progress

    for left, tests in ((40.0, 30.0), (50.0, 22.0), (25.0, 19.0)):  # the first alone: more than training, and 20 s
        display = progress.RunDisplay(quiet=False, ways=["--iterations"], fewer="--eval-last 1")
        display(Progress("training", 10, 1_000, left=left, tests=tests, pace=PACE))
    assert [line for line in said() if line.startswith("About")] == [
        "About 40 s for 1,000 iterations, 30 s of it for tests; shorter with --eval-last 1."
    ]


@pytest.mark.once
def test_tests_to_come_are_known_before_there_was_much_training():
    much = layout(eval_last=60)
    watch = Stopwatch(10_000)
    watch.evaluation(2, 5.0)  # this one loads kernels
    watch.block(1, 0.01)
    assert not watch.known(much, 90)
    watch.evaluation(0, 1.0)  # one more, before the first iteration
    assert watch.known(much, 90)
    assert not watch.known(layout(eval_last=1, iterations=10**6), 90), "most of it is training"
    assert watch.pace.tests(much, 90, 0, 60) == pytest.approx(1.0 + 59 * 0.5)
    maps = Layout.of(layers=("8x8x1", "conv3x2", 2))
    assert (reads_anew(maps), reads_anew(layout())) == (True, False)


def test_many_arrays_are_told(said, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    display = progress.CountDisplay("arrays", ways=["--repeats"])
    for k, seconds in enumerate((0.0, 1.0, 2.0)):  # of the first of two parts
        now[0] = seconds
        display.part(0, 2)(k, 100)
    assert said() == ["About 3 min for 200 arrays; shorter with --repeats."]
    now[0] = 100.0
    display.part(1, 2)(0, 100)
    assert said()[1:] == ["100 of 200 arrays, about 100 s left"]
    now[0] = 200.0
    display.part(1, 2)(100, 100)
    assert said()[2:] == ["200 of 200 arrays"]


@pytest.mark.once
def test_images_that_are_solved_one_by_one_are_told_before(monkeypatch):
    now, read, lines = [0.0], [], []

    def take(few):
        read.append((len(few.label), int(few.start[-1])))
        now[0] += 0.5 * len(few.label)

    monkeypatch.setattr(tests_ahead.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(tests_ahead, "say", lines.append)
    samples = Samples(2 * np.arange(1001), np.zeros(2000, np.int32), np.ones(2000, np.float32), np.zeros(1000, int))
    tests_ahead.tell_long(layout(), samples, take)  # a matrix stands for these wires
    assert read == []
    slow = layout(iv="sinh", iv_scale=0.05, wire_resistance=5.0)
    tests_ahead.tell_long(slow, samples, take, tests=12, ways=["fewer images"])
    assert read == [(1, 2), (5, 10)]
    (line,) = lines
    assert line.startswith("About 1 h 40 min for 12 times a test of 1,000 images")
    assert line.endswith("0.5 s each; shorter with fewer images.")
    tests_ahead.tell_long(slow, tests_ahead.first_of(samples, 100), take)  # not a minute
    assert len(lines) == 1


def test_compiling_is_told_before_it_begins(said):
    display = progress.StudyDisplay(quiet=False)
    for k in (1, 2):
        display(tick(phase="compiling", compiling=(k, 2), left=None))
    assert [line for line in said() if "Compiling" in line] == [
        "Compiling the simulation for this machine, once for each of 2 combinations: 5 to 40 s each ..."
    ]


@pytest.mark.once
def test_compiling_elsewhere_is_told_as_that(said, tiny_data):
    clock = Clock([Task(layout())], {}, tiny_data, 1)
    clock.take(Told(compiling=(1, 3), machines=True))
    progress.StudyDisplay(quiet=False)(clock.tick)
    assert said()[0] == (
        "Compiling the simulation on each of the workers' 3 machines, once: 5 to 40 s for each combination ..."
    )
    clock.take(Told())
    assert (clock.tick.phase, clock.tick.machines) == ("training", False)


def test_a_study_in_this_process_compiles_before_it_tries(tiny_data, tmp_path, monkeypatch):
    """So that whoever listens knows when a signal may end the program at once."""
    seen = []
    monkeypatch.setattr(workers, "_uncompiled", lambda todo: [todo[0].layout])
    monkeypatch.setattr(in_worker, "warm_up", lambda *_: seen.append("compiler"))
    run_study([Task(layout())], tiny_data, tmp_path, workers=1, listener=lambda t: seen.append((t.phase, t.here)))
    assert seen[1:4] == [("compiling", True), "compiler", ("training", False)]
    assert study.Tick is Tick
