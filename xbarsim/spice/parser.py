"""Reading netlists: the array and its drive, from the elements."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays.nodal import sheets_of
from ..base import checks
from ..base.errors import LayoutError
from ..describe.array import ROUTINGS
from ..describe.sections import toml_key
from ..describe.wires import Wires
from .array_read import ArrayRead
from .circuit import Element, elements, tiles
from .curves import from_table, ohm_of, statements
from .metadata import ANEW, FORMAT, FORMAT_VERSION, TITLE, NetlistError

_PRINTED = re.compile(r"[iv]\(\w+\)")
_LARGEST = float(np.finfo(np.float32).max)


def load(path: str | Path) -> ArrayRead:
    """The read that a netlist of `save` describes, from its elements; conductances may have been changed in it.

    Raises
    ------
    NetlistError
        If the file is missing, foreign or damaged.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise NetlistError(f"{path}: expected a netlist, found nothing; check the path") from None
    except UnicodeDecodeError:
        raise NetlistError(f"{path}: expected a netlist of xbarsim, got another file; check the path") from None
    except OSError as error:
        raise NetlistError(f"{path}: expected a netlist, cannot read it ({error.strerror}); check the path") from None
    return parse(text, where=str(path))


def parse(text: str, *, where: str = "netlist") -> ArrayRead:
    """The read that a netlist's text describes. See `load`.

    The resistors between a D and an S node are the devices. Everything else has to be what the comments say, so that a
    file that lost a line, or that was changed into another circuit, is not taken for what it is not.
    """
    if not text.startswith(TITLE):
        raise NetlistError(f"{where}: expected a netlist of xbarsim, got another file; check the path, or {ANEW}")
    found, comments, said = _scan(text, where)
    try:
        about = tomllib.loads("\n".join(comments))
    except tomllib.TOMLDecodeError as error:
        raise NetlistError(f"{where}: expected '*:' comments in TOML, got a syntax error ({error}); {ANEW}") from None
    if about.get("format") != FORMAT:
        raise NetlistError(f"{where}: expected format = \"{FORMAT}\" in a '*:' comment, got none; {ANEW}")
    if about.get("format_version") not in (1, FORMAT_VERSION):
        raise NetlistError(
            f"{where}: expected format version 1 to {FORMAT_VERSION}, got {about.get('format_version')!r}; "
            f"read it with the xbarsim that wrote it ({about.get('creator_version')})"
        )
    try:
        rows = checks.integer("rows", about.get("rows"), least=1, most=65_536)
        cols = checks.integer("columns", about.get("columns"), least=1, most=65_536)
        devices = checks.integer("devices", about.get("devices"), least=0)
        routing = checks.choice("routing", about.get("routing"), ROUTINGS)
        forward = checks.choice("read", about.get("read"), ("forward", "backward")) == "forward"
        names = {toml_key(f.name): f.name for f in dataclasses.fields(Wires)}
        given = about.get("wires")
        if not isinstance(given, dict) or not set(given) <= set(names):
            raise LayoutError(f"wires: expected a section with {', '.join(names)}, got {given!r}; {ANEW}")
        wires = Wires(**{names[key]: value for key, value in given.items()})
        curve = about.get("iv", {})
        v_read = curve.pop("v_read_V", 1.0) if isinstance(curve, dict) else 1.0
        iv, v_read = from_table(curve), checks.number("iv.v_read_V", v_read, above=0.0, most=1e6)
        iv.check_at(v_read)
        origin = about.get("origin", {})
        if not isinstance(origin, dict):
            raise LayoutError(f"origin: expected a section, got {origin!r}; {ANEW}")
    except LayoutError as error:
        raise NetlistError(f"{where} comments: {error}") from None
    wanted = statements(iv, v_read)
    if said != wanted:
        line = next((x for x in said if x not in wanted), "")
        raise NetlistError(
            f"{where}: expected {' and '.join(wanted) or 'no statements'} before the elements, as the comments have "
            f"it, got '{line[:60]}'; {ANEW}"
        )
    kinds = {name[0] for name in found if name[1:4] == "g_d"}
    if kinds - {"r" if iv.ohmic else "b"}:
        raise NetlistError(f"{where}: expected devices that are {iv.iv}, as the comments have it, got others; {ANEW}")
    found = {f"r{name[1:]}" if name[0] == "b" else name: x for name, x in found.items()}
    if len(found) < rows + cols:  # before arrays are made: a damaged number must not ask for all memory
        raise NetlistError(
            f"{where}: expected {rows} x {cols} pairs, got {len(found)} elements; the file is cut short: {ANEW}"
        )
    try:
        read = _gather(found, rows, cols, routing, wires, forward, origin, where)
        read = dataclasses.replace(read, iv=iv, v_read=v_read)
    except LayoutError as error:
        raise NetlistError(f"{where}: {error}") from None
    _check_same(found, read, devices, where)
    return read


