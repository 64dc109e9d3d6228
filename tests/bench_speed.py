"""Speed, as ratios measured side by side in one run. Not part of the tests; run it by hand::

    pytest -s -n 0 tests/bench_speed.py --benchmark-columns=median,iqr,rounds

The ratios are printed at the end. Times of different rows of pytest-benchmark's own table are minutes apart and, on a
shared machine, not comparable; the ratios are, since what they compare was measured in alternation, on one core.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import xbarsim
from xbarsim import Layout
from xbarsim.data_sets.load import load_dataset, to_samples
from xbarsim.data_sets.mnist import mnist_folder
from xbarsim.data_sets.order import SampleOrder
from xbarsim.learn.table import state_of

RATIOS: list[tuple[str, str, str]] = []
ITERATIONS = 60_000
BLOCK = 1000


@pytest.fixture(scope="module", autouse=True)
def one_core():
    """Everything here runs on one core, with one BLAS thread."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    with threadpool_limits(1):
        yield
    os.sched_setaffinity(0, before)
    print("\n\n| what | measured | target |\n|---|---|---|")
    for row in RATIOS:
        print("| " + " | ".join(row) + " |")


@pytest.fixture(scope="module")
def data():
    if mnist_folder() is None:
        pytest.skip("MNIST is not at hand: set XBARSIM_DATA")
    return load_dataset("mnist")


class Trainer:
    """Trains block by block, and tells how long each took."""

    def __init__(self, data, **kw):
        self.layout = Layout.of(**{"layers": (784, 200, 10), "schedule": ITERATIONS, **kw})
        self.state = state_of(self.layout)
        self.state.initialise()
        self.samples = to_samples(data.x_train, data.y_train, float(self.state.reading.v_read))
        self.order = SampleOrder(0, len(data.y_train))
        self.buffers = self.state.new_buffers()
        self.done = 0
        self.state.train(0, np.empty(0, np.int64), self.samples, *self.buffers)
        self.state.flush()

    def block(self):
        order = self.order.take(self.done, BLOCK)
        begin = time.perf_counter()
        self.state.train(self.done, order, self.samples, *self.buffers)
        self.done += len(order)
        return (time.perf_counter() - begin) / len(order)


def dense(x, w, n=50):
    """Time of one dense float32 ``x @ W`` in NumPy."""
    begin = time.perf_counter()
    for _ in range(n):
        x @ w
    return (time.perf_counter() - begin) / n


