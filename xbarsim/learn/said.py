"""The protocol of a state: what a rule says of what it trains, and what it need not say."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ..describe.layout import Layout
from ..kernels.base.buffers import Samples
from ..kernels.circuit.ideal import Ideal
from ..kernels.circuit.silent import Silent
from .kept import Count, Evaluator, Kept, Rows, Series, Vector
from .plan import Plan
from .usage import Inputs, Usage


class Said(ABC):
    """What is trained, as far as its rule says it: the protocol of `rule.State`.

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
        And of every line, for every sample or update.
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

    layout: Layout
    plan: Plan
    geometry: Any

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

    def without_vectors(self) -> None:
        """Go without `vectors`, which a file of an earlier version does not have."""
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
