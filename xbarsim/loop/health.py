"""What is looked at while a run goes on: numbers that are none, and networks that are dead."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Iterator

import numpy as np

from ..base.errors import DeadNetworkWarning, SimulationError
from ..describe import plugin
from ..describe.defaults import settle
from ..describe.layout import Layout
from ..kernels.base.buffers import Curves, Events, Samples
from ..learn.rule import Evaluator, State
from .saturation import passing

_EVERY = 256  # iterations between two looks at all weights, where blocks are short
_FEW_STATES = 16
_NONE_PASSES = 1e-3  # fraction of neurons within their range, below which a layer passes no error
_TOO_EARLY = 100  # iterations in which any network may have a favourite class
_YOUNG = 400  # iterations up to which some that had one still come to life: it is told then, or at the end of the run


class Health:
    """Watches one run.

    Weights are summed up every block (or every 256 iterations): a sum is finite if all are. That takes 25 us of the
    11 ms that a block of 784-200-10 takes (docs/promises.md).
    """

    def __init__(self, layout: Layout, state: State) -> None:
        self._layout, self._state = layout, state
        self._looked = -_EVERY
        self._one_class = self._told = False
        self._shut = False  # at the last look a layer passed no error
        self._shut_at = -_EVERY
        self._raised: list[str] = []
        self.said: list[str] = []
        """What was warned of, in order."""
        self._silent = np.ones(state.n_layers, bool)  # layers without a pulse since the last evaluation

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Meanwhile note what a plug-in raises."""
        with plugin.errors_noted(self._layout.device) as self._raised:
            yield

    def block(self, done: int, n: int, curves: Curves, events: Events, *, now: bool) -> None:
        """Look at a block of `n` iterations that ended after `done` updates; at the weights too if `now`.

        Raises
        ------
        SimulationError
            If a loss or a weight is not finite.
        """
        self._silent &= events.count == 0
        if self._raised:
            raise SimulationError(
                f"iteration {done - n + 1:,} to {done:,}: expected {self._layout.device.step} to return a number, it "
                f"raised {self._raised[0]}; mend it for every state and every noise. A run file holds what was before"
            )
        finite = np.isfinite(curves.loss[:n])
        if not finite.all():
            self._give_up(done - n + 1 + int(np.argmin(finite)))
        if now or n >= _EVERY or done - self._looked >= _EVERY:
            self._looked = done
            self.weights(done)

    def weights(self, done: int) -> None:
        """Look at all weights after `done` updates."""
        with np.errstate(all="ignore"):
            if not math.isfinite(float(self._state.weights.sum(dtype=np.float32))) and self._broken() is not None:
                self._give_up(done)

    def devices(self) -> None:
        """Look at what all devices conduct at the start; a spread may have drawn what none can be.

        Raises
        ------
        SimulationError
            If a conductance is negative or not finite.
        """
        for k in range(self._state.n_layers):
            for sides in self._state.conductances(k):
                for side, g in zip("+-", sides, strict=True):
                    least = float(g.min(initial=np.inf))
                    if not np.isfinite(g).all() or least < -1e-6 * self._layout.device.g_max:
                        raise SimulationError(
                            f"layer {k + 1}: expected conductances of 0 S and more when it starts, got some G{side} of "
                            f"{'nan or infinity' if not np.isfinite(g).all() else f'{least:.3g} S'}; "
                            "narrow the spreads in [variation]"
                        )

    def _broken(self) -> int | None:
        """The first layer with a weight that is not finite."""
        s = self._state
        return next((k for k in range(s.n_layers) if not np.isfinite(s.layer_weights(k)).all()), None)

    def _give_up(self, iteration: int) -> None:
        device, k = self._layout.device, self._broken()
        law = f"law '{device.model}'" + (f" ({device.step})" if device.step else "")
        if k is None:
            what, where = "currents", "the output layer"
            do = "look at the circuit: wires, sense circuits, read voltage"
        elif self._state.has_devices:
            what, where = "conductances", f"layer {k + 1}"
            do = "mend the device's steps, which must be finite for every state and every noise"
        else:
            what, where, do = "weights", f"layer {k + 1}", "lower the learning rate"
        raise SimulationError(
            f"iteration {iteration:,}: expected finite {what}, got some in {where} that are not, with {law}; {do}. "
            "A run file holds what was before"
        )

    def evaluated(self, done: int, evaluator: Evaluator, samples: Samples, *, last: bool = True) -> None:
        """Warn of a network that takes every test sample for the same class, or has a layer whose neurons are all at 0
        or 1, at two evaluations in a row; of a young one not before the `last` evaluation.
        """
        self._look_at_neurons(done, samples)
        winners = evaluator.winners
        one_class = done >= _TOO_EARLY and len(winners) > 1 and bool((winners == winners[0]).all())
        if one_class and self._one_class and not self._told and (last or done >= _YOUNG):
            self._told = True
            self._warn(
                f"iteration {done:,}: every test sample is taken for class {winners[0]}, as at the evaluation before: "
                f"{self._probably()}"
            )
        self._one_class = one_class
        self._silent[:] = True

    def _look_at_neurons(self, done: int, samples: Samples) -> None:
        if self._told or done < _TOO_EARLY or done - self._shut_at < _EVERY:
            return
        self._shut_at = done
        shut = [k + 1 for k, part in enumerate(passing(self._state, samples)) if part < _NONE_PASSES]
        if shut and self._shut:
            self._told = True
            k = shut[-1]
            self._warn(
                f"iteration {done:,}: all neurons of hidden layer {k} are at 0 or 1, as at the evaluation before, so "
                f"that no error gets to array{'s 1 to' if k > 1 else ''} {k}: {self._wider(k)}"
            )
        self._shut = bool(shut)

    def _warn(self, text: str) -> None:
        self.said.append(text)
        warnings.warn(text, DeadNetworkWarning, stacklevel=4)

    def _wider(self, k: int) -> str:
        """What to do about neurons of hidden layer `k` that are at 0 or 1."""
        if not self._state.has_devices:
            return "try a larger --software-c, or a lower --learning-rate"
        c = self._state.reading.c[: self._layout.network.hidden]
        unit = float(self._state.reading.span) * float(self._state.reading.v_read)
        own = [float(x) / unit for x in c]
        follows = settle(self._layout.replace(c=None, inner_c=None, c_current=None)).half_widths()
        own[k - 1] = max(3.0 * own[k - 1], follows[k - 1])
        return (
            f"try a larger c for it (--c {','.join(f'{x:.3g}' for x in own)}), a wider dead zone (--hidden-dead-zone), "
            "more states, or fewer layers"
        )

    def _probably(self) -> str:
        layout, silent = self._layout, [str(k + 1) for k in np.flatnonzero(self._silent)]
        if self._state.has_devices and not layout.rule.signs and layout.rule.currents:
            return "it has not learned enough yet, or is dead; train longer, or try another rate of the rule"
        if silent and self._state.has_devices and self._state.replays:
            return (
                f"layer {', '.join(silent)} gets no pulses any more: errors are within the dead zone, or the "
                "neurons are all at 0 or 1; try a narrower dead zone, another c (--c), another start (--initial-steps)"
            )
        n = layout.device.n_max
        if self._state.has_devices and n is not None and n < _FEW_STATES:
            return f"{n} states are probably too few to learn from; try a device with more (--n-max)"
        return (
            "it is not alive yet, or dead; try another c of the neurons (--c), another start "
            "(--initial-steps), or a wider dead zone (--hidden-dead-zone)"
        )
