"""Stages about the arrays of a layer, of which a rule may have several: which one an event acts on, what follows its
pulses, and what moves from one to another.

They belong to those of `table`, whose modules give code to both.
"""

from __future__ import annotations

from ..base.stage import stage
from ..circuit.lines import layer_lines
from ..circuit.table import follow, follow_all
from ..pair.table import at_clock, conduct, foresee, side_of
from .table import MODULES


@stage(MODULES)
def event_array(rule, array, geometry, layer, number):
    """The pairs on which pulse event `number` of a layer acts."""
    return array


@stage(MODULES)
def event_lines(rule, array, lines, geometry, layer, number):
    """The pulse lines of those pairs."""
    return layer_lines(lines, geometry, layer)


@stage(MODULES)
def outlook(rule, array, geometry, layer, now, number):
    """What `expect` looks at: found once for an event, not at every crossing. Arguments as of `move`."""
    own = event_array(rule, array, geometry, layer, number)
    at_clock(own, now, number)
    return own


@stage(MODULES)
def expect(rule, own, i, j, raising):
    """What an event would do to one pair: (side whose gate is pulsed, or -1 for none; whether that replays the pair;
    pulses; resets). `own` is the event's `outlook`.
    """
    replays, pulses, resets = foresee(own, i, j, raising)
    return side_of(own, raising), replays, pulses, resets


@stage(MODULES)
def copies(rule):
    """Arrays of a layer, each with pulse lines of its own."""
    return 1


@stage(MODULES)
def copy_array(rule, array, geometry, layer, copy):
    """The pairs of one of them."""
    return array


@stage(MODULES)
def copy_lines(rule, array, lines, geometry, layer, copy):
    """Its pulse lines."""
    return layer_lines(lines, geometry, layer)


@stage(MODULES)
def compose(rule, array, geometry, layer):
    """Follow a change of the pairs that came by other means than `move`."""


@stage(MODULES)
def transfer(rule, array, circuit, lines, geometry, layer, at, step, numbers, room, lists):
    """Take step number `step` (from 0) of what moves between the arrays of a layer after the events of update `at`.

    Returns the numbers of firing rows, and of columns that raise W and lower it, in `lists`: an event of group 1, whose
    number is ``numbers[layer] + GROUP``; and whether there may be another step.

    Parameters
    ----------
    array : the whole network's
    """
    return 0, 0, 0, False


@stage(MODULES)
def follow_events(rule, array, circuit, geometry, layer, first_event, events):
    """Let the circuit of a layer follow the events that were recorded from `first_event` on."""
    follow(circuit, layer, layer, first_event, events, array)


@stage(MODULES)
def follow_layer(rule, array, circuit, geometry, layer):
    """Let the circuit of a layer follow any change."""
    follow_all(circuit, layer, array)


@stage(MODULES)
def look(rule, array, geometry, layer, i, j, out):
    """What the devices of the pair at row `i`, column `j` conduct: ``out``, (2 * copies,) float32, S, is updated, G+
    and G- in turn.
    """
    out[0], out[1] = conduct(array, i, j, 0), conduct(array, i, j, 1)
