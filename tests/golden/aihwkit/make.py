"""Writes `sequences.json` anew: small arrays in aihwkit, update by update.

    python tests/golden/aihwkit/make.py

Needs aihwkit 1.1.0 with torch 2.10.0, which the project does not. Everything is chosen so that nothing is left to
chance: inputs are 0 or 1, errors are equal or 0, steps are a power of two, and the largest product asks for a whole
number of pulses, so that with both managements every line that sends does so in every slot.
"""

from __future__ import annotations

import json
import random
from importlib.metadata import version
from pathlib import Path

import torch
from aihwkit.simulator.configs import IOParameters, SoftBoundsDevice, UnitCellRPUConfig
from aihwkit.simulator.configs.compounds import (
    BufferedTransferCompound,
    ChoppedTransferCompound,
    DynamicTransferCompound,
    MixedPrecisionCompound,
    TransferCompound,
)
from aihwkit.simulator.configs.configs import DigitalRankUpdateRPUConfig
from aihwkit.simulator.configs.devices import ConstantStepDevice
from aihwkit.simulator.configs.utils import UpdateParameters
from aihwkit.simulator.tiles.analog import AnalogTile

STEP = 1 / 64
SAME = {"dw_min_dtod": 0.0, "dw_min_std": 0.0, "up_down_dtod": 0.0, "w_max_dtod": 0.0, "w_min_dtod": 0.0}
TWO = {"update_bl_management": True, "update_management": True}
KEPT = {
    "hidden_weights_0": "fast",
    "hidden_weights_1": "slow",
    "buffered_FP_weight_0": "h",
    "buffered_FP_weight": "h",
    "running_mean_weight": "mu",
    "past_mean_weight": "p",
    "hidden_weights_chi": "chi",
}
NONE = {"update_bl_management": False, "update_management": False}


def device(law, low, high):
    kind = {"constant": ConstantStepDevice, "soft-bounds": SoftBoundsDevice}[law]
    return kind(dw_min=STEP, w_min=low, w_max=high, **SAME)


def samples(rows, columns, updates, seed, sizes=(1,)):
    """Inputs of 0 and 1, errors of one size in each update, or 0."""
    rng = random.Random(seed)
    found = []
    for _ in range(updates):
        size = rng.choice(sizes)
        xs = [float(rng.random() < 0.7) for _ in range(rows)]
        ds = [size * STEP * rng.choice((-1, -1, -1, 0, 1)) for _ in range(columns)]
        found.append((xs, ds))
    return found


def run(config, inputs, rate, unit=1.0):
    """What an array holds after each update: every list is [input][output]."""
    rows, columns = len(inputs[0][0]), len(inputs[0][1])
    tile = AnalogTile(columns, rows, config, bias=False)
    tile.tile.set_weights(torch.zeros(columns, rows))
    tile.set_learning_rate(rate)
    seen = []
    for xs, ds in inputs:
        tile.update(torch.tensor([xs]), torch.tensor([[d * unit for d in ds]]))
        tile.post_update_step()
        state = {"weights": tile.tile.get_weights().T.tolist()}
        for name, value in tile.get_hidden_parameters().items():
            if name in KEPT:
                state[KEPT[name]] = value.T.tolist()
        for name, value in tile.tile.dump_extra().items():
            if name.endswith(".in_chopper"):
                state["choppers"] = [int(flipped) for flipped in value]
        if "hidden_weights_0" in tile.get_hidden_parameters() and not config.device.gamma:
            del state["weights"]  # they are the slow array
        seen.append(state)
    return seen


def compound(kind, law, bounds, trains, transfer, **settings):
    return UnitCellRPUConfig(
        forward=IOParameters(is_perfect=True),
        backward=IOParameters(is_perfect=True),
        update=UpdateParameters(**trains),
        device=kind(
            unit_cell_devices=[device(law, *bounds), device(law, *bounds)],
            transfer_forward=IOParameters(is_perfect=True),
            transfer_update=UpdateParameters(**transfer),
            **settings,
        ),
    )


CASES = {
    "tiki-taka": (TransferCompound, 3, 1, {}, 1.0, 1.0),
    "tiki-taka, every 2": (TransferCompound, 3, 1, {"transfer_every": 2.0}, 1.0, 1.0),
    "tiki-taka, 2 reads": (TransferCompound, 3, 1, {"n_reads_per_transfer": 2}, 1.0, 1.0),
    "tiki-taka, gamma": (TransferCompound, 3, 1, {"gamma": 0.5}, 1.0, 1.0),
    "tiki-taka, outputs in turn": (TransferCompound, 1, 3, {"transfer_columns": False}, 1.0, 1.0),
    "threshold": (BufferedTransferCompound, 3, 2, {"momentum": 0.0, "forget_buffer": False}, 0.25, 1.0),
    "threshold, scaled, forgets": (
        BufferedTransferCompound, 3, 2, {"momentum": 0.25, "forget_buffer": True, "thres_scale": 2.5}, 0.25, 1.0,
    ),
    "relative": (ChoppedTransferCompound, 3, 2, {"in_chop_prob": 0.0, "forget_buffer": False}, 0.25, 1.0),
    "relative, forgets": (ChoppedTransferCompound, 3, 2, {"in_chop_prob": 0.0}, 0.25, 1.0),
    "relative, momentum": (
        ChoppedTransferCompound, 3, 2, {"in_chop_prob": 0.0, "forget_buffer": False, "momentum": 0.5}, 0.25, 1.0,
    ),
    "relative, auto granularity, every 2": (
        ChoppedTransferCompound, 3, 2,
        {"in_chop_prob": 0.0, "forget_buffer": False, "auto_granularity": 20, "transfer_every": 2.0}, 0.25, 1.0,
    ),
    "relative, auto scale": (
        ChoppedTransferCompound, 3, 2,
        {"in_chop_prob": 0.0, "forget_buffer": False, "auto_scale": True, "fast_lr": 0.5}, 0.25, 0.3 / STEP,
    ),
    "chopped, 2 sweeps": (
        ChoppedTransferCompound, 3, 2, {"in_chop_prob": 1.0, "in_chop_random": False}, 0.25, 1.0,
    ),
    "chopped, 4 sweeps, keeps": (
        ChoppedTransferCompound, 3, 2, {"in_chop_prob": 0.25, "in_chop_random": False, "forget_buffer": False},
        0.25, 1.0,
    ),
    "chopped, outputs in turn": (
        ChoppedTransferCompound, 2, 3,
        {"in_chop_prob": 0.5, "in_chop_random": False, "forget_buffer": False, "transfer_columns": False}, 0.25, 1.0,
    ),
    "agad": (DynamicTransferCompound, 3, 2, {"in_chop_prob": 0.25, "tail_weightening": 2.0}, 0.25, 1.0),
    "agad, keeps, tail 5 of 8": (
        DynamicTransferCompound, 3, 2, {"in_chop_prob": 0.125, "forget_buffer": False}, 0.25, 1.0,
    ),
}  # fmt: skip


