"""Tables of pixels with a column of labels."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xbarsim import DataError, load_dataset
from xbarsim.data_sets import table

pytestmark = [pytest.mark.once, pytest.mark.filterwarnings("ignore::UserWarning")]

RNG = np.random.default_rng(11)
X = RNG.integers(0, 256, (30, 6))
X[:, (0, 5)] = 0  # the corners of an image say nothing
X[0, 1] = 255
Y = np.arange(30) % 3
NAMES = [f"pixel{k}" for k in range(6)]


def text(x=X, y=Y, *, head=NAMES, label="label", at=0, separator=","):
    """A table with the labels in column `at`; without `head` it has no first line."""
    lines = [] if head is None else [separator.join([*head[:at], label, *head[at:]])]
    for row, own in zip(x.tolist(), np.asarray(y).tolist(), strict=True):
        lines.append(separator.join(map(str, [*row[:at], own, *row[at:]])))
    return "\n".join(lines) + "\n"


@pytest.fixture
def load(tmp_path):
    def of(content, name="mine.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_dataset(str(path))

    return of


def naive_parts(y):
    """Numbers of the samples for training and for the test, by hand."""
    test, n = [], 0
    for label in sorted(set(y)):
        for k, own in enumerate(y):
            if own == label:
                n += 1
                if n % 6 == 0:
                    test.append(k)
    return [k for k in range(len(y)) if k not in test], sorted(test)


def same(data, x=X, y=Y, scale=1):
    train, test = naive_parts(list(y))
    np.testing.assert_array_equal(data.x_train, (np.asarray(x) * scale)[train])
    np.testing.assert_array_equal(data.x_test, (np.asarray(x) * scale)[test])
    assert [data.labels[c] for c in data.y_train] == [y[k] for k in train]
    assert [data.labels[c] for c in data.y_test] == [y[k] for k in test]


# ---------------------------------------------------------------------------------------------------------------------
# Where labels are


@pytest.mark.parametrize("label", ["label", "class", "target", "y", "Label", " CLASS ", '"label"'])
@pytest.mark.parametrize("at", [0, 3, 6])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_named_column(load, label, at, separator):
    data = load(text(label=label, at=at, separator=separator))
    same(data)
    assert data.x_train.dtype == np.uint8
    assert data.notes == (f"{data.origin}: every 6th sample of each class, 5 of 30, is kept for the test",)


@pytest.mark.parametrize(("at", "what"), [(0, "first"), (6, "last")])
@pytest.mark.parametrize("y", [Y, Y + 4, np.array(["cat", "dog", "ant"])[Y], np.array([3, 7, 30])[Y]])
def test_no_header(load, at, what, y):
    data = load(text(y=y, head=None, at=at))
    same(data, y=y.tolist())
    assert data.notes[0] == f"{data.origin}: labels are taken from the {what} column, which alone looks like labels"


def test_no_header_and_a_first_column_of_images(load):
    """0, 1, 2, ... are labels rather than some other numbers."""
    x = X.copy()
    x[:, 5] = np.array([0, 255])[Y % 2]
    same(load(text(x, head=None)), x)


@pytest.mark.parametrize("head", [[f"p{k}" for k in range(6)], ["a", "b", "c", "d", "e", "f"]])
def test_a_header_with_another_name(load, head):
    same(load(text(head=head, label="digit")))


def test_a_header_of_numbers(load):
    """As pandas writes it: columns are called 0, 1, 2, ..."""
    numbers = [str(k) for k in range(7)]
    same(load(",".join(numbers) + "\n" + text(head=None)))
    same(load(",".join(numbers[:6]) + ",label\n" + text(head=None, at=6)))


def test_a_column_that_numbers_the_lines_is_left_out(load):
    for name in ("", "id", "Unnamed: 0"):
        lines = text(at=6).splitlines()
        content = "\n".join([f"{name},{lines[0]}", *(f"{k},{line}" for k, line in enumerate(lines[1:]))])
        data = load(content)
        same(data)
        assert data.notes[0] == f"{data.origin}: left out column '{name}', which numbers the lines"


@pytest.mark.parametrize(
    "content",
    [
        text(RNG.integers(0, 256, (300, 6)), RNG.integers(0, 256, 300), head=None),  # pixels at both ends
        text(X[:, [0, 1, 2, 3, 4]], X[:, 5], head=NAMES[1:], label="pixel0"),  # test.csv of Kaggle
        text(np.column_stack([X[:, :5], Y]), Y, head=None),  # two that could be
        text(X / 255, Y / 7, head=None),
    ],
)
def test_nobody_can_tell(load, content):
    with pytest.raises(DataError, match="expected a column of labels called label, class, target, y"):
        load(content)


def test_kaggles_test_file_is_told_of(load):
    with pytest.raises(DataError, match=r"the header has none \(pixel0, pixel1, ..., pixel5\).*as test.csv of Kaggle"):
        load(text(X[:, 1:], X[:, 0], label="pixel0", head=NAMES[1:]))


def test_two_columns_of_labels(load):
    with pytest.raises(DataError, match="expected one column of labels, got label and class"):
        load(text(head=["class", *NAMES[1:]]))


# ---------------------------------------------------------------------------------------------------------------------
# Values


def test_fractions(load):
    x = X / 255
    data = load(text(x))
    assert data.x_train.dtype == np.float32
    same(data, x.astype(np.float32))


def test_whole_numbers_with_a_point(load):
    data = load(text(X.astype(float)))
    assert data.x_train.dtype == np.uint8
    same(data)


def test_black_and_white(load):
    data = load(text(X % 2))
    assert data.x_train.dtype == np.float32
    same(data, X % 2)
    assert "pixels are 0 and 1 alone, which are taken as fractions" in data.notes[0]


def test_few_shades(load):
    data = load(text(X % 17))
    same(data, X % 17)
    assert "pixels are at most 16, and are taken as shades of 255" in data.notes[0]


@pytest.mark.parametrize(
    ("x", "what"),
    [
        (X + 1, "got numbers from 1 to 256"),
        (X - 1, "got numbers from -1 to 254"),
        (X + 0.5, "got numbers from 0.5 to 255.5"),
        (X / 100, "got numbers from 0 to 2.55"),
        (X / 255 - 0.5, "got numbers from -0.5 to 0.5"),
    ],
)
def test_values_that_are_no_pixels(load, x, what):
    with pytest.raises(DataError, match=what):
        load(text(x))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda t: t.replace("255", "", 1), "line 2: expected numbers for pixels, got ''"),
        (lambda t: t.replace("255", "?", 1), "line 2: expected numbers for pixels, got '?'"),
        (lambda t: t.replace("255", "nan", 1), "line 2: expected finite pixels"),
        (lambda t: t.replace("255", "1e999", 1), "line 2: expected finite pixels"),
        (
            lambda t: t.replace("\n1,", "\n1,7,", 1),
            "line 3: expected 6 pixels and a label, as in the first line, got 7",
        ),
        (lambda t: t + "1,2,3\n", "line 32: expected 6 pixels and a label, as in the first line, got 2"),
        (lambda t: t + "1\n", "line 32: expected 6 pixels and a label, as in the first line, got 0"),
        (lambda t: t.splitlines()[0] + "\n1\n2\n", "line 2: expected 6 pixels and a label"),
        (lambda t: t.replace("\n1,", "\n,", 1), "line 3: expected a label, got nothing"),
        (lambda t: t.splitlines()[0], "expected samples, got a header alone"),
        (lambda t: "\n".join(t.splitlines()[:5]), "expected at least 6 samples"),
        (lambda t: "", "got an empty file"),
        (lambda t: "\n\n", "got an empty file"),
        (lambda t: "label\n1\n", "expected columns with commas"),
        (lambda t: t.encode("utf-16"), "expected a table of text, got other data|expected text in UTF-8"),
        (lambda t: t.replace("label", "läbel").encode("latin-1"), "line 1: expected text in UTF-8"),
        (lambda t: b"\x1f\x8b" + t.encode(), "cannot read it"),
        (lambda t: gzip.compress(t.encode())[:-9], "cannot read it"),
    ],
)
def test_tables_that_cannot_be_read(load, change, what):
    with pytest.raises(DataError, match=re.escape(what) if "|" not in what else what) as caught:
        load(change(text()))
    assert "\n" not in str(caught.value)


def test_a_fault_in_a_later_block_is_found(load, monkeypatch):
    monkeypatch.setattr(table, "_BLOCK", 14)  # two lines
    same(load(text()))
    same(load(text(X / 255)), (X / 255).astype(np.float32))
    with pytest.raises(DataError, match="line 32: expected 6 pixels and a label"):
        load(text() + "1,2,3\n")
    x = X.astype(float)
    x[20, 2] = 0.5  # one fraction makes all of them
    with pytest.raises(DataError, match="got numbers from 0 to 255"):
        load(text(x))


def test_what_spreadsheets_do(load):
    plain = text()
    same(load("\ufeff" + plain))
    same(load(plain.replace("\n", "\r\n")))
    same(load(plain.replace("\n", "\n\n")))
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(csv.reader(plain.splitlines()))
    same(load(out.getvalue()))
    same(load(plain.replace(",", ", ")))
    same(load(gzip.compress(plain.encode()), "mine.csv.gz"))
    same(load(gzip.compress(plain.encode()), "mine.csv"))
    names = np.array(["a, b", 'c "d"', "é"])
    out = io.StringIO()
    csv.writer(out).writerows([["label", *NAMES], *([names[y], *row] for y, row in zip(Y, X.tolist(), strict=True))])
    same(load(out.getvalue()), y=names[Y].tolist())


@settings(deadline=None, derandomize=True, max_examples=150)
@given(raw=st.binary(max_size=60) | st.text('01259.,;\n"ae-', max_size=60).map(str.encode))
def test_any_bytes_give_a_data_set_or_a_data_error(tmp_path_factory, raw):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(raw)
    with contextlib.suppress(DataError), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        load_dataset(str(path))


# ---------------------------------------------------------------------------------------------------------------------
# Parts


def test_the_split_is_stratified_and_always_the_same(load):
    y = RNG.integers(0, 10, 600)
    x = RNG.integers(0, 256, (600, 3))
    data = load(text(x, y, head=NAMES[:3]))
    same(data, x, y.tolist())
    assert len(data.y_test) == 100
    whole = np.bincount(y)
    assert np.all(np.abs(np.bincount(data.y_test) - whole / 6) < 1)
    assert load(text(x, y, head=NAMES[:3])).sha256 == data.sha256


@pytest.mark.parametrize(
    "names", [("train.csv", "test.csv"), ("mnist_train.csv", "mnist_test.csv"), ("train.csv.gz", "Test.TSV")]
)
def test_a_folder(tmp_path, names):
    for name, rows in zip(names, (slice(0, 20), slice(20, 30)), strict=True):
        content = text(X[rows], Y[rows], separator="\t" if "TSV" in name else ",").encode()
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    data = load_dataset(str(tmp_path))
    np.testing.assert_array_equal(data.x_train, X[:20])
    np.testing.assert_array_equal(data.x_test, X[20:])
    assert (data.y_test.tolist(), data.notes) == (Y[20:].tolist(), ())


def test_the_parts_of_a_folder_are_scaled_alike(tmp_path):
    (tmp_path / "train.csv").write_text(text())
    (tmp_path / "test.csv").write_text(text(X % 2))
    data = load_dataset(str(tmp_path))
    assert (data.x_train.dtype, data.x_test.dtype) == (np.uint8, np.uint8)
    (tmp_path / "test.csv").write_text(text(X / 255))
    with pytest.raises(DataError, match="got numbers from 0 to 255"):
        load_dataset(str(tmp_path))


def test_folders_that_do_not_fit(tmp_path):
    (tmp_path / "train.csv").write_text(text())
    with pytest.raises(DataError, match=r"expected one table that is called test\.csv, got none"):
        load_dataset(str(tmp_path))
    (tmp_path / "test.csv").write_text(text(head=["pixel0", *NAMES[:0:-1]]))
    with pytest.raises(DataError, match=r"test\.csv: expected the columns of train\.csv"):
        load_dataset(str(tmp_path))
    (tmp_path / "test.csv").write_text(",".join(NAMES) + "\n" + "\n".join("0,1,2,3,4,5" for _ in range(9)))
    with pytest.raises(DataError, match=r"test\.csv: expected a column of labels.*as test\.csv of Kaggle"):
        load_dataset(str(tmp_path))
    (tmp_path / "my_test.csv").write_text(text())
    with pytest.raises(DataError, match=r"expected one table that is called test\.csv, got my_test\.csv, test\.csv"):
        load_dataset(str(tmp_path))


def test_what_is_no_table_is_still_told_of(tmp_path):
    with pytest.raises(DataError, match="found no train-images-idx3-ubyte"):
        load_dataset(str(tmp_path))


@pytest.mark.mnist
def test_mnist_as_a_table_is_mnist(tmp_path):
    mnist = load_dataset("mnist")
    for part, x, y in (("train", mnist.x_train, mnist.y_train), ("test", mnist.x_test, mnist.y_test)):
        x, y = x[:3000], y[:3000]
        np.savetxt(tmp_path / f"mnist_{part}.csv", np.column_stack([y, x]), fmt="%d", delimiter=",")
    data = load_dataset(str(tmp_path))
    np.testing.assert_array_equal(data.x_train, mnist.x_train[:3000])
    np.testing.assert_array_equal(data.y_test, mnist.y_test[:3000])
    assert [note.partition(": ")[2] for note in data.notes] == [
        "labels are taken from the first column, which alone looks like labels"
    ] * 2


def test_labels_as_long_as_books_are_refused(tmp_path):
    """NumPy would make each of the others as long."""
    path = tmp_path / "x.csv"
    path.write_text("label,a,b\n" + "".join(f"{'x' * 10_000 if k == 7 else 'ab'[k % 2]},{k},1\n" for k in range(30)))
    with pytest.raises(DataError, match=r"line 9: expected a label of at most 256 characters, got 10,000"):
        load_dataset(str(path))
