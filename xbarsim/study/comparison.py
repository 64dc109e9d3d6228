"""Accuracy over devices, and over keys: which runs it takes, and the table that they make."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import LayoutError, nearest
from ..base.table import Table
from ..data_sets.data_set import Dataset
from ..describe.inference import AGING, WRITING
from ..describe.layout import Layout
from ..describe.pulses import BATCHES, TWO_SIDED
from ..describe.sections import HOMES
from ..describe.settings import attribute_of, known, number_of, value_of_key, words
from ..describe.variation import FAILURES, NEGATIVE_SCALES, SCALES_PER, SPREADS
from .clock import Tick
from .samples import range_of
from .study import run_study
from .tasks import Task

Value = float | int | bool | str
value_of = number_of

VALUES: dict[str, tuple[Value, ...]] = {
    "beta": (0.0, 1.0, 2.0, 3.0, 4.0, 5.0),
    "beta_d": (0.0, 1.0, 2.0, 3.0, 4.0, 5.0),
    "n_max": (16, 32, 64, 128, 255),
    "n_max_d": (16, 32, 64, 128, 255),
    "sigma": (0.0, 0.25, 0.5, 0.75, 1.0),
    "alpha_sigma": (0.0, 0.1, 0.2, 0.5, 1.0),
    "alpha_common_sigma": (0.0, 0.1, 0.2, 0.5, 1.0),
    "beta_sigma": (0.0, 0.1, 0.2, 0.5, 1.0),
    "g_min_sigma": (0.0, 0.1, 0.2, 0.5, 1.0),
    "g_max_sigma": (0.0, 0.1, 0.2, 0.5, 1.0),
    "c2c": (0.0, 0.3, 1.0, 2.0, 4.0),
    "c2c_range": (0.0, 0.01, 0.02, 0.05, 0.1),
    "write_noise": (0.0, 0.01, 0.02, 0.05, 0.1),
    "device_noise": (0.0, 0.01, 0.03, 0.1, 0.3),
    "stuck_at_g_min": (0.0, 0.02, 0.05, 0.1, 0.2),
    "stuck_at_g_max": (0.0, 0.02, 0.05, 0.1, 0.2),
    "stuck_anywhere": (0.0, 0.02, 0.05, 0.1, 0.2),
    "endurance": (30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0),
    "endurance_failure": tuple(FAILURES),
    "gain_sigma": (0.0, 0.05, 0.1, 0.2, 0.5),
    "offset_sigma": (0.0, 0.1, 0.3, 1.0, 3.0),
    "read_noise": (0.0, 0.1, 0.3, 1.0, 3.0),
    "driver_bits": (1, 2, 3, 4, 8),
    "wire_resistance": (0.0, 1.0, 2.0, 5.0, 10.0),
    "half_select_step": (0.0, 1e-4, 1e-3, 1e-2),
    "half_select_probability": (0.0, 1e-4, 1e-3, 1e-2),
    "initial_fan_in": (0.0, 30.0, 100.0, 300.0, 1000.0),
    "output_dead_zone": (0.02, 0.05, 0.1, 0.2, 0.3),
    "hidden_dead_zone": (0.0, 0.03, 0.07, 0.15, 0.3),
    "c": (1.5, 3.0, 4.5, 6.0, 9.0),
    "softmax_scale": (0.4, 0.8, 1.25, 2.5, 5.0),
    "batch": (1, 2, 5, 10),
    "method": TWO_SIDED,
    "batch_rule": tuple(BATCHES),
    "spread": tuple(SPREADS),
    "sigma_negative": tuple(NEGATIVE_SCALES),
    "sigma_per": tuple(SCALES_PER),
}
"""Values that a sweep takes where none are given."""

_NOT_SWEPT = {
    "layers",
    "dataset",
    "seed",
    "jump_p",
    "jump_d",
    "step",
    "step_sha256",
    "eval_every",
    "eval_last",
    "snapshot_every",
}
_AGING = {*AGING, *WRITING}


@dataclass(frozen=True)
class Row:
    """One device, or one value of a parameter; accuracies are fractions.

    Attributes
    ----------
    name : str
    mean, least, most : float
        Test accuracy over the last ``eval_last`` iterations and all seeds.
    seeds : tuple of float
        The mean of every seed.
    records : tuple of dict
        Results of the runs, as `results.Result.as_dict` gives them.
    """

    name: str
    mean: float
    least: float
    most: float
    seeds: tuple[float, ...]
    records: tuple[dict[str, Any], ...] = dataclasses.field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "mean": self.mean,
            "min": self.least,
            "max": self.most,
            "seeds": list(self.seeds),
            "engine": self.records[0]["engine"],
            "iterations": self.records[0]["iterations"],
            "pulses": [r["pulses"] for r in self.records],
            "resets": [r["resets"] for r in self.records],
        }


def with_devices(base: Layout, names: Sequence[str]) -> dict[str, Layout]:
    """The layout with each of the devices, which have to differ in name."""
    _differ("--devices", names)
    return {name: base.with_device(name) for name in names}


def _differ(where: str, names: Sequence[str]) -> None:
    twice = sorted({n for n in names if list(names).count(n) > 1})
    if not names or twice:
        raise LayoutError(
            f"{where}: expected different ones, got {', '.join(twice) + ' twice' if twice else 'none'}; correct the "
            "list"
        )


def show(value: Value) -> str:
    """A value as text."""
    return f"{value:g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)


def key_of(name: str) -> str:
    """Attribute that a sweep's key names, with or without unit or with hyphens; a clear error if it cannot be swept."""
    text = known(name.rpartition(".")[2]) or name.strip()
    if text in _AGING:
        raise LayoutError(
            f"sweep: expected a key that acts while training, got '{name}', which acts afterwards; see xbarsim "
            "retention and infer"
        )
    if text in HOMES and text not in _NOT_SWEPT:
        return attribute_of(name, where="sweep")
    if text in HOMES:
        raise LayoutError(f"sweep: expected a key with a number or a name, got '{name}'; choose for example beta")
    hint = nearest(text.replace("-", "_"), set(HOMES) - _NOT_SWEPT - _AGING).partition("nearest:")[0]
    raise LayoutError(f"sweep: unknown key '{name}'; {hint}any key of a layout, such as {', '.join(list(VALUES)[:14])}")


