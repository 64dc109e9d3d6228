"""The fuzzing: a few cases of every target, and that it finds what is there to be found.

``python -m tests.fuzz`` does thousands of cases, see docs/fuzzing.md.
"""

from __future__ import annotations

import collections
import importlib
import os

import pytest

from .fuzz import __main__ as command
from .fuzz import measured, planted
from .fuzz.supervise import Order, Tally, run
from .fuzz.target import ACCEPTED, REFUSED, TARGETS, generator

SEED = 21
FLIPS = 2000 if os.environ.get("XBARSIM_SLOW") else 100
FEW = {"layouts": 80, "flags": 80, "run-files": FLIPS, "journals": 60}
FEW |= {"data-sets": 300, "measured": 150, "netlists": 150, "devices": 60}
WITH_KERNELS = ("layouts", "flags", "run-files", "journals", "devices")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.compiles if name in WITH_KERNELS else pytest.mark.once) for name in TARGETS],
)
def test_a_few_cases_of_every_target(name, tmp_path, monkeypatch):
    monkeypatch.setattr(measured, "FITTED", 0.0)  # a fit takes a second
    monkeypatch.setenv("COLUMNS", "200")
    case = importlib.import_module(TARGETS[name]).make(tmp_path)
    number, seen = list(TARGETS).index(name), collections.Counter()
    for k in range(FEW[name]):
        try:
            seen[case(generator(SEED, number, k))] += 1
        except Exception as error:
            raise AssertionError(f"repeat with: python -m tests.fuzz --case {name}:{k} --seed {SEED}") from error
    assert set(seen) == {ACCEPTED, REFUSED}, seen


# ---------------------------------------------------------------------------------------------------------------------
# What is there to be found


def bad(seed, number, cases):
    return [k for k in range(cases) if planted.is_bad(generator(seed, number, k))]


def found_in(fault, cases=9, **more):
    tally = Tally()
    run(Order("planted", f"tests.fuzz.planted:{fault}", 3, 0, cases=cases, **more), tally)
    assert tally.cases == cases
    assert tally.accepted + tally.refused + len(tally.found) == cases
    assert [one.number for one in tally.found] == bad(3, 0, cases) != []
    return tally


@pytest.mark.once
@pytest.mark.parametrize(
    ("fault", "where", "what"),
    [
        ("raises", "KeyError at planted.py", "'nothing'"),
        ("says_too_much", "Finding at target.py", "an error of several lines: 'two\\nlines'"),
        ("dies", "signal 9", "signal 9 in it"),
        ("leaves", "the process ended", "the process ended in it"),
    ],
)
def test_a_planted_fault_is_found(fault, where, what):
    tally = found_in(fault)
    for one in tally.found:
        assert one.where.startswith(where)
        assert one.what.startswith(what)


@pytest.mark.once
def test_memory_beyond_the_limit_is_found():
    pytest.importorskip("resource")
    for one in found_in("takes_all").found:
        assert "MemoryError" in one.where


@pytest.mark.once
def test_a_hang_is_found_and_the_next_case_is_done():
    first = bad(3, 0, 99)[0]
    for one in found_in("hangs", cases=first + 2, limit=4.0).found:
        assert (one.where, one.what) == ("hang", "took longer than 4 s")


@pytest.mark.once
def test_a_target_that_cannot_begin_is_found():
    tally = Tally()
    run(Order("planted", "tests.fuzz.planted:broken", 3, 0, cases=9), tally)
    assert tally.cases == 0
    assert [one.what for one in tally.found] == ["what it needs is not there"]
    assert "FileNotFoundError" in tally.found[0].trace


@pytest.mark.once
def test_the_command(monkeypatch, capsys):
    monkeypatch.setitem(TARGETS, "planted", "tests.fuzz.planted:raises")
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    number = list(TARGETS).index("planted")
    first = bad(3, number, 99)[0]
    assert command.main(["--only", "planted", "--cases", str(first), "--seed", "3"]) == 0
    assert command.main(["--only", "planted", "--cases", str(first + 1), "--seed", "3"]) == 1
    out = capsys.readouterr().out
    assert out.splitlines()[-1].split() != []
    assert f"--case planted:{first} --seed 3" in out
    assert "KeyError: 'nothing'" in out
    with pytest.raises(KeyError, match="nothing"):  # the same, in this process
        command.main(["--case", f"planted:{first}", "--seed", "3"])
    if first:
        assert command.main(["--case", "planted:0", "--seed", "3"]) == 0
    assert command.main(["--only", "nothing"]) == 2
    assert command.main(["--case", "nothing:3"]) == 2
