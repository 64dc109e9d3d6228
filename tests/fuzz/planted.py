"""Targets with faults, to see that these are found: three of four cases are as they should be."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np

from .target import ACCEPTED, REFUSED, Case, one_line


def is_bad(rng: np.random.Generator) -> bool:
    """Whether a case has the fault."""
    return bool(rng.random() < 0.25)


def raises(folder: Path) -> Case:
    """An error that nobody meant."""
    return lambda rng: str({}["nothing"]) if is_bad(rng) else ACCEPTED


def says_too_much(folder: Path) -> Case:
    """An error on purpose, of two lines."""

    class Long(Exception):
        pass

    def case(rng: np.random.Generator) -> str:
        if is_bad(rng):
            one_line(Long("two\nlines"))  # type: ignore[arg-type]
        return REFUSED

    return case


def dies(folder: Path) -> Case:
    """A crash."""

    def case(rng: np.random.Generator) -> str:
        if is_bad(rng):
            os.kill(os.getpid(), signal.SIGKILL)
        return ACCEPTED

    return case


def leaves(folder: Path) -> Case:
    """An end of the process that looks like a good one."""

    def case(rng: np.random.Generator) -> str:
        if is_bad(rng):
            os._exit(0)
        return ACCEPTED

    return case


def hangs(folder: Path) -> Case:
    """A case without an end."""

    def case(rng: np.random.Generator) -> str:
        while is_bad(rng):
            while True:
                time.sleep(1.0)
        return ACCEPTED

    return case


def takes_all(folder: Path) -> Case:
    """A case that wants far more memory than there is for it."""
    return lambda rng: ACCEPTED if not is_bad(rng) or len(np.empty(1 << 30)) else REFUSED


def broken(folder: Path) -> Case:
    """A target that cannot begin."""
    raise FileNotFoundError("what it needs is not there")
