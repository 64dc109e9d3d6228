"""The page of a device file: what the device is, where its numbers come from, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays.symmetry import POINT, REPELS
from ..base.errors import XbarsimError
from ..base.files import is_file
from ..describe.device_files import values_of
from ..describe.layout import Layout
from ..describe.words import device_in_words, spread_in_words
from ..measure import measured
from ..measure.trains import NAMES
from ..show.figures_report import measured_figure
from ..show.report import siemens
from ..study import curves
from ..study.device_cards import Card, card_of_layout
from .blocks import Block, Code, Number, Page, Pictures, Words, present, section
from .cells import short
from .drawing import drawn, left
from .of_layout import configuration, device_of, said_by, source_of


def device_page(path: Path, document: Mapping[str, Any]) -> Page:
    """The page of a device file; code that it names is not run.

    Raises
    ------
    LayoutError
        If it is none.
    """
    layout = Layout.of(layers=(2, 2), **_named(values_of(document, str(path))))
    source = document.get("source", {})
    source = source if isinstance(source, dict) else {}
    device = layout.device
    numbers, of_measured = [], []
    if not device.runs_code:
        card = card_of_layout(layout, path.stem)
        numbers = _numbers(card)
        of_measured = _measured(path, source, card)
    kept = configuration(layout)[0]
    sections = [
        section("device", "Device", device_of(layout, named=path.stem)),
        section(
            "measured", "Measurement", [*of_measured, *source_of({k: v for k, v in source.items() if k != "warnings"})]
        ),
        section("configuration", "Keys", [kept]),
        section(
            "again",
            "To use it",
            [
                Code(f"xbarsim run --device {path.name}"),
                Code(path.read_text(encoding="utf-8-sig"), path.name, folded=True),
            ],
        ),
    ]
    words = f"{device_in_words(device)}; {spread_in_words(device, layout.variation, layout.aging)}"
    told = short(source.get("warnings", ""), 2000)
    warnings = [*([told] if told else []), *said_by(layout)]
    return Page(path.name, "a device", words, numbers=numbers, warnings=warnings, sections=present(sections))


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by attribute; code is only named, so that nothing runs it."""
    from ..describe.recorded import Recorded

    found = dict(values)
    if isinstance(found.get("step"), str):
        found["step"] = Recorded(found["step"])
    return found


def _numbers(card: Card) -> list[Number]:
    found = [Number("pulses up", f"{card.states:,}"), Number("pulses down", f"{card.states_d:,}")]
    if card.betas is not None:
        found += [Number("beta up", f"{card.betas[0]:.4g}"), Number("beta down", f"{card.betas[1]:.4g}")]
    there = card.symmetry
    if there.kind in (POINT, REPELS):
        found.append(Number("symmetry point", siemens(there.g)))
    return [*found, Number("on/off", f"{card.on_off:.3g}")]


def _measured(path: Path, source: Mapping[str, Any], card: Card) -> list[Block]:
    """What the device was fitted to, if it lies beside the file, and the picture of the fit, if one does.

    A device file may name anything, so only names are taken from it, and no paths.
    """
    blocks: list[Block] = []
    names = [Path(name).name for name in str(source.get("file", "")).split(", ") if name]
    files = [path.parent / name for name in names if name]
    if files and all(is_file(file) for file in files):
        blocks.append(_beside(files, card))
    elif files:
        blocks.append(Words(f"{short(', '.join(names))}: does not lie beside this file, so its reads are not shown."))
    picture = path.with_suffix(".png")
    if is_file(picture):
        found = left(picture)
        blocks.append(Words(found) if isinstance(found, str) else Pictures([found]))
    return blocks


def _beside(files: list[Path], card: Card) -> Block:
    try:
        read = measured.load(files)
        sides = {name: [s.g for s in read.of(side)] for side, name in NAMES.items()}
        there = {name: trains for name, trains in sides.items() if trains}
        if not there:
            return Words(f"{files[0].name}: has tables of steps, and no reads to show.")
        half = curves.pulse_curve(card.layout.device)[1].astype(np.float64)
        model = dict(zip(NAMES.values(), (half[: card.states + 1], half[card.states :]), strict=True))
        points = sum(len(g) for trains in there.values() for g in trains)
        return Pictures([drawn(measured_figure(there, model), "Measured and fitted", points=points)])
    except XbarsimError as error:
        return Words(
            f"The measurement cannot be shown as it is, without the flags it was read with: {short(error, 400)}"
        )
