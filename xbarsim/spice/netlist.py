"""Netlists: one read of one array with its wires, as a file that ngspice and Xyce run, and back.

The names say where things are. Lines have the names of `circuit.Sheet`: dp3 is D+ of row 3, sm0 is S- of column 0;
where the two sides share a line it is d3 or s0.

==============================  ========================================================================================
rg_dp3_sp0                      device, from node d_dp3_sp0 to node s_dp3_sp0: 1 / G
rd_dp3_sp0, rs_dp3_sp0          wire: the segment of the D or S line that leads from this crossing towards its terminal
rdrive_dp3, rsense_sp0          driver or sense resistance, between node t_dp3 and the line's wire, p_dp3
v_dp3, v_sp0                    source at a terminal; its current is what flows out of the array there
..._far                         the same at the other end, if lines are double-sided; both ends share one source
..._t2                          the same in tile 2, if the sheet is split: every tile has its own nodes and sources
==============================  ========================================================================================

What has no resistance is not written: a line whose wire has none is the one node d_dp3, and without a driver resistance
the source is connected to it directly. A device that does not conduct is left out. No node floats, for every line has a
terminal.

The circuit is linear, so that no solver options matter; only statements that both programs know are used. What only a
comment can say stands in lines that begin with ``*:`` and are TOML.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from .._version import __version__
from ..arrays.nodal import Sheet, Solution, sensed, sheets_of, solve, tiles_of
from ..base import checks
from ..base.errors import LayoutError, OutputError, XbarsimError
from ..data_sets.load import load_dataset, to_samples
from ..describe.choices import ROUTINGS
from ..describe.layout import Layout
from ..describe.sections import Wires, toml_key
from ..kernels.way import neuron
from ..learn.network import reading_of
from ..learn.states import network_of
from ..record.trace import Trace

FORMAT, FORMAT_VERSION = "xbarsim-netlist", 1
TITLE = "* xbarsim netlist"
TOLERANCE = 1e-6
"""Largest difference between ngspice and xbarsim that counts as agreement: relative for currents, V for nodes."""

_SOLVE_TOLERANCE, _SOLVE_SWEEPS = 1e-10, 100_000  # of our own solution, when it is compared
# Smaller fractions of the largest current count as if they were so large: what is left of a cancellation in a sensed
# current; and what a driver delivers into next to nothing, for there V / R times the rounding of V comes in.
_SMALL_SENSED, _SMALL_DRIVEN = 1e-6, 1e-3
_LARGEST = float(np.finfo(np.float32).max)
_PRINTED = 2500  # most node voltages that are printed: ngspice looks each one up in all of them
_ANEW = "write it anew with 'xbarsim spice'"
HOW_TO_GET_NGSPICE = "install it (Debian, Ubuntu: apt-get install ngspice; macOS: brew install ngspice)"


class NetlistError(XbarsimError, ValueError):
    """A netlist is missing, foreign or damaged, or ngspice cannot run it."""


@dataclass(frozen=True, eq=False)
class ArrayRead:
    """One read of one array: what a netlist holds.

    Attributes
    ----------
    g_plus, g_minus : (rows, cols) float32, S
    routing : str
    wires : Wires
    forward : bool
        Whether rows are driven and columns sensed.
    volts : (rows,) or (cols,) float64, V
        What the rows, or columns, are driven with.
    origin : mapping
        Where it comes from (layer, iteration, sample, ...): numbers and texts, kept in the netlist's comments.
    """

    g_plus: np.ndarray
    g_minus: np.ndarray
    routing: str
    wires: Wires
    forward: bool
    volts: np.ndarray
    origin: Mapping[str, int | float | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check shapes and values."""
        checks.choice("netlist.routing", self.routing, ROUTINGS)
        for name in ("g_plus", "g_minus"):
            g = np.ascontiguousarray(getattr(self, name), np.float32)
            if g.ndim != 2 or g.size == 0 or g.shape != np.shape(self.g_plus):
                raise LayoutError(
                    f"netlist.{name}: expected a (rows, cols) array, the same for both sides, got {g.shape}; give a "
                    "matrix"
                )
            if not (np.all(np.isfinite(g)) and np.all(g >= 0.0)):
                raise LayoutError(f"netlist.{name}: expected finite conductances >= 0 S, got others; correct the array")
            object.__setattr__(self, name, g)
        volts, n = np.ascontiguousarray(self.volts, np.float64), self.g_plus.shape[0 if self.forward else 1]
        if volts.shape != (n,) or not np.all(np.isfinite(volts)):
            raise LayoutError(
                f"netlist.volts: expected {n} finite voltages, got shape {volts.shape}; give one per driven line"
            )
        object.__setattr__(self, "volts", volts)

    @property
    def sheets(self) -> list[Sheet]:
        """The sheets of the array."""
        return sheets_of(self.g_plus, self.g_minus, self.routing)

    def drives(self, sheet: Sheet) -> tuple[np.ndarray, np.ndarray]:
        """Voltages at the terminals of a sheet's D and S lines, (rows,) and (cols,) V."""
        if self.forward:
            return self.volts[sheet.row_of] * sheet.row_drive, np.zeros(len(sheet.columns))
        return np.zeros(len(sheet.rows)), self.volts[sheet.column_of] * sheet.column_drive

    def solve(self) -> list[Solution]:
        """xbarsim's own solution of every sheet, as exact as float64 lets it be.

        Raises
        ------
        LayoutError
            If the sweeps do not suffice.
        """
        wires = dataclasses.replace(
            self.wires,
            wire_tolerance=min(self.wires.wire_tolerance, _SOLVE_TOLERANCE),
            wire_sweeps=max(self.wires.wire_sweeps, _SOLVE_SWEEPS),
        )
        return [solve(sheet, wires, self.volts, forward=self.forward) for sheet in self.sheets]

    def sensed(self, solutions: list[Solution]) -> tuple[np.ndarray, np.ndarray]:
        """Currents at the + and the - lines of every column (of every row, if backward), A."""
        return sensed(solutions, self.g_plus.shape[1 if self.forward else 0], forward=self.forward)


