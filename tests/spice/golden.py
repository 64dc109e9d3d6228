"""Stored results of ngspice, tests/golden: which there are, and how they come about.

``python -m tests.spice.golden`` writes them anew, with the ngspice that is here.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import itertools
import re
import subprocess
from pathlib import Path

import numpy as np

from xbarsim import Device, spice
from xbarsim.describe.array import ROUTINGS
from xbarsim.describe.wires import Wires

from .circuits import WIRES, block, train

GOLDEN = Path(__file__).parents[1] / "golden"


def golden_reads(folder):
    """Name and read of every stored netlist."""
    for routing, forward in itertools.product(ROUTINGS, (True, False)):
        way = "forward" if forward else "backward"
        yield f"2x2-{routing}-{way}", block(folder, (2, 2), routing, forward, Wires())
        yield f"7x4-{routing}-{way}-wires", block(folder, (7, 4), routing, forward, WIRES["all"])
    yield "7x4-split-both-forward-double", block(folder, (7, 4), "split-both", True, WIRES["double"])
    yield "7x4-split-source-backward-tiles", block(folder, (7, 4), "split-source", False, WIRES["tiles"])
    yield "32x16-split-source-forward-wires", block(folder, (32, 16), "split-source", True, WIRES["all"])


def stored(name, digest):
    """Numbers of a file of tests/golden by name, each an array; it was made from a netlist with this digest."""
    lines = (GOLDEN / f"{name}.txt").read_text().splitlines()
    assert lines[0].startswith("# ngspice-")
    assert lines[1] == f"# SHA-256 of the netlist: {digest}", (
        "made from another netlist: run python -m tests.spice.golden"
    )
    return {line.split()[0]: np.array(line.split()[1:], float) for line in lines if line[0] != "#"}


def digest_of(text):
    return hashlib.sha256(text.encode()).hexdigest()


NAMES = sorted(p.stem for p in GOLDEN.glob("*x*.cir"))


NETLISTS = importlib.resources.files("xbarsim.netlists")
STEP = NETLISTS.joinpath("pair-2x2-step.cir").read_text()
PULSED = Device(g_min=1e-7, g_max=1e-6, n_max=20, beta=1.5, n_max_d=18, beta_d=2.5)
UP, DOWN = 16, 24


def pulse_netlist(device):
    """One device of the example, UP positive pulses, then DOWN negative ones; the times at which to look at it."""
    (subcircuit,) = re.findall(r"^\.subckt synapse.*?^\.ends synapse\n", STEP, re.MULTILINE | re.DOTALL)
    points, begin = [(0.0, 0.0)], 1e-6
    for k in range(UP + DOWN):
        v = 5 if k < UP else -5
        points += [(begin, 0), (begin + 1e-8, v), (begin + 1e-6, v), (begin + 1.01e-6, 0)]
        begin += 1.5e-6
    wave = "\n".join(f"+ {t:.9g} {v}" for t, v in points)
    alphas = f"alpha_p={device.alpha_p!r} alpha_d={device.alpha_depression!r}"
    betas = f"beta_p={device.beta!r} beta_d={device.beta_depression!r}"
    text = (
        f"* pulses\n{subcircuit}v_d d 0 0.1\nv_s s 0 0\nv_cg cg 0 pwl(\n{wave})\n"
        f"x1 d s cg x synapse params: {alphas} {betas}\n"
        f".tran 1e-8 {begin!r} 0 1e-7 uic\n.print tran v(x) i(v_s)\n.end\n"
    )
    return text, 0.9e-6 + 1.5e-6 * np.arange(UP + DOWN + 1)


MOMENTS = np.array([2.5e-6, 5.5e-6, 6.5e-6, 8.5e-6, 10.5e-6])  # forward, backward, before the pulses, after, forward


def at_moments(vectors):
    return {
        k: np.interp(MOMENTS, vectors["time"], v) for k, v in vectors.items() if re.match(r"i\(v_[ds]|v\(x|v\(t_", k)
    }


# ---------------------------------------------------------------------------------------------------------------------


def write_golden():
    """Write tests/golden anew, with the ngspice that is here."""
    import tempfile

    said = subprocess.run(["ngspice", "--version"], capture_output=True, text=True, check=True).stdout
    (version,) = re.findall(r"ngspice-\S+", said)

    def keep(name, text, vectors):
        lines = [
            f"# {version}; written by: python -m tests.spice.golden",
            f"# SHA-256 of the netlist: {digest_of(text)}",
        ]
        lines += [" ".join([key, *(repr(float(x)) for x in np.atleast_1d(v))]) for key, v in vectors.items()]
        (GOLDEN / f"{name}.txt").write_text("\n".join(lines) + "\n")

    for path in GOLDEN.glob("*.[ct][ix][rt]"):
        path.unlink()
    with tempfile.TemporaryDirectory() as folder:
        train(Path(folder))
        for name, read in golden_reads(Path(folder)):
            path = GOLDEN / f"{name}.cir"
            spice.save(read, path)
            vectors = {k: v[-1] for k, v in spice.run_ngspice(path).items() if k != "v(v-sweep)"}
            keep(name, path.read_text(), vectors)
        path = Path(folder) / "a.cir"
        text, times = pulse_netlist(PULSED)
        path.write_text(text)
        vectors = spice.run_ngspice(path, trusted=True)
        keep("synapse-pulses", text, {"i(v_s)": np.interp(times, vectors["time"], vectors["i(v_s)"])})
        path.write_text(STEP)
        keep("pair-2x2-step", STEP, at_moments(spice.run_ngspice(path, trusted=True)))


if __name__ == "__main__":
    write_golden()
