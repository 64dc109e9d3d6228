"""Twins of devices that scatter: laws, single pulses, wear, and where replays stop; see `tests/naive.py`.

Names are those of the kernels. A state runs from 0 (Gmin) to 1 (Gmax). A device that is being pulsed is a `Part`; what
all have in common is a `Law`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..base.naive_quick import quick_normal, quick_uniform

NEAR = 1.25e-6  # states that float32 conductances cannot tell apart


# ---------------------------------------------------------------------------------------------------------------------
# Laws


def look_up(table, s):
    """Of a function given on equal intervals of [0, 1]."""
    return float(np.interp(s, np.linspace(0, 1, len(table)), table))


def fine(table, s):
    """The same, sooner: `np.interp` goes through all nodes."""
    x = min(max(s, 0.0), 1.0) * (len(table) - 1)
    k = min(int(x), len(table) - 2)
    return (k + 1 - x) * table[k] + (x - k) * table[k + 1]


@dataclass
class Law:
    """Steps are parts of the range. `up` and `down` are functions of the state: the common device's mean steps."""

    model: str
    alpha_p: float
    beta_p: float
    alpha_d: float
    beta_d: float
    up: Callable
    down: Callable
    snap_p: float
    snap_d: float
    step: Callable | None = None
    jump_up: list | None = None
    jump_down: list | None = None
    c2c: float = 0.0
    c2c_range: float = 0.0
    most: int = 65_535
    stops: list = field(default_factory=list)
    replays: list | None = None

    @classmethod
    def of(cls, layout, step=None):
        """From a layout's numbers; `step` is a plug-in's function."""
        d, v, span = layout.device, layout.variation, layout.device.span
        law = cls(
            d.model,
            d.alpha_p / span,
            d.beta,
            d.alpha_depression / span,
            d.beta_depression,
            None,
            None,
            0.0,
            0.0,
            step,
            c2c=v.c2c,
            c2c_range=v.c2c_range,
        )
        if d.model == "table":
            law.up, law.down = (averages([[x / span for x in row] for row in t]) for t in (d.jump_p, d.jump_d))
            if any(len(t[0]) > 1 for t in (d.jump_p, d.jump_d)):
                law.jump_up, law.jump_down = ([[x / span for x in row] for row in t] for t in (d.jump_p, d.jump_d))
        elif d.model == "plugin":
            law.up, law.down = (lambda s: step(s, 1, 0.0)), (lambda s: -step(s, 0, 0.0))
        else:
            law.up, law.down = (lambda s: of_model(law, s, 1.0)), (lambda s: of_model(law, 1.0 - s, 1.0, down=True))
        grid = np.linspace(0, 1, 4097)
        if d.model == "exponential":  # what all have in common is sampled finely, and linear in between
            samples = [[f(float(x)) for x in grid] for f in (law.up, law.down)]
            law.up, law.down = (lambda s, t=t: fine(t, s) for t in samples)
        law.snap_p, law.snap_d = (min(x for x in map(f, grid) if x > 0) / 20 for f in (law.up, law.down))
        law.most = min(20 * (len(d.staircase()) - 1), 65_535)
        law.stops = fill_stops(law, 4097)
        return law


def averages(table):
    """Mean of every row's distribution, whose quantiles are given: area under its quantile function."""
    rows = [[a + b for a, b in itertools.pairwise(row)] or [2 * row[0]] for row in table]
    heights = [sum(row) / len(row) / 2 for row in rows]
    return lambda s: look_up(heights, s)


def power(x):
    """e to the power of x, but never where Python would raise."""
    return math.exp(min(x, 600.0))


def of_model(law, way, factor_beta, down=False):
    """Step after `way` of the range has been gone."""
    alpha, beta = (law.alpha_d, law.beta_d) if down else (law.alpha_p, law.beta_p)
    if law.model == "exponential":
        return alpha * power(-beta * factor_beta * way)
    return alpha * (1 - way) + alpha * power(-beta * factor_beta) * way


