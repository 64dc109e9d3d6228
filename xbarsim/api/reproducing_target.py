"""The part of `reproduce` in which learning rules program a matrix into arrays whose references are wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.table import Table
from ..data_sets.data_set import Dataset
from ..study import target as study
from .given import Listener, Stop, stopped
from .outcome import Outcome

NAME = "target"
TAKES = ("iterations", "quick")
WAYS = ("--iterations", "--quick", "fewer --seeds")
IMAGES = False
QUICK = 2_000
"""Updates of `--quick`."""


@dataclass(frozen=True, repr=False)
class ProgrammedMatrix(Outcome):
    """What the study came to, and what its picture says of how it was made."""

    sheet: study.TargetSheet
    description: str
    picture: str = "target.png"

    @property
    def table(self) -> Table:
        """One line per rule, number of states and spread of the references: errors in units of the largest weight."""
        return Table(self.sheet.points)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return self.sheet.as_dict()

    def show(self, folder: Path, form: str) -> None:
        """Show the tables."""
        from ..show.views_target import show_target

        show_target(self.sheet, folder, form)

    def _draw(self, out: Path | None, *, force: bool) -> Any:
        from ..show.figures import check_picture
        from ..show.figures_target import plot_target

        check_picture(out, force=force)
        return plot_target(self.sheet, out, self.description)


def _updates(options: Mapping[str, Any]) -> int:
    return int(options["iterations"] or (QUICK if options["quick"] else study.UPDATES))


def asked(options: Mapping[str, Any]) -> dict[str, Any]:
    """What makes it another study; more seeds do not."""
    return {"iterations": _updates(options)}


def check(data: Dataset, options: Mapping[str, Any]) -> None:
    """Inputs are drawn, so that all data fit: none are looked at."""


def reproduce_alone(
    folder: Path,
    data: Dataset,
    options: Mapping[str, Any],
    *,
    seeds: Sequence[int],
    command_line: str,
    listener: Listener,
    stop: Stop,
    **more: Any,
) -> ProgrammedMatrix:
    """Run the study in this process: a run takes less than a second; see `study.target.reproduce_target`."""
    updates = _updates(options)
    seeds = seeds[:1] if options["quick"] else seeds
    sheet = study.reproduce_target(
        folder, seeds=seeds, updates=updates, listener=listener, stop=stop, command_line=command_line
    )
    if sheet is None:
        raise stopped()
    return ProgrammedMatrix(sheet, f"{command_line}; {len(seeds)} seeds, {updates} updates")
