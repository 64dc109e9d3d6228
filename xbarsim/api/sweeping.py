"""Accuracy over the values of one key, or of several at once."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.arguments import arguments, instance, optional, path, several, text
from ..base.errors import LayoutError
from ..base.table import Table
from ..data_sets.data_set import Dataset
from ..describe.idle import tell_idle
from ..describe.layout import Layout
from ..describe.sections import toml_key
from ..describe.words import in_words
from ..study import parts
from ..study.comparison import Row, Value
from ..study.effects import Effects, effects_of
from ..study.grid import Design, grid, over, run_design, tidy
from ..study.samples import Sample
from .given import STUDY, Listener, Stop, data_of, folder_of, layout_of, never, seeds_of, silent, stopped, workers_of
from .outcome import Outcome


@dataclass(frozen=True, repr=False)
class Sweep(Outcome):
    """Accuracies over a design.

    Attributes
    ----------
    design : Design
        Keys, their values, and the points.
    rows : tuple of Row
        For every point: mean, least and most of the last iterations and seeds, and the records of the runs.
    title : str
        Of the figure.

    Examples
    --------
    >>> import xbarsim
    >>> layout = xbarsim.Layout.of(layers=(2, 2), dataset="two-pixels", iterations=20, n_max=9, eval_last=1)
    >>> sweep = xbarsim.sweep(layout, {"beta": (0.0, 2.0)}, seeds=1)
    >>> sweep.table.columns[:3], [row["beta"] for row in sweep.table]
    (('beta', 'seed', 'accuracy_mean'), [0.0, 2.0])
    """

    design: Design
    rows: tuple[Row, ...]
    title: str

    @property
    def table(self) -> Table:
        """One line per run: the keys, the seed, accuracies, pulses."""
        return tidy(self.design, self.rows)

    @functools.cached_property
    def effects(self) -> Effects | None:
        """Where points were drawn, what each key does to the accuracy: Sobol' indices of ``saltelli``, else rank
        correlations, with intervals.
        """
        return effects_of(self.design, self.rows)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; accuracies are fractions."""
        lines = [{**r.as_dict(), "values": dict(p)} for p, r in zip(self.design.points, self.rows, strict=True)]
        keys = self.design.keys
        more = {} if self.effects is None else self.effects.as_dict()
        return {"by": list(keys) if len(keys) > 1 else keys[0], "rows": lines, **more}

    def _draw(self, out: Path | None, *, force: bool) -> Any:
        if self.effects is not None:
            from ..show.figures_sample import plot_sample

            return plot_sample(self.design, self.rows, self.effects, out, self.title, force=force)
        if len(self.design.keys) == 1:
            from ..show.figures_devices import plot_sweep

            (key, values), *_ = self.design.values.items()
            return plot_sweep(self.rows, values, toml_key(key), out, self.title, force=force)
        from ..show.figures_grid import plot_design

        return plot_design(self.design, self.rows, out, self.title, force=force)


Over = Mapping[str, Sequence[Value]] | Sequence[str] | str | Design


def _any(_where: str, _value: object) -> None:
    """Values are checked by the layouts that they make."""


def design_of(given: Over, sample: Sample | str | None = None) -> Design:
    """A design from what a caller gives: values by key, ``beta=0,1`` and the like, or a design."""
    if sample is not None and isinstance(given, Design | Mapping):
        raise LayoutError(
            "sweep.sample: expected texts with ranges beside it, such as 'beta=0:4', got values; write it"
        )
    if isinstance(given, Design):
        return given
    if isinstance(given, Mapping):
        for key, values in given.items():
            text("sweep.over", key)
            several(_any, f"values of {key}")("sweep.over", values)
        return grid(given)
    return over([given] if isinstance(given, str) else given, sample)


OVER = instance(
    (Mapping, Design), "values by key, or texts KEY=VALUES", "give {'beta': (0, 1)}", several(text, "texts", alone=True)
)


SAMPLE = optional(instance(Sample, "how points are drawn", "give 'lhs:64', 'sobol:64' or 'saltelli:32'", text))


