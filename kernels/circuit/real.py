"""Stages of circuits that are not ideal, for what stands around them: see `managed`."""

from __future__ import annotations

from ..base.stage import stage
from . import serial, single_reads

REAL = {**single_reads.SINGLE, serial.Serial: serial}


@stage(REAL)
def plain(circuit):
    """The circuit whose reads are taken in one go; see `table.plain`."""
    return circuit


@stage(REAL)
def round_drive(circuit, volts, n, v_read):
    """What drivers make of voltages; see `table.round_drive`."""


@stage(REAL)
def read_columns(circuit, layer, n, now, number, geometry, w, room, lines):
    """Forward read of a layer; see `table.read_columns`."""


@stage(REAL)
def read_rows(circuit, layer, n_gated, now, number, geometry, w, room, lines):
    """Backward read of a layer; see `table.read_rows`."""


@stage(REAL)
def follow(circuit, layer, number, first_event, events, array):
    """Follow recorded events; see `table.follow`."""


@stage(REAL)
def follow_all(circuit, layer, array):
    """Follow anything; see `table.follow_all`."""
