"""How far a run is, shown where it is called from: a terminal, a notebook, a log."""

from __future__ import annotations

from ..show.progress import RunDisplay


class progress(RunDisplay):
    """Shows how far a run is: a bar in a terminal, or in a notebook that has ipywidgets; else a line now and then.

    Parameters
    ----------
    quiet : bool
        Nothing is shown.

    Examples
    --------
    >>> import xbarsim
    >>> layout = xbarsim.Layout.of(layers=(2, 2), iterations=40, dataset="two-pixels", n_max=9, eval_last=1)
    >>> with xbarsim.progress(quiet=True) as bar:
    ...     result = xbarsim.run(layout, listener=bar)
    >>> result.finished
    True
    """

    def __init__(self, *, quiet: bool = False) -> None:
        super().__init__(quiet=quiet)
