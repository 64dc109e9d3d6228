"""What a machine has for xbarsim, and what it lacks: versions, caches, data sets, programs, extras, the compiler."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ..base import machine
from ..base.errors import XbarsimError
from ..data_sets.memory import Room, readable
from .findings import BROKEN, MISSING, NOTE, OK, Finding, extras, pip, versions

_PATIENCE = 20.0  # s: how long ngspice may take to say its version


def examine() -> list[Finding]:
    """Look at everything once; nothing is changed but what a run would make as well: the cache's folders."""
    found: list[Finding] = []
    for look in (versions, _machine, _cache, _compiler, _data_sets, _programs, extras):
        try:
            for finding in look():
                found.append(finding)
        except (XbarsimError, OSError) as error:  # a wrong variable, a folder that went: what comes after is still told
            section = look.__name__.strip("_").replace("_", " ")
            found.append(Finding(section, "look", BROKEN, str(error), "mend that first: the rest was not looked at"))
    return found


def _machine() -> Iterator[Finding]:
    may, has = machine.cores(), os.cpu_count() or 1
    yield Finding(
        "machine", "cores", OK, f"{may}" + (f" of {has}, which is what this process may use" if may < has else "")
    )
    size = machine.memory()
    text = "size unknown" if size is None else readable(size)
    try:
        yield Finding("machine", "memory", OK, f"{text}; a data set may take {readable(Room().limit)} (--max-memory)")
    except XbarsimError as error:
        yield Finding("machine", "memory", BROKEN, f"{text}; {error}", "unset XBARSIM_MAX_MEMORY")
    here = Path.cwd()
    free = shutil.disk_usage(here).free
    writable = os.access(here, os.W_OK)
    yield Finding(
        "machine",
        "this folder",
        OK if writable else NOTE,
        f"{readable(free)} free, {_on(here)}" + ("" if writable else "; cannot be written: give --out"),
    )


def _on(folder: Path) -> str:
    kind = machine.file_system(folder)
    return f"on {kind}" if kind else "on an unknown file system"


def _cache() -> Iterator[Finding]:
    """The folder of machine code: where, how large, whether it can be written and locked."""
    from ..data_sets.mnist import cache_folder
    from ..kernels.base._jit import CACHE_FOLDER

    wanted = cache_folder()
    named = "XBARSIM_CACHE" if os.environ.get("XBARSIM_CACHE") else "the user's cache"
    if not CACHE_FOLDER.is_relative_to(wanted):
        yield Finding(
            "cache",
            "kernels",
            BROKEN,
            f"{named}, {wanted}, cannot be written; {CACHE_FOLDER} is used instead",
            "make it writable, or set XBARSIM_CACHE to another folder; until then kernels may be compiled anew",
        )
    else:
        yield Finding("cache", "kernels", OK, f"{CACHE_FOLDER}, {_size(CACHE_FOLDER)}, {_on(CACHE_FOLDER)} ({named})")
    yield _written(CACHE_FOLDER)
    others = [p for p in CACHE_FOLDER.parent.iterdir() if p.is_dir() and p != CACHE_FOLDER]
    if others:
        total = sum(_bytes(p) for p in others)
        yield Finding(
            "cache",
            "other versions",
            NOTE,
            f"{len(others)} folders beside it, {readable(total)}",
            "what no checkout or version needs any more can be deleted",
        )


def _written(folder: Path) -> Finding:
    """Write into the folder, as a kernel is written, and lock a file of it, as whoever compiles does."""
    from ..kernels.base._lock import hold, let_go

    try:
        with tempfile.TemporaryFile(dir=folder) as stream:
            stream.write(bytes(1 << 16))
            stream.flush()
            try:
                hold(stream.fileno())
            except (OSError, ImportError) as error:
                return Finding(
                    "cache",
                    "locks",
                    NOTE,
                    f"files cannot be locked there ({error}): processes that start together may compile the same",
                    "set XBARSIM_CACHE to a folder of a local disk",
                )
            let_go(stream.fileno())
    except OSError as error:
        return Finding(
            "cache",
            "writing",
            BROKEN,
            f"cannot write into {folder} ({error.strerror})",
            "free space, or set XBARSIM_CACHE to another folder",
        )
    return Finding("cache", "writing", OK, "can be written and locked")


