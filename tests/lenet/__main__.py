"""Train LeNet (1 -> 16 5x5, pool, 16 -> 32 5x5, pool, 512-128-10) under several rules, and print a line for each run;
rule bs in a network of two convolutions with strides and the outputs, as it does not learn LeNet.

``python -m tests.lenet --dataset mnist --epochs 1 --seeds 1``; a run that is in the file of results is not made again.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path

import xbarsim
from xbarsim import Layout, load_dataset

LAYERS = ("28x28x1", "conv5x16", "pool2", "conv5x32", "pool2", 128, 10)
_PLAIN = {"gradient_initial_weight": 4.0, "hidden_neuron": "sigmoid", "gradient_rate": 0.1}
_BITS = {"rule": "bs", "bs_step": 0.005, "bs_step_end": 0.1, "bs_initial_weight": 5.0, "position_rule": "deferred"}
_SOFTWARE = {"rule": "software", "activation": "sigmoid", "learning_rate": 0.1, "initial_weight": 4.0}
_STRIDES = {"layers": ("28x28x1", "conv5x16s2", "conv5x32s2", 10)}

RUNS = {
    "software": _SOFTWARE,
    "b, linear": {"method": "b", "beta": 0.0, "batch": 4, "batch_rule": "products"},
    "b, beta 2": {"method": "b", "beta": 2.0, "batch": 4, "batch_rule": "products"},
    "mixed-precision": {"rule": "mixed-precision", "beta": 0.0, **_PLAIN},
    "stochastic": {"rule": "stochastic", "beta": 0.0, "n_max": 1000, "method": "c", **_PLAIN},
    "software, strides in place of pools": {**_SOFTWARE, **_STRIDES},
    "bs, strides in place of pools": {**_BITS, **_STRIDES},
}


def main() -> None:
    """Train what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.lenet", description=__doc__)
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--only", default="", help="names with semicolons")
    parser.add_argument("-o", "--out", type=Path, default=Path("lenet.jsonl"))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    data = load_dataset(arguments.dataset)
    done = [json.loads(line) for line in arguments.out.read_text().splitlines()] if arguments.out.exists() else []
    names = arguments.only.split(";") if arguments.only else list(RUNS)
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
        for name in names:
            key = [name, arguments.dataset, arguments.epochs, seed]
            if any(row["key"] == key for row in done):
                continue
            values = RUNS[name]
            n = round(arguments.epochs * len(data.y_train) / values.get("batch", 1))
            begin = time.process_time()
            layout = Layout.of(
                **{"layers": LAYERS, "iterations": n, "seed": seed, "eval_every": max(1, n // 5), "eval_last": 1,
                   "snapshot_every": 0, **values}
            )  # fmt: skip
            points = []
            result = xbarsim.run(layout, dataset=data, watch=lambda p, _s, points=points: points.append(p.accuracy))
            row = {
                "key": key, "accuracy": result.accuracy, "curve": points, "pulses": result.pulses,
                "cpu_s": time.process_time() - begin,
            }  # fmt: skip
            with arguments.out.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(f"{name}, {arguments.dataset}, seed {seed}: {100 * result.accuracy:.2f} %, {row['cpu_s']:.0f} CPU s")


main()
