"""Damaged run files: one clear error, or the results of the whole file; no other result, no traceback, no crash."""

from __future__ import annotations

import os
import shutil

import h5py
import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace, TraceError
from xbarsim.record.checksums import fletcher32

from ..fuzz import run_files

FLIPS = 2000 if os.environ.get("XBARSIM_SLOW") == "1" else 200


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A run file of every kind of record, and what each says."""
    made = run_files.make(tmp_path_factory.mktemp("whole"))
    return {name: (path, run_files.digest(path)) for name, path in made.items()}


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """A small finished run."""
    return run_files.make(tmp_path_factory.mktemp("one"), only=["ladder"])["ladder"]


# As plain Python a replay that reaches past its buffers is an error, and no luck.
@pytest.mark.compiles
@pytest.mark.parametrize("name", list(run_files.KINDS))
def test_random_damage_is_an_error_or_nothing(files, tmp_path, name):
    path, whole = files[name]
    seen = set()
    for k in range(FLIPS // len(run_files.KINDS) + 1):
        rng = np.random.default_rng([list(run_files.KINDS).index(name), k])
        target = tmp_path / f"{k}.h5"
        run_files.damage(path, target, rng)
        seen.add(run_files.check(target, whole))
        target.unlink()
    assert "refused" in seen


@pytest.fixture
def ladder(one, tmp_path):
    """A copy of a small finished run."""
    return shutil.copyfile(one, tmp_path / "run.h5")


def refused(path, *said):
    """Reading everything in the file is one clear error that says this."""
    with pytest.raises(TraceError) as caught:
        run_files.digest(path)
    text = str(caught.value)
    assert "\n" not in text
    assert all(part in text for part in said), text


def replace(file, name, value):
    """Another value in place of an item of a file."""
    del file[name]
    if value is not None:
        file[name] = value


BAD = {
    "a group where a data set was": lambda e: (e.__delitem__("seconds"), e.create_group("seconds")),
    "an array where a number was": lambda e: replace(e, "iterations_done", np.arange(3)),
    "a number where an array was": lambda e: replace(e, "training/loss", 3.0),
    "text where numbers were": lambda e: replace(e, "training/pulses", np.array([b"a"] * 60)),
    "floats where whole numbers were": lambda e: replace(e, "events/layer_1/iteration", np.full(3, 0.5)),
    "nothing where keyframes were": lambda e: replace(e, "layer_1/g_plus", None),
    "a type where a text was": lambda e: replace(e, "configuration/layout", np.dtype("f4")),
    "a link to another file": lambda e: (
        e.__delitem__("training/loss"),
        e["training"].__setitem__("loss", h5py.ExternalLink("other.h5", "/x")),
    ),
    "a link in place of all": lambda e: (
        e.file.create_group("other"),
        e.file.__delitem__("entry/training"),
        e.file["entry"].__setitem__("training", h5py.ExternalLink("other.h5", "/entry/training")),
    ),
    "a link to nowhere": lambda e: replace(e, "training/loss", h5py.SoftLink("/nowhere")),
    "a negative count": lambda e: replace(e, "counts_1/pulses_plus", np.full((3, 5), -1)),
    "counts without those of one side": lambda e: e["counts_1"].__delitem__("resets_minus"),
    "counts of some layers": lambda e: e.__delitem__("counts_1"),
    "a keyframe out of range": lambda e: replace(e, "layer_1/g_plus", np.full((4, 3, 5), 1e-3, np.float32)),
    "a keyframe that is none": lambda e: replace(e, "layer_1/g_plus", np.full((4, 3, 5), np.nan, np.float32)),
    "a keyframe between states": lambda e: replace(e, "layer_1/g_plus", np.full((4, 3, 5), 1.23456e-7, np.float32)),
    "too few iterations": lambda e: replace(e, "training/loss", np.zeros(10, np.float32)),
    "an accuracy above 1": lambda e: e["accuracy/accuracy"].__setitem__(0, 1.5),
    "events that go back in time": lambda e: e["events/layer_1/iteration"].__setitem__(0, 60),
    "events of the future": lambda e: e["events/layer_1/iteration"].__setitem__(-1, 61),
    "an unknown status": lambda e: replace(e, "status", np.arange(2)),
}


@pytest.mark.parametrize("name", BAD)
def test_what_no_run_writes_is_refused(ladder, name):
    with h5py.File(ladder, "r+") as file:
        BAD[name](file["entry"])
        file.attrs["format_version"] = 2  # without the checksum of single values, to reach the checks behind it
    refused(ladder, "expected", "got", "damaged")


@pytest.mark.parametrize(("layer", "lines"), [("rows", 3), ("raised", 5), ("lowered", 5)])
def test_bits_of_lines_that_do_not_exist(ladder, layer, lines):
    """A replay would write past its buffers."""
    with h5py.File(ladder, "r+") as file:
        bits = file[f"entry/events/layer_1/{layer}"]
        bits[2, -1] |= 0x80
    refused(ladder, f"events/layer_1/{layer}: expected bits of {lines} lines")


@pytest.mark.parametrize("change", [("status", b"running"), ("iterations_done", 59), ("seconds", 1e9)])
def test_single_values_have_a_checksum(ladder, change):
    with h5py.File(ladder, "r+") as file:
        file["entry"][change[0]][()] = change[1]
    refused(ladder, "checksum")


def test_the_configuration_has_a_checksum(ladder):
    with h5py.File(ladder, "r+") as file:
        text = file["entry/configuration/layout"][()].decode().replace("seed = 0", "seed = 1")
        replace(file, "entry/configuration/layout", text)
    refused(ladder, "checksum")


def test_every_data_set_has_a_checksum_that_hdf5_checks(ladder):
    def check(name, item):
        if isinstance(item, h5py.Dataset) and item.shape:
            assert item.fletcher32, name

    with h5py.File(ladder, "r") as file:
        file.visititems(check)
        places = {
            name: file[f"entry/{name}"].id.get_chunk_info(0).byte_offset
            for name in ("events/layer_1/rows", "layer_1/g_plus", "training/loss", "counts_1/resets_minus")
        }
        assert file["entry/layer_1/g_plus"].compression == "gzip"
    whole = ladder.read_bytes()
    for name, at in places.items():
        ladder.write_bytes(whole[: at + 9] + bytes([whole[at + 9] ^ 1]) + whole[at + 10 :])
        with h5py.File(ladder, "r") as file, pytest.raises(OSError, match="read data"):
            file[f"entry/{name}"][:]
        refused(ladder, name)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 720, 721, 100_003])
def test_fletcher32_is_that_of_hdf5(tmp_path, size):
    """The checksum of chunks that are written past HDF5's filters."""
    rng = np.random.default_rng(size)
    for data in (rng.integers(0, 256, size).astype(np.uint8), np.full(size, 255, np.uint8), np.zeros(size, np.uint8)):
        if not size:
            assert fletcher32(b"") == bytes(4)
            continue
        with h5py.File(tmp_path / "x.h5", "w") as file:
            file.create_dataset("x", data=data, chunks=(size,), fletcher32=True)
        with h5py.File(tmp_path / "x.h5", "r") as file:
            _, raw = file["x"].id.read_direct_chunk((0,))
        with h5py.File(tmp_path / "x.h5", "r") as file:
            info = file["x"].id.get_chunk_info(0)
        stored = (tmp_path / "x.h5").read_bytes()[info.byte_offset : info.byte_offset + info.size]
        assert stored[:size] == data.tobytes()
        assert stored[size:] == fletcher32(data.tobytes())
        assert len(raw) in (size, size + 4)