def mean_rise(s, ka, kb, law):
    if law.model == "plugin":
        return ka * law.step(s, 1, 0.0)
    if law.model == "table" or kb == 1:
        return ka * law.up(s)
    return ka * of_model(law, s, kb)


def mean_fall(s, ka, kb, law):
    if law.model == "plugin":
        return -ka * law.step(s, 0, 0.0)
    if law.model == "table" or kb == 1:
        return ka * law.down(s)
    return ka * of_model(law, 1 - s, kb, down=True)


def jump(table, s, u):
    return look_up([look_up(row, u) for row in table], s)


def noisy(mean, law, z):
    """A step of this mean, with two independent deviations, drawn as one."""
    return mean + z * (math.hypot(law.c2c * mean, law.c2c_range) if law.c2c_range else law.c2c * mean)


@dataclass
class Part:
    """One device of a pair that is being pulsed."""

    s: float
    row: int = 0
    stream: tuple = (0, 0)  # c1 and key of its draws
    fixed: bool = False
    bottom: float = 0.0
    top: float = 1.0
    pull: float = 1.0  # what it conducts per state
    factors: tuple = (1.0, 1.0, 1.0, 1.0)  # on alpha up and down, beta up and down
    common: bool = True
    drawn: int = 0  # pulses that have been drawn in this update

    @property
    def full(self):
        return self.s >= self.top - NEAR

    def mean(self, law, s=None):
        return mean_rise(self.s if s is None else s, self.factors[0], self.factors[2], law)

    def draw(self, kind):
        place = self.row * 2**16 + self.drawn
        self.drawn += 1
        return kind(place, *self.stream)

    def reset(self):
        if not self.fixed:
            self.s = self.bottom


def step_up(part, law, up, mean):
    """Upwards or downwards, > 0 in the right direction."""
    factor_alpha = part.factors[0 if up else 1]
    if law.jump_up is not None:
        return factor_alpha * jump(law.jump_up if up else law.jump_down, part.s, part.draw(quick_uniform))
    if law.model == "plugin":
        return factor_alpha * law.step(part.s, int(up), part.draw(quick_normal)) * (1 if up else -1)
    if law.c2c == law.c2c_range == 0:
        part.drawn += 1
        return mean
    return noisy(mean, law, part.draw(quick_normal))


def rise(part, law):
    if part.fixed:
        return
    new = part.s + step_up(part, law, True, part.mean(law))
    part.s = part.top if new > part.top - law.snap_p else max(new, part.bottom)


def fall(part, law):
    if part.fixed:
        return
    new = part.s - step_up(part, law, False, mean_fall(part.s, part.factors[1], part.factors[3], law))
    part.s = part.bottom if new < part.bottom + law.snap_d else min(new, part.top)


# ---------------------------------------------------------------------------------------------------------------------
# Wear


def window_of(pulses, life, failure, closing):
    """(bottom, top, whether it is worn out)"""
    if pulses < life or failure != "closing":
        return 0.0, 1.0, pulses >= life
    width = (life / pulses) ** closing if pulses else 0.0
    return (1 - width) / 2, (1 + width) / 2, False


def worn(s, failure):
    return {"stuck": s, "min": 0.0, "max": 1.0}[failure]


def age(part, pulses, life, failure, closing):
    part.bottom, part.top, out = window_of(pulses, life, failure, closing)
    part.s = min(max(part.s, part.bottom), part.top)
    part.common = part.common and part.top == 1.0
    if out and not part.fixed:
        part.s, part.fixed = worn(part.s, failure), True


# ---------------------------------------------------------------------------------------------------------------------
# Replays


def stop_of(before, part, law):
    """State whose next stair and the one after are as far from `before`, refined twice.

    2 where steps change too much for that.
    """
    here = part.mean(law, before)
    stop = before - 1.5 * here
    for _ in range(2):
        first = part.mean(law, stop)
        stop = before - first - part.mean(law, stop + first) / 2
    return stop if 0.8 < first / here < 1.25 else 2.0


def fill_stops(law, nodes):
    return [stop_of(k / (nodes - 1), Part(0.0), law) for k in range(nodes)]