def _bytes(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total


def _size(folder: Path) -> str:
    kernels = sum(1 for _ in folder.glob("**/*.nbi"))
    return f"{readable(_bytes(folder))}, {kernels} kernels compiled"


def _compiler() -> Iterator[Finding]:
    """Compile a small function as a user's device is compiled, and compare what it says."""
    from ..kernels.base._jit import JIT, step_address

    def step(s: float, up: int, z: float) -> float:
        return 0.25 * (1.0 - s) + z if up else -0.25 * s

    if not JIT:
        yield Finding(
            "compiler",
            "JIT",
            NOTE,
            "off: kernels run as plain Python, some hundred times slower",
            "unset NUMBA_DISABLE_JIT",
        )
        return
    begin = time.perf_counter()
    try:
        address = step_address(step)
        call = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_int64, ctypes.c_double)(address)
        got, expected = call(0.5, 1, 0.125), step(0.5, 1, 0.125)
    except Exception as error:  # noqa: BLE001 - whatever the compiler trips over
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        yield Finding(
            "compiler",
            "JIT",
            BROKEN,
            f"cannot compile ({why})",
            f"{pip()} --force-reinstall numba llvmlite; NUMBA_DISABLE_JIT=1 does without, slowly",
        )
        return
    seconds = time.perf_counter() - begin
    if got == expected:
        yield Finding("compiler", "JIT", OK, f"compiled a small kernel in {seconds:.2f} s, its result is right")
    else:
        yield Finding(
            "compiler",
            "JIT",
            BROKEN,
            f"compiled a small kernel, expected {expected}, got {got}",
            f"{pip()} --force-reinstall numba llvmlite",
        )


def _data_sets() -> Iterator[Finding]:
    from ..data_sets import mnist
    from ..data_sets.embedded import digits

    try:
        data = digits()
        yield Finding("data sets", "digits", OK, f"embedded, {len(data.x_train)} + {len(data.x_test)} images")
    except Exception as error:  # noqa: BLE001 - a damaged file may raise anything
        yield Finding("data sets", "digits", BROKEN, f"cannot be read ({error})", "install xbarsim anew")
    named = os.environ.get("XBARSIM_DATA")
    if named and not Path(named).is_dir():
        yield Finding("data sets", "XBARSIM_DATA", BROKEN, f"{named} is no folder", "set it to a folder, or unset it")
    for name, folder, known, how in (
        ("mnist", mnist.mnist_folder(), mnist.MNIST_FILES, mnist.HOW_TO_GET_MNIST),
        ("fashion-mnist", mnist.fashion_folder(), mnist.FASHION_FILES, mnist.HOW_TO_GET_FASHION),
    ):
        if folder is None:
            yield Finding("data sets", name, MISSING, "not here", how)
            continue
        wrong = [stem for stem, sha in known.items() if _content(folder, stem) != sha]
        if wrong:
            yield Finding(
                "data sets",
                name,
                BROKEN,
                f"{folder}: {', '.join(wrong)} is not what was published (SHA-256)",
                f"get it anew: {how}",
            )
        else:
            yield Finding("data sets", name, OK, f"{folder}, all four files are as published (SHA-256)")


def _content(folder: Path, stem: str) -> str:
    """SHA-256 of what an IDX file holds; empty if it cannot be read."""
    from ..data_sets.idx import find_idx
    from ..data_sets.packed import PIECE, UNREADABLE, opened

    path, digest = find_idx(folder, stem), hashlib.sha256()
    try:
        assert path is not None
        with opened(path) as (stream, _):
            while piece := stream.read(PIECE):
                digest.update(piece)
    except UNREADABLE:
        return ""
    return digest.hexdigest()


def _programs() -> Iterator[Finding]:
    from ..spice.metadata import NetlistError
    from ..spice.ngspice import HOW_TO_GET_NGSPICE, find_ngspice

    try:
        path = find_ngspice()
    except NetlistError:
        yield Finding("programs", "ngspice", MISSING, "not on the PATH; only spice --run needs it", HOW_TO_GET_NGSPICE)
        return
    try:
        answer = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        yield Finding("programs", "ngspice", BROKEN, f"{path}: cannot be run ({error})", HOW_TO_GET_NGSPICE)
        return
    said = next((x.strip("* ") for x in answer.stdout.splitlines() if "ngspice" in x.lower()), "version unknown")
    yield Finding("programs", "ngspice", OK, f"{path} ({said})")
