"""Less noise, and no silence: tables of a bearable length, names that are told, keys that come once."""

from __future__ import annotations

import csv
import io

import pytest

from xbarsim.base.errors import IdleWarning
from xbarsim.study.tune import Tried, correlation_in_words

from ..cli import QUICK, refuses

pytestmark = pytest.mark.once


@pytest.mark.jit
def test_a_history_is_short_unless_it_goes_into_a_file(call):
    assert call("run", *QUICK, "--out", "run.h5")[0] == 0
    code, out, err = call("inspect", "run.h5", "--layer", 1, "--synapse", "0,0", "--csv")
    assert code == 0, err
    short = list(csv.DictReader(io.StringIO(out)))
    assert call("inspect", "run.h5", "--layer", 1, "--synapse", "0,0", "-o", "all.csv")[:2] == (0, "all.csv\n")
    with open("all.csv", newline="") as stream:
        whole = list(csv.DictReader(stream))
    assert [int(row["iteration"]) for row in whole] == list(range(7))
    assert short[0] == whole[0]
    assert len(short) < len(whole)
    at = [int(row["iteration"]) for row in short]
    assert [whole[n] for n in at] == short
    states = [(row["g_plus_S"], row["g_minus_S"]) for row in whole]
    assert at == [0, *(n for n in range(1, 7) if states[n] != states[n - 1])]
    assert call("inspect", "run.h5", "-o", "curve.csv")[0] == 0
    assert call("inspect", "run.h5", "--layer", 1, "-o", "pairs.csv")[0] == 0
    refuses(call, "inspect", "run.h5", "-o", "curve.csv", what="curve.csv: exists already")
    refuses(call, "inspect", "run.h5", "-o", "new.csv", "--json", what="--out: expected a table, got --json with it")


def test_a_key_comes_once(call):
    twice = ("check", "--layers", "2,2", "--set", "beta=1")
    refuses(call, *twice, "--set", "device.beta=2", what="expected beta once, got 'beta=1' and 'device.beta=2'")
    refuses(call, *twice, "--beta", 2, what="--beta: expected beta once, got --beta and --set beta=1; leave one out")


def test_what_does_nothing_is_told_before_a_run_and_by_check(call):
    given = ("--layers", "2,2", "--dataset", "two-pixels", "--rule", "software", "--method", "b", "--c", 3)
    code, _, err = call("check", *given)
    assert code == 0
    assert "xbarsim: neuron.c: given, and does nothing here: it needs neurons that currents" in err
    assert "xbarsim: pulses.method: given, and does nothing here: it needs a rule that pulses pairs" in err


@pytest.mark.jit
def test_and_by_a_run(call):
    with pytest.warns(IdleWarning, match=r"^neuron.inner_c: given, and does nothing here: it needs two hidden layers"):
        code, _, err = call("run", *QUICK, "--inner-c", 2, "--dead-zone-exponent", 0.5, "--no-trace")
    assert code == 0
    assert "pulses.dead_zone_exponent: given, and does nothing here: it needs a hidden layer; leave it out" in err


def test_a_device_file_is_called_as_it_is_named(call):
    refuses(call, "devices", "new", "a.py", what="devices new: expected a name, or one that ends in .toml, got 'a.py'")
    assert call("devices", "new", "mine")[0] == call("devices", "new", "your.toml")[0] == 0


def test_ties_are_told_in_words():
    def tried(noise, accuracy):
        return [Tried(None, 0.1, 0.1, 0.1, (n,), a) for n, a in zip(noise, accuracy, strict=True)]

    assert correlation_in_words(tried([1, 2, 3], [0.5, 0.5, 0.5])).endswith("the accuracy of all is the same")
    assert correlation_in_words(tried([1, 1, 1], [0.5, 0.6, 0.7])).endswith("the noise of all is the same")
    assert correlation_in_words(tried([1, 2], [0.5, 0.6])).startswith("too few")
    assert correlation_in_words(tried([1, 2, 3], [0.7, 0.6, 0.5])).endswith("-1.00")


def test_weights_have_the_same_colours_in_every_picture():
    from pathlib import Path

    import xbarsim.show

    for path in Path(xbarsim.show.__file__).parent.glob("figures*.py"):
        maps = [
            line for line in path.read_text().splitlines() if "PuOr" in line or "RdBu" in line or "coolwarm" in line
        ]
        assert bool(maps) == (path.name == "figures_style.py"), path.name
