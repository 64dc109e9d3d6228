"""What all networks have that learn binary-stochastically, a reconstruction (see kernels/rules/bs/bits.py)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..arrays.mapped import Maps
from ..describe.layout import Layout
from ..describe.rules.bs import BS_INPUTS, BS_OUTPUTS, BS_SLOPES
from ..kernels.base import noise
from ..kernels.base.buffers import Curves, Samples
from ..kernels.rules.bs import bits, counts
from ..kernels.rules.bs.learning import Learning
from ..kernels.way.hardware import Reading
from .bs_evaluators import BitsEvaluator
from .rule import Evaluator, State
from .usage import Inputs, Usage

NO_BOUND = 1e30

_WORK = (
    "READ_ROWS",
    "EVENTS",
    "EVENT_ROWS",
    "EVENT_COLUMNS",
    "PULSES",
    "BACK_READS",
    "BACK_ROWS",
    "BACK_COLUMNS",
    "CARRIES",
    "CARRY_PULSES",
    "CARRY_RESETS",
)


def reading_of(n: int) -> Reading:
    """Units of a network of `n` layers that has none."""
    one, zeros = np.float32(1.0), np.zeros(n, np.float32)
    return Reading(one, one, one, np.ones(n, np.float32), 1.0, zeros, np.float32(0.0))


def initial_weights(layout: Layout, k: int, shape: tuple[int, int]) -> np.ndarray:
    """Seeded initial weights of layer `k`, uniform between -w and w with w = bs_initial_weight /
    sqrt(inputs), float32.
    """
    w = np.empty(shape, np.float32)
    width = layout.bs.bs_initial_weight / math.sqrt(layout.network.arrays[k].inputs)
    noise.fill_weights(np.uint64(layout.run.seed), k, width, w)
    return w


class BitsState(State):
    """What all states of the rule have in common: settings, draws, what was done, inference.

    Weights have no unit. With ideal steps they are what is kept; with devices the conductances of all digits are, the
    highest digit's being ``g_plus`` and ``g_minus``, the next one's ``g_plus_1`` and ``g_minus_1``, and so on.
    """

    label = "bs"
    color = "tab:green"

    def set_up(self, layout: Layout) -> None:
        """Take the settings from the section ``[bs]``."""
        n, bs = len(layout.network.arrays), layout.bs
        self.digits = bs.bs_digits
        self.temperature = np.full(n, bs.bs_temperature, np.float32)
        self.temperature[-1] = bs.bs_output_temperature
        dead_zone = np.full(n, bs.bs_inner_dead_zone, np.float32)
        dead_zone[-2:] = bs.bs_dead_zone
        self.work = np.zeros((n, counts.WORK), np.int64)
        slope_temperature = (self.temperature * np.float32(bs.bs_slope_temperature)).astype(np.float32)
        self.learning = Learning(
            np.uint64(layout.run.seed),
            self.temperature,
            slope_temperature,
            dead_zone,
            list(BS_SLOPES).index(bs.bs_slope),
            np.float32(bs.bs_window),
            list(BS_INPUTS).index(bs.bs_input),
            list(BS_OUTPUTS).index(bs.bs_output),
            bs.bs_reads,
            bs.bs_draws,
            np.array(bs.periods, np.int64),
            bits.build_tables(),
            self.work,
        )
        self.carried = False  # whether there was a carry in the last block

    @property
    def rule(self) -> Any:
        """What the kernels need to know of the rule."""
        return self.learning

    def weight_matrix(self, k: int) -> np.ndarray:
        """Whole weights of layer `k`, (rows, cols) float32, without unit."""
        return self.layer_weights(k)

    @property
    def passes(self) -> int:
        """Output samples of an image, each with its pulses."""
        return int(self.learning.reads * self.learning.draws)

    def after_block(self, iteration: int, n: int, curves: Curves) -> None:
        """Note whether there was a carry."""
        super().after_block(iteration, n, curves)
        self.carried = any(p and (iteration + n) // p > iteration // p for p in self.layout.bs.periods)

    def work_done(self) -> dict[str, list[float]]:
        """What was done since the state was made, per layer: see kernels/rules/bs; and the mean conductance of a device
        now, S.
        """
        done = {name.lower(): self.work[:, q].astype(float).tolist() for q, name in enumerate(_WORK)}
        if self.digits:
            done["conductance"] = [float(np.mean(self.frame(k), dtype=np.float64)) for k in range(self.n_layers)]
        return done

    def summary(self) -> dict[str, Any]:
        """What was done; of a run that goes on from a file it is not known."""
        return {**super().summary(), "work": None if self.resumed else self.work_done()}

    def usage(self, iteration: int, inputs: Inputs) -> Usage:
        """Driven rows and columns are counted, and every line is driven at the full read voltage."""
        if not self.has_devices:
            return super().usage(iteration, inputs)
        work, n, digits = self.work_done(), self.n_layers, self.digits
        pairs = [
            np.array([plus.astype(np.float64) + minus for plus, minus in self.conductances(k)]) for k in range(n)
        ]  # G+ + G-, (digits, rows, cols) float64, S
        square = self.layout.array.v_read**2
        rows = [float(p.sum(axis=(0, 2)).mean()) for p in pairs]  # S, of a row
        mean = inputs.mean
        if self.layout.network.mapped:  # of what each row of a kernel sees at all positions
            mean = Maps(self.layout.network).read(0, inputs.probes).mean(axis=(0, 1), dtype=np.float64)
        driven = np.append(mean, np.ones(len(pairs[0][0]) - len(mean)))  # how often: the bias row always
        rows[0] = float(driven @ pairs[0].sum(axis=(0, 2)) / driven.sum())
        columns = [float(p.sum(axis=(0, 1)).mean()) for p in pairs]
        reads = np.array([*work["read_rows"], *work["back_columns"]])
        scans = [iteration // period if period else 0 for period in self.layout.bs.periods]
        scanned = [sum(float(p[q].sum()) for p in pairs) for q in range(digits)]
        device = [float(p.mean()) / 2.0 for p in pairs]  # verified after a carry pulse
        return Usage(
            reads,
            square * np.array(rows + columns),
            np.array([*map(float, scans), *work["carry_pulses"]]),
            square * np.array(scanned + device),
        )

    @classmethod
    def reads_noise(cls, layout: Layout) -> bool:
        """By expectation noise averages out, in passes it does not."""
        return bool(layout.bs.bs_samples)

    resumed = False

    def begin_replay(self, k: int, after: int) -> None:
        """Layer `k` is in its state after so many updates."""
        super().begin_replay(k, after)
        self.resumed = True

    def evaluator(self, samples: Samples) -> Evaluator:
        """What computes the test accuracy."""
        return BitsEvaluator(self, samples)
