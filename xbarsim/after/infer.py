"""A trained network read in another circuit: other wires, sense circuits, devices, noise and ages."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ..base import checks
from ..base.arguments import named
from ..base.errors import LayoutError
from ..base.notes import note
from ..data_sets.data_set import Dataset
from ..data_sets.load import load_dataset, to_samples
from ..describe.idle import tell_idle
from ..describe.inference import AGING, CIRCUITS, STUCK, WINDOWS, WRITING, check_inference
from ..describe.layout import Layout
from ..describe.sections import toml_key
from ..learn.table import kind_of
from ..record.trace import Trace
from .answers import Answers
from .calibrate import ranges_of_pieces
from .compensation import Compensation
from .condition import condition_of, recorded_state, written_state
from .over_time import Drawn, read_over_time, times_of
from .reader import Reader, conductances_of, fixed, readable
from .slicing import SlicedReader, cost_in_words, layouts_of, slices_of
from .writing import WRITES, Into, Pair, Sides, in_window, onto, seed_of, written, written_into

USUAL_TIME = 86_400.0
"""s: a day; when a network that ages is looked at, if nothing else is said."""

CALIBRATING = 1000
"""Training images that ranges are taken from."""

WAYS = ("fewer images (--images 500)", "fewer times and repeats")
"""What shortens it."""

USUAL_PERCENTILE = 99.9
"""Of the currents that lie within them."""


class _Arrays(NamedTuple):
    """What is read: arrays of a layout, and what they are made of."""

    layout: Layout  # that they are read by
    asked: list[Pair]  # conductances that are asked of them
    into: Into
    state: str  # in words


def infer(
    source: Trace,
    *,
    repeats: int = 1,
    times: Sequence[float] = (),
    iteration: int | None = None,
    seed: int | None = None,
    dataset: Dataset | None = None,
    onto_device: str | None = None,
    write: str | None = None,
    compensation: Compensation | None = None,
    slices: int | None = None,
    slice_bits: int = 1,
    calibrate: str | None = None,
    percentile: float = USUAL_PERCENTILE,
    images: int | None = None,
    listener: Callable[[int, int], None] = lambda *_: None,
    **values: Any,
) -> Answers:
    """Test a trained network with some keys of its layout replaced; see `xbarsim.infer`.

    `listener` is told how many arrays, of how many, have been read.
    """
    repeats = checks.integer(named("infer", "repeats"), repeats, least=1, most=65_535)
    seconds = times_of(named("infer", "times"), times)
    if write is not None:
        checks.choice(named("infer", "write"), write, WRITES)
    compensation = compensation or Compensation()
    layout, at = source.layout, source.iterations_done if iteration is None else iteration
    check_inference(layout, values)
    data = dataset if dataset is not None else load_dataset(layout.run.dataset)
    data = data.coded_as(source.provenance["dataset_sha256"])
    data.check_fits(layout.network.layers)
    data, images = _first(data, images)
    changed = {toml_key(key): value for key, value in values.items()}
    changed |= {name: x for name, x in (("onto", onto_device), ("write", write)) if x is not None}
    if not kind_of(layout).has_devices:
        if changed or seconds or compensation.on or slices or calibrate:
            others = {"times": seconds, "compensation": compensation.on, "slices": slices, "calibrate": calibrate}
            what = next(iter(changed), next((name for name, x in others.items() if x), ""))
            raise LayoutError(
                f"infer {what}: expected nothing with {source.state.known_as}, whose weights are numbers, with no "
                "device or circuit around them, got some; leave it out"
            )
        state = source.state_at(at)
        own = state.evaluator(to_samples(data.x_test, data.y_test, float(state.reading.v_read))).accuracy()
        return Answers(str(source.path), at, {}, own, (), ((own,),), recorded_state(source, at), images=images)
    trained = conductances_of(source, at)
    # Ranges are found in the new circuit; until then any stand for them.
    soon = {} if calibrate is None else {"sense_ranges": tuple((1.0,) for _ in layout.network.arrays)}
    arrays = _arrays(source, at, trained, onto_device, write, {**values, **soon}, sliced=slices is not None)
    new = arrays.layout
    tell_idle(new, names=values, stacklevel=4)
    ages = bool(
        new.variation.drift or new.variation.drift_sigma or new.variation.relax_time or new.aging.drifts
    )  # in time, whatever writing did
    asked = onto_device is not None or compensation.on or any(key in values for key in AGING)
    if not seconds and ages and asked:
        seconds = (USUAL_TIME,)
        note("infer: aged for a day (86,400 s); --times 1s,1h,1d,1y says otherwise")
    elif not seconds and ages:
        note("infer: read right after it was written or trained; --times 1s,1h,1d,1y lets it age")
    if seconds and not ages:
        raise LayoutError(
            f"{named('infer', 'times')}: expected a device that ages, got one without drift or relaxation; give "
            "drift or relax_time, or leave the times out"
        )
    if compensation.on and not seconds:
        raise LayoutError(
            f"{named('infer', 'compensation')}: expected a device that ages, since it is drift that is "
            "compensated, got none; give times and drift, or leave it out"
        )
    if arrays.state == condition_of(source) and not arrays.state.startswith("programmed"):
        note(
            f"infer: the conductances of {source.path} are {arrays.state}; xbarsim program, or --write, says what "
            "devices make of them"
        )
    if repeats > 1 and not _chance(arrays, values, aged=bool(seconds)):
        note("infer: nothing is drawn anew from repeat to repeat, so one stands for all")
        repeats = 1
    if repeats == 1 and len(seconds) > 1 and _chance(arrays, values, aged=True):
        note("infer: a single draw scatters, and may even rise with time; --repeats 5 says by how much")
    if new.variation.device_noise and not kind_of(readable(new)).reads_noise(new):
        note("infer: this rule answers by expectation, which noise of reads does not change; bs_samples does")
    pieces: Sequence[Sides] = [arrays.asked]
    share = None
    if slices is not None:
        pieces, share = slices_of(arrays.asked, new, slices, slice_bits)
    layouts = [fixed(new)] if slices is None else layouts_of(fixed(new), len(pieces))
    condition = arrays.state
    if slices is not None:
        changed = {key: value for key, value in changed.items() if key != "write"}
        changed |= {"slices": slices, "slice_bits": slice_bits}
        condition += f", in {slices} slices of {slice_bits} bits"
        note(f"infer: {cost_in_words(arrays.asked, pieces, new)}")
    if calibrate is not None:
        ranges, calibrating = ranges_of_pieces(layouts, pieces, share, data, at, calibrate, percentile, CALIBRATING)
        layouts = [one.replace(sense_ranges=own) for one, own in zip(layouts, ranges, strict=True)]
        changed = {key: value for key, value in changed.items() if key not in ("sense_range", "sense_ranges")}
        changed |= {"calibrate": calibrate, "percentile": percentile}
        note(f"infer: ranges from the currents of {calibrating} training images, {percentile:g} % of them within")
    for name, given, why in (
        ("slice_bits", slices is None and slice_bits != 1, "it needs slices"),
        ("percentile", calibrate is None and percentile != USUAL_PERCENTILE, "it needs calibrate"),
        ("write", slices is not None and write is not None, "slices hold |W|, whatever G+ and G- were"),
        ("sense_ranges", calibrate is not None and "sense_ranges" in values, "calibrate finds the ranges"),
        ("sense_range", calibrate is not None and "sense_range" in values, "calibrate finds the ranges"),
    ):
        if given:
            note(f"infer: {name} is given, and does nothing here: {why}")
    done, count = itertools.count(), 1 + repeats * max(1, len(seconds))

    def told() -> None:
        listener(next(done), count)

    told()
    own = Reader(fixed(layout), data, at, ways=WAYS[:1]).accuracy(trained)
    told()
    first = checks.integer(named("infer", "seed"), layout.run.seed if seed is None else seed, least=0, most=2**63 - 1)
    tests = repeats * max(1, len(seconds)) * (1 + compensation.on)
    ahead: dict[str, Any] = {"tests": tests, "ways": WAYS if tests > 1 else WAYS[:1]}
    reader = Reader(layouts[0], data, at, **ahead) if share is None else SlicedReader(layouts, share, data, at, **ahead)
    circuits = any(key in values for key in CIRCUITS)

    def draws() -> Iterator[Drawn]:
        for draw in range(repeats):
            if draw or seed is not None:
                reader.redraw(seed_of(first, draw), circuits=circuits)
            there = [
                [written_into(new, arrays.into, k, own, seed_of(first, s), draw + 1) for k, own in enumerate(piece)]
                for s, piece in enumerate(pieces)
            ]
            yield Drawn(draw, pieces, there)

    found = read_over_time(reader, new, draws(), seconds, first, told, compensation)
    return Answers(
        str(source.path),
        at,
        changed,
        own,
        seconds,
        found.accuracies,
        condition,
        found.uncompensated,
        found.costs.as_dict() if found.costs is not None else None,
        images,
    )


def _first(data: Dataset, images: int | None) -> tuple[Dataset, int | None]:
    """Data with the first so many test images alone, and how many these are; None: with all."""
    there = len(data.y_test)
    if images is None:
        return data, None
    if checks.integer(named("infer", "images"), images, least=1) >= there:
        note(f"infer: images = {images:,}, and there are {there:,} test images: all are read")
        return data, None
    return dataclasses.replace(data, x_test=data.x_test[:images], y_test=data.y_test[:images]), images


def _arrays(
    source: Trace,
    at: int,
    trained: list[Pair],
    device: str | None,
    write: str | None,
    values: dict[str, Any],
    *,
    sliced: bool,
) -> _Arrays:
    """What the trained states are read from: the arrays themselves, or others that they are written into."""
    old = source.layout
    new = (old if device is None else onto(old, device)).replace(**values)
    v, anew = new.variation, device is not None or write is not None or sliced
    into = Into(
        windows=v.windows and (anew or any(key in values for key in WINDOWS)),
        stuck=v.stuck > 0.0 and (anew or any(key in values for key in STUCK)),
        errors=new.aging.errs and (anew or any(key in values for key in WRITING)),
        noise=v.write_noise > 0.0 and (anew or "write_noise" in values),
    )
    if not (anew or into.any):
        return _Arrays(new, trained, into, recorded_state(source, at))
    how = "weights" if sliced else write or ("states" if device is None else "weights")
    asked = trained if device is None else in_window(old, new, trained)
    asked = [written(sides, how, new.device.g_min) for sides in asked]
    return _Arrays(new, asked, into, written_state(source, at, device, how, into, new))


def _chance(arrays: _Arrays, values: dict[str, Any], *, aged: bool) -> bool:
    """Whether a repeat differs from the one before."""
    layout, v, s = arrays.layout, arrays.layout.variation, arrays.layout.sense
    circuits = (s.gain_sigma or s.offset_sigma) and any(key in values for key in CIRCUITS)
    noisy = (v.device_noise or s.read_noise) and kind_of(readable(layout)).reads_noise(layout)
    exponents = layout.aging.spreads if layout.aging.by_state else v.drift_sigma
    return bool(arrays.into.any or circuits or noisy or (aged and (exponents or layout.aging.flicker)))
