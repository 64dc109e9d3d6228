"""Rules, and the stages of one iteration that they give code to.

A rule is a module with a NamedTuple of what it needs to know, and functions with the names of stages; the type of the
tuple chooses the code (see `base.stage`). Where a rule says nothing, the default below holds. In an iteration come, in
this order::

    begin                            each layer: sensing, forgetting
    drive, read_layer, fire          each sample, upwards
    output_error, read_back          each sample, downwards
    pick (pick_rows, pick_sum)       each layer: which lines fire
    move                             each event: what it does to the pairs
    after                            each layer: carries, transfers
    refreshes                        each layer: one-sided pairs are written anew, see `lines.refresh`

Which arrays of a layer all of that happens to is in `arrays`.
"""

from __future__ import annotations

from typing import Any

from ..base.buffers import Geometry
from ..base.stage import stage
from ..pair.table import at_clock, layer_of, pulse
from ..way import gradient, hardware
from ..way.room import hardware_room_of, make_hardware_room
from . import bs, crus, fast_slow, imported, mixed_precision, sign, software, stochastic

RULES = {
    "sign": (sign,),
    "crus": crus.MODULES,
    "bs": bs.MODULES,
    "stochastic": (stochastic,),
    "tiki-taka": fast_slow.MODULES,
    "ttv2": fast_slow.MODULES,
    "c-ttv2": fast_slow.MODULES,
    "agad": fast_slow.MODULES,
    "mixed-precision": mixed_precision.MODULES,
    "software": software.MODULES,
    "imported": (imported,),
}
"""By the name of the rule: its modules, each with the NamedTuple ``Rule`` that chooses it."""

MODULES = {module.Rule: module for modules in ((hardware, gradient), *RULES.values()) for module in modules}
"""By the NamedTuple that chooses it."""


def new_room(rule: Any, geometry: Geometry, batch: int) -> Any:
    """Working memory of the ways of so many samples."""
    make = getattr(MODULES[type(rule)], "make_room", make_hardware_room)
    return make(geometry, batch)


@stage(MODULES)
def room_of(rule, room, b):
    """The part of `new_room` that belongs to sample `b`."""
    return hardware_room_of(room, b)


@stage(MODULES)
def passes(rule):
    """How often a sample goes its way in an iteration, with pulses each time."""
    return 1


@stage(MODULES)
def layer_array(rule, array, geometry, layer):
    """Views of one layer of the flat buffers of an array, as an array of the same kind."""
    return layer_of(array, geometry, layer)


@stage(MODULES)
def begin(rule, array, geometry, layer, now, rows, cols):
    """What happens to a layer after `now` updates, before the reads of the next; returns the pulses and resets issued.

    Parameters
    ----------
    array : the layer's, here and in all that follows but the reads
    rows, cols : (first, past the last)
        Pairs that are looked at: all, or one whose history is followed. What happens to a pair depends on that pair
        alone.
    """
    return 0, 0


@stage(MODULES)
def drive(rule, array, k, now, number, samples, room):
    """List the rows that sample `k` drives in ``room.lines[0]``; returns their number.

    Parameters
    ----------
    now, number : int
        Updates done, and the number of the way after them, counted over samples and passes: what draws depend on.
    array : the whole network's
    """
    return 0


@stage(MODULES)
def read_layer(rule, array, circuit, lines, layer, n, now, number, geometry, room):
    """Drive the bias row besides the `n` listed ones, and read a layer forward."""


@stage(MODULES)
def fire(rule, layer, now, number, geometry, room):
    """Hidden neurons of a layer list the rows of the next one that they drive; returns their number."""
    return 0


@stage(MODULES)
def output_error(rule, label, now, number, geometry, room):
    """Error of the output layer: returns the loss, nat, and whether the sample was misclassified."""
    return 0.0, False


@stage(MODULES)
def read_back(rule, array, circuit, lines, layer, now, number, geometry, room):
    """Error of the neurons below a layer, from its backward read."""


@stage(MODULES)
def is_new(rule, number):
    """Whether a way begins with a new forward read: else what the last one gave is taken again."""
    return True


@stage(MODULES)
def slopes_of(rule, layer, now, number, geometry, room, out):
    """Derivatives of the neurons of a layer whose currents are in `room`, (>= columns,) float32, `out`, are updated: 0
    where no error passes.

    This and the three that follow are `read_back` in parts, for layers whose arrays are read at many positions: what
    comes back to a neuron is added up over those before it becomes an error.
    """


