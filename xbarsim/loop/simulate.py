"""A run from its layout to its result, and a run that goes on: see `running` for the loop of both."""

from __future__ import annotations

import dataclasses
import multiprocessing
import platform
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .._version import __version__
from ..base import checks
from ..base.arguments import arguments, function, instance, optional, path, text, truth, whole
from ..base.errors import LayoutError, OddWarning, TraceError
from ..base.files import is_there
from ..base.notes import note
from ..data_sets.activity import activity_of
from ..data_sets.data_set import DATASET
from ..data_sets.load import Dataset, load_dataset, recorded_name
from ..data_sets.order import iterations_of
from ..describe.defaults import changed, settle
from ..describe.idle import idle, idle_lines, tell_idle
from ..describe.layout import Layout
from ..describe.oddities import oddities
from ..describe.prospects import prospects
from ..learn.rule import State
from ..learn.table import state_of
from ..record.committed import CommittedFile
from ..record.journal import journal_path
from ..record.places import check_writable
from ..record.trace import Trace
from ..record.writer import TraceWriter
from .results import Checkpoint, Listener, Result
from .running import Loop


def _seconds(where: str, value: Any) -> None:
    checks.number(where, value, least=0.0)


@arguments(
    layout=instance(Layout, "a Layout", "build one with xbarsim.Layout.of(...)"),
    out=optional(path),
    dataset=DATASET,
    force=truth,
    listener=optional(function),
    stop=function,
    command_line=text,
    commit_seconds=_seconds,
    watch=optional(function),
)
def run(
    layout: Layout,
    *,
    out: str | Path | None = None,
    dataset: Dataset | None = None,
    force: bool = False,
    listener: Listener | None = None,
    stop: Callable[[], bool] = lambda: False,
    command_line: str = "",
    commit_seconds: float = 1.0,
    watch: Callable[[Checkpoint, State], None] | None = None,
) -> Result:
    """Train the network of `layout` on its simulated array.

    Parameters
    ----------
    layout : Layout
    out : path, optional
        Run file to write; None keeps no trace.
    dataset : Dataset, optional
        Used instead of the one `layout` names.
    force : bool
        Overwrite an existing `out`. It is replaced at the first commit that holds iterations, not before.
    listener : callable, optional
        Called with `Progress`.
    stop : callable, optional
        Asked between blocks; True ends the run early, with a file that `resume` continues.
    command_line : str
        Kept in the file.
    commit_seconds : float
        Shortest time between two commits of the file, s.
    watch : callable, optional
        Called wherever the test accuracy is taken, with the state to look at.

    Returns
    -------
    Result

    Examples
    --------
    >>> import xbarsim
    >>> layout = xbarsim.Layout.of(layers=(784, 10), iterations=200, dataset="digits", n_max=9, eval_last=1, seed=1)
    >>> result = xbarsim.run(layout)
    >>> result.iterations, result.engine, result.dataset
    (200, 'ladder', 'digits')
    """
    _check_trained("run", layout)
    said = [*idle_lines(idle(layout)), *oddities(layout)]
    for line in oddities(layout):  # of many runs a study keeps them with the records
        warnings.warn(line, OddWarning, stacklevel=3)
    if multiprocessing.parent_process() is None:  # a study says it once for all its runs
        tell_idle(layout, stacklevel=4)
    file_path = None if out is None else Path(out)
    if file_path is not None:
        check_writable(file_path, force=force, resumed=True)
    data = dataset if dataset is not None else load_dataset(layout.run.dataset)
    data.check_fits(layout.network.layers)
    if dataset is None:
        layout = layout.replace(dataset=recorded_name(layout.run.dataset, data))
    if layout.run.epochs is None:
        layout = layout.replace(iterations=iterations_of(layout, len(data.y_train)))
    layout = _with_curve(layout, iterations_of(layout, len(data.y_train)))
    if layout.run.schedule is None and layout.rule.falls(layout):
        layout = layout.replace(schedule=iterations_of(layout, len(data.y_train)))
    activity = activity_of(data)
    said += [*data.notes, *prospects(layout, activity)]
    for line in prospects(layout, activity):
        warnings.warn(line, OddWarning, stacklevel=3)
    given, layout = layout, settle(layout, activity)
    state = state_of(layout)
    state.check_trainable()
    writer = None
    if file_path is not None:
        file = CommittedFile(file_path, "w" if force else "x")
        provenance = provenance_of(layout, state, data, command_line, given)
        writer = TraceWriter(file, state, {**provenance, "warnings": "\n".join(said)}, commit_seconds=commit_seconds)
    return Loop(layout, data, state, writer, file_path, listener, stop, watch).go()


def _check_trained(where: str, layout: Layout) -> None:
    """Refuse networks that are only read."""
    if layout.rule.read_only:
        raise LayoutError(
            f"{where}: expected a network that is trained, got one of rule '{layout.pulses.rule}': "
            f"{layout.rule.read_only}; read it with xbarsim infer, or write it with xbarsim program"
        )


def _with_curve(layout: Layout, iterations: int) -> Layout:
    """The layout with points on its accuracy curve: as it says, or as the length asks for."""
    given = layout.run.eval_every
    if given is not None and given <= iterations:
        return layout
    every = layout.replace(eval_every=None).run.spacing(iterations)
    if given is not None:
        note(
            f"run.eval_every: {given:,} is more than the {iterations:,} iterations of this run, so that its curve had "
            f"no points; the accuracy is taken every {every:,} (0: only at the end)"
        )
    return layout.replace(eval_every=every)