# ---------------------------------------------------------------------------------------------------------------------
# Where a read comes from


def read_of(
    layout: Layout,
    *,
    trace: Trace | None = None,
    iteration: int | None = None,
    layer: int = 1,
    forward: bool = True,
    sample: int = 0,
) -> ArrayRead:
    """One read of a network on one test sample.

    Parameters
    ----------
    layout : Layout
        Gives wires, routing, neurons and the data set.
    trace : Trace, optional
        Gives the conductances; without it all devices are in the layout's seeded initial states.
    iteration : int, optional
        Number of updates done; default: the last.
    layer : int
        From 1.
    forward : bool
        Forward, the first layer gets the sample, and each other one what the neurons below make of it. Backward, the
        last layer gets the softmax error, and each other one the error that the backward read above it gives, 0 where
        the neuron's derivative is 0; an error of 1 is the read voltage, and it is not limited to that. All of it is
        solved with the wires, and with sense circuits that add nothing of their own (no noise, no steps, no errors of
        gain).
    sample : int
        Number of the test sample, from 0.

    Returns
    -------
    ArrayRead

    Raises
    ------
    LayoutError
        If a number is out of range, the trace does not fit the layout, or there are no devices.
    DataError, TraceError
    """
    if layout.pulses.rule in ("software", "bs"):
        raise LayoutError(
            f"pulses.rule: expected a rule whose weights are pairs of devices, got '{layout.pulses.rule}'; a netlist "
            "needs conductances"
        )
    sizes, bias = layout.network.layers, int(layout.array.bias)
    layer = checks.integer("--layer", layer, least=1, most=len(sizes) - 1)
    origin: dict[str, int | float | str] = {"layer": layer}
    if trace is None:
        if iteration is not None:
            raise LayoutError("--iteration: expected a run file with it, got none; add --trace run.h5, or leave it out")
        state = network_of(layout)
        state.initialise()
        conductances = [state.conductance(k) for k in range(len(sizes) - 1)]
        origin["iteration"] = 0
    else:
        trained = trace.layout
        if (trained.network.layers, trained.array.bias) != (sizes, layout.array.bias):
            raise LayoutError(
                f"--trace: expected a run of the layout's layers {','.join(map(str, sizes))} (bias {bias}), got "
                f"{','.join(map(str, trained.network.layers))} (bias {int(trained.array.bias)}); leave out the layout "
                "to take the run's own"
            )
        at = trace.iterations_done if iteration is None else iteration
        conductances = [trace.conductance(k, at) for k in range(1, len(sizes))]
        origin |= {"iteration": at, "trace": trace.path.name}
    data = load_dataset(layout.run.dataset)
    data.check_fits(sizes)
    sample = checks.integer("--sample", sample, least=0, most=len(data.y_test) - 1)
    origin |= {"dataset": data.name, "sample": sample}
    one = to_samples(data.x_test[sample : sample + 1], data.y_test[sample : sample + 1], layout.array.v_read)
    inputs = np.zeros(sizes[0])
    inputs[one.line[: one.start[1]]] = one.volts[: one.start[1]]
    wires = layout.wires
    if layout.array.circuit == "ideal":  # what the layout's own reads see
        wires = dataclasses.replace(
            wires, wire_resistance=0.0, wire_resistance_s=None, driver_resistance=0.0, sense_resistance=0.0
        )

    def reading(k: int, volts: np.ndarray, forward: bool) -> ArrayRead:
        return ArrayRead(*conductances[k], layout.array.routing, wires, forward, volts, origin)

    volts = _voltages(layout, inputs, int(data.y_test[sample]), reading, layer - 1, forward)
    return reading(layer - 1, volts, forward)


