"""What is refused, and with which words: ``python refused.py --out refused.json`` or ``--check refused.json``.

Every entry has a name, the way that refuses (``via``), the layout's values, the class of the error and its message;
both are null where
nothing is refused. Ways: ``layout`` is ``Layout.of``; ``run`` a run without a file; ``wide`` one with 5000 inputs;
``file`` a run with one;
``cli`` a command; the others do something with the finished run file of the layout.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from cases import JUMPS, NONE, PLUGIN, TABLE, USER, data, stopper

import xbarsim

PIXELS = {
    "layers": [2, 3, 2],
    "dataset": "two-pixels",
    "iterations": 20,
    "eval_every": 10,
    "eval_last": 1,
    "snapshot_every": 8,
    "n_max": 9,
}
MIRROR = ("lim-a", "lim-b", "lim-c", "refresh")


def values(*parts, **more):
    """Values of a layout."""
    merged = dict(PIXELS)
    for part in (*parts, more):
        merged.update(part)
    return {k: v for k, v in merged.items() if v is not NONE}


BS = {"rule": "bs"}
DIGITS = {"rule": "bs", "bs_digits": 2, "bs_base": 4.0, "n_max": 32}
SOFT = {"rule": "software"}
CRUS = {"rule": "crus", "un_window": 10}
LADDER = {"engine": "ladder"}

REFUSED: list[tuple[str, str, dict]] = [
    # noise on devices that have their own
    ("c2c with jump table", "layout", values(JUMPS, c2c=0.1)),
    ("c2c-range with jump table", "layout", values(JUMPS, c2c_range=0.1)),
    ("c2c with plug-in", "layout", values(USER, c2c=0.1)),
    ("c2c-range with plug-in", "layout", values(USER, c2c_range=0.02)),
    # rule software
    *(
        (f"software with {name}", "layout", values(SOFT, {name: v}))
        for name, v in (
            ("sigma", 0.1),
            ("c2c", 0.1),
            ("stuck_anywhere", 0.1),
            ("endurance", 5.0),
            ("device_noise", 0.1),
            ("drift", 0.1),
            ("relax_time", 1.0),
            ("wire_resistance", 1.0),
            ("driver_resistance", 1.0),
            ("sense_resistance", 1.0),
            ("read_noise", 0.1),
            ("driver_bits", 4),
            ("account", True),
            ("half_select_step", 0.1),
            ("half_select_probability", 0.1),
            ("engine", "analog"),
        )
    ),
    ("software with engine ladder", "layout", values(SOFT, engine="ladder")),
    ("software with batch and sigmoid", "layout", values(SOFT, batch=2, activation="sigmoid")),
    ("software with batch and learning_rate_end", "layout", values(SOFT, batch=2, learning_rate_end=0.1)),
    # rule crus
    ("crus with batch", "layout", values(CRUS, batch=2)),
    ("crus with account", "layout", values(CRUS, account=True)),
    ("crus with half_select_step", "layout", values(CRUS, half_select_step=0.1)),
    ("crus with half_select_probability", "layout", values(CRUS, half_select_probability=0.1)),
    *((f"crus {b} with endurance", "layout", values(CRUS, baseline=b, endurance=5.0)) for b in MIRROR),
    *((f"crus {b} mirrored", "layout", values(CRUS, baseline=b, mirrored=True)) for b in MIRROR),
    ("mirrored baseline without rule crus", "layout", values(baseline="lim-a", mirrored=True)),
    ("crus initial states upside down", "layout", values(CRUS, initial_low=0.5, initial_high=0.4)),
    ("crus inner initial states upside down", "layout", values(CRUS, initial_inner_low=0.8)),
    ("crus with engine ladder", "run", values(CRUS, LADDER)),
    # rule bs
    ("bs with batch", "layout", values(BS, batch=2)),
    ("bs digits with batch", "layout", values(DIGITS, batch=2)),
    ("bs with account", "layout", values(BS, account=True)),
    ("bs digits with account", "layout", values(DIGITS, account=True)),
    ("bs digits with half_select_step", "layout", values(DIGITS, half_select_step=0.1)),
    ("bs with engine ladder", "layout", values(BS, LADDER)),
    ("bs digits with engine ladder", "layout", values(DIGITS, LADDER)),
    *(
        (f"bs ideal with {name}", "layout", values(BS, {name: v}))
        for name, v in (
            ("sigma", 0.1),
            ("c2c", 0.1),
            ("c2c_range", 0.1),
            ("stuck_at_g_min", 0.1),
            ("endurance", 5.0),
            ("device_noise", 0.1),
            ("drift", 0.1),
            ("wire_resistance", 1.0),
            ("sense_resistance", 1.0),
            ("read_noise", 0.1),
            ("driver_bits", 4),
            ("circuit", "exact"),
            ("engine", "analog"),
        )
    ),
    ("bs ideal with jump table", "layout", values(BS, JUMPS)),
    ("bs ideal with plug-in", "layout", values(BS, USER)),
    ("bs reads times draws", "layout", values(BS, bs_reads=20, bs_draws=20)),
    ("bs carry threshold out of reach", "run", values(DIGITS, n_max=9, bs_base=16.0)),
    ("bs carry threshold out of reach, analog", "run", values(DIGITS, n_max=9, bs_base=16.0, engine="analog")),
    # engine ladder
    ("ladder with method c", "run", values(LADDER, method="c")),
    ("ladder with half_select_step", "run", values(LADDER, half_select_step=0.1)),
    ("ladder with half_select_probability", "run", values(LADDER, half_select_probability=0.1)),
    ("ladder with method a and sigma", "run", values(LADDER, method="a", sigma=0.1)),
    ("ladder with method a and g_max_sigma", "run", values(LADDER, method="a", g_max_sigma=0.1)),
    *(
        (f"ladder with {name}", "run", values(LADDER, {name: v}))
        for name, v in (
            ("alpha_sigma", 0.1),
            ("beta_sigma", 0.1),
            ("c2c", 0.1),
            ("c2c_range", 0.1),
            ("stuck_anywhere", 0.1),
            ("endurance", 5.0),
        )
    ),
    ("ladder with jump table", "run", values(LADDER, JUMPS)),
    ("ladder with plug-in", "run", values(LADDER, USER)),
    ("ladder with 256 steps", "run", values(LADDER, n_max=256)),
    ("ladder with 5001 rows", "wide", values(LADDER, layers=[5000, 2])),
    # sections
    ("sense_bits without a range", "layout", values(sense_bits=4)),
    ("sense_bits 1", "layout", values(sense_bits=1, sense_range=1.0)),
    ("stuck fractions above 1", "layout", values(stuck_at_g_min=0.5, stuck_at_g_max=0.4, stuck_anywhere=0.2)),
    ("iterations and epochs", "layout", values(epochs=2)),
    ("c_current too small", "layout", values(c_current=1e-12)),
    ("c_current too large", "layout", values(c_current=1e-3)),
    ("c_current with another device", "layout", values(c_current=5e-8, g_min=1e-4, g_max=1e-3)),
    ("one size", "layout", values(layers=[2])),
    ("one output", "layout", values(layers=[2, 1])),
    # device
    ("n_max and alpha", "layout", values(alpha=1e-8)),
    ("n_max_d and alpha_d", "layout", values(n_max_d=3, alpha_d=1e-8)),
    ("g_min above g_max", "layout", values(g_min=2e-6)),
    ("narrow range", "layout", values(g_min=0.9999e-6)),
    ("steps too small", "layout", values(n_max=4000, beta=20.0)),
    ("steps too small down", "layout", values(n_max=NONE, alpha=1e-7, beta=0.0, alpha_d=1e-14)),
    ("n_max that cannot be counted", "run", values(n_max=4096, beta=0.0, g_min=0.9, g_max=1.0)),
    ("jump_p with exponential", "layout", values(jump_p=TABLE["jump_p"])),
    ("jump_d with soft-bounds", "layout", values(model="soft-bounds", jump_d=TABLE["jump_d"])),
    ("step with exponential", "layout", values(step="plugin.py:step")),
    ("table with n_max", "layout", values(TABLE, n_max=9)),
    ("table with alpha", "layout", values(TABLE, alpha=1e-8)),
    ("table with n_max_d", "layout", values(TABLE, n_max_d=9)),
    ("table with alpha_d", "layout", values(TABLE, alpha_d=1e-8)),
    ("table with beta_d", "layout", values(TABLE, beta_d=1.0)),
    ("table without jump_d", "layout", values(TABLE, jump_d=NONE)),
    ("table without jump_p", "layout", values(TABLE, jump_p=NONE)),
    ("table with a step", "layout", values(TABLE, step="plugin.py:step")),
    ("table that goes the wrong way", "layout", values(TABLE, jump_p=[[1e-8], [-1e-8]])),
    ("plug-in without a step", "layout", values(USER, step=NONE)),
    ("plug-in with n_max", "layout", values(USER, n_max=9)),
    ("plug-in with jump_p", "layout", values(USER, jump_p=TABLE["jump_p"])),
    ("plug-in with another SHA-256", "layout", values(USER, step_sha256="0" * 64)),
    ("plug-in without its file", "layout", values(USER, step="nowhere.py:step")),
    ("plug-in without its function", "layout", values(USER, step="plugin.py:other")),
    # runs
    ("inputs that do not fit", "run", values(layers=[3, 2])),
    ("outputs that do not fit", "run", values(layers=[784, 5], dataset="digits")),
    ("data that are not there", "run", values(dataset="nowhere")),
    (
        "reads that do not converge",
        "run",
        values(wire_resistance=1e6, wire_sweeps=1, method="c", tile_rows=0, layers=[2, 8, 2]),
    ),
    ("reads that do not converge, bs", "run", values(DIGITS, wire_resistance=1e6, wire_sweeps=1, layers=[2, 8, 2])),
    ("reads that do not converge, crus", "run", values(CRUS, wire_resistance=1e6, wire_sweeps=1, layers=[2, 8, 2])),
    ("arrays that do not fit into memory", "run", values(layers=[2, 65535, 65535, 2])),
    ("file that exists", "exists", values()),
    ("folder that does not exist", "folder", values()),
    # run files
    ("counts of an unfinished run", "counts interrupted", values(stop=1)),
    ("counts of bs digits", "counts", values(DIGITS)),
    ("counts of bs ideal", "counts", values(BS)),
    ("counts of software", "counts", values(SOFT)),
    ("conductance of bs ideal", "conductance", values(BS)),
    ("conductance of software", "conductance", values(SOFT)),
    ("synapse of bs digits", "synapse", values(DIGITS)),
    ("synapse of software", "synapse", values(SOFT)),
    ("weights of software between keyframes", "weights", values(SOFT)),
    ("iteration beyond the end", "beyond", values()),
    ("layer that is not there", "layer", values()),
    ("energies without account", "energy", values()),
    ("update noise of another rule", "update_noise", values()),
    ("transfer of software", "transfer", values(SOFT)),
    ("transfer of bs digits", "transfer", values(DIGITS)),
    ("transfer of bs ideal", "transfer", values(BS)),
    ("transfer of a jump table", "transfer", values(JUMPS)),
    ("transfer of c2c", "transfer", values(c2c=0.1)),
    ("transfer of crus", "transfer", values(CRUS)),
    ("transfer with account", "transfer", values(account=True)),
    ("retention of software", "retention", values(SOFT)),
    ("retention of bs digits", "retention", values(DIGITS)),
    ("retention of bs ideal", "retention", values(BS)),
    ("retention of plug-in", "retention", values(USER)),
    ("retention of crus", "retention", values(CRUS)),
    ("resume with other data", "resume", values()),
    # commands; LAYOUT is the layout in a file, RUN the run file that it gives
    ("spice of bs digits", "cli spice LAYOUT", values(DIGITS)),
    ("spice of software", "cli spice LAYOUT", values(SOFT)),
    ("spice of a run of other layers", "cli spice LAYOUT --trace RUN", values(layers=[2, 4, 2])),
    ("spice with an iteration and no run", "cli spice LAYOUT --iteration 3", values()),
    (
        "tune of rule sign by noise",
        "cli tune --layers 2,3,2 --dataset two-pixels --rule sign --by noise --out tune",
        values(),
    ),
    (
        "tune of a baseline",
        "cli tune LAYOUT --held-out 1 --window 5 --iterations 20 --out tune",
        values(CRUS, baseline="lim-b"),
    ),
    (
        "tune with too long a window",
        "cli tune LAYOUT --held-out 1 --window 50 --iterations 20 --out tune",
        values(CRUS),
    ),
    ("sweep of a key that acts afterwards", "cli sweep drift --layout LAYOUT", values()),
    ("sweep of a key that changes nothing", "cli sweep beta --layout LAYOUT --values 1,2", values(TABLE)),
    ("resume with a key that differs", "cli run --resume RUN --beta 1", values()),
    ("resume with another layout", "cli run LAYOUT --resume RUN", values(seed=9)),
    (
        "compare with a key of the device for one rule",
        "cli compare --rules b,crus --layers 2,3,2 --dataset two-pixels --set crus:n_max=5",
        values(),
    ),
    (
        "compare with software batch and sigmoid",
        "cli compare --rules b,software --layers 2,3,2 --dataset two-pixels --set batch=2 "
        "--set software:activation=sigmoid",
        values(),
    ),
    (
        "compare with crus and account",
        "cli compare --rules b,crus --layers 2,3,2 --dataset two-pixels --set account=true",
        values(),
    ),
    # What might be refused, and is not
    ("accepted: software with circuit exact", "run", values(SOFT, circuit="exact")),
    ("accepted: software with a jump table", "run", values(SOFT, JUMPS)),
    (
        "accepted: software with routing and method",
        "run",
        values(SOFT, routing="split-drain", method="c", batch=2, batch_rule="lines"),
    ),
    ("accepted: bs ideal with a deterministic table", "run", values(BS, TABLE)),
    (
        "accepted: bs ideal with method, tiles and double sides",
        "run",
        values(BS, method="c", tile_rows=1, double_sided=True),
    ),
    ("accepted: crus with method a and batch rule", "run", values(CRUS, method="a", batch_rule="products")),
    ("accepted: crus with engine analog", "run", values(CRUS, engine="analog")),
    (
        "accepted: sign with keys of other rules",
        "run",
        values(crus_rate=0.1, bs_digits=2, learning_rate=0.1, schedule=7),
    ),
    ("accepted: c_current out of range with rule bs", "run", values(BS, c_current=1e-3)),
    ("accepted: sense range without bits", "run", values(sense_range=1.0)),
    ("accepted: circuit ideal with wires", "run", values(circuit="ideal", wire_resistance=1e9)),
    (
        "accepted: products with half-select and noise on jumps",
        "run",
        values(JUMPS, batch=2, batch_rule="products", half_select_step=0.01, read_noise=0.1),
    ),
]


def attempt(via: str, given: dict) -> None:
    """Do what is to be refused, in the current folder."""
    given = dict(given)
    stop = given.pop("stop", 0)
    layout = xbarsim.Layout.of(**given)
    if via == "layout":
        return
    path = Path("run.h5")
    dataset = None if given["dataset"] == "nowhere" else data(given["dataset"])
    if via == "wide":
        dataset = xbarsim.Dataset(
            "wide", np.zeros((2, 5000), np.uint8), np.arange(2), np.zeros((2, 5000), np.uint8), np.arange(2)
        )
        xbarsim.run(layout, dataset=dataset)
        return
    if via.startswith("cli "):
        Path("layout.toml").write_text(layout.to_toml(), encoding="utf-8")
        if "RUN" in via:
            base = xbarsim.Layout.of(**values())
            xbarsim.run(base, out=path, dataset=data("two-pixels"), stop=stopper(1))
        words = [{"LAYOUT": "layout.toml", "RUN": "run.h5"}.get(word, word) for word in via.split()[1:]]
        environment = {**os.environ, "COLUMNS": "4000", "NO_COLOR": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "xbarsim", *words],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            timeout=300,
        )
        if done.returncode:
            raise RuntimeError(f"exit code {done.returncode}: {done.stderr.strip().splitlines()[-1]}")
        return
    if via == "run":
        xbarsim.run(layout, dataset=dataset)
    elif via == "folder":
        xbarsim.run(layout, out="nowhere/run.h5", dataset=dataset)
    else:
        how = {"stop": stopper(1)} if stop or via == "resume" else {}
        xbarsim.run(layout, out=path, dataset=dataset, **how)
    if via == "exists":
        xbarsim.run(layout, out=path, dataset=dataset)
    elif via in ("transfer", "retention"):
        arguments = {"sigma": 0.1, "repeats": 1} if via == "transfer" else {"times": (1.0,)}
        getattr(xbarsim, via)(path, dataset=dataset, **arguments)
    elif via == "resume":
        xbarsim.resume(path, dataset=data("digits"))
    elif via not in ("run", "folder", "file"):
        with xbarsim.Trace(path) as trace:
            what = via.split()[0]
            if what == "counts":
                trace.counts(1)
            elif what == "synapse":
                trace.synapse(1, 0, 0)
            elif what in ("energy", "update_noise"):
                getattr(trace, what)
            else:
                layer, n = (9, 1) if what == "layer" else (1, 999 if what == "beyond" else 3)
                (trace.weights if what == "weights" else trace.conductance)(layer, n)


def found() -> list[dict]:
    """All refusals; what is not refused has the message null."""
    out = []
    for name, via, given in REFUSED:
        with tempfile.TemporaryDirectory(prefix="refused-") as folder, contextlib.chdir(folder):
            Path("plugin.py").write_text(PLUGIN, encoding="utf-8")
            error: BaseException | None = None
            try:
                attempt(via, given)
            except Exception as e:  # noqa: BLE001 - whatever is raised is noted
                error = e
            kind = None if error is None else type(error).__name__
            message = None if error is None else str(error).replace(str(Path(folder).resolve()) + "/", "")
            message = message and re.sub(r"into [0-9.]+ GiB", "into ... GiB", message)  # of this machine
            out.append({"name": name, "via": via, "layout": given, "error": kind, "message": message})
    return out


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=Path)
    what.add_argument("--check", type=Path)
    given = parser.parse_args()
    now = json.loads(json.dumps(found()))
    if given.out:
        given.out.write_text("[\n" + ",\n".join(json.dumps(entry) for entry in now) + "\n]\n", encoding="utf-8")
        return 0
    before = {entry["name"]: entry for entry in json.loads(given.check.read_text(encoding="utf-8"))}
    wrong = 0
    for entry in now:
        if entry != before.get(entry["name"]):
            wrong += 1
            print(f"{entry['name']}:\n  - {before.get(entry['name'], {}).get('message')}\n  + {entry['message']}")
    print(f"{wrong} differences")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
