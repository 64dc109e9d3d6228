"""From the numbers of a column to conductances: currents over voltages, resistances, units that are missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..base.errors import DataError
from .columns import Column

LARGEST = 0.01
"""Siemens; a number above it without a unit is not taken for one."""
LARGEST_SAID = 0.1
"""Siemens; above it the unit in the header is asked back."""
UNITS = "UNIT (S, mS, uS, nS, pS; A, mA, uA, nA, pA; Ohm, kOhm, MOhm)"
"""What ``--unit`` takes: which one it is nobody can tell from the numbers."""
_QUANTITY = {"S": "conductance", "A": "current", "Ohm": "resistance"}
_UNIT = {quantity: unit for unit, quantity in _QUANTITY.items()}


@dataclass(frozen=True)
class Options:
    """How to read what the headers do not say.

    Attributes
    ----------
    unit : (family, factor, spelling), optional
    read_voltage : float, V, optional
    span : (low, high), S, optional
        What the ends of normalised numbers stand for.
    reverse : set of +1 and -1
        Polarities that are listed from their last pulse to the first.
    """

    unit: tuple[str, float, str] | None = None
    read_voltage: float | None = None
    span: tuple[float, float] | None = None
    reverse: frozenset[int] = frozenset()

    @property
    def default(self) -> str:
        """The quantity of columns whose headers say nothing."""
        return _QUANTITY[self.unit[0] if self.unit else "A" if self.read_voltage is not None else "S"]


def siemens(where: str, column: Column, voltage: Column | None, options: Options, understood: list[str]) -> np.ndarray:
    """The values of a column as conductances, (rows,), S.

    Raises
    ------
    DataError
        Without a read voltage, or without a unit where the numbers cannot be SI.
    """
    values = column.values.astype(float)
    told, given = column.unit, options.unit
    if told and given and given[2] != told:
        _say(understood, f"{where}: --unit {given[2]} is not used, as '{column.name}' says its unit")
    if options.read_voltage is not None and column.role != "current":
        _say(understood, f"{where}: --read-voltage is not used, as '{column.name}' is no current")
    elif options.read_voltage is not None and column.read_at is not None:
        if not np.isclose(options.read_voltage, column.read_at):
            _say(understood, f"{where}: --read-voltage is not used, as '{column.name}' says its own")
    elif options.read_voltage is not None and voltage is not None:
        _say(understood, f"{where}: --read-voltage is not used, as '{voltage.name}' is the read voltage")
    if not told and given and _QUANTITY[given[0]] == column.role:
        values, told = values * given[1], given[2]
    else:
        values = values * column.factor
    if column.role == "current":
        if column.read_at is not None:
            _say(understood, f"'{column.name}': currents of reads at {column.read_at:g} V, as its header says")
            values = values / column.read_at
        elif voltage is not None:
            _suspect(where, voltage, understood)
            with np.errstate(divide="ignore", invalid="ignore"):
                volts = np.where(voltage.values == 0, np.nan, voltage.values * voltage.factor)
                values = np.abs(values / volts)
        elif options.read_voltage is not None:
            values = values / options.read_voltage
        else:
            raise DataError(
                f"{where}: expected a read voltage for the currents in '{column.name}', got none; add "
                "--read-voltage VOLTS, what the reads were made at, or write it into the header: I (nA) @ VOLTS V"
            )
    elif column.role == "resistance":
        with np.errstate(divide="ignore"):
            values = np.where(values == 0, np.nan, 1.0 / values)
    if options.span is None:
        _plausible(where, column, told, values, given, understood)
        seen = values[np.isfinite(values)]
        if len(seen) and (seen < 0).mean() > 0.95:
            values = -values
            understood.append(f"{where}: '{column.name}' is negative throughout; its size is taken")
    return np.asarray(values)


def _suspect(where: str, voltage: Column, understood: list[str]) -> None:
    """Say it if what is taken for the read voltage looks like that of a pulse."""
    volts = voltage.values * voltage.factor
    seen = volts[np.isfinite(volts)]
    if len(seen) and (float(np.median(np.abs(seen))) > 1.2 or ((seen > 0).any() and (seen < 0).any())):
        _say(
            understood,
            f"{where}: '{voltage.name}' is taken for the read voltage, from {seen.min():g} to {seen.max():g} V: if it "
            "is the pulse's, write 'pulse' into its header and give --read-voltage",
        )


def _plausible(
    where: str,
    column: Column,
    told: str,
    values: np.ndarray,
    given: tuple[str, float, str] | None,
    understood: list[str],
) -> None:
    """Refuse numbers that cannot be siemens as they are."""
    seen = values[np.isfinite(values)]
    if not len(seen):
        return
    name = column.name or "the values"
    low, high = float(np.quantile(seen, 0.05)), float(np.quantile(np.abs(seen), 0.95))
    raw = column.values[np.isfinite(column.values)]
    between = f"numbers from {raw.min():g} to {raw.max():g}"
    if told:
        if high > LARGEST_SAID and not (given and given[2] == told):
            raise DataError(
                f"{where}: expected conductances below {LARGEST_SAID:g} S in '{name}', got {between} in {told}, up to "
                f"{high:.3g} S; write the right unit into the header, add --range LOW,HIGH (in S, what their ends "
                f"stand for) if they are normalised, or --unit {told} if they are right"
            )
        return
    if (low < 0.0 < -low * 50 and (seen > 0).mean() > 0.05 and -low > 0.05 * high) or high > LARGEST:
        if column.role == "conductance" and high <= 1.5:
            raise DataError(
                f"{where}: expected a unit for '{name}', got {between} without one, which look normalised; add "
                f"--range LOW,HIGH (what the smallest and the largest stand for, in S), or --unit {UNITS}"
            )
        raise DataError(
            f"{where}: expected a unit for '{name}', got {between} without one; add --unit {UNITS}, or for normalised "
            "numbers --range LOW,HIGH (what their ends stand for, in S)"
        )
    _say(understood, f"no unit given: taken as {_UNIT[column.role]} (--unit changes that)")


def _say(understood: list[str], line: str) -> None:
    if line not in understood:
        understood.append(line)
