"""Reading a run file: the conductance of any device at any iteration, curves and provenance."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..base.arguments import instance, path
from ..base.errors import TraceError
from ..base.notes import note
from ..base.shown import Rows, presented
from ..describe.words import in_words
from ..learn.rule import State
from ..learn.table import kind_of
from .labelled import to_xarray
from .replaying import SLAB, Replaying, listed


class History(NamedTuple):
    """All states of one pair: index `n` holds the conductances after `n` updates."""

    iteration: np.ndarray  # (iterations + 1,) int64
    g_plus: np.ndarray  # (iterations + 1,) float32, S
    g_minus: np.ndarray  # (iterations + 1,) float32, S


def _in_short(trace: Trace) -> str:
    named = trace.layout.network.named
    return f"Trace({str(trace.path)!r}: {named}, {trace.status}, {trace.iterations_done:,} iterations)"


def _rows(trace: Trace) -> Rows:
    (iteration, accuracy), frames = trace.accuracy, trace.keyframes(1)
    taken = f"{100.0 * accuracy[-1]:.2f} % at iteration {iteration[-1]:,}" if len(accuracy) else "not taken yet"
    return f"Trace of {trace.path}", [
        ("run", in_words(trace.layout, dataset=str(trace.provenance["dataset"]))),
        ("status", f"{trace.status}, {trace.iterations_done:,} iterations"),
        ("test accuracy", taken),
        ("arrays", ", ".join(f"{rows} x {cols}" for rows, cols in trace.shapes)),
        ("keyframes", f"{len(frames)}, the last at iteration {frames[-1]:,}"),
        ("pulses, resets", ", ".join(f"{int(trace.curves[name].sum()):,}" for name in ("pulses", "resets"))),
        ("made by", f"xbarsim {trace.provenance['xbarsim_version']}"),
    ]


@presented(_in_short, _rows)
class Trace(Replaying):
    """A run file, read only. It may still be being written: what is seen is the last commit before opening.

    A running file is copied into memory for that, up to 1 GiB; a larger one has to be opened anew when the run goes on.

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
    >>> layout = xbarsim.Layout.of(layers=(784, 20, 10), iterations=150, dataset="digits", n_max=9, eval_last=1)
    >>> _ = xbarsim.run(layout, out=path)
    >>> with xbarsim.Trace(path) as trace:
    ...     g_plus, g_minus = trace.conductance(layer=1, iteration=123)
    ...     history = trace.synapse(layer=1, row=300, col=17)
    >>> g_plus.shape, g_plus.dtype
    ((785, 20), dtype('float32'))
    >>> bool(history.g_plus[123] == g_plus[300, 17])
    True
    >>> folder.cleanup()
    """

    def conductance(self, layer: int, iteration: int, *, digit: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """(G+, G-), each (rows, cols) float32 in S, after `iteration` updates; 0 is the initial state.

        The nearest earlier keyframe is taken, and the recorded pulses are applied to it by the kernels that trained the
        network, so that every bit is what the engine held then. Device-to-device variation is included, and noise of
        writing (`write_noise`): it is what reads found. The states below it are in `frame`. Where a weight
        has several arrays, `digit` says which: 0 is the highest digit (rule ``bs``), or the slow array; 1 the fast one.
        """
        k = self._layer(layer)
        n = self._iteration(iteration)
        self.check_devices()
        q = self._within("digit", digit, self.layout.rule.arrays(self.layout) - 1)
        if self.needs_code and q == 0 and not self.layout.variation.write_noise:
            frames = self.keyframes(k)
            at = int(np.searchsorted(frames, n))
            if at < len(frames) and frames[at] == n:
                w = self.window(k)
                sides = ((w.x_plus, w.y_plus, "g_plus"), (w.x_minus, w.y_minus, "g_minus"))
                plus, minus = (x * self.frame_at(k, at, name, conductance=True) + y for x, y, name in sides)
                return plus, minus
        return self._at(k, n).conductances(k - 1)[q]

    def go_to(self, layer: int, iteration: int) -> None:
        """Replay a layer up to an iteration, so that what is asked of it next is near."""
        self._at(self._layer(layer), self._iteration(iteration))

    def state_at(self, iteration: int) -> State:
        """What was trained, all layers as they were after so many updates; it is the one that replays, and moves on.

        Raises
        ------
        TraceError
            Of runs that keep keyframes only, if this is none of them.
        """
        n = self._iteration(iteration)
        for k in range(1, len(self.shapes) + 1):
            self._check_kept(k, n)
            self._at(k, n)
        self.state.iteration = n
        return self.state

    def frame(self, layer: int, iteration: int) -> tuple[np.ndarray, ...]:
        """What keyframes hold of a layer, after any number of updates: nominal conductances, S, of all digits, which
        are what pulses move, without windows and noise of writing; or weights.

        What does not follow from what is recorded is NaN between keyframes, which is told.
        """
        k, n = self._layer(layer), self._iteration(iteration)
        self._check_kept(k, n)
        values = self._at(k, n).frame(k - 1)
        if all(kept.replayed for kept in self._own.kept):
            return values
        is_kept = n in self.keyframes(k)
        if not is_kept:
            missing = ", ".join(kept.name for kept in self._own.kept if not kept.replayed)
            note(
                f"{self.path}: {missing} of iteration {n} is not known, since this run keeps it at keyframes only "
                f"({listed(self.keyframes(k))}); NaN stands for it"
            )
        stored = self.stored_frame(k, n) if is_kept else tuple(np.full_like(x, np.nan) for x in values)
        return tuple(x if kept.replayed else y for kept, x, y in zip(self._own.kept, values, stored, strict=True))

    def kept(self, layer: int, iteration: int) -> dict[str, np.ndarray]:
        """`frame` by names: ``g_plus``, ``g_minus``, of further arrays of a layer with their number at the end, and
        what a rule keeps besides: ``buffer``, ``chopper`` and so on; each (rows, cols) float32.

        As of `frame`, what does not follow from what is recorded is NaN between keyframes: ``chi`` of a run with
        ``accumulate_record = false`` is. Nothing is raised; a line of the logger ``xbarsim`` says it.
        """
        names = [kept.name for kept in self._own.kept]
        return dict(zip(names, self.frame(layer, iteration), strict=True))

    @property
    def kept_besides(self) -> dict[str, str]:
        """What a rule keeps of pairs of devices besides conductances: names, as of `kept`, and what they mean."""
        if self.needs_code or not kind_of(self.layout).has_devices:
            return {}
        return {kept.name: kept.long_name for kept in self._own.kept if kept.units != "S"}

    def stored_frame(self, layer: int, iteration: int) -> tuple[np.ndarray, ...]:
        """What the keyframe at `iteration` holds of a layer, as it stands in the file."""
        return self._stored(self._layer(layer), int(np.searchsorted(self.keyframes(layer), iteration)))

    def weights(self, layer: int, iteration: int) -> np.ndarray:
        """W, (rows, cols) float32: G+ - G- in S; of rule ``bs`` the whole weight, without unit; or the float weights of
        a software run, which are kept at keyframes only.
        """
        k, n = self._layer(layer), self._iteration(iteration)
        if self.needs_code and self.is_pairs and n in self.keyframes(k):
            plus, minus = self.conductance(k, n)
            difference: np.ndarray = plus - minus
            return difference
        self._check_kept(k, n)
        return np.array(self._at(k, n).weight_matrix(k - 1), order="C")

    def to_xarray(self, *, every: int = 1, chunks: Any = None) -> Any:
        """The run as an `xarray.Dataset`; conductances are replayed when they are used, so the trace has to stay open.

        Parameters
        ----------
        every : int
            Updates from one moment to the next on the axis ``iteration``. Of runs that have keyframes only, these.
        chunks : optional
            As `xarray.Dataset.chunk` takes it, ``{"iteration": 100}``: then arrays are Dask's.

        Returns
        -------
        xarray.Dataset
            Of every layer n: ``w_layer_n``, ``g_plus_layer_n``, ``g_minus_layer_n`` (iteration, row_n, column_n)
            float32, S or without unit; ``accuracy`` (evaluated); ``loss``, ``wrong``, ``pulses``, ``resets`` (update).
            Units stand in the attributes, the layout and where it comes from in those of the whole.

        Raises
        ------
        XbarsimError
            Where xarray, or for `chunks` Dask, is not installed.
        """
        return to_xarray(self, every=every, chunks=chunks)

    def _check_kept(self, k: int, n: int) -> None:
        frames = self.keyframes(k)
        if not self._own.replays and n not in frames:
            raise TraceError(
                f"{self.path} iteration: expected a keyframe of this {self.layout.pulses.rule} run "
                f"({listed(frames)}), got {n}; only runs with devices keep every iteration"
            )

    @property
    def is_pairs(self) -> bool:
        """Whether the network is made of pairs of devices, W = G+ - G-, one for each weight."""
        return kind_of(self.layout).has_devices and self.layout.rule.arrays(self.layout) == 1

    def check_pairs(self) -> None:
        """Raise a `TraceError` unless the network is made of pairs of devices, W = G+ - G-."""
        self.check_devices()
        if not self.is_pairs:
            raise TraceError(
                f"{self.path}: expected a run whose weights are pairs of devices, got {self._own.known_as}; "
                "ask for its weights"
            )

    def check_devices(self) -> None:
        """Raise a `TraceError` for a run that has weights and no conductances."""
        if not kind_of(self.layout).has_devices:
            raise TraceError(
                f"{self.path}: expected a run with devices, got {self._own.known_as}, which has weights only; "
                "ask for its weights"
            )

    def synapse(self, layer: int, row: int, col: int, digit: int = 0) -> History:
        """The whole history of one pair, from its own pulses alone; with half-select disturb from those of its array.

        Where a weight has several arrays, `digit` says which: 0 is the highest digit, or the slow array; 1 the next, or
        the fast one.
        """
        self.check_devices()
        k = self._layer(layer)
        rows, cols = self.shapes[k - 1]
        where = f"layer {layer} ({rows} rows, {cols} columns)"
        i = self._within(f"{where} row", row, rows - 1)
        j = self._within(f"{where} column", col, cols - 1)
        state = self._own
        q = self._within(f"{where} digit", digit, len(state.conductances(k - 1)) - 1)
        self._seek(state, k, 0)
        with self._patience.waiting():
            if self.layout.gates.disturb:
                return self._disturbed_synapse(k, i, j, q)
            when, number, sign = self.crossings(k, i, j, SLAB).of_batch(state.plan.batch)
            out = state.walk(k - 1, i, j, when, number, sign, self.iterations_done)
        n = np.arange(self.iterations_done + 1)
        return History(n, np.ascontiguousarray(out[:, 2 * q]), np.ascontiguousarray(out[:, 2 * q + 1]))

    def _disturbed_synapse(self, k: int, i: int, j: int, q: int) -> History:
        """A pair's history where pulses elsewhere move it too: the whole array is replayed, iteration by iteration."""
        state = self._own
        n = np.arange(self.iterations_done + 1)
        g_plus, g_minus = np.empty(len(n), np.float32), np.empty(len(n), np.float32)
        iteration = self.event_iterations(k)
        _, *bits = self.events(k, iteration, slice(None))
        first = np.searchsorted(iteration, n, "left")
        last = np.searchsorted(iteration, n, "right")
        state.begin_replay(k - 1, 0)
        for at in n.tolist():
            part = slice(first[at], last[at])
            state.replay(k - 1, iteration[part], *(b[part] for b in bits))
            state.end_replay(k - 1, at)  # without events, too, a rule may have something to do
            g_plus[at], g_minus[at] = (side[i, j] for side in state.conductances(k - 1)[q])
        return History(n, g_plus, g_minus)


RUN = instance(Trace, "a Trace or the path of a run file", "give the path that xbarsim.run wrote", path)
"""What functions take that look at a run."""