def _voltages(
    layout: Layout,
    inputs: np.ndarray,
    label: int,
    reading: Callable[[int, np.ndarray, bool], ArrayRead],
    layer: int,
    forward: bool,
) -> np.ndarray:
    """What the lines of array `layer` (0 is the first) are driven with: one sample through the arrays before it."""
    settings, sizes = reading_of(layout), layout.network.layers
    v_read, last = float(settings.v_read), len(sizes) - 2
    volts, below = inputs, []  # below: currents of the hidden neurons
    for k in range(last + 1):
        if layout.array.bias:
            volts = np.append(volts, v_read)
        if forward and k == layer:
            return volts
        current = _difference(reading(k, volts, True))
        if k < last:
            below.append(current)
            volts = np.array([float(neuron.hard_sigmoid(i, settings.c[k])) * v_read for i in current])
    delta = np.empty(sizes[-1], np.float32)
    neuron.softmax_error(current, sizes[-1], settings.softmax_gain, label, delta)
    for k in range(last, layer, -1):
        back = _difference(reading(k, delta.astype(np.float64) * v_read, False))[: sizes[k]]
        passes = np.array([neuron.passes_error(i, settings.c[k - 1]) for i in below[k - 1]])
        delta = np.where(passes, back / np.float32(settings.span * settings.v_read), np.float32(0.0))
    return delta.astype(np.float64) * v_read


def _difference(read: ArrayRead) -> np.ndarray:
    """Sensed I+ - I-, float32, A, as neurons take it."""
    plus, minus = read.sensed(read.solve())
    difference: np.ndarray = (plus - minus).astype(np.float32)
    return difference


# ---------------------------------------------------------------------------------------------------------------------
# Writing


class Element(NamedTuple):
    """One line of a netlist: a resistor (Ohm), or a source (V)."""

    name: str
    a: str
    b: str
    value: float


def _nodes(sheet: Sheet, wires: Wires) -> tuple[np.ndarray, np.ndarray]:
    """Names of the D and of the S node of every device, each (rows, cols) object."""
    r_d, r_s = _per_segment(wires)
    shape = sheet.g.shape
    d, s = np.empty(shape, object), np.empty(shape, object)
    for suffix, rows, cols in _tiles(shape, wires):
        for i in range(*rows.indices(shape[0])):
            for j in range(*cols.indices(shape[1])):
                row, column = sheet.rows[i], sheet.columns[j]
                crossing = f"{row}_{column}"
                d[i, j] = f"d_{crossing if r_d else row}{suffix}"
                s[i, j] = f"s_{crossing if r_s else column}{suffix}"
    return d, s


def _per_segment(wires: Wires) -> tuple[float, float]:
    r_d = wires.wire_resistance
    return r_d, r_d if wires.wire_resistance_s is None else wires.wire_resistance_s


