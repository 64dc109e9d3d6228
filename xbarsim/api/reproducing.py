"""The figures of the papers beside their published numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.arguments import arguments, instance, optional, several, text, truth, whole
from ..base.errors import LayoutError, nearest
from ..base.table import Table
from ..data_sets.data_set import Dataset
from ..study import reproduction
from ..study.figure import ITERATIONS
from ..study.papers import chosen
from ..study.reproduction import Sheet
from .given import STUDY, Listener, Stop, folder_of, never, seeds_of, silent, stopped, workers_of
from .outcome import Outcome
from .own_studies import DEFAULTS, check_options, data_for, own_of
from .reproducing_bs import OwnReproduction
from .reproducing_rules import RulesByDevice
from .reproducing_target import ProgrammedMatrix

if TYPE_CHECKING:
    from matplotlib.figure import Figure  # noqa: TID251 - only its name, for type checkers


@dataclass(frozen=True, repr=False)
class Reproduction(Outcome):
    """Figures of a paper, simulated.

    Attributes
    ----------
    sheets : tuple of Sheet
        For each figure its points, the paper's statements and whether they hold, and curves.
    description : str
        How they were made; stands in the pictures' metadata.

    Examples
    --------
    >>> import xbarsim
    >>> found = xbarsim.reproduce("fig6")
    >>> found.names, len(found.sheets[0].curves)
    (('fig6',), 4)
    """

    sheets: tuple[Sheet, ...]
    description: str

    @property
    def names(self) -> tuple[str, ...]:
        """Of the figures."""
        return tuple(sheet.figure.name for sheet in self.sheets)

    @property
    def table(self) -> Table:
        """One line per point: published and simulated accuracies, as fractions."""
        lines = [{"figure": sheet.figure.name, **row} for sheet in self.sheets for row in sheet.as_dict()["rows"]]
        head = ("figure", "series", "x", "published", "mean", "min", "max", "difference", "missed", "runs")
        return Table(lines, head)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; accuracies are fractions."""
        return {"figures": [sheet.as_dict() for sheet in self.sheets]}

    def figure(self, name: str | None = None) -> Figure:
        """The picture of one of the figures; default: the first."""
        from ..show.figures_paper import plot_sheet

        made: Figure = plot_sheet(self._sheet(name), None, self.description)
        return made

    def save_figures(self, folder: str | Path) -> None:
        """Write a picture of each, over earlier ones: ``fig8.png`` and so on."""
        from ..show.figures_paper import plot_sheet

        for sheet in self.sheets:
            plot_sheet(sheet, Path(folder) / f"{sheet.figure.name}.png", self.description)

    def _sheet(self, name: str | None) -> Sheet:
        for sheet in self.sheets:
            if name is None or sheet.figure.name == name:
                return sheet
        raise LayoutError(f"figure: unknown name '{name}'; {nearest(str(name), self.names)}")

    def _draw(self, out: Path | None, *, force: bool) -> Any:
        from ..show.figures import check_picture
        from ..show.figures_paper import plot_sheet

        check_picture(out, force=force)
        return plot_sheet(self._sheet(None), out, self.description)


def check_reproduction(figures: Sequence[str], data: Dataset, options: Mapping[str, Any] = DEFAULTS) -> None:
    """Refuse unknown figures, and data that do not fit, before anything is run."""
    own = own_of(figures)
    if own is not None:
        own.check(data, options)
        return
    for figure in chosen(list(figures)):
        for point in figure.points:
            data.check_fits(point.layout(0, data.name, 1).network.layers)


@arguments(
    **{name: check for name, check in STUDY.items() if name not in ("layout", "dataset")},
    figures=several(text, "figures", alone=True),
    iterations=optional(whole),
    epochs=whole,
    deep=truth,
    budget=optional(whole),
    quick=truth,
    rules=several(text, "rules"),
    devices=several(text, "devices"),
    dataset=instance(Dataset, "a Dataset, or a name", "try 'auto'", text),
    keep_runs=truth,
    command_line=text,
)
def reproduce(
    figures: str | Sequence[str] = ("all",),
    *,
    seeds: int | Sequence[int] = 3,
    iterations: int | None = None,
    epochs: int = 20,
    deep: bool = False,
    budget: int | None = None,
    quick: bool = False,
    rules: Sequence[str] = (),
    devices: Sequence[str] = (),
    workers: int | str = 1,
    folder: str | Path | None = None,
    dataset: Dataset | str = "auto",
    keep_runs: bool = False,
    command_line: str = "xbarsim.reproduce",
    listener: Listener = silent,
    stop: Stop = never,
    **more: Any,
) -> Reproduction | OwnReproduction | RulesByDevice | ProgrammedMatrix:
    """Rerun Lim 2019, or another paper, beside its published figures.

    Parameters
    ----------
    figures : str or sequence of str
        ``fig6`` ... ``fig14``, ``all``, ``sensitivity``, ``crus``; or alone ``bs`` or ``rules``, studies of
        their own.
    seeds : int or sequence of int
        Runs per point.
    iterations : int
        What stands for the paper's 60,000; of ``rules`` the length of its last runs, 20,000 by default.
    epochs, deep :
        Of ``bs``: the length of its runs, and whether its network is the larger one.
    budget, quick, rules, devices :
        Of ``rules``: settings that are tried for every rule on every device; whether a short look is enough; and which
        of them, all by default.
    folder : path, optional
        For tables, a report and the records of the runs, so that what was stopped goes on.
    dataset : Dataset or str
    workers, keep_runs, listener, stop, more :
        See `study.run_study`.
    command_line : str
        Named in the report.

    Returns
    -------
    Reproduction

    Examples
    --------
    >>> import xbarsim
    >>> xbarsim.reproduce(["fig11"]).as_dict()["figures"][0]["figure"]
    'fig11'
    """
    names = [figures] if isinstance(figures, str) else list(figures)
    own, some, n = own_of(names), seeds_of(seeds), workers_of(workers)
    options = {
        "iterations": iterations,
        "epochs": epochs,
        "deep": deep,
        "budget": budget,
        "quick": quick,
        "rules": tuple(rules),
        "devices": tuple(devices),
    }
    wanted = [] if own is not None else chosen(names)
    check_options(own, options)
    length = ITERATIONS if iterations is None else iterations
    data = data_for(own, dataset)
    check_reproduction(names, data, options)
    with folder_of(folder) as out:
        if own is not None:
            how = {"seeds": some, "workers": n, "keep_runs": keep_runs, "listener": listener, "stop": stop}
            alone: OwnReproduction | RulesByDevice | ProgrammedMatrix = own.reproduce(
                out, data, options, command_line=command_line, **how, **more
            )
            return alone
        sheets = reproduction.reproduce(
            wanted,
            out,
            data,
            seeds=some,
            iterations=length,
            workers=n,
            keep_runs=keep_runs,
            listener=listener,
            stop=stop,
            command_line=command_line,
            **more,
        )
    if sheets is None:
        raise stopped()
    said = f"{command_line}; {data.name} (SHA-256 {data.sha256}), {len(some)} seeds, {length} iterations"
    return Reproduction(tuple(sheets), said)
