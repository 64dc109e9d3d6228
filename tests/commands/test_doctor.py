"""`xbarsim doctor`: what it finds, and what it calls broken."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import struct
from types import SimpleNamespace

import pytest

from xbarsim import Layout, LayoutError
from xbarsim.api import examining, findings
from xbarsim.arrays.geometry import check_memory
from xbarsim.base import machine
from xbarsim.data_sets.mnist import MNIST_FILES

HASHED = functools.cache(examining._content)  # tens of MB, which no test changes

pytestmark = pytest.mark.once  # looks at the machine; its one kernel is compiled in no other round


@pytest.fixture
def doctor(call, monkeypatch):
    """Run it; gives the exit code, and the findings by section and name."""
    monkeypatch.delenv("XBARSIM_DATA", raising=False)
    monkeypatch.setattr(examining, "_content", HASHED)

    def run():
        code, out, err = call("doctor", "--json")
        assert err == ""
        answer = json.loads(out)
        assert answer["works"] == (code == 0)
        return code, {(f["section"], f["name"]): f for f in answer["findings"]}

    return run


def test_all_is_well_here(call, doctor):
    code, found = doctor()
    assert code == 0, [f for f in found.values() if f["state"] == "broken"]
    assert found["versions", "numba"]["state"] == "ok"
    assert found["compiler", "JIT"]["state"] == "ok"
    assert "its result is right" in found["compiler", "JIT"]["text"]
    assert "kernels compiled" in found["cache", "kernels"]["text"]
    assert {section for section, _ in found} == {
        *("versions", "machine", "cache", "compiler", "data sets", "programs", "extras")
    }
    code, out, _ = call("doctor")
    assert code == 0
    assert "Everything that is needed works" in out
    assert "[data sets]\nok       digits: embedded, 1438 + 359 images" in out


def test_an_old_version_is_broken_and_says_what_to_do(doctor, monkeypatch):
    real = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.1" if name == "numba" else real(name))
    code, found = doctor()
    assert code == 1
    assert found["versions", "numba"]["state"] == "broken"
    assert found["versions", "numba"]["text"].startswith("0.1, needs >=")
    assert "-m pip install 'numba>=" in found["versions", "numba"]["do"]


def test_a_missing_extra_is_no_fault(doctor, monkeypatch):
    real = importlib.metadata.version

    def version(name):
        if name == "emcee":
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    code, found = doctor()
    assert code == 0
    assert found["extras", "fit"]["state"] == "missing"
    assert found["extras", "fit"]["do"].endswith("-m pip install 'emcee>=3.1'")


def test_what_cannot_be_imported_is_broken(doctor, monkeypatch):
    real = findings.importlib.import_module

    def load(name):
        if name == "h5py":
            raise ImportError("libhdf5.so: cannot open shared object file\nmore")
        return real(name)

    monkeypatch.setattr(findings.importlib, "import_module", load)
    code, found = doctor()
    assert code == 1
    assert "cannot be imported (ImportError: libhdf5.so: cannot open" in found["versions", "h5py"]["text"]


def test_a_cache_that_was_not_taken_is_broken(call, doctor, monkeypatch, tmp_path):
    monkeypatch.setenv("XBARSIM_CACHE", str(tmp_path / "elsewhere"))  # as if it could not be written at the start
    code, found = doctor()
    assert code == 1
    assert "cannot be written" in found["cache", "kernels"]["text"]
    assert call("doctor")[1].splitlines()[-1].startswith("Broken: cache: kernels; ")


def test_a_cache_without_locks_is_told(doctor, monkeypatch):
    def fail(fd):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("xbarsim.kernels.base._lock.hold", fail)
    code, found = doctor()
    assert code == 0
    assert found["cache", "locks"]["state"] == "note"


def test_a_compiler_that_fails_is_broken(doctor, monkeypatch):
    def fail(function):
        raise RuntimeError("LLVM ERROR: no such target\nand more")

    monkeypatch.setattr("xbarsim.kernels.base._jit.step_address", fail)
    code, found = doctor()
    assert code == 1
    assert "cannot compile (RuntimeError: LLVM ERROR: no such target)" in found["compiler", "JIT"]["text"]


def test_data_are_compared_with_what_was_published(doctor, monkeypatch, tmp_path):
    for stem in MNIST_FILES:
        shape = (2, 2, 2) if "images" in stem else (2,)
        head = struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape)
        (tmp_path / stem).write_bytes(head + bytes(8 if "images" in stem else 2))
    monkeypatch.setenv("XBARSIM_DATA", str(tmp_path))
    code, found = doctor()
    assert code == 1
    assert found["data sets", "mnist"]["state"] == "broken"
    assert all(stem in found["data sets", "mnist"]["text"] for stem in MNIST_FILES)
    monkeypatch.setenv("XBARSIM_DATA", str(tmp_path / "typo"))
    code, found = doctor()
    assert code == 1
    assert found["data sets", "XBARSIM_DATA"]["state"] == "broken"


def test_a_missing_program_is_no_fault(doctor, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    code, found = doctor()
    assert code == 0
    assert found["programs", "ngspice"]["state"] == "missing"
    assert "apt-get install ngspice" in found["programs", "ngspice"]["do"]


def test_a_wrong_memory_limit_is_told(doctor, monkeypatch):
    monkeypatch.setenv("XBARSIM_MAX_MEMORY", "lots")
    code, found = doctor()
    assert code == 1
    assert "XBARSIM_MAX_MEMORY: expected GB" in found["machine", "memory"]["text"]
    assert ("extras", "fit") in found  # what comes after is told all the same


def test_the_file_system_is_that_of_the_nearest_mount(monkeypatch, tmp_path):
    mounts = [("/", "ext4"), (str(tmp_path), "nfs4"), (str(tmp_path), "tmpfs"), (str(tmp_path / "other"), "xfs")]
    parts = [SimpleNamespace(mountpoint=place, fstype=kind) for place, kind in mounts]
    monkeypatch.setattr("psutil.disk_partitions", lambda **_: parts)
    assert machine.file_system(tmp_path / "folder") == "tmpfs"  # what was mounted later hides what was there
    assert machine.file_system(tmp_path.parent) == "ext4"
    monkeypatch.setattr("psutil.disk_partitions", lambda **_: [])
    assert machine.file_system(tmp_path) is None


def test_layers_are_compared_with_the_memory_that_there_is(monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(total=1 << 20))
    assert machine.memory() == 1 << 20
    with pytest.raises(LayoutError, match=r"fit into 0\.0 GiB"):
        check_memory(Layout.of(layers=(784, 200, 10)), 1 << 20)
