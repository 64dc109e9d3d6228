"""The part of `reproduce` that is a study of its own: binary-stochastic learning (a reconstruction)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.table import Table
from ..data_sets.data_set import Dataset
from ..study import bs as study
from .given import Listener, Stop, stopped
from .outcome import Outcome

NAME = "bs"
TAKES = ("epochs", "deep")
WAYS = ("--epochs",)
IMAGES = True


@dataclass(frozen=True, repr=False)
class OwnReproduction(Outcome):
    """What the study came to, and what its picture says of how it was made."""

    sheet: study.BsSheet
    description: str
    picture: str = "bs.png"

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

    def show(self, folder: Path, form: str) -> None:
        """Show the tables."""
        from ..show.views_bs import show_bs

        show_bs(self.sheet, folder, form)

    def _draw(self, out: Path | None, *, force: bool) -> Any:
        from ..show.figures import check_picture
        from ..show.figures_bs import plot_bs

        check_picture(out, force=force)
        return plot_bs(self.sheet, out, self.description)


def layers_of(deep: bool) -> tuple[int, ...]:
    """Sizes of the network."""
    return study.LARGE if deep else study.SMALL


def asked(options: Mapping[str, Any]) -> dict[str, Any]:
    """What makes it another study."""
    return {"epochs": options["epochs"], "deep": options["deep"]}


def check(data: Dataset, options: Mapping[str, Any]) -> None:
    """Data that do not fit are refused when it begins: which network it is says the study."""


def reproduce_alone(
    folder: Path,
    data: Dataset,
    options: Mapping[str, Any],
    *,
    seeds: Sequence[int],
    workers: int | str,
    keep_runs: bool,
    listener: Listener,
    stop: Stop,
    command_line: str,
    **more: Any,
) -> OwnReproduction:
    """Run the study; see `study.bs.reproduce_bs`."""
    layers, epochs = layers_of(options["deep"]), options["epochs"]
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
