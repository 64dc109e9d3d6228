"""One process that does the cases of one target, and tells each of them: a crash or a hang is that of a known case.

It says on its standard output ``ready``, then for every case ``case N`` before and ``done N OUTCOME`` after it, or
``found N JSON``; or ``broken N JSON`` if the target cannot make what it needs, and ``end``.
What the cases print goes nowhere.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import time
import traceback
from pathlib import Path

from .target import generator

MEMORY = 2 << 30
"""Bytes that the cases may take beside what there is when a target is ready."""


def limit_memory() -> None:
    """Let a case that wants more than `MEMORY` fail, instead of the machine."""
    try:
        import resource
    except ImportError:  # pragma: no cover - not on Windows
        return
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        size = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (size, resource.getrlimit(resource.RLIMIT_AS)[1]))


def where_of(error: BaseException) -> str:
    """What tells findings apart: the kind of error, and the place in the project that it comes from."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if {"xbarsim", "kernels"} & set(Path(f.filename).parts) and "tests" not in f.filename]
    last = (own or frames)[-1] if frames else None
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}" if last else type(error).__name__


def told(error: BaseException) -> str:
    """What an exception says, as JSON."""
    text = " ".join(str(error).split())[:500]
    return json.dumps({"where": where_of(error), "what": text, "trace": traceback.format_exc()})


def main(module: str, seed: int, target: int, first: int, last: int, seconds: float, folder: Path) -> None:
    """Do the cases from `first` on, until `last` is reached or the time is up; see the docstring of the file."""
    said = os.fdopen(os.dup(1), "w", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        name, _, function = module.partition(":")
        case = getattr(importlib.import_module(name), function or "make")(folder)
    except BaseException as error:  # noqa: BLE001 - told, since the standard error leads nowhere
        print(f"broken {first} {told(error)}", file=said)
        return
    limit_memory()
    print("ready", file=said)
    end = time.monotonic() + seconds
    for number in range(first, last):
        if time.monotonic() >= end:
            break
        print(f"case {number}", file=said)
        try:
            print(f"done {number} {case(generator(seed, target, number))}", file=said)
        except BaseException as error:  # noqa: BLE001 - whatever comes is a finding
            print(f"found {number} {told(error)}", file=said)
    print("end", file=said)


if __name__ == "__main__":
    name, *numbers = sys.argv[1:]
    seed, target, first, last = map(int, numbers[:4])
    main(name, seed, target, first, last, float(numbers[4]), Path(numbers[5]))
