"""Defaults that follow from the network, the device and the training images.

A pulse moves a conductance by one step, whatever the error is. So what suits a network is counted in what one update
does: it moves the current of a column by the sum of its inputs times a step. The rules below say why each is as it is;
their factors were found on twelve small networks and on MNIST with 784-200-10 (docs/defaults.md), where they give what
Lim et al. (2019) published.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .fields import keys_of
from .neuron import check_c
from .sections import RULE_SECTIONS, SECTIONS

if TYPE_CHECKING:
    import numpy as np

    from .layout import Layout


class Activity(NamedTuple):
    """What the training images drive the inputs with, a full input being 1; means over samples."""

    total: float  # sum of the inputs of a sample
    square: float  # sum of their squares
    threshold: float  # what an input has to be above to pulse its row
    firing: float = 0.2  # share of the inputs that are above it


MNIST = Activity(103.0, 88.3, 0.0)
"""Of MNIST, whose pixels have a mean of 0.13; 19 % of them are above 0."""

STATES, LARGEST_STEP = 64, 0.0491
"""Pulses between the rails of the device that the factors were found with, and its largest step (beta 2) in units of
Gmax - Gmin."""

FIRST_C, INNER_C, NARROW = 2.8, 4.2, 0.8
"""Updates that lead a neuron from the middle to an end of its range: of the first hidden layer, and of one that 200
neurons feed; and the power of the inputs by which c goes from there: where few feed a layer, each weighs more."""

CONFIDENCE, FEW = 1.27, 0.8
"""Softmax scale of outputs that 200 neurons feed, and the power by which it falls with the inputs: between 1, so that
full weights have one logit, and 1/2, so that random weights have one spread."""

OUTPUT_ERROR, COARSE, DEPTH, FEWER, FINE = 0.1, 0.35, 0.35, 0.5, 0.5
"""Output dead zone with 64 states, one hidden layer and 100 neurons before the outputs or more; and the powers by
which it grows with the largest step, with the number of hidden layers, and as neurons before the outputs get fewer; or,
if that is more, with the states."""

MOST_OUTPUT = 0.28
"""The widest: a class whose probability is above 0.72 has won."""

SURE, FEW_STATES, SOON = 0.25, 0.33, 0.4
"""Powers by which the softmax scale grows: with the states above 64 of them, as states get fewer, and with the largest
step; the largest of the three counts."""

HIDDEN_STEPS, GROWTH, WIDEST = 4.5, 0.16, 0.6
"""Dead zone of the last hidden layer, in mean steps; and how errors grow from layer to layer downwards, times the root
of the number of neurons above: 0.3 is about the spread of W, and three of ten neurons pass an error."""

START, INNER_START, START_DEPTH, START_COARSE = 1.5, 12.0, 0.8, 1.3
"""Spread that devices start with, of the first array and of others: so many times the sum of the inputs by the root of
the sum of their squares, in mean steps, which makes the spread of a neuron's current one part of c; and the powers of
the number of hidden layers and of the largest step by which that of the first array grows."""

FIXED_C, FIXED_START = 0.5, 0.7
"""Beside a fixed reference W goes half as far, and so do currents: c is so many times as wide. A state that is uniform
on both sides of it has 1.4 times the spread of a pair's difference: it starts within so many times the pulses."""

_HALF, _HALF_SQUARE = 0.5, 0.27  # mean output of a hidden neuron at the start, and of its square
_USUAL, _FEW = 101.0, 51.0  # inputs of an array that 200 neurons, or 100, and a bias feed
_LEAST = 1e-3  # sum of the inputs of images that are black
_SHOWN = 3  # digits that are kept


def derived_keys() -> dict[str, str]:
    """Keys that have a rule here, and their sections."""
    return {name: section for section, what in SECTIONS.items() for name, key in keys_of(what).items() if key.derived}


def settle(layout: Layout, activity: Activity | None = None, *, whole: bool = False) -> Layout:
    """The layout with a number for everything that is left out; one that has them all is returned as it is.

    Parameters
    ----------
    layout : Layout
    activity : Activity, optional
        Of the training images (`data_sets.activity.activity_of`); without it, that of MNIST per input.
    whole : bool
        Also what the learning rule does not ask for: a network that is only read has neurons all the same.
    """
    found = derived(layout, activity) if whole or layout.rule.currents else {}
    return layout.replace(**found) if found else layout


def changed(given: Layout, settled: Layout) -> list[str]:
    """Keys to which `settle` has given a value, or another one; without those that do nothing."""
    from .idle import idle  # it reads what this file is about

    found = [
        name
        for name, section in derived_keys().items()
        if getattr(getattr(given, section), name) != getattr(getattr(settled, section), name)
    ]
    return [name for name in found if name not in idle(settled, found)]


def derived(layout: Layout, activity: Activity | None = None) -> dict[str, Any]:
    """Values, by key, of what a layout leaves out."""
    others = set(RULE_SECTIONS) - {s.section for s in layout.rule.sections}
    open_keys = {
        name
        for name, section in derived_keys().items()
        if section not in others and getattr(getattr(layout, section), name) is None
    }
    hidden, neuron = layout.network.hidden, layout.neuron
    if layout.array.initial_fan_in is not None:
        open_keys.discard("initial_steps")
    if not hidden:
        open_keys -= {"c", "inner_c", "hidden_dead_zone"}
    if neuron.c_current is not None:
        open_keys.discard("c")
    if neuron.c_current is None or hidden < 2:
        open_keys.discard("inner_c")  # c has one for each layer
        if isinstance(neuron.c, float) and neuron.inner_c is None and hidden > 1:
            open_keys.add("c")
    if not open_keys:
        return {}
    values = {**_rules(layout, activity or _typical(layout)), **layout.rule.network(layout)}
    if "c" in open_keys:
        check_c(neuron.c, values["c"])
    return {name: values[name] for name in sorted(open_keys)}


