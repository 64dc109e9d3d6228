"""What an event does to the devices that it half-selects."""

from __future__ import annotations

import numpy as np

from ..base import noise
from ..base._jit import allocates, jit
from ..circuit.gates import FIRES
from ..device.law import potentiate, step_up
from ..pair.table import is_stuck
from ..pair.weight import weigh_pair
from ..rules.arrays import compose, event_array, expect, outlook
from .gates import add_up_all, clear, enter_costs, enter_event, enter_pulses, renew

__all__ = ["account", "clear", "disturbs", "enter_costs", "enter_pulses", "renew", "settle"]


def disturbs(lines):
    """Half-selected devices move; see `table.disturbs`."""
    return True


def account(lines, rule, array, geometry, layer, now, number, firing, n, up, n_up, down, n_down):
    """Enter an event, and mark the devices that it selects; see `table.account`."""
    enter_event(lines, rule, array, geometry, layer, now, number, firing, n, up, n_up, down, n_down)
    own = outlook(rule, array, geometry, layer, now, number)
    for k in range(n_up + n_down):
        j = up[k] if k < n_up else down[k - n_up]
        for q in range(n):
            side = expect(rule, own, firing[q], j, k < n_up)[0]
            if side >= 0:
                lines.chosen[side, j, firing[q]] = 1


@jit
def disturb_device(g, d, fraction, hit):
    """Conductance (float32, S) of a device after it was half-selected; `hit`: the drawn disturbance happens."""
    if fraction > 0.0:
        g = np.float32(min(np.float64(g) + fraction * step_up(g, d), d.g_max))
    return potentiate(g, d) if hit else g


@allocates
def disturb(lines, pairs_array, now, firing, n, up, n_up, down, n_down):
    """What an event does to the devices that it half-selects, by the nominal law: `pairs_array` is updated."""
    pairs, d = pairs_array.pairs, pairs_array.device
    cols, rows = pairs.g_plus.shape
    row_fires, line_fires = np.zeros(rows, np.bool_), np.zeros((2, cols), np.bool_)
    for q in range(n):
        row_fires[firing[q]] = True
    for k in range(n_up + n_down):
        j = up[k] if k < n_up else down[k - n_up]
        for side in range(2):
            for q in range(n):
                if lines.chosen[side, j, firing[q]] != 0:
                    line_fires[side, j] = True
    number = np.int64(lines.ledger[FIRES + lines.layer])
    for side in range(2):
        stream = noise.STREAM_DISTURB + 16 * (2 * lines.layer + side) + (number << 12)
        g = pairs.g_plus if side == 0 else pairs.g_minus
        for j in range(cols):
            for i in range(rows):
                half = (row_fires[i] or line_fires[side, j]) and lines.chosen[side, j, i] == 0
                if half and not is_stuck(pairs_array, i, j, side):
                    hit = lines.probability > 0.0 and (noise.uniform(lines.seed, stream, now, i, j) < lines.probability)
                    g[j, i] = disturb_device(g[j, i], d, lines.fraction, hit)
                    weigh_pair(pairs, i, j)


@jit
def unmark(lines, firing, n, up, n_up, down, n_down):
    """Forget which devices the event selected."""
    for k in range(n_up + n_down):
        j = up[k] if k < n_up else down[k - n_up]
        for q in range(n):
            lines.chosen[0, j, firing[q]] = 0
            lines.chosen[1, j, firing[q]] = 0


def settle(lines, rule, array, geometry, layer, now, number, firing, n, up, n_up, down, n_down):
    """What an event leaves behind: half-selected devices moved; see `table.settle`."""
    pairs_array = event_array(rule, array, geometry, layer, number)
    disturb(lines, pairs_array, now, firing, n, up, n_up, down, n_down)
    compose(rule, array, geometry, layer)
    add_up_all(pairs_array, lines, lines.column_fired.shape[1])
    unmark(lines, firing, n, up, n_up, down, n_down)
