"""Whether a network can learn with the values that were given: told before it is trained."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .defaults import Activity, Moves, moves_of, settle
from .rules.fast_slow import ESTIMATE, FastSlow, flips_every, sweep_of

if TYPE_CHECKING:
    from .layout import Layout

_MOST_FIRE = 0.75
"""Share of the rows that may fire: images with 67 % lit are learned, a negative with 85 % is not."""

_LARGE = 0.5
"""Largest step, in units of Gmax - Gmin, with which two hidden layers and more still learn."""

_POSITIONS = 50
"""Positions of an array from which nearly all of its pairs have a summed error that is not 0, with every image."""

_FINE = 100.0
"""Images that move such a pair from Gmin to Gmax if all agree, at least: of LeNet 63 are never learned, 252 are (64 and
256 states at batch 1, 64 at batch 4; docs/convolution.md).
"""

_SPREAD = 0.41
"""Standard deviation of the difference of two numbers that are uniform from 0 to 1."""


_RANGE_NOISE = 0.01
"""Noise of every pulse, as part of the range, that costs ten points where whole replays add it up (docs/devices.md: 84
to 87 % for 93 to 94 % without it, and 15 to 59 % at 1.5 to 5.6 %).
"""


_WRITE_NOISE = 20.0
"""Noise of writes, in steps, that costs four points, and two and a half times as much most of thirty: 784-200-10,
methods a, b and c alike, 4,000 iterations, seed 0. `aihwkit-ecram`, of a thousand steps: 90.1, 88.8, 86.3 and 61.8 % at
0, 0.5, 2 and 5 % of the range; `lim2019-beta2`, of 64: 86.8 and 87.3 % at 0 and 5 %.
"""


def prospects(layout: Layout, activity: Activity | None = None) -> list[str]:
    """Why a network will probably be dead, or learn nothing, a line each; none with what follows by itself.

    >>> from xbarsim import Layout
    >>> prospects(Layout.of(layers=(784, 1024, 512, 10)))
    []
    >>> prospects(Layout.of(layers=(784, 1024, 512, 10), c=4.5, inner_c=1.4))[0][:59]
    'neuron.c: an update moves the current of hidden layer 2 by '
    """
    if not layout.rule.currents:
        return []
    settled, moves = settle(layout, activity), moves_of(layout, activity)
    found = [*_of_neurons(settled, moves, activity), *_of_errors(settled, moves), *_of_rows(settled, activity)]
    return [
        *found,
        *_of_steps(settled, moves),
        *_of_positions(settled, moves),
        *_of_transfers(settled),
        *_of_replays(settled),
        *_of_writes(settled, moves),
    ]


def _of_neurons(layout: Layout, moves: Moves, activity: Activity | None) -> list[str]:
    widths, found = layout.half_widths() if layout.rule.signs else [], []
    follows = settle(layout.replace(c=None, inner_c=None, c_current=None), activity).half_widths()
    enough = ",".join(f"{c:.3g}" for c in follows)
    for k, c in enumerate(widths):
        moved = moves.total[k] * moves.step
        if c < moved:
            found.append(
                f"neuron.c: an update moves the current of hidden layer {k + 1} by {moved:.3g}, more than its c of "
                f"{c:.3g}: its neurons may all be at 0 or 1, and pass no error; leave c out, or try "
                f"--c {enough}"
            )
    return found


def _of_errors(layout: Layout, moves: Moves) -> list[str]:
    classes, pulses, found = layout.network.classes, layout.pulses, []
    most = 1.0 - 1.0 / classes
    if pulses.output_dead_zone is not None and pulses.output_dead_zone >= most:
        found.append(
            f"pulses.output_dead_zone: {pulses.output_dead_zone:g} is no less than any |p - t| of {classes} classes "
            f"that are equally likely ({most:.3g} at most): nothing is pulsed at the start; try 0.1"
        )
    zones = layout.hidden_dead_zones()
    if zones and layout.rule.signs:
        error = _SPREAD * moves.reach[-1]  # the error vector of the outputs has a length of about 1
        if zones[-1] > 4.0 * max(error, moves.step):
            found.append(
                f"pulses.hidden_dead_zone: {zones[-1]:.3g} is wider than the errors of the last hidden layer, about "
                f"{error:.2g} at the start: the arrays before it get no pulses; try {min(4.5 * moves.step, 0.3):.2g}"
            )
    return found


def _of_rows(layout: Layout, activity: Activity | None) -> list[str]:
    threshold = layout.pulses.input_threshold
    if activity is None or threshold is None or not layout.rule.signs:
        return []
    if activity.firing > _MOST_FIRE:
        return [
            f"data set: {100 * activity.firing:.0f} % of all inputs are above any threshold with every image, which "
            "moves all weights of a column alike; train on the negative (1 - x), or on images with a dark background"
        ]
    if threshold >= activity.threshold / 4.0:
        return []
    return [
        f"pulses.input_threshold: at {threshold:g} nearly all rows fire with every image, which moves all weights of a "
        f"column alike; leave it out, or try {activity.threshold:.2g}, the median of the images"
    ]


def _of_steps(layout: Layout, moves: Moves) -> list[str]:
    hidden = layout.network.hidden
    if hidden < 2 or moves.largest <= _LARGE:
        return []
    return [
        f"device: its largest step is {100 * moves.largest:.0f} % of the range, with which {hidden} hidden layers "
        "seldom learn; try one hidden layer, more states (--n-max), or a lower beta"
    ]


def _of_positions(layout: Layout, moves: Moves) -> list[str]:
    """Arrays that are read at many positions, whose pairs all move by a whole step with every image."""
    rule, batch = layout.pulses.position_rule if layout.run.batch == 1 else layout.pulses.batch_rule, layout.run.batch
    most = max(a.positions for a in layout.network.arrays)
    images = batch / moves.step
    if not layout.rule.signs or rule not in ("products", "signs") or most < _POSITIONS or images >= _FINE:
        return []
    batch_of, states = math.ceil(_FINE * 2.5 * moves.step), math.ceil(_FINE * 2.5 / batch)
    return [
        f"network.layers: an array that is read at {most:,} positions has an error for nearly all of its pairs in "
        f"every update, and a step moves each by {100 * moves.step:.2g} % of the range: {images:.0f} images go from "
        f"end to end, which learns badly, or never; try --batch {batch_of} --batch-rule products, or --n-max {states}"
    ]


def _of_replays(layout: Layout) -> list[str]:
    """Noise of the range, which a pair that is reset and pulsed anew gathers with every pulse."""
    method, noise = layout.pulses.method, layout.variation.c2c_range
    if not layout.rule.methods or method not in ("a", "b") or noise < _RANGE_NOISE:
        return []
    return [
        f"variation.c2c_range: {100 * noise:.2g} % of the range with every pulse, and method {method} writes a side by "
        "many, which adds up: it learns badly; try --method c, or a rule of two arrays (--help-all: --rule)"
    ]


def _of_writes(layout: Layout, moves: Moves) -> list[str]:
    """Noise of writes beside which a step is nothing: what few pulses say of a weight is not seen."""
    method, noise = layout.pulses.method, layout.variation.write_noise
    if not layout.rule.methods or not layout.rule.signs or noise < _WRITE_NOISE * moves.step:
        return []
    return [
        f"variation.write_noise: {100 * noise:.2g} % of the range, {noise / moves.step:.0f} steps, with every pulse, "
        f"in which method {method} loses what some pulses say: it learns badly; try a rule of two arrays (--help-all: "
        "--rule)"
    ]


def _of_transfers(layout: Layout) -> list[str]:
    """Runs that end before what fast arrays gathered has been moved."""
    n, s = layout.run.iterations, layout.fast_slow
    if n is None or FastSlow not in layout.rule.sections:
        return []
    sweep = sweep_of(layout)
    if ESTIMATE in layout.rule.traits and s.chop_probability:
        period = flips_every(s.chop_probability) * sweep
        if n * layout.run.batch < 2.0 * period:
            return [
                f"run.iterations: rule '{layout.pulses.rule}' moves nothing before its choppers flipped, which takes "
                f"{_samples(layout, period)} with {layout.network.inputs} inputs: with {n:,} it can hardly learn; "
                f"try --transfer-reads {_reads(2.0 * period / (n * layout.run.batch) * s.transfer_reads)}, a higher "
                f"chop_probability, or {_samples(layout, 4.0 * period)}"
            ]
    if n * layout.run.batch < 2.0 * sweep:
        return [
            f"run.iterations: every line of the largest fast array is read once in {_samples(layout, sweep)}, so that "
            f"in {n:,} hardly anything is moved; try --transfer-reads "
            f"{_reads(4.0 * sweep / (n * layout.run.batch) * s.transfer_reads)}, or {_samples(layout, 4.0 * sweep)}"
        ]
    return []


def _samples(layout: Layout, samples: float) -> str:
    return f"{math.ceil(samples / layout.run.batch):,} iterations"


def _reads(n: float) -> int:
    return min(2 * math.ceil(n), 1024)
