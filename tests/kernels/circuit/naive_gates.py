"""Twins of pulse lines: half-selected devices, sums of conductances, energy; see `tests/naive.py`."""

from __future__ import annotations

from ..base.naive import F, single
from ..device.naive import potentiate, step_up
from ..pair.naive import update


def count_update(this, other, method, d):
    """(whether the side to be pulsed is full, pulses, resets) of one update."""
    if method in ("fixed", "one-sided"):
        return False, 1, 0
    _, _, *pulses, resets_this, resets_other = update(this, other, method, d)
    return this == d.g_max, sum(pulses), resets_this + resets_other


def device_sees(i, j, side, rows, up, down, method=None):
    """What one event puts on a device's gate, in units of the pulse: 0, 1/2 or 1."""
    if method == "fixed":  # of a column it is the plus line that fires, whichever way
        return ((i in rows) + (side == 0 and j in [*up, *down])) / 2
    return ((i in rows) + (j in (up if side == 0 else down))) / 2


def account(array, rows, up, down, method, d):
    """Counts of one event.

    Pulses of updates, of replays, resets, the longest sequence on one pair, half-selected devices.
    """
    single = replayed = resets = longest = half = 0
    n_rows, n_cols = array.shape
    for i in range(n_rows):
        for j in range(n_cols):
            for side, sign in ((0, +1), (1, -1)):
                sees = device_sees(i, j, side, rows, up, down, method)
                half += sees == 0.5
                if sees == 1:
                    this, other = (array.plus, array.minus)[:: int(sign)]
                    full, p, r = count_update(this[i][j], other[i][j], method, d)
                    if full and method != "c":
                        replayed += p
                    else:
                        single += p
                    resets += r
                    longest = max(longest, p + r)
    return single, replayed, resets, longest, half


enter_event = account  # of one event; the ledger adds them up


def disturb_device(g, d, fraction, hit):
    if fraction:
        g = single(min(g + fraction * step_up(g, d), d.g_max))
    return potentiate(g, d) if hit else g


def disturb(array, rows, up, down, d, fraction, hits, method=None):
    """`hits(side, i, j)`: whether the drawn disturbance of a device happens."""
    for side, g in ((0, array.plus), (1, array.minus)):
        for i in range(array.shape[0]):
            for j in range(array.shape[1]):
                if device_sees(i, j, side, rows, up, down, method) == 0.5:
                    g[i][j] = disturb_device(g[i][j], d, fraction, hits(side, i, j))


def event(array, rows, up, down, method, d, fraction, hits):
    counts = account(array, rows, up, down, method, d)
    issued = array.pulse(rows, up, down, method, d)
    disturb(array, rows, up, down, d, fraction, hits, method)
    return counts, issued


def unmark(chosen, rows, up, down):
    """Devices, as (side, row, column), that an event selected and that are still marked after it."""
    return {(side, i, j) for side, i, j in chosen if i not in rows or j not in [*up, *down]}


def add_up(array, i, j):
    return F(array.plus[i][j]) + F(array.minus[i][j])


def add_up_all(array):
    return [[add_up(array, i, j) for j in range(array.shape[1])] for i in range(array.shape[0])]


def whole_units(g, per_siemens):
    return int(float(g) * per_siemens)


def read_power(volts, total):
    """Every row driven with its voltage, every device between it and 0 V."""
    return sum(float(v) ** 2 * float(g) for v, row in zip(volts, total, strict=True) for g in row)


def error_power(volts, total):
    return read_power(volts, [[row[j] for row in total] for j in range(len(volts))])


def layer_gates(gates, layer):
    return gates[layer]
