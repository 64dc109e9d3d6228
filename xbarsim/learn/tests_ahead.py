"""How long tests take whose images are solved for one by one: told before the first of them, from a few images."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from ..base.notes import say
from ..base.shown import duration
from ..describe.layout import Layout
from ..kernels.base.buffers import Samples

LONG = 60.0
"""s, from which on it is told."""

_FEW = 5
"""Images that are timed, after one that kernels may be compiled for."""


def first_of(samples: Samples, n: int) -> Samples:
    """The first `n` of them."""
    return samples._replace(start=samples.start[: n + 1], label=samples.label[:n])


def tell_long(
    layout: Layout,
    samples: Samples,
    read: Callable[[Samples], Any],
    *,
    tests: int = 1,
    what: str = "a test",
    ways: Sequence[str] = (),
) -> None:
    """Say how long so many tests take, if that is long, where wires are solved for every image.

    Parameters
    ----------
    layout : Layout
        Elsewhere a matrix stands for the wires, images are fast, and nothing is read or said.
    samples : Samples
        Of one test.
    read : function
        Reads some samples as they will be read, and changes nothing that is kept.
    tests : int
    what : str
        Of one test, in the line.
    ways : sequence of str
        What would shorten it.
    """
    n = len(samples.label)
    if not layout.curved_wires or n <= 10 * _FEW:
        return
    read(first_of(samples, 1))
    begin = time.perf_counter()
    read(first_of(samples, _FEW))
    each = (time.perf_counter() - begin) / _FEW
    if each * n * tests <= LONG:
        return
    shorter = f"; shorter with {' or '.join(ways)}" if ways else ""
    many = what if tests == 1 else f"{tests:,} times {what}"
    say(
        f"About {duration(each * n * tests)} for {many} of {n:,} images: devices that are not ohmic, with wires, are "
        f"solved for image by image, {each:.2g} s each{shorter}."
    )
