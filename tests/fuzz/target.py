"""What every target of the fuzzing is made of, and what is a finding.

A target is a file with ``make(folder)``, which makes what it needs once and returns ``case(rng)``. A case makes one
input of random numbers, uses it as a user would, and returns `ACCEPTED` or `REFUSED`. Whatever it raises is a finding.
"""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from xbarsim.base.errors import XbarsimError

ACCEPTED, REFUSED = "accepted", "refused"

Case = Callable[[np.random.Generator], str]

TARGETS = {
    "layouts": "tests.fuzz.layouts",
    "flags": "tests.fuzz.flags",
    "run-files": "tests.fuzz.damaged",
    "journals": "tests.fuzz.journals",
    "data-sets": "tests.fuzz.data_sets",
    "measured": "tests.fuzz.measured",
    "netlists": "tests.fuzz.netlists",
    "devices": "tests.fuzz.devices",
}
"""Targets by name; a target's place here is its number, from which its random numbers follow."""


class Finding(AssertionError):
    """Something that was accepted and is not right, or refused and not in one line."""


def generator(seed: int, target: int, number: int) -> np.random.Generator:
    """The random numbers of one case."""
    return np.random.default_rng([seed, target, number])


def one_line(error: XbarsimError) -> str:
    """The text of an error on purpose, which has to be one line."""
    text = str(error)
    if not text.strip():
        raise Finding("an error without a word") from error
    if len(text.splitlines()) != 1:
        raise Finding(f"an error of several lines: {text!r}") from error
    return text


def tried(function: Callable[..., Any], *arguments: Any, **named: Any) -> tuple[str, Any]:
    """`ACCEPTED` and what a function returns, or `REFUSED` and the one line that it says instead."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ACCEPTED, function(*arguments, **named)
        except XbarsimError as error:
            return REFUSED, one_line(error)


def finite(what: str, *values: Any) -> None:
    """All numbers are some."""
    for value in values:
        if not np.isfinite(np.asarray(value, np.float64)).all():
            raise Finding(f"{what}: accepted, and came to numbers that are none")


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Work in a folder, where what is forgotten goes with it, and print nothing."""
    from xbarsim.record import opening

    before = Path.cwd()
    os.chdir(folder)
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            mock.patch.object(opening, "_ATTEMPTS", 2),  # nobody else writes there
            _few_replays(),
        ):
            yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def _few_replays() -> Iterator[None]:
    """Without the compiler: what a million noisy pulses come to is told by a few, as it would take seconds."""
    if os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0"):
        yield
        return
    from xbarsim.kernels.device import climbs

    from xbarsim.arrays import drawn

    fill, table = climbs.fill_replays, drawn._replays

    def fewer(seed: Any, law: Any, up: Any, jumps: Any, replays: int, out: np.ndarray) -> None:
        fill(seed, law, up, jumps, min(replays, 4), out)

    def smaller(seed: Any, law: Any, up: Any, jumps: Any, n: int) -> np.ndarray:
        return table(seed, law, up, jumps, min(n, 8))

    with mock.patch.object(climbs, "fill_replays", fewer), mock.patch.object(drawn, "_replays", smaller):
        yield


def pick(rng: np.random.Generator, things: Any) -> Any:
    """One of some things, as it is: NumPy would make a NumPy scalar of it."""
    things = list(things)
    return things[int(rng.integers(len(things)))]
