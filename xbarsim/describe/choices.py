"""What a layout can ask for: the literal tables of rules, pair methods, circuits, electrode routings and engines.

A new member is one entry here, one piece of code in the room that its table names, and one row in the README.
"""

from __future__ import annotations

RULES = {
    "sign": "sign of the error with a dead zone (Lim et al. 2019)",
    "crus": "conditional reverse updates from sensed levels (Lee et al. 2021, a reconstruction), with [crus]",
    "bs": "stochastic bits, signs of errors and unit steps with a carry (Li et al. 2023, a reconstruction), with [bs]",
    "software": "no devices: float weights and back-propagation, the reference",
}
"""Which rows and columns fire, and with which sign: kernels/pulses.py; the reference: kernels/software.py."""

BASELINES = {
    "crus": "a forward or a reverse pulse, as the sensed levels say (a reconstruction)",
    "lim-a": "pair method a of Lim et al., with sensed levels",
    "lim-b": "pair method b of Lim et al., with sensed levels",
    "lim-c": "pair method c of Lim et al., with sensed levels",
    "refresh": "forward pulses; a pair with both sides high is reset at a sensing, and rewritten on one side",
    "threshold": "requests are added up per pair, a forward pulse beyond a threshold; not recorded, so only without a run file",
}
"""What a crossing of rule ``crus`` does under the same sensing: kernels/crus_pairs.py and crus_rivals.py, in this order."""

COMPENSATIONS = {
    "both": "forward and reverse pulses",
    "forward": "forward pulses",
    "reverse": "reverse pulses",
    "none": "every crossing pulses",
}
"""Which actions of rule ``crus`` are thinned out: kernels/crus_rule.py."""

BS_INPUTS = {
    "bits": "an input x, 0 to 1, drives its row with probability x",
    "threshold": "an input above 1/2 drives its row",
}
"""How rule ``bs`` makes bits of inputs: kernels/binary.py, in this order."""

BS_OUTPUTS = {
    "softmax": "one class, drawn from the softmax",
    "bits": "one noisy comparator for each class",
}
"""How rule ``bs`` makes bits of outputs: kernels/binary.py, in this order."""

BS_SLOPES = {
    "norm": "1 with probability 4 s (1 - s), s the neuron's own: a window comparator whose width is the noise",
    "and": "1 with probability s (1 - s): one fresh comparator fires and another does not",
    "window": "1 if a noisy read is inside a fixed window",
}
"""How rule ``bs`` samples the derivative of the activation function: kernels/binary.py, in this order."""

ACTIVATIONS = {
    "hard-sigmoid": "clip(1/2 + z / (2 c), 0, 1), as in hardware",
    "sigmoid": "1 / (1 + exp(-z))",
}
"""Hidden neurons of the rule ``software``: kernels/backprop.py, in this order."""

BATCHES = {
    "lines": "one event: columns by their summed error, and all rows that fired",
    "deferred": "one event per sample, after all samples were read",
    "signs": "one pulse per pair, with the sign of the sum of its signs",
    "products": "one pulse per pair, with the sign of the summed products of error and input",
}
"""How pulses follow from a mini-batch: kernels/batch.py, in this order."""

NEGATIVE_SCALES = {
    "zero": "the device does not conduct",
    "reflect": "its absolute value is taken",
    "redraw": "it is drawn again",
}
"""What becomes of a device-to-device scale below 0: kernels/noise.py, in this order."""

SCALES_PER = {
    "device": "G+ and G- of a pair differ",
    "pair": "G+ and G- of a pair have one scale in common",
}
"""What has a device-to-device scale of its own: xbarsim/network.py."""

SPREADS = {
    "normal": "factor 1 + sigma z, drawn again below 0",
    "lognormal": "factor exp(sigma z)",
}
"""How parameters differ from device to device: kernels/noise.py."""

FAILURES = {
    "stuck": "a worn-out device stays where it is",
    "min": "it goes to Gmin and stays there",
    "max": "it goes to Gmax and stays there",
    "closing": "its window closes around the middle, as (life / pulses) to a power",
}
"""What becomes of a worn-out device: kernels/moves.py, in this order."""

METHODS = {
    "a": "full side: reset both, pulse that side up to the previous W plus one step",
    "b": "full side: reset the other side, pulse it back to one step below where it was",
    "c": "full side: one depression pulse on the other side",
}
"""What a signed update does to a pair: kernels/pair.py, in this order."""

CIRCUITS = {
    "auto": "exact if anything has resistance, else ideal",
    "ideal": "wires without resistance",
    "exact": "the nodal solution of the array with its wires",
}
"""What the wires do to a read: kernels/read.py, kernels/wires.py."""

WRITES = {
    "weights": "one device of a pair carries W, the other stays at Gmin",
    "states": "G+ and G- as they were trained",
}
"""How a trained network is written into another array: xbarsim/offchip.py."""

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
