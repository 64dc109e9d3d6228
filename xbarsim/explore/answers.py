"""What the page asks for, and what it gets: texts as JSON, arrays as bytes (`wire`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import TraceError, XbarsimError
from ..describe.words import in_words
from ..record.quantities import digits_of, quantities_of, siemens_of, value_of
from ..record.trace import Trace
from ..show.figures_style import unit_of
from .looking import Looked
from .sweeping import Sweep
from .wire import pack

POINTS = 600
"""Most points of a curve that has one for each iteration: each is the mean of its neighbours."""

_SMOOTH = 20  # iterations in a point of a short run: a single sample is right or wrong, which makes no curve


class Answers:
    """What can be asked about one or two runs.

    Parameters
    ----------
    paths : sequence of Path
        Run files; these are read, and no others.

    Raises
    ------
    TraceError
        If one is no run file.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._runs: list[Looked] = []
        self._sweeps: list[Sweep] = []
        self._told: dict[Path, tuple[int, dict[str, Any]]] = {}
        try:
            for path in paths:
                self._runs.append(Looked(path))
        except XbarsimError:
            self.close()
            raise
        self._sweeps = [Sweep(run) for run in self._runs]
        self._asked: dict[str, Callable[[Mapping[str, str]], bytes]] = {
            "runs": self.runs,
            "curves": self.curves,
            "map": self.map,
            "pair": self.pair,
            "histograms": self.histograms,
        }

    def of(self, name: str, asked: Mapping[str, str]) -> bytes | None:
        """The answer to a question, or None if there is no such question.

        Raises
        ------
        TraceError
            If a run has no such thing.
        """
        answer = self._asked.get(name)
        return None if answer is None else answer(asked)

    def close(self) -> None:
        """End all threads, close all files."""
        for sweep in self._sweeps:
            sweep.end()
        for run in self._runs:
            run.close()

    # Questions --------------------------------------------------------------------------------------------------------

    def runs(self, asked: Mapping[str, str]) -> bytes:
        """What the runs are, and how far; a file that has grown is opened anew."""
        found = []
        for run in self._runs:
            run.refresh()
            with run.lock:
                told = self._about(run)
            if run.abandoned:
                told = {**told, "status": "ended without notice (killed?)"}
            found.append({**told, "version": run.version, "name": run.path.name, "trouble": run.trouble})
        return pack({"runs": found}, {})

    def _about(self, run: Looked) -> dict[str, Any]:
        """What there is to know of a run, found out once for each time that its file was opened."""
        if run.trouble:
            return {}
        version, told = self._told.get(run.path, (-1, {}))
        if version != run.version:
            told = about(run.trace)
            self._told[run.path] = run.version, told
        return told

    def curves(self, asked: Mapping[str, str]) -> bytes:
        """Test accuracy, and means of training error, loss, pulses and resets over neighbouring iterations."""
        run = self._run(asked)
        with run.lock:
            iteration, accuracy = run.trace.accuracy
            curves = run.trace.curves
        n = len(curves["iteration"])
        each = max(1, -(-n // POINTS), min(_SMOOTH, n // 20))
        starts = np.arange(0, n, each)
        found = {"at": iteration, "accuracy": accuracy.astype(np.float64)}
        for name, values in curves.items():
            sums = np.add.reduceat(values.astype(np.float64), starts) if n else np.empty(0)
            found[name] = sums / np.diff(np.append(starts, n))
        found["wrong"] = found["wrong"] / max(run.trace.layout.run.batch, 1)
        return pack({"each": each}, found)

    def map(self, asked: Mapping[str, str]) -> bytes:
        """A quantity of a layer at an iteration, (rows, cols) float32; of runs with keyframes only the nearest one."""
        run = self._run(asked)
        layer, wished, name = _whole(asked, "layer"), _whole(asked, "iteration"), asked.get("what", "w")
        with run.lock:
            begin = time.perf_counter()
            trace = run.trace
            _check_layer(trace, layer)
            _check_quantity(trace, name)
            n = min(max(wished, 0), trace.iterations_done)
            if not trace.replays:
                frames = trace.keyframes(layer)
                n = int(frames[np.abs(frames - n).argmin()])
            values = value_of(trace, layer, n, name)
            took = time.perf_counter() - begin
        said = {"iteration": n, "layer": layer, "what": name, "ms": 1e3 * took, "version": run.version}
        return pack(said, {"values": np.asarray(values, np.float32)})

    def pair(self, asked: Mapping[str, str]) -> bytes:
        """The history of a pair: its states wherever they changed, the events that crossed it, and its counts."""
        run = self._run(asked)
        layer, row, column = (_whole(asked, key) for key in ("layer", "row", "column"))
        digit = _whole(asked, "digit", "0")
        with run.lock:
            trace = run.trace
            _check_layer(trace, layer)
            rows, cols = trace.shapes[layer - 1]
            if not (0 <= row < rows and 0 <= column < cols):
                raise TraceError(f"pair: expected a row below {rows} and a column below {cols}, got {row}, {column}")
            said: dict[str, Any] = {"layer": layer, "row": row, "column": column, "digit": digit}
            found = _history(trace, layer, row, column, digit)
            said["kept"] = "every iteration" if trace.replays and digits_of(trace) else "keyframes"
            said["counts"] = _counts(trace, layer, row, column, digit)
        return pack(said, found)

    def histograms(self, asked: Mapping[str, str]) -> bytes:
        """Histograms of a quantity over time, as far as they are made."""
        run = self._run(asked)
        layer, name = _whole(asked, "layer"), asked.get("what", "w")
        with run.lock:
            _check_layer(run.trace, layer)
            _check_quantity(run.trace, name)
            found = self._sweeps[self._runs.index(run)].histograms(layer)
        if found is None or name not in found.counts:
            return pack({"complete": False}, {})
        arrays = {"moments": found.moments, "edges": found.edges[name], "counts": found.counts[name].astype(np.int32)}
        return pack({"complete": found.complete, "label": found.labels[name]}, arrays)

    def _run(self, asked: Mapping[str, str]) -> Looked:
        at = _whole(asked, "run", "0")
        if not 0 <= at < len(self._runs):
            raise TraceError(f"run: expected a number below {len(self._runs)}, got {at}")
        return self._runs[at]


def about(trace: Trace) -> dict[str, Any]:
    """What there is to know about a run before anything is drawn."""
    device, p = trace.layout.device, trace.provenance
    factor, prefix = unit_of(device.g_max)
    iteration, accuracy = trace.accuracy
    every = trace.replays
    why = "" if every else "Between its keyframes nothing is kept."
    if trace.needs_code:
        why = f"What lies between keyframes follows from the code of {device.step}, which is not run by looking."
    quantities, limits = quantities_of(trace), {}
    for layer in range(1, len(trace.shapes) + 1):
        seen = []
        if "w" in quantities and not trace.is_pairs:
            seen = [np.abs(value_of(trace, layer, int(n), "w")) for n in trace.keyframes(layer)[[0, -1]]]
        limits[layer] = (
            float(device.span) if trace.is_pairs else max((float(w.max()) for w in seen), default=0.0) or 1.0
        )
    return {
        "id": trace.file_id or str(trace.path),
        "words": in_words(trace.layout, dataset=p["dataset"]),
        "status": trace.status,
        "iterations": trace.iterations_done,
        "planned": trace.layout.run.iterations,
        "accuracy": float(accuracy[-1]) if len(accuracy) else None,
        "evaluated": int(iteration[-1]) if len(iteration) else None,
        "shapes": trace.shapes,
        "bias": trace.layout.array.bias,
        "keyframes": trace.keyframes(1).tolist(),
        "every": every,
        "why": why,
        "quantities": quantities,
        "arrays": [trace.layout.rule.array_name(q) for q in range(digits_of(trace))],
        "pairs": trace.is_pairs,
        "in_siemens": siemens_of(trace),
        "siemens": {"factor": factor, "prefix": prefix},
        "conductance": [device.g_min, device.g_max],
        "weight": limits,
        "rule": trace.layout.pulses.rule,
        "version_of": p["xbarsim_version"],
    }


def _history(trace: Trace, layer: int, row: int, column: int, digit: int) -> dict[str, np.ndarray]:
    if trace.replays and digits_of(trace):
        h = trace.synapse(layer, row, column, digit)
        change = np.flatnonzero((np.diff(h.g_plus) != 0) | (np.diff(h.g_minus) != 0)) + 1
        at = np.unique(np.concatenate([[0], change, [len(h.iteration) - 1]]))
        crossed = trace.crossings(layer, row, column, 65_536)
        return {
            "iteration": at,
            "g_plus": h.g_plus[at],
            "g_minus": h.g_minus[at],
            "event": crossed.iteration,
            "change": crossed.sign,
        }
    frames = trace.keyframes(layer)
    found = {"iteration": frames.astype(np.int64)}
    for name in quantities_of(trace):
        if name in ("w", "g_plus", "g_minus"):
            found[name] = np.array([value_of(trace, layer, int(n), name)[row, column] for n in frames])
    return found


def _counts(trace: Trace, layer: int, row: int, column: int, digit: int) -> dict[str, int] | None:
    """Counts of the pair's two devices at the end of a run."""
    if not trace.has_counts:
        return None
    end = f"_{digit}" if digit else ""
    wanted = [f"{what}_{side}" for what in ("pulses", "resets", "half_selects") for side in ("plus", "minus")]
    found = trace.counts(layer)
    return {name: int(found[name + end][row, column]) for name in wanted if name + end in found}


def _whole(asked: Mapping[str, str], key: str, default: str = "") -> int:
    text = asked.get(key, default)
    if not text.removeprefix("-").isdecimal() or not text.isascii() or len(text) > 12:
        raise TraceError(f"{key}: expected a whole number, got '{text[:40]}'")
    return int(text)


def _check_layer(trace: Trace, layer: int) -> None:
    if not 1 <= layer <= len(trace.shapes):
        raise TraceError(f"layer: expected 1 to {len(trace.shapes)}, got {layer}")


def _check_quantity(trace: Trace, name: str) -> None:
    known = quantities_of(trace)
    if name not in known:
        raise TraceError(f"what: expected one of {', '.join(known)}, got '{name[:40]}'")
