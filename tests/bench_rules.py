"""Speed of the rules that descend a gradient, as ratios measured in alternation in one run. Not part of the tests::

    python tests/bench_rules.py [--rounds 7] [--peer PYTHON]

Every network has learned 10,000 samples before; then all train blocks of the same samples in turn, on one core, and
what is compared is the CPU time of these. `--peer` names the Python of an environment with aihwkit 1.1.0 and NumPy, in
which the same network is trained by bare calls of its tiles, without autograd (`tests/peers/aihwkit_tiles.py`).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parents[1]))

from xbarsim import Layout
from xbarsim.data_sets.load import load_dataset, to_samples
from xbarsim.data_sets.order import SampleOrder
from xbarsim.describe.rules.table import RULES
from xbarsim.learn.table import state_of

WARM, BLOCK = 10_000, 500
LADDER = "rule sign, ladder engine"
_SOFT = {"method": "fixed", "model": "soft-bounds", "g_min": 1e-6, "g_max": 2e-6, "alpha": 1e-8, "beta": 6.907755}
_BUFFER = {"transfer_length": 1, "auto_scale": True, "auto_granularity": 1000.0, "fast_rate": 0.5}
OURS = {
    LADDER: ({"rule": "sign", "method": "b"}, ""),
    "stochastic": ({"rule": "stochastic", "method": "b"}, "<= 3"),
    "stochastic, 30 % cycle-to-cycle noise": ({"rule": "stochastic", "method": "b", "c2c": 0.3}, "<= 6"),
    "stochastic, soft bounds beside a fixed reference": ({"rule": "stochastic", **_SOFT}, ""),
    "tiki-taka, the same devices": ({"rule": "tiki-taka", **_SOFT}, "<= 6"),
    "ttv2, the same devices": ({"rule": "ttv2", **_SOFT, **_BUFFER}, "<= 6"),
    "agad, the same devices": ({"rule": "agad", **_SOFT, **_BUFFER, "chop_probability": 0.02}, "<= 6"),
    "mixed-precision, the same devices": ({"rule": "mixed-precision", **_SOFT}, "<= 4"),
}
THEIRS = {"sb01": "stochastic, soft bounds beside a fixed reference", "sb01tt": "tiki-taka, the same devices",
          "sb01ttv2": "ttv2, the same devices", "sb01agad": "agad, the same devices",
          "sb01mp": "mixed-precision, the same devices"}  # fmt: skip


class Trainer:
    """Trains block by block."""

    def __init__(self, data, values):
        layout = Layout.of(**{"layers": (784, 200, 10), "schedule": 60_000, **values})
        self.state = state_of(layout)
        self.state.initialise()
        self.samples = to_samples(data.x_train, data.y_train, layout.array.v_read)
        self.order, self.done = SampleOrder(0, len(data.y_train)), 0
        self.buffers = self.state.new_buffers()

    def block(self, n):
        """CPU seconds of n iterations."""
        start = time.process_time()
        while n > 0:
            some = min(n, self.state.block)
            self.state.train(self.done, self.order.take(self.done, some), self.samples, *self.buffers)
            self.done, n = self.done + some, n - some
        return time.process_time() - start


class Peer:
    """The same in another process."""

    def __init__(self, python, name):
        script = Path(__file__).parent / "peers" / "aihwkit_tiles.py"
        one = {**os.environ, "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [python, str(script), "serve", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=one
        )

    def block(self, n):
        """CPU seconds of n samples."""
        self.process.stdin.write(f"{n}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        """End it."""
        self.process.stdin.close()
        self.process.wait()


def main():
    """Measure, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--peer")
    parser.add_argument("--peers", default=",".join(THEIRS), help="which of aihwkit's, with commas")
    options = parser.parse_args()
    data = load_dataset("mnist")
    rules = {name: (values, aim) for name, (values, aim) in OURS.items() if values["rule"] in RULES}
    names = options.peers.split(",") if options.peer else []
    trainers = {name: Trainer(data, values) for name, (values, _) in rules.items()}
    peers = {f"aihwkit: {name}": Peer(options.peer, name) for name in names}
    everyone = {**trainers, **peers}
    for trainer in everyone.values():
        trainer.block(WARM)
    times = {name: [] for name in everyone}
    for _ in range(options.rounds):
        for name, trainer in everyone.items():
            times[name].append(trainer.block(BLOCK) / BLOCK)
    ladder = np.array(times[LADDER])
    print(f"| rule, 784-200-10, after {WARM:,} iterations | us | : {LADDER} | aim |\n|---|---|---|---|")
    for name, seconds in times.items():
        aim = rules[name][1] if name in rules else ""
        print(f"| {name} | {1e6 * statistics.median(seconds):.1f} | {np.median(seconds / ladder):.2f} | {aim} |")
    for name, ours in THEIRS.items():
        if f"aihwkit: {name}" in times and ours in times:
            ratio = np.median(np.array(times[f"aihwkit: {name}"]) / np.array(times[ours]))
            print(f"| aihwkit's tiles : {ours} | | {ratio:.1f} (of each other) | |")
    for peer in peers.values():
        peer.close()


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
