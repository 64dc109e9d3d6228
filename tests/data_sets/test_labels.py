"""Labels that are not 0 to k - 1 are recoded, and it is said."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import xbarsim
from xbarsim import DataError, TraceError, load_dataset
from xbarsim.data_sets.data_set import build

pytestmark = pytest.mark.once


def built(y_train, y_test, **more):
    y_train, y_test = np.array(y_train), np.array(y_test)
    x = np.zeros((max(len(y_train), len(y_test)), 2), np.uint8)
    return build("mine", x[: len(y_train)], y_train, x[: len(y_test)], y_test, "here", **more)


@pytest.mark.parametrize(
    ("y_train", "y_test", "classes", "labels", "note"),
    [
        (range(1, 11), range(1, 11), range(10), tuple(range(1, 11)), "labels 1 to 10 recoded to 0 to 9"),
        ([3, 7, 3], [7, 3], [0, 1, 0], (3, 7), "labels 3, 7 recoded to 0, 1"),
        ([0, 2], [2, 0], [0, 1], (0, 2), "labels 0, 2 recoded to 0, 1"),
        ([-1, 1], [1, -1], [0, 1], (-1, 1), "labels -1, 1 recoded to 0, 1"),
        ([7.0, 5.0], [5.0, 7.0], [1, 0], (5, 7), "labels 5, 7 recoded to 0, 1"),
        ([10**6, 0], [0, 10**6], [1, 0], (0, 10**6), "labels 0, 1000000 recoded to 0, 1"),
        (["cat", "ant"], ["ant", "cat"], [1, 0], ("ant", "cat"), "labels ant, cat recoded to 0, 1"),
        ([b"cat", b"ant"], [b"ant", b"cat"], [1, 0], ("ant", "cat"), "labels ant, cat recoded to 0, 1"),
        (["10", "9"], ["9", "10"], [1, 0], (9, 10), "labels 9, 10 recoded to 0, 1"),
        ([5, 5], [5], [0, 0], (5,), "labels 5 recoded to 0"),
    ],
)
def test_what_is_recoded(y_train, y_test, classes, labels, note):
    data = built(y_train, y_test)
    assert data.y_train.tolist() == list(classes)
    assert data.y_train.dtype == np.int64
    assert data.labels == labels
    assert data.notes == (f"here: {note}",)
    assert data.classes == len(labels)
    assert [labels[c] for c in data.y_test] == [
        type(labels[0])(y.decode() if isinstance(y, bytes) else y) for y in y_test
    ]


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.uint64, np.float32, bool, ">i4", "U1", "S1"])
def test_what_needs_no_recoding(kind):
    y = np.array([0, 1, 1]).astype("U1").astype(kind) if kind in ("U1", "S1") else np.array([0, 1, 1]).astype(kind)
    data = built(y, y)
    assert data.y_train.tolist() == [0, 1, 1]
    assert (data.labels, data.notes) == ((0, 1), ())
    assert data.sha256 == built([0, 1, 1], [0, 1, 1]).sha256


def test_hashes_of_earlier_versions_are_the_same():
    """Runs that were recorded before go on."""
    assert load_dataset("two-pixels").sha256 == "c79dd696351d9828f8fb1bcef284255a9aca1a51f1bb2d30f9262d2a643abf99"
    assert load_dataset("digits").sha256 == "2e7397a294836d50700b73a1c7075d6f736394829c85665c2ec70c8137659d8e"


def test_labels_of_one_part_alone_are_told():
    data = built([0, 1, 2], [0, 1, 3])
    assert data.notes == (
        "here: samples of label 3 are in the test part alone, so that none is trained",
        "here: samples of label 2 are in the training part alone, so that none is tested",
    )
    assert data.classes == 4
    both = built([5, 9], [5, 7])  # coded over both parts together
    assert (both.labels, both.y_train.tolist(), both.y_test.tolist()) == ((5, 7, 9), [0, 2], [0, 1])


def test_too_many_labels_are_none():
    with pytest.raises(DataError, match="got 65537; are these labels"):
        built(np.arange(65_537), [0])


def test_loading_tells_it(tmp_path):
    x = np.zeros((2, 2), np.uint8)
    np.savez(tmp_path / "mine.npz", x_train=x, y_train=[3, 7], x_test=x, y_test=[7, 3], more=x)
    with pytest.warns(UserWarning, match=r"mine\.npz: ") as told:
        data = load_dataset(str(tmp_path / "mine.npz"))
    assert [str(w.message) for w in told] == [
        f"{tmp_path / 'mine.npz'}: not used: more",
        f"{tmp_path / 'mine.npz'}: labels 3, 7 recoded to 0, 1",
    ]
    assert data.notes == tuple(str(w.message) for w in told)


def test_arrays_put_in_by_hand_are_not_recoded_but_told_of():
    data = dataclasses.replace(built([0, 1], [0, 1]), y_train=np.array([3, 7]), y_test=np.array([3, 7]), labels=())
    with pytest.warns(UserWarning, match="labels 3, 7 are not recoded, and outputs 0, 1, 2, 4, 5, 6 have no sample"):
        data.check_fits((2, 8))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        built([3, 7], [3, 7]).check_fits((2, 2))
    with pytest.warns(UserWarning, match="has 2 classes, so that 3 of 5 outputs are never right"):
        built([0, 1], [0, 1]).check_fits((2, 5))


def test_held_out_samples_keep_their_classes():
    from xbarsim.study.tune import held_out

    part = held_out(built([0, 0, 1, 2], [0, 1, 2]), 1)
    assert (part.y_train.tolist(), part.y_test.tolist(), part.notes) == ([0, 0, 1], [2], ())


# ---------------------------------------------------------------------------------------------------------------------
# Runs and commands


def write(path, y):
    rng = np.random.default_rng(3)
    x, y = rng.integers(0, 256, (len(y), 4)).astype(np.uint8), np.array(y)
    np.savez(path, x_train=x, y_train=y, x_test=x, y_test=y)


def test_commands_say_it_once_and_keep_it_in_json(call, tmp_path):
    write("mine.npz", [1, 2, 3] * 3)
    said = "mine.npz: labels 1 to 3 recoded to 0 to 2"
    quick = ["--layers", "4,3", "--dataset", "mine.npz", "--iterations", 4, "--n-max", 4, "--eval-last", 1]
    with pytest.warns(UserWarning, match=said) as told:
        _, out, _ = call("run", *quick, "--json", "-q")
    assert len(told) == 1
    assert json.loads(out)["notes"] == [said]
    Path("layout.toml").write_text(xbarsim.Layout.of(layers=(4, 3), dataset="mine.npz").to_toml())
    answer = subprocess.run(
        [sys.executable, "-m", "xbarsim", "check", "layout.toml", "--json"], capture_output=True, text=True, check=True
    )
    assert answer.stderr == f"xbarsim: {said}\n"
    assert json.loads(answer.stdout)["notes"] == [said]
    assert "3 classes (1 to 3)" in json.loads(answer.stdout)["dataset"]


@pytest.mark.filterwarnings("ignore:.*recoded:UserWarning")
def test_a_run_that_was_recorded_without_recoding_goes_on(tmp_path, monkeypatch):
    write(tmp_path / "mine.npz", [0, 2, 3] * 3)
    layout = xbarsim.Layout.of(
        layers=(4, 4), dataset=str(tmp_path / "mine.npz"), iterations=40, eval_every=10, eval_last=1, n_max=9
    )
    data = load_dataset(str(tmp_path / "mine.npz"))
    given = np.array(data.labels)
    before = build(
        "mine", data.x_train, given[data.y_train], data.x_test, given[data.y_test], "here", labels=(0, 1, 2, 3)
    )
    assert before.sha256 != data.sha256
    whole = xbarsim.run(layout, dataset=before)
    ticks = iter([False, True])
    path = tmp_path / "run.h5"
    xbarsim.run(layout, out=path, dataset=before, stop=lambda: next(ticks))
    with pytest.warns(UserWarning, match="labels 0, 2, 3 are not recoded for a run that was recorded so"):
        result = xbarsim.resume(path)
    assert result.finished
    assert result.accuracy_curve == whole.accuracy_curve
    with pytest.warns(UserWarning, match="not recoded for a run"):
        moved = xbarsim.transfer(path, sigma=0.0, repeats=1)
    assert moved.accuracy_before == result.accuracy
    write(tmp_path / "mine.npz", [0, 2, 3, 3] * 3)
    with pytest.raises(TraceError, match="expected data set 'mine' with SHA-256"):
        xbarsim.resume(path)