def _tiles(shape: tuple[int, ...], wires: Wires) -> Iterator[tuple[str, slice, slice]]:
    """(suffix of names, rows, columns) of every tile."""
    tiles = tiles_of((shape[0], shape[1]), wires)
    for k, (rows, cols) in enumerate(tiles):
        yield f"_t{k}" if len(tiles) > 1 else "", rows, cols


def _line(
    kind: str,
    line: str,
    nodes: list[str],
    segments: list[str],
    r: float,
    end: float,
    volts: float,
    double: bool,
    suffix: str,
) -> Iterator[Element]:
    """Source, driver or sense resistance, and wire of one line; `nodes` and `segments` begin at its terminal."""
    source = nodes[0] if r == 0.0 and end == 0.0 else f"t_{line}{suffix}"
    yield Element(f"v_{line}{suffix}", source, "0", volts)
    ends = [("", nodes[0], segments[0])]
    if double and source != nodes[0]:
        ends.append(("_far", nodes[-1], f"r{kind}_{line}_far{suffix}"))
    for far, first, segment in ends:
        at = source
        if end:
            at = f"p_{line}{far}{suffix}" if r else first
            yield Element(f"{'rdrive' if kind == 'd' else 'rsense'}_{line}{far}{suffix}", source, at, end)
        if r:
            yield Element(segment, at, first, r)
    if r:
        for k in range(1, len(nodes)):
            yield Element(segments[k], nodes[k - 1], nodes[k], r)


def elements(read: ArrayRead) -> Iterator[Element]:
    """All elements of the netlist of a read, in its order."""
    wires = read.wires
    r_d, r_s = _per_segment(wires)
    both = wires.double_sided
    for sheet in read.sheets:
        drive_d, drive_s = read.drives(sheet)
        d, s = _nodes(sheet, wires)
        ohms = np.full(sheet.g.shape, np.inf)
        np.divide(1.0, sheet.g, out=ohms, where=sheet.g > 0.0, dtype=np.float64)
        for suffix, tall, wide in _tiles(sheet.g.shape, wires):
            rows, cols = range(len(sheet.rows))[tall], range(len(sheet.columns))[wide]
            for i in rows:
                name = sheet.rows[i]
                segments = [f"rd_{name}_{sheet.columns[j]}{suffix}" for j in cols]
                ends = (r_d, wires.driver_resistance, float(drive_d[i]), both, suffix)
                yield from _line("d", name, list(d[i, wide]), segments, *ends)
            for j in cols:
                name = sheet.columns[j]
                segments = [f"rs_{sheet.rows[i]}_{name}{suffix}" for i in reversed(rows)]
                ends = (r_s, wires.sense_resistance, float(drive_s[j]), both, suffix)
                yield from _line("s", name, list(s[tall, j][::-1]), segments, *ends)
            for i in rows:
                for j in cols:
                    if ohms[i, j] != np.inf:
                        name = f"rg_{sheet.rows[i]}_{sheet.columns[j]}{suffix}"
                        yield Element(name, d[i, j], s[i, j], float(ohms[i, j]))


_EXPLANATION = """\
* dp3 is D+ of row 3, sm0 is S- of column 0; a line that + and - share is d3 or s0.
*   rg_dp3_sp0   device between nodes d_dp3_sp0 and s_dp3_sp0
*   rd_dp3_sp0   D wire from this crossing towards the terminal of dp3; rs_dp3_sp0 the same on sp0
*   rdrive_dp3, rsense_sp0   resistance of the driver, of the sense circuit, between nodes t_... and p_...
*   v_dp3        source at the terminal of dp3; i(v_dp3) is the current that flows out of the array there, A
* The output has nine digits at most; all digits, of all nodes, with:
*   ngspice -b -r array.raw array.cir        Xyce -r array.raw array.cir
"""


@dataclass(frozen=True)
class Size:
    """How large a netlist is."""

    nodes: int
    elements: int
    devices: int


