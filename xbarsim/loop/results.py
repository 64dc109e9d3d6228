"""What a run tells while it goes on, and what it came to."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..base.shown import Rows, presented
from .pace import Pace


class Checkpoint(NamedTuple):
    """Where a run stood when its test accuracy was taken; counts are cumulative."""

    iteration: int
    accuracy: float
    pulses: int
    resets: int
    most_writes: int | None
    """Pulses and resets of the device that got most of both together; None of run files that did not keep it."""


def worst_device(counts: Sequence[Mapping[str, np.ndarray]]) -> dict[str, int | str] | None:
    """Where the device sits that got most pulses and resets together; of several the first.

    Parameters
    ----------
    counts : sequence of mappings
        Of every layer: ``pulses_plus``, ``resets_plus`` and so on, (rows, cols) each; of lower digits with ``_1``, ...

    Examples
    --------
    >>> worst_device([{f"{what}_{side}": np.eye(2) for what in ("pulses", "resets") for side in ("plus", "minus")}])
    {'layer': 1, 'row': 0, 'column': 0, 'device': 'G+', 'digit': 0}
    """
    found: dict[str, int | str] | None = None
    most = -1
    for layer, of_layer in enumerate(counts, start=1):
        for name, pulses in of_layer.items():
            what, _, rest = name.partition("_")
            side, _, digit = rest.partition("_")
            if what != "pulses":
                continue
            writes = np.asarray(pulses) + np.asarray(of_layer[f"resets_{rest}"])
            row, col = np.unravel_index(int(np.argmax(writes)), writes.shape)
            if writes[row, col] > most:
                most = int(writes[row, col])
                sign = "G+" if side == "plus" else "G-"
                where = {"layer": layer, "row": int(row), "column": int(col)}
                found = {**where, "device": sign, "digit": int(digit or 0)}
    return found


class Wear(NamedTuple):
    """Devices that wore out."""

    dead: int
    """Devices that have had as many pulses and resets as they bear."""
    devices: int
    """Of so many."""
    first_iteration: int | None = None
    """The update in which the first died; None if none has, or where it is not known any more."""
    first: dict[str, int | str] | None = None
    """Where that one sits, as in `Result.most_writes_at`; of several the first by layer, G+ or G-, column and row."""

    def as_numbers(self) -> list[int]:
        """The first one's update, layer, row, column, side (0: G+) and digit, as a run file has them."""
        assert self.first_iteration is not None
        assert self.first is not None
        at = self.first
        side = 0 if at["device"] == "G+" else 1
        return [self.first_iteration, *(int(at[key]) for key in ("layer", "row", "column")), side, int(at["digit"])]

    @staticmethod
    def place(numbers: Sequence[int]) -> dict[str, int | str]:
        """What `first` has, from what `as_numbers` gave."""
        _, layer, row, column, side, digit = numbers
        return {"layer": layer, "row": row, "column": column, "device": "G-" if side else "G+", "digit": digit}


def _in_short(result: Result) -> str:
    ended = "" if result.finished else ", finished=False"
    return (
        f"Result(accuracy={result.accuracy:.4f}, accuracy_mean_last={result.accuracy_mean_last:.4f}, "
        f"iterations={result.iterations}, dataset={result.dataset!r}, seed={result.seed}, out={result.out!r}{ended})"
    )


def _rows(result: Result) -> Rows:
    last = (result.accuracy_mean_last, result.accuracy_min_last, result.accuracy_max_last)
    rows: list[tuple[str, object]] = [
        ("test accuracy", f"{100.0 * result.accuracy:.2f} % after {result.iterations:,} iterations"),
        ("over the last of them", "mean {:.2f} %, {:.2f} to {:.2f} %".format(*(100.0 * a for a in last))),
        ("pulses, resets", f"{result.pulses:,}, {result.resets:,}"),
        ("time", f"{result.seconds:.3g} s training and tracing"),
        ("data, seed, engine", f"{result.dataset}, {result.seed}, {result.engine}"),
        ("file", result.out or "none"),
        *(("note", text) for text in result.notes),
    ]
    return "Result" if result.finished else "Result of a run that was stopped", rows