@stage(MODULES)
def sense_back(rule, array, circuit, lines, layer, n, now, number, geometry, room):
    """Drive the columns of a layer with its errors, and read the `n` rows of ``room.gated``: ``room.back_currents``,
    float32, is updated there; returns whether there was something to read.
    """
    return False


@stage(MODULES)
def land(rule, layer, now, number, geometry, back, slopes, room):
    """Errors of the neurons of a layer, from what came back to them, and their derivatives, (>= columns,) float32."""


@stage(MODULES)
def take_errors(rule, layer, geometry, errors, room):
    """Put errors that `errors_of` gave, (>= columns,) float32, back to where reads and pulses find them."""
    for j in range(geometry.cols[layer]):
        room.delta[layer, j] = errors[j]


@stage(MODULES)
def note(rule, geometry, layer, room):
    """Take note of a layer's errors and inputs after a sample's way: for the record only."""


@stage(MODULES)
def pick(rule, layer, now, number, geometry, room, lists):
    """Lines of a layer that fire for one sample are put into `lists`; returns the numbers of rows, of columns that
    raise W, and that lower it.

    Without rows or without columns there is no event.
    """
    return 0, 0, 0


@stage(MODULES)
def pick_rows(rule, layer, now, number, geometry, room, lists):
    """The rows of `pick` alone, whatever the columns do; returns their number."""
    return 0


@stage(MODULES)
def pick_sum(rule, layer, now, geometry, total, lists):
    """Columns that fire by their errors, summed over a batch: (columns,) float32; returns the numbers of raised and
    lowered ones.
    """
    return 0, 0


@stage(MODULES)
def errors_of(rule, layer, geometry, room, out):
    """Errors of the columns of a layer, ``out``, (>= columns,) float32, is updated: below 0 they raise W."""
    for j in range(geometry.cols[layer]):
        out[j] = room.delta[layer, j]


@stage(MODULES)
def move(rule, array, geometry, layer, now, number, firing, n, up, n_up, down, n_down):
    """One pulse event on a layer: `firing`, `up`, `down` list lines. Returns the pulses and resets issued.

    Parameters
    ----------
    now, number : int
        Updates, this one included, and the number of the event among those of this layer in the iteration.
    """
    at_clock(array, now, number)
    return pulse(array, firing, n, up, n_up, down, n_down)


@stage(MODULES)
def absorb(rule, array, geometry, layer, place, position, size, lines, volts, n, delta):
    """What rules that take samples whole do with one of a batch, see `batch.whole` and `batch.written`.

    Parameters
    ----------
    place, position, size : int
        Number of the sample in the block, the position at which the array was read for it, and samples of the batch.
    lines, volts, n : (width,) int32 and float32, V, and int
        Driven rows.
    delta : (width,) float32
    """


@stage(MODULES)
def after(rule, array, geometry, layer, at, rows, cols):
    """What happens to a layer after the pulses of update `at`; returns the pulses and resets issued. See `begin`."""
    return 0, 0


@stage(MODULES)
def refreshes(rule):
    """When one-sided pairs are written anew, and which: a `pair.refreshing.Refresh`; or None."""
    return None


@stage(MODULES)
def write(rule, geometry, layer, at, step, lists):
    """Take step number `step` (from 0) of the pulses that sums are worth in update `at`, see `batch.written`; returns
    the numbers of firing rows, and of columns that raise W and lower it, in `lists`, and whether there are more.
    """
    return 0, 0, 0, False


@stage(MODULES)
def cast(rule, geometry, layer, now, number, rows, volts, n, error):
    """Draw the pulse trains of a sample's lines; returns their slots, see `batch.trains`.

    Parameters
    ----------
    now, number : int
        Updates done, and the number of the sample after them.
    rows, volts, n : (width,) int32 and float32, V, and int
        Driven rows.
    error : (width,) float32
        Of the columns.
    """
    return 0


@stage(MODULES)
def slot(rule, geometry, layer, k, part, rows, n, error, lists):
    """Lines that fire in slot `k` of the trains: see `pick`; in parts, if rows differ in the sign that they give."""
    return 0, 0, 0


@stage(MODULES)
def parts(rule):
    """Events of a slot."""
    return 1