def test_ladder_iteration_against_one_dense_product(data, benchmark):
    rng = np.random.default_rng(0)
    x, w = rng.random(785, np.float32), rng.random((785, 200), np.float32)
    trainer = Trainer(data)
    products, iterations = [], []

    def alternate():
        products.append(dense(x, w))
        iterations.append(trainer.block())

    benchmark.pedantic(alternate, rounds=ITERATIONS // BLOCK, iterations=1)
    ratio = statistics.mean(iterations) / statistics.mean(products)
    best = min(iterations) / min(products)
    RATIOS.append(
        (
            "one ladder iteration (method b, epoch mean) : one dense float32 `x @ W`, 785 x 200",
            f"{ratio:.2f} ({1e6 * statistics.mean(iterations):.1f} : {1e6 * statistics.mean(products):.1f} us); "
            f"best blocks {best:.2f}",
            "<= 1, aim 0.7",
        )
    )


@pytest.mark.parametrize(("method", "target"), [("c", "<= 5"), ("b", "stated"), ("a", "stated")])
def test_analog_engine_against_ladder(data, benchmark, method, target):
    ladder, analog = Trainer(data), Trainer(data, method=method, engine="analog")
    a, b = [], []

    def alternate():
        a.append(ladder.block())
        b.append(analog.block())

    benchmark.pedantic(alternate, rounds=ITERATIONS // BLOCK, iterations=1)
    ratio = statistics.mean(b) / statistics.mean(a)
    RATIOS.append(
        (
            f"analog engine, method {method} : ladder engine, method b (epoch means)",
            f"{ratio:.1f} ({1e6 * statistics.mean(b):.1f} us)",
            target,
        )
    )


def jump_table_of(layout):
    """Quantiles of a device's steps with 30 % of cycle-to-cycle noise, as a measurement would give them."""
    d, z = layout.device, np.array([statistics.NormalDist().inv_cdf(p) for p in np.linspace(0.005, 0.995, 21)])
    s = np.linspace(0.0, 1.0, 33)[:, None]
    up = d.alpha_p * np.exp(-d.beta * s) * (1.0 + 0.3 * z)
    down = d.alpha_depression * np.exp(-d.beta_depression * (1.0 - s)) * (1.0 + 0.3 * z)
    return {"model": "table", "jump_p": up.tolist(), "jump_d": down.tolist()}


SCATTERED = {
    "cycle-to-cycle noise on every pulse, method b": ({"c2c": 0.3}, "<= 10"),
    "the same, method c": ({"c2c": 0.3, "method": "c"}, "stated"),
    "measured jump tables, method b": ("table", "<= 15"),
    "own alpha and beta of every device, method b": ({"alpha_sigma": 0.2, "beta_sigma": 0.2}, "stated"),
    "own Gmin and Gmax of every device, method b (ladder engine)": ({"g_min_sigma": 0.2, "g_max_sigma": 0.2}, "stated"),
    "stuck devices and noise, method b": ({"stuck_anywhere": 0.02, "c2c": 0.3}, "stated"),
}


@pytest.mark.parametrize("what", SCATTERED)
def test_devices_that_are_not_nominal_against_ladder(data, benchmark, what):
    values, target = SCATTERED[what]
    if values == "table":
        values = jump_table_of(Layout.of(layers=(784, 200, 10)))
    ladder, scattered = Trainer(data), Trainer(data, **values)
    a, b = [], []

    def alternate():
        a.append(ladder.block())
        b.append(scattered.block())

    benchmark.pedantic(alternate, rounds=ITERATIONS // BLOCK, iterations=1)
    ratio = statistics.mean(b) / statistics.mean(a)
    RATIOS.append((f"{what} : ladder engine (epoch means)", f"{ratio:.1f} ({1e6 * statistics.mean(b):.1f} us)", target))


_CELLS = {"rule": "bs", "beta": 0.0, "bs_digits": 2}
_CRUS = {
    "rule": "crus",
    "n_max": 64,
    "beta": 5.0,
    "c": 3.0,
    "theta_forward": 0.6,
    "theta_reverse": 0.4,
    "compensate_floor": 0.003125,
    "crus_rate": 0.0125,
    "initial_low": 0.4,
    "initial_high": 0.6,
    "initial_inner_low": 0.3,
    "initial_inner_high": 0.7,
}
RULES = {
    "rule crus, beta 5": (_CRUS, "<= 5"),
    "the same with 30 % cycle-to-cycle noise": ({**_CRUS, "c2c": 0.3}, "stated"),
    "rule bs, ideal steps, one forward read of an image": ({"rule": "bs", "bs_reads": 1}, "<= 1"),
    "rule bs, ideal steps, two forward reads (default)": ({"rule": "bs"}, "<= 1"),
    "rule bs, two digits of linear devices": (_CELLS, "<= 1"),
    "the same with 30 % cycle-to-cycle noise, rule bs": ({**_CELLS, "c2c": 0.3}, "stated"),
    "rule bs, two digits of any devices (analog engine)": ({**_CELLS, "alpha_sigma": 0.1, "c2c": 0.3}, "stated"),
}


@pytest.mark.parametrize("what", RULES)
def test_other_rules_against_ladder(data, benchmark, what):
    values, target = RULES[what]
    ladder, other = Trainer(data), Trainer(data, **values)
    a, b = [], []

    def alternate():
        a.append(ladder.block())
        b.append(other.block())

    benchmark.pedantic(alternate, rounds=ITERATIONS // BLOCK, iterations=1)
    ratio = statistics.mean(b) / statistics.mean(a)
    typical = statistics.median(y / x for x, y in zip(a, b, strict=True))
    RATIOS.append(
        (
            f"{what} : ladder engine, rule sign (epoch means)",
            f"{ratio:.2f} ({1e6 * statistics.mean(b):.1f} : {1e6 * statistics.mean(a):.1f} us); "
            f"median of blocks {typical:.2f}",
            target,
        )
    )


def test_cost_of_tracing(data, benchmark, tmp_path):
    layout = Layout.of(layers=(784, 200, 10), eval_every=0, eval_last=1)
    plain, traced = [], []

    def alternate():
        plain.append(xbarsim.run(layout, dataset=data).seconds_per_iteration)
        traced.append(xbarsim.run(layout, dataset=data, out=tmp_path / "run.h5", force=True).seconds_per_iteration)

    # The compressing thread may use the second core, as it does for a user.
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    alternate()
    plain.clear(), traced.clear()
    benchmark.pedantic(alternate, rounds=7, iterations=1)
    both = statistics.median(t / p for t, p in zip(traced, plain, strict=True)) - 1
    os.sched_setaffinity(0, mine)
    plain.clear(), traced.clear()
    for _ in range(7):
        alternate()
    single = statistics.median(t / p for t, p in zip(traced, plain, strict=True)) - 1
    size = (tmp_path / "run.h5").stat().st_size
    RATIOS.append(
        ("tracing, share of the run's time", f"{100 * both:.0f} %; on a single core {100 * single:.0f} %", "<= 15 %")
    )
    RATIOS.append(("run file of 60,000 iterations", f"{size / 1e6:.1f} MB", "<= 40 MB"))


def command(*arguments, **environment):
    """Wall time of one command. Compiled Python is kept, as it is for a user."""
    begin = time.perf_counter()
    subprocess.run(
        [str(Path(sys.executable).with_name("xbarsim")), *arguments],
        check=True,
        capture_output=True,
        env={**{k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}, **environment},
    )
    return time.perf_counter() - begin


def test_start_times(data, benchmark, tmp_path):
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    one = (
        "run",
        "--layers",
        "784,200,10",
        "--iterations",
        "1",
        "--eval-every",
        "0",
        "--eval-last",
        "1",
        "--no-trace",
        "-q",
    )
    cache = tmp_path / "cache"
    first = command(*one, XBARSIM_CACHE=str(cache))
    warm = [command(*one, XBARSIM_CACHE=str(cache)) for _ in range(7)]
    shown = [command("--help") for _ in range(7)]
    shutil.rmtree(cache)
    benchmark.pedantic(lambda: command("--help"), rounds=5, iterations=1)
    RATIOS.append(
        (
            "warm start: whole command with one MNIST iteration and one evaluation",
            f"{statistics.median(warm):.2f} s",
            "<= 2 s",
        )
    )
    RATIOS.append(("first start: the same with compilation", f"{first:.1f} s", "<= 25 s"))
    RATIOS.append(("`xbarsim --help`", f"{statistics.median(shown):.2f} s", "<= 0.3 s"))


def test_reading_back(data, benchmark, tmp_path):
    layout = Layout.of(layers=(784, 200, 10), eval_every=0, eval_last=1)
    xbarsim.run(layout, dataset=data, out=tmp_path / "run.h5")
    with xbarsim.Trace(tmp_path / "run.h5") as trace:
        trace.conductance(1, 5)
        trace.synapse(1, 300, 17)
        whole = [0.0] * 20
        for k in range(len(whole)):
            begin = time.perf_counter()
            trace.conductance(1, 3000 * k + 1415)
            whole[k] = time.perf_counter() - begin
        begin = time.perf_counter()
        trace.synapse(1, 300, 17)
        single = time.perf_counter() - begin
        benchmark.pedantic(lambda: trace.conductance(1, 31_415), rounds=5, iterations=1)
    RATIOS.append(("`Trace.conductance(1, n)`, mean over the run", f"{1e3 * statistics.mean(whole):.0f} ms", ""))
    RATIOS.append(("`Trace.synapse(1, 300, 17)`, 60,001 states", f"{1e3 * single:.0f} ms", ""))
