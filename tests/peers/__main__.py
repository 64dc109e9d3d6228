"""The table of `docs/reproduction/peers.md`: MNIST, 784-200-10, one epoch, here and in aihwkit, seed by seed.

    XBARSIM_DATA=... python -m tests.peers [--seeds 3] [--rules 'soft bounds,agad'] [--out runs.json]
    XBARSIM_DATA=... python -m tests.peers --rules gokmen-vlasov,reram-es,reram-sb   # presets, see `PRESETS`
    XBARSIM_DATA=... python -m tests.peers --rules 'tiki-taka on reram-sb' --samples 10000   # instead of an epoch
    XBARSIM_DATA=... python -m tests.peers --epochs 10 --seeds 1        # test accuracy after each, ours alone

What aihwkit gave is in `aihwkit.json` (made by `aihwkit_tiles.py`, line by line). With `--out` runs that are done are
kept, and not done again.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path

import numpy as np

from xbarsim import Layout, Trace, run
from xbarsim.describe.rules.table import RULES

N = 60_000
SOFT = {"model": "soft-bounds", "g_min": 1e-6, "g_max": 2e-6, "alpha": 1e-8, "beta": 6.907755}
"""dw = 0.01 (1 - w) up, 0.01 (1 + w) down."""
CONSTANT = {"g_min": 1e-6, "g_max": 2e-6, "beta": 0.0, "n_max": 200}
BUFFER = {"transfer_length": 1, "auto_scale": True, "auto_granularity": 1000.0, "fast_rate": 0.5}
CASES = {  # name: (aihwkit's, ours)
    "constant steps": ("cs01", {"rule": "stochastic", **CONSTANT}),
    "soft bounds": ("sb01", {"rule": "stochastic", **SOFT}),
    "tiki-taka": ("sb01tt", {"rule": "tiki-taka", **SOFT, "fast_rate": 1.0}),  # as aihwkit's fast_lr
    "ttv2": ("sb01ttv2", {"rule": "ttv2", **SOFT, **BUFFER}),
    "agad": ("sb01agad", {"rule": "agad", **SOFT, **BUFFER, "chop_probability": 0.02}),
    "mixed-precision": ("sb01mp", {"rule": "mixed-precision", **SOFT}),
}
CIRCUITS = {  # PresetIOParameters; a weight of method fixed is half of the range
    "reference": "symmetry", "sense_range": 10.0, "sense_bits": 9, "driver_bits": 6, "read_noise": 0.05,
    "noise_management": "both", "bound_management": "forward",
}  # fmt: skip
SB = {  # aihwkit-reram-sb on its whole window, so that a weight is what it is there: w from -1 to 1 is 1 to 2 uS
    "model": "soft-bounds", "g_min": 1e-6, "g_max": 2e-6, "alpha": 1.6e-9, "beta": 4.60517, "alpha_d": 2.66667e-9,
    "beta_d": 4.60517, "alpha_common_sigma": 0.3, "alpha_sigma": 0.01414, "g_min_sigma": 0.15, "g_max_sigma": 0.075,
    "window_steps": "kept", "c2c_range": 0.00375, "write_noise": 0.056, **CIRCUITS,
    "reference": "exact",  # w = 0 is a device's symmetry point
}  # fmt: skip
STRETCHED = {**SB, "window_steps": "stretched"}  # as a window is, by default
PRESETS = {
    "gokmen-vlasov": ("gv", {"device": "aihwkit-gokmen-vlasov", "rule": "stochastic", **CIRCUITS}),
    # There w = 0 is the middle of the range, where steps up and down differ.
    "reram-es": ("rees", {"device": "aihwkit-reram-es", "rule": "stochastic", **CIRCUITS, "reference": "conductance"}),
    "reram-sb": ("resb", {"rule": "stochastic", "gradient_rate": 0.01, **SB}),
    "reram-sb of one window": (
        "resb0",
        {
            "rule": "stochastic",
            "gradient_rate": 0.01,
            **STRETCHED,
            "g_min_sigma": 0.0,
            "g_max_sigma": 0.0,
            "reference": "middle",
        },
    ),
    "reram-sb with stretched steps": (
        "resb",
        {"rule": "stochastic", "gradient_rate": 0.01, **STRETCHED},
    ),
    "reram-sb with references found by pulses": (
        "resb",
        {"rule": "stochastic", "gradient_rate": 0.01, **SB, "reference": "symmetry"},
    ),
    "tiki-taka on reram-sb": ("tt", {"rule": "tiki-taka", **SB, "fast_rate": 1.0}),
    "tiki-taka with stretched steps": ("tt", {"rule": "tiki-taka", **STRETCHED, "fast_rate": 1.0}),
    "the same without noise of writing": (
        "ttw0",
        {"rule": "tiki-taka", **STRETCHED, "fast_rate": 1.0, "write_noise": 0.0},
    ),
    "the same with a small rate": ("ttslow", {"rule": "tiki-taka", **STRETCHED, "fast_rate": 0.0104}),
}
"""Presets of aihwkit: only run if they are named."""
ALL = {**CASES, **PRESETS}
NAMES = ("loss", "online", "late", "last")


def layout_of(values, **more):
    """The layout of a case."""
    base = Layout.of(
        layers=(784, 200, 10), method="fixed", gradient_rate=0.1, dataset="mnist", eval_last=1, rule=values["rule"]
    )
    device = values.get("device")
    layout = base.with_device(device) if device else base
    return layout.replace(**{**{key: value for key, value in values.items() if key != "device"}, **more})


def ours(values, seed, samples=N):
    """An epoch, or less: mean loss and accuracy on the way, test accuracies over the last 10,000 and at the end."""
    every = 20_000 if "sense_bits" in values else 1000  # reads of test images through such circuits take minutes
    layout = layout_of(values, iterations=samples, seed=seed, eval_every=every, snapshot_every=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.h5"
        run(layout, out=path)
        with Trace(path) as trace:
            curves, accuracy = trace.curves, trace.accuracy
    late = [float(a) for i, a in zip(*accuracy, strict=True) if i > samples - 10_000]
    wrong = float(np.mean(curves["wrong"]))
    return {
        "seed": seed,
        "samples": samples,
        "loss": round(float(np.mean(curves["loss"])), 4),
        "online": round(100.0 * (1.0 - wrong), 2),
        "late": round(100.0 * statistics.fmean(late), 2),
        "last": round(100.0 * late[-1], 2),
    }


def after_epochs(values, seed, epochs):
    """Test accuracies after each epoch, %; nothing is recorded, as a file would have gigabytes."""
    layout = layout_of(values, iterations=N * epochs, seed=seed, eval_every=N)
    found = []
    run(layout, watch=lambda point, _: found.append(round(100.0 * point.accuracy, 2)))
    return found[1 : epochs + 1]


def spread(values):
    """Mean, and the seeds' smallest and largest."""
    digits = 3 if max(values) < 10 else 2
    return f"{statistics.fmean(values):.{digits}f} [{min(values):.{digits}f}..{max(values):.{digits}f}]"