def test_a_missing_part_is_not_made_up(ladder):
    """HDF5 reads zeros where a chunk is not in the file."""
    with h5py.File(ladder, "r+") as file:
        old = file["entry/training/wrong"]
        n = old.shape
        del file["entry/training/wrong"]
        file.create_dataset("entry/training/wrong", n, np.uint16, chunks=n, fletcher32=True)
    refused(ladder, "training/wrong", "without some of them")


def test_pulses_of_an_iteration_have_64_bits(ladder):
    with h5py.File(ladder, "r") as file:
        assert file["entry/training/pulses"].dtype == np.uint64
        assert file["entry/training/resets"].dtype == np.uint64


def test_files_of_version_2_are_read_and_go_on(tmp_path):
    """They have no checksums, no id, and 32 bits of pulses."""
    path, asked = tmp_path / "run.h5", iter([False, True])
    layout = Layout.of(layers=(2, 3, 2), dataset="two-pixels", iterations=3000, n_max=9, eval_last=1)
    assert not xbarsim.run(layout, out=path, stop=lambda: next(asked)).finished
    xbarsim.run(layout, out=tmp_path / "whole.h5")
    with h5py.File(path, "r+") as file:
        entry = file["entry"]
        del entry["file_id"], entry["commits"], entry.attrs["crc32"]
        for name in ("pulses", "resets"):
            old = entry[f"training/{name}"][:]
            del entry[f"training/{name}"]
            entry["training"].create_dataset(name, data=old, dtype=np.uint32, maxshape=(None,), chunks=(4096,))
        file.attrs["format_version"] = 2
    result = xbarsim.resume(path)
    assert result.finished
    with Trace(path) as a, Trace(tmp_path / "whole.h5") as b:
        for layer in (1, 2):
            for n in (100, 2000, 3000):
                np.testing.assert_array_equal(a.conductance(layer, n), b.conductance(layer, n))


