"""Retention: what time does to a trained network, whose conductances drift and relax."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..base import checks
from ..base.arguments import arguments, function, named, number, optional, several, whole
from ..base.errors import LayoutError
from ..data_sets.data_set import DATASET, Dataset
from ..data_sets.load import load_dataset
from ..describe.inference import WRITING
from ..describe.layout import Layout
from ..record.trace import RUN, Trace
from .condition import TRAINED, condition_of, recorded_state
from .over_time import Drawn, read_over_time, times_of
from .reader import Reader, conductances_of, readable


@dataclass(frozen=True)
class Retention:
    """Test accuracies after some times, as fractions.

    Examples
    --------
    >>> import xbarsim
    >>> xbarsim.Retention("run.h5", 200, 0.95, (1.0, 1e6), ((0.95, 0.93), (0.9, 0.8))).mean
    (0.94, 0.85)
    """

    file: str
    iteration: int
    accuracy_before: float
    times: tuple[float, ...]  # s
    accuracies: tuple[tuple[float, ...], ...]  # for every time, of every draw
    state: str = ""  # what the devices were before they aged, where they were not trained

    @property
    def before(self) -> str:
        """What `accuracy_before` is of: ``when training ended``, or the state of devices that were not trained."""
        return f"before ({self.state})" if self.state else "when training ended"

    @property
    def mean(self) -> tuple[float, ...]:
        """Mean over the draws, for every time."""
        return tuple(round(float(np.mean(a)), 12) for a in self.accuracies)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**dataclasses.asdict(self), "mean": list(self.mean)}


@arguments(
    source=RUN,
    repeats=whole,
    iteration=optional(whole),
    dataset=DATASET,
    listener=function,
    times=several(number, "times in s"),
)
def retention(
    source: str | Path | Trace,
    *,
    times: tuple[float, ...],
    repeats: int = 3,
    iteration: int | None = None,
    dataset: Dataset | None = None,
    listener: Callable[[int, int], None] = lambda *_: None,
    **departures: Any,
) -> Retention:
    """Let the conductances of a trained network age, and test it.

    Parameters
    ----------
    source : path or Trace
        A run with devices.
    times : floats, s
        Since training ended.
    repeats : int
        Number of draws of the devices' drift exponents.
    iteration : int, optional
        Number of updates after which training ended; default: the last.
    dataset : Dataset, optional
        Its test samples are used; default: the run's.
    listener : callable
        Called with the number of arrays that were tested, and of all: at first with none.
    **departures : float
        ``drift``, ``drift_sigma``, ``drift_start``, ``relax_time``, ``relax_exponent``, ``relax_to`` as in a layout's
        section ``variation``, and keys of ``aging``; what is not given is the run's.

    Returns
    -------
    Retention

    Notes
    -----
    A device at G after training conducts ``(G_r + (G - G_r) exp(-(t / tau)^b)) (max(t, t0) / t0)^-nu``, with G_r = Gmin
    + relax_to (Gmax - Gmin) and its own nu ~ N(drift, drift_sigma). Drift as a power law: phase-change memory, Le Gallo
    and Sebastian, J. Phys. D 53, 213002 (2020). Stretched exponentials describe the loss of charge or filaments. Stuck
    devices age as the others do. The special case of `infer` in which nothing is written, noisy or compensated.

    Examples
    --------
    >>> import tempfile, pathlib, xbarsim
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "run.h5"
    >>> layout = xbarsim.Layout.of(layers=(2, 2), iterations=200, dataset="two-pixels", n_max=9, eval_last=1)
    >>> _ = xbarsim.run(layout, out=path)
    >>> xbarsim.retention(path, times=(1.0, 1e6), drift=0.05, repeats=1).accuracies
    ((1.0,), (1.0,))
    >>> folder.cleanup()
    """
    repeats = checks.integer(named("retention", "repeats"), repeats, least=1, most=65_535)
    seconds = times_of(named("retention", "times"), times)
    if not isinstance(source, Trace):
        with Trace(source) as trace:
            same = {"repeats": repeats, "iteration": iteration, "dataset": dataset, "listener": listener}
            return retention(trace, times=seconds, **same, **departures)  # type: ignore[arg-type]
    source.check_devices()
    if writing := [key for key in WRITING if departures.get(key)]:
        raise LayoutError(
            f"{named('retention', writing[0])}: expected keys of time, got one of writing, and nothing is "
            "written here; see xbarsim.infer"
        )
    layout = source.layout.replace(**departures)
    at = source.iterations_done if iteration is None else iteration
    data = dataset if dataset is not None else load_dataset(source.layout.run.dataset)
    data = data.coded_as(source.provenance["dataset_sha256"])
    data.check_fits(layout.network.layers)
    trained = conductances_of(source, at)
    # What is read is what was written: no device differs any more than time has made it differ.
    plain = Layout.of(layers=layout.network.layers).variation
    draws = repeats if layout.variation.drift_sigma or layout.aging.spreads or layout.aging.flicker else 1
    said = condition_of(source)
    state = "" if said == TRAINED and at else recorded_state(source, at)
    done, arrays = itertools.count(), 1 + draws * len(seconds)
    ways = ["fewer times and repeats"]
    reader = Reader(dataclasses.replace(readable(layout), variation=plain), data, tests=arrays, ways=ways)

    def told() -> None:
        listener(next(done), arrays)

    told()
    before = reader.accuracy(trained)
    told()
    if not seconds:
        return Retention(str(source.path), at, before, (), (), state)
    kept = (Drawn(draw, [trained], [trained]) for draw in range(draws))
    found = read_over_time(reader, layout, kept, seconds, layout.run.seed, told)
    return Retention(str(source.path), at, before, seconds, found.accuracies, state)
