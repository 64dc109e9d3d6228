"""Writes `pcm.json` anew: what aihwkit's model of phase-change memory makes of many devices.

    python tests/golden/aihwkit/make_pcm.py

Needs aihwkit 1.1.0 with torch, which the project does not. Conductances in uS; `devices` of each target.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import torch
from aihwkit.inference import PCMLikeNoiseModel

DEVICES = 400_000
TARGETS = [0.0, 0.25, 1.25, 5.0, 12.5, 20.0, 25.0]
TIMES = {"1 s": 1.0, "1 h": 3600.0, "1 d": 86_400.0, "1 y": 365.25 * 86_400.0}


def moments(x):
    """Mean and deviation, in float64."""
    x = x.double()
    return [float(f"{v:.7g}") for v in (x.mean().item(), x.std().item())]


torch.manual_seed(1)
torch.set_num_threads(1)
model = PCMLikeNoiseModel(g_max=25.0)
found = []
for target in TARGETS:
    g = torch.full((DEVICES,), target)
    written, nu = model.apply_programming_noise_to_conductance(g.clone()), model.generate_drift_coefficients(g)
    aged = {name: moments(model.apply_drift_noise_to_conductance(written, nu, t)) for name, t in TIMES.items()}
    found.append({"target": target, "written": moments(written), "nu": moments(nu), "aged": aged})
document = {
    "made_by": f"aihwkit {version('aihwkit')}, torch {version('torch')}: PCMLikeNoiseModel(g_max=25)",
    "devices": DEVICES,
    "times_s": TIMES,
    "targets": found,
}
Path(__file__).with_name("pcm.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
