"""Ranges of the sense circuits of a trained network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..after import calibrate as calibrating
from ..base.arguments import arguments, number, optional, text, whole
from ..base.table import Table
from ..data_sets.data_set import DATASET, Dataset
from ..record.trace import RUN, Trace
from .outcome import Outcome


@dataclass(frozen=True, repr=False)
class Calibration(Outcome):
    """Ranges of the sense circuits of a trained network.

    Attributes
    ----------
    found : Calibrated
        The ranges, and where they come from.

    Examples
    --------
    >>> import xbarsim
    >>> from xbarsim.after.calibrate import Calibrated
    >>> found = xbarsim.Calibration(Calibrated("run.h5", 200, "array", 99.9, 1000, ((12.0,), (8.0,))))
    >>> found.ranges
    ((12.0,), (8.0,))
    """

    found: calibrating.Calibrated

    @property
    def ranges(self) -> tuple[tuple[float, ...], ...]:
        """For each array one range, or one for each column, in units of (Gmax - Gmin) V_read: what the key
        ``sense_ranges`` takes.
        """
        return self.found.ranges

    @property
    def table(self) -> Table:
        """One line per range."""
        return self.found.table

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return self.found.as_dict()

    def save(self, path: str | Path, *, force: bool = False) -> None:
        """Write a file that ``sense_ranges`` takes, in a layout, in Python and with ``--sense-ranges``.

        Raises
        ------
        OutputError
            If it exists and `force` is not given, or cannot be written.
        """
        self.found.save(path, force=force)

    def _draw(self, out: Path | None, *, force: bool) -> Any:
        from ..show.figures_infer import plot_ranges

        return plot_ranges(self.found, out, force=force)


@arguments(
    run=RUN,
    per=text,
    percentile=number,
    images=whole,
    iteration=optional(whole),
    dataset=DATASET,
    device=optional(text),
)
def calibrate(
    run: str | Path | Trace,
    *,
    per: str = "column",
    percentile: float = 99.9,
    images: int = 1000,
    iteration: int | None = None,
    dataset: Dataset | None = None,
    device: str | None = None,
    **values: Any,
) -> Calibration:
    """Find ranges for the sense circuits of a trained network.

    Training images are read, in the run's circuit or in one that `values` say, without any range; each range is the
    percentile of the magnitudes of the currents that its sense circuits get, to 1.1 % upwards. Where inputs come bit by
    bit these are the currents of single bits. Test images are not looked at.

    Parameters
    ----------
    run : path or Trace
    per : str
        ``column``: a range for every column; ``array``: one for all columns of an array.
    percentile : float
        Of the currents that lie within; 100: all.
    images : int
        Training images that are read, at most, evenly spread over all.
    iteration : int, optional
        Number of updates after which the network is taken; default: the last.
    dataset : Dataset, optional
        Its training samples are used; default: the run's.
    device : str, optional
        Of a plug-in's run: its ``file.py:function``, see `Trace`.
    **values : any
        Keys of a layout that act when a network is read, as `infer` takes them.

    Returns
    -------
    Calibration

    Raises
    ------
    LayoutError
        If a key does not act when a network is read, or the rule senses no currents.
    TraceError
        If the file is none, or does not hold that iteration.

    Examples
    --------
    >>> import tempfile, pathlib, xbarsim
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "run.h5"
    >>> layout = xbarsim.Layout.of(layers=(2, 2), iterations=200, dataset="two-pixels", n_max=9, eval_last=1)
    >>> _ = xbarsim.run(layout, out=path)
    >>> found = xbarsim.calibrate(path, per="array")
    >>> len(found.ranges), found.ranges[0][0] > 0.5
    (1, True)
    >>> xbarsim.infer(path, sense_ranges=found.ranges, sense_bits=6).mean
    (1.0,)
    >>> folder.cleanup()
    """
    asked: dict[str, Any] = {"per": per, "percentile": percentile, "images": images, "iteration": iteration}
    asked["dataset"] = dataset
    if isinstance(run, Trace):
        return Calibration(calibrating.calibrate(run, **asked, **values))
    with Trace(run, device=device) as trace:
        return Calibration(calibrating.calibrate(trace, **asked, **values))
