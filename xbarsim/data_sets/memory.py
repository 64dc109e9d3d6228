"""How much memory a data set may take: a file of a few kilobytes can claim, or inflate to, any size.

Sizes are known from headers before anything is expanded, and are taken from a `Room`; what does not fit is refused.
The limit belongs to the machine and not to the run, so it is no key of a layout: it is an argument of `load_dataset`,
a flag of ``run`` and ``check``, and ``XBARSIM_MAX_MEMORY`` for all other commands and their workers.
"""

from __future__ import annotations

import math
import os
import re

from ..base import machine
from ..base.errors import DataError, LayoutError, shown

_UNITS = {"": 10**9, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_SIZE = re.compile(r"\s*(\d+\.?\d*|\.\d+)\s*([kmgt]?)i?b?\s*", re.IGNORECASE)
_UNKNOWN = 8 * 10**9
"""Where the machine does not tell how much memory it has, bytes."""


class Room:
    """What is left of a limit.

    Parameters
    ----------
    max_memory : number or str, optional
        GB, or a text with a unit as in ``500M``; default ``XBARSIM_MAX_MEMORY``, else half of the machine's memory.

    Raises
    ------
    LayoutError
        If it is no size.
    """

    def __init__(self, max_memory: float | str | None = None) -> None:
        self.limit = _limit(max_memory)
        self._taken = 0

    def take(self, where: str, size: int) -> None:
        """Note `size` bytes that are about to be used; `where` is the file that asks for them.

        Raises
        ------
        DataError
            If less is left.
        """
        self._taken += size
        if self._taken > self.limit:
            raise DataError(
                f"{where}: expected a data set of at most {readable(self.limit)}, got one of {readable(self._taken)} "
                "or more when expanded; check the file, or raise --max-memory (or XBARSIM_MAX_MEMORY)"
            )

    def take_array(self, where: str, size: int, itemsize: int) -> None:
        """Note an array of `size` items, as it is stored and, if these are no bytes, as float32 beside it."""
        self.take(where, size * (itemsize + (4 if itemsize > 1 else 0)))


def readable(size: int) -> str:
    """A number of bytes with a unit.

    >>> readable(1500), readable(8 * 10**9), readable(10**30)
    ('1.5 kB', '8 GB', '1e+18 TB')
    """
    for factor, unit in ((10**3, "B"), (10**6, "kB"), (10**9, "MB"), (10**12, "GB")):
        if size < factor:
            return f"{size / (factor // 10**3):.4g} {unit}"
    return f"{size / 10**12:.4g} TB" if size < 10**300 else "far more than any"


def _limit(given: float | str | None) -> int:
    where = "--max-memory"
    if given is None:
        where, given = "XBARSIM_MAX_MEMORY", os.environ.get("XBARSIM_MAX_MEMORY") or None
    if given is None:
        return (machine.memory() or 2 * _UNKNOWN) // 2
    found = _SIZE.fullmatch(str(given)) if not isinstance(given, bool) else None
    size = float(found[1]) * _UNITS[found[2].lower()] if found else 0.0
    if not 0.0 < size < math.inf:
        raise LayoutError(
            f"{where}: expected GB, or a size with a unit, got {shown(given)}; give for example 4 or 500M"
        )
    return int(size)
