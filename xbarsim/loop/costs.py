"""What training on an array costs: one model of energy for all rules, so that they can be compared.

Counted are, with the constants of the sections ``[gates]`` and ``[array]`` of the layout:

========  ============================================================================================================
pulses    C V^2 for every gate pulse: ``gate_capacitance`` and ``pulse_voltage`` of the three-terminal device
resets    the same for every reset, which is a pulse on a gate too
reads     V^2 G t at every driven device, forward and backward: Joule's law with ideal wires,
          ``v_read`` and ``read_width``
sensing   the same for what a rule reads besides: crus senses every pair now and then, bs every lower digit at a carry,
          and every carry pulse is verified
========  ============================================================================================================

Pulses, resets and sensings are counted one by one, and of rule bs every driven line too. Reads of the other rules are
known by their average: mean square voltages (of the inputs over the training data, of neurons and errors over `PROBES`
samples) times the conductances of the moment, taken at every evaluation and interpolated between. Against the ledger of
a run with ``account`` (kernels/circuit/gates.py), which follows every sample, pulses and resets agree exactly, and
reads to 0.6 % (784-20-10 and 784-30-20-10, digits, 3,000 iterations, all methods; tests/test_gates.py allows 5 %).

Not counted, since it depends on the periphery and on how the pulses of a replay are addressed: half-selected gates, the
capacitance of lines, converters, neurons, noise sources. ``account`` has the half-selected gates of the sign rule;
`energy_bs` counts converters.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..data_sets.load import Dataset
from ..data_sets.order import iterations_of
from ..describe.layout import Layout
from ..learn.rule import State
from ..learn.usage import Inputs, Usage
from .results import Checkpoint

PROBES = 256
"""Training samples by which the voltages of neurons and errors are estimated."""

_GAP = 200  # conductances are looked at again after this part of the run at the earliest


def has_devices(layout: Layout) -> bool:
    """Whether there is an array to write and to read."""
    return layout.rule.has_devices(layout)


class Energy(NamedTuple):
    """Energy since the start of a run, J, by what it is spent on."""

    pulses: float
    resets: float
    reads: float
    sensing: float

    @property
    def total(self) -> float:
        """Everything that is counted, J."""
        return sum(self)


def inputs_of(data: Dataset) -> Inputs:
    """Means over all training samples, and some samples evenly spread over them."""
    x = data.x_train
    full = 255.0 if x.dtype == np.uint8 else 1.0
    total, square = np.zeros(x.shape[1]), np.zeros(x.shape[1])
    for a in range(0, len(x), 4096):  # in parts: all of MNIST as floats would take 188 MB
        part = x[a : a + 4096].astype(np.float32) / np.float32(full)
        total += part.sum(axis=0, dtype=np.float64)
        square += np.einsum("ni,ni->i", part, part)
    chosen = np.linspace(0, len(x) - 1, min(PROBES, len(x))).astype(int)
    probes = x[chosen].astype(np.float32) / np.float32(full)
    return Inputs(total / len(x), square / len(x), probes, data.y_train[chosen].astype(np.int64))


class Meter:
    """Follows the energy of a run: give it to `simulate.run` as `watch`.

    Parameters
    ----------
    layout : Layout
        With devices, see `has_devices`.
    data : Dataset

    Attributes
    ----------
    energy : list of Energy
        At each of the run's checkpoints.

    Examples
    --------
    >>> import xbarsim
    >>> layout = xbarsim.Layout.of(layers=(2, 2), dataset="two-pixels", iterations=50, n_max=9, eval_last=1)
    >>> meter = Meter(layout, xbarsim.load_dataset("two-pixels"))
    >>> result = xbarsim.run(layout, watch=meter)
    >>> round(meter.energy[-1].pulses / 9e-15) == result.pulses  # 1 fF at 3 V
    True
    """

    def __init__(self, layout: Layout, data: Dataset) -> None:
        self.energy: list[Energy] = []
        self._pulse = layout.gates.gate_capacitance * layout.gates.pulse_voltage**2  # J
        self._width = layout.gates.read_width
        self._inputs = inputs_of(data)
        self._total = iterations_of(layout, len(data.y_train))
        self._at = 0
        self._usage: Usage | None = None
        self._spent = np.zeros(2)  # J: reads and sensing up to `_at`
        self._rate = np.zeros(2)  # J per iteration, between the last two looks

    def __call__(self, point: Checkpoint, state: State) -> None:
        """Take in a checkpoint."""
        passed = point.iteration - self._at
        # After each of the last iterations there is an evaluation: a look at all conductances would cost more than the
        # training.
        if self._usage is None or passed * _GAP >= self._total or point.iteration == self._total:
            now = state.usage(point.iteration, self._inputs)
            gained = self._width * _between(self._usage or _unused(now), now)
            self._spent, self._usage, self._at = self._spent + gained, now, point.iteration
            self._rate = gained / max(passed, 1)
            reads, sensing = self._spent
        else:
            reads, sensing = self._spent + passed * self._rate
        self.energy.append(Energy(self._pulse * point.pulses, self._pulse * point.resets, float(reads), float(sensing)))


def _unused(usage: Usage) -> Usage:
    """The same before anything was read."""
    return usage._replace(reads=np.zeros_like(usage.reads), sensings=np.zeros_like(usage.sensings))


def _between(a: Usage, b: Usage) -> np.ndarray:
    """W: power of the reads, and of the sensings, that came between, at the mean of both ends' conductances."""
    reads = (b.reads - a.reads) @ (a.read_power + b.read_power) / 2.0
    return np.array([reads, (b.sensings - a.sensings) @ (a.sensing_power + b.sensing_power) / 2.0])