@arguments(
    path=path,
    dataset=DATASET,
    device=optional(text),
    iterations=optional(whole),
    epochs=optional(whole),
    listener=optional(function),
    stop=function,
    commit_seconds=_seconds,
)
def resume(
    path: str | Path,
    *,
    dataset: Dataset | None = None,
    device: str | None = None,
    iterations: int | None = None,
    epochs: int | None = None,
    listener: Listener | None = None,
    stop: Callable[[], bool] = lambda: False,
    commit_seconds: float = 1.0,
) -> Result:
    """Continue an interrupted run to the same end that it would have had, or a finished one to a later end.

    The state is rebuilt from the recorded pulses, and checked against the last keyframe on the way.

    Parameters
    ----------
    path : path
    dataset : Dataset, optional
        Used instead of the one the run names; it has to be the same.
    device : str, optional
        ``file.py:function`` of a run whose device is a plug-in: its code is run only if it is named here, and is that
        of the run.
    iterations, epochs : int, optional
        A new end. Up to the old one all is as it was: what follows is what a run of that length would have had, but
        for a schedule, which stays that of the old length.
    listener, stop, commit_seconds
        See `run`.

    Examples
    --------
    >>> import tempfile, pathlib, xbarsim
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "run.h5"
    >>> layout = xbarsim.Layout.of(layers=(2, 2), iterations=500, dataset="two-pixels", n_max=9, eval_every=100)
    >>> ticks = iter([False, True])
    >>> xbarsim.run(layout, out=path, stop=lambda: next(ticks)).finished
    False
    >>> xbarsim.resume(path).iterations
    500
    >>> folder.cleanup()
    """
    path = Path(path)
    if is_there(journal_path(path)):
        CommittedFile(path, "r+").abandon()  # a process was killed in a commit, perhaps in the last: put it in
    with Trace(path, device=device) as trace:
        _check_trained(str(path), trace.layout)
        data = _same_data(trace, dataset)
        longer = _longer(trace, iterations, epochs, len(data.y_train))
        if trace.finished and longer is None:
            # Nothing is trained, so no plug-in's code is needed to tell what there is.
            code = {"model": "exponential", "step": None, "step_sha256": None}
            plain: dict[str, Any] = code if trace.needs_code else {}
            layout = trace.layout.replace(**plain)
            loop = Loop(layout, data, state_of(layout), None, path, listener, stop)
            loop.load_curves(trace)
            return dataclasses.replace(loop.result(trace.seconds), engine=trace.provenance["engine"])
    file = CommittedFile(path, "r+")  # locked from here on: what is read now is where the run goes on
    try:
        with Trace(path, device=device) as trace:
            layout = longer or trace.layout
            trace.state  # noqa: B018 - refuses a plug-in that nobody has named
            state = state_of(layout)
            trace.without_missing(state)
            state.check_trainable()
            loop = Loop(layout, data, state, None, path, listener, stop)
            loop.rebuild(trace)
        loop.writer = TraceWriter(file, state, None, commit_seconds=commit_seconds)
        if longer is not None:
            loop.writer.extend(layout.to_toml())
    except BaseException:
        file.abandon()
        raise
    return loop.go()


def _longer(trace: Trace, iterations: int | None, epochs: int | None, samples: int) -> Layout | None:
    """The layout of a run that is to end later than it was to; None if it is to end when it was."""
    if iterations is None and epochs is None:
        return None
    layout = trace.layout
    more = layout.replace(epochs=epochs) if iterations is None else layout.replace(iterations=iterations)
    before, after = (iterations_of(x, samples) for x in (layout, more))
    if after == before:
        return None
    if after < before:
        raise TraceError(
            f"{trace.path}: expected at least the {before:,} iterations it was started with, got {after:,}; "
            "its first iterations are all there, see xbarsim inspect"
        )
    return more


def _same_data(trace: Trace, dataset: Dataset | None) -> Dataset:
    """The data set a run was started with, or an error."""
    data = dataset if dataset is not None else load_dataset(trace.layout.run.dataset)
    data = data.coded_as(trace.provenance["dataset_sha256"])
    if data.sha256 != trace.provenance["dataset_sha256"]:
        raise TraceError(
            f"{trace.path}: expected data set '{trace.provenance['dataset']}' with SHA-256 "
            f"{trace.provenance['dataset_sha256'][:12]}..., got {data.sha256[:12]}... from {data.origin}; "
            "point XBARSIM_DATA at the data it was started with"
        )
    return data


def provenance_of(
    layout: Layout, state: State, data: Dataset | None, command_line: str, given: Layout
) -> dict[str, Any]:
    """What a run file keeps of where it comes from; without data, none is named."""
    import h5py  # noqa: TID251 - only its version is read
    import numba  # noqa: TID251 - only its version is read

    return {
        "layout": layout.to_toml(),
        "derived": " ".join(changed(given, layout)),
        "seed": np.int64(layout.run.seed),
        "engine": state.engine,
        "dataset": data.name if data else "",
        "dataset_sha256": data.sha256 if data else "",
        "dataset_origin": data.origin if data else "",
        "command_line": command_line,
        "xbarsim_version": __version__,
        "python_version": platform.python_version(),
        "numpy_version": np.__version__,
        "numba_version": numba.__version__,
        "h5py_version": h5py.__version__,
        "platform": platform.platform(),
    }
