"""Stages of circuits with nothing around their sense circuits, for what takes their place: see `recorder`."""

from __future__ import annotations

from ..base.stage import stage
from . import joined, sensed, wired

BARE = {sensed.Sensed: sensed, wired.Wired: wired, joined.Joined: joined}


@stage(BARE)
def round_drive(circuit, volts, n, v_read):
    """What drivers make of voltages; see `table.round_drive`."""


@stage(BARE)
def read_columns(circuit, layer, n, now, number, geometry, w, room, lines):
    """Forward read of a layer; see `table.read_columns`."""


@stage(BARE)
def read_rows(circuit, layer, n_gated, now, number, geometry, w, room, lines):
    """Backward read of a layer; see `table.read_rows`."""
