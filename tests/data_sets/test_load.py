"""Data sets: the embedded ones, IDX and npz files, and every way to get them wrong."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import hashlib
import importlib.resources
import re
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xbarsim
from xbarsim import DataError, load_dataset
from xbarsim.data_sets.data_set import build
from xbarsim.data_sets.embedded import enlarge
from xbarsim.data_sets.idx import find_idx, read_idx
from xbarsim.data_sets.mnist import MNIST_FILES, mnist_folder

pytestmark = pytest.mark.once


def idx_bytes(array, code=0x08):
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape) + array.tobytes()


def write_idx_folder(folder, *, packed=False, n=(5, 3), pixels=(2, 3)):
    rng = np.random.default_rng(1)
    arrays = {}
    for stem in MNIST_FILES:
        count = n[0] if stem.startswith("train") else n[1]
        array = rng.integers(0, 256, (count, *pixels)) if "images" in stem else np.arange(count) % min(3, n[1])
        arrays[stem] = array.astype(np.uint8)
        raw = idx_bytes(arrays[stem])
        (folder / (stem + ".gz" * packed)).write_bytes(gzip.compress(raw) if packed else raw)
    return arrays


# ---------------------------------------------------------------------------------------------------------------------
# Embedded


def naive_enlarge(image):
    """One digit, pixel by pixel."""
    big = np.zeros((28, 28))
    for a in range(20):
        for b in range(20):
            y, x = (a + 0.5) * 8 / 20 - 0.5, (b + 0.5) * 8 / 20 - 0.5
            y, x = min(max(y, 0), 7), min(max(x, 0), 7)
            y0, x0 = int(y), int(x)
            y1, x1 = min(y0 + 1, 7), min(x0 + 1, 7)
            fy, fx = y - y0, x - x0
            top = image[y0][x0] * (1 - fx) + image[y0][x1] * fx
            bottom = image[y1][x0] * (1 - fx) + image[y1][x1] * fx
            value = (top * (1 - fy) + bottom * fy) / 16
            big[a + 4][b + 4] = value if value >= 0.25 else 0
    return big.ravel()


def test_digits_are_enlarged_as_said():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 17, (10, 8, 8)).astype(np.uint8)
    expected = np.array([naive_enlarge(image.tolist()) for image in images])
    got = enlarge(images)
    # A value at the cut may fall on either side of it by rounding.
    clear = np.abs(expected - 0.25) > 1e-6
    np.testing.assert_allclose(got[clear], expected[clear], atol=1e-6)


def test_embedded_digits():
    data = load_dataset("digits")
    assert (data.x_train.shape, data.x_test.shape) == ((1438, 784), (359, 784))
    assert data.x_train.dtype == np.uint8
    assert np.bincount(data.y_train).min() > 120
    assert np.bincount(data.y_test).min() > 20
    assert data.sha256 == load_dataset("digits").sha256
    nonzero = data.x_train[data.x_train > 0]
    assert nonzero.min() >= 63  # nothing faint: the cut


def test_shipped_file_is_the_documented_one():
    folder = importlib.resources.files("xbarsim.data")
    stated = re.findall(r"\b[0-9a-f]{64}\b", folder.joinpath("README.md").read_text())
    assert [hashlib.sha256(folder.joinpath("digits.npz").read_bytes()).hexdigest()] == stated


def test_auto(tmp_path, monkeypatch):
    monkeypatch.setenv("XBARSIM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("XBARSIM_DATA", raising=False)
    assert load_dataset("auto").name == "digits"
    with pytest.raises(DataError, match="xbarsim data fetch mnist"):
        load_dataset("mnist")
    (tmp_path / "cache" / "mnist").mkdir(parents=True)
    write_idx_folder(tmp_path / "cache" / "mnist")
    assert load_dataset("auto").name == "mnist"
    (tmp_path / "mine").mkdir()
    write_idx_folder(tmp_path / "mine", n=(4, 2), packed=True)
    monkeypatch.setenv("XBARSIM_DATA", str(tmp_path / "mine"))
    assert len(load_dataset("auto").y_train) == 4


@pytest.mark.mnist
def test_mnist_is_what_it_should_be():
    data = load_dataset("mnist")
    assert (data.x_train.shape, data.x_test.shape) == ((60_000, 784), (10_000, 784))
    folder = mnist_folder()
    for stem, sha in MNIST_FILES.items():
        raw = find_idx(folder, stem).read_bytes()
        raw = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
        assert hashlib.sha256(raw).hexdigest() == sha


# ---------------------------------------------------------------------------------------------------------------------
# IDX


@pytest.mark.parametrize("packed", [False, True])
def test_idx_folder(tmp_path, packed):
    arrays = write_idx_folder(tmp_path, packed=packed)
    data = load_dataset(str(tmp_path))
    np.testing.assert_array_equal(data.x_train, arrays["train-images-idx3-ubyte"].reshape(5, 6))
    np.testing.assert_array_equal(data.y_test, arrays["t10k-labels-idx1-ubyte"])
    assert data.inputs == 6


@pytest.mark.parametrize(("code", "dtype"), [(0x09, "i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")])
def test_idx_types(tmp_path, code, dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    (tmp_path / "x").write_bytes(idx_bytes(array, code))
    got = read_idx(tmp_path / "x")
    np.testing.assert_array_equal(got, array)
    assert got.dtype.isnative


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "magic number"),
        (b"\0\0\x08", "magic number"),
        (b"PNG!....", "magic number"),
        (b"\0\0\x07\x01\0\0\0\1a", "magic number"),
        (b"\0\0\x08\x03\0\0", "cut short"),
        (idx_bytes(np.zeros((3, 2), np.uint8))[:-1], "damaged"),
        (idx_bytes(np.zeros((3, 2), np.uint8)) + b"x", "damaged"),
        (b"\0\0\x08\x04" + b"\xff" * 16, "damaged"),
        (gzip.compress(idx_bytes(np.zeros((300, 2), np.uint8)), mtime=0)[:-9], "cannot read it"),
        (b"\x1f\x8bgarbage", "cannot read it"),
    ],
)
def test_broken_idx(tmp_path, raw, message):
    (tmp_path / "x").write_bytes(raw)
    with pytest.raises(DataError, match=message):
        read_idx(tmp_path / "x")


@settings(deadline=None, derandomize=True, max_examples=200)
@given(raw=st.binary(max_size=40) | st.binary(max_size=30).map(lambda b: b"\0\0\x08" + b))
def test_any_bytes_give_an_array_or_a_data_error(tmp_path_factory, raw):
    path = tmp_path_factory.getbasetemp() / "any.idx"
    path.write_bytes(raw)
    with contextlib.suppress(DataError):
        assert isinstance(read_idx(path), np.ndarray)


def test_incomplete_folder(tmp_path):
    write_idx_folder(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="found no t10k-labels"):
        load_dataset(str(tmp_path))


# ---------------------------------------------------------------------------------------------------------------------
# npz, and what is in the arrays


def arrays(**changed):
    x, y = np.array([[0.0, 1.0], [0.5, 0.0]]), np.array([0, 1])
    return {"x_train": x, "y_train": y, "x_test": x, "y_test": y, **changed}


def test_npz(tmp_path):
    np.savez(tmp_path / "mine.npz", **arrays())
    data = load_dataset(str(tmp_path / "mine.npz"))
    assert (data.name, data.inputs, data.classes) == ("mine", 2, 2)
    assert data.x_train.dtype == np.float32


def test_broken_npz(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, **arrays())
    whole = path.read_bytes()
    for raw, message in (
        (b"", "cannot read it"),
        (b"hello", "cannot read it"),
        (whole[:-30], "cannot read it"),
        (whole[:200], "cannot read it"),
    ):
        path.write_bytes(raw)
        with pytest.raises(DataError, match=message):
            load_dataset(str(path))
    np.savez(path, x_train=np.zeros((1, 2)))
    with pytest.raises(DataError, match="found no y_train"):
        load_dataset(str(path))
    np.savez(path, **arrays(x_test=np.array([[object()]], object)))
    with pytest.raises(DataError, match="x_test: expected numbers, got object"):
        load_dataset(str(path))
    np.save(tmp_path / "x.npy", np.zeros(3))
    with pytest.raises(DataError, match="got a single array"):
        load_dataset(str(tmp_path / "x.npy"))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"x_train": np.array([[0.0, np.nan], [0.5, 0.0]])}, "x_train: expected finite inputs, got NaN"),
        ({"x_test": np.array([[0.0, np.inf], [0.5, 0.0]])}, "x_test: expected finite inputs"),
        ({"x_test": np.array([[0.0, 2.0], [0.5, 0.0]])}, "expected inputs from 0 to 1, got 0 to 2"),
        ({"x_test": np.array([[0.0, -1.0], [0.5, 0.0]])}, "expected inputs from 0 to 1, got -1"),
        ({"x_train": np.array([["a", "b"], ["c", "d"]])}, "expected numbers"),
        ({"x_train": np.zeros((0, 2))}, "at least one sample"),
        ({"x_train": np.zeros(2)}, r"expected shape \(samples, ...\)"),
        ({"x_test": np.zeros((2, 3))}, "expected 2 inputs as in x_train, got 3"),
        ({"y_train": np.array([0, 1, 1])}, "expected 2 labels"),
        ({"y_train": np.array([0.0, 1.5])}, "y_train: expected class numbers or names, got 1.5"),
        ({"y_train": np.array([0.0, np.nan])}, "expected class numbers or names, got nan"),
        ({"y_train": np.array([0.0, -np.inf])}, "expected class numbers or names, got -inf"),
        ({"y_train": np.array([0.0, 1e300])}, "expected class numbers or names, got 1e[+]300"),
        ({"y_train": np.array([0, 2**64 - 1], np.uint64)}, "expected class numbers up to"),
        ({"y_train": np.array([0, 1j])}, "expected class numbers or names, got complex128"),
        ({"y_train": np.array([b"a", b"\xff"])}, "expected names in UTF-8"),
        ({"y_train": np.array(["a", "b"])}, "got names in one and numbers in the other"),
    ],
)
def test_arrays_that_cannot_be_used(changed, message):
    a = arrays(**changed)
    with pytest.raises(DataError, match=message):
        build("x", a["x_train"], a["y_train"], a["x_test"], a["y_test"], "here")


def test_layers_must_fit():
    data = load_dataset("digits")
    data.check_fits((784, 5, 10))
    data.check_fits((784, 12))
    with pytest.raises(DataError, match=r"expected 784 inputs.*\(784,\).*got 783"):
        data.check_fits((783, 10))
    with pytest.raises(DataError, match=r"expected at least 10 outputs.*got 9"):
        data.check_fits((784, 9))


def test_the_hash_tells_data_apart():
    a, b = arrays(), arrays(y_test=np.array([1, 0]))
    shas = {build("x", d["x_train"], d["y_train"], d["x_test"], d["y_test"], "here").sha256 for d in (a, b)}
    assert len(shas) == 2


def test_unknown_name():
    with pytest.raises(DataError, match="did you mean 'mnist'"):
        load_dataset("minst")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"y_train": np.zeros(7, np.int64)}, "y_train: expected 1438 labels"),
        ({"y_test": np.zeros(10_000, np.int64)}, "y_test: expected 359 labels"),
        ({"y_train": np.full(1438, -70_000_000)}, "y_train: expected class numbers"),
        ({"x_test": np.full((359, 784), np.nan, np.float32)}, "x_test: expected finite inputs"),
        ({"x_train": np.full((1438, 784), -5.0, np.float32)}, "x_train: expected inputs from 0 to 1"),
        ({"x_train": np.empty((0, 784)), "y_train": np.empty(0, np.int64)}, "x_train: expected shape"),
    ],
)
def test_arrays_put_in_by_hand_are_checked_before_a_kernel_sees_them(change, what):
    dataset = dataclasses.replace(load_dataset("digits"), **change)
    with pytest.raises(DataError, match=what):
        xbarsim.run(xbarsim.Layout.of(layers=(784, 3, 10), iterations=2), dataset=dataset)
