"""Stages of circuits that read what they are driven with in one go, for what stands around them: see `serial`."""

from __future__ import annotations

from ..base.stage import stage
from . import sliced, slices

SINGLE = {**slices.SLICES, sliced.Sliced: sliced}


@stage(SINGLE)
def round_drive(circuit, volts, n, v_read):
    """What drivers make of voltages; see `table.round_drive`."""


@stage(SINGLE)
def read_columns(circuit, layer, n, now, number, geometry, w, room, lines):
    """Forward read of a layer; see `table.read_columns`."""


@stage(SINGLE)
def read_rows(circuit, layer, n_gated, now, number, geometry, w, room, lines):
    """Backward read of a layer; see `table.read_rows`."""


@stage(SINGLE)
def follow(circuit, layer, number, first_event, events, array):
    """Follow recorded events; see `table.follow`."""


@stage(SINGLE)
def follow_all(circuit, layer, array):
    """Follow anything; see `table.follow_all`."""
