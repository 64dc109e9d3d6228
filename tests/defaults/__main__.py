"""Train all networks with the defaults, and search settings for each by hand's standards: random, then around the best.

python -m tests.defaults --settings 40 --seeds 2 -o defaults.json
"""

from __future__ import annotations

import argparse
import json
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from xbarsim import Layout
from xbarsim.data_sets.activity import activity_of
from xbarsim.describe.defaults import settle

from .images import images
from .networks import NETS, Net, train

SPREADS = {
    "c": 3.0,
    "inner": 3.0,
    "softmax_scale": 4.0,
    "output_dead_zone": 2.5,
    "hidden_dead_zone": 5.0,
    "growth": 2.0,
}
"""Factors up to which a search goes from the defaults."""


def settings_of(net: Net, found: dict[str, float]) -> dict[str, Any]:
    """Values of a layout: those that follow, times factors."""
    lay = settle(
        Layout.of(layers=net.layers, n_max=net.states, beta=net.beta, method=net.method),
        activity_of(images(net.kind, net.layers[0], net.layers[-1])),
    )
    f = {key: found.get(key, 1.0) for key in SPREADS}
    c = lay.neuron.c if isinstance(lay.neuron.c, tuple) else (lay.neuron.c,)
    zones = lay.pulses.hidden_dead_zone
    start = lay.array.initial_steps
    first = max(1, round(start[0] * found.get("start", 1.0)))
    return {
        "c": tuple(x * f["c"] * (f["inner"] if k else 1.0) for k, x in enumerate(c)),
        "softmax_scale": lay.neuron.softmax_scale * f["softmax_scale"],
        "output_dead_zone": min(0.9, lay.pulses.output_dead_zone * f["output_dead_zone"]),
        "hidden_dead_zone": tuple(
            z * f["hidden_dead_zone"] * f["growth"] ** (len(zones) - 1 - k) for k, z in enumerate(zones)
        ),
        "initial_steps": (first, *(max(1, round(n * found.get("inner_start", 1.0))) for n in start[1:])),
    }


def search(net: Net, settings: int, seed: int = 0) -> tuple[float, dict[str, float]]:
    """The best of so many settings by one seed: accuracy, and factors on the defaults."""
    g = np.random.default_rng(seed)
    tried: list[tuple[float, dict[str, float]]] = [(train(net)[0], {})]
    for n in range(settings):
        if n < settings * 2 // 3:
            found = {k: float(np.exp(g.uniform(-1, 1) * math.log(most))) for k, most in SPREADS.items()}
            found |= {"start": float(np.exp(g.uniform(-1, 1.4))), "inner_start": float(np.exp(g.uniform(-2, 0)))}
        else:
            tried.sort(key=lambda pair: -pair[0])
            best = tried[int(g.integers(0, 3))][1]
            found = {k: best.get(k, 1.0) * float(np.exp(0.3 * g.standard_normal())) for k in (*SPREADS, "start")}
            found["inner_start"] = min(1.0, best.get("inner_start", 1.0))
        tried.append((train(net, **settings_of(net, found))[0], found))
    return max(tried, key=lambda pair: pair[0])


def main() -> None:
    """Print a line for each network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", type=int, default=0, help="settings to search for each; 0: none")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--only", default="", help="numbers of networks, 1 for the first: 3,4,7-12")
    parser.add_argument("-o", "--out", type=Path)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    parts = [p.split("-") for p in args.only.split(",") if p]
    wanted = {n for p in parts for n in range(int(p[0]), int(p[-1]) + 1)}
    rows = []
    for number, net in enumerate(NETS, start=1):
        if wanted and number not in wanted:
            continue
        # The seeds of the comparison are not that of the search, which would favour what it found.
        seeds = range(1, args.seeds + 1)
        ours = 100 * np.array([train(net, s)[0] for s in seeds])
        row: dict[str, Any] = {"number": number, "net": net.name, "defaults": ours.tolist()}
        line = f"{number:2d} {net.name:58s} {ours.mean():5.1f} ({ours.min():.1f} to {ours.max():.1f})"
        if args.settings:
            _, found = search(net, args.settings)
            tuned = 100 * np.array([train(net, s, **settings_of(net, found))[0] for s in seeds])
            row |= {"tuned": tuned.tolist(), "factors": found}
            line += f"   tuned {tuned.mean():5.1f}   difference {ours.mean() - tuned.mean():+5.1f}"
        print(line, flush=True)
        rows.append(row)
        if args.out:
            args.out.write_text(json.dumps(rows, indent=1))


main()
