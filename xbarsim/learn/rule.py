"""What every rule gives to a run: the protocol of a state, and what all states have in common.

A state owns everything that a rule trains. To add a rule, derive from `State` (or from `network.NetworkState`, if it
trains pairs of devices), and give it a line in `table.RULES`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np

from ..arrays.geometry import new_buffers, paths_of
from ..describe.defaults import settle
from ..describe.layout import Layout
from ..kernels import loop
from ..kernels.base._jit import is_compiled, note_compiled
from ..kernels.base.buffers import Curves, Events, Samples, layer_weights, make_lists
from ..kernels.batch.deferred import Deferred
from ..kernels.batch.online import Online
from ..kernels.batch.products import Products
from ..kernels.batch.signs import Signs
from ..kernels.batch.summed import Summed
from ..kernels.batch.trains import InTrains
from ..kernels.batch.whole import Whole
from ..kernels.batch.written import Written
from ..kernels.circuit.ideal import Ideal
from ..kernels.circuit.silent import Silent
from .plan import Plan
from .usage import Inputs, Usage

BLOCK = 1024
"""Most iterations per call of the training loop."""

EVENTS = 8192
"""Pulse events per layer that the buffers of a block hold, if one iteration can have more than one."""

BATCHES: dict[str, Callable[[int], Any]] = {
    "online": Online,
    "summed": Summed,
    "deferred": Deferred,
    "signs": Signs,
    "products": Products,
    "whole": Whole,
    "trains": InTrains,
    "written": Written,
}


class Kept(NamedTuple):
    """Something that keyframes hold of every layer, (rows, cols) float32."""

    name: str
    units: str
    long_name: str
    replayed: bool = True  # whether it follows from the recorded events; else a run goes on from keyframes alone


class Series(NamedTuple):
    """Something that a run file keeps besides the curves: a group with a row per iteration, or per window."""

    name: str
    title: str
    columns: Mapping[str, tuple[str, str]]  # name -> units, long name; the first is plotted
    per_layer: bool  # whether a row has a number for each layer
    per_iteration: bool
    costs: bool = False  # whether sums over a run are its costs


class Vector(NamedTuple):
    """Something that a run file keeps of every line of a layer for every sample, (samples, lines) float32."""

    name: str
    units: str
    long_name: str
    of_rows: bool  # else of columns


class Rows(NamedTuple):
    """What the last block added to a series."""

    iteration: np.ndarray  # (rows,) int64: updates done
    columns: Mapping[str, np.ndarray]  # (rows,) or (rows, layers) float64


class Count(NamedTuple):
    """What is counted of every device of a layer, (rows, cols) int64."""

    values: np.ndarray
    long_name: str
    rare: bool = True  # whether 32 bits nearly always suffice


class Evaluator(Protocol):
    """Computes the test accuracy of a state, no more often than needed."""

    @property
    def winners(self) -> np.ndarray:
        """(samples,) int64: the class that each test sample was last taken for."""

    def note(self, events: Events) -> None:
        """Take note of a block's pulses."""

    def refresh(self) -> None:
        """The weights were changed by other means than pulses."""

    def accuracy(self) -> float:
        """Fraction of the test samples that are classified rightly now."""


