"""What a run takes: measured while it goes on, and what follows of what is to come."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..data_sets.order import iterations_of
from ..describe.layout import Layout

_MEMORY = 0.97
"""What came a block earlier counts so much: paces change while a network learns."""


_AT_MOST = 3.0
"""What one after many takes at most, of one after one."""


def reads_anew(layout: Layout) -> bool:
    """Whether a test reads every array, however little was pulsed since the last one: no currents of the first array
    are kept where it is read through real circuits, or at many positions.
    """
    return layout.real_circuits or layout.network.mapped


class Pace(NamedTuple):
    """Times of one run, s."""

    iteration: float  # training and tracing
    evaluation: float  # of all test samples, after many iterations
    again: float  # after one iteration: only what it changed is read again
    start: float = 0.0  # before the first iteration

    def seconds(self, layout: Layout, samples: int, begin: int, end: int) -> float:
        """Time from after `begin` iterations to after `end`, s.

        Parameters
        ----------
        layout : Layout
        samples : int
            Training samples.
        """
        whole = iterations_of(layout, samples)
        every = layout.run.spacing(whole)
        first = max(1, whole - layout.run.eval_last + 1)  # of the last, after each of which there is an evaluation
        upto = min(end, first - 1)
        seldom = max(0, upto // every - begin // every) if every else 0
        often = max(0, end - max(begin, first - 1)) or int(end == whole > begin)
        # The first of the last follows many iterations.
        many = seldom + int(often > 0 and begin < first) + int(begin == 0 and every > 0)
        few = max(0, often - int(begin < first))
        start = self.start if begin == 0 else 0.0
        return start + (end - begin) * self.iteration + many * self.evaluation + few * self.again

    def tests(self, layout: Layout, samples: int, begin: int, end: int) -> float:
        """Time that evaluations take of that, s."""
        return self._replace(iteration=0.0, start=0.0).seconds(layout, samples, begin, end)

    def evaluating(self, layout: Layout, samples: int) -> float:
        """Share of a whole run that goes into evaluations."""
        n = iterations_of(layout, samples)
        whole = self.seconds(layout, samples, 0, n)
        return 1.0 - (self.start + n * self.iteration) / whole if whole > 0.0 else 0.0


_SOME, _MORE = 0.5, 15.0  # s of training
_LITTLE, _MOST = 0.3, 0.5  # shares of evaluations
_PART = 0.2  # of an iteration, that a test sample takes: 0.02 to 0.2 were measured


class Stopwatch:
    """Keeps the times of a run that goes on.

    Parameters
    ----------
    tests : int
        Test samples.
    again : float
        What an evaluation after one iteration takes, of one after many, as long as there was none.
    """

    def __init__(self, tests: int, again: float = 0.5) -> None:
        self._tests, self._again = tests, again
        self._first: tuple[float, float] | None = None  # s, iterations: it warms up, and counts only while it is alone
        self._training = [0.0, 0.0]  # the same of the others; earlier ones fade
        self._many: list[float] = []  # s, of evaluations
        self._few = [0.0, 0.0]  # s, evaluations
        self.measured = 0.0  # s of training
        self.start = 0.0  # s: getting ready, but for the loading of kernels, which a process does once

    def block(self, n: int, seconds: float) -> None:
        """Take note of a block of training."""
        self.measured += seconds
        if self._first is None:
            self._first = seconds, float(n)
        else:
            self._training = [_MEMORY * self._training[0] + seconds, _MEMORY * self._training[1] + n]

    def evaluation(self, after: int, seconds: float) -> None:
        """Take note of an evaluation so many iterations after the last one."""
        if after == 1:
            self._few[0] += seconds
            self._few[1] += 1.0
        else:
            self._many.append(seconds)

    @property
    def longest(self) -> float | None:
        """What the longest evaluation took, s, after many iterations; None before the first."""
        return max(self._many, default=None)

    def known(self, layout: Layout, samples: int) -> bool:
        """Whether there is enough to tell from: a second evaluation if much depends on it, and some training if not
        most of the time goes into evaluations.
        """
        pace = self.pace
        if pace is None:
            return False
        share = pace.evaluating(layout, samples)
        if self.measured < _SOME and (len(self._many) < 2 or share < _MOST):
            return False
        return len(self._many) != 1 or bool(self._few[1]) or self.measured > _MORE or share < _LITTLE

    @property
    def pace(self) -> Pace | None:
        """Times as they are now; None before the first block."""
        seconds, n = self._training if self._training[1] else self._first or (0.0, 0.0)
        if not n:
            return None
        # The first also loads kernels, or compiles them. A test sample only goes up, and takes a small part of what one
        # takes that is learnt.
        most = _PART * self._tests * seconds / n if len(self._many) == 1 else math.inf
        many = min([*self._many, most]) if self._many else 0.0
        few = self._few[0] / self._few[1] if self._few[1] else self._again * many
        if len(self._many) == 1 and self._few[1]:
            many = max(few, min(many, _AT_MOST * few))
        return Pace(seconds / n, many or few, few, self.start)
