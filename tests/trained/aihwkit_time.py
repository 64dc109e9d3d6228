"""A year of phase-change memory in aihwkit, of the two networks of `tests.trained`.

``python tests/trained/aihwkit_time.py mlp.npz lenet.pt MNIST_FOLDER out.json``, where aihwkit 1.1.0 and PyTorch are
installed, which the project does not need. One device of a pair carries |W|, the largest of a layer at 25 uS; biases
are digital, and reads perfect: PyTorch reads the drifted weights, which is many times as fast.
"""

from __future__ import annotations

import copy
import gzip
import json
import statistics
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from aihwkit.inference import GlobalDriftCompensation, PCMLikeNoiseModel
from aihwkit.nn.conversion import convert_to_analog
from aihwkit.simulator.configs import InferenceRPUConfig
from torch import nn

TIMES = (1.0, 60.0, 3600.0, 86_400.0, 2_592_000.0, 31_557_600.0)
REPEATS = 5


def idx(path, head):
    return np.frombuffer(gzip.open(path).read(), np.uint8, offset=head)


def networks(mlp, lenet):
    a = np.load(mlp)
    dense = nn.Sequential(nn.Flatten(), nn.Linear(784, 200), nn.ReLU(), nn.Linear(200, 10))
    dense.load_state_dict({
        f"{at}.{part}": torch.tensor(a[f"{name}.{part}"].astype(np.float32))
        for at, name in ((1, "fc1"), (3, "fc2")) for part in ("weight", "bias")
    })  # fmt: skip
    maps = nn.Sequential(
        *(nn.Conv2d(1, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(512, 128), nn.ReLU(), nn.Linear(128, 10)),
    )
    maps.load_state_dict(torch.load(lenet, weights_only=True))
    return {"784-200-10": dense, "LeNet": maps}


def config(compensation):
    found = InferenceRPUConfig()
    found.forward.is_perfect = True
    found.mapping.max_input_size = found.mapping.max_output_size = 0
    found.mapping.weight_scaling_omega, found.mapping.weight_scaling_columnwise = 1.0, False
    found.mapping.digital_bias = True
    found.noise_model = PCMLikeNoiseModel(g_max=25.0)
    found.drift_compensation = compensation
    return found


def read_from(analog, model):
    """A copy of a model with the weights that its tiles have now, and compensation in them."""
    found = copy.deepcopy(model)
    layers = [m for m in found if isinstance(m, (nn.Conv2d, nn.Linear))]
    for tile, layer in zip(analog.analog_tiles(), layers, strict=True):
        w = tile.get_weights()[0]
        layer.weight.data = (float(tile.alpha) * w).reshape(layer.weight.shape)
    return found


def right(model, x, y):
    with torch.no_grad():
        answers = torch.cat([model(part).argmax(1) for part in x.split(1000)])
    return float((answers == y).double().mean())


torch.manual_seed(1)
torch.set_num_threads(1)
folder = Path(sys.argv[3])
x = torch.tensor(idx(folder / "t10k-images-idx3-ubyte.gz", 16).reshape(-1, 1, 28, 28) / np.float32(255))
y = torch.tensor(idx(folder / "t10k-labels-idx1-ubyte.gz", 8).astype(np.int64))
document = {"made_by": f"aihwkit {version('aihwkit')}, torch {version('torch')}", "times_s": TIMES}
for name, model in networks(sys.argv[1], sys.argv[2]).items():
    document[name] = {"float": right(model, x, y)}
    for kind, compensation in (("off", None), ("global", GlobalDriftCompensation())):
        analog = convert_to_analog(model, config(compensation)).eval()
        rows = [[] for _ in TIMES]
        for _ in range(REPEATS):
            analog.program_analog_weights()
            for row, t in zip(rows, TIMES, strict=True):
                analog.drift_analog_weights(t)
                row.append(right(read_from(analog, model), x, y))
        document[name][kind] = rows
        for row, t in zip(rows, TIMES, strict=True):
            print(
                f"{name} {kind} {t:g} s: {100 * statistics.mean(row):.2f} +- {100 * statistics.stdev(row):.2f}",
                flush=True,
            )
Path(sys.argv[4]).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