def write(read: ArrayRead, stream: IO[str]) -> Size:
    """Write the netlist of a read to an open text file."""
    parts = list(elements(read))
    devices = sum(e.name.startswith("rg_") for e in parts)
    rows, cols = read.g_plus.shape
    what = "forward" if read.forward else "backward"
    stream.write(f"{TITLE}: {what} read of an array of {rows} x {cols} pairs, {read.routing}\n*\n")
    stream.write(_EXPLANATION)
    stream.write("*\n")
    for line in _metadata(read, devices).splitlines():
        stream.write(f"*: {line}".rstrip() + "\n")
    nodes: dict[str, None] = {}
    for e in parts:
        nodes[e.a] = nodes[e.b] = None
        stream.write(f"{e.name} {e.a} {e.b} {e.value!r}\n")
    nodes.pop("0")
    sources = [e for e in parts if e.name.startswith("v_")]
    # One point of a sweep that changes nothing: both programs then print, which ngspice does not after .op in the way
    # of Xyce.
    stream.write(f".dc {sources[0].name} {sources[0].value!r} {sources[0].value!r} 1\n")
    stream.write(".print dc\n")
    for e in sources:
        stream.write(f"+ i({e.name})\n")
    if len(nodes) <= _PRINTED:
        for node in nodes:
            stream.write(f"+ v({node})\n")
    else:
        stream.write(f"* {len(nodes)} node voltages are not printed; see above\n")
    stream.write(".end\n")
    return Size(len(nodes), len(parts), devices)


def _metadata(read: ArrayRead, devices: int) -> str:
    import tomli_w

    rows, cols = read.g_plus.shape
    wires = {toml_key(f.name): getattr(read.wires, f.name) for f in dataclasses.fields(Wires)}
    return tomli_w.dumps(
        {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "creator_version": __version__,
            "rows": rows,
            "columns": cols,
            "routing": read.routing,
            "read": "forward" if read.forward else "backward",
            "devices": devices,
            "origin": dict(read.origin),
            "wires": {key: value for key, value in wires.items() if value is not None},
        }
    )


@contextlib.contextmanager
def created(path: Path, *, force: bool) -> Iterator[IO[bytes]]:
    """A new file that appears under its name when it is whole, or not at all.

    Raises
    ------
    OutputError
        If it exists and `force` is not given, or cannot be written.
    """
    if path.is_dir():
        raise OutputError(f"{path}: expected a file name, got a folder; add a name")
    if path.exists() and not path.is_file():
        raise OutputError(f"{path}: expected a file name, got a device or pipe; choose another --out")
    if path.exists() and not force:
        raise OutputError(f"{path}: exists already and is not overwritten; choose another --out, or add --force")
    if not path.parent.is_dir():
        raise OutputError(f"{path}: its folder does not exist; create {path.parent} or choose another --out")
    target = Path(os.path.realpath(path))  # a link stays a link
    part: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as stream:
            part = Path(stream.name)
            yield stream
        mask = os.umask(0)
        os.umask(mask)
        part.chmod(0o666 & ~mask)
        part.replace(target)
        part = None
    except OSError as error:
        raise OutputError(f"{path}: cannot write it ({error.strerror}); free space or choose another --out") from None
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def save(read: ArrayRead, path: str | Path, *, force: bool = False) -> Size:
    """Write the netlist of a read to a file, whole or not at all.

    Raises
    ------
    OutputError
        If the file exists and `force` is not given, or cannot be written.
    """
    with created(Path(path), force=force) as stream:
        text = io.TextIOWrapper(stream, "utf-8", newline="\n")
        size = write(read, text)
        text.detach()  # flushes it, and leaves closing to `created`
    return size


