"""Files that claim, or inflate to, more than they should are refused before they take the memory.

What is taken is measured, as the largest amount that Python and NumPy hold at once.
"""

from __future__ import annotations

import gzip
import io
import struct
import tracemalloc
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.lib import format as npy

from xbarsim import DataError, LayoutError, load_dataset
from xbarsim.data_sets.idx import read_idx
from xbarsim.data_sets.memory import Room

from .test_load import arrays, idx_bytes, write_idx_folder

pytestmark = pytest.mark.once

MB = 10**6
LITTLE = 12 * MB  # a piece, as compressed and as it is, a few times, or a line; the bombs are much larger
ZEROS = 100 * MB


def refused(what, load, *given, **named):
    """The one line of the error; what was held meanwhile is little."""
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=what) as caught:
            load(*given, **named)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < LITTLE
    assert "\n" not in str(caught.value)
    return str(caught.value)


def packed(start, zeros=0):
    """A gzip file that inflates to `start` and so many zeros."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as stream:
        stream.write(start)
        for _ in range(zeros // MB):
            stream.write(bytes(MB))
    return out.getvalue()


# ---------------------------------------------------------------------------------------------------------------------
# IDX

CLAIMS = struct.pack(">BBBB3I", 0, 0, 8, 3, 60_000, 1400, 1400)  # 118 GB


def test_idx_that_claims_much(tmp_path):
    path = tmp_path / "x.gz"
    path.write_bytes(packed(CLAIMS + bytes(1000)))
    refused("cannot hold it", read_idx, path)
    path.write_bytes(packed(b"\0\0\x08\x08" + b"\xff" * 32))
    refused("cannot hold it", read_idx, path)
    path.write_bytes(CLAIMS + bytes(1000))
    refused("expected 117600000016 bytes for shape", read_idx, path)


def test_idx_that_really_has_much(tmp_path):
    path = tmp_path / "x.gz"
    path.write_bytes(packed(struct.pack(">BBBBI", 0, 0, 8, 1, ZEROS), ZEROS))
    assert "expected a data set of at most 50 MB, got one of 100 MB" in refused(
        "raise --max-memory", read_idx, path, Room("50M")
    )
    assert read_idx(path, Room("150M")).shape == (ZEROS,)


def test_idx_with_more_than_it_claims(tmp_path):
    path = tmp_path / "x.gz"
    path.write_bytes(packed(idx_bytes(np.zeros((2, 3), np.uint8)), ZEROS))
    refused("got more; the file is damaged", read_idx, path)


def test_idx_with_a_wrong_checksum(tmp_path):
    raw = bytearray(packed(idx_bytes(np.arange(6, dtype=np.uint8))))
    raw[-8] ^= 1
    (tmp_path / "x.gz").write_bytes(raw)
    refused("cannot read it", read_idx, tmp_path / "x.gz")


def test_plain_idx_is_told_by_its_length(tmp_path):
    path = tmp_path / "x"
    with path.open("wb") as stream:  # a file with a hole, which takes no room on the disk
        stream.write(struct.pack(">BBBBI", 0, 0, 8, 1, 10**9))
        stream.truncate(10**9 + 8)
    refused("at most 500 MB, got one of 1 GB", read_idx, path, Room(0.5))


def test_idx_files_are_compared_before_they_are_expanded(tmp_path):
    write_idx_folder(tmp_path)
    (tmp_path / "train-images-idx3-ubyte").unlink()
    start = struct.pack(">BBBB3I", 0, 0, 8, 3, ZEROS // 100, 10, 10)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(packed(start, ZEROS))
    refused("y_train: expected 1000000 labels", load_dataset, str(tmp_path))


def test_the_limit_is_for_all_files_together(tmp_path):
    write_idx_folder(tmp_path, n=(100, 60), pixels=(10, 10))  # 10,000 and 6,000 bytes and the labels
    load_dataset(str(tmp_path), max_memory="17k")
    with pytest.raises(DataError, match=r"t10k-images.*at most 14 kB, got one of 16\.1 kB or more"):
        load_dataset(str(tmp_path), max_memory="14k")


# ---------------------------------------------------------------------------------------------------------------------
# npz


def header(shape, descr="|u1", fortran=False):
    out = io.BytesIO()
    npy.write_array_header_1_0(out, {"shape": shape, "fortran_order": fortran, "descr": descr})
    return out.getvalue()


def file_of(path, *, method=zipfile.ZIP_DEFLATED, more=(), zeros=0, **members):
    """An archive of four good arrays, but for `members`, which are bytes; then come `zeros` in each of them."""
    good = {name: array_bytes(array) for name, array in arrays().items()}
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, raw in [*(good | members).items(), *more]:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a name that comes twice
                with archive.open(name + ".npy", "w") as stream:
                    stream.write(raw)
                    for _ in range(zeros // MB if name in members else 0):
                        stream.write(bytes(MB))
    return str(path)


def array_bytes(array):
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def with_size(path, name, size, crc=None):
    """Let the archive's directory claim another expanded size for a member."""
    raw = bytearray(Path(path).read_bytes())
    at = raw.index(b"PK\1\2")
    while raw[at + 46 : at + 46 + len(name)] != name.encode():
        at = raw.index(b"PK\1\2", at + 4)
    raw[at + 16 : at + 20] = struct.pack("<I", crc) if crc is not None else raw[at + 16 : at + 20]
    raw[at + 24 : at + 28] = struct.pack("<I", size)
    Path(path).write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("member", "what"),
    [
        (header((60_000, 1400, 1400)), r"expected 1176\d+ bytes for shape \(60000, 1400, 1400\)"),
        (header((2**40, 2**40)), "bytes for shape"),
        (header((10**300, 2)), "bytes for shape"),
        (header((2, 2)) + bytes(5), "expected 132 bytes for shape"),
        (header((2, 2)) + bytes(3), "expected 132 bytes for shape"),
        (header((-2, 2)) + bytes(4), r"expected shape \(samples, ...\), got \(-2, 2\)"),
        (header(()) + bytes(1), r"expected shape \(samples, ...\), got \(\)"),
        (header((1,) * 70) + bytes(1), r"expected shape \(samples, ...\), got \(1, 1, "),
        (header((2, 2), "|O") + bytes(32), "expected numbers, got object"),
        (header((2, 2), [("a", "<f4")]) + bytes(16), "expected numbers, got"),
        (header((2, 2), "<M8[s]") + bytes(32), "expected numbers, got datetime64"),
        (header((2, 2), "<U0"), "expected numbers, got <U0"),
        (header((2, 1), "<U500000000"), "bytes for shape"),
        (b"PK\3\4" + bytes(100), "expected an array, got another file"),
        (b"", "expected an array, got another file"),
        (b"\x93NUMPY\2\0\xff\xff\xff\xff" + b" " * 100, "expected a header of about 100 bytes, got 4294967295"),
        (b"\x93NUMPY\1\0\0\0" + b" " * 100, "expected the header of an array"),
        (b"\x93NUMPY\3\0\x10\0\0\0{}" + b" " * 100, "expected an array, got another file"),
        (b"\x93NUMPY\1\0\x88\x13" + b"(" * 5000, "expected the header of an array"),
        (b"\x93NUMPY\1\0\x10\0{'shape': (2, 2)", "expected the header of an array"),
    ],
)
def test_npz_with_a_header_that_lies(tmp_path, member, what):
    path = file_of(tmp_path / "x.npz", x_train=member)
    assert refused(what, load_dataset, path).startswith(f"{path} x_train: ")