def main():
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rules", help="names of the table, with commas")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--samples", type=int, default=N)
    options = parser.parse_args()

    def alike(runs):
        return [r for r in runs if r.get("samples", N) == options.samples]

    if options.epochs > 1:
        for name in options.rules.split(",") if options.rules else list(CASES):
            for seed in range(options.seeds):
                print(f"{name}, seed {seed}:", *after_epochs(ALL[name][1], seed, options.epochs), flush=True)
        return
    theirs = json.loads((Path(__file__).parent / "aihwkit.json").read_text())["runs"]
    done = json.loads(options.out.read_text()) if options.out and options.out.exists() else []
    wanted = options.rules.split(",") if options.rules else list(CASES)
    for name in wanted:
        for seed in range(options.seeds):
            values = ALL[name][1]
            if values["rule"] in RULES and not any((r["name"], r["seed"]) == (name, seed) for r in alike(done)):
                done.append({"name": name, **ours(values, seed, options.samples)})
                if options.out:
                    options.out.write_text(json.dumps(done, indent=0))
    print("| | " + " | ".join(f"{key} | aihwkit" for key in NAMES) + " |\n|---|" + "---|" * 2 * len(NAMES))
    for name in wanted:
        pairs = [[r for r in alike(done) if r["name"] == name], [r for r in alike(theirs) if r["name"] == ALL[name][0]]]
        found = [[r[key] for r in runs if key in r] for key in NAMES for runs in pairs]
        row = [spread(values) if values else "-" for values in found]
        print(f"| {name} | " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
