"""Compare two run files by content."""

from __future__ import annotations

import h5py
import numpy as np

# What may differ between an interrupted and an uninterrupted run: clocks, and how the program was called.
CLOCKS = {"start_time", "end_time", "seconds", "command_line"}
# A run that goes on is watched anew, so that it may warn of other moments.
TOLD = {"warnings"}
# And what no two files have in common.
NAMES = {"file_id", "commits"}


def contents(path):
    """All datasets and attributes of a file, without clocks."""
    found = {}

    def visit(name, item):
        if name.rsplit("/", 1)[-1] in CLOCKS | NAMES | TOLD:
            return
        if isinstance(item, h5py.Dataset):
            found[name] = item[()]
            found[name + " storage"] = str((item.shape, item.dtype.str, item.chunks, item.compression))
        for key, value in item.attrs.items():
            if key == "crc32":  # of the clocks, too
                continue
            found[f"{name} @{key}"] = value

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return found


def assert_same(a, b):
    """Raise unless both files hold the same."""
    x, y = contents(a), contents(b)
    assert x.keys() == y.keys()
    for key in x:
        np.testing.assert_array_equal(np.asarray(x[key]), np.asarray(y[key]), err_msg=key)
