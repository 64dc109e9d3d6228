"""Off-chip transfers of one run into many arrays, shared out among workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..after.transfer import Transfer
from ..base import checks
from ..base.errors import GaveUp
from ..data_sets.load import load_dataset
from ..record.trace import Trace
from . import in_worker
from .workers import MOST_DEATHS, Call, GivenUp, executor_for, shared

_LEAST = 8  # arrays of a call: each of them tests the array without variation, too


def run_transfers(
    file: Path,
    sigmas: Sequence[float],
    repeats: int,
    *,
    workers: int | str,
    device: str | None = None,
    listener: Callable[[int, int], None] = lambda *_: None,
    stop: Callable[[], bool] = lambda: False,
    **how: Any,
) -> list[Transfer] | None:
    """Write a trained network into many arrays, with each of some scatters, and test each; None if it was stopped.

    Every array is drawn by its number, so that who draws it changes nothing.

    Parameters
    ----------
    file : Path
        Run file, which all workers have to see.
    sigmas : sequence of float
    repeats : int
        Arrays of each.
    workers : int or str
        See `study.run_study`.
    device : str, optional
        Of a plug-in's run: its file and function.
    listener : callable
        Called with how many arrays were tested, and of how many.
    stop : callable
    how :
        See `after.transfer.transfer`.

    Raises
    ------
    GaveUp
        If workers died again and again.
    """
    checks.integer("--repeats", repeats, least=1, most=65_535)
    with Trace(file, device=device) as trace:
        trace.check_devices()
        data = load_dataset(trace.layout.run.dataset).coded_as(trace.provenance["dataset_sha256"])
    total = len(sigmas) * repeats
    with executor_for(workers, max(1, total // _LEAST), data, stop) as executor:
        if executor is None:
            return None
        size = max(_LEAST, -(-total // (4 * executor.slots)))
        parts = [(k, first) for k in range(len(sigmas)) for first in range(1, repeats + 1, size)]
        counts = {part: min(size, repeats + 1 - part[1]) for part in parts}
        calls = [
            Call(
                (k, first),
                in_worker.transferred,
                (
                    str(file.absolute()),
                    device,
                    {**how, "sigma": sigmas[k], "repeats": counts[k, first], "first": first},
                ),
            )
            for k, first in parts
        ]
        found: dict[tuple[int, int], Transfer] = {}
        listener(0, total)
        for part, answer in shared(executor, calls, stop):
            if isinstance(answer, GivenUp):
                raise GaveUp(
                    f"transfer: expected {repeats} arrays of each sigma, but {MOST_DEATHS} workers or more died of "
                    "some (out of memory?); take fewer --workers"
                )
            found[part] = answer
            listener(sum(counts[p] for p in found), total)
    if len(found) < len(parts):
        return None
    done = []
    for k in range(len(sigmas)):
        some = [found[part] for part in parts if part[0] == k]
        one = some[0]
        accuracies = tuple(a for each in some for a in each.accuracies)
        done.append(Transfer(str(file), one.iteration, one.sigma, one.write, one.accuracy_before, accuracies))
    return done
