"""The pulse events of one update of a network with maps: which sample and position each is of."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..record.trace import Trace
from . import report

_MOST = 8  # events that are shown as text


def events_of(trace: Trace, layer: int, iteration: int) -> dict[str, Any]:
    """As a part of one JSON object: sample, row and column of the map (null: of several), and lines, of every event;
    empty for a network without maps.
    """
    if not trace.layout.network.mapped:
        return {}
    every = trace.event_iterations(layer)
    part = slice(*(int(np.searchsorted(every, iteration, side)) for side in ("left", "right")))
    places, events = trace.event_places(layer, part), trace.events(layer, every, part)
    names, counts = ("rows", "raised", "lowered"), (trace.shapes[layer - 1][0], *2 * trace.shapes[layer - 1][1:])
    lines = [
        [np.flatnonzero(bits).tolist() for bits in np.unpackbits(packed, axis=1, count=n, bitorder="little")]
        for packed, n in zip(events[1:], counts, strict=True)
    ]
    at = [[None if x < 0 else x for x in column.tolist()] for column in places]
    found = [
        {"sample": s, "map_row": y, "map_column": x, **dict(zip(names, bits, strict=True))}
        for s, y, x, bits in zip(*at, zip(*lines, strict=True), strict=True)
    ]
    return {"events": found}


def show_events(trace: Trace, layer: int, iteration: int) -> None:
    """The first events of an update, as a table; nothing for a network without maps."""
    events = events_of(trace, layer, iteration).get("events")
    if events is None or iteration == 0:
        return
    array = trace.layout.network.arrays[layer - 1]
    if not events:
        report.OUT.print(f"\nUpdate {iteration:,} had no pulse event here.")
        return
    down, right = array.into.height, array.into.width
    shown = [event for event in events if event["rows"]][:_MOST]
    more = f", the first {len(shown)}" if len(shown) < len(events) else ""
    several = all(event["map_row"] is None for event in events)
    where = ", each of all positions together" if several and down * right > 1 else f" (map of {down} x {right})"
    report.OUT.print(f"\nPulse events of update {iteration:,}: {len(events):,}{more}{where}")
    text = [
        (
            "all" if event["sample"] is None else str(event["sample"]),
            "all" if event["map_row"] is None else f"{event['map_row']}, {event['map_column']}",
            *(str(len(event[name])) for name in ("rows", "raised", "lowered")),
        )
        for event in shown
    ]
    report.OUT.print(report.table(text, head=("sample", "row, column", "rows that fire", "raised", "lowered")))
