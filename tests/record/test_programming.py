"""What a run file says of programming is checked: checksums do not tell whether a text makes sense."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xbarsim import TraceError
from xbarsim.record.programming import programming_of

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