def values_of(key: str, text: str | None) -> tuple[Value, ...]:
    """Values from ``0,1,2``, from ranges ``lin:0:1:11`` or ``log:1e-4:1e-1:7``, or those that a sweep takes by itself.

    >>> values_of("beta", "0,0.5"), values_of("method", None)
    ((0, 0.5), ('a', 'b', 'c'))
    """
    if text is not None:
        found: list[Value] = []
        for part in words(text):
            between = range_of(key, part)
            found += [value_of_key(key, part, where="--values")] if between is None else between.values(key)
        return tuple(found)
    if key not in VALUES:
        raise LayoutError(
            f"--values: expected some for '{key}', which has no usual ones, got none; give for example --values 1,2,3"
        )
    return VALUES[key]


def run_all(
    layouts: Mapping[str, Layout],
    data: Dataset,
    folder: Path,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    workers: int | str = 1,
    keep_runs: bool | Path = False,
    listener: Callable[[Tick], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    trials: bool = False,
) -> list[Row] | None:
    """Train all layouts with all seeds; returns their rows in the given order, or None if it was stopped.

    Parameters
    ----------
    layouts : mapping of Layout
        By name.
    data : Dataset
    folder : Path
        Its folder ``runs`` keeps what is done, so that a study that was stopped goes on.
    seeds : sequence of int
    workers, keep_runs, listener, stop, trials :
        See `study.run_study`.
    """
    tasks = {(name, seed): Task(layout.replace(seed=seed)) for name, layout in layouts.items() for seed in seeds}
    chosen = list(dict.fromkeys(tasks.values()))
    records = run_study(
        chosen, data, folder, workers=workers, keep_runs=keep_runs, listener=listener, stop=stop, trials=trials
    )
    if len(records) < len(chosen):
        return None
    return [row_of(name, [records[tasks[name, seed]]["result"] for seed in seeds]) for name in layouts]


def row_of(name: str, results: Sequence[dict[str, Any]]) -> Row:
    """A row from the results of its runs."""
    means = tuple(float(r["accuracy_mean_last"]) for r in results)
    least, most = min(r["accuracy_min_last"] for r in results), max(r["accuracy_max_last"] for r in results)
    return Row(name, float(np.mean(means)), least, most, means, tuple(results))


def ranked(rows: Sequence[Row]) -> list[Row]:
    """Best first."""
    return sorted(rows, key=lambda r: -r.mean)


def table_of(rows: Sequence[Row], labels: Sequence[Mapping[str, Any]]) -> Table:
    """One line per run: the label of its row, the seed, and what it came to; accuracies are fractions.

    Parameters
    ----------
    rows : sequence of Row
    labels : sequence of mapping
        What tells each row from the others, by name of the column.
    """
    kept = any(r.get("out") for row in rows for r in row.records)
    lines: list[dict[str, Any]] = []
    for row, label in zip(rows, labels, strict=True):
        for r in row.records:
            lines.append(
                {
                    **label,
                    "seed": r["seed"],
                    "accuracy_mean": r["accuracy_mean_last"],
                    "accuracy_min": r["accuracy_min_last"],
                    "accuracy_max": r["accuracy_max_last"],
                    "accuracy": r["accuracy"],
                    "iterations": r["iterations"],
                    "pulses": r["pulses"],
                    "resets": r["resets"],
                    "seconds": round(r["seconds"], 3),
                    "engine": r["engine"],
                    "dataset": r["dataset"],
                    **({"run_file": r["out"]} if kept else {}),
                }
            )
    return Table(lines)