def _typical(layout: Layout) -> Activity:
    """Where nobody knows the images: pixels as MNIST has them."""
    share = layout.network.inputs / 784
    return Activity(MNIST.total * share, MNIST.square * share, 0.0)


class Moves(NamedTuple):
    """What one update does to a network, in units of the range of a device."""

    total: tuple[float, ...]  # sum of the inputs of each array: pixels as they are, neurons half on
    step: float  # mean step
    largest: float
    stairs: np.ndarray  # conductances of the states, from 0 to 1
    reach: tuple[float, ...]  # of the conductances that each array starts with


def moves_of(layout: Layout, activity: Activity | None = None) -> Moves:
    """What one update does to a network of a layout; see `settle` for the arguments."""
    network, bias = layout.network, float(layout.array.bias)
    a, fan_in = activity or _typical(layout), [array.inputs for array in network.arrays]
    seen = fan_in[0] / network.inputs  # a kernel sees a part of the image
    total = (max(_LEAST, seen * a.total + bias), *(_HALF * n + bias for n in fan_in[1:]))
    stairs = layout.device.staircase()
    states, stairs = len(stairs) - 1, (stairs - stairs[0]) / layout.device.span
    square = (max(_LEAST, seen * a.square + bias), *(_HALF_SQUARE * n + bias for n in fan_in[1:]))
    largest = float((stairs[1:] - stairs[:-1]).max())
    wide = FIXED_START if layout.fixed_reference else 1.0
    first = START * max(1, network.hidden) ** START_DEPTH * max(1.0, largest / LARGEST_STEP) ** START_COARSE
    array, reach = layout.array, []
    for k, (x, y) in enumerate(zip(total, square, strict=True)):
        if array.initial_steps is None and array.initial_fan_in is None:
            n = _pulses(wide * (INNER_START if k else first) * x / y**0.5 / states, stairs)
        else:
            n = array.initial_range(k, fan_in[k], states)
        reach.append(float(stairs[n]))
    return Moves(total, 1.0 / states, largest, stairs, tuple(reach))


def _rules(layout: Layout, activity: Activity) -> Mapping[str, Any]:
    hidden = layout.network.hidden
    total, step, largest, stairs, reach = moves_of(layout, activity)
    states = len(stairs) - 1

    # A neuron that a single update led past its range would pass no error to the next: c is some updates wide. What
    # an update moves is all inputs times a step.
    c = [(INNER_C * (total[k] / _USUAL) ** (NARROW - 1.0) if k else FIRST_C) * total[k] * step for k in range(hidden)]
    c = [x * (FIXED_C if layout.fixed_reference else 1.0) for x in c]
    given, inner = layout.neuron.c, layout.neuron.inner_c
    if inner is not None and c:
        c = [c[0] * (inner if k else 1.0) for k in range(hidden)]
    if isinstance(given, float) and c:  # of the first; the others in proportion
        c = [given * x / c[0] for x in c]

    # A class has to be able to win by a few steps of its weights, and not by one. Where an update moves little, p - t
    # can be steeper; where it moves much, a winner has to be sure soon, and left alone.
    scale = CONFIDENCE * (_USUAL / total[-1]) ** FEW
    scale *= max((states / STATES) ** SURE, (STATES / states) ** FEW_STATES, (largest / LARGEST_STEP) ** SOON)

    # Errors that one pulse would overshoot are left alone. Fine steps let a sample win by many small pulses: what has
    # won by more than others is left alone sooner, so that the pulses go to those that have not.
    output = max(1.0, largest / LARGEST_STEP) ** COARSE * max(1, hidden) ** DEPTH
    output *= max(1.0, _FEW / total[-1]) ** FEWER
    output = min(OUTPUT_ERROR * max(output, (states / STATES) ** FINE), MOST_OUTPUT)

    # Of the last hidden layer some steps of the device, as W is made of steps; below, an error is a sum over all
    # neurons above that passed one.
    zones = [min(HIDDEN_STEPS * step, WIDEST)]
    for above in [array.fan_out for array in layout.network.arrays[-2:0:-1]]:
        zones.insert(0, zones[0] * GROWTH * above**0.5)

    # A kernel that is read at many positions gets its pulses from the sum of their errors, of which each is a part:
    # those of one position are as much smaller as a mean over all is than one of them.
    zones = [z / array.positions**0.5 for z, array in zip(zones, layout.network.arrays, strict=False)]

    # Rows fire where a neuron is above 0. Neurons that all are alike at the start all fire, and learn the same: they
    # start spread out, but within their range. Pixels already differ; the less the first array says by itself, the
    # sooner it says what it has learned.
    start = [_pulses(x, stairs) for x in reach]

    return {
        "c": _rounded(c[0]) if inner is not None and c else _one_or_all([_rounded(x) for x in c]),
        "inner_c": _rounded(c[1] / c[0]) if hidden > 1 else None,  # beside c in A
        "softmax_scale": _rounded(scale),
        "output_dead_zone": _rounded(output),
        "hidden_dead_zone": tuple(map(_rounded, zones)),
        "input_threshold": _rounded(activity.threshold),
        "initial_steps": _one_or_all(start),
    }


def _pulses(reach: float, stairs: np.ndarray) -> int:
    """Pulses after which a device is nearest to `reach` of its range: where steps are large, few."""
    return max(1, int(abs(stairs - reach).argmin()))


def _one_or_all(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else tuple(values)


def _rounded(x: float) -> float:
    return float(f"{x:.{_SHOWN}g}")
