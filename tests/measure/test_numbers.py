"""Pulse numbers: runs that rise or fall, reads at a turn, whole numbers."""

from __future__ import annotations

import numpy as np
import pytest

from xbarsim import DataError
from xbarsim.measure import numbers, trains
from xbarsim.measure.numbers import entry_starts, runs_of, whole_numbers

pytestmark = pytest.mark.jit  # files: once is enough

NAN = float("nan")


def test_runs():
    def cut(n):
        return [(n[r.start : r.stop], r.turned) for r in runs_of(np.array(n), "here")]

    assert cut([0, 1, 2, 0, 1, 2]) == [([0, 1, 2], False)] * 2
    assert cut([2, 1, 0, 2, 1, 0]) == [([2, 1, 0], False)] * 2
    assert cut([0, 1, 2, 1, 0]) == [([0, 1, 2], False), ([1, 0], True)]
    assert cut([0, 1, 2, 3, 2, 1, 0, 1, 2]) == [([0, 1, 2, 3], False), ([2, 1, 0], True), ([1, 2], True)]
    assert cut([7]) == [([7], False)]
    assert cut([50, 0, 1, 2]) == [([50], False), ([0, 1, 2], False)]
    assert cut([]) == []


def test_every_entry_is_in_one_run():
    rng = np.random.default_rng(0)
    for _ in range(300):
        n = rng.integers(0, 4, rng.integers(1, 12))
        n = n[np.concatenate([[True], np.diff(n) != 0])]
        try:
            found = runs_of(n, "here")
        except DataError:
            continue
        assert [k for r in found for k in range(r.start, r.stop)] == list(range(len(n)))
        for r in found:
            assert (np.sign(np.diff(n[r.start : r.stop])) == r.way).all()


def test_entries_at_a_turn_are_shared_out():
    n = np.array([0, 1, 2, 2, 1, 0])
    assert entry_starts(n, np.zeros(6, bool)).tolist() == [0, 1, 2, 3, 4, 5]
    n = np.array([0, 0, 1, 1, 2, 2, 1, 1, 0, 0])  # read twice each: at the turn, too
    assert entry_starts(n, np.zeros(10, bool)).tolist() == [0, 2, 4, 6, 8]


def test_whole_numbers_are_kept_as_they_are():
    notes = []
    assert whole_numbers(np.array([0, NAN, 5]), "here", "n", notes).tolist()[::2] == [0, 5]
    assert notes == []
    assert numbers.MOST_PULSES == trains.MOST_PULSES == 1_000_000
