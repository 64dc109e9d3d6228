"""What training on an array costs: one model of energy for all rules, so that they can be compared.

Counted are, with the constants of the sections ``[gates]`` and ``[array]`` of the layout:

========  ============================================================================================================
pulses    C V^2 for every gate pulse: ``gate_capacitance`` and ``pulse_voltage`` of the three-terminal device
resets    the same for every reset, which is a pulse on a gate too
reads     V^2 G t at every driven device, forward and backward: Joule's law with ideal wires, ``v_read`` and ``read_width``
sensing   the same for what a rule reads besides: crus senses every pair now and then, bs every lower digit at a carry,
          and every carry pulse is verified
========  ============================================================================================================

Pulses, resets and sensings are counted one by one, and of rule bs every driven line too. Reads of the other rules are known by their
average: mean square voltages (of the inputs over the training data, of neurons and errors over `PROBES` samples) times the conductances of the moment,
taken at every evaluation and interpolated between. Against the ledger of a run with ``account`` (kernels/gates.py), which follows every
sample, pulses and resets agree exactly, and reads to 0.6 % (784-20-10 and 784-30-20-10, digits, 3,000 iterations, all methods;
tests/test_gates.py allows 5 %).

Not counted, since it depends on the periphery and on how the pulses of a replay are addressed: half-selected gates, the capacitance of
lines, converters, neurons, noise sources. ``account`` has the half-selected gates of the sign rule; `energy_bs` counts converters.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..data_sets.load import Dataset
from ..data_sets.order import iterations_of
from ..describe.layout import Layout
from ..kernels import train
from ..learn.bs import BinaryState
from ..learn.digits import DigitState
from ..learn.network import NetworkState
from ..learn.states import State
from .results import Checkpoint

PROBES = 256
"""Training samples by which the voltages of neurons and errors are estimated."""

_GAP = 200  # conductances are looked at again after this part of the run at the earliest


def has_devices(layout: Layout) -> bool:
    """Whether there is an array to write and to read: not with float weights, and not with ideal steps of rule ``bs``."""
    return layout.pulses.rule != "software" and not (layout.pulses.rule == "bs" and layout.bs.bs_digits == 0)


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


class Usage(NamedTuple):
    """What was read since the start, and what that takes with the conductances of the moment."""

    reads: np.ndarray  # (kinds,) float64: how often
    read_power: np.ndarray  # (kinds,) float64, W: of one
    sensings: np.ndarray  # (kinds,) float64
    sensing_power: np.ndarray  # (kinds,) float64, W


class Inputs(NamedTuple):
    """The training data as an array sees it; inputs run from 0 to 1."""

    mean: np.ndarray  # (inputs,) float64
    square: np.ndarray  # (inputs,) float64: mean square
    probes: np.ndarray  # (samples, inputs) float32
    labels: np.ndarray  # (samples,) int64


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


def usage_of(state: State, iteration: int, inputs: Inputs) -> Usage:
    """What was read up to so many updates, and what it takes now.

    Raises
    ------
    TypeError
        Of the software reference, which has nothing to read: see `has_devices`.
    """
    if isinstance(state, BinaryState):
        return _binary_usage(state, iteration, inputs)
    if not isinstance(state, NetworkState):
        raise TypeError("usage_of: expected a network of devices, got the software reference")
    layout = state.layout
    totals = [_total(state, k) for k in range(state.n_layers)]
    sensings, whole = 0, 0.0
    if layout.pulses.rule == "crus" and layout.crus.baseline != "threshold":
        sensings = -(-iteration // layout.crus.sense_every)  # the first one before the first update
        whole = float(state.reading.v_read) ** 2 * sum(float(t.sum()) for t in totals)
    images, power = iteration * layout.run.batch, image_power(state, totals, inputs)
    return Usage(np.array([float(images)]), np.array([power]), np.array([float(sensings)]), np.array([whole]))


def _total(state: NetworkState, k: int) -> np.ndarray:
    """G+ + G- of layer `k`, (rows, cols) float64, S."""
    plus, minus = state.conductance(k)
    total: np.ndarray = plus.astype(np.float64) + minus
    return total


def image_power(state: NetworkState, totals: list[np.ndarray], inputs: Inputs) -> float:
    """Power of all reads of one image, forward and backward, on average, W.

    Parameters
    ----------
    state : NetworkState
    totals : list of (rows, cols) float64, S
        G+ + G- of every layer.
    inputs : Inputs
    """
    reading, geometry = state.reading, state.geometry
    v, last = float(reading.v_read), state.n_layers - 1
    weights = [train.layer_weights(state.weights, geometry, k)[:, : state.shape(k)[1]] for k in range(last + 1)]
    x, power, passes = inputs.probes, 0.0, []
    for k, w in enumerate(weights):
        square = inputs.square if k == 0 else (x.astype(np.float64) ** 2).mean(axis=0)
        n = x.shape[1]  # the bias row, if there is one, comes after them and is fully driven
        power += float(square @ totals[k][:n].sum(axis=1)) + float(totals[k][n:].sum())
        current = (x @ w[:n] + w[n:].sum(axis=0)) * reading.v_read
        if k < last:
            passes.append(np.abs(current) < reading.c[k])
            x = np.clip(np.float32(0.5) + current / (np.float32(2.0) * reading.c[k]), 0.0, 1.0)
    delta = _softmax(reading.softmax_gain * current.astype(np.float64))
    delta[np.arange(len(delta)), inputs.labels] -= 1.0
    for k in range(last, 0, -1):
        power += float((delta**2).mean(axis=0) @ totals[k].sum(axis=0))
        below = state.shape(k - 1)[1]
        delta = np.where(passes[k - 1], delta @ weights[k][:below].T / float(reading.span), 0.0)
    return v * v * power


def _softmax(z: np.ndarray) -> np.ndarray:
    p: np.ndarray = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return p


def _binary_usage(state: BinaryState, iteration: int, inputs: Inputs) -> Usage:
    """Of binary-stochastic learning: driven rows and columns are counted, and every line is driven at the full read voltage."""
    work, n, digits = state.work_done(), state.n_layers, state.digits
    pairs = [_pairs(state, k) for k in range(n)]
    square = state.layout.array.v_read**2
    rows = [float(p.sum(axis=(0, 2)).mean()) for p in pairs]  # S, of a row
    driven = np.append(inputs.mean, np.ones(len(pairs[0][0]) - len(inputs.mean)))  # how often: the bias row always
    rows[0] = float(driven @ pairs[0].sum(axis=(0, 2)) / driven.sum())
    columns = [float(p.sum(axis=(0, 1)).mean()) for p in pairs]
    reads = np.array([*work["read_rows"], *work["back_columns"]])
    scans = [iteration // period if period else 0 for period in state.layout.bs.periods]
    scanned = [sum(float(p[q].sum()) for p in pairs) for q in range(digits)]
    device = [float(p.mean()) / 2.0 for p in pairs]  # verified after a carry pulse
    return Usage(
        reads, square * np.array(rows + columns), np.array([*map(float, scans), *work["carry_pulses"]]),
        square * np.array(scanned + device),
    )  # fmt: skip


def _pairs(state: BinaryState, k: int) -> np.ndarray:
    """G+ + G- of all digits of layer `k` as the devices conduct, (digits, rows, cols) float64, S."""
    if isinstance(state, DigitState):
        sides = [state.arrays.conductance(state.array(k, q)) for q in range(state.digits)]
    else:
        frame = state.frame(k)
        sides = list(zip(frame[::2], frame[1::2], strict=True))
    return np.array([plus.astype(np.float64) + minus for plus, minus in sides])


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
        # After each of the last iterations there is an evaluation: a look at all conductances would cost more than the training.
        if self._usage is None or passed * _GAP >= self._total or point.iteration == self._total:
            now = usage_of(state, point.iteration, self._inputs)
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
