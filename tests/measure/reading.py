"""What the tests of reading share: small tables, and sweeps as one would write them down."""

from __future__ import annotations

import numpy as np

from xbarsim.measure.measured import load

UP = [1, 3, 4.5, 5.5, 6, 6.2]
DOWN = [6.2, 4.5, 3, 2, 1.4, 1.0]
N = list(range(6))
LABELS = ["LTP"] * 6 + ["LTD"] * 6


def spread(pairs, last):
    """{pulse: read} as a list with gaps."""
    return [pairs.get(k) for k in range(last + 1)]


FIVES = spread(dict(zip(range(0, 30, 5), UP, strict=True)), 25)
FIVES_DOWN = spread(dict(zip(range(0, 30, 5), DOWN, strict=True)), 25)


def rows(*columns):
    """Columns as lines of text."""
    return "\n".join(",".join(str(c) for c in row) for row in zip(*columns, strict=True)) + "\n"


def read(tmp_path, text, **options):
    """The measurement in a text."""
    path = tmp_path / "a.csv"
    path.write_text(text)
    return load([path], **options)


def written(found):
    """Side and conductances in uS of all sweeps; None where nothing was read."""
    return [(s.side, [round(1e6 * v, 6) if np.isfinite(v) else None for v in s.g]) for s in found.sweeps]