# ---------------------------------------------------------------------------------------------------------------------
# Reading


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
        raise NetlistError(f"{where}: expected a netlist of xbarsim, got another file; check the path, or {_ANEW}")
    found, comments = _scan(text, where)
    try:
        about = tomllib.loads("\n".join(comments))
    except tomllib.TOMLDecodeError as error:
        raise NetlistError(f"{where}: expected '*:' comments in TOML, got a syntax error ({error}); {_ANEW}") from None
    if about.get("format") != FORMAT:
        raise NetlistError(f"{where}: expected format = \"{FORMAT}\" in a '*:' comment, got none; {_ANEW}")
    if about.get("format_version") != FORMAT_VERSION:
        raise NetlistError(
            f"{where}: expected format version {FORMAT_VERSION}, got {about.get('format_version')!r}; "
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
            raise LayoutError(f"wires: expected a section with {', '.join(names)}, got {given!r}; {_ANEW}")
        wires = Wires(**{names[key]: value for key, value in given.items()})
        origin = about.get("origin", {})
        if not isinstance(origin, dict):
            raise LayoutError(f"origin: expected a section, got {origin!r}; {_ANEW}")
    except LayoutError as error:
        raise NetlistError(f"{where} comments: {error}") from None
    if len(found) < rows + cols:  # before arrays are made: a damaged number must not ask for all memory
        raise NetlistError(
            f"{where}: expected {rows} x {cols} pairs, got {len(found)} elements; the file is cut short: {_ANEW}"
        )
    read = _gather(found, rows, cols, routing, wires, forward, origin, where)
    _check_same(found, read, devices, where)
    return read


def _scan(text: str, where: str) -> tuple[dict[str, tuple[Element, int]], list[str]]:
    """Elements by name, with their line numbers, and the metadata lines."""
    found: dict[str, tuple[Element, int]] = {}
    comments: list[str] = []
    ended = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("*:"):
            comments.append(line[2:])
            continue
        if not line.strip() or line[0] in "*+":  # a + goes on with what .print prints, which is not needed here
            continue
        words = line.lower().split()
        if words[0] == ".end":
            ended = True
            break
        if words[0] in (".dc", ".print"):
            continue
        at = f"{where} line {number}"
        if words[0][0] not in "rv" or len(words) != 4:
            raise NetlistError(f"{at}: expected a resistor or source 'name node node value', got '{line}'; {_ANEW}")
        try:
            value = float(words[3])
        except ValueError:
            raise NetlistError(f"{at}: expected a plain number, got '{words[3]}'; write it as 2.5e3, say") from None
        if not np.isfinite(value) or (words[0][0] == "r" and value <= 0.0):
            raise NetlistError(f"{at}: expected a finite number, above 0 for a resistor, got {value:g}; correct it")
        if words[0] in found:
            raise NetlistError(f"{at}: expected every element once, got '{words[0]}' again; leave one out")
        found[words[0]] = Element(words[0], words[1], words[2], value), number
    if not ended:
        raise NetlistError(f"{where}: expected .end at its end, got none; the file is cut short: {_ANEW}")
    return found, comments


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
        for suffix, tall, wide in _tiles(sheet.g.shape, wires):
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
            raise NetlistError(f"{where}: expected the element '{e.name} {e.a} {e.b} {e.value!r}', found none; {_ANEW}")
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
            f"{where}: expected {devices} devices, got {conducting}; {_ANEW}, or correct 'devices' in the comments"
        )


# ---------------------------------------------------------------------------------------------------------------------
# ngspice


def find_ngspice() -> str:
    """Path of ngspice.

    Raises
    ------
    NetlistError
        If it is not installed.
    """
    path = shutil.which("ngspice")
    if path is None:
        raise NetlistError(f"ngspice: expected it on the PATH, found none; {HOW_TO_GET_NGSPICE}")
    return path


def run_ngspice(path: str | Path) -> dict[str, np.ndarray]:
    """Run a netlist with ngspice, as it is.

    Returns
    -------
    dict
        Every vector, as float64: ``v(node)`` in V, ``i(source)`` in A, ``time`` or the sweep.

    Raises
    ------
    NetlistError
        If ngspice is missing or fails.
    """
    program = find_ngspice()
    with tempfile.TemporaryDirectory(prefix="xbarsim-") as folder:
        raw = Path(folder) / "out.raw"
        # Without the user's start-up file, and with a raw file, which keeps every bit.
        environment = {k: v for k, v in os.environ.items() if k != "SPICE_ASCIIRAWFILE"}
        try:
            answer = subprocess.run(
                [program, "-n", "-b", "-r", str(raw), str(Path(path).resolve())],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                errors="replace",
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except OSError as error:
            raise NetlistError(
                f"{program}: expected ngspice, cannot run it ({error.strerror}); {HOW_TO_GET_NGSPICE}"
            ) from None
        if answer.returncode or not raw.is_file():
            lines = [x.strip() for x in (answer.stderr + answer.stdout).splitlines()]
            said = next((x for x in lines if "rror" in x or "singular" in x), f"exit code {answer.returncode}")
            raise NetlistError(f"{path}: expected a netlist that ngspice runs, it says: {said}; check the file")
        return _parse_raw(raw.read_bytes(), str(path))


def _parse_raw(data: bytes, where: str) -> dict[str, np.ndarray]:
    """Vectors of a binary raw file with one plot."""
    head, mark, body = data.partition(b"Binary:\n")
    lines = head.decode("utf-8", "replace").splitlines()
    fields = dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("\t"))
    try:
        n, points = int(fields["No. Variables"]), int(fields["No. Points"])
        names = [line.split()[1] for line in lines[lines.index("Variables:") + 1 :]]
        values = np.frombuffer(body, np.float64, n * points).reshape(points, n)
        if not mark or len(names) != n or fields["Flags"].strip() != "real":
            raise ValueError(f"{len(names)} names for {n} variables")
    except (KeyError, ValueError) as error:
        raise NetlistError(f"{where}: expected results of ngspice, got others ({error}); check its version") from None
    return dict(zip(names, values.T, strict=True))


