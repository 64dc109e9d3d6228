"""Which property of a device limits the accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.arguments import arguments, optional, several, text
from ..base.table import Table
from ..data_sets.data_set import Dataset
from ..describe.idle import tell_idle
from ..describe.layout import Layout
from ..describe.words import in_words
from ..study.limits import Found, Ranking, plan_limits, run_limits
from .given import STUDY, Listener, Stop, data_of, folder_of, layout_of, never, seeds_of, silent, stopped, workers_of
from .outcome import Outcome


@dataclass(frozen=True, repr=False)
class Limits(Outcome):
    """What limits a device.

    Attributes
    ----------
    found : Found
        A ranking for each pair method, the number of runs, and notes on what was left out.
    title : str
        Of the figure.

    Examples
    --------
    >>> import xbarsim
    >>> layout = xbarsim.Layout.of(layers=(2, 2), dataset="two-pixels", iterations=20, beta=0.0, n_max=9, eval_last=1)
    >>> limits = xbarsim.limits(layout.replace(c2c=0.3), seeds=1)
    >>> sorted(x.name for x in limits.rankings[0].limits), limits.found.runs
    (['cycle-to-cycle noise', 'number of states'], 4)
    """

    found: Found
    title: str

    @property
    def rankings(self) -> tuple[Ranking, ...]:
        """For each pair method the departures, the largest gain first."""
        return self.found.rankings

    @property
    def table(self) -> Table:
        """One line per method and departure."""
        return self.found.table

    def as_dict(self) -> dict[str, Any]:
        """For JSON; accuracies are fractions."""
        return self.found.as_dict()

    def _draw(self, out: Path | None, *, force: bool) -> Any:
        from ..show.figures_limits import plot_limits

        return plot_limits(self.found, out, self.title, force=force)


@arguments(**STUDY, methods=several(text, "pair methods"), device_name=optional(text))
def limits(
    layout: Layout | str | Path,
    *,
    methods: Sequence[str] = (),
    seeds: int | Sequence[int] = 3,
    workers: int | str = 1,
    folder: str | Path | None = None,
    dataset: Dataset | None = None,
    device_name: str | None = None,
    listener: Listener = silent,
    stop: Stop = never,
    **more: Any,
) -> Limits:
    """Switch off each departure from the ideal device, one at a time, and all but one, and rank them.

    Parameters
    ----------
    layout : Layout or path
        With the device that is asked about.
    methods : sequence of str
        Pair methods to look at one by one, ``("a", "b", "c", "fixed", "one-sided")``; default: the layout's.
    seeds, workers, folder, dataset, device_name, listener, stop, more :
        As of `sweep`.

    Returns
    -------
    Limits

    Raises
    ------
    LayoutError
        If there are no devices, or they depart from ideal ones in nothing.
    Stopped
        If `stop` said so.

    Examples
    --------
    >>> import xbarsim
    >>> layout = xbarsim.Layout.of(layers=(2, 2), dataset="two-pixels", iterations=20, n_max=9, eval_last=1)
    >>> limits = xbarsim.limits(layout, seeds=1)
    >>> limits.table.columns[:4]
    ('method', 'departure', 'size', 'accuracy_without')
    """
    base, chosen, n = layout_of(layout), seeds_of(seeds), workers_of(workers)
    plan = plan_limits(base, methods)
    tell_idle(base, stacklevel=4)
    data = data_of(base, dataset)
    with folder_of(folder) as kept:
        found = run_limits(plan, data, kept, seeds=chosen, workers=n, listener=listener, stop=stop, **more)
    if found is None:
        raise stopped()
    done = found.rankings[0].as_is.records[0]["iterations"]
    said = in_words(
        base, dataset=data.name, iterations=done, seeds=len(chosen), rule=not methods, named=device_name or ""
    )
    return Limits(found, f"What limits the device: {said}")
