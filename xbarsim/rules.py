"""What a layout can ask for: the literal tables of rules, pair methods, circuits, electrode routings and engines.

A new member is one entry here, one piece of code in the room that its table names, and one row in the README.
"""

from __future__ import annotations

RULES = {
    "sign": "sign of the error with a dead zone (Lim et al. 2019)",
}
"""Which rows and columns fire, and with which sign: kernels/pulses.py."""

METHODS = {
    "a": "full side: reset both, pulse that side up to the previous W plus one step",
    "b": "full side: reset the other side, pulse it back to one step below where it was",
    "c": "full side: one depression pulse on the other side",
}
"""What a signed update does to a pair: kernels/pair.py, in this order."""

CIRCUITS = {
    "ideal": "wires without resistance",
}
"""What the wires do to a read: kernels/read.py."""

ROUTINGS = {
    "split-both": "D+, D-, S+, S-: the general case",
    "split-source": "one D line per row; S+ and S-; bipolar voltages in the backward read",
    "split-drain": "D+ and D-, bipolar voltages in the forward read; one S line per column",
}
"""Which electrodes of a pair are split: xbarsim/array.py."""

ENGINES = {
    "auto": "ladder where it applies, else analog",
    "ladder": "a pair is two step numbers, an update a table look-up (methods a and b, n_max <= 255)",
    "analog": "every conductance a float, every pulse computed",
}
"""How the same physics is computed: kernels/pair.py."""