def sequences():
    found = []
    for seed, (name, (kind, rows, columns, settings, rate, unit)) in enumerate(CASES.items()):
        first = kind is TransferCompound
        law, bounds = ("constant", (-0.375, 0.375)) if first else ("soft-bounds", (-0.5, 1.0))
        scaled = settings.get("auto_scale", False)
        trains = {"desired_bl": 4 if scaled else 31, **TWO}
        transfer = {"desired_bl": 31, **TWO} if first else {"desired_bl": 1, **NONE}
        common = {"fast_lr": 1.0} | (
            {} if kind in (TransferCompound, BufferedTransferCompound) else {"auto_scale": False}
        )
        updates = 60 if kind is DynamicTransferCompound else 30
        inputs = samples(rows, columns, updates, seed, (1,) if scaled else (1, 2))
        config = compound(kind, law, bounds, trains, transfer, **common | settings)
        found.append({
            "name": name, "kind": kind.__name__, "law": law, "low": bounds[0], "high": bounds[1], "step": STEP,
            "settings": common | settings, "trains": trains, "transfer_trains": transfer, "rate": rate,
            "inputs": [xs for xs, _ in inputs], "errors": [[d * unit for d in ds] for _, ds in inputs],
            "states": run(config, inputs, rate, unit),
        })  # fmt: skip
    return [*found, mixed()]


def scales():
    """Learning rates of the fast array with auto_scale, where inputs and errors are of all sizes."""
    rng = random.Random(7)
    config = compound(
        ChoppedTransferCompound, "constant", (-1.0, 1.0), {"desired_bl": 31, **TWO}, {"desired_bl": 1, **NONE},
        fast_lr=0.5, auto_scale=True,
    )  # fmt: skip
    tile = AnalogTile(2, 3, config, bias=False)
    tile.set_learning_rate(0.1)
    found = []
    for k in range(30):
        size = 0.0 if k in (3, 4) else rng.random()
        xs, ds = [size * rng.random() for _ in range(3)], [rng.uniform(-1, 1) for _ in range(2)]
        tile.update(torch.tensor([xs]), torch.tensor([ds]))
        tile.post_update_step()
        (rate,) = (value[0] for name, value in tile.tile.dump_extra().items() if name.endswith("tmp_count_lr"))
        found.append([max(xs), max(abs(d) for d in ds), rate])
    return {"step": STEP, "fast_lr": 0.5, "desired_bl": 31, "x_max, d_max, rate": found}


def mixed():
    """Sums stay below two steps, so that lines of pulses hold 0 and 1 only."""
    rng = random.Random(99)
    inputs = [([rng.random() for _ in range(3)], [rng.uniform(-1, 1) for _ in range(2)]) for _ in range(60)]
    config = DigitalRankUpdateRPUConfig(
        forward=IOParameters(is_perfect=True),
        backward=IOParameters(is_perfect=True),
        update=UpdateParameters(desired_bl=31, **TWO),
        device=MixedPrecisionCompound(device=device("soft-bounds", -0.5, 1.0)),
    )
    return {
        "name": "mixed precision", "kind": "MixedPrecisionCompound", "law": "soft-bounds", "low": -0.5, "high": 1.0,
        "step": STEP, "settings": {}, "trains": {"desired_bl": 31, **TWO}, "transfer_trains": {}, "rate": STEP,
        "inputs": [xs for xs, _ in inputs], "errors": [ds for _, ds in inputs],
        "states": run(config, inputs, STEP),
    }  # fmt: skip


def main():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rounded = json.loads(
        json.dumps({"cases": sequences(), "scales": scales()}), parse_float=lambda text: float(f"{float(text):.6g}")
    )
    source = f"aihwkit {version('aihwkit')} with torch {version('torch')}; written by make.py"
    cases = ",\n".join(json.dumps(case) for case in rounded["cases"])
    scale = json.dumps(rounded["scales"])
    text = f'{{"source": "{source}",\n"scales": {scale},\n"cases": [\n{cases}\n]}}\n'
    (Path(__file__).parent / "sequences.json").write_text(text)


if __name__ == "__main__":
    main()
