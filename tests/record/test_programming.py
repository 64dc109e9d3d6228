"""What a run file says of programming is checked: checksums do not tell whether a text makes sense."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from xbarsim import Device, TraceError
from xbarsim.record import structure
from xbarsim.record.checked import Checked
from xbarsim.record.programming import devices_of, programming_of

pytestmark = pytest.mark.once

GOOD = {
    **{"devices": 10, "pulses": 50, "resets": 0, "reads": 60, "missed": 1},
    **{"rms_error": 0.01, "largest_error": 0.2, "tolerance": 0.01},
    **{"energy_pulses_J": 1e-9, "energy_reads_J": 1e-10, "seconds": 0.1, "seconds_rows": 0.01},
}


def of(text):
    return programming_of({"programming": '{"how": "write-verify"}', "programming_outcome": text}, Path("run.h5"))


def test_what_was_written_is_read():
    assert of(json.dumps(GOOD)) == {"how": "write-verify", **GOOD}
    assert programming_of({}, Path("run.h5")) == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        "[" * 100_000,
        '{"a":' * 100_000,
        json.dumps({**GOOD, "pulses": -5}),
        json.dumps({**GOOD, "pulses": True}),
        json.dumps({**GOOD, "rms_error": 10**400}),
        json.dumps({**GOOD, "seconds": float("nan")}),
        json.dumps({**GOOD, "seconds": None}),
        json.dumps({**GOOD, "missed": 11}),
        json.dumps({k: v for k, v in GOOD.items() if k != "reads"}),
    ],
    ids=lambda text: text[:20],
)
def test_what_makes_no_sense_is_refused(text):
    with pytest.raises(TraceError, match=r"^run.h5 programming_outcome: expected numbers in JSON, got a damaged"):
        of(text)


def of_devices(path, change=lambda group: None):
    """What is read of the programmed devices of a layer, after a change."""
    parts = {"target": np.float32(3e-7), "reads": np.uint32(60), "there": np.uint8(1)}
    arrays = {f"{what}_{side}": np.full((3, 2), x) for side in ("plus", "minus") for what, x in parts.items()}
    with h5py.File(path, "w") as file:
        structure.programmed(file.create_group("entry"), 1, arrays)
        change(file["entry/programmed_1"])
        found = devices_of(Checked(file, path), "programmed_1", (3, 2), GOOD, Device())
    return arrays, found


def test_what_became_of_devices_is_read(tmp_path):
    written, found = of_devices(tmp_path / "run.h5")
    assert list(found) == list(written)
    for name, values in written.items():
        np.testing.assert_array_equal(found[name], values)
    # It may lie where no device conducts, as far off as the largest error: 0.2 of the range, 0.9 uS.
    of_devices(tmp_path / "run.h5", lambda group: group["target_plus"].__setitem__((0, 0), -0.2 * 9e-7))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, None) for name in ("target_plus", "reads_minus", "there_plus")),
        *(("target_plus", value) for value in (-1.0, -0.21 * 9e-7, np.nan)),
        ("reads_minus", 61),
        ("there_plus", 5),
    ],
)
def test_what_became_of_no_device_is_refused(name, value, tmp_path):
    def change(group):
        if value is None:
            del group[name]
        else:
            group[name][1, 1] = value

    with pytest.raises(TraceError, match=f"programmed_1/{name}: expected .*, got .*; the file is damaged"):
        of_devices(tmp_path / "run.h5", change)
