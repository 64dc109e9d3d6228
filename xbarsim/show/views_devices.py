"""What ``xbarsim devices``, and ``compare-devices`` show, as text, JSON or CSV."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..study.comparison import ranked, table_of
from . import report

if TYPE_CHECKING:
    from ..study.comparison import Row
    from ..study.device_cards import Card


def _states(card: Card) -> str:
    return f"{card.states}" if card.states == card.states_d else f"{card.states} / {card.states_d}"


def _betas(card: Card) -> str:
    if card.betas is None:
        return card.layout.device.model
    up, down = card.betas
    return f"{up:.3g} / {down:.3g}"


def show_devices(cards: Sequence[Card], form: str) -> None:
    """All devices that ship."""
    if form == "json":
        report.dump({"devices": [card.as_dict() for card in cards]})
        return
    rows = [(c.name, _states(c), f"{c.on_off:.3g}", _betas(c), c.spread, _short(c)) for c in cards]
    t = report.table(rows, head=("device", "states", "on/off", "beta up / down", "spread", "source"))
    for column in t.columns[4:]:
        column.justify = "left"
    report.print_wide(t)
    report.OUT.print(
        "\nxbarsim devices show NAME tells all, with --plot FILE as a picture; --device NAME trains on one."
    )


def _short(card: Card) -> str:
    """Who, and which table or figure."""
    s = card.source
    return (
        str(s["short"])
        if "short" in s
        else f"{str(s.get('title', '')).split(',')[0]}; {str(s.get('where', '')).split(':')[0]}"
    )


def show_device(card: Card, form: str, picture: Path | None) -> None:
    """One device: numbers and source."""
    if form == "json":
        report.dump({**card.as_dict(), "picture": None if picture is None else str(picture)})
        return
    d = card.layout.device
    steps = f"{report.siemens(d.alpha_p)} at Gmin; down {report.siemens(d.alpha_depression)} at Gmax"
    rows = [
        ("device", card.name),
        ("law", d.model),
        ("conductance", f"{report.siemens(d.g_min)} to {report.siemens(d.g_max)}, on/off {card.on_off:.3g}"),
        ("states up / down", _states(card)),
        ("beta up / down", _betas(card)),
        ("first step", f"up {steps}"),
        ("symmetry point", symmetry_words(card)),
        ("spread", card.spread),
        *((k.replace("_", " "), v) for k, v in card.source.items()),
    ]
    rows += [("picture", str(picture))] if picture is not None else []
    report.OUT.print(report.pairs(rows))


def symmetry_words(card: Card) -> str:
    """Where steps up and down are equal, the part of the range, and the step there."""
    words, device = card.symmetry_in_words, card.layout.device
    if words.startswith("none"):
        return words
    g = card.symmetry.g
    share = report.percent((g - device.g_min) / device.span)
    return f"{report.siemens(g)}, {share} of the range: {words}, {report.siemens(card.step_there)}"


def show_rows(rows: Sequence[Row], head: str, form: str, *, out: Path | None, rank: bool) -> None:
    """Accuracies, by rank or in order."""
    if form == "csv":
        sys.stdout.write(table_of(rows, [{head: row.name} for row in rows]).to_csv())
        return
    shown = ranked(rows) if rank else list(rows)
    if form == "json":
        report.dump({"by": head, "rows": [r.as_dict() for r in shown], "out": None if out is None else str(out)})
        return
    cells = [
        (
            r.name,
            report.percent(r.mean),
            f"{report.percent(r.least)} to {report.percent(r.most)}",
            ", ".join(f"{100 * s:.2f}" for s in r.seeds),
        )
        for r in shown
    ]
    report.print_wide(report.table(cells, head=(head, "accuracy", "min to max", "seeds")))
    report.OUT.print(report.SPREAD)