@dataclass(frozen=True)
class Comparison:
    """Largest differences between two solutions of a read."""

    terminals: float
    """Of the currents at all terminals, relative."""
    sensed: float
    """Of the currents sensed at the + and - lines of the columns (of the rows, if backward), relative."""
    nodes: float
    """Of the node voltages, V."""

    @property
    def agrees(self) -> bool:
        """Whether none is above `TOLERANCE`."""
        return max(self.terminals, self.sensed, self.nodes) <= TOLERANCE


def solutions_of(read: ArrayRead, values: Mapping[str, float]) -> list[Solution]:
    """Solutions from what a circuit simulator gave: ``v(node)`` in V and ``i(source)`` in A.

    Raises
    ------
    NetlistError
        If a value is missing.
    """
    solutions = []
    try:
        for sheet in read.sheets:
            out_d, out_s = np.zeros(len(sheet.rows)), np.zeros(len(sheet.columns))
            for suffix, tall, wide in _tiles(sheet.g.shape, read.wires):
                out_d[tall] += [float(values[f"i(v_{line}{suffix})"]) for line in sheet.rows[tall]]
                out_s[wide] += [float(values[f"i(v_{line}{suffix})"]) for line in sheet.columns[wide]]
            v_d, v_s = (
                np.array([[float(values[f"v({node})"]) for node in line] for line in nodes])
                for nodes in _nodes(sheet, read.wires)
            )
            solutions.append(Solution(sheet, *read.drives(sheet), v_d, v_s, out_d, out_s, 0, 0.0))
    except KeyError as error:
        raise NetlistError(f"results: expected a value for {error.args[0]}, got none; {_ANEW}") from None
    return solutions


def compare(read: ArrayRead, ours: list[Solution], theirs: list[Solution]) -> Comparison:
    """Largest differences.

    Sensed currents under a millionth of the largest current, and other terminal currents under a thousandth of it, are
    compared as if they were that large.
    """
    pairs = list(zip(ours, theirs, strict=True))
    largest = max(float(np.max(np.abs(x))) for a in ours for x in (a.out_d, a.out_s))

    def relative(x: np.ndarray, y: np.ndarray, small: float) -> float:
        scale = np.maximum(np.maximum(np.abs(x), np.abs(y)), small * largest)
        return float(np.max(np.divide(np.abs(x - y), scale, out=np.zeros_like(scale), where=scale > 0.0)))

    return Comparison(
        max(relative(x, y, _SMALL_DRIVEN) for a, b in pairs for x, y in ((a.out_d, b.out_d), (a.out_s, b.out_s))),
        max(relative(x, y, _SMALL_SENSED) for x, y in zip(read.sensed(ours), read.sensed(theirs), strict=True)),
        max(float(np.max(np.abs(x - y))) for a, b in pairs for x, y in ((a.v_d, b.v_d), (a.v_s, b.v_s))),
    )


def check_with_ngspice(path: str | Path) -> Comparison:
    """Run a netlist of `save` with ngspice, and compare with xbarsim's own solution of what the file holds.

    Raises
    ------
    NetlistError
        If the file is not such a netlist, or ngspice is missing or fails.
    """
    read = load(path)
    values = {name: float(v[-1]) for name, v in run_ngspice(path).items()}
    return compare(read, read.solve(), solutions_of(read, values))
