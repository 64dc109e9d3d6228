"""What all results have in common: a table, a figure, and both as files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.arguments import path as a_path
from ..base.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure  # noqa: TID251 - only its name, for type checkers


_SHOWN = 20
"""Rows that are printed of a result, at most."""


def _cell(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else "" if value is None else str(value)


class Outcome(ABC):
    """A result: `table`, `figure()`, and what is made of them. Accuracies are fractions in tables, % in figures.

    Printed it is its table: what it is made of may be every device of an array.
    """

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.table!r}>"

    def __str__(self) -> str:
        rows = [[str(name) for name in self.table.columns]]
        rows += [[_cell(row.get(name)) for name in self.table.columns] for row in self.table[:_SHOWN]]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(x.rjust(width) for x, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        left = len(self.table) - _SHOWN
        return "\n".join([type(self).__name__, *lines, *([f"... and {left:,} rows more"] if left > 0 else [])])

    @property
    @abstractmethod
    def table(self) -> Table:
        """What was found, a row each."""

    @abstractmethod
    def as_dict(self) -> dict[str, Any]:
        """For JSON: what the command shows with ``--json``."""

    @abstractmethod
    def _draw(self, out: Path | None, *, force: bool) -> Any:
        """Draw, into a file if one is named."""

    def figure(self) -> Figure:
        """The picture as a `matplotlib.figure.Figure` that belongs to the caller: pyplot does not know of it.

        Raises
        ------
        XbarsimError
            Where Matplotlib is not installed.
        """
        made: Figure = self._draw(None, force=False)
        return made

    def save_figure(self, path: str | Path, *, force: bool = False, width: str | float | None = None) -> None:
        """Write the picture as ``.png``, ``.pdf`` or ``.svg``.

        Parameters
        ----------
        path : path
        force : bool
            Overwrite an existing picture.
        width : str or float, optional
            For a paper: ``single`` (84 mm) or ``double`` (174 mm), a column or both, or mm. Pixels are then 300 to the
            inch. Default: as on a screen.

        Raises
        ------
        OutputError
            If it exists and `force` is not given, or cannot be written.
        """
        from ..show import figures_print

        a_path("save_figure.path", path)
        before = figures_print.now()
        with figures_print.printed(before.width if width is None else width, before.also):
            self._draw(Path(path), force=force)

    def to_csv(self, path: str | Path | None = None) -> str:
        """The table with commas; also into a file, if one is named."""
        return self.table.to_csv(path)

    def to_parquet(self, path: str | Path) -> None:
        """The table as a Parquet file, where pyarrow is installed."""
        self.table.to_parquet(path)

    def to_pandas(self) -> Any:
        """The table as a `pandas.DataFrame`, where pandas is installed."""
        return self.table.to_pandas()
