"""Writing netlists."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..base.files import created
from .array_read import ArrayRead
from .circuit import elements
from .curves import device_line, statements
from .metadata import TITLE, metadata

_PRINTED = 2500  # most node voltages that are printed: ngspice looks each one up in all of them
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
    for line in metadata(read, devices).splitlines():
        stream.write(f"*: {line}".rstrip() + "\n")
    for line in statements(read.iv, read.v_read):
        stream.write(f"{line}\n")
    nodes: dict[str, None] = {}
    for e in parts:
        nodes[e.a] = nodes[e.b] = None
        curved = e.name.startswith("rg_") and not read.iv.ohmic
        stream.write(f"{device_line(*e) if curved else f'{e.name} {e.a} {e.b} {e.value!r}'}\n")
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
