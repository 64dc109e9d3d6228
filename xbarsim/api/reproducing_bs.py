"""The part of `reproduce` that is a study of its own: binary-stochastic learning (a reconstruction)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.table import Table
from ..data_sets.data_set import Dataset
from ..study import bs as study
from .given import Listener, Stop, stopped
from .outcome import Outcome

NAME = "bs"


@dataclass(frozen=True)
class OwnReproduction(Outcome):
    """What the study came to, and what its picture says of how it was made."""

    sheet: study.BsSheet
    description: str

    @property
    def table(self) -> Table:
        """One line per system: accuracies as fractions."""
        return Table(
            [
                {"series": r.series, "best": r.best, "last": r.last, "seconds_per_iteration": r.seconds}
                for r in self.sheet.rows
            ]
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON; accuracies are fractions."""
        return self.sheet.as_dict()

    def _draw(self, out: Path | None, *, force: bool) -> Any:
        from ..show.figures import check_picture
        from ..show.figures_bs import plot_bs

        check_picture(out, force=force)
        return plot_bs(self.sheet, out, self.description)


def layers_of(deep: bool) -> tuple[int, ...]:
    """Sizes of the network."""
    return study.LARGE if deep else study.SMALL


def reproduce_alone(
    folder: Path,
    data: Dataset,
    *,
    deep: bool,
    epochs: int,
    seeds: Sequence[int],
    workers: int | str,
    keep_runs: bool,
    listener: Listener,
    stop: Stop,
    command_line: str,
    **more: Any,
) -> OwnReproduction:
    """Run the study; see `study.bs.reproduce_bs`."""
    layers = layers_of(deep)
    data.check_fits(layers)
    sheet = study.reproduce_bs(
        folder,
        data,
        layers=layers,
        epochs=epochs,
        seeds=seeds,
        workers=workers,
        keep_runs=keep_runs,
        listener=listener,
        stop=stop,
        command_line=command_line,
        **more,
    )
    if sheet is None:
        raise stopped()
    said = f"{command_line}; {data.name} (SHA-256 {data.sha256}), {len(seeds)} seeds, {epochs} epochs"
    return OwnReproduction(sheet, said)
