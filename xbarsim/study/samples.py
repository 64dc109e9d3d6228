"""Values of a sweep that follow from a range, and points that are drawn from several ranges at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base.errors import LayoutError, XbarsimError, nearest
from ..base.notes import note
from ..describe.sections import KEYS
from ..describe.settings import number_of

Value = float | int | bool | str

_DIGITS = 6
"""Significant ones of a value of a range: what a table shows is what was trained with."""

KINDS = {
    "lhs": "Latin hypercube: every key takes every part of its range once",
    "sobol": "Sobol' sequence, scrambled: points that fill all ranges evenly; a power of 2",
    "saltelli": "two Sobol' samples and their crossings, for Sobol' indices; N (keys + 2) points, N a power of 2",
}
"""Ways to draw points."""


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, evenly or with even ratios; so many, or all of them."""

    low: float
    high: float
    log: bool = False
    count: int | None = None
    whole: bool = False  # integers alone

    def at(self, u: float) -> float | int:
        """The value at a share of the way, 0 to 1; an integer of a range of integers, each as likely as the others.

        >>> Range(1e-4, 1.0, log=True).at(0.5), Range(0, 9, whole=True).at(0.95)
        (0.01, 9)
        """
        low, high = (self.low - 0.5, self.high + 0.5) if self.whole and not self.log else (self.low, self.high)
        value = low * (high / low) ** u if self.log else low + (high - low) * u
        if self.whole:
            return int(min(max(math.floor(value + 0.5), self.low), self.high))
        return rounded(value)

    def share(self, value: float) -> float | None:
        """The share of the way at which a value is: what `at` takes; None of one outside.

        >>> Range(1e-4, 1.0, log=True).share(0.01), Range(0.0, 1.0).share(2.0)
        (0.5, None)
        """
        low, high = (self.low - 0.5, self.high + 0.5) if self.whole and not self.log else (self.low, self.high)
        if not low <= value <= high:
            return None
        return math.log(value / low) / math.log(high / low) if self.log else (value - low) / (high - low)

    def values(self, key: str) -> tuple[Value, ...]:
        """So many of them, ends included; of integers those that differ, which is said where it makes them fewer."""
        if self.count is None:
            raise LayoutError(
                f"--over {key}: expected how many values, got a range alone; write for example "
                f"{'log' if self.log else 'lin'}:{self.low:g}:{self.high:g}:5, or draw points with --sample lhs:64"
            )
        if self.log:
            found = np.geomspace(self.low, self.high, self.count)
        else:
            found = np.linspace(self.low, self.high, self.count)
        if not self.whole:
            return tuple(rounded(x) for x in found.tolist())
        whole = tuple(dict.fromkeys(math.floor(x + 0.5) for x in found.tolist()))
        if len(whole) < self.count:
            note(f"{key}: {self.count} values between {self.low:g} and {self.high:g} are {len(whole)} integers")
        return whole


def rounded(value: float) -> float:
    """A number with the digits that a table shows."""
    return float(f"{value:.{_DIGITS}g}")


def range_of(key: str, text: str, flag: str = "--over") -> Range | None:
    """A range from ``lin:0:1:11``, ``log:1e-4:1e-1:7``, ``lin:0:1`` or ``0:1``; None if it is none. Errors name `flag`.

    >>> range_of("beta", "lin:0:1:3").values("beta"), range_of("n_max", "log:4:64:3").values("n_max")
    ((0.0, 0.5, 1.0), (4, 16, 64))
    >>> range_of("beta", "3") is None
    True
    """
    first, *rest = text.strip().split(":")
    if not rest:
        return None
    kind, parts = (first.strip().lower(), rest) if not _is_number(first) else ("lin", [first, *rest])
    where = f"{flag} {key}={text.strip()}"
    if kind not in ("lin", "log"):
        raise LayoutError(f"{where}: expected lin:FROM:TO:COUNT or log:FROM:TO:COUNT, got '{kind}'; correct it")
    if KEYS[key].kind not in ("number", "integer", "numbers", "integers"):
        raise LayoutError(f"{where}: expected names with commas, got a range; '{key}' takes no numbers: list them")
    numbers = [number_of(part) for part in parts]
    plain = [x for x in numbers if isinstance(x, (int, float)) and not isinstance(x, bool) and math.isfinite(x)]
    if len(plain) < len(parts) or len(parts) not in (2, 3):
        raise LayoutError(f"{where}: expected {kind}:FROM:TO or {kind}:FROM:TO:COUNT, got other parts; correct it")
    low, high = plain[:2]
    if low >= high or (kind == "log" and low <= 0):
        raise LayoutError(
            f"{where}: expected {'0 < ' if kind == 'log' else ''}FROM < TO, got {parts[0].strip()} and "
            f"{parts[1].strip()}; {_mended(kind, low, high)}"
        )
    count = plain[2] if len(plain) > 2 else None
    if count is not None and (not isinstance(count, int) or not 2 <= count <= 100_000):
        raise LayoutError(f"{where}: expected a count of 2 to 100,000, got {parts[2]}; correct it")
    whole = KEYS[key].kind in ("integer", "integers")
    if whole and not (isinstance(low, int) and isinstance(high, int)):
        raise LayoutError(
            f"{where}: expected integers, which '{key}' takes, got {parts[0]} and {parts[1]}; give whole numbers"
        )
    return Range(low, high, kind == "log", count, whole)


