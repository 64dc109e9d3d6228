"""Going through a run from end to end, in the background: histograms over time, and states that are kept on the way.

It holds the run's lock for a moment at a time only, so that whoever scrubs meanwhile waits for no more than that.
"""

from __future__ import annotations

import threading
import time
from typing import NamedTuple

import numpy as np

from ..base.errors import XbarsimError
from ..record.quantities import quantities_of, value_of
from ..record.trace import Trace
from ..show.picked import bins_of
from .looking import Looked

MOMENTS = 60
"""Moments of a run whose histograms are made."""

_HOLD = 0.03
"""Seconds for which the lock is held at a time, about."""

_BINS = 64

_AGAIN = 10.0
"""Seconds after which a run that still goes on is gone through again."""


class Histograms(NamedTuple):
    """Histograms of a layer over time.

    Attributes
    ----------
    version : int
        Of the file they were made of.
    moments : (moments,) int64
        Updates done.
    edges : dict of quantity -> (bins + 1,) float64
    labels : dict of quantity -> str
        What a count is of.
    counts : dict of quantity -> (moments, bins) int64
        -1 where it was not made yet.
    """

    version: int
    moments: np.ndarray
    edges: dict[str, np.ndarray]
    labels: dict[str, str]
    counts: dict[str, np.ndarray]

    @property
    def complete(self) -> bool:
        """Whether all were made."""
        return all((counts >= 0).all() for counts in self.counts.values())


class Sweep:
    """Goes through the layers of a run that are asked for, one after another.

    Parameters
    ----------
    looked : Looked
    """

    def __init__(self, looked: Looked) -> None:
        self._looked = looked
        self._found: dict[int, Histograms] = {}
        self._wanted: list[int] = []
        self._change = threading.Condition()
        self._ended = False
        self._began = 0.0
        self._thread = threading.Thread(target=self._go, daemon=True, name="xbarsim-sweep")
        self._thread.start()

    def histograms(self, layer: int) -> Histograms | None:
        """What there is of a layer so far; what is missing is made from now on."""
        found = self._found.get(layer)
        if found is not None and self._looked.running and time.monotonic() - self._began < _AGAIN:
            return found
        if found is None or found.version != self._looked.version or not found.complete:
            with self._change:
                if layer in self._wanted:
                    self._wanted.remove(layer)
                self._wanted.insert(0, layer)
                self._change.notify()
        return found

    def end(self) -> None:
        """End the thread."""
        with self._change:
            self._ended = True
            self._change.notify()
        self._thread.join(2.0)

    def _go(self) -> None:
        while True:
            with self._change:
                while not self._wanted and not self._ended:
                    self._change.wait()
                if self._ended:
                    return
                layer = self._wanted[0]
            try:
                self._sweep(layer)
            except XbarsimError:  # whoever looks is told; here is nobody to tell
                time.sleep(0.2)
            with self._change:
                if layer in self._wanted:
                    self._wanted.remove(layer)

    def _sweep(self, layer: int) -> None:
        looked = self._looked
        with looked.lock:
            begun = self._begin(looked.trace, layer)
        self._found[layer] = begun
        self._began = time.monotonic()
        pace = 200.0  # iterations in `_HOLD`
        at = 0
        for m, moment in enumerate(begun.moments.tolist()):
            while True:
                step = moment if looked.version != begun.version else min(moment, at + max(1, int(pace)))
                with looked.lock:
                    if self._ended or looked.version != begun.version or self._wanted[:1] not in ([layer], []):
                        return
                    begin = time.perf_counter()
                    trace = looked.trace
                    if trace.replays and step < moment:
                        trace.go_to(layer, step)
                    else:
                        step = moment
                        for name, edges in begun.edges.items():
                            values = value_of(trace, layer, moment, name)
                            begun.counts[name][m] = np.histogram(values, bins=edges)[0]
                    took = time.perf_counter() - begin
                if step > at:
                    pace = float(np.clip(pace * _HOLD / max(took, 1e-4), pace / 4, 2 * pace))
                at = step
                time.sleep(0.002)  # else nobody else gets the lock
                if at == moment:
                    break

    def _begin(self, trace: Trace, layer: int) -> Histograms:
        """Empty histograms: their moments and bins."""
        last, frames = trace.iterations_done, trace.keyframes(layer)
        moments = np.unique(np.linspace(0, last, min(MOMENTS, last) + 1).astype(np.int64))
        if not trace.replays:
            moments = frames
        edges, labels = {}, {}
        ends = [int(frames[0]), int(frames[-1])]
        for name in quantities_of(trace):
            values = [value_of(trace, layer, n, name) for n in ends]
            if name == "w":
                limit = 1.2 * max(float(np.abs(w).max()) for w in values) or 1.0
                if trace.is_pairs:
                    limit = trace.layout.device.span if not trace.layout.variation.off_states else limit
                edges[name], labels[name] = np.linspace(-limit, limit, _BINS + 1), "weights per bin"
            else:
                bins = bins_of(trace, values, most=_BINS)
                edges[name], labels[name] = bins.edges, bins.label
        counts = {name: np.full((len(moments), len(e) - 1), -1, np.int64) for name, e in edges.items()}
        return Histograms(self._looked.version, moments, edges, labels, counts)
