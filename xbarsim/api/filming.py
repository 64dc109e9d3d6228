"""Movies of a run; and a trace that can make one of itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..base.arguments import arguments, function, optional, path, text, truth, whole
from ..record import trace as record


@arguments(
    run=record.RUN,
    out=path,
    layer=whole,
    every=optional(whole),
    what=text,
    fps=whole,
    device=optional(text),
    force=truth,
    listener=function,
)
def movie(
    run: str | Path | record.Trace,
    out: str | Path,
    *,
    layer: int = 1,
    every: int | None = None,
    what: str = "w",
    fps: int = 15,
    device: str | None = None,
    force: bool = False,
    listener: Callable[[int, int], None] = lambda done, total: None,
) -> Path:
    """A movie of a layer's map over a run, beside the accuracy curve.

    Parameters
    ----------
    run : path or Trace
    out : path
        ``.gif``, or ``.mp4`` where the program ffmpeg is installed.
    layer : int
        From 1.
    every : int, optional
        Updates from picture to picture; default: a hundredth of the run. Of runs with keyframes only the keyframes at
        these distances.
    what : str
        ``w``, ``g_plus`` or ``g_minus``; of lower digits (rule ``bs``) with their number at the end: ``g_plus_1``.
    fps : int
        Pictures per second, 1 to 60.
    device : str, optional
        Of a plug-in's run, see `Trace`.
    force : bool
        Overwrite an existing movie.
    listener : callable
        Called with how many of how many pictures are done.

    Returns
    -------
    Path
        Where the movie is.

    Raises
    ------
    OutputError
        If it exists, cannot be written, or has no ending that is known; for ``.mp4`` if ffmpeg is missing.

    Examples
    --------
    >>> import tempfile, pathlib, xbarsim
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "run.h5"
    >>> layout = xbarsim.Layout.of(layers=(2, 2), iterations=40, dataset="two-pixels", n_max=9, eval_last=1)
    >>> _ = xbarsim.run(layout, out=path)
    >>> xbarsim.movie(path, path.with_suffix(".gif"), every=20).name
    'run.gif'
    >>> folder.cleanup()
    """
    from ..show.figures_movie import write_movie

    path = Path(out)
    how = {"layer": layer, "every": every, "what": what, "fps": fps, "force": force, "listener": listener}
    if isinstance(run, record.Trace):
        write_movie(run, path, **how)  # type: ignore[arg-type]
        return path
    with record.Trace(run, device=device) as trace:
        write_movie(trace, path, **how)  # type: ignore[arg-type]
    return path


class Trace(record.Trace):
    """A run file, read only: `xbarsim.record.trace.Trace`, which can also make a movie of itself.

    Parameters
    ----------
    path : str or Path
    device : str, optional
        Of a run whose device is a plug-in: its ``file.py:function``. What lies between keyframes follows from its code,
        which is run only if it is named here, and is that of the run (by SHA-256).

    Raises
    ------
    TraceError
        If the file is missing, foreign, damaged, or of another format version.

    Examples
    --------
    >>> import tempfile, pathlib, xbarsim
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "run.h5"
    >>> layout = xbarsim.Layout.of(layers=(2, 2), iterations=40, dataset="two-pixels", n_max=9, eval_last=1)
    >>> _ = xbarsim.run(layout, out=path)
    >>> with xbarsim.Trace(path) as trace:
    ...     g_plus, g_minus = trace.conductance(layer=1, iteration=23)
    ...     history = trace.synapse(layer=1, row=0, col=1)
    >>> g_plus.shape, g_plus.dtype
    ((3, 2), dtype('float32'))
    >>> bool(history.g_plus[23] == g_plus[0, 1])
    True
    >>> folder.cleanup()
    """

    def movie(
        self,
        out: str | Path,
        *,
        layer: int = 1,
        every: int | None = None,
        what: str = "w",
        fps: int = 15,
        force: bool = False,
    ) -> Path:
        """A movie of a layer's map over the run, beside the accuracy curve; see `xbarsim.movie`."""
        return movie(self, out, layer=layer, every=every, what=what, fps=fps, force=force)
