"""Netlists: one read of one array with its wires, as a file that ngspice and Xyce run, and back.

The names say where things are. Lines have the names of `nodal.Sheet`: dp3 is D+ of row 3, sm0 is S- of column 0;
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

Devices that are not ohmic are sources, bg_dp3_sp0, whose current is iv(V) / R with a function iv of the file's own
(`curves`). Else the circuit is linear, so that no solver options matter; only statements that both programs know are
used, but for the options of a circuit with such devices, which are ngspice's. What only a
comment can say stands in lines that begin with ``*:`` and are TOML.

- `array_read`: what a netlist holds; `network`: the read that an array of a network makes, after a sample's `way` to
  it; `metadata`: what only comments can say
- `circuit`: its elements; `curves`: devices that are not ohmic; `writer`, `parser`: to text, and back
- `ngspice`, `agreement`: another solution, and how far it is from ours

Imports from `record`, `learn`, `data_sets`, `arrays` and the rooms below them.
Look first at `array_read` and `circuit`.
"""

from .agreement import Comparison, check_with_ngspice, compare, solutions_of
from .array_read import ArrayRead
from .circuit import Element, elements
from .metadata import NetlistError
from .network import read_of
from .ngspice import find_ngspice, run_ngspice
from .parser import load, parse
from .writer import Size, save, write

__all__ = [
    "ArrayRead",
    "Comparison",
    "Element",
    "NetlistError",
    "Size",
    "check_with_ngspice",
    "compare",
    "elements",
    "find_ngspice",
    "load",
    "parse",
    "read_of",
    "run_ngspice",
    "save",
    "solutions_of",
    "write",
]
