"""Accuracy over several keys at once: points, each some values, and the rows that they come to.

A grid is one way to choose points. Whoever has another (drawn at random, or by a design) makes a `Design` of its own,
and the rest, runs, table, picture, follows.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.errors import LayoutError
from ..base.table import Table
from ..data_sets.data_set import Dataset
from ..describe.layout import Layout
from ..describe.sections import ALTERNATIVES
from .clock import Tick
from .comparison import Row, Value, key_of, run_all, show, table_of, values_of
from .samples import Range, Sample, range_of

MOST = 100_000
"""Points of a design: more are a slip of the keyboard."""


@dataclass(frozen=True)
class Design:
    """Points to train at.

    Attributes
    ----------
    values : mapping
        Of every key the values that it takes, in order.
    points : tuple of mapping
        What each point sets; all the same keys.
    sample : Sample, optional
        How they were drawn, if they were.
    """

    values: Mapping[str, tuple[Value, ...]]
    points: tuple[Mapping[str, Value], ...]
    sample: Sample | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys, in order."""
        return tuple(self.values)

    @property
    def names(self) -> tuple[str, ...]:
        """The points in words; what comes twice has a number behind it."""
        found: dict[str, None] = {}
        for number, point in enumerate(self.points):
            name = name_of(point)
            found[f"{name} ({number})" if name in found else name] = None
        return tuple(found)

    def layouts(self, base: Layout) -> dict[str, Layout]:
        """The layout with the values of each point, by its name."""
        made: dict[str, Layout] = {}
        for name, point in zip(self.names, self.points, strict=True):
            try:
                values: dict[str, Any] = dict(point)
                made[name] = base.replace(**values)
            except LayoutError as error:
                if len(point) == 1:
                    raise
                raise LayoutError(f"sweep at {name_of(point)}: {error}") from None
        different = len({tuple(point.values()) for point in self.points})
        if len(set(made.values())) < different:
            raise LayoutError(
                f"sweep {', '.join(self.keys)}: expected values that change the layout, got some that leave it as it "
                f"is (device model '{base.device.model}'); choose other keys or another --device"
            )
        return made


def name_of(point: Mapping[str, Value]) -> str:
    """A point in words; of one key alone its value.

    >>> name_of({"beta": 0.0, "n_max": 16}), name_of({"beta": 0.0})
    ('beta 0, n_max 16', '0')
    """
    if len(point) == 1:
        return show(*point.values())
    return ", ".join(f"{key} {show(value)}" for key, value in point.items())


def grid(values: Mapping[str, Sequence[Value]]) -> Design:
    """All combinations of the values of some keys, the last key's changing first.

    >>> [name_of(p) for p in grid({"beta": (0, 2), "n_max": (16, 32)}).points][:2]
    ['beta 0, n_max 16', 'beta 0, n_max 32']
    """
    kept: dict[str, tuple[Value, ...]] = {}
    for name, some in values.items():
        key = key_of(name)
        if key in kept:
            raise LayoutError(f"--over: expected every key once, got '{key}' twice; put all values into one")
        other = ALTERNATIVES.get(key)
        if other in kept:
            raise LayoutError(f"--over: expected either {other} or {key}, got both; leave one out")
        texts = [show(v) for v in some]
        if not texts or len(set(texts)) < len(texts):
            twice = sorted({t for t in texts if texts.count(t) > 1})
            raise LayoutError(
                f"sweep {key}: expected different values, got {', '.join(twice) + ' twice' if twice else 'none'}; "
                "correct the list"
            )
        kept[key] = tuple(some)
    count = 1
    for some in kept.values():
        count *= len(some)
    if count > MOST:
        raise LayoutError(f"--over: expected at most {MOST:,} points, got {count:,}; give fewer values")
    points = [dict(zip(kept, chosen, strict=True)) for chosen in itertools.product(*kept.values())]
    return Design(kept, tuple(points))


def over(texts: Sequence[str], sample: Sample | str | None = None) -> Design:
    """The grid of ``beta=0,1,2`` and the like, or points drawn from ranges; a key alone takes its usual values.

    Parameters
    ----------
    texts : sequence of str
        ``KEY=VALUES``: with commas, or of numbers a range ``lin:0:1:11``, ``log:1e-4:1e-1:7``; without a count
        (``0:1`` is ``lin:0:1``) if points are drawn.
    sample : Sample or str, optional
        How to draw them: ``lhs:64``, ``sobol:64``, ``saltelli:32``.

    Examples
    --------
    >>> over(["beta=0,1", "method"]).values
    {'beta': (0, 1), 'method': ('a', 'b', 'c')}
    >>> over(["beta=lin:0:1:3", "n_max=4"]).values
    {'beta': (0.0, 0.5, 1.0), 'n_max': (4,)}
    """
    if sample is not None:
        return drawn(texts, Sample.of(sample) if isinstance(sample, str) else sample)
    values: dict[str, Sequence[Value]] = {}
    for text in texts:
        name, sign, listed = text.partition("=")
        key = key_of(name)
        if key in values:
            raise LayoutError(f"--over: expected every key once, got '{key}' twice; put all values into one")
        values[key] = values_of(key, listed if sign else None)
    return grid(values)


def drawn(texts: Sequence[str], sample: Sample) -> Design:
    """Points drawn from ``beta=0:4``, ``c2c=log:0.01:1`` and the like, and from lists; see `over`."""
    ranges: dict[str, Range | Sequence[Value]] = {}
    for text in texts:
        name, sign, listed = text.partition("=")
        key = key_of(name)
        if key in ranges:
            raise LayoutError(f"--over: expected every key once, got '{key}' twice; put all values into one")
        if (other := ALTERNATIVES.get(key)) in ranges:
            raise LayoutError(f"--over: expected either {other} or {key}, got both; leave one out")
        found = range_of(key, listed) if sign else None
        if found is not None and found.count is not None:
            raise LayoutError(
                f"--over {text}: expected a range without a count with --sample, which draws, got {found.count}; "
                "leave the count out"
            )
        ranges[key] = found if found is not None else values_of(key, listed if sign else None)
    points = sample.points(ranges)
    if len(points) > MOST:
        raise LayoutError(f"--sample: expected at most {MOST:,} points, got {len(points):,}; draw fewer")
    if len(ranges) < 1 or not any(isinstance(r, Range) for r in ranges.values()):
        raise LayoutError("--sample: expected a key with a range, got lists alone; write for example --over beta=0:4")
    taken = {key: tuple(dict.fromkeys(point[key] for point in points)) for key in ranges}
    return Design(
        {k: tuple(sorted(v, key=lambda x: (isinstance(x, str), x))) for k, v in taken.items()}, tuple(points), sample
    )


def run_design(
    design: Design,
    base: Layout,
    data: Dataset,
    folder: Path,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    workers: int | str = 1,
    listener: Callable[[Tick], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    **more: Any,
) -> list[Row] | None:
    """Train at all points; rows in the design's order, or None if it was stopped. See `comparison.run_all`."""
    return run_all(
        design.layouts(base), data, folder, seeds=seeds, workers=workers, listener=listener, stop=stop, **more
    )


def tidy(design: Design, rows: Sequence[Row]) -> Table:
    """One line per run: the keys, the seed, and what the run came to; accuracies are fractions."""
    return table_of(rows, design.points)