def _mended(kind: str, low: float, high: float) -> str:
    """What to do about a range that is none."""
    if kind == "log" and low <= 0:
        return "ratios are even only above 0: begin above it, or give lin:FROM:TO"
    return "put the smaller one first" if low > high else "give two ends that differ, or --set for one value"


def _is_number(text: str) -> bool:
    return not isinstance(number_of(text), (str, bool))


@dataclass(frozen=True)
class Sample:
    """How points are drawn: a way of `KINDS`, how many, and a seed."""

    kind: str
    count: int
    seed: int = 0

    @classmethod
    def of(cls, text: str) -> Sample:
        """From ``lhs:64``, ``sobol:64`` or ``saltelli:32``, with a third part for another seed than 0.

        >>> Sample.of("lhs:64"), Sample.of("sobol:8:3").seed
        (Sample(kind='lhs', count=64, seed=0), 3)
        """
        kind, *rest = (part.strip() for part in text.split(":"))
        if kind not in KINDS:
            raise LayoutError(f"--sample: unknown way '{kind}'; {nearest(kind, KINDS)}; give for example lhs:64")
        numbers = [number_of(part) for part in rest]
        whole = [x for x in numbers if isinstance(x, int) and not isinstance(x, bool) and x >= 0]
        if len(whole) < len(rest) or not 1 <= len(rest) <= 2 or not 2 <= whole[0] <= 100_000:
            raise LayoutError(
                f"--sample: expected {kind}:COUNT, of 2 to 100,000, got '{text}'; give for example lhs:64"
            )
        count = whole[0]
        if kind != "lhs" and count & (count - 1):
            raise LayoutError(
                f"--sample: expected a power of 2 with {kind}, which is even only then, got {count}; give for example "
                f"{kind}:{2 ** count.bit_length()}"
            )
        return cls(kind, *whole)

    def points(self, ranges: Mapping[str, Range | Sequence[Value]]) -> list[dict[str, Value]]:
        """The points; of a key with a list each value is as likely as the others.

        Raises
        ------
        XbarsimError
            Where SciPy is not installed.
        """
        qmc = scipy_part("qmc", "--sample")
        k = len(ranges)
        if self.kind == "lhs":
            unit = qmc.LatinHypercube(d=k, **random(self.seed)).random(self.count)
        elif self.kind == "sobol":
            unit = qmc.Sobol(d=k, **random(self.seed)).random(self.count)
        else:
            both = qmc.Sobol(d=2 * k, **random(self.seed)).random(self.count)
            a, b = both[:, :k], both[:, k:]
            crossed = [np.where(np.arange(k) == i, b, a) for i in range(k)]
            unit = np.concatenate([a, b, *crossed])
        return [
            {key: at(r, float(u)) for (key, r), u in zip(ranges.items(), row, strict=True)} for row in unit.tolist()
        ]


def at(given: Range | Sequence[Value], u: float) -> Value:
    """The value at a share of the way, 0 to 1, of a range or a list."""
    return given.at(u) if isinstance(given, Range) else given[min(int(u * len(given)), len(given) - 1)]


def random(seed: int) -> dict[str, Any]:
    """The argument that seeds what SciPy draws; it changed its name."""
    from scipy import __version__

    new = tuple(map(int, __version__.split(".")[:2])) >= (1, 15)
    return {"rng" if new else "seed": np.random.default_rng(seed)}


def scipy_part(name: str, what: str) -> Any:
    """A part of ``scipy.stats``; an error in a line where it is not installed."""
    try:
        import scipy.stats
    except ImportError:
        raise XbarsimError(f"{what}: expected SciPy, found none; install it with: pip install 'xbarsim[fit]'") from None
    found = getattr(scipy.stats, name, None)
    if found is None:
        raise XbarsimError(f"{what}: expected SciPy 1.11 or newer, got {scipy.__version__}; pip install -U scipy")
    return found
