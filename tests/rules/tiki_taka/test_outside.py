"""The twins do, update by update, what aihwkit does where nothing is left to chance."""

from __future__ import annotations

import math
import random

import pytest

from ..cells import Constant, SoftBounds, grid, values
from ..outside import golden
from . import naive

pytestmark = pytest.mark.once

LAWS = {"constant": Constant, "soft-bounds": SoftBounds}
NAMES = {  # of aihwkit: ours
    "transfer_every": "transfer_every",
    "n_reads_per_transfer": "transfer_reads",
    "gamma": "fast_weight",
    "fast_lr": "fast_rate",
    "auto_scale": "auto_scale",
    "thres_scale": "buffer_granularity",
    "auto_granularity": "auto_granularity",
    "momentum": "buffer_momentum",
    "forget_buffer": "forget",
    "in_chop_prob": "chop_probability",
    "tail_weightening": "tail_weight",
}
FORGETS = {"forget": True}  # by default there
KINDS = {
    "TransferCompound": (naive.TikiTaka, {}),
    "BufferedTransferCompound": (naive.TikiTaka2, {"buffer": "threshold", "buffer_momentum": 0.1, **FORGETS}),
    "ChoppedTransferCompound": (naive.Chopped, {"chop_random": False, **FORGETS}),
    "DynamicTransferCompound": (naive.Agad, {"chop_random": False, **FORGETS}),
}
CASES = {case["name"]: case for case in golden("sequences")["cases"] if case["kind"] in KINDS}


def settings_of(case):
    """A case's settings by our names. Lines that are read in turn are inputs, there called columns, here rows."""
    given = {NAMES[name]: value for name, value in case["settings"].items() if name in NAMES}
    by = "rows" if case["settings"].get("transfer_columns", True) else "columns"
    lengths = {
        "train_length": case["trains"]["desired_bl"],
        "transfer_length": case["transfer_trains"]["desired_bl"],
    }
    return KINDS[case["kind"]][1] | lengths | given | {"transfer_by": by}


def array_of(case):
    rows, columns = len(case["inputs"][0]), len(case["errors"][0])
    device = {"step": case["step"], "low": case["low"], "high": case["high"]}
    fast, slow = (grid(LAWS[case["law"]], rows, columns, **device) for _ in range(2))
    array = KINDS[case["kind"]][0](fast, slow, case["step"], case["step"], **settings_of(case))
    if isinstance(array, naive.Agad):
        array.quiet = array.period() + 1  # as it is there: one sweep more than a period
    return array


def by_input(array, sums):
    return sums if array.by_rows else [list(row) for row in zip(*sums, strict=True)]


@pytest.mark.parametrize("name", CASES)
def test_twins_do_what_aihwkit_does(name):
    case, rng = CASES[name], random.Random(0)
    array, moved = array_of(case), 0
    for xs, ds, state in zip(case["inputs"], case["errors"], case["states"], strict=True):
        array.update(xs, ds, case["rate"], lambda kind, line, slot: rng.random())
        seen = {"fast": values(array.fast), "slow": values(array.slow), "weights": array.weights()}
        seen |= {key: by_input(array, getattr(array, key)) for key in ("h", "mu", "p") if key in state}
        if "choppers" in state:
            assert [sign == -1 for sign in array.signs] == [flipped == 1 for flipped in state["choppers"]]
        for key, expected in state.items():
            if key != "choppers":
                for row, values_there in zip(seen[key], expected, strict=True):
                    for a, b in zip(row, values_there, strict=True):
                        assert math.isclose(a, b, rel_tol=1e-5, abs_tol=2e-5), key
        moved += sum(map(sum, state["slow"])) != 0
    assert moved > 10  # it is not the start that is compared


def test_aihwkits_fast_rate_follows_the_largest_inputs_and_errors():
    case = golden("sequences")["scales"]
    array = naive.TikiTaka(
        grid(Constant, 1, 1),
        grid(Constant, 1, 1),
        case["step"],
        case["step"],
        auto_scale=True,
        fast_rate=case["fast_lr"],
        train_length=case["desired_bl"],
    )
    for x, d, rate in case["x_max, d_max, rate"]:
        assert math.isclose(array.gradient_rate([x], [d], 0.1), rate, rel_tol=2e-5)