@presented(_in_short, _rows)
@dataclass(frozen=True)
class Result:
    """What a run came to. Accuracies are fractions of the test samples, times are in s.

    `seconds_per_iteration` counts training and tracing, not evaluation or compilation.
    `accuracy_mean_last`, `_min_last` and `_max_last` are over the last ``eval_last`` iterations, as in Lim et al.
    (2019).

    Examples
    --------
    >>> import xbarsim
    >>> layout = xbarsim.Layout.of(layers=(2, 2), dataset="two-pixels", iterations=50, n_max=9, eval_last=5)
    >>> result = xbarsim.run(layout)
    >>> result.accuracy, result.finished
    (1.0, True)
    >>> sorted(result.as_dict())[:2]
    ['accuracy', 'accuracy_max_last']
    """

    accuracy: float
    accuracy_mean_last: float
    accuracy_min_last: float
    accuracy_max_last: float
    iterations: int
    pulses: int
    resets: int
    seconds: float
    seconds_per_iteration: float
    out: str | None
    dataset: str
    engine: str
    seed: int
    finished: bool = True
    costs: dict[str, float] | None = None
    """Totals of ``trace_format.ENERGY`` over all iterations, J and s; None if the pulse lines were not followed."""
    reads: dict[str, float] | None = None
    """Reads solved with real wires since the start or resume: number, mean sweeps, largest residual; None with ideal
    wires.
    """
    managed_reads: dict[str, int] | None = None
    """Reads whose range was managed since the start or resume: number, how often one was taken again, results that are
    clipped all the same; None without noise or bound management.
    """
    update_noise: tuple[float, ...] | None = None
    """Scale-free update noise of every layer, averaged over all windows; None if it was not followed."""
    most_writes: int | None = None
    """Pulses and resets of the device that got most of both together; None of run files that did not keep it."""
    most_writes_at: dict[str, int | str] | None = None
    """Where that device sits: layer from 1, row and column from 0, device (G+ or G-), digit (0 is the highest); None of
    runs that have not ended, and of rules that count no devices.
    """
    wear: Wear | None = None
    """Devices that wore out, with ``endurance``; None without."""
    work: dict[str, list[float]] | None = None
    """Of rules that count their work: events counted in each layer; None of other rules, and of runs that were resumed.
    """
    notes: tuple[str, ...] = ()
    """What was recoded, guessed or left out of the data set, a line each."""
    checkpoints: tuple[Checkpoint, ...] = dataclasses.field(default=(), repr=False)
    """Accuracy and cumulative counts wherever the accuracy was taken."""

    @property
    def accuracy_curve(self) -> tuple[tuple[int, float], ...]:
        """(iteration, test accuracy) wherever it was taken."""
        return tuple((point.iteration, point.accuracy) for point in self.checkpoints)

    def as_dict(self) -> dict[str, Any]:
        """The fields as a dictionary, for JSON, without the curves."""
        fields = {name: value for name, value in dataclasses.asdict(self).items() if name != "checkpoints"}
        wear = None if self.wear is None else self.wear._asdict()
        return {**fields, "wear": wear, "notes": list(self.notes)}  # what is read back from JSON is the same


@dataclass(frozen=True)
class Progress:
    """What a run tells while it goes on."""

    phase: str  # "compiling", "training", "replaying"
    iteration: int = 0
    iterations: int = 0
    accuracy: float | None = None
    compiled: bool = True  # whether machine code of an earlier process is at hand
    left: float | None = None  # s until the run ends, at the pace so far; None as long as too little is known
    tests: float | None = None  # s, what evaluations take of that
    pace: Pace | None = None
    tested: tuple[int, int] | None = None  # of the last, after each of which it is tested: done, of so many


Listener = Callable[[Progress], None]
