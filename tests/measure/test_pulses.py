"""Reads lie on the grid of their pulses: numbers count, repeats are averaged, gaps stay gaps, gaps are no pulses.

Sweeps are compared with what somebody would write down who looks at the file.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from xbarsim import DataError, LayoutError
from xbarsim.measure import trains
from xbarsim.measure.measured import load

from .reading import DOWN, FIVES, FIVES_DOWN, LABELS, UP, N, read, rows, spread, written

pytestmark = pytest.mark.jit  # files: once is enough

DATA = Path(__file__).parent / "data"


def by_hand(name, polarity=None, delimiter=","):
    """Pulse numbers and numbers of a file in data/, or of the rows with one label."""
    with (DATA / name).open() as file:
        next(file)
        cells = [r for r in csv.reader(file, delimiter=delimiter) if polarity is None or r[1] == polarity]
    return [int(r[0]) for r in cells], [float(r[-1]) for r in cells]


# ---------------------------------------------------------------------------------------------------------------------
# Files


def test_every_fifth_pulse_is_not_every_pulse():
    found = load([DATA / "gap_small.csv"])
    n, g = by_hand("gap_small.csv")
    assert written(found) == [(1, spread(dict(zip(n, g, strict=True)), 40))]
    assert found.sweeps[0].counts.tolist() == [int(k in n) for k in range(41)]
    assert "1 train of 40 pulses, 13 reads (28 of 41 states not read)" in found.understood[-1]


def test_reads_on_a_logarithmic_scale():
    found = load([DATA / "gap_log.csv"])
    assert [len(s.g) for s in found.sweeps] == [101, 101]
    for sweep, name in zip(found.sweeps, ("LTP", "LTD"), strict=True):
        n, g = by_hand("gap_log.csv", name)
        assert np.flatnonzero(np.isfinite(sweep.g)).tolist() == n == [0, 1, 2, 5, 10, 20, 50, 100]
        assert sweep.g[n].tolist() == g


def test_a_curve_read_off_a_figure():
    sweep = load([DATA / "digitised.csv"]).sweeps[0]
    n, g = by_hand("digitised.csv")
    assert len(sweep.g) == 98
    assert (1e9 * sweep.g[n]).tolist() == pytest.approx(g)
    assert np.isfinite(sweep.g).sum() == len(n) == 53


def test_two_reads_of_each_pulse():
    found = load([DATA / "repeat_small.csv"])
    _, g = by_hand("repeat_small.csv")
    pairs = np.reshape(g, (21, 2))
    (sweep,) = found.sweeps
    assert 1e6 * sweep.g == pytest.approx(pairs.mean(axis=1))
    assert sweep.counts.tolist() == [2] * 21
    scatter = np.sqrt(((pairs - pairs.mean(axis=1, keepdims=True)) ** 2).sum() / 21)
    assert 1e6 * found.repeats == pytest.approx(scatter)
    told = "; ".join(found.understood)
    assert "20 pulses, 42 reads (21 reads averaged with others)" in told
    assert "they scatter by 1.27e-08 S" in told


def test_numbers_that_go_on_say_the_same_as_numbers_that_restart():
    """In both files every train begins with a read of its own; between potentiation and depression G relaxes."""
    on, again = load([DATA / "drop.csv"]), load([DATA / "drop0.csv"])
    assert written(on) == written(again)
    assert [(s.side, len(s.g)) for s in on.sweeps] == [(1, 51), (-1, 51)] * 3
    assert on.sweeps[1].g[0] == pytest.approx(6.9537e-6)
    for found in (on, again):
        assert any("changes by -3.04e-06 S (-31.6 % of the range) without a pulse" in t for t in found.understood)


def test_numpy_rows_missing(tmp_path):
    n = [k for k in range(101) if not 31 <= k <= 59]
    g = [1.0 + 0.09 * k for k in n]
    found = read(tmp_path, "pulse,polarity,G (uS)\n" + rows(n + n, ["LTP"] * 72 + ["LTD"] * 72, g + g[::-1]))
    assert [len(s.g) for s in found.sweeps] == [101, 101]
    assert np.isnan(found.sweeps[0].g[31:60]).all()
    assert np.isnan(found.sweeps[1].g[31:60]).all()


# ---------------------------------------------------------------------------------------------------------------------
# Ways to number

# header, columns, what is written down
WAYS = {
    "labels, numbers go on by fives": (
        "pulse,type,G (uS)",
        (range(0, 55, 5), ["LTP"] * 6 + ["LTD"] * 5, UP + DOWN[1:]),
        [(1, FIVES), (-1, FIVES_DOWN)],
    ),
    "labels, numbers start again with 5": (
        "pulse,type,G (uS)",
        ([5, 10, 15, 20, 25] * 2, ["LTP"] * 5 + ["LTD"] * 5, UP[1:] + DOWN[1:]),
        [(1, [3, *[None] * 4, 4.5, *[None] * 4, 5.5, *[None] * 4, 6, *[None] * 4, 6.2]), (-1, FIVES_DOWN)],
    ),
    "labels, the first pulses of depression not read": (
        "pulse,type,G (uS)",
        ([*N, 3, 4, 5], ["LTP"] * 6 + ["LTD"] * 3, UP + DOWN[3:]),
        [(1, UP), (-1, [6.2, None, None, 2, 1.4, 1.0])],
    ),
    "labels, numbers start again with 0, each state twice": (
        "pulse,type,G (uS)",
        (
            np.repeat(N + N, 2),
            np.repeat(LABELS, 2),
            np.repeat(UP + DOWN, 2) + np.tile([-0.01, 0.01], 12),
        ),
        [(1, UP), (-1, DOWN)],
    ),
    "labels, two trains of one polarity": (
        "pulse,type,G (uS)",
        ([1, 2, 3, 4, 5, 6] * 2, ["LTP"] * 12, UP * 2),
        [(1, UP), (1, UP)],
    ),
    "no labels, numbers go on by fives": (
        "pulse,G (uS)",
        (range(0, 55, 5), UP + DOWN[1:]),
        [(1, FIVES), (-1, FIVES_DOWN)],
    ),
    "no labels, numbers start again with 0": (
        "pulse,G (uS)",
        (N * 4, (UP + DOWN) * 2),
        [(1, UP), (-1, DOWN)] * 2,
    ),
    "no labels, numbers start again with 1": (
        "pulse,G (uS)",
        ([1, 2, 3, 4, 5] * 3, UP[1:] + DOWN[1:] + UP[1:]),
        [(1, UP[1:]), (-1, DOWN), (1, UP)],
    ),
    "no labels, one polarity, reset between": ("pulse,G (uS)", (N * 3, UP * 3), [(1, UP)] * 3),
    "no labels, one polarity from 1, reset between": (
        "pulse,G (uS)",
        ([1, 2, 3, 4, 5, 6] * 2, UP * 2),
        [(1, UP)] * 2,
    ),
    "no labels, numbers go up and down": (
        "pulse,G (uS)",
        ([*N, 4, 3, 2, 1, 0, *N[1:]], UP + DOWN[1:] + UP[1:]),
        [(1, UP), (-1, DOWN), (1, UP)],
    ),
    "no labels, numbers go up and down, both read at the turn": (
        "pulse,G (uS)",
        (N + N[::-1], [*UP, 5.1, *DOWN[1:]]),
        [(1, UP), (-1, [5.1, *DOWN[1:]])],
    ),
    "columns by fives": ("pulse,LTP (uS),LTD (uS)", (range(0, 30, 5), UP, DOWN), [(1, FIVES), (-1, FIVES_DOWN)]),
    "columns with their own numbers": (
        "LTP pulse,LTP (uS),LTD pulse,LTD (uS)",
        (range(0, 30, 5), UP, N, DOWN),
        [(1, FIVES), (-1, DOWN)],
    ),
    "a column per cycle, one lacks its first row": (
        "cycle,pulse,LTP (uS)",
        ([1] * 6 + [2] * 5, [*range(1, 7), *range(2, 7)], UP + UP[1:]),
        [(1, UP), (1, [None, *UP[1:]])],
    ),
    "cycles, numbers go on": (
        "cycle,pulse,LTP (uS)",
        ([1] * 6 + [2] * 6, range(10, 22), UP * 2),
        [(1, UP), (1, UP)],
    ),
    "depression over falling numbers, in a column": (
        "pulse,LTP (uS),number,LTD (uS)",
        (N, UP, N[::-1], DOWN),
        [(1, UP), (-1, DOWN)],
    ),
    "depression over falling numbers, labels": (
        "pulse,type,G (uS)",
        (N + N[::-1], LABELS, UP + DOWN),
        [(1, UP), (-1, DOWN)],
    ),
    "depression over falling numbers, labels, from the state before": (
        "pulse,type,G (uS)",
        (N + N[-2::-1], LABELS[:-1], UP + DOWN[1:]),
        [(1, UP), (-1, DOWN)],
    ),
    "depression sorted from its last row, labels": (
        "pulse,type,G (uS)",
        (N + N, LABELS, UP + DOWN[::-1]),
        [(1, UP), (-1, DOWN)],
    ),
    "potentiation sorted from its last row": (
        "pulse,LTP (uS)",
        (N[::-1], UP[::-1]),
        [(1, UP)],
    ),
    "depression rises in its column, as NeuroSim lists it": (
        "pulse,LTP (uS),LTD (uS)",
        (N, UP, DOWN[::-1]),
        [(1, UP), (-1, DOWN)],
    ),
    "nearly whole numbers": (
        "pulse,LTP (uS)",
        ([0.03, 4.97, 10.02, 15.1, 20, 24.96], UP),
        [(1, FIVES)],
    ),
    "a row without a number": ("pulse,LTP (uS)", ([0, 1, "", 3, 4, 5], UP), [(1, [1, 3, None, 5.5, 6, 6.2])]),
    "the width of the pulse is not its number": (
        "pulse width,pulse number,LTP (uS)",
        ([3] * 6, range(0, 30, 5), UP),
        [(1, FIVES)],
    ),
    "no numbers: a row is a pulse": (
        "type,G (uS)",
        (["LTP"] * 6 + ["LTD"] * 5, UP + DOWN[1:]),
        [(1, UP), (-1, DOWN)],
    ),
    "no numbers, a read is missing": ("LTP (uS)", ([1, 3, 4.5, "9.91e37", 6, 6.2],), [(1, [1, 3, 4.5, None, 6, 6.2])]),
}


@pytest.mark.parametrize("name", list(WAYS))
def test_ways_to_number(tmp_path, name):
    head, columns, expected = WAYS[name]
    found = read(tmp_path, head + "\n" + rows(*columns))
    assert written(found) == expected


def test_names_of_nameless_numbers(tmp_path):
    found = read(tmp_path, rows([0, 1, 2, 5, 10, 20], [1e-6 * c for c in UP]))
    assert written(found) == [(1, spread({0: 1, 1: 3, 2: 4.5, 5: 5.5, 10: 6, 20: 6.2}, 20))]


def test_what_is_done_is_said(tmp_path):
    def told(head, *columns, **options):
        return "; ".join(read(tmp_path, head + "\n" + rows(*columns), **options).understood)

    assert "up to 0.1 off whole ones and were rounded" in told("pulse,LTP (uS)", [0.03, 5, 10, 15.1, 20, 25], UP)
    assert "1 read of 'LTP (uS)' without a pulse number left out" in told("pulse,LTP (uS)", [0, 1, "", 3, 4, 5], UP)
    assert "depression is listed over falling pulse numbers" in told("pulse,LTD (uS)", N[::-1], DOWN)
    assert "as NeuroSim lists it" in told("pulse,LTP (uS),LTD (uS)", N, UP, DOWN[::-1])
    assert "sorted by pulse number" in told("pulse,LTP (uS)", N[::-1], UP[::-1])
    assert "(--reverse)" in told("pulse,LTP (uS),LTD (uS)", N, UP, DOWN[::-1], reverse="depression")
    swapped = told("pulse,type,G (uS)", N + N, LABELS[::-1], UP + DOWN)
    assert "labelled potentiation lowers the conductance: taken as depression" in swapped


def test_first_train_counts_as_the_others_do(tmp_path):
    """The state before the first pulses was not read; later trains show that numbers count from there."""
    n = [5, 10, 15, 20, 25]
    g = (UP[1:] + DOWN[1:]) * 2
    found = read(tmp_path, "pulse,type,G (uS)\n" + rows(n * 4, (["LTP"] * 5 + ["LTD"] * 5) * 2, g))
    first = [None, *FIVES[1:]]
    assert written(found) == [(1, first), (-1, FIVES_DOWN), (1, FIVES), (-1, FIVES_DOWN)]


def test_state_before_counts_all_its_reads(tmp_path):
    n, labels = np.repeat(range(11), 3), np.repeat(["LTP"] * 6 + ["LTD"] * 5, 3)
    found = read(tmp_path, "pulse,type,G (uS)\n" + rows(n, labels, np.repeat(UP + DOWN[1:], 3)))
    assert [s.counts.tolist() for s in found.sweeps] == [[3] * 6] * 2
    found = read(tmp_path, "pulse,G (uS)\n" + rows(n, np.repeat(UP + DOWN[1:], 3)))
    assert [s.counts.tolist() for s in found.sweeps] == [[3] * 6] * 2


def test_cycles_of_one_polarity_do_not_follow_each_other(tmp_path):
    text = "cycle,pulse,type,G (uS)\n" + rows([1] * 6 + [2] * 6, [*range(1, 7)] * 2, ["LTP"] * 12, UP * 2)
    assert written(read(tmp_path, text)) == [(1, UP), (1, UP)]


def test_reverse(tmp_path):
    both = read(tmp_path, "pulse,LTP (uS),LTD (uS)\n" + rows(N, UP[::-1], DOWN[::-1]), reverse="both")
    assert written(both) == [(1, UP), (-1, DOWN)]
    alone = read(tmp_path, "pulse,LTD (uS)\n" + rows(range(0, 30, 5), DOWN[::-1]), reverse="depression")
    assert written(alone) == [(-1, FIVES_DOWN)]
    labels = read(tmp_path, "pulse,type,G (uS)\n" + rows(N + N, LABELS, UP + DOWN[::-1]), reverse="depression")
    assert written(labels) == [(1, UP), (-1, DOWN)]
    falling = read(tmp_path, "pulse,LTD (uS)\n" + rows(N[::-1], DOWN), reverse="depression")
    assert written(falling) == [(-1, DOWN)]


def test_neurosim_convention_in_tsv():
    found = load([DATA / "ltd_listed_backwards.tsv"])
    _, up = by_hand("ltd_listed_backwards.tsv", delimiter="\t")
    with (DATA / "ltd_listed_backwards.tsv").open() as file:
        table = np.loadtxt(file, skiprows=1)
    assert up[-1] == 40.0
    assert (1e9 * found.of(1)[0].g).tolist() == pytest.approx(table[:, 1].tolist())
    assert (1e9 * found.of(-1)[0].g).tolist() == pytest.approx(table[::-1, 3].tolist())


@pytest.mark.parametrize(
    ("text", "options", "what"),
    [
        ("pulse,LTP (uS)\n" + rows([0, 0.5, 1, 1.5, 2, 2.5], UP), {}, "expected whole pulse numbers in 'pulse', got"),
        ("pulse,LTP (uS)\n" + rows([k * 1e-3 for k in N], UP), {}, "a time or a dose does not say how many pulses"),
        ("pulse,LTP (uS)\n" + rows([-3, -2, -1, 0, 1, 2], UP), {}, "expected pulse numbers >= 0 in 'pulse', got -3"),
        ("pulse,LTP (uS)\n" + rows([1] * 6, UP), {}, "got 1 in all 6 rows"),
        ("pulse,LTP (uS)\n" + rows([0, 1, 10, 100, 10**6, 10**9], UP), {}, "at most 1,000,000 pulses in a train, got"),
        ("pulse,LTP (uS)\n" + rows([0, 1, 2, 3, 4, 10**20], UP), {}, "expected pulse numbers in 'pulse', got 1e+20"),
        ("pulse,LTP (uS)\n" + rows([0, 1, 3, 2, 4, 5], UP), {}, "got 2 after 3; sort the rows"),
        ("pulse,G (uS)\n" + rows(N, UP), {"reverse": "both"}, "--reverse: expected reads that say their polarity"),
        ("pulse,V_pulse (V),G (uS)\n" + rows(N + N, [1] * 6 + [-1] * 6, UP + UP), {}, "but both raise it"),
        ("pulse,LTP (uS)\n" + rows(N, UP), {"reverse": "depression"}, "expected trains of that polarity, got none"),
        ("pulse,LTP (uS)\n" + rows(N, UP), {"reverse": "deppression"}, "did you mean 'depression'"),
        ("pulse,LTD (uS)\n" + rows(N, DOWN[::-1]), {}, "or with --reverse depression"),
        ("pulse,LTD (uS)\n" + rows(N, DOWN), {"reverse": "depression"}, "leave out --reverse for depression"),
    ],
)
def test_refused(tmp_path, text, options, what):
    with pytest.raises((DataError, LayoutError)) as caught:
        read(tmp_path, text, **options)
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)


def test_many_long_trains_do_not_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(trains, "MOST_PULSES", 1000)
    monkeypatch.setattr("xbarsim.measure.measurement.MOST_STATES", 5000)
    text = "pulse,LTP (uS)\n" + rows([0, 1, 900] * 6, [1, 2, 3] * 6)
    with pytest.raises(DataError, match="expected at most 5,000 pulses in all trains together"):
        read(tmp_path, text)


def test_a_long_sequence_of_short_trains_is_no_long_train(tmp_path, monkeypatch):
    monkeypatch.setattr(trains, "MOST_PULSES", 20)
    one = [*UP, *DOWN[1:-1]]
    found = read(tmp_path, "pulse,G (uS)\n" + rows(range(len(one) * 20), one * 20))
    assert len(found.sweeps) == 40


def test_the_command_says_what_it_saw(call, tmp_path):
    pytest.importorskip("scipy")
    n, up = range(40), 10 * (1 - np.exp(-np.arange(40) / 13))
    text = "pulse,LTP (uS),LTD (uS)\n" + rows(n, np.round(up, 4), np.round(up, 4))
    (tmp_path / "m.csv").write_text(text)
    code, out, err = call("fit", "m.csv", "--json", "--reverse", "depression")
    assert (code, err) == (0, "")
    told = "; ".join(json.loads(out)["understood"])
    assert "potentiation: 1 train of 39 pulses, 40 reads" in told
    assert "depression is taken from its last pulse number to the first (--reverse)" in told
