"""The section ``[iv]`` of a layout: what current a voltage drives through a device in a read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import LayoutError, shown
from .fields import Description, choice, number, text
from .needs import DEVICES, value

if TYPE_CHECKING:
    from .layout import Layout

CURVES = {
    "ohmic": "I = G V",
    "sinh": "I = G v_read sinh(V / iv_scale) / sinh(v_read / iv_scale)",
    "table": "points of `iv_points`, linear between them",
}
"""Kinds of curves, and what they are."""

STEEPEST = 10.0
"""Largest read voltage, in units of `iv_scale`: above it half of the voltage gives less than a hundredth of the
current, and what is larger than a full input leaves float32."""

_MOST_POINTS = 10_000
_FILE = "give V and I in two columns, V growing from above 0"


@dataclass(frozen=True, kw_only=True)
class IV(Description):
    """Current and voltage of devices in reads; pulses move them as before.

    G is what a device conducts at the read voltage, whatever its curve.

    Examples
    --------
    >>> import xbarsim
    >>> layout = xbarsim.Layout.of(layers=(2, 2), iv="sinh", iv_scale=0.5)
    >>> round(layout.iv.effective(0.5, 1.0), 4)  # read at 1 V
    0.324
    """

    section = "iv"
    panel = "Circuit"
    comment = "current and voltage of devices in reads; G is that at v_read"
    needs = (DEVICES,)

    iv: str = choice(
        "ohmic",
        CURVES,
        help="I-V of devices in reads: ohmic, sinh or table.",
        comment='"sinh": iv_scale_V; "table": iv_points',
        doc="How the current of a device grows with the voltage of a read.",
    )
    iv_scale: float | None = number(
        None,
        unit="V",
        above=0.0,
        most=1e6,
        help="V0 of sinh(V / V0).",
        comment="V0 of the sine; with k = I(V) / I(V/2) at some V it is V / (2 acosh(k / 2))",
        doc="V0 of the hyperbolic sine. Where k = I(V) / I(V/2) was measured at some V (what NeuroSim calls "
        "nonlinearity), it is V / (2 acosh(k / 2)).",
        example=0.5,
        needs=(value("iv = 'sinh'", "iv", "iv", lambda kind: kind == "sinh"),),
    )
    iv_points: tuple[tuple[float, float], ...] | None = text(
        None,
        kind="points",
        help="File of V and I in two columns, of a table.",
        comment="pairs of V and I, or a file of them; I in any unit",
        doc="For `table`: pairs of V and I with V and I growing from above 0, or the name of a file with two columns "
        "(comma, tab or blank; lines that begin with # and one head are skipped). I may have any unit, as it is "
        "divided by that at the read voltage; the curve goes through 0, and is odd. A run file keeps the points.",
        example=[[0.5, 0.2], [1.0, 1.0]],
        needs=(value("iv = 'table'", "iv", "iv", lambda kind: kind == "table"),),
    )

    def check(self) -> None:
        """A curve has what makes it up; a file is read, once."""
        if self.iv_points is not None:
            object.__setattr__(self, "iv_points", _points(self.iv_points))
        for kind, key in (("sinh", "iv_scale"), ("table", "iv_points")):
            if self.iv == kind and getattr(self, key) is None:
                raise LayoutError(f"{self.where(key)}: expected one with iv = '{kind}', got none; give it")

    @property
    def ohmic(self) -> bool:
        """Whether current is in proportion to voltage."""
        return self.iv == "ohmic"

    def effective(self, volts: float, v_read: float) -> float:
        """Voltage at which an ohmic device of the same G has the current that this one has at `volts`, V."""
        if self.iv == "ohmic":
            return volts
        if self.iv == "sinh":
            assert self.iv_scale is not None
            return v_read * math.sinh(volts / self.iv_scale) / math.sinh(v_read / self.iv_scale)
        return math.copysign(self._current(abs(volts)) / self._current(v_read) * v_read, volts)

    def _current(self, volts: float) -> float:
        """Of the table, in its unit."""
        assert self.iv_points is not None
        points = ((0.0, 0.0), *self.iv_points)
        k = next((k for k in range(len(points) - 2) if volts < points[k + 1][0]), len(points) - 2)
        (v0, i0), (v1, i1) = points[k], points[k + 1]
        return i0 + (i1 - i0) / (v1 - v0) * (volts - v0)

    def check_at(self, v_read: float) -> None:
        """Whether it goes with a read voltage, V."""
        if self.iv == "sinh" and self.iv_scale is not None and v_read / self.iv_scale > STEEPEST:
            raise LayoutError(
                f"{self.where('iv_scale')}: expected at least a {STEEPEST:g}th of the read voltage, "
                f"{v_read / STEEPEST:g} V, got {self.iv_scale:g} V; widen it, or lower v_read_V"
            )


def _is_number(x: Any) -> bool:
    """Whether it can be a voltage or a current; 0 and what is below is told by itself."""
    return isinstance(x, (int, float)) and not isinstance(x, bool) and -1e9 <= x <= 1e9 and not 0.0 < x < 1e-9


def _points(given: Any) -> tuple[tuple[float, float], ...]:
    """Points of a table, from pairs or from a file."""
    where = IV.where("iv_points")
    if isinstance(given, (str, Path)):
        where, given = f"{where}: {given}", _from_file(Path(given), f"{where}: {given}")
    if hasattr(given, "tolist"):  # an array
        given = given.tolist()
    if not isinstance(given, (list, tuple)) or not given or len(given) > _MOST_POINTS:
        raise LayoutError(f"{where}: expected 1 to {_MOST_POINTS} pairs of V and I, got {shown(given)}; {_FILE}")
    found: list[tuple[float, float]] = [(0.0, 0.0)]
    for pair in given:
        good = isinstance(pair, (list, tuple)) and len(pair) == 2
        if not good or not all(_is_number(x) for x in pair):
            raise LayoutError(f"{where}: expected pairs of V and I, each 1e-9 to 1e9, got {shown(pair)}; {_FILE}")
        v, i = float(pair[0]), float(pair[1])
        if v <= found[-1][0] or i <= found[-1][1]:
            raise LayoutError(
                f"{where}: expected V and I that grow from point to point, from above 0, got {v:g} V, {i:g} after "
                f"{found[-1][0]:g} V, {found[-1][1]:g}; sort or smooth them, and leave out 0 and what is below"
            )
        found.append((v, i))
    return tuple(found[1:])


def _from_file(path: Path, where: str) -> list[list[float]]:
    """Two columns of numbers."""
    try:
        with path.open(encoding="utf-8") as file:
            lines = [line.strip() for line, _ in zip(file, range(2 * _MOST_POINTS), strict=False)]
    except (OSError, UnicodeDecodeError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise LayoutError(f"{where}: expected a file of V and I, cannot read it ({why}); check the name") from None
    rows: list[list[float]] = []
    for number_of_line, line in enumerate(lines, start=1):
        if not line or line.startswith("#"):
            continue
        words = line.replace(",", " ").replace(";", " ").split()
        try:
            row = [float(word) for word in words]
        except ValueError:
            if not rows and number_of_line < 4 and not any(word[:1].isdigit() or word[:1] in "+-." for word in words):
                continue  # a head has no number
            row = []
        if len(row) != 2:
            raise LayoutError(f"{where} line {number_of_line}: expected V and I, got '{line[:60]}'; {_FILE}")
        if row != [0.0, 0.0]:
            rows.append(row)
    return rows


def check_iv(layout: Layout) -> None:
    """Check what concerns the curve and the read voltage."""
    layout.iv.check_at(layout.array.v_read)
