"""Stages of circuits: how a layer is read, and what has to follow the pulses so that it can be.

Every kind is a NamedTuple; the type of the tuple chooses the code (see `base.stage`).
"""

from __future__ import annotations

from ..base.stage import stage
from . import ideal, managed, real

CIRCUITS = {ideal.Ideal: ideal, **real.REAL, managed.Managed: managed}


@stage(CIRCUITS)
def may_skip(circuit):
    """Whether a backward read that can fire nothing need not be taken."""
    return False


@stage(CIRCUITS)
def plain(circuit):
    """The circuit whose reads are taken as they are, whatever is done to the range of others."""
    return circuit


@stage(CIRCUITS)
def round_drive(circuit, volts, n, v_read):
    """What drivers make of the voltages of `n` lines: `volts`, float32, V, is updated."""


@stage(CIRCUITS)
def read_columns(circuit, layer, n, now, number, geometry, w, room, lines):
    """Forward read of a layer, driven as ``room.lines`` and ``room.volts`` say: ``room.currents[layer]``, float32, A,
    is updated.

    Parameters
    ----------
    n : int
        Driven rows.
    now, number : int
        Updates done, and the number of the read among those of its layer after them: what its noise depends on.
    w : flat float32, S
        W of all layers.
    room : Room, updated
    lines : Silent or Gates
    """


@stage(CIRCUITS)
def read_rows(circuit, layer, n_gated, now, number, geometry, w, room, lines):
    """Backward read of a layer, driven as ``room.back_volts`` says: ``room.back_currents``, float32, A, is updated at
    the `n_gated` rows of ``room.gated``; others may be.
    """


@stage(CIRCUITS)
def follow(circuit, layer, number, first_event, events, array):
    """Bring what reads need of array `number` up to date after the events that were recorded of `layer` from
    `first_event` on.
    """


@stage(CIRCUITS)
def follow_all(circuit, layer, array):
    """The same of a whole array."""
