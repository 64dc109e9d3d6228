"""The page of a folder that a study left: its tables and pictures, what its runs said, and how to make it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

from ..base.errors import TraceError, XbarsimError
from ..base.files import is_file, is_folder
from ..describe.sections import toml_key
from ..describe.words import in_words
from ..show.figures_devices import plot_sweep
from ..show.figures_grid import plot_design
from ..show.report import percent
from ..study.claims import NAME, Claimed, claimed
from ..study.study import read_record
from . import tables
from .blocks import WHAT, Block, Code, Number, Page, Pairs, Pictures, Words, present, section
from .cells import number_in, seconds, short
from .drawing import drawn, pictures_in
from .of_layout import configuration, layout_in, said_by
from .of_run import again

_CURVES = "curves.csv"
_MOST_TEXT = 200_000
_MOST_WARNINGS = 12


def study_page(folder: Path) -> Page:
    """The page of a folder.

    Raises
    ------
    TraceError
        If no study left it.
    DataError
        If a table cannot be read.
    """
    claim, records, broken = claimed(folder), *_records(folder)
    files = sorted(path for path in folder.glob("*.csv") if is_file(path))
    if claim is None and not records:
        raise TraceError(
            f"{folder}: expected {WHAT}, got a folder without {NAME} and without records of runs; name one"
        )
    read = {path.name: tables.read(path) for path in files}
    main = next((found for t in read.values() if (found := tables.grouped(t)) is not None), None)
    layout = layout_in(claim.layout) if claim is not None else None
    done = bool(read)
    what = short(claim.what, 2000) if claim is not None else "runs of a study"
    study, _, words = what.partition("; ")
    sections = [
        section("results", "Results", [*_pictures(folder, main, what), *_results(read, main)]),
        section("texts", "Report", _texts(folder)),
        section("runs", "Runs", _runs(records)),
        section("configuration", "What all runs have in common", configuration(layout) if layout is not None else []),
        section("again", "To make it again", _again(claim, records)),
    ]
    return Page(
        title=folder.resolve().name,
        kind=study,
        words=words or _in_words(records),
        status="finished" if done else f"{len(records):,} runs done, no result yet",
        unfinished=not done,
        numbers=_numbers(main, read, records),
        warnings=[
            *_unfinished(done, records, folder),
            *broken,
            *_said(records),
            *(said_by(layout) if layout is not None else []),
        ],
        sections=present(sections),
    )


def _records(folder: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """The records of the runs, and what is to be said of those that are broken."""
    runs = folder / "runs"
    paths = sorted(runs.glob("*.json")) if is_folder(runs) else []
    found = [record for path in paths if (record := read_record(path)) is not None]
    fine = [record for record in found if isinstance(record["result"], dict)]
    lost = len(paths) - len(fine)
    return fine, [f"{lost} records of runs are broken, and not counted here"] if lost else []


def _unfinished(done: bool, records: Sequence[Any], folder: Path) -> list[str]:
    if done:
        return []
    if any(folder.glob("part-*-of-*.json")):
        return [
            f"Parts of a sweep, {len(records):,} runs: xbarsim sweep --join {short(folder.name, 60)} --keep FOLDER "
            "puts all parts together, and a report of FOLDER shows them."
        ]
    return [f"This study has not come to its end: {len(records):,} runs are done. The same command goes on from there."]


def _in_words(records: Sequence[Mapping[str, Any]]) -> str:
    layout = next((found for r in records if (found := layout_in(r.get("layout"))) is not None), None)
    return f"such as {in_words(layout)}" if layout is not None else ""


def _numbers(main: tables.Grouped | None, read: Mapping[str, tables.Read], records: Sequence[Any]) -> list[Number]:
    found = []
    if main is not None:
        k = main.best
        best = main.rows[k]
        found.append(Number("best mean accuracy", percent(best.mean), f"{', '.join(main.keys)}: {main.names[k]}"))
        worst = min(main.rows, key=lambda row: row.mean)
        if len(main.rows) > 1:
            at = main.names[main.rows.index(worst)]
            found.append(Number("lowest", percent(worst.mean), f"{', '.join(main.keys)}: {at}"))
        found.append(Number("compared", f"{len(main.rows):,}", f"{len(best.seeds)} seeds each"))
    searched = next((t for t in read.values() if {"setting", "accuracy", "best_so_far"} <= set(t.columns)), None)
    if searched is not None:
        found += _searched(searched)
    by_device = next((t for t in read.values() if {"rule", "device", "best", "accuracy"} <= set(t.columns)), None)
    if by_device is not None:
        found += _best_by_device(by_device)
    gains = next((t for t in read.values() if {"departure", "gained"} <= set(t.columns)), None)
    if gains is not None:
        found += _gains(gains)
    if records:
        times = [number_in(r["result"].get("seconds")) or 0.0 for r in records]
        found.append(Number("runs", f"{len(records):,}", f"{seconds(sum(times))} in all"))
    return found


def _searched(table: tables.Read) -> list[Number]:
    """The best of a search for settings; number 0 is the layout as it was."""
    tried = [(a, row) for row in table.rows if (a := number_in(row.get("accuracy"))) is not None]
    if not tried:
        return []
    best, row = max(tried, key=lambda one: one[0])
    own = next((a for a, r in tried if r.get("setting") == "0"), None)
    against = f"; the layout as it was: {percent(own)}" if own is not None else ""
    found = Number("best held-out accuracy", percent(best), f"setting {short(row.get('setting', ''), 20)}{against}")
    return [found, Number("settings", f"{len(tried):,}", "by training samples that were held out")]


def _best_by_device(table: tables.Read) -> list[Number]:
    """The best rule on each device."""
    found: dict[str, tuple[float, str]] = {}
    for row in table.rows:
        accuracy, device = number_in(row.get("accuracy")), row.get("device", "")
        if accuracy is not None and device and accuracy > found.get(device, (-1.0, ""))[0]:
            found[device] = accuracy, row.get("rule", "")
    return [Number(f"best on {short(d, 40)}", short(rule, 40), percent(a)) for d, (a, rule) in found.items()]


def _gains(table: tables.Read) -> list[Number]:
    """What limits a device most, method by method; of one seed nobody can tell."""
    found = []
    for method in dict.fromkeys(str(row.get("method", "")) for row in table.rows):
        rows = [row for row in table.rows if str(row.get("method", "")) == method]
        of = f", {short(method, 40)}" if method else ""
        as_is = next((row for row in rows if row.get("departure") == "as it is"), None)
        if as_is is not None and (accuracy := number_in(as_is.get("accuracy_without"))) is not None:
            found.append(Number(f"the device as it is{of}", percent(accuracy)))
        gains = [(number_in(row.get("gained")), row) for row in rows]
        own = [(gain, row) for gain, row in gains if gain is not None and row.get("size")]
        if own:
            gain, row = max(own, key=lambda one: one[0])
            sure = number_in(row.get("gained_error")) is not None
            what = f"limits most{of}" if sure else f"gains most{of}; one seed: no verdict"
            found.append(Number(what, short(row.get("departure", ""), 60), f"{100.0 * gain:+.2f} points without it"))
    return found


def _pictures(folder: Path, main: tables.Grouped | None, what: str) -> list[Block]:
    """Those that the study left; where it left none, what can be drawn of its table."""
    found, missing = pictures_in(folder)
    blocks: list[Block] = [Words(text) for text in missing]
    if found:
        return [*blocks, Pictures(found)]
    if main is None:
        return blocks
    try:
        design = main.design()
        if len(main.keys) == 1:
            (key, values), *_ = design.values.items()
            figure = plot_sweep(main.rows, values, toml_key(key), None, what)
        elif len(design.points) == prod(len(values) for values in design.values.values()):
            figure = plot_design(design, main.rows, None, what)
        else:
            return [*blocks, Words("Points were drawn at random: xbarsim sweep -o draws what each key does.")]
        return [*blocks, Pictures([drawn(figure, "Accuracy over the values", points=len(main.rows))])]
    except (XbarsimError, KeyError, ValueError, TypeError, ArithmeticError):
        return [*blocks, Words("The table has values that cannot be drawn.")]


def _results(read: Mapping[str, tables.Read], main: tables.Grouped | None) -> list[Block]:
    blocks: list[Block] = [main.table()] if main is not None else []
    for name, table in read.items():
        if name == _CURVES:
            blocks.append(Words(f"{len(table.rows):,} points of curves stand in {name}."))
        elif table.rows:
            runs = tables.grouped(table) is not None
            blocks.append(tables.shown(table, title=f"{name}, every run" if runs else name, folded=runs))
    return blocks


def _texts(folder: Path) -> list[Block]:
    """Reports and layouts that a study wrote itself."""
    blocks: list[Block] = []
    for path in sorted([*folder.glob("*.md"), *folder.glob("*.toml")]):
        try:
            if is_file(path) and path.stat().st_size <= _MOST_TEXT:
                blocks.append(Code(path.read_text(encoding="utf-8"), path.name, folded=True))
        except (OSError, UnicodeDecodeError):
            blocks.append(Words(f"{path.name}: cannot be read"))
    return blocks


def _runs(records: Sequence[Mapping[str, Any]]) -> list[Block]:
    if not records:
        return []
    results = [r["result"] for r in records]

    def all_of(values: list[str]) -> str:
        return short(", ".join(sorted(set(values))))

    def total(name: str) -> str:
        return f"{sum(number_in(r.get(name)) or 0.0 for r in results):,.0f}"

    rows = [
        ("runs", f"{len(records):,}"),
        ("seeds", all_of([str(r.get("seed")) for r in results])),
        ("iterations", all_of([f"{number_in(r.get('iterations')) or 0.0:,.0f}" for r in results])),
        ("pulses, resets", f"{total('pulses')} and {total('resets')}"),
        ("data set", all_of([str(r.get("dataset")) for r in results])),
        ("its SHA-256", all_of([str(r.get("dataset_sha256")) for r in records])),
        ("engines", all_of([str(r.get("engine")) for r in results])),
        ("made by", all_of([f"xbarsim {r.get('xbarsim_version')}" for r in records])),
    ]
    return [Pairs(rows)]


def _said(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """What runs had to say, each thing once."""
    said: Counter[str] = Counter()
    for record in records:
        for key in ("notes", "warnings"):
            texts = record.get(key)
            said.update({short(text, 1000) for text in texts} if isinstance(texts, list) else ())
    lines = [f"{text} ({n} runs)" if n > 1 else text for text, n in said.most_common(_MOST_WARNINGS)]
    more = len(said) - len(lines)
    return [*lines, *([f"{more} more warnings stand in the records of the runs"] if more > 0 else [])]


def _again(claim: Claimed | None, records: Sequence[Mapping[str, Any]]) -> list[Block]:
    if claim is not None and claim.command:
        needs = [f"xbarsim {claim.version}, and the data set {claim.dataset} with SHA-256 {claim.sha256[:16]}..."]
        return again(claim.layout, claim.command, needs, run="")
    if claim is not None:
        return [
            Words(f"The folder says what was asked ({claim.what}), and not the command: it is of an earlier version.")
        ]
    layout = next((str(r["layout"]) for r in records if isinstance(r.get("layout"), str)), "")
    return again(layout, "", ["No command made this folder. Its first run has the layout"], run="")
