"""Stages of what one slice of weights is read through: see `sliced`."""

from __future__ import annotations

from ..base.stage import stage
from . import bare, recorder

SLICES = {**bare.BARE, recorder.Recorder: recorder}


@stage(SLICES)
def round_drive(circuit, volts, n, v_read):
    """What drivers make of voltages; see `table.round_drive`."""


@stage(SLICES)
def read_columns(circuit, layer, n, now, number, geometry, w, room, lines):
    """Forward read of a layer; see `table.read_columns`."""
