"""Twin of the management of a read's range; see `tests/naive.py`."""

from __future__ import annotations

from ..base.naive import F


def scale_of(noise, volts, full):
    """What a read's voltages are multiplied with at first; 0 if nothing is driven."""
    if not noise:
        return F(1)
    largest = max((abs(v) for v in volts), default=F(0))
    return F(0) if float(largest) <= 1e-30 * float(full) else F(full) / F(largest)


def drive_at(volts, scale, drive):
    """What drivers make of voltages times a scale."""
    return drive([F(v) * scale for v in volts])


def repeat(limit, most, attempt, sensed, looked_at):
    """Whether a read is taken again."""
    clipped = any(abs(float(sensed[k])) > limit * (1 - 2e-6) for k in looked_at)
    return bool(limit) and clipped and attempt < most


def manage(volts, full, noise, limit, most, drive, read, looked_at=None):
    """(volts that the first read was driven with, over its scale; sensed currents over theirs; reads taken again).

    `drive(volts)` is what drivers make of voltages, `read(volts, attempt)` what is sensed; bounds count above a `limit`
    of 0, on the lines that are looked at.
    """
    scale = scale_of(noise, volts, full)
    if not scale:
        return list(volts), [F(0)] * len(read(volts, 0)), 0
    given, attempt = None, 0
    while True:
        driven = drive_at(volts, scale, drive)
        given = given or [v / scale for v in driven]
        sensed = read(driven, attempt)
        if not repeat(limit, most, attempt, sensed, range(len(sensed)) if looked_at is None else looked_at):
            return given, [x / scale for x in sensed], attempt
        attempt, scale = attempt + 1, scale / F(2)