def _scan(text: str, where: str) -> tuple[dict[str, tuple[Element, int]], list[str], list[str]]:
    """Elements by name, with their line numbers, the metadata lines, and the statements about curves.

    What is skipped here is skipped by circuit simulators as well: they run commands that stand behind ``*#``, and go on
    with a statement behind ``+``.
    """
    found: dict[str, tuple[Element, int]] = {}
    comments: list[str] = []
    said: list[str] = []
    ended = printing = False
    for number, line in enumerate(text.splitlines(), start=1):
        at = f"{where} line {number}"
        if line.startswith("*:") and not ended:
            comments.append(line[2:])
            continue
        if line.startswith("*#"):
            raise NetlistError(f"{at}: expected a comment, got a command of ngspice, '{line[:60]}'; leave it out")
        if not line.strip() or line[0] == "*":
            continue
        if ended:
            raise NetlistError(f"{at}: expected nothing after .end, got '{line[:60]}'; leave it out")
        words = line.lower().split()
        if line[0] == "+" and printing and len(words) == 2 and _PRINTED.fullmatch(words[1]):
            continue
        printing = words == [".print", "dc"]
        if printing or (words[0] == ".dc" and len(words) == 5 and words[2] == words[3]):  # one point
            continue
        if words == [".end"]:
            ended = True
            continue
        if words[0] in (".func", ".options") and not found and len(said) < 2:
            said.append(line)
            continue
        if words[0][0] not in "rvb" or len(words) != 4:
            raise NetlistError(
                f"{at}: expected a resistor or source 'name node node value', got '{line[:60]}'; leave it out or {ANEW}"
            )
        curved = words[0][0] == "b"
        if curved:
            words[3] = ohm_of(words) or words[3]
        try:
            value = float(words[3])
        except ValueError:
            raise NetlistError(f"{at}: expected a plain number, got '{words[3]}'; write it as 2.5e3, say") from None
        if not np.isfinite(value) or (words[0][0] in "rb" and value <= 0.0):
            raise NetlistError(f"{at}: expected a finite number, above 0 for a resistor, got {value:g}; correct it")
        if words[0] in found:
            raise NetlistError(f"{at}: expected every element once, got '{words[0]}' again; leave one out")
        found[words[0]] = Element(f"r{words[0][1:]}" if curved else words[0], words[1], words[2], value), number
    if not ended:
        raise NetlistError(f"{where}: expected .end at its end, got none; the file is cut short: {ANEW}")
    return found, comments, said


def _gather(
    found: Mapping[str, tuple[Element, int]],
    rows: int,
    cols: int,
    routing: str,
    wires: Wires,
    forward: bool,
    origin: Mapping[str, Any],
    where: str,
) -> ArrayRead:
    """Conductances and voltages of the elements that are there."""
    sides = np.zeros((2, rows, cols), np.float32)
    volts = np.zeros(rows if forward else cols)
    # The sheets of an array whose "conductances" are numbers of devices tell which device of the array each one is.
    n = rows * cols
    number = np.arange(1, 2 * n + 1, dtype=np.float64).reshape(2, rows, cols)
    flat = sides.reshape(-1)
    for sheet in sheets_of(number[0], number[1], routing):
        which = sheet.g.astype(np.int64) - 1
        drive = (
            (sheet.rows, sheet.row_of, sheet.row_drive)
            if forward
            else (sheet.columns, sheet.column_of, sheet.column_drive)
        )
        for suffix, tall, wide in tiles(sheet.g.shape, wires):
            for line, of, factor in list(zip(*drive, strict=True))[tall if forward else wide]:
                source = found.get(f"v_{line}{suffix}")
                if source is not None:
                    volts[of] = source[0].value * factor
            for i in range(len(sheet.rows))[tall]:
                for j in range(len(sheet.columns))[wide]:
                    device = found.get(f"rg_{sheet.rows[i]}_{sheet.columns[j]}{suffix}")
                    if device is None:
                        continue
                    e, at = device
                    if not 1.0 / e.value < _LARGEST:
                        raise NetlistError(
                            f"{where} line {at}: expected a conductance that float32 holds, got 1 / {e.value:g} S; "
                            "correct it"
                        )
                    flat[which[i, j]] = 1.0 / e.value
    return ArrayRead(sides[0], sides[1], routing, wires, forward, volts, origin)


def _check_same(found: Mapping[str, tuple[Element, int]], read: ArrayRead, devices: int, where: str) -> None:
    """The elements are those of `read`, each, and no others."""
    seen = conducting = 0
    for e in elements(read):
        if e.name not in found:
            raise NetlistError(f"{where}: expected the element '{e.name} {e.a} {e.b} {e.value!r}', found none; {ANEW}")
        other, number = found[e.name]
        device = e.name.startswith("rg_")
        if (e.a, e.b) != (other.a, other.b) or (not device and e.value != other.value):
            raise NetlistError(
                f"{where} line {number}: expected '{e.name} {e.a} {e.b} {e.value!r}', as the comments have it, got "
                f"'{other.name} {other.a} {other.b} {other.value!r}'; only devices (rg_...) may be changed"
            )
        seen += 1
        conducting += device
    if seen < len(found):
        known = {e.name for e in elements(read)}
        name, (_, number) = next((name, at) for name, at in found.items() if name not in known)
        raise NetlistError(f"{where} line {number}: expected no element '{name}' in this array, got one; leave it out")
    if conducting != devices:
        raise NetlistError(
            f"{where}: expected {devices} devices, got {conducting}; {ANEW}, or correct 'devices' in the comments"
        )
