"""Small tables: what studies come to, as rows that can be read, written and handed on."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

from .arguments import optional, several, text
from .arguments import path as a_path
from .errors import LayoutError, XbarsimError, nearest, shown
from .files import write_bytes, write_text


class Table(Sequence[dict[str, Any]]):
    """Rows of named values, in order; accuracies are fractions, units stand in the names.

    Parameters
    ----------
    rows : iterable of mapping
        All with the same names.
    columns : sequence of str, optional
        The names and their order; default: those of the first row.

    Examples
    --------
    >>> table = Table([{"beta": 0.0, "accuracy": 0.95}, {"beta": 3.0, "accuracy": 0.94}])
    >>> table.columns, len(table), table[1]["accuracy"]
    (('beta', 'accuracy'), 2, 0.94)
    >>> print(table.to_csv(), end="")
    beta,accuracy
    0.0,0.95
    3.0,0.94
    >>> table.column("beta")
    [0.0, 3.0]
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]], columns: Sequence[str] | None = None) -> None:
        try:
            self._rows = [dict(row) for row in rows]
        except (TypeError, ValueError):
            raise LayoutError(
                f"Table.rows: expected mappings, got {shown(rows)}; give a list of dictionaries"
            ) from None
        optional(several(text, "names"))("Table.columns", columns)
        self.columns: tuple[str, ...] = tuple(columns if columns is not None else self._rows[0] if self._rows else ())

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, index: slice) -> Table: ...

    def __getitem__(self, index: int | slice) -> dict[str, Any] | Table:
        if isinstance(index, slice):
            return Table(self._rows[index], self.columns)
        return self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Table) and (self.columns, self._rows) == (other.columns, other._rows)

    __hash__ = None  # type: ignore[assignment]  # rows can be changed

    def __repr__(self) -> str:
        return f"Table({len(self)} rows of {', '.join(self.columns)})"

    def column(self, name: str) -> list[Any]:
        """One column, from the first row to the last."""
        if name not in self.columns:
            raise LayoutError(f"column: unknown name {shown(name)}; {nearest(str(name), map(str, self.columns))}")
        return [row[name] for row in self._rows]

    def as_dict(self) -> dict[str, list[Any]]:
        """Columns by name, for JSON or for a data frame."""
        return {name: self.column(name) for name in self.columns}

    def to_csv(self, path: str | Path | None = None) -> str:
        """The table with commas, one line per row; also into a file, whole or not at all, if one is named."""
        optional(a_path)("to_csv.path", path)
        lines = io.StringIO()
        writer = csv.DictWriter(lines, self.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self._rows)
        if path is not None:
            write_text(Path(path), lines.getvalue())
        return lines.getvalue()

    def to_parquet(self, path: str | Path) -> None:
        """Write the table as Parquet, whole or not at all.

        Raises
        ------
        XbarsimError
            Where pyarrow is not installed.
        """
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError:
            raise XbarsimError(
                "table: expected pyarrow for Parquet, found none; install it with: pip install 'xbarsim[parquet]', or "
                "take to_csv()"
            ) from None
        content = pyarrow.BufferOutputStream()
        # A column of names and numbers, such as that of a key that takes both, is one of texts.
        columns = {}
        for name in self.columns:
            values = self.column(name)
            kinds = {type(v) for v in values if v is not None}
            mixed = len(kinds) > 1 and kinds != {int, float}
            columns[name] = [None if v is None else str(v) for v in values] if mixed else values
        pyarrow.parquet.write_table(pyarrow.table(columns), content)
        write_bytes(Path(path), content.getvalue().to_pybytes())

    def to_pandas(self) -> Any:
        """The table as a `pandas.DataFrame`.

        Raises
        ------
        XbarsimError
            Where pandas is not installed; `as_dict` needs nothing.
        """
        try:
            import pandas
        except ImportError:
            raise XbarsimError(
                "table: expected pandas for a data frame, found none; install it with: pip install pandas, or take "
                "as_dict() or to_csv()"
            ) from None
        return pandas.DataFrame(self._rows, columns=list(self.columns))
