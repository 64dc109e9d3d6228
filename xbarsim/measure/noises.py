"""How many reads a likelihood looks at."""

from __future__ import annotations

import dataclasses

import numpy as np

from .model import Reads

LONGEST, MOST = 300, 8000
"""Reads of a train, and of all trains, that a likelihood looks at. Of more, so many: they are far more than enough."""


def thin(reads: Reads) -> Reads:
    """Of many reads, few enough: evenly chosen ones of those that exist, and evenly chosen trains.

    Pulse numbers stay what they are: between two reads a law takes all pulses.
    """
    y, pulses, counts = reads.y, reads.pulses, reads.counts
    if len(pulses) > LONGEST:
        keep = np.unique(np.linspace(0, len(pulses) - 1, LONGEST).round().astype(int))
        y, pulses, counts = y[:, keep], pulses[keep], counts[:, keep]
    most = max(8, MOST // len(pulses))
    if len(y) > most:
        rows = np.linspace(0, len(y) - 1, most).astype(int)
        y, counts = y[rows], counts[rows]
    used = np.isfinite(y).any(axis=0)
    rows = np.isfinite(y).sum(axis=1) >= 2
    y, pulses, counts = (np.ascontiguousarray(v) for v in (y[rows][:, used], pulses[used], counts[rows][:, used]))
    return dataclasses.replace(reads, y=y, pulses=pulses - pulses[0], counts=counts)