def test_npz_that_really_has_much(tmp_path):
    wide = header((2, ZEROS // 2))
    path = file_of(tmp_path / "x.npz", x_train=wide, zeros=ZEROS)
    assert (tmp_path / "x.npz").stat().st_size < MB
    refused("expected 50000000 inputs as in x_train, got 2", load_dataset, path)  # nothing has been expanded yet
    path = file_of(tmp_path / "x.npz", x_train=header((ZEROS // 2, 2)), zeros=ZEROS)
    refused("y_train: expected 50000000 labels", load_dataset, path)
    path = file_of(tmp_path / "x.npz", x_train=wide, x_test=wide, zeros=ZEROS)
    assert "at most 50 MB, got one of 100 MB" in refused("raise --max-memory", load_dataset, path, max_memory="50M")
    assert load_dataset(path, max_memory="250M").x_test.shape == (2, ZEROS // 2)


def test_npz_with_a_header_that_inflates(tmp_path):
    path = file_of(tmp_path / "x.npz", x_train=b"\x93NUMPY\2\0" + struct.pack("<I", ZEROS), zeros=ZEROS)
    refused("expected a header of about 100 bytes", load_dataset, path)
    path = file_of(tmp_path / "x.npz", x_train=b"\x93NUMPY\1\0\0\0", zeros=ZEROS)
    refused("expected the header of an array", load_dataset, path)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_npz_with_more_than_its_directory_says(tmp_path, method):
    path = file_of(tmp_path / "x.npz", method=method, x_train=header((2, 2)) + bytes(4), zeros=ZEROS)
    refused("Bad CRC", load_dataset, with_size(path, "x_train.npy", 132))
    crc = zlib.crc32(header((2, 2)) + bytes(5))  # of what is read
    refused("got another number", load_dataset, with_size(path, "x_train.npy", 132, crc))


def test_npz_with_less_than_its_directory_says(tmp_path):
    path = file_of(tmp_path / "x.npz", x_train=header((2, 2)) + bytes(2))
    refused("got another number|cannot read it", load_dataset, with_size(path, "x_train.npy", 132))
    path = file_of(tmp_path / "x.npz", x_train=header((2**31, 2)) + bytes(4))
    refused("cannot hold it", load_dataset, with_size(path, "x_train.npy", 2**32 - 1))


def test_npz_with_very_many_members(tmp_path):
    path = file_of(tmp_path / "x.npz", method=zipfile.ZIP_STORED, more=[(f"a{k}", b"") for k in range(20_000)])
    refused("got a directory of thousands of files", load_dataset, path)


def test_npz_with_a_name_twice(tmp_path):
    path = file_of(tmp_path / "x.npz", more=[("x_test", b"")])
    refused("expected every array once, got x_test again", load_dataset, path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_npz_compressed_in_a_way_that_has_no_limit(tmp_path, method):
    refused("expected it stored, or compressed by DEFLATE", load_dataset, file_of(tmp_path / "x.npz", method=method))


def test_npz_within_npz_and_other_archives(tmp_path):
    np.savez(tmp_path / "inner.npz", **arrays())
    inner = (tmp_path / "inner.npz").read_bytes()
    refused("expected an array, got another file", load_dataset, file_of(tmp_path / "x.npz", x_train=inner))


def test_npz_that_is_encrypted(tmp_path):
    path = file_of(tmp_path / "x.npz")
    raw = (tmp_path / "x.npz").read_bytes()
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        place = raw.index(mark) + at
        raw = raw[:place] + b"\1" + raw[place + 1 :]
    (tmp_path / "x.npz").write_bytes(raw)
    refused("encrypted", load_dataset, path)


def test_honest_npz_of_all_kinds(tmp_path):
    x = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)
    y = np.array([0, 1, 0, 1])
    for save in (np.savez, np.savez_compressed):
        for kind in (np.uint8, np.float32, ">f8", np.float16, bool):
            values = x.astype(kind) if kind == np.uint8 else (x % 2).astype(kind)
            for order in ("C", "F"):
                save(tmp_path / "x.npz", x_train=np.asarray(values, order=order), y_train=y, x_test=values, y_test=y)
                data = load_dataset(str(tmp_path / "x.npz"))
                np.testing.assert_array_equal(data.x_train, values.reshape(4, 6))
    version2 = io.BytesIO()
    npy.write_array(version2, x, version=(2, 0))
    path = file_of(tmp_path / "x.npz", x_train=version2.getvalue(), x_test=array_bytes(x), y_train=array_bytes(y),
                   y_test=array_bytes(y))  # fmt: skip
    np.testing.assert_array_equal(load_dataset(path).x_train, x.reshape(4, 6))


# ---------------------------------------------------------------------------------------------------------------------
# Tables


def test_table_that_inflates(tmp_path):
    (tmp_path / "x.csv.gz").write_bytes(packed(b"label,a\n0,1\n", ZEROS))  # one endless line
    refused("got other data", load_dataset, str(tmp_path / "x.csv.gz"))
    lines = gzip.compress(b"label,a\n" + b"0,1\n" * 5_000_000, 6)
    (tmp_path / "x.csv.gz").write_bytes(lines)
    refused("at most 1 MB", load_dataset, str(tmp_path / "x.csv.gz"), max_memory="1M")


# ---------------------------------------------------------------------------------------------------------------------
# The limit


@pytest.mark.parametrize(
    ("given", "size"),
    [(4, 4e9), (0.5, 5e8), ("4", 4e9), ("500M", 5e8), ("500 MB", 5e8), ("2g", 2e9), ("1.5TiB", 1.5e12)],
)
def test_sizes(given, size):
    assert Room(given).limit == size


@pytest.mark.parametrize("given", ["", "much", "-1", 0, "0", float("inf"), float("nan"), True, "1e3", "4X"])
def test_what_is_no_size(given):
    with pytest.raises(LayoutError, match=r"load_dataset\.max_memory: expected GB, or a size with a unit, got"):
        load_dataset("two-pixels", max_memory=given)


def test_the_limit_of_the_environment_and_of_the_machine(monkeypatch):
    monkeypatch.setenv("XBARSIM_MAX_MEMORY", "3M")
    assert Room().limit == 3 * MB
    assert Room("4M").limit == 4 * MB
    monkeypatch.setenv("XBARSIM_MAX_MEMORY", "lots")
    with pytest.raises(LayoutError, match="XBARSIM_MAX_MEMORY: expected GB"):
        load_dataset("digits")
    monkeypatch.delenv("XBARSIM_MAX_MEMORY")
    assert 10**8 < Room().limit < 10**14
