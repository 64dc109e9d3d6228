"""Gates that an event selects and half-selects: counters, and what they cost."""

from __future__ import annotations

from ..base._jit import jit
from ..circuit.gates import FIRES, HALF, LONGEST, REPLAYED, RESETS, SINGLE, whole_units
from ..pair.table import conduct
from ..rules.arrays import copies, copy_array, copy_lines, event_array, expect, outlook


def clear(lines):
    """Begin the ledger of an iteration."""
    lines.ledger[:] = 0.0


@jit
def enter_event(lines, rule, array, geometry, layer, now, number, firing, n, up, n_up, down, n_down):
    """Enter an event into the ledger and the counters, before it is carried out.

    A line fires if at least one device on it is selected. Where a rule leaves out crossings, these are half-selected.
    """
    cols, rows = lines.column_fired.shape[1], lines.row_fired.shape[0]
    ledger = lines.ledger
    for q in range(n):
        lines.row_fired[firing[q]] += 1
    own = outlook(rule, array, geometry, layer, now, number)
    n_fired, n_chosen = 0, 0
    single, replayed, all_resets, longest = 0.0, 0.0, 0.0, 0.0
    for k in range(n_up + n_down):
        raising = k < n_up
        j = up[k] if raising else down[k - n_up]
        fired_plus, fired_minus = False, False
        for q in range(n):
            i = firing[q]
            side, replays, pulses, resets = expect(rule, own, i, j, raising)
            if side < 0:
                continue
            if side == 0:
                fired_plus = True
            else:
                fired_minus = True
            lines.crossed[side, j, i] += 1
            n_chosen += 1
            if replays:
                replayed += pulses
            else:
                single += pulses
            all_resets += resets
            longest = max(longest, float(pulses + resets))
        for side in range(2):
            if fired_plus if side == 0 else fired_minus:
                lines.column_fired[side, j] += 1
                n_fired += 1
                for q in range(n):
                    lines.crossed[side, j, firing[q]] += 1
    ledger[SINGLE] += single
    ledger[REPLAYED] += replayed
    ledger[RESETS] += all_resets
    ledger[LONGEST] = max(ledger[LONGEST], longest)
    # All crossings of a line that fires or a row that fires, but for those that are selected (both) or on neither.
    ledger[HALF] += n * 2 * cols + rows * n_fired - n * n_fired - n_chosen
    ledger[FIRES + lines.layer] += 1.0


def account(lines, rule, array, geometry, layer, now, number, firing, n, up, n_up, down, n_down):
    """Look at an event before it is carried out; see `table.account`."""
    enter_event(lines, rule, array, geometry, layer, now, number, firing, n, up, n_up, down, n_down)


@jit
def add_up(i, j, pairs_array, lines):
    """Renew G+ + G- of one pair, and of its row."""
    plus = conduct(pairs_array, i, j, 0)
    old, new = lines.total[i, j], plus + conduct(pairs_array, i, j, 1)
    lines.total[i, j] = new
    lines.row_sum[i] += whole_units(new, lines.per_siemens) - whole_units(old, lines.per_siemens)


@jit
def add_up_all(pairs_array, lines, cols):
    """Renew G+ + G- of all pairs of one layer."""
    for j in range(cols):
        for i in range(lines.total.shape[0]):
            add_up(i, j, pairs_array, lines)


def settle(lines, rule, array, geometry, layer, now, number, firing, n, up, n_up, down, n_down):
    """What an event leaves behind, after it was carried out."""
    pairs_array = event_array(rule, array, geometry, layer, number)
    for k in range(n_up + n_down):  # column by column, as conductances lie
        j = up[k] if k < n_up else down[k - n_up]
        for q in range(n):
            add_up(firing[q], j, pairs_array, lines)


def renew(lines, rule, array, geometry, layer):
    """Follow a change of a layer's conductances that came by other means than events."""
    for copy in range(copies(rule)):
        own = copy_lines(rule, array, lines, geometry, layer, copy)
        add_up_all(copy_array(rule, array, geometry, layer, copy), own, own.column_fired.shape[1])


def enter_pulses(lines, pulses, resets):
    """Enter what was rewritten without an event: as replays are."""
    lines.ledger[REPLAYED] += pulses
    lines.ledger[RESETS] += resets


def enter_costs(lines, t, costs):
    """Copy the ledger of an iteration."""
    for k in range(costs.shape[0]):
        costs[k, t] = lines.ledger[k]
