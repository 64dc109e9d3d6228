"""Test accuracy over time in aihwkit of a network that xbarsim trained: phase-change memory, otherwise ideal.

    python tests/golden/aihwkit/make_inference.py weights.npz out.json

Needs aihwkit 1.1.0 with torch, which the project does not. `weights.npz` has ``w1`` and ``w2`` (rows with the bias row
last, columns; in units of the largest W), ``c`` (of hidden neurons 1 / (1 + exp(-2 I / c)), in the same units), ``x``
(samples, inputs; 0 to 1) and ``y``. One device of a pair carries |W|, the largest of a layer at 25 uS; reads are
perfect.
"""

from __future__ import annotations

import json
import statistics
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from aihwkit.inference import GlobalDriftCompensation, PCMLikeNoiseModel
from aihwkit.nn import AnalogLinear, AnalogSequential
from aihwkit.simulator.configs import InferenceRPUConfig

TIMES = (1.0, 10.0, 60.0, 600.0, 3600.0, 36_000.0, 86_400.0, 864_000.0, 2_592_000.0, 31_557_600.0)
REPEATS = 10


class Sigmoid(torch.nn.Module):
    """What the hidden neurons make of currents; the bias row of the next array is driven, too."""

    def __init__(self, c):
        super().__init__()
        self.c = c

    def forward(self, x):
        y = torch.sigmoid(2 * x / self.c)
        return torch.cat([y, torch.ones(len(y), 1)], dim=1)


def network(data, compensation):
    config = InferenceRPUConfig()
    config.forward.is_perfect = True
    config.mapping.max_input_size = config.mapping.max_output_size = 0
    config.noise_model = PCMLikeNoiseModel(g_max=25.0)
    config.drift_compensation = compensation
    layers = []
    for name in ("w1", "w2"):
        w = torch.tensor(data[name].T.copy())
        layer = AnalogLinear(w.shape[1], w.shape[0], bias=False, rpu_config=config)
        layer.set_weights(w)
        layers.append(layer)
    return AnalogSequential(layers[0], Sigmoid(float(data["c"])), layers[1]).eval()


def accuracies(data, compensation):
    model = network(data, compensation)
    x = torch.tensor(np.hstack([data["x"], np.ones((len(data["x"]), 1))]).astype(np.float32))
    y = torch.tensor(data["y"])
    with torch.no_grad():
        plain = float((model(x).argmax(1) == y).double().mean())
        found = {t: [] for t in TIMES}
        for _ in range(REPEATS):
            model.program_analog_weights()
            for t in TIMES:
                model.drift_analog_weights(t)
                found[t].append(float((model(x).argmax(1) == y).double().mean()))
    return plain, found


torch.manual_seed(1)
torch.set_num_threads(1)
data = np.load(sys.argv[1])
plain, without = accuracies(data, None)
_, compensated = accuracies(data, GlobalDriftCompensation())
document = {
    "made_by": f"aihwkit {version('aihwkit')}, torch {version('torch')}: PCMLikeNoiseModel(g_max=25), perfect reads",
    "accuracy_float": plain,
    "repeats": REPEATS,
    "times_s": list(TIMES),
    "without": [without[t] for t in TIMES],
    "compensated": [compensated[t] for t in TIMES],
}
Path(sys.argv[2]).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
print(f"float: {100 * plain:.2f} %")
for t in TIMES:
    a, b = without[t], compensated[t]
    print(
        f"{t:12g} s  without {100 * statistics.mean(a):.2f} +- {100 * statistics.stdev(a):.2f}  "
        f"compensated {100 * statistics.mean(b):.2f} +- {100 * statistics.stdev(b):.2f}"
    )
