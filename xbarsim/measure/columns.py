"""What a column of a measurement means: quantity, unit, polarity, cycle and device, from the words of its header."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..base.errors import LayoutError, nearest
from .formats import Grid
from .layout import clean

ROLES = {
    "conductance": "S",
    "current": "A",
    "voltage": "V",
    "resistance": "Ohm",
    "pulse": "",
    "drive": "V",
    "polarity": "",
    "cycle": "",
    "device": "",
    "ignore": "",
    "potentiation": "S",
    "depression": "S",
}
"""What ``--map`` can call a column; ``drive`` is the amplitude of the pulse, whose sign is the polarity."""

PREFIX = {"": 1.0, "f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9}
_FAMILY = {"S": "S", "A": "A", "V": "V", "Ohm": "Ohm", "ohm": "Ohm", "Ω": "Ohm", "s": "s", "siemens": "S", "mho": "S"}
_WORDS = {"micro": "u", "nano": "n", "milli": "m", "pico": "p", "kilo": "k"}
_UNIT = re.compile(
    r"(?:^|[\s(\[/_,])(micro|nano|milli|pico|kilo|[fpnumkMG]?)(S|A|V|s|Ohm|ohm|Ω|siemens|mho)(?=$|[\s)\],;])"
)
_STATED = re.compile(
    r"(?:@|\bat\b|\b(?=V[a-z_]*\s*[=:]))\s*\(?\s*(?:(V[a-z_]*)\s*[=:]?\s*)?([-+]?(?:\d+[.,]?\d*|[.,]\d+)(?:e[-+]?\d+)?)"
    r"\s*([munp]?)V(?![a-z])\s*\)?",
    re.IGNORECASE,
)
"""A read voltage in a header: ``@0.2V``, ``at 100 mV``, ``Vread=0.2V``."""
_SIDES = {
    +1: {"ltp", "pot", "potentiation", "potentiate", "set", "up", "inc", "increasing", "increase", "pote", "p"},
    -1: {"ltd", "dep", "depression", "depress", "reset", "down", "dec", "decreasing", "decrease", "depr", "d"},
}
_KIND = {
    "pulse": {
        "pulse",
        "pulses",
        "index",
        "idx",
        "count",
        "n",
        "no",
        "nr",
        "number",
        "step",
        "puls",
        "x",
        "#",
        "np",
        "point",
        "points",
    },
    "time": {"time", "t", "timestamp", "date", "width", "duration", "period", "delay", "interval", "length"},
    "conductance": {"g", "cond", "conductance", "gd", "gread", "leitwert", "w", "weight", "y"},
    "current": {"i", "id", "ids", "current", "iread", "imeas", "ich1", "isd", "strom", "imeasch1"},
    "resistance": {"r", "res", "resistance", "ron", "rread"},
    "voltage": {"v", "vread", "vd", "vds", "voltage", "vmeas", "bias", "spannung", "vmeasch1"},
    "drive": {"vpulse", "amplitude", "vg", "vgs", "gate", "vp", "vwrite", "vprog"},
    "cycle": {"cycle", "cycles", "cyc", "rep", "repetition", "run", "ramp", "train", "loop"},
    "device": {"device", "dut", "bauelement", "dev", "cell", "die", "chip", "sample", "junction", "crosspoint"},
    "polarity": {"polarity", "direction", "type", "mode", "operation", "op", "phase", "state"},
}
QUANTITIES = ("conductance", "current", "resistance")
_PULSED = {"pulse", "puls", "prog", "write", "writing", "schreib", "programming"}
"""Words that make a voltage that of the pulse, and not that of the read."""
_NUMBERS = {*QUANTITIES, "voltage", "pulse", "potentiation", "depression"}
_NUMBERED = {"cycle": _KIND["cycle"] | {"c", "rmp"}, "device": _KIND["device"] | {"d"}}


@dataclass(frozen=True)
class Column:
    """One column, understood.

    Attributes
    ----------
    role : str
        One of `ROLES`, or ``time``; empty if its header says nothing.
    factor : float
        What a number in it is worth in the SI unit.
    unit : str
        As it was written; empty if it was not.
    side : int
        +1 potentiation, -1 depression, 0 not said.
    cycle, device : str
        As numbered in the header.
    read_at : float, V, optional
        Voltage of the read, if the header states one.
    """

    name: str
    values: np.ndarray
    role: str
    factor: float = 1.0
    unit: str = ""
    side: int = 0
    cycle: str = ""
    device: str = ""
    read_at: float | None = None

    def told(self) -> str:
        """What was understood, in words."""
        side = {1: "potentiation, ", -1: "depression, ", 0: ""}[self.side]
        number = "".join(f", {n} {v}" for n, v in (("cycle", self.cycle), ("device", self.device)) if v)
        return f"{self.name or 'no name'} = {side}{self.role}{f' in {self.unit}' if self.unit else ''}{number}"


def unit_of(text: str) -> tuple[str, float, str] | None:
    """Family (S, A, V, Ohm or s), factor and spelling of the last unit in a text.

    >>> unit_of("G (µS)"), unit_of("I_nA"), unit_of("conductance")
    (('S', 1e-06, 'uS'), ('A', 1e-09, 'nA'), None)
    """
    found = _UNIT.findall(text.replace("µ", "u").replace("μ", "u"))
    if not found:
        return None
    prefix, base = found[-1]
    prefix = _WORDS.get(prefix, prefix)
    return _FAMILY[base], PREFIX[prefix], prefix + _FAMILY[base]


def side_of(text: str) -> int:
    """+1 or -1 for a word for potentiation or depression; 0 for neither.

    >>> [side_of(t) for t in ("LTP", "G_reset", "set.csv", "conductance", "G_D", "I_D")]
    [1, -1, 1, 0, -1, 0]
    """
    words = re.findall(r"[a-zA-Z]+", text.lower())
    sides = {side for side, names in _SIDES.items() if any(w in names and len(w) > 1 for w in words)}
    if not sides and 1 <= len(words) <= 2:  # a lone letter counts only beside a quantity: G_p, G d
        quantity = len(words) == 1 or words[0] in _KIND["conductance"] | _KIND["current"]
        if words[0] in _KIND["current"] and re.findall(r"[a-zA-Z]+", text)[-1] == "D":  # I_D is the current of a drain
            quantity = False
        sides = {
            side for side, names in _SIDES.items() if quantity and words and words[-1] in names and len(words[-1]) == 1
        }
    return sides.pop() if len(sides) == 1 else 0


def stated_voltage(name: str) -> tuple[str, float | None]:
    """A header without the read voltage that it states, and this voltage, V; of a pulse's there is none.

    >>> stated_voltage("I (nA) @ 0.1 V"), stated_voltage("Id@Vread=200mV"), stated_voltage("I (A) Vpulse=3V")
    (('I (nA) ', 0.1), ('Id', 0.2), ('I (A) Vpulse=3V', None))
    """
    found = _STATED.search(name)
    if found is None:
        return name, None
    called, number, prefix = found.groups()
    rest = f"{name[: found.start()]}{name[found.end() :]}"
    known = (called or "v").lower().replace("_", "") in _KIND["voltage"] | {"vr"}
    pulsed = set(re.findall(r"[a-z]+", rest.lower())) & (_PULSED | _KIND["drive"])
    if not known or pulsed or not rest.strip():
        return name, None
    # "mV" and "MV" differ, and no read is at megavolts.
    return rest, float(f"{float(number.replace(',', '.')) * PREFIX[prefix.lower()]:.12g}") or None


def column_of(name: str, values: np.ndarray) -> Column:
    """Understand one column by its header."""
    whole, (name, read_at) = name, stated_voltage(name)
    unit = unit_of(name)
    bare = _UNIT.sub(" ", name.replace("µ", "u").replace("μ", "u")) if unit else name
    words = re.findall(r"[a-z]+\d*|#|\d+", bare.lower().replace("_", " "))
    plain = [re.sub(r"\d+$", "", w) for w in words]
    family = unit[0] if unit else ""
    numbers = {"cycle": "", "device": ""}
    for what, names in _NUMBERED.items():
        match = re.search(
            rf"(?:^|[^a-z])({'|'.join(sorted(names, key=len, reverse=True))})[\s_#.:-]*(\d+)", bare.lower()
        )
        if match:
            numbers[what] = match[2]
    numbered = any(numbers.values())
    side = side_of(re.sub(r"\d+", " ", bare))
    text = values.dtype.kind == "U"
    role = next(
        (
            kind
            for kind in ("drive", "resistance", "current", "conductance", "voltage")
            if set(words + plain) & _KIND[kind]
        ),
        "",
    )
    if family:
        by_unit = {"S": "conductance", "A": "current", "Ohm": "resistance", "V": "voltage", "s": "time"}[family]
        role = "drive" if by_unit == "voltage" and (role == "drive" or set(words) & _PULSED) else by_unit
    elif role == "voltage" and set(words) & _PULSED:
        role = "drive"
    elif not role and "pulse" in plain and set(plain) & _KIND["time"]:  # the width of the pulse, not its number
        role = "time"
    elif "number" in words or "#" in words or (not role and not numbered and _counts(plain, values, side)):
        role = "pulse" if not set(plain) & (_KIND["cycle"] | _KIND["device"]) else role
    if not family and not numbered and (not role or text):
        role = next((kind for kind in ("cycle", "device", "polarity", "time") if set(plain) & _KIND[kind]), role)
    if text and role not in ("cycle", "device", "polarity"):
        role = "polarity" if all(side_of(v) for v in set(values[:1000])) else "ignore"
    return Column(
        whole,
        values,
        role,
        unit[1] if unit else 1.0,
        unit[2] if unit else "",
        side if role not in ("pulse", "time", "polarity") else 0,
        numbers["cycle"],
        numbers["device"],
        read_at if role in QUANTITIES else None,
    )


def _counts(words: Sequence[str], values: np.ndarray, side: int) -> bool:
    """Whether a header without a quantity is that of pulse numbers."""
    if not side:
        return bool(set(words) & _KIND["pulse"])
    # "LTP pulse" counts the pulses of LTP; "LTP 1" may be its first column of reads.
    if not {"puls", "pulse", "pulses"} & set(words) or values.dtype.kind == "U":
        return False
    seen = values[np.isfinite(values)]
    return bool(np.array_equal(seen, np.round(seen)))


def columns_of(grid: Grid, mapping: Mapping[str, str]) -> list[Column]:
    """Understand all columns of a grid; `mapping` (role to header or number from 1) overrides the headers.

    Raises
    ------
    LayoutError
        If the mapping names what is not there.
    """
    _use_above(grid)
    if not mapping:
        return [column_of(name, values) for name, values in zip(grid.headers, grid.columns, strict=True)]
    chosen: dict[int, str] = {}
    for role, names in mapping.items():
        if role not in ROLES:
            raise LayoutError(f"--map: unknown role '{role}'; {nearest(role, ROLES)}")
        for name in names.split("+"):
            where = _find(grid, name.strip())
            chosen[where] = role
    out = []
    for k, (name, values) in enumerate(zip(grid.headers, grid.columns, strict=True)):
        column = column_of(name, values)
        role = chosen.get(k, "ignore")
        if values.dtype.kind == "U" and role in _NUMBERS:
            raise LayoutError(
                f"--map: {grid.where}: expected numbers in the column '{name or k + 1}' for {role}, got texts such as "
                f"'{clean(str(values[0]))}'; choose another column"
            )
        side = {"potentiation": 1, "depression": -1}.get(
            role, column.side if role in ("conductance", "current", "resistance") else 0
        )
        if side and role in ("potentiation", "depression"):
            role = column.role if column.role in ("current", "resistance") else "conductance"
        family = ROLES[role]
        unit = unit_of(stated_voltage(name)[0])
        fits = unit is not None and unit[0] == family
        out.append(
            replace(
                column, role=role, side=side, factor=column.factor if fits else 1.0, unit=column.unit if fits else ""
            )
        )
    return out


def _use_above(grid: Grid) -> None:
    """Join the headers with rows above them where these say what the nearest one does not.

    Origin writes names, units and comments, in this order; others write LTP and LTD above groups of columns.
    """
    above, grid.above = grid.above, []
    if not above:
        return
    roles = [column_of(name, values) for name, values in zip(grid.headers, grid.columns, strict=True)]
    units = next((k for k, row in enumerate(above) if all(not c or c[0] == "(" for c in row)), None)
    used = 0
    if units is not None and units + 1 < len(above) and units <= 1:
        used = units + 2
    elif not any(c.role in QUANTITIES for c in roles):
        used = 1
        joined = _joined(above[:1], grid.headers)
        if not any(column_of(n, v).role in QUANTITIES for n, v in zip(joined, grid.columns, strict=True)):
            used = 0
    elif not any(c.side or c.device or c.cycle for c in roles) and any(map(side_of, above[0])):
        used = 1
        if above[0][0]:  # merged cells stand in their first columns
            for k in range(1, len(above[0])):
                above[0][k] = above[0][k] or above[0][k - 1]
    grid.left_out += len(above) - used
    if used:
        grid.headers = _joined(above[:used], grid.headers)
        grid.notes.append(f"header of {used + 1} rows")


def _joined(above: Sequence[list[str]], headers: Sequence[str]) -> list[str]:
    return [" ".join(filter(None, [*cells[::-1], name])) for *cells, name in zip(*above, headers, strict=True)]


def _find(grid: Grid, name: str) -> int:
    if name in grid.headers:
        return grid.headers.index(name)
    lower = [h.lower() for h in grid.headers]
    if name.lower() in lower:
        return lower.index(name.lower())
    if name.isdigit() and 1 <= int(name) <= len(grid.headers):
        return int(name) - 1
    begins = [k for k, h in enumerate(lower) if h.startswith(name.lower())]
    if len(begins) == 1:
        return begins[0]
    known = ", ".join(f"{k + 1} '{h}'" for k, h in enumerate(grid.headers))
    raise LayoutError(
        f"--map: {grid.where}: expected one of the columns {known}, got '{name}'; give its number or its header"
    )


def parse_map(texts: Sequence[str]) -> dict[str, str]:
    """``["pulse=1", "conductance=G (uS)"]`` as a mapping."""
    out: dict[str, str] = {}
    for text in texts:
        for part in text.split(";"):
            role, equals, column = part.partition("=")
            if not equals or not column.strip():
                raise LayoutError(f"--map: expected ROLE=COLUMN, got '{part}'; give --map conductance=COLUMN")
            role = role.strip().lower()
            out[role] = f"{out[role]}+{column.strip()}" if role in out else column.strip()
    return out
