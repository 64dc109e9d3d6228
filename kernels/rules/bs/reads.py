"""Stages of circuits through which digits are read; arrays are numbered as in `digits`.

A bit drives its row with the full read voltage; what the sense circuits give is weighed by what the digit is worth, and
added up before the comparators. In a backward read the columns with d = +1 are driven with the read voltage, and those
with -1 with its negative.
"""

from __future__ import annotations

from ...base.stage import stage
from ...circuit.ideal import Ideal
from ...circuit.sensed import Sensed
from ...circuit.wired import Wired
from . import reads_ideal, reads_sensed, reads_wired

CIRCUITS = {Ideal: reads_ideal, Sensed: reads_sensed, Wired: reads_wired}


@stage(CIRCUITS)
def read_columns_of(circuit, array, lines, layer, n, at, number, geometry, room):
    """Forward read of a layer of digits; see `kinds.read_bits`."""


@stage(CIRCUITS)
def read_rows_of(circuit, array, lines, layer, n, at, number, geometry, room):
    """Backward read of a layer of digits; see `kinds.read_signs`."""
