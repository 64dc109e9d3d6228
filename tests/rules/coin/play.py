"""What is done with rule `coin`, in a process whose xbarsim knows it: ``python -m tests.rules.coin.play FOLDER``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, LayoutError
from xbarsim.arrays import drawn
from xbarsim.describe.reference import GENERATED

from ...h5compare import contents
from ...loop import test_pairwise as pairwise

EACH = 3
"""Rows of the covering array that are run, beside the plain one: those that the rule's pairs made first."""

OTHERS = (
    {"c2c": 0.3, "account": True},
    {"method": "c", "batch": 3, "batch_rule": "signs", "half_select_step": 0.01},
)


def the_same_as_sign(folder, data):
    """A coin that always shows heads is no coin, and one that never does lets nothing happen."""
    files = {}
    for bias in (0.0, 0.5, 1.0):
        layout = Layout.of(**{**pairwise.BASE, "rule": "coin", "coin_bias": bias})
        files[bias] = contents_of(folder / f"{bias}.h5", layout, data)
    sign = contents_of(folder / "sign.h5", layout.replace(rule="sign"), data)
    assert sign.keys() == files[1.0].keys()
    for key, values in sign.items():
        np.testing.assert_array_equal(values, files[1.0][key], err_msg=key)
    pulses = [int(files[bias]["entry/training/pulses"].sum()) for bias in (0.0, 0.5, 1.0)]
    assert pulses[0] == 0 < pulses[1] < pulses[2]


def contents_of(path, layout, data):
    """What a run of a layout writes, but for what says which run it is."""
    xbarsim.run(layout, out=path, dataset=data)
    return {k: v for k, v in contents(path).items() if "configuration" not in k and "file_name" not in k}


def described():
    """Section, key, refusal and generated pages follow from the description."""
    layout = Layout.of(layers=(3, 2), rule="coin", coin_bias=0.25)
    assert Layout.from_toml_text(layout.to_toml()) == layout
    assert layout.coin.coin_bias == 0.25
    with pytest.raises(LayoutError, match="with rule 'coin', which are too good for it"):
        layout.replace(driver_bits=4)
    for make in GENERATED.values():
        assert "coin" in make()


def main(folder):
    """Everything."""
    drawn._CLIMBED = 0
    described()
    data = pairwise.toy()
    the_same_as_sign(folder, data)
    rows = [pairwise.layout_of(row) for row in pairwise.ROWS.values() if row["rule"] == "coin"]
    assert len(rows) >= 8
    plain = rows[0]
    for layout in (*rows[: EACH + 1], *(plain.replace(**values) for values in OTHERS)):
        with tempfile.TemporaryDirectory(dir=folder) as own:
            pairwise.train_resume_and_replay(Path(own), data, layout)
    print("played")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
