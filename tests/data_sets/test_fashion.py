"""Fashion-MNIST: its files have the names of MNIST's, and are told from them by checksum."""

from __future__ import annotations

import gzip
import hashlib
import struct

import numpy as np
import pytest

from xbarsim import DataError, load_dataset
from xbarsim.data_sets import mnist

pytestmark = pytest.mark.once


def idx(values):
    """An IDX file."""
    return struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape) + values.tobytes()


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No data sets but below XBARSIM_DATA, which is empty; and what makes made-up files there."""
    monkeypatch.setenv("XBARSIM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XBARSIM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(mnist, "DEBIAN", tmp_path / "debian")

    def make(folder, *, known=True, packed=False):
        folder.mkdir(parents=True)
        rng = np.random.default_rng(5)
        arrays = (
            rng.integers(0, 256, (20, 28, 28)),
            np.arange(20) % 10,
            rng.integers(0, 256, (10, 28, 28)),
            np.arange(10),
        )
        for name, values in zip(mnist.FASHION_FILES, arrays, strict=True):
            content = idx(values.astype(np.uint8))
            if known and name.startswith("t10k-labels"):
                monkeypatch.setitem(mnist.FASHION_FILES, name, hashlib.sha256(content).hexdigest())
            path = folder / (f"{name}.gz" if packed else name)
            path.write_bytes(gzip.compress(content) if packed else content)

    return make


@pytest.mark.parametrize(
    ("place", "packed"),
    [("data", False), ("data/fashion-mnist", True), ("cache/fashion-mnist", False), ("debian", True)],
)
def test_it_is_found(nowhere, tmp_path, place, packed):
    nowhere(tmp_path / place, packed=packed)
    data = load_dataset("fashion-mnist")
    assert (data.name, data.inputs, data.classes, len(data.y_train)) == ("fashion-mnist", 784, 10, 20)
    assert mnist.fashion_folder() == tmp_path / place
    assert load_dataset("auto").name == "digits"  # it is not taken for MNIST
    with pytest.raises(DataError, match="data set 'mnist': expected its IDX files"):
        load_dataset("mnist")


def test_mnist_is_not_taken_for_it(nowhere, tmp_path):
    nowhere(tmp_path / "data", known=False)
    assert load_dataset("auto").name == "mnist"
    with pytest.raises(DataError, match="install Debian's package dataset-fashion-mnist"):
        load_dataset("fashion-mnist")


def test_the_real_one(monkeypatch):
    folder = mnist.fashion_folder()
    if folder is None:
        pytest.skip("Fashion-MNIST is not at hand: install Debian's package dataset-fashion-mnist")
    for name, sha in mnist.FASHION_FILES.items():
        path = mnist.find_idx(folder, name)
        raw = path.read_bytes()
        content = gzip.decompress(raw) if path.suffix == ".gz" else raw
        assert hashlib.sha256(content).hexdigest() == sha
    data = load_dataset("fashion-mnist")
    assert (len(data.y_train), len(data.y_test), data.classes) == (60_000, 10_000, 10)