class State(ABC):
    """What is trained.

    Attributes
    ----------
    layout : Layout
    plan : Plan
        Which kernels compute it.
    geometry : Geometry
        Of the layers.
    kept : sequence of Kept
        What keyframes hold; the first is plotted.
    series : sequence of Series
        What else a run file keeps.
    vectors : sequence of Vector
        And of every line, for every sample.
    reading : NamedTuple
        With ``v_read``, V, the voltage of a full input.
    """

    label: ClassVar[str] = ""
    """Name of the rule in plots."""

    color: ClassVar[str] = "tab:gray"
    """Its colour."""

    has_devices: ClassVar[bool] = False
    """Whether there are conductances: an array to write and to read."""

    kept: Sequence[Kept] = ()
    series: Sequence[Series] = ()
    vectors: Sequence[Vector] = ()
    reading: Any
    per_window = 0
    """A block does not go past a multiple of so many iterations; 0: it may."""

    replays = True
    """Whether every state follows from the recorded events; else from keyframes alone."""

    def __init__(self, layout: Layout) -> None:
        layout = settle(layout)
        self.layout, self.geometry, self.plan = layout, paths_of(layout), type(self).plan_of(layout)
        self.batch = layout.run.batch
        self.costs = np.zeros((0, 0))  # ledgers of the last block
        self.iteration = 0  # updates done
        self._scratch: loop.Scratch | None = None
        self._at = [0] * len(self.geometry.rows)  # updates that each layer was replayed to

    # What a rule says ----------------------------------------------------------------------------------------------

    @classmethod
    @abstractmethod
    def plan_of(cls, layout: Layout) -> Plan:
        """Which kernels compute a layout of this rule."""

    @classmethod
    def pace(cls, layout: Layout) -> float:
        """Time of an iteration, relative to that of nominal devices on the ladder engine: an order of magnitude."""
        return 1.0

    @property
    @abstractmethod
    def rule(self) -> Any:
        """What the kernels need to know of the rule, see kernels/rules."""

    @property
    def replayed_rule(self) -> Any:
        """The same for a replay."""
        return self.rule

    @property
    @abstractmethod
    def array(self) -> Any:
        """What the kernels move."""

    @property
    def replayed_array(self) -> Any:
        """The same for a replay, in which nothing is read between events."""
        return self.array

    @property
    @abstractmethod
    def weights(self) -> np.ndarray:
        """Weights of all layers, flat float32, as reads see them; a view."""

    @abstractmethod
    def initialise(self) -> None:
        """Seeded devices and initial states."""

    @abstractmethod
    def frame(self, k: int) -> tuple[np.ndarray, ...]:
        """What `kept` names, of layer `k` (0 is the first), copied."""

    @abstractmethod
    def set_frame(self, k: int, values: Sequence[np.ndarray]) -> None:
        """Put layer `k` into a state that `frame` gave."""

    @abstractmethod
    def evaluator(self, samples: Samples) -> Evaluator:
        """What computes the test accuracy."""

    # What it need not say ------------------------------------------------------------------------------------------

    @property
    def circuit(self) -> Any:
        """What the kernels need to know of wires and sense circuits."""
        return Ideal(0)

    @property
    def lines(self) -> Any:
        """What the kernels need to know of the pulse lines."""
        return Silent(0)

    @property
    def passes(self) -> int:
        """Ways of a sample in an iteration, each with its pulses."""
        return 1

    def check_trainable(self) -> None:
        """Raise a `LayoutError` if runs of it can only be looked at."""
        return

    def draw_devices(self) -> None:
        """Seeded devices; the conductances have to be set after it."""
        return

    def set_fixed(self, k: int, read: Callable[[str], np.ndarray | None]) -> None:
        """Take over what a file keeps once of layer `k`: `read` gives what `fixed` named, or None."""
        return

    def fixed(self, k: int) -> dict[str, np.ndarray]:
        """What the trace keeps once of layer `k`."""
        return {}

    def conductances(self, k: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """(G+, G-) of all arrays of layer `k` as the devices conduct, from the highest digit down, each (rows, cols)
        float32, S, copied.
        """
        return []

    def as_read(self, k: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """The same for arrays that are only read, where nothing but conductances is known."""
        return self.conductances(k)

    def counts(self, k: int) -> dict[str, Count]:
        """What was counted of the devices of layer `k`; nothing without devices, or where nobody counts."""
        return {}

    def left(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Pulses and resets that every device still bears, flat, of G+ and of G-; None where none wears out."""
        return None

    def clear_counts(self, k: int) -> None:
        """Set the counts of layer `k` back to 0."""
        return

    def set_counts(self, k: int, counts: Mapping[str, np.ndarray]) -> None:
        """Put the pulses and resets of the devices of layer `k` to what `counts` gave."""
        return

    def flush(self) -> None:
        """Bring counts up to date."""
        return

    def most_writes(self) -> int:
        """Pulses and resets of the device that got most of both together, of all layers."""
        return 0

    def may_commit(self, iteration: int, *, keyframe: bool) -> bool:
        """Whether a run could go on from a file that ends after so many updates."""
        return keyframe or self.replays

    def rows_of(self, n: int) -> dict[str, Rows]:
        """What the last block, of `n` iterations, adds to the series, by their names."""
        return {}

    def take_rows(self, name: str, rows: Rows) -> None:
        """Take in what a block, or a file that a run goes on from, adds to a series."""
        return

    def keep_vectors(self) -> None:
        """Keep `vectors` from now on."""
        return

    def vectors_of(self, n: int) -> list[dict[str, np.ndarray]]:
        """What the last block, of `n` iterations, adds to the vectors of each layer, by their names: views."""
        return []

    def take_vectors(self, k: int, after: int, values: Mapping[str, np.ndarray]) -> None:
        """Bring what follows from vectors from its state after so many updates to that after those that `values` are
        of, in layer `k`.
        """
        return

    def usage(self, iteration: int, inputs: Inputs) -> Usage:
        """What was read up to so many updates, and what it takes now.

        Raises
        ------
        TypeError
            Without devices there is nothing to read: see `has_devices`.
        """
        raise TypeError(f"usage: expected a network of devices, got rule '{self.layout.pulses.rule}' without any")

    @classmethod
    def reader(cls, layout: Layout) -> Any:
        """A state whose devices conduct what they are given, for arrays that are only read: with ``fill``, which takes
        (G+, G-) of every array, and ``redraw``, which takes another seed of noise.

        Raises
        ------
        TypeError
            Without devices there is nothing to fill: see `has_devices`.
        """
        raise TypeError(f"reader: expected a network of devices, got rule '{layout.pulses.rule}' without any")

    @classmethod
    def reads_noise(cls, layout: Layout) -> bool:
        """Whether test reads of a layout see the noise of devices and sense circuits."""
        return True

    def summary(self) -> dict[str, Any]:
        """What else the result of a run says, by the names of its fields."""
        return {}

    @property
    def known_as(self) -> str:
        """What errors call a run of it."""
        return f"one of rule '{self.layout.pulses.rule}'"

    # What all have in common ---------------------------------------------------------------------------------------

    @property
    def engine(self) -> str:
        """What computes: a name for users."""
        return self.plan.engine

    @property
    def n_layers(self) -> int:
        """Number of layers with weights."""
        return len(self.geometry.rows)

    def shape(self, k: int) -> tuple[int, int]:
        """(rows, cols) of layer `k`; the bias row is the last."""
        return int(self.geometry.rows[k]), int(self.geometry.cols[k])

    def weight_matrix(self, k: int) -> np.ndarray:
        """Weights of layer `k`, (rows, cols) float32, as a user asks for them."""
        return self.layer_weights(k)

    def layer_weights(self, k: int) -> np.ndarray:
        """View of the weights of layer `k`, (rows, cols) float32."""
        weights: np.ndarray = layer_weights(self.weights, self.geometry, k)
        return weights[:, : self.shape(k)[1]]

    @property
    def batches(self) -> Any:
        """What the kernels need to know of mini-batches."""
        return BATCHES[self.plan.batch](self.batch)

    @property
    def events_per_iteration(self) -> int:
        """Most pulse events that one layer records in one iteration."""
        if self.plan.batch == "whole":
            return 0
        if self.plan.batch in ("online", "summed"):
            return self.passes
        marks = int(self.passes > 1)  # between groups
        if self.plan.batch == "products":
            return self.passes * (self.samples_per_iteration + 2 * int(self.geometry.cols.max()) + marks)
        return self.passes * (self.samples_per_iteration + marks)

    @property
    def samples_per_iteration(self) -> int:
        """Samples of one iteration to the array that is read most often for each: every position is one."""
        return self.batch * max(a.positions for a in self.layout.network.arrays)

    @property
    def block(self) -> int:
        """Most iterations one call of `train` may take."""
        return max(
            1,
            min(
                BLOCK // (self.batch if self.plan.batch == "whole" else 1), EVENTS // max(self.events_per_iteration, 1)
            ),
        )

    def new_buffers(self) -> tuple[Events, Curves]:
        """Event and curve buffers for one block."""
        n = self.block
        return new_buffers(self.geometry, n, n * self.events_per_iteration)

    def train(self, iteration: int, order: np.ndarray, samples: Samples, events: Events, curves: Curves) -> None:
        """Train on the samples `order`, `batch` of them per iteration, after `iteration` earlier updates; at most
        `block` iterations.
        """
        self.before_block(iteration, order, samples)
        if self.costs.shape[1] < self.block:
            self.costs = np.zeros((len(self.costs), self.block))
        kinds = self.kinds
        if self._scratch is None:
            self._scratch = loop.new_scratch(self.geometry, kinds[0], kinds[3])
        loop.train(iteration, order, samples, self.geometry, *kinds, self._scratch, events, curves, self.costs)
        self.iteration = iteration + len(order) // self.batch
        self.after_block(iteration, len(order) // self.batch, curves)

    @property
    def kinds(self) -> tuple[Any, ...]:
        """The five tuples that the training loop is compiled for."""
        return self.rule, self.array, self.circuit, self.batches, self.lines

    @property
    def compiled(self) -> bool:
        """Whether the training loop was compiled for this earlier, on this machine."""
        return is_compiled("train", *self.kinds)

    def note_compiled(self) -> None:
        """Remember that it was."""
        note_compiled("train", *self.kinds)

    def before_block(self, iteration: int, order: np.ndarray, samples: Samples) -> None:
        """Get ready for a block."""
        return

    def after_block(self, iteration: int, n: int, curves: Curves) -> None:
        """Take note of a block."""
        return

    def begin_replay(self, k: int, after: int) -> None:
        """Layer `k` is in its state after so many updates."""
        self._at[k] = after

    def replay(self, k: int, iteration: np.ndarray, rows: np.ndarray, raised: np.ndarray, lowered: np.ndarray) -> None:
        """Apply recorded pulse events, each (events, bytes) uint8, to layer `k`, and what else happens to it up to the
        last of them.

        All events of an iteration have to come in one call.
        """
        if len(iteration):
            self._replay(k, int(iteration[-1]), iteration, rows, raised, lowered)

    def end_replay(self, k: int, until: int) -> None:
        """All events up to so many updates were replayed: bring layer `k` there."""
        rows, cols = ((n + 7) // 8 for n in self.shape(k))
        none = np.empty((0, cols), np.uint8)
        self._replay(k, until, np.empty(0, np.int64), np.empty((0, rows), np.uint8), none, none)

    def _replay(
        self, k: int, until: int, iteration: np.ndarray, rows: np.ndarray, raised: np.ndarray, lowered: np.ndarray
    ) -> None:
        after = min(self._at[k], int(iteration[0]) - 1) if len(iteration) else self._at[k]
        rule, array, batch, lines = self.replayed_rule, self.replayed_array, self.batches, self.lines
        scratch = loop.replay_scratch(self.geometry, batch, iteration)
        loop.replay(
            k, after, until, iteration, rows, raised, lowered, self.geometry, rule, array, batch, lines, scratch
        )
        self._at[k] = until

    def walk(
        self, k: int, i: int, j: int, iteration: np.ndarray, number: np.ndarray, signs: np.ndarray, until: int
    ) -> np.ndarray:
        """History of a pair, from its initial state and the events that cross it.

        Parameters
        ----------
        k, i, j : int
            Layer, row and column.
        iteration, number : (events,) int64
            See kernels/loop.py.
        signs : (events,) int8
        until : int

        Returns
        -------
        (until + 1, 2 * copies) float32, S
            What the devices conduct after 0, 1, ..., `until` updates; G+ and G- of all digits, from the highest down.
        """
        out = np.empty((until + 1, 2 * len(self.conductances(k))), np.float32)
        lists = make_lists(1)
        loop.walk(k, iteration, number, signs, i, j, self.geometry, self.rule, self.replayed_array, lists, out)
        return out


def as_kept(names: Iterable[tuple[str, str, str]]) -> tuple[Kept, ...]:
    """`Kept` of (name, units, long name)."""
    return tuple(Kept(*each) for each in names)
