"""A run file whose layers can be put into any iteration: the state that replays, and the shortest way to a moment."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Self

import numpy as np

from ..base import compiling
from ..base.errors import LayoutError, TraceError
from ..base.notes import Patience
from ..describe.recorded import Recorded
from ..learn.rule import State
from ..learn.table import kind_of, state_of
from . import vectors
from .near import Held, Near
from .stored import Stored

SLAB = 65_536  # events read at a time
_ALONG = 2_000
"""Iterations that are rather replayed from where a layer stands than begun nearer: putting a layer into another state
costs as much."""


class Replaying(Stored):
    """What `trace.Trace` replays with."""

    def __init__(self, path: str | Path, *, device: str | None = None) -> None:
        super().__init__(path, device=device)
        self.file_id = self._file.text("file_id") if self._file.has("file_id") else ""
        """32 letters that no other file has; "" of old files."""
        self._patience = Patience(f"Replaying the recorded pulses of {self.path} ...", unless=compiling.is_under_way)
        self._replayed: State | None = None
        self._handed_out = False  # then others may move the state that replays, and nobody knows where it stands
        self._stands: dict[int, int] = {}  # layer -> updates it was replayed to
        self._room, self._near = 0, Near(0, self.shapes, 0, 1)
        self._frames: dict[int, np.ndarray] = {}
        self._when: dict[int, np.ndarray] = {}

    def keyframes(self, layer: int) -> np.ndarray:
        """Iterations at which all conductances of `layer` are stored."""
        if layer not in self._frames:
            self._frames[layer] = super().keyframes(layer)
        return self._frames[layer]

    def event_iterations(self, layer: int) -> np.ndarray:
        """Iterations of all pulse events of a layer, (events,) int64."""
        if layer not in self._when:
            self._when[layer] = super().event_iterations(layer)
        return self._when[layer]

    @property
    def needs_code(self) -> bool:
        """Whether states between keyframes follow from a plug-in's code, and nobody has named it."""
        return isinstance(self.layout.device.step, Recorded) and kind_of(self.layout).has_devices

    @property
    def state(self) -> State:
        """What replays: a state of the run's rule, with its devices as the file has them; its conductances are of no
        moment in particular.
        """
        self._handed_out = True
        return self._own

    @property
    def replays(self) -> bool:
        """Whether every iteration can be looked at; else only keyframes, since nothing is kept between them, or what
        lies there follows from code that nobody has named.
        """
        return not self.needs_code and bool(self._own.replays)

    @property
    def _between(self) -> str:
        return f"what is not at a keyframe ({listed(self.keyframes(1))})"

    @property
    def _own(self) -> State:
        """The state that replays."""
        if self._replayed is None:
            if self.needs_code:
                noisy = self.layout.variation.write_noise > 0.0
                what = "what devices conduct that have noise of their writes" if noisy else self._between
                raise TraceError(
                    f"{self.path}: expected the plug-in '{self.layout.device.step}' for {what}, got none: code is not "
                    "run because a file says so; name it with --device, or in Python with Trace(..., device=...)"
                )
            try:
                self._replayed = state_of(self.layout)
            except LayoutError as error:
                raise TraceError(f"{self.path}: {error}") from None
            self.without_missing(self._replayed)
            self._replayed.draw_devices()
            for k in range(self._replayed.n_layers):
                self._replayed.set_fixed(k, functools.partial(self.fixed, k + 1))
        return self._replayed

    def without_missing(self, state: State) -> None:
        """Let a state of the run's layout go without what this file, of an earlier version, does not have.

        Such a file ends at a keyframe. In one that ends elsewhere what the state there follows from was lost.
        """
        if state.vectors and not self._file.has("vectors"):
            if self.iterations_done not in self.keyframes(1):
                self._file.damaged("vectors", "what sums of maps follow from, behind a keyframe", "nothing")
            state.without_vectors()

    def _at(self, k: int, n: int) -> State:
        """A state whose layer `k` is what it was after `n` updates: replayed from where it stands, from a state that
        was kept, or from a keyframe, whichever is nearest.
        """
        state = self._own
        frames, held = self.keyframes(k), self._near.before(k, n)
        first = 0 if self.layout.variation.counted else int(frames[np.searchsorted(frames, n, "right") - 1])
        nearest = max(first, held.iteration if held else 0)
        stands = self._stands.get(k, -1) if self._goes_along else -1
        if stands >= 0 and nearest - _ALONG <= stands <= n:
            at = stands
        elif held is not None and held.iteration > first:
            at = self._put(state, k, held)
        else:
            at = self._seek(state, k, n)
        for stop in self._near.stops(k, at, n):
            if not self._near.has(k, stop):
                self.replay_into(state, k, at, stop)
                self._near.keep(k, self._held(state, k, stop))
                at = stop
        self.replay_into(state, k, at, n)
        self._stands[k] = n
        return state

    @property
    def _goes_along(self) -> bool:
        """Whether a layer may be replayed from where it stands, or from a state that was kept."""
        return not self._handed_out and self._own.replays and all(kept.replayed for kept in self._own.kept)

    def keep_near(self, room: int) -> None:
        """Keep states that replays come by, so that looking at one iteration after another, in any order, is quick.

        Parameters
        ----------
        room : int
            Most bytes that they take.
        """
        self._room = room
        if self.replays and self._goes_along:
            arrays = len(self._own.kept) * (5 if self.layout.variation.counted else 1)  # counts are int64
            self._near = Near(room, self.shapes, self.iterations_done, arrays)

    @property
    def spacing(self) -> int:
        """Iterations from one kept state to the next, see `keep_near`; 0: none are kept."""
        return self._near.spacing

    def take_over(self, earlier: Self) -> None:
        """Take in what an earlier look at the same file, when its run was shorter, has drawn and kept; that one is not
        to be used any more. Of another file only the room for kept states is the same.
        """
        same = bool(self.file_id) and self.file_id == earlier.file_id
        if same and self.layout == earlier.layout:
            self._replayed, self._handed_out = earlier._replayed, earlier._handed_out
            self._stands = dict(earlier._stands)
        if earlier._room:
            self.keep_near(earlier._room)
        if same:
            self._near.take_over(earlier._near)

    def _held(self, state: State, k: int, n: int) -> Held:
        counts = state.counts(k - 1) if self.layout.variation.counted else {}
        return Held(n, state.frame(k - 1), {name: count.values for name, count in counts.items()})

    def _put(self, state: State, k: int, held: Held) -> int:
        """Put layer `k` into a state that was kept; returns its iteration."""
        self._stands.pop(k, None)
        state.clear_counts(k - 1)
        if held.counts:
            state.set_counts(k - 1, held.counts)
        state.set_frame(k - 1, held.frame)
        return held.iteration

    def _stored(self, k: int, at: int) -> tuple[np.ndarray, ...]:
        """What the `at`-th keyframe holds of layer `k`."""
        return tuple(self.frame_at(k, at, kept.name, conductance=kept.units == "S") for kept in self._own.kept)

    def _seek(self, state: State, k: int, n: int) -> int:
        """Put layer `k` into its last keyframe up to iteration `n`; returns the keyframe's iteration.

        Devices that wear out, or have noise of their writes, are taken from the start, since their pulses have to be
        counted.
        """
        self._stands.pop(k, None)
        frames = self.keyframes(k)
        at = 0 if self.layout.variation.counted else int(np.searchsorted(frames, n, "right")) - 1
        state.clear_counts(k - 1)
        try:
            state.set_frame(k - 1, self._stored(k, at))
        except LayoutError as error:  # the ladder engine's states are numbered
            self._file.damaged(f"layer_{k}, keyframe {frames[at]}", "states of the device", str(error))
        return int(frames[at])

    def restart(self, layer: int) -> int:
        """Put a layer of `state` where the run began, with no pulses counted; returns 0."""
        state = self.state
        self._stands.pop(layer, None)
        state.clear_counts(layer - 1)
        state.set_frame(layer - 1, self._stored(layer, 0))
        return 0

    def advance(self, layer: int, after: int, until: int) -> int:
        """Take a layer of `state` from one update to a later one; returns that."""
        self.replay_into(self.state, layer, after, until)
        return until

    def replay_into(self, state: State, layer: int, after: int, until: int) -> None:
        """Apply the pulses of iterations ``after + 1 .. until`` to layer `layer` of `state`."""
        self._stands.pop(layer, None)
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
            b = int(np.searchsorted(iteration, iteration[min(a + SLAB, high) - 1], "right"))
            state.replay(layer - 1, *self.events(layer, iteration, slice(a, b)))
            a = b
        state.end_replay(layer - 1, until)
        self._follow_vectors(state, layer, after, until)

    def _follow_vectors(self, state: State, layer: int, after: int, until: int) -> None:
        """What follows from vectors, and not from pulses."""
        step = vectors.together(state.vectors, layer - 1, state.batch)
        for a in range(after, until if state.vectors else after, step):
            b = min(a + step, until)
            found = vectors.read(self._file, layer - 1, state.vectors, state.batch, self.iterations_done, (a, b))
            try:
                state.take_vectors(layer - 1, a, found)
            except LayoutError as error:
                self._file.damaged(f"vectors/layer_{layer}", "what a run of this layout keeps", str(error))


def listed(frames: np.ndarray) -> str:
    """Iterations of keyframes, in short."""
    few = [f"{n}" for n in frames.tolist()]
    return ", ".join(few if len(few) <= 6 else [*few[:3], "...", *few[-2:]])
