"""MNIST in aihwkit 1.1.0, 784-200-10, batch 1, by bare calls of its tiles: no autograd, no optimizer.

    python tests/peers/aihwkit_tiles.py epoch NAME SEED RATE [SAMPLES]     # one line of aihwkit.json
    python tests/peers/aihwkit_tiles.py serve NAME               # trains blocks when told how long, for bench_rules.py

Needs aihwkit 1.1.0 with torch 2.10.0, and NumPy, but nothing of xbarsim; `XBARSIM_DATA` names a folder with the IDX
files of MNIST. One pass over the images in the order of `numpy.random.default_rng(seed).permutation`, inputs from 0 to
1, sigmoid hidden neurons, softmax and cross-entropy, a bias row in each array, weights from torch's default.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch
from aihwkit.simulator import presets
from aihwkit.simulator.configs import IOParameters, SingleRPUConfig, SoftBoundsDevice, UnitCellRPUConfig
from aihwkit.simulator.configs.compounds import (
    ChoppedTransferCompound,
    DynamicTransferCompound,
    MixedPrecisionCompound,
    TransferCompound,
)
from aihwkit.simulator.configs.configs import DigitalRankUpdateRPUConfig
from aihwkit.simulator.configs.devices import ConstantStepDevice
from aihwkit.simulator.presets.utils import PresetUpdateParameters
from aihwkit.simulator.tiles.analog import AnalogTile

SAME = {"dw_min_dtod": 0.0, "dw_min_std": 0.0, "up_down_dtod": 0.0, "w_max_dtod": 0.0, "w_min_dtod": 0.0}
DEVICE = {**SAME, "dw_min": 0.01, "w_max": 1.0, "w_min": -1.0}


def perfect():
    """Reads without noise or converters."""
    return IOParameters(is_perfect=True)


def single(device):
    """Gradients go straight to the weights."""
    return SingleRPUConfig(forward=perfect(), backward=perfect(), update=PresetUpdateParameters(), device=device)


def two(kind, update, **settings):
    """A fast and a slow array of soft bounds."""
    pair = [SoftBoundsDevice(**DEVICE), SoftBoundsDevice(**DEVICE)]
    device = kind(unit_cell_devices=pair, transfer_forward=perfect(), transfer_update=update, **settings)
    return UnitCellRPUConfig(forward=perfect(), backward=perfect(), update=PresetUpdateParameters(), device=device)


def buffered(kind, chop):
    """The settings of aihwkit's ReRAM presets."""
    one = PresetUpdateParameters(desired_bl=1, update_bl_management=False, update_management=False)
    return two(kind, one, fast_lr=0.5, in_chop_prob=chop, auto_granularity=1000, auto_scale=True)


def mixed():
    """Digital sums, whole steps."""
    device = MixedPrecisionCompound(device=SoftBoundsDevice(**DEVICE))
    update = PresetUpdateParameters()
    return DigitalRankUpdateRPUConfig(forward=perfect(), backward=perfect(), update=update, device=device)


def tiki_taka(fast_rate=1.0, **changes):
    """The preset, with another rate of the fast array, or other devices."""
    preset = presets.TikiTakaReRamSBPreset()
    preset.device.fast_lr = fast_rate
    for device in preset.device.unit_cell_devices:
        for name, value in changes.items():
            setattr(device, name, value)
    return preset


CONFIGS = {
    "cs01": lambda: single(ConstantStepDevice(**DEVICE)),
    "sb01": lambda: single(SoftBoundsDevice(**DEVICE)),
    "sb01tt": lambda: two(TransferCompound, PresetUpdateParameters()),
    "sb01ttv2": lambda: buffered(ChoppedTransferCompound, 0.0),
    "sb01cttv2": lambda: buffered(ChoppedTransferCompound, 0.01),
    "sb01agad": lambda: buffered(DynamicTransferCompound, 0.02),
    "sb01mp": mixed,
    "gv": presets.GokmenVlasovPreset,
    "rees": presets.ReRamESPreset,
    "resb": presets.ReRamSBPreset,
    "resb0": lambda: presets.ReRamSBPreset(device=presets.ReRamSBPresetDevice(w_max_dtod=0.0, w_min_dtod=0.0)),
    "tt": tiki_taka,
    "ttw0": lambda: tiki_taka(write_noise_std=0.0),
    "ttslow": lambda: tiki_taka(0.0104),
}


