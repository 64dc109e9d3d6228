"""Twin of the management of a read's range; see `tests/naive.py`."""

from __future__ import annotations

from ..base.naive import F


def manage(volts, full, noise, limit, most, drive, read, looked_at=None):
    """(volts that the first read was driven with, over its scale; sensed currents over theirs; reads taken again).

    `drive(volts)` is what drivers make of voltages, `read(volts, attempt)` what is sensed; bounds count above a `limit`
    of 0, on the lines that are looked at.
    """
    scale = F(1)
    if noise:
        largest = max((abs(v) for v in volts), default=F(0))
        if float(largest) <= 1e-30 * float(full):
            return volts, [F(0)] * len(read(volts, 0)), 0
        scale = F(full) / F(largest)
    given, attempt = None, 0
    while True:
        driven = drive([F(v) * scale for v in volts])
        given = given or [v / scale for v in driven]
        sensed = read(driven, attempt)
        lines = range(len(sensed)) if looked_at is None else looked_at
        clipped = any(abs(float(sensed[k])) > limit * (1 - 2e-6) for k in lines)
        if not limit or not clipped or attempt == most:
            return given, [x / scale for x in sensed], attempt
        attempt, scale = attempt + 1, scale / F(2)
