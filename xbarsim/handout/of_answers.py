"""Pages of what ``infer``, ``retention`` and ``transfer`` print with ``--json``: accuracies of a trained network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..after.answers import Answers
from ..after.retention import Retention
from ..after.transfer import Transfer
from ..base import checks
from ..base.errors import DataError, XbarsimError
from ..describe.settings import time_in_words
from ..show.figures_infer import changes_in_words, place_of, plot_answers
from ..show.figures_report import transfers_figure
from ..show.figures_retention import plot_retention
from ..show.report import percent
from .blocks import Number, Page, Pairs, Pictures, Section, Table
from .cells import short
from .drawing import drawn


def answers_page(path: Path, found: Any) -> Page | None:
    """The page of what was read from JSON; None if it is of another kind.

    Raises
    ------
    DataError
        If it is of one of these kinds, and its values are not.
    """
    if not isinstance(found, dict):
        return None
    makers = (
        ({"transfers"}, _transfers),
        ({"own", "changed", "times", "accuracies"}, _inference),
        ({"accuracy_before", "times", "accuracies"}, _retention),
    )
    for keys, maker in makers:
        if keys <= found.keys():
            try:
                return maker(path, found)
            except (KeyError, TypeError, ValueError, AttributeError, XbarsimError) as error:
                said = short(error, 120)
                raise DataError(
                    f"{path}: expected what a command printed with --json, got {said}; make it anew"
                ) from None
    return None


def _fraction(value: Any) -> float:
    return float(checks.number("accuracy", value, least=0.0, most=1.0))


def _fractions(values: Any) -> tuple[float, ...]:
    found = tuple(_fraction(each) for each in values)
    if not found:
        raise ValueError("no accuracy")
    return found


def _rows(values: Any, times: tuple[float, ...]) -> tuple[tuple[float, ...], ...]:
    found = tuple(_fractions(each) for each in values)
    if len(found) != max(1, len(times)):
        raise ValueError(f"{len(found)} rows of accuracies for {len(times)} times")
    return found


def _times(values: Any) -> tuple[float, ...]:
    return tuple(float(checks.number("time", each, least=0.0)) for each in values)


def _whole(value: Any) -> int:
    return int(checks.integer("iteration", value, least=0))


def _spread(all_: tuple[float, ...]) -> tuple[str, str, str, str]:
    return percent(sum(all_) / len(all_)), percent(min(all_)), percent(max(all_)), f"{len(all_)}"


_HEAD = ("mean", "smallest", "largest", "draws")


def _page(path: Path, kind: str, words: str, numbers: list[Number], blocks: list[Any]) -> Page:
    return Page(path.name, kind, words, numbers=numbers, sections=[Section("accuracy", "Test accuracy", blocks)])


def _retention(path: Path, found: dict[str, Any]) -> Page:
    times = _times(found["times"])
    if not times:
        raise ValueError("no times")
    rows = _rows(found["accuracies"], times)
    state = short(found.get("state", ""), 400)
    before = _fraction(found["accuracy_before"])
    r = Retention(short(found["file"]), _whole(found["iteration"]), before, times, rows, state)
    cells = [(time_in_words(t), *_spread(a)) for t, a in zip(r.times, r.accuracies, strict=True)]
    table = Table(("time", *_HEAD), cells)
    shown = [drawn(plot_retention(r, None), "Accuracy over time")] if any(t > 0.0 for t in times) else []
    numbers = [
        Number("before" if state else "when training ended", percent(r.accuracy_before)),
        Number(f"after {time_in_words(times[-1])}", percent(r.mean[-1]), "mean of the draws"),
    ]
    words = f"{r.file} {state or f'after {r.iteration:,} updates'}, left to age"
    kind = "retention of a network" if state else "retention of a trained network"
    return _page(path, kind, words, numbers, [Pictures(shown), table])


def _inference(path: Path, found: dict[str, Any]) -> Page:
    times = _times(found["times"])
    changed = {short(key): short(value) for key, value in found["changed"].items()}
    rows = _rows(found["accuracies"], times)
    plain = _rows(found["uncompensated"], times) if found.get("uncompensated") else ()
    kind = {"kind": short(found["compensation"]["kind"])} if plain else None
    state = short(found.get("state", ""), 400)
    own = _fraction(found["own"])
    a = Answers(short(found["file"]), _whole(found["iteration"]), changed, own, times, rows, state, plain, kind)
    aged = [time_in_words(t) for t in a.times] or ["not aged"]
    cells = [(t, *_spread(x)) for t, x in zip(aged, a.accuracies, strict=True)]
    numbers = [Number("in its own circuit", percent(a.own)), Number("here", percent(a.mean[-1]), "mean of the draws")]
    if plain:
        numbers.append(Number("without compensation", percent(sum(plain[-1]) / len(plain[-1])), "mean of the draws"))
    told = [(key, short(value)) for key, value in changed.items()] or [("changed", changes_in_words(a))]
    pairs = Pairs([*told, *([("devices", state)] if state else [])], "What is not the run's")
    figure = plot_answers(a, None)
    blocks = [Pictures([drawn(figure, "Accuracy")]), Table(("time" if times else "", *_HEAD), cells), pairs]
    words = f"{a.file}{place_of(a)}, tested in another circuit"
    return _page(path, "a trained network in another circuit", words, numbers, blocks)


def _transfers(path: Path, found: dict[str, Any]) -> Page:
    all_ = [
        Transfer(
            short(t["file"]),
            _whole(t["iteration"]),
            float(checks.number("sigma", t["sigma"], least=0.0)),
            short(t["write"]),
            _fraction(t["accuracy_before"]),
            _fractions(t["accuracies"]),
        )
        for t in found["transfers"]
    ]
    first = all_[0] if all_ else None
    if first is None:
        raise ValueError("no transfers")
    table = Table(("sigma", *_HEAD), [(f"{t.sigma:g}", *_spread(t.accuracies)) for t in all_])
    numbers = [Number("without variation", percent(first.accuracy_before))]
    numbers += [Number(f"sigma {t.sigma:g}", percent(t.mean), f"mean of {len(t.accuracies)} arrays") for t in all_[:6]]
    blocks = [Pictures([drawn(transfers_figure(all_), "Accuracy over sigma")]), table]
    words = f"{first.file} after {first.iteration:,} updates, its {first.write} written into other arrays"
    return _page(path, "a trained network on other devices", words, numbers, blocks)
