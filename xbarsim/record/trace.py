"""Reading a run file: the conductance of any device at any iteration, curves and provenance."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..base import compiling
from ..base.arguments import instance, path
from ..base.errors import LayoutError, TraceError
from ..base.notes import Patience
from ..describe.plugin import Recorded
from ..learn.rule import State
from ..learn.table import kind_of, state_of
from .stored import Stored

_SLAB = 65_536  # events read at a time


class History(NamedTuple):
    """All states of one pair: index `n` holds the conductances after `n` updates."""

    iteration: np.ndarray  # (iterations + 1,) int64
    g_plus: np.ndarray  # (iterations + 1,) float32, S
    g_minus: np.ndarray  # (iterations + 1,) float32, S


class Trace(Stored):
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

    def __init__(self, path: str | Path, *, device: str | None = None) -> None:
        super().__init__(path, device=device)
        self._replayed: State | None = None
        self._patience = Patience(f"Replaying the recorded pulses of {self.path} ...", unless=compiling.is_under_way)

    # What is replayed -------------------------------------------------------------------------------------------------

    @property
    def needs_code(self) -> bool:
        """Whether states between keyframes follow from a plug-in's code, and nobody has named it."""
        return isinstance(self.layout.device.step, Recorded) and kind_of(self.layout).has_devices

    @property
    def state(self) -> State:
        """What replays: a state of the run's rule, with its devices as the file has them; its conductances are of no
        moment in particular.
        """
        if self._replayed is None:
            if self.needs_code:
                raise TraceError(
                    f"{self.path}: expected the plug-in '{self.layout.device.step}' for what is not at a keyframe "
                    f"({_listed(self.keyframes(1))}), got none: code is not run because a file says so; name it with "
                    f"--device, or in Python with Trace(..., device=...)"
                )
            try:
                self._replayed = state_of(self.layout)
            except LayoutError as error:
                raise TraceError(f"{self.path}: {error}") from None
            self._replayed.draw_devices()
            for k in range(self._replayed.n_layers):
                self._replayed.set_fixed(k, functools.partial(self.fixed, k + 1))
        return self._replayed

    def conductance(self, layer: int, iteration: int) -> tuple[np.ndarray, np.ndarray]:
        """(G+, G-), each (rows, cols) float32 in S, after `iteration` updates; 0 is the initial state.

        The nearest earlier keyframe is taken, and the recorded pulses are applied to it by the kernels that trained the
        network, so that every bit is what the engine held then. Device-to-device variation is included. Where a weight
        has several digits (rule ``bs``), these are the devices of the highest; `frame` has all.
        """
        k = self._layer(layer)
        n = self._iteration(iteration)
        self.check_devices()
        if self.needs_code:
            frames = self.keyframes(k)
            at = int(np.searchsorted(frames, n))
            if at < len(frames) and frames[at] == n:
                w = self.window(k)
                sides = ((w.x_plus, w.y_plus, "g_plus"), (w.x_minus, w.y_minus, "g_minus"))
                plus, minus = (x * self.frame_at(k, at, name, conductance=True) + y for x, y, name in sides)
                return plus, minus
        return self._at(k, n).conductances(k - 1)[0]

    def _at(self, k: int, n: int) -> State:
        """A state whose layer `k` is what it was after `n` updates."""
        state = self.state
        self.replay_into(state, k, self._seek(state, k, n), n)
        return state

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
        """What keyframes hold of a layer, after any number of updates: nominal conductances, S, of all digits; or
        weights.

        What does not follow from recorded pulses is NaN between keyframes.
        """
        k, n = self._layer(layer), self._iteration(iteration)
        self._check_kept(k, n)
        values = self._at(k, n).frame(k - 1)
        if all(kept.replayed for kept in self.state.kept):
            return values
        is_kept = n in self.keyframes(k)
        stored = self.stored_frame(k, n) if is_kept else tuple(np.full_like(x, np.nan) for x in values)
        return tuple(x if kept.replayed else y for kept, x, y in zip(self.state.kept, values, stored, strict=True))

    def stored_frame(self, layer: int, iteration: int) -> tuple[np.ndarray, ...]:
        """What the keyframe at `iteration` holds of a layer, as it stands in the file."""
        return self._stored(self._layer(layer), int(np.searchsorted(self.keyframes(layer), iteration)))

    def _stored(self, k: int, at: int) -> tuple[np.ndarray, ...]:
        """What the `at`-th keyframe holds of layer `k`."""
        return tuple(self.frame_at(k, at, kept.name, conductance=kept.units == "S") for kept in self.state.kept)

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

    def _check_kept(self, k: int, n: int) -> None:
        frames = self.keyframes(k)
        if not self.state.replays and n not in frames:
            raise TraceError(
                f"{self.path} iteration: expected a keyframe of this {self.layout.pulses.rule} run "
                f"({_listed(frames)}), got {n}; only runs with devices keep every iteration"
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
                f"{self.path}: expected a run whose weights are pairs of devices, got {self.state.known_as}; "
                "ask for its weights"
            )

    def check_devices(self) -> None:
        """Raise a `TraceError` for a run that has weights and no conductances."""
        if not kind_of(self.layout).has_devices:
            raise TraceError(
                f"{self.path}: expected a run with devices, got {self.state.known_as}, which has weights only; "
                "ask for its weights"
            )

    def _seek(self, state: State, k: int, n: int) -> int:
        """Put layer `k` into its last keyframe up to iteration `n`; returns the keyframe's iteration.

        Devices that wear out are taken from the start, since their pulses have to be counted.
        """
        frames = self.keyframes(k)
        at = 0 if self.layout.variation.endurance else int(np.searchsorted(frames, n, "right")) - 1
        state.clear_counts(k - 1)
        try:
            state.set_frame(k - 1, self._stored(k, at))
        except LayoutError as error:  # the ladder engine's states are numbered
            self._file.damaged(f"layer_{k}, keyframe {frames[at]}", "states of the device", str(error))
        return int(frames[at])

    def restart(self, layer: int) -> int:
        """Put a layer of `state` where the run began, with no pulses counted; returns 0."""
        self.state.clear_counts(layer - 1)
        self.state.set_frame(layer - 1, self._stored(layer, 0))
        return 0

    def advance(self, layer: int, after: int, until: int) -> int:
        """Take a layer of `state` from one update to a later one; returns that."""
        self.replay_into(self.state, layer, after, until)
        return until

    def replay_into(self, state: State, layer: int, after: int, until: int) -> None:
        """Apply the pulses of iterations ``after + 1 .. until`` to layer `layer` of `state`."""
        if after == until:
            return
        with self._patience.waiting():
            self._replay_part(state, layer, after, until)

    def _replay_part(self, state: State, layer: int, after: int, until: int) -> None:
        state.begin_replay(layer - 1, after)
        iteration = self.event_iterations(layer)
        a, high = (int(np.searchsorted(iteration, i, "right")) for i in (after, until))
        while a < high:
            # All events of an iteration have to come together.
            b = int(np.searchsorted(iteration, iteration[min(a + _SLAB, high) - 1], "right"))
            state.replay(layer - 1, *self.events(layer, iteration, slice(a, b)))
            a = b
        state.end_replay(layer - 1, until)

    def synapse(self, layer: int, row: int, col: int, digit: int = 0) -> History:
        """The whole history of one pair, from its own pulses alone; with half-select disturb from those of its array.

        Where a weight has several digits, `digit` says which; 0 is the highest.
        """
        self.check_devices()
        k = self._layer(layer)
        rows, cols = self.shapes[k - 1]
        where = f"layer {layer} ({rows} rows, {cols} columns)"
        i = self._within(f"{where} row", row, rows - 1)
        j = self._within(f"{where} column", col, cols - 1)
        state = self.state
        q = self._within(f"{where} digit", digit, len(state.conductances(k - 1)) - 1)
        self._seek(state, k, 0)
        with self._patience.waiting():
            if self.layout.gates.disturb:
                return self._disturbed_synapse(k, i, j, q)
            when, number, sign = self.crossings(k, i, j, _SLAB).of_batch(state.plan.batch)
            out = state.walk(k - 1, i, j, when, number, sign, self.iterations_done)
        n = np.arange(self.iterations_done + 1)
        return History(n, np.ascontiguousarray(out[:, 2 * q]), np.ascontiguousarray(out[:, 2 * q + 1]))

    def _disturbed_synapse(self, k: int, i: int, j: int, q: int) -> History:
        """A pair's history where pulses elsewhere move it too: the whole array is replayed, iteration by iteration."""
        state = self.state
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


def _listed(frames: np.ndarray) -> str:
    """Iterations of keyframes, in short."""
    few = [f"{n}" for n in frames.tolist()]
    return ", ".join(few if len(few) <= 6 else [*few[:3], "...", *few[-2:]])
