"""Stages of pulse lines that reads need: their power goes into the ledger, if there is one."""

from __future__ import annotations

from ..base.stage import stage
from . import disturbing, gates, silent

LINES = {silent.Silent: silent, gates.Gates: gates, gates.Disturbing: disturbing}


@stage(LINES)
def note_power(lines, power):
    """Enter the power of a read, W, into the ledger."""


@stage(LINES)
def note_read_power(lines, layer, geometry, driven, volts, n):
    """Enter the power of a forward read on ideal wires: `n` rows, `driven`, at `volts`, float32, V."""


@stage(LINES)
def note_error_power(lines, layer, geometry, volts, n):
    """Enter the power of a backward read on ideal wires: `n` columns at `volts`, float32, V."""


@stage(LINES)
def note_again(lines):
    """Enter that a read was taken again."""


@stage(LINES)
def layer_lines(lines, geometry, layer):
    """The pulse lines of one array."""
    return lines
