"""Pulse lines whose half-selected devices move: reads see them as those that are only counted."""

from __future__ import annotations

from .gates import Disturbing, layer_gates, note_again, note_error_power, note_power, note_read_power

__all__ = ["Disturbing", "layer_lines", "note_again", "note_error_power", "note_power", "note_read_power"]


def layer_lines(lines, geometry, layer):
    """The pulse lines of one array; see `lines.layer_lines`."""
    own = layer_gates(lines, geometry, layer)
    return Disturbing(lines.active, lines.fraction, lines.probability, lines.seed, lines.per_siemens, *own)
