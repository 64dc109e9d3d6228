"""Netlists with changed lines, numbers and comments; none of them is given to ngspice."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from xbarsim.spice.array_read import ArrayRead
from xbarsim.spice.parser import load, parse
from xbarsim.spice.writer import write

from .mutate import ODD_TOML, raw_of, spoiled
from .target import ACCEPTED, REFUSED, Case, Finding, alone, finite, pick, tried

GOLDEN = Path(__file__).parents[1] / "golden"
_LARGEST = 20_000  # bytes; larger netlists are no different


def _comment(text: str, rng: np.random.Generator) -> str:
    """Another value in a comment that counts."""
    lines = text.split("\n")
    at = pick(rng, [k for k, line in enumerate(lines) if line.startswith("*:")])
    key, sign, _ = lines[at].partition("=")
    lines[at] = f"{key}= {pick(rng, ODD_TOML)}" if sign else lines[at] + pick(rng, ODD_TOML)
    return "\n".join(lines)


def _written(read: ArrayRead) -> str:
    out = io.StringIO()
    write(read, out)
    return out.getvalue()


def make(folder: Path) -> Case:
    """See `target`."""
    texts = [p.read_text() for p in sorted(GOLDEN.glob("*.cir")) if p.stat().st_size < _LARGEST]
    path = folder / "array.cir"

    def case(rng: np.random.Generator) -> str:
        text = pick(rng, texts)
        if rng.random() < 0.3:
            text = _comment(text, rng)
        if rng.random() < 0.9:
            text = spoiled(text, rng)
        path.write_bytes(raw_of(text, rng))
        with alone(folder):
            outcome, read = tried(load, path)
            if outcome == REFUSED:
                return outcome
            finite("netlist", read.g_plus, read.g_minus, read.volts)
            written, again = tried(parse, _written(read))
        if written == REFUSED:
            raise Finding(f"a netlist that is read, and not read back: {again}")
        for name in ("g_plus", "g_minus", "volts"):
            if not np.array_equal(getattr(read, name), getattr(again, name)):
                raise Finding(f"{name} is not the same when it is read back")
        return ACCEPTED

    return case
