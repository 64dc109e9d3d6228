"""The part of `reproduce` that sets all learning rules beside each other on several devices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.table import Table
from ..data_sets.data_set import Dataset
from ..study import rules_by_device as study
from ..study.rules_devices import LAYERS, RULES_COMPARED
from .given import Listener, Stop, stopped
from .outcome import Outcome

NAME = "rules"
TAKES = ("iterations", "budget", "quick", "rules", "devices")
WAYS = ("--iterations", "--budget", "--quick", "fewer --rules or --devices")
IMAGES = True


@dataclass(frozen=True, repr=False)
class RulesByDevice(Outcome):
    """What the study came to, and what its picture says of how it was made."""

    sheet: study.RulesSheet
    description: str
    picture: str = "poster.png"

    @property
    def table(self) -> Table:
        """One line per rule and device: accuracies as fractions, energies in J."""
        lines = [
            {**{k: v for k, v in cell.items() if k not in ("accuracies", "settings")}, "accuracy": _mean(cell)}
            for cell in self.as_dict()["cells"]
        ]
        return Table(lines)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; accuracies are fractions."""
        return self.sheet.as_dict()

    def show(self, folder: Path, form: str) -> None:
        """Show the tables."""
        from ..show.views_poster import show_rules_by_device

        show_rules_by_device(self.sheet, folder, form)

    def _draw(self, out: Path | None, *, force: bool) -> Any:
        from ..show.figures import check_picture
        from ..show.figures_poster import plot_poster

        check_picture(out, force=force)
        return plot_poster(self.sheet, out, self.description)


def _mean(cell: Mapping[str, Any]) -> float | None:
    accuracies = cell["accuracies"]
    return sum(accuracies) / len(accuracies) if accuracies else None


def _numbers(options: Mapping[str, Any]) -> tuple[int, int]:
    """Iterations of the runs at the end, and settings that are tried."""
    quick = options["quick"]
    iterations = options["iterations"] or (study.QUICK if quick else study.ITERATIONS)
    return iterations, options["budget"] or (study.QUICK_BUDGET if quick else study.BUDGET)


def asked(options: Mapping[str, Any]) -> dict[str, Any]:
    """What makes it another study; more rules, devices, seeds or settings do not."""
    return {"iterations": _numbers(options)[0]}


def check(data: Dataset, options: Mapping[str, Any]) -> None:
    """Refuse unknown names, and data that do not fit."""
    study.chosen(options["rules"], RULES_COMPARED, "--rules")
    study.devices_of(options["devices"])
    data.check_fits(LAYERS)


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
) -> RulesByDevice:
    """Run the study; see `study.rules_by_device.reproduce_rules`."""
    iterations, budget = _numbers(options)
    sheet = study.reproduce_rules(
        folder,
        data,
        rules=options["rules"],
        devices=options["devices"],
        iterations=iterations,
        budget=budget,
        seeds=seeds[:1] if options["quick"] else seeds,
        listener=listener,
        stop=stop,
        command_line=command_line,
        **more,
    )
    if sheet is None:
        raise stopped()
    said = f"{command_line}; {data.name} (SHA-256 {data.sha256}), {sheet.seeds} seeds, {iterations} iterations"
    return RulesByDevice(sheet, said)
