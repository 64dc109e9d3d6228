"""Measured files of all kinds, spoiled; what is read is fitted now and then."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from xbarsim.measure.measured import load
from xbarsim.measure.measurement import Measurement

from .mutate import ODD_TEXTS, flipped, raw_of, spoiled
from .target import ACCEPTED, REFUSED, Case, Finding, alone, finite, pick, tried

HERE = Path(__file__).parents[2]
SEEDS = (HERE / "data" / "examples", HERE / "tests" / "measure" / "data")
_TEXTS, _OTHERS = (".csv", ".tsv", ".txt", ".m"), (".xlsx", ".hdf5")
_MOST_LINES, _MOST_READS = 45, 300
"""Of what is read, and of what is fitted: a fit of many trains takes long."""
FITTED = 0.06
"""Part of what is read that is fitted."""


class FitFinding(Finding):
    """What a fit came to."""


def _short(text: str, rng: np.random.Generator) -> str:
    lines = text.splitlines()
    at = int(rng.integers(1, max(2, len(lines) - _MOST_LINES)))
    return "\n".join([lines[0], *lines[at : at + _MOST_LINES]]) + "\n"


def _workbook(raw: bytes, rng: np.random.Generator) -> bytes:
    """A spreadsheet with a change in one of its parts, or flipped as it is."""
    if rng.random() < 0.3:
        return flipped(raw, rng)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        sheets = [n for n in names if "sheet" in n or "shared" in n or n.endswith("workbook.xml")]
        spoil = pick(rng, sheets if rng.random() < 0.8 else names)
        for name in names:
            data = old.read(name)
            if name == spoil:
                if rng.random() < 0.05:
                    continue
                data = spoiled(data.decode("utf-8").replace("><", ">\n<"), rng).encode("utf-8", errors="replace")
            new.writestr(name, data)
    return out.getvalue()


def _options(rng: np.random.Generator) -> dict[str, Any]:
    """Options of a user who is not sure either."""
    given: dict[str, Any] = {}
    choices: dict[str, Callable[[], Any]] = {
        "mapping": lambda: [pick(rng, ["conductance=2", "pulse=1", "current=2", "x", "conductance=", "=2", "drive=G"])],
        "unit": lambda: pick(rng, ["uS", "nA", "kOhm", "V", "", *ODD_TEXTS]),
        "read_voltage": lambda: pick(rng, [0.1, -0.1, 0.0, np.nan, 1e-300, 1e300]),
        "span": lambda: pick(rng, [(1e-7, 1e-6), (0.0, 1.0), (1e-6, 1e-7), (0.0, np.inf), (np.nan, 1.0)]),
        "reverse": lambda: pick(rng, ["potentiation", "depression", "both", "none"]),
        "sheet": lambda: pick(rng, ["Sheet", "LTP", "x"]),
    }
    for name, value in choices.items():
        if rng.random() < 0.08:
            given[name] = value()
    return given


def _fit(found: Measurement, rng: np.random.Generator) -> str:
    from xbarsim.measure import fit

    try:
        outcome, fitted = tried(
            fit.fit, found, law=pick(rng, fit.MODELS), table=bool(rng.random() < 0.3), nodes=5, quantiles=3
        )
    except Exception as error:
        raise FitFinding(f"fit: {type(error).__name__}: {error}") from error
    if outcome == ACCEPTED:
        numbers = [v for v in (*fitted.device.values(), *fitted.variation.values()) if not isinstance(v, str)]
        try:
            for value in numbers:
                finite("fit", value)
        except Finding as error:
            raise FitFinding(str(error)) from error
    return outcome


def make(folder: Path) -> Case:
    """See `target`."""
    files = [p for place in SEEDS for p in sorted(place.iterdir()) if p.suffix in (*_TEXTS, *_OTHERS)]

    def spoil(source: Path, rng: np.random.Generator) -> Path:
        path = folder / f"mine{source.suffix}"
        if source.suffix in _OTHERS:
            raw = source.read_bytes()
            path.write_bytes(_workbook(raw, rng) if source.suffix == ".xlsx" else flipped(raw, rng))
            return path
        text = source.read_text(encoding="utf-8", errors="replace")
        if source.suffix != ".m" and "dG_" not in source.name:
            text = _short(text, rng)
        if rng.random() < 0.9:
            text = spoiled(text, rng)
        path = folder / (source.name if "dG_" in source.name else path.name)
        path.write_bytes(raw_of(text, rng))
        return path

    def case(rng: np.random.Generator) -> str:
        for old in folder.iterdir():
            old.unlink()
        source = pick(rng, files)
        paths = [spoil(source, rng)]
        if "dG_" in source.name:
            paths.append(next(p for p in files if "dG_" in p.name and p != source))
        elif rng.random() < 0.1:
            paths.append(pick(rng, files))
        with alone(folder):
            outcome, found = tried(load, paths, **_options(rng))
            if outcome == REFUSED:
                return outcome
            for sweep in found.sweeps:
                seen = np.isfinite(sweep.g)
                if not seen.any() or np.isinf(sweep.g).any():
                    raise Finding(f"a train without reads, or with infinite ones: {sweep.g[:10]}")
            reads = sum(len(s.g) for s in found.sweeps)
            return _fit(found, rng) if reads <= _MOST_READS and rng.random() < FITTED else outcome

    return case