@arguments(**STUDY, over=OVER, sample=SAMPLE, device_name=optional(text))
def sweep(
    layout: Layout | str | Path,
    over: Over,
    *,
    sample: Sample | str | None = None,
    seeds: int | Sequence[int] = 3,
    workers: int | str = 1,
    folder: str | Path | None = None,
    dataset: Dataset | None = None,
    device_name: str | None = None,
    listener: Listener = silent,
    stop: Stop = never,
    **more: Any,
) -> Sweep:
    """Train at every combination of the values of some keys.

    Parameters
    ----------
    layout : Layout or path
        What all runs have in common.
    over : mapping, or text
        Values by key, ``{"beta": (0, 1, 2), "n_max": (16, 32)}``; or ``"beta=0,1,2"``, ``"c2c=log:0.01:1:5"``, or a
        list of such texts; a key alone, ``"beta"``, takes its usual values.
    sample : str, optional
        Points are drawn from ranges, ``"beta=0:4"``, instead of all combinations: ``"lhs:64"`` (Latin hypercube),
        ``"sobol:64"``, or ``"saltelli:32"``, of which Sobol' indices follow. Needs SciPy.
    seeds : int or sequence of int
        Runs per point: so many, with seeds 0, 1, 2, ...; or these seeds.
    workers : int or str
        Worker processes. More than one needs a script that guards its start with ``if __name__ == "__main__"``. Or
        where a Dask scheduler is, ``"tcp://host:8786"`` or its file, whose workers do the runs.
    folder : path, optional
        Keeps a record per run, so that a sweep that was stopped goes on.
    dataset : Dataset, optional
        Default: the layout's.
    device_name : str, optional
        What the figure calls the device.
    listener, stop, more :
        See `study.run_study`.

    Returns
    -------
    Sweep

    Raises
    ------
    LayoutError
        If a key is unknown, cannot be swept, or a value does not go with the layout.
    Stopped
        If `stop` said so.

    Examples
    --------
    >>> import xbarsim
    >>> layout = xbarsim.Layout.of(layers=(2, 2), dataset="two-pixels", iterations=20, eval_last=1)
    >>> sweep = xbarsim.sweep(layout, ["beta=0,2", "n_max=4,9"], seeds=1)
    >>> [row.name for row in sweep.rows]
    ['beta 0, n_max 4', 'beta 0, n_max 9', 'beta 2, n_max 4', 'beta 2, n_max 9']
    """
    base, design, chosen, n = layout_of(layout), design_of(over, sample), seeds_of(seeds), workers_of(workers)
    tell_idle(*design.layouts(base).values(), stacklevel=4)  # what is refused is told before any data is read
    data = data_of(base, dataset)
    with folder_of(folder) as kept:
        rows = run_design(design, base, data, kept, seeds=chosen, workers=n, listener=listener, stop=stop, **more)
    if rows is None:
        raise stopped()
    return _sweep(design, rows, base, data.name, len(chosen), device_name or "")


def _sweep(design: Design, rows: Sequence[Row], base: Layout, dataset: str, seeds: int, named: str) -> Sweep:
    done = rows[0].records[0]["iterations"]
    said = in_words(base, dataset=dataset, iterations=done, seeds=seeds, named=named)
    shown = "as on the axis" if len(design.keys) == 1 else "as shown"
    return Sweep(design, tuple(rows), f"{said}; {' and '.join(design.keys)} {shown}")


@arguments(**(STUDY | {"folder": path}), over=OVER, sample=SAMPLE, part=text)
def sweep_part(
    layout: Layout | str | Path,
    over: Over,
    part: str,
    folder: str | Path,
    *,
    sample: Sample | str | None = None,
    seeds: int | Sequence[int] = 3,
    workers: int | str = 1,
    dataset: Dataset | None = None,
    listener: Listener = silent,
    stop: Stop = never,
    **more: Any,
) -> tuple[int, int]:
    """Do a part of the runs of a sweep, as a job of an array; `join_sweep` puts all parts together.

    Parameters
    ----------
    layout, over, sample, seeds, workers, dataset, listener, stop, more :
        As of `sweep`, the same in all parts.
    part : str
        ``"3/16"`` is the third of sixteen.
    folder : path
        For its records; parts may share one.

    Returns
    -------
    runs, all_runs : int
        Of this part, and of the sweep.

    Examples
    --------
    >>> import tempfile, xbarsim
    >>> layout = xbarsim.Layout.of(layers=(2, 2), dataset="two-pixels", iterations=20, n_max=9, eval_last=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = [xbarsim.sweep_part(layout, "beta=0,2", f"{k}/2", folder, seeds=1) for k in (1, 2)]
    ...     len(xbarsim.join_sweep([folder]).table)
    2
    """
    base, design, chosen, n = layout_of(layout), design_of(over, sample), seeds_of(seeds), workers_of(workers)
    design.layouts(base)
    data = data_of(base, dataset)
    with folder_of(folder) as kept:
        how = {"workers": n, "listener": listener, "stop": stop, **more}
        done = parts.run_part(parts.Part.parse(part), design, base, data, kept, seeds=chosen, **how)
    if done is None:
        raise stopped()
    return done


@arguments(folders=several(path, "folders"))
def join_sweep(folders: Sequence[str | Path]) -> Sweep:
    """Put the parts of a sweep together: what one run of all would have returned.

    Parameters
    ----------
    folders : sequence of path
        In which `sweep_part`, or ``xbarsim sweep --part``, left them.

    Returns
    -------
    Sweep

    Raises
    ------
    LayoutError
        If parts are missing, or of different sweeps.
    OutputError
        If a folder has none, or a record is missing.

    Examples
    --------
    >>> import xbarsim
    >>> xbarsim.join_sweep(["no-such-folder"])
    Traceback (most recent call last):
    xbarsim.base.errors.OutputError: no-such-folder: expected a folder with parts of a sweep, got none; check the path
    """
    found = parts.join([Path(folder) for folder in folders])
    return _sweep(found.design, found.rows, found.base, found.dataset, len(found.seeds), "")