def test_a_file_that_claims_to_be_huge_takes_no_memory(ladder):
    with h5py.File(ladder, "r+") as file:
        entry = file["entry"]
        entry["iterations_done"][()] = 1 << 40
        for name in ("iteration", "loss", "wrong", "pulses", "resets"):
            entry[f"training/{name}"].resize((1 << 40,))
        file.attrs["format_version"] = 2
    refused(ladder, "training/")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_links_are_not_followed(ladder, files_of_links, tmp_path):
    """Not to another run, and not to a pipe, which would never answer."""
    for path in files_of_links:
        with pytest.raises(TraceError, match="expected what lies in this file itself, got a link"):
            Trace(path)


@pytest.fixture
def files_of_links(ladder, tmp_path):
    """Files whose only group is that of another file."""
    os.mkfifo(tmp_path / "pipe")
    made = []
    for target in (ladder.name, "pipe"):
        path = tmp_path / f"to-{target}.h5"
        with h5py.File(ladder, "r") as whole, h5py.File(path, "w") as file:
            file.attrs.update(whole.attrs)
            file["entry"] = h5py.ExternalLink(target, "/entry")
        made.append(path)
    return made


@pytest.mark.jit
@pytest.mark.parametrize("what", ["cut", "overwritten"])
def test_a_file_that_is_damaged_while_it_is_written_ends_the_run(tmp_path, what):
    path, done = tmp_path / "run.h5", []

    def stop():
        done.append(1)
        if len(done) == 2:
            with path.open("r+b") as stream:
                if what == "cut":
                    stream.truncate(3000)
                else:
                    stream.write(bytes(range(256)) * 4000)
        return False

    layout = Layout.of(layers=(2, 3, 2), dataset="two-pixels", iterations=9000, n_max=9, eval_last=1)
    with pytest.raises(xbarsim.OutputError, match="changed meanwhile") as caught:
        xbarsim.run(layout, out=path, stop=stop, commit_seconds=0.0)
    assert "\n" not in str(caught.value)
    refused(path, "run.h5")


def test_what_a_reader_needs_is_in_no_heap(ladder):
    """Heaps have no checksum, and HDF5 goes through a damaged one for ever: an object of no size begins where it is."""
    whole = run_files.digest(ladder)
    raw = bytearray(ladder.read_bytes())
    at = raw.index(b"GCOL")  # titles, which nobody but a viewer reads
    raw[at + 16 : at + 16 + 4000] = bytes(4000)
    ladder.write_bytes(raw)
    assert run_files.digest(ladder) == whole
    with h5py.File(ladder) as file:
        assert file.attrs["format"] == b"xbarsim-trace"
        assert not [name for name, value in file["entry/configuration"].items() if value.dtype.kind == "O"]
