"""Vectors of samples: what is written chunk by chunk is what HDF5 reads, whatever the blocks and commits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest

from xbarsim.base.errors import TraceError
from xbarsim.learn.rule import Vector
from xbarsim.record import vectors
from xbarsim.record.checked import Checked

pytestmark = pytest.mark.once

WIDE = 2_000  # numbers, of which few go into a chunk
KINDS = (
    Vector("input", "V", "voltages", (30,)),
    Vector("error", "1", "errors", (7,)),
    Vector("wide", "1", "sums", (WIDE,), per_update=True),
    Vector("none", "1", "of no layer", (0,)),
)


def test_any_blocks_and_commits_give_the_same_vectors(tmp_path):
    rng = np.random.default_rng(0)
    n = 4 * vectors.CHUNK + 41
    every = {
        "input": np.where(rng.random((n, 30)) < 0.8, 0, rng.random((n, 30))).astype(np.float32),  # is deflated
        "error": rng.normal(size=(n, 7)).astype(np.float32),  # is not
        "wide": np.where(rng.random((n, 1)) < 0.9, 0, rng.random((n, WIDE), np.float32)).astype(np.float32),
    }
    with h5py.File(tmp_path / "v.h5", "w") as file, ThreadPoolExecutor(1) as pool:
        entry = file.create_group("entry")
        vectors.create(entry, 1, KINDS)

        def writers():
            return [vectors.VectorWriter(entry[f"vectors/layer_1/{name}"], pool) for name in every]

        mine, at, block = writers(), 0, 0
        for block in (0, 5, 300, 1, 255, 256):
            for writer, values in zip(mine, every.values(), strict=True):
                assert writer.add(values[at : at + block]) == values[at : at + block].nbytes
                writer.commit()
                writer.add(values[:400])  # is forgotten
                writer.drop()
            at += block
            if block == 1:
                mine = writers()  # a run that goes on
        for writer, values in zip(mine, every.values(), strict=True):
            writer.add(values[at:])
            writer.commit()
        assert 0 < block < at < n
        for name, values in every.items():
            np.testing.assert_array_equal(entry[f"vectors/layer_1/{name}"][:], values)
        checked = Checked(file, Path("v.h5"))
        found = vectors.read(checked, 0, KINDS, 1, n, (3, 600))
        for name, values in every.items():
            np.testing.assert_array_equal(found[name], values[3:600])
        with pytest.raises(TraceError, match=r"vectors/layer_1/input: expected shape"):
            vectors.read(checked, 0, KINDS, 1, n + 1, (3, 600))