def images():
    """(training images, labels, test images, labels); images with a 1 for the bias row."""
    found = []
    for part in ("train-images", "train-labels", "t10k-images", "t10k-labels"):
        (path,) = [p for p in Path(os.environ["XBARSIM_DATA"]).iterdir() if part in p.name][:1]
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        sizes = [int.from_bytes(raw[4 + 4 * k : 8 + 4 * k], "big") for k in range(raw[3])]
        found.append(np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(sizes))
    for k in (0, 2):
        flat = found[k].reshape(len(found[k]), -1) / 255.0
        found[k] = np.concatenate([flat, np.ones((len(flat), 1))], 1).astype(np.float32)
    return found


class Network:
    """784-200-10 on two tiles."""

    def __init__(self, name, seed, rate):
        torch.manual_seed(seed)
        self.x, self.y, self.x_test, self.y_test = images()
        linear = [torch.nn.Linear(784, 200), torch.nn.Linear(200, 10)]
        self.tiles = [
            AnalogTile(layer.out_features, layer.in_features + 1, CONFIGS[name](), bias=False) for layer in linear
        ]
        for tile, layer in zip(self.tiles, linear, strict=True):
            tile.tile.set_weights(torch.cat([layer.weight, layer.bias[:, None]], 1).detach())
            tile.set_learning_rate(rate)
        self.order, self.hidden = np.random.default_rng(seed).permutation(len(self.y)), torch.ones(1, 201)
        self.inputs = torch.tensor(self.x)

    def train(self, k):
        """One sample; returns (loss, was it wrong)."""
        i, (first, second) = self.order[k % len(self.order)], self.tiles
        x, label = self.inputs[i : i + 1], int(self.y[i])
        y = torch.sigmoid(first.tile.forward(x, False, False, False, False))
        self.hidden[0, :200] = y[0]
        p = torch.softmax(second.tile.forward(self.hidden, False, False, False, False), 1)
        loss, wrong = -float(torch.log(p[0, label])), int(p.argmax()) != label
        p[0, label] -= 1.0
        back = second.tile.backward(p, False, False, False, False)[:, :200] * y * (1 - y)
        second.update(self.hidden, p)
        first.update(x, back)
        for tile in self.tiles:
            tile.post_update_step()
        return loss, wrong

    def accuracy(self):
        """On all test images, with exact sums."""
        w, v = (tile.tile.get_weights().numpy() for tile in self.tiles)
        y = 1 / (1 + np.exp(-np.clip(self.x_test @ w.T, -50, 50)))
        z = np.concatenate([y, np.ones((len(y), 1), np.float32)], 1) @ v.T
        return 100.0 * float((z.argmax(1) == self.y_test).mean())


def epoch(name, seed, rate, samples=60_000):
    """One pass, or less: loss and accuracy on the way, test accuracies of the last 10,000 samples and at the end."""
    network, losses, wrongs, late = Network(name, seed, rate), 0.0, 0, []
    start = time.process_time()
    for k in range(samples):
        loss, wrong = network.train(k)
        losses, wrongs = losses + loss, wrongs + wrong
        if k + 1 == samples or (k + 1 > samples - 10_000 and (k + 1) % 1000 == 0):
            late.append(network.accuracy())
    return {
        "name": name,
        "seed": seed,
        "rate": rate,
        "samples": samples,
        "loss": round(losses / samples, 4),
        "online": round(100 - 100 * wrongs / samples, 2),
        "late": round(float(np.mean(late)), 2),
        "last": round(late[-1], 2),
        "us": round((time.process_time() - start) * 1e6 / samples, 1),
    }


def serve(name):
    """For every number read, so many samples; writes the CPU seconds they took."""
    network, done = Network(name, 0, 0.1), 0
    for line in sys.stdin:
        start = time.process_time()
        for k in range(done, done + int(line)):
            network.train(k)
        done += int(line)
        print(time.process_time() - start, flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        print(json.dumps(epoch(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), *map(int, sys.argv[5:]))))
