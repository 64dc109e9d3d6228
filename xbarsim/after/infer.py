"""A trained network read in another circuit: other wires, sense circuits, devices, noise and ages."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays.aging import age, exponents
from ..arrays.drawn import draw_faults, draw_windows
from ..base import checks
from ..base.errors import LayoutError
from ..base.notes import note
from ..base.table import Table
from ..data_sets.data_set import Dataset
from ..data_sets.load import load_dataset, to_samples
from ..describe.idle import tell_idle
from ..describe.inference import AGING, CIRCUITS, STUCK, WINDOWS, check_inference
from ..describe.layout import Layout
from ..describe.sections import toml_key
from ..learn.table import kind_of
from ..record.trace import Trace
from .calibrate import ranges_of_pieces
from .imported import TARGETS
from .pieces import Sides, seed_of
from .reader import Reader, conductances_of, fixed, readable
from .slicing import SlicedReader, cost_in_words, layouts_of, slices_of

USUAL_TIME = 86_400.0
"""s: a day; when a network that ages is looked at, if nothing else is said."""

CALIBRATING = 1000
"""Training images that ranges are taken from."""

USUAL_PERCENTILE = 99.9
"""Of the currents that lie within them."""

_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "y": 365.25 * 86_400.0}


def seconds_of(text: str) -> float:
    """A time from ``3600``, ``1h``, ``30min``, ``1d`` or ``10y``, in s.

    >>> seconds_of("1h"), seconds_of("1e3"), seconds_of("2 d")
    (3600.0, 1000.0, 172800.0)
    """
    number = text.strip()
    unit = next((u for u in sorted(_UNITS, key=len, reverse=True) if number.endswith(u)), "")
    try:
        return float(number.removesuffix(unit)) * _UNITS.get(unit, 1.0)
    except ValueError:
        raise LayoutError(
            f"--times: expected seconds, or a number with {', '.join(_UNITS)}, got '{text}'; give for "
            "example 1s,1h,1d,1y"
        ) from None


@dataclass(frozen=True)
class Answers:
    """Test accuracies of a trained network, as fractions.

    Attributes
    ----------
    file : str
    iteration : int
        Number of updates after which it was taken.
    changed : dict
        What differs from the run, by TOML key.
    own : float
        In its own circuit.
    times : tuple of float, s
        Since training ended; empty: it has not aged.
    accuracies : tuple of tuple of float
        For every time (or once), of every draw.
    """

    file: str
    iteration: int
    changed: dict[str, Any]
    own: float
    times: tuple[float, ...]
    accuracies: tuple[tuple[float, ...], ...]

    @property
    def mean(self) -> tuple[float, ...]:
        """Mean over the draws, for every time."""
        return tuple(round(float(np.mean(a)), 12) for a in self.accuracies)

    @property
    def spread(self) -> tuple[float, ...]:
        """Standard deviation of the draws, for every time; 0 of one draw."""
        return tuple(float(np.std(a, ddof=1)) if len(a) > 1 else 0.0 for a in self.accuracies)

    @property
    def table(self) -> Table:
        """One line per time and draw."""
        times: Sequence[float | None] = self.times or (None,)
        return Table(
            [
                {"time_s": t, "draw": n, "accuracy": x, "accuracy_own": self.own}
                for t, a in zip(times, self.accuracies, strict=True)
                for n, x in enumerate(a)
            ],
            ("time_s", "draw", "accuracy", "accuracy_own"),
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**dataclasses.asdict(self), "mean": list(self.mean), "spread": list(self.spread)}


def infer(
    source: Trace,
    *,
    repeats: int = 1,
    times: Sequence[float] = (),
    iteration: int | None = None,
    seed: int | None = None,
    dataset: Dataset | None = None,
    slices: int | None = None,
    slice_bits: int = 1,
    calibrate: str | None = None,
    percentile: float = USUAL_PERCENTILE,
    listener: Callable[[int, int], None] = lambda *_: None,
    **values: Any,
) -> Answers:
    """Test a trained network with some keys of its layout replaced; see `xbarsim.infer`.

    `listener` is told how many arrays, of how many, have been read.
    """
    repeats = checks.integer("infer.repeats", repeats, least=1, most=65_535)
    seconds = tuple(checks.number("infer.times_s", t, least=0.0, most=1e30) for t in times)
    layout, at = source.layout, source.iterations_done if iteration is None else iteration
    check_inference(layout, values)
    data = dataset if dataset is not None else load_dataset(layout.run.dataset)
    data = data.coded_as(source.provenance["dataset_sha256"])
    data.check_fits(layout.network.layers)
    changed = {toml_key(key): value for key, value in values.items()}
    if source.devices == TARGETS:
        note(
            f"infer: the conductances of {source.path} are {TARGETS}: xbarsim program {source.path} says what devices "
            "make of them"
        )
    if not kind_of(layout).has_devices:
        if values or seconds or slices or calibrate:
            what = next(iter(changed), "times" if seconds else "slices" if slices else "calibrate")
            raise LayoutError(
                f"infer {what}: expected nothing with {source.state.known_as}, whose weights are numbers, with no "
                "device or circuit around them, got some; leave it out"
            )
        state = source.state_at(at)
        own = state.evaluator(to_samples(data.x_test, data.y_test, float(state.reading.v_read))).accuracy()
        return Answers(str(source.path), at, {}, own, (), ((own,),))
    trained = conductances_of(source, at)
    # Ranges are found in the new circuit; until then any stand for them.
    soon = {} if calibrate is None else {"sense_ranges": tuple((1.0,) for _ in layout.network.arrays)}
    new = layout.replace(**{**values, **soon})
    tell_idle(new, names=values, stacklevel=4)
    if not seconds and any(key in values for key in AGING):
        seconds = (USUAL_TIME,)
        note("infer: aged for a day (86,400 s); --times 1s,1h,1d,1y says otherwise")
    if seconds and not (new.variation.drift or new.variation.drift_sigma or new.variation.relax_time):
        raise LayoutError(
            "infer.times_s: expected a device that ages, got one without drift or relaxation; give drift or "
            "relax_time, or leave the times out"
        )
    chance = _chance(new, values, aged=bool(seconds))
    if repeats > 1 and not chance:
        note("infer: nothing is drawn anew from repeat to repeat, so one stands for all")
        repeats = 1
    if new.variation.device_noise and not kind_of(readable(new)).reads_noise(new):
        note("infer: this rule answers by expectation, which noise of reads does not change; bs_samples does")
    pieces: Sequence[Sides] = [trained]
    share = None
    if slices is not None:
        pieces, share = slices_of(trained, new, slices, slice_bits)
    layouts = [fixed(new)] if slices is None else layouts_of(fixed(new), len(pieces))
    if slices is not None:
        changed |= {"slices": slices, "slice_bits": slice_bits}
        note(f"infer: {cost_in_words(trained, pieces, new)}")
    if calibrate is not None:
        ranges, images = ranges_of_pieces(layouts, pieces, share, data, at, calibrate, percentile, CALIBRATING)
        layouts = [one.replace(sense_ranges=own) for one, own in zip(layouts, ranges, strict=True)]
        changed |= {"calibrate": calibrate, "percentile": percentile}
        note(f"infer: ranges from the currents of {images} training images, {percentile:g} % of them within")
    for name, given, lacking in (
        ("slice_bits", slices is None and slice_bits != 1, "slices"),
        ("percentile", calibrate is None and percentile != USUAL_PERCENTILE, "calibrate"),
    ):
        if given:
            note(f"infer: {name} is given, and does nothing here: it needs {lacking}")
    done, arrays = itertools.count(), 1 + repeats * max(1, len(seconds))

    def told() -> None:
        listener(next(done), arrays)

    told()
    own = Reader(fixed(layout), data, at).accuracy(trained)
    told()
    reader = Reader(layouts[0], data, at) if share is None else SlicedReader(layouts, share, data, at)
    found = _test(reader, pieces, new, values, seconds, repeats, seed, told)
    return Answers(str(source.path), at, changed, own, seconds, found)


def _test(
    reader: Reader | SlicedReader,
    pieces: Sequence[Sides],
    layout: Layout,
    values: dict[str, Any],
    seconds: tuple[float, ...],
    repeats: int,
    seed: int | None,
    told: Callable[[], None],
) -> tuple[tuple[float, ...], ...]:
    """Accuracies for every time (or once), of every draw."""
    first = layout.run.seed if seed is None else seed
    first = checks.integer("infer.seed", first, least=0, most=2**63 - 1)
    found: list[list[float]] = [[] for _ in seconds or (0.0,)]
    device = layout.device, layout.variation
    for draw in range(repeats):
        if draw or seed is not None:
            reader.redraw(seed_of(first, draw), circuits=any(key in values for key in CIRCUITS))
        seeds = [seed_of(first, s) for s in range(len(pieces))]
        there = [list(_written(piece, layout, values, own, draw)) for piece, own in zip(pieces, seeds, strict=True)]
        if not seconds:
            found[0].append(reader.accuracy_of(there))
            told()
            continue
        nus = [
            [exponents(layout.variation, k, sides[0].shape, own, draw) for k, sides in enumerate(piece)]
            for piece, own in zip(there, seeds, strict=True)
        ]
        for n, t in enumerate(seconds):
            aged = [
                [
                    (age(plus, *device, t, nu[0]), age(minus, *device, t, nu[1]))
                    for (plus, minus), nu in zip(piece, own, strict=True)
                ]
                for piece, own in zip(there, nus, strict=True)
            ]
            found[n].append(reader.accuracy_of(aged))
            told()
    return tuple(tuple(a) for a in found)


def _written(
    trained: Sides, layout: Layout, values: dict[str, Any], seed: int, draw: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """What arrays conduct that the trained states are written into: the trained ones, if no key of theirs is given.

    Draws count from 1, as in a transfer: 0 is the array that was trained.
    """
    for k, (plus, minus) in enumerate(trained):
        g_plus, g_minus = plus, minus
        if any(key in values for key in STUCK) and layout.variation.stuck:
            faults = draw_faults(layout, k, plus.shape, seed, draw + 1)
            g_plus = np.where(faults.stuck_plus, faults.at_plus, g_plus)
            g_minus = np.where(faults.stuck_minus, faults.at_minus, g_minus)
        if any(key in values for key in WINDOWS):
            window = draw_windows(layout, k, plus.shape, seed, draw + 1)
            g_plus = window.x_plus * g_plus + window.y_plus
            g_minus = window.x_minus * g_minus + window.y_minus
        yield g_plus.astype(np.float32), g_minus.astype(np.float32)


def _chance(layout: Layout, values: dict[str, Any], *, aged: bool) -> bool:
    """Whether a repeat differs from the one before."""
    v, s = layout.variation, layout.sense
    drawn = (v.windows and any(key in values for key in WINDOWS)) or (v.stuck and any(key in values for key in STUCK))
    circuits = (s.gain_sigma or s.offset_sigma) and any(key in values for key in CIRCUITS)
    noisy = (v.device_noise or s.read_noise) and kind_of(readable(layout)).reads_noise(layout)
    return bool(drawn or circuits or noisy or (aged and v.drift_sigma))
