"""What a trained network answered in another circuit."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base.table import Table


@dataclass(frozen=True)
class Answers:
    """Test accuracies of a trained network, as fractions.

    Attributes
    ----------
    file : str
    iteration : int
        Number of updates after which it was taken.
    changed : dict
        What differs from the run, by TOML key.
    own : float
        In its own circuit.
    times : tuple of float, s
        Since training ended; empty: it has not aged.
    accuracies : tuple of tuple of float
        For every time (or once), of every draw.
    state : str
        What the devices that were read are: as trained, written into others and how, or programmed and by what.
    uncompensated : tuple of tuple of float
        The same where drift is compensated, without that; else empty.
    compensation : dict, optional
        How it is compensated, and what it takes, see `compensation.Costs`.
    images : int, optional
        First test images that were read; None: all.
    """

    file: str
    iteration: int
    changed: dict[str, Any]
    own: float
    times: tuple[float, ...]
    accuracies: tuple[tuple[float, ...], ...]
    state: str = ""
    uncompensated: tuple[tuple[float, ...], ...] = ()
    compensation: dict[str, Any] | None = None
    images: int | None = None

    @property
    def mean(self) -> tuple[float, ...]:
        """Mean over the draws, for every time."""
        return tuple(round(float(np.mean(a)), 12) for a in self.accuracies)

    @property
    def spread(self) -> tuple[float, ...]:
        """Standard deviation of the draws, for every time; 0 of one draw."""
        return tuple(float(np.std(a, ddof=1)) if len(a) > 1 else 0.0 for a in self.accuracies)

    @property
    def condition(self) -> str:
        """The state of the devices in a word or two; in full it is `state`."""
        known = {"written into": "written", "programmed:": "programmed", "as trained": "as trained"}
        return next((word for part, word in known.items() if part in self.state), "not written")

    @property
    def table(self) -> Table:
        """One line per time and draw."""
        times: Sequence[float | None] = self.times or (None,)
        rows: list[dict[str, Any]] = [
            {"time_s": t, "draw": n, "accuracy": x, "accuracy_own": self.own}
            for t, a in zip(times, self.accuracies, strict=True)
            for n, x in enumerate(a)
        ]
        columns = ["time_s", "draw", "accuracy", "accuracy_own"]
        if self.uncompensated:
            columns.append("accuracy_uncompensated")
            plain = [x for a in self.uncompensated for x in a]
            rows = [{**row, "accuracy_uncompensated": x} for row, x in zip(rows, plain, strict=True)]
        more: dict[str, Any] = {"devices": self.state}
        if self.images is not None:
            more = {"images": self.images, **more}
        return Table([{**row, **more} for row in rows], (*columns, *more))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        found = {**dataclasses.asdict(self), "mean": list(self.mean), "spread": list(self.spread)}
        if not self.uncompensated:
            del found["uncompensated"], found["compensation"]
        if self.images is None:
            del found["images"]
        return found
