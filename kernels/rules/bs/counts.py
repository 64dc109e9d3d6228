"""What is counted of a layer while it learns binary-stochastically: places in ``Learning.work``."""

from __future__ import annotations

(
    READ_ROWS,
    EVENTS,
    EVENT_ROWS,
    EVENT_COLUMNS,
    PULSES,
    BACK_READS,
    BACK_ROWS,
    BACK_COLUMNS,
    CARRIES,
    CARRY_PULSES,
    CARRY_RESETS,
    WORK,
) = range(12)
"""Rows driven in forward reads; pulse events, their rows, columns and crossings; backward
reads, rows sensed and columns driven in them; weights carried, pulses and resets of carries."""
