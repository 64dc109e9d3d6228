"""What a study costs beside its runs, on processes of this machine and on Dask workers. Run it by hand::

    python tests/bench_study.py                       # a few minutes; --long N: also N runs of a minute each

Busy: the share of the workers' time that they spend in runs, so that 1 is a study that costs nothing, and what two
workers gain over one is twice that. It holds on a machine that does other things, too, where wall times do not.
Overhead: wall and CPU time of a study of runs that take next to nothing, for each of them.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from xbarsim import Layout, load_dataset
from xbarsim.study.study import run_study
from xbarsim.study.tasks import Task


@contextmanager
def scheduler(workers):
    """A Dask scheduler and workers on the loopback; gives the scheduler's file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "scheduler.json")
        common = ["--scheduler-file", str(file), "--no-dashboard"]
        begin = [sys.executable, "-m", "dask"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
        alone = ["--nthreads", "1", "--no-nanny", "--host", "127.0.0.1"]
        started = [subprocess.Popen([*begin, "scheduler", *common, "--host", "127.0.0.1", "--port", "0"], **quiet)]
        started += [subprocess.Popen([*begin, "worker", *common, *alone], **quiet) for _ in range(workers)]
        try:
            yield str(file)
        finally:
            for process in started[::-1]:
                process.kill()
                process.wait()


def tasks_of(iterations, n, first):
    """Runs of 784-100-10 on the embedded digits."""
    base = Layout.of(layers=(784, 100, 10), dataset="digits", iterations=iterations, eval_every=0, eval_last=1)
    return [Task(base.replace(seed=first + k)) for k in range(n)]


def measured(tasks, data, on, workers):
    """Wall time, s; from the first end of a run to the last (of few runs: all the time, with the start of the workers)
    the workers' time per run, s, and the part of it that is the run; and CPU time here per run, s.
    """
    ends = []

    def told(tick):
        ends.extend([time.monotonic()] * (tick.done - len(ends)))

    with tempfile.TemporaryDirectory() as folder:
        begin, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
        found = run_study(tasks, data, Path(folder), workers=on, listener=told)
        after = resource.getrusage(resource.RUSAGE_SELF)
    n = len(tasks)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    inside = sum(record["result"]["seconds"] for record in found.values()) / n
    each = (ends[-1] - ends[workers - 1]) / (n - workers) if n > 4 * workers else (ends[-1] - begin) / n
    return ends[-1] - begin, workers * each, inside, cpu / n


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", type=int, default=0, metavar="N", help="also N runs of about a minute")
    parser.add_argument("--short", type=int, default=40, metavar="N", help="runs of about a second")
    parser.add_argument("--tiny", type=int, default=300, metavar="N", help="runs of next to nothing")
    asked = parser.parse_args()
    data = load_dataset("digits")
    warm = tasks_of(20_000, 1, 10_000)
    with tempfile.TemporaryDirectory() as folder:
        (record,) = run_study(warm, data, Path(folder), workers=1).values()
    with tempfile.TemporaryDirectory() as folder:
        (record,) = run_study(tasks_of(20_000, 1, 10_001), data, Path(folder), workers=1).values()
    second = int(20_000 / record["result"]["seconds"])
    print(f"load {os.getloadavg()[0]:.1f}; {second} iterations take a second")
    with scheduler(2) as file:
        print("runs | of about | on | wall, s | busy | overhead per run: wall of a worker, ms | CPU here, ms")
        kinds = [(asked.tiny, 10, "nothing"), (asked.short, second, "1 s"), (asked.long, 60 * second, "60 s")]
        for n, iterations, name in kinds:
            for where, on, workers in (("1 process", 1, 1), ("2 processes", 2, 2), ("2 Dask workers", file, 2)):
                if n and (workers > 1 or iterations < 60 * second):
                    whole, each, inside, cpu = measured(tasks_of(iterations, n, 0), data, on, workers)
                    over = f"{1000 * (each - inside):.0f} | {1000 * cpu:.1f}"
                    print(f"{n} | {name} | {where} | {whole:.1f} | {inside / each:.3f} | {over}", flush=True)


if __name__ == "__main__":
    main()
