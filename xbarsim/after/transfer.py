"""Off-chip learning: trained conductances are written into other arrays, whose devices differ from the ones they were
trained on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..base import checks
from ..base.arguments import arguments, function, number, optional, text, whole
from ..data_sets.data_set import DATASET, Dataset
from ..data_sets.load import load_dataset
from ..record.trace import RUN, Trace
from .reader import Reader, conductances_of, readable
from .writing import WRITES, Into, written, written_into

__all__ = ["WRITES", "Transfer", "transfer", "written"]


@dataclass(frozen=True)
class Transfer:
    """Test accuracies after a transfer, as fractions.

    Examples
    --------
    >>> import xbarsim
    >>> xbarsim.Transfer("run.h5", 200, 0.5, "weights", 0.95, (0.75, 1.0)).mean
    0.875
    """

    file: str
    iteration: int
    sigma: float
    write: str
    accuracy_before: float
    accuracies: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over the arrays."""
        return float(np.mean(self.accuracies))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        extremes = {"mean": self.mean, "min": min(self.accuracies), "max": max(self.accuracies)}
        return {**dataclasses.asdict(self), "accuracies": list(self.accuracies), **extremes}


@arguments(
    source=RUN,
    repeats=whole,
    iteration=optional(whole),
    dataset=DATASET,
    listener=function,
    sigma=number,
    seed=optional(whole),
    write=text,
    sigma_negative=text,
    sigma_per=text,
)
def transfer(
    source: str | Path | Trace,
    *,
    sigma: float,
    repeats: int = 10,
    seed: int | None = None,
    write: str = "weights",
    sigma_negative: str = "zero",
    sigma_per: str = "device",
    iteration: int | None = None,
    dataset: Dataset | None = None,
    first: int = 1,
    listener: Callable[[int, int], None] = lambda *_: None,
) -> Transfer:
    """Write the trained network of a run into arrays with device-to-device variation, and test each.

    Parameters
    ----------
    source : path or Trace
        A run with devices.
    sigma : float
        A device conducts X times what was written, X ~ N(1, sigma).
    repeats : int
        Number of arrays drawn.
    seed : int, optional
        Seed of the draws; default: the run's.
    write : str
        ``weights``: one device of a pair carries W, the other stays at Gmin; ``states``: G+ and G- as they were
        trained.
    sigma_negative, sigma_per : str
        As in a layout's section ``variation``.
    iteration : int, optional
        Number of updates after which the network is taken; default: the last.
    dataset : Dataset, optional
        Its test samples are used; default: the run's.
    first : int
        Number of the first array: the second ten are drawn with 11.
    listener : callable
        Called with the number of arrays that were tested, and of all: at first with none.

    Returns
    -------
    Transfer

    Examples
    --------
    >>> import tempfile, pathlib, xbarsim
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "run.h5"
    >>> layout = xbarsim.Layout.of(layers=(2, 2), iterations=200, dataset="two-pixels", n_max=9, eval_last=1)
    >>> _ = xbarsim.run(layout, out=path)
    >>> result = xbarsim.transfer(path, sigma=0.0, repeats=2)
    >>> result.accuracies, result.accuracy_before, result.iteration
    ((1.0, 1.0), 1.0, 200)
    >>> folder.cleanup()
    """
    checks.choice("transfer.write", write, WRITES)
    repeats = checks.integer("transfer.repeats", repeats, least=1, most=65_535)
    first = checks.integer("transfer.first", first, least=1, most=65_536 - repeats)
    if not isinstance(source, Trace):
        with Trace(source) as trace:
            return transfer(
                trace,
                sigma=sigma,
                repeats=repeats,
                seed=seed,
                write=write,
                sigma_negative=sigma_negative,
                sigma_per=sigma_per,
                iteration=iteration,
                dataset=dataset,
                first=first,
                listener=listener,
            )
    source.check_devices()
    trained = source.layout
    # The arrays that are written are like the trained one in all but their variation.
    layout = trained.replace(
        sigma=sigma, sigma_negative=sigma_negative, sigma_per=sigma_per, seed=trained.run.seed if seed is None else seed
    )
    at = source.iterations_done if iteration is None else iteration
    data = dataset if dataset is not None else load_dataset(trained.run.dataset)
    data = data.coded_as(source.provenance["dataset_sha256"])
    data.check_fits(layout.network.layers)
    asked = [written(sides, write, layout.device.g_min) for sides in conductances_of(source, at)]
    reader = Reader(
        readable(layout).replace(sigma=0.0, write_noise=0.0), data, tests=repeats + 1, ways=["fewer repeats"]
    )
    # Only scales differ, whatever else the run's own devices differed by.
    scaled = layout.replace(g_min_sigma=0.0, g_max_sigma=0.0)
    accuracies = []
    listener(0, repeats + 1)
    for done, draw in enumerate([0, *range(first, first + repeats)]):  # 0 is the array without variation
        into = Into(windows=draw > 0)
        sides = [written_into(scaled, into, k, own, layout.run.seed, draw) for k, own in enumerate(asked)]
        accuracies.append(reader.accuracy(sides))
        listener(done + 1, repeats + 1)
    return Transfer(str(source.path), at, layout.variation.sigma, write, accuracies[0], tuple(accuracies[1:]))
