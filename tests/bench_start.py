"""How long a machine on which nothing is compiled yet takes to the first iterations. Run it by hand::

    python tests/bench_start.py      # --against FOLDER: in alternation with another checkout's virtual environment

CPU seconds of whole commands, 20 iterations of a 784-200-10 network, each with an empty cache of machine code. The CPU
time of a command is that of all its threads; on a busy machine it grows less than the time that one waits.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

MODES = {
    "default": "",
    "method c": "--method c",
    "mini-batches": "--batch 5",
    "cycle-to-cycle noise": "--c2c 0.3",
    "wires": "--wire-resistance 2",
    "account of costs": "--account",
    "rule crus": "--rule crus",
    "rule bs": "--rule bs",
    "rule bs, four digits of devices": "--rule bs --bs-digits 4 --engine analog",
    "a function of one's own": "--device plugin.py:step",
    "wires, mini-batches and noise": "--wire-resistance 2 --batch 5 --c2c 0.3",
}

PLUGIN = """import math


def step(s, up, z):
    if up:
        return 0.12 * math.exp(-2 * s) * (1 + 0.3 * z)
    return -0.10 * math.exp(-1 * (1 - s)) * (1 + 0.3 * z)
"""


def cpu_seconds(program: Path, flags: str) -> float:
    """CPU time of one command, in a folder of its own."""
    run = "run --layers 784,200,10 --iterations 20 --eval-every 0 --eval-last 1 -q --out run.h5"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "plugin.py").write_text(PLUGIN, encoding="utf-8")
        kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [program, *run.split(), *flags.split()],
            cwd=folder,
            env={**kept, "XBARSIM_CACHE": str(Path(folder, "cache"))},
            check=True,
            capture_output=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--against", type=Path, help="virtual environment of another checkout")
    other = parser.parse_args().against
    programs = [Path(sys.executable).with_name("xbarsim"), *([other / "bin" / "xbarsim"] if other else [])]
    print("| mode | CPU s |" + (" other | ratio |" if other else "") + "\n|---|---|" + ("---|---|" if other else ""))
    for name, flags in MODES.items():
        seconds = [cpu_seconds(program, flags) for program in programs]
        ratio = [f"{seconds[0] / s:.2f}" for s in seconds[1:]]
        print("| " + " | ".join([name, *(f"{s:.1f}" for s in seconds), *ratio]) + " |", flush=True)


if __name__ == "__main__":
    main()
