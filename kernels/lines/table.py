"""Stages of pulse lines: what an event does besides the pulses themselves."""

from __future__ import annotations

from ..base.stage import stage
from ..circuit.gates import Disturbing, Gates
from ..circuit.silent import Silent
from . import disturbing, gates, silent

LINES = {Silent: silent, Gates: gates, Disturbing: disturbing}


@stage(LINES)
def disturbs(lines):
    """Whether half-selected devices move."""
    return False


@stage(LINES)
def clear(lines):
    """Begin the ledger of an iteration."""


@stage(LINES)
def account(lines, rule, array, geometry, layer, now, number, firing, n, up, n_up, down, n_down):
    """Look at an event before it is carried out; arguments as of `rules.table.move`, `lines` those of the layer."""


@stage(LINES)
def settle(lines, rule, array, geometry, layer, now, number, firing, n, up, n_up, down, n_down):
    """What an event leaves behind, after it was carried out."""


@stage(LINES)
def renew(lines, rule, array, geometry, layer):
    """Follow a change of a layer's conductances that came by other means than events; `lines` those of all layers."""


@stage(LINES)
def enter_pulses(lines, pulses, resets):
    """Enter pulses and resets that came by other means than events: refreshes, carries."""


@stage(LINES)
def enter_costs(lines, t, costs):
    """Copy the ledger of iteration `t` of a block to ``costs``, (LEDGER, block) float64, updated."""
