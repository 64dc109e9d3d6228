"""Reading a run file: the conductance of any device at any iteration, curves and provenance."""

from __future__ import annotations

import contextlib
import functools
import io
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import h5py
import numpy as np

from ..arrays.drawn import Window
from ..base import checks
from ..base.errors import LayoutError, TraceError
from ..describe.layout import Layout
from ..describe.rules.table import RULES
from ..learn.rule import State
from ..learn.table import state_of
from . import format as fmt
from .crossings import crossings_of
from .journal import CommittedFile, journal_path

_SLAB = 65_536  # events read at a time
_ATTEMPTS = 60  # to open a file between two commits
_SNAPSHOT_BYTES = 1 << 30  # largest file that is copied into memory while it is being written


_COUNT_AXES = ("title", "row", "column")


def _count_order(name: str) -> tuple[bool, int, str]:
    """Counts as they are told: those of the format first, in its order."""
    known = name in fmt.COUNTS
    return not known, fmt.COUNTS.index(name) if known else 0, name


class History(NamedTuple):
    """All states of one pair: index `n` holds the conductances after `n` updates."""

    iteration: np.ndarray  # (iterations + 1,) int64
    g_plus: np.ndarray  # (iterations + 1,) float32, S
    g_minus: np.ndarray  # (iterations + 1,) float32, S


class Trace:
    """A run file, read only. It may still be being written: what is seen is the last commit before opening.

    A running file is copied into memory for that, up to 1 GiB; a larger one has to be opened anew when the run goes on.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    TraceError
        If the file is missing, foreign, damaged, or of another format version.

    Examples
    --------
    >>> import tempfile, pathlib, xbarsim
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "run.h5"
    >>> layout = xbarsim.Layout.of(layers=(784, 20, 10), iterations=150, dataset="digits", n_max=9, eval_last=1)
    >>> _ = xbarsim.run(layout, out=path)
    >>> with xbarsim.Trace(path) as trace:
    ...     g_plus, g_minus = trace.conductance(layer=1, iteration=123)
    ...     history = trace.synapse(layer=1, row=300, col=17)
    >>> g_plus.shape, g_plus.dtype
    ((785, 20), dtype('float32'))
    >>> bool(history.g_plus[123] == g_plus[300, 17])
    True
    >>> folder.cleanup()
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._source: CommittedFile | None = None
        self._h5 = self._open()
        with self._reading():
            self._entry = self._h5["entry"]
            configuration = self._entry["configuration"]
            self.provenance = {key: _plain(configuration[key][()]) for key in configuration}
            self.iterations_done = int(self._entry["iterations_done"][()])
            self.status = _plain(self._entry["status"][()])
            self.seconds = float(self._entry["seconds"][()])
            text = self.provenance["layout"]
        try:
            # Files of version 1 were made when these were fixed.
            old = {"dead_zone_exponent": 0.5, "inner_c": 1.0} if self._h5.attrs["format_version"] == 1 else {}
            self.layout = Layout.from_toml_text(text, where=f"{self.path} configuration", **old)
        except LayoutError as error:
            raise TraceError(f"{error}; the file was made by xbarsim {self._h5.attrs.get('creator_version')}") from None
        self._replayed: State | None = None

    def _open(self) -> Any:
        if not self.path.is_file():
            raise TraceError(f"{self.path}: expected a run file, found nothing; check the path")
        for attempt in range(_ATTEMPTS):
            try:
                h5 = self._open_once()
                break
            except (OSError, RuntimeError, KeyError) as error:
                if attempt == _ATTEMPTS - 1:
                    reason = str(error).split("(")[-1].rstrip(")")
                    raise TraceError(
                        f"{self.path}: expected a run file (HDF5), cannot open it ({reason}); "
                        "it is damaged or something else"
                    ) from None
                time.sleep(0.005)  # a commit was under way
        found, version = h5.attrs.get("format"), h5.attrs.get("format_version")
        if found != fmt.FORMAT:
            raise TraceError(f"{self.path}: expected a run file of xbarsim, got another HDF5 file; check the path")
        if version not in fmt.READABLE:
            raise TraceError(
                f"{self.path}: expected a format version up to {fmt.FORMAT_VERSION}, got {version}; "
                f"read it with the xbarsim that wrote it ({h5.attrs.get('creator_version')})"
            )
        return h5

    def _open_once(self) -> Any:
        before = self._stamp()
        # A journal means a commit in progress or one that a crash cut short: read through it.
        source = CommittedFile(self.path, "r") if before[-1] else None
        h5 = h5py.File(source or self.path, "r", **({} if source else {"locking": False}))
        running = h5.attrs.get("format") == fmt.FORMAT and h5["entry/status"][()] == b"running"
        if running and before[0] <= _SNAPSHOT_BYTES:
            # HDF5 reads its bookkeeping when it needs it, so a later commit would pull the file from under it: take a
            # copy.
            h5.close()
            with source or self.path.open("rb") as stream:
                size = stream.seek(0, io.SEEK_END)
                stream.seek(0)
                copy = io.BytesIO(stream.read(size))
            if source is not None:
                source.abandon()
                source = None
            if self._stamp() != before:
                raise OSError("it is being written (a commit came between)")
            h5 = h5py.File(copy, "r")
        self._source = source
        return h5

    def _stamp(self) -> tuple[int, int, bool]:
        """What changes with every commit."""
        now = self.path.stat()
        return now.st_size, now.st_mtime_ns, journal_path(self.path).exists()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """Turn what h5py raises on a damaged file into one clear error."""
        try:
            yield
        except (OSError, KeyError, RuntimeError, UnicodeDecodeError) as error:
            if getattr(self, "status", "") == "running":
                raise TraceError(f"{self.path}: the run that writes it has gone on ({error}); open it anew") from None
            raise TraceError(f"{self.path}: the file is damaged ({error}); use a copy, or run it anew") from None

    def close(self) -> None:
        """Close the file; further reads fail."""
        self._h5.close()
        if self._source is not None:
            self._source.abandon()

    def __enter__(self) -> Trace:
        """Use as a context manager: ``with Trace(path) as trace``."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    @property
    def finished(self) -> bool:
        """Whether the run came to its end."""
        return bool(self.status == "finished")

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """(rows, cols) of every layer."""
        with self._reading():
            groups = [self._entry[f"events/layer_{k}"].attrs for k in range(1, len(self.layout.network.layers))]
            return [(int(g["rows"]), int(g["columns"])) for g in groups]

    @property
    def accuracy(self) -> tuple[np.ndarray, np.ndarray]:
        """(iteration, test accuracy) at the evaluated iterations."""
        with self._reading():
            group = self._entry["accuracy"]
            return group["iteration"][:], group["accuracy"][:]

    @property
    def most_writes(self) -> np.ndarray | None:
        """Pulses and resets of the device that had most, at the evaluated iterations; None of files that did not keep
        it.
        """
        with self._reading():
            group = self._entry["accuracy"]
            return group["most_writes"][:] if "most_writes" in group else None

    @property
    def curves(self) -> dict[str, np.ndarray]:
        """Per iteration: ``iteration``, ``loss``, ``wrong``, ``pulses``, ``resets``, each (iterations,)."""
        with self._reading():
            return {name: self._entry["training"][name][:] for name in ("iteration", *fmt.CURVES)}

    def series(self, name: str) -> dict[str, np.ndarray]:
        """What a run kept besides its curves, by the name of the group: ``iteration`` and every column.

        Columns are (rows,) or (rows, layers); see `series` of the rule's state in xbarsim/learn. A `TraceError` if
        there is none of this name.
        """
        if name not in self._entry or "iteration" not in self._entry[name]:
            raise TraceError(f"{self.path}: expected a run that kept '{name}', got one without; see its configuration")
        with self._reading():
            group = self._entry[name]
            return {key: group[key][:] for key in group if key not in ("title", "layer")}

    @property
    def energy(self) -> dict[str, np.ndarray]:
        """Per iteration: energies in J, latency in s and half-selects.

        There if the run followed its pulse lines (``account``), else a `TraceError`.
        """
        if "energy" not in self._entry:
            raise TraceError(
                f"{self.path}: expected a run that kept its energies, got one without; run it anew with --account"
            )
        found = self.series("energy")
        del found["iteration"]
        return found

    @property
    def update_noise(self) -> dict[str, np.ndarray]:
        """Of the windows of a run of rule ``crus``: ``iteration``, ``un`` and ``un_nominal``, (windows,) and (windows,
        layers) each.

        See kernels/rules/crus/update_noise.py. There if the run followed it (``un_window``), else a `TraceError`.
        """
        if "update_noise" not in self._entry:
            raise TraceError(
                f"{self.path}: expected a run that followed its update noise, got one without; "
                "run it anew with a rule that does, and --un-window"
            )
        return self.series("update_noise")

    def keyframes(self, layer: int) -> np.ndarray:
        """Iterations at which all conductances of `layer` are stored."""
        k = self._layer(layer)
        with self._reading():
            frames: np.ndarray = self._entry[f"layer_{k}/iteration"][:]
        return frames

    def counts(self, layer: int) -> dict[str, np.ndarray]:
        """Cumulative pulses and resets of every device, each (rows, cols); there once the run is finished."""
        k = self._layer(layer)
        if f"counts_{k}" not in self._entry and self.finished:
            raise TraceError(
                f"{self.path}: expected counts of every device, got a run of rule "
                f"'{self.layout.pulses.rule}', which keeps none; use its curves"
            )
        if f"counts_{k}" not in self._entry:
            raise TraceError(
                f"{self.path}: expected a finished run, got one at iteration {self.iterations_done}; --resume it first"
            )
        with self._reading():
            group = self._entry[f"counts_{k}"]
            return {name: group[name][:] for name in sorted(group, key=_count_order) if name not in _COUNT_AXES}

    def window(self, layer: int) -> Window:
        """What each device of `layer` conducts, G = x g + y at the nominal conductance g: each (rows, cols) float32."""
        scales = self.scales(layer)
        k = self._layer(layer)
        with self._reading():
            group = self._entry[f"layer_{k}"]
            if "offset_plus" in group:
                return Window(*scales, group["offset_plus"][:], group["offset_minus"][:])
        return Window(*scales, np.zeros(self.shapes[k - 1], np.float32), np.zeros(self.shapes[k - 1], np.float32))

    def scales(self, layer: int) -> tuple[np.ndarray, np.ndarray]:
        """Device-to-device scales (X+, X-) of `layer`, each (rows, cols) float32:
        G = X times the nominal conductance.
        """
        k = self._layer(layer)
        with self._reading():
            group = self._entry[f"layer_{k}"]
            if "scale_plus" in group:
                return group["scale_plus"][:], group["scale_minus"][:]
        return np.ones(self.shapes[k - 1], np.float32), np.ones(self.shapes[k - 1], np.float32)

    def conductance(self, layer: int, iteration: int) -> tuple[np.ndarray, np.ndarray]:
        """(G+, G-), each (rows, cols) float32 in S, after `iteration` updates; 0 is the initial state.

        The nearest earlier keyframe is taken, and the recorded pulses are applied to it by the kernels that trained the
        network, so that every bit is what the engine held then. Device-to-device variation is included. Where a weight
        has several digits (rule ``bs``), these are the devices of the highest; `frame` has all.
        """
        k = self._layer(layer)
        n = self._iteration(iteration)
        self.check_devices()
        return self._at(k, n).conductances(k - 1)[0]

    def _at(self, k: int, n: int) -> State:
        """A state whose layer `k` is what it was after `n` updates."""
        state = self.state
        self.replay_into(state, k, self._seek(state, k, n), n)
        return state

    def frame(self, layer: int, iteration: int) -> tuple[np.ndarray, ...]:
        """What keyframes hold of a layer, after any number of updates: nominal conductances, S, of all digits; or
        weights.

        What does not follow from recorded pulses is NaN between keyframes.
        """
        k, n = self._layer(layer), self._iteration(iteration)
        self._check_kept(k, n)
        values = self._at(k, n).frame(k - 1)
        if all(kept.replayed for kept in self.state.kept):
            return values
        is_kept = n in self.keyframes(k)
        stored = self.stored_frame(k, n) if is_kept else tuple(np.full_like(x, np.nan) for x in values)
        return tuple(x if kept.replayed else y for kept, x, y in zip(self.state.kept, values, stored, strict=True))

    def stored_frame(self, layer: int, iteration: int) -> tuple[np.ndarray, ...]:
        """What the keyframe at `iteration` holds of a layer, as it stands in the file."""
        k, at = self._layer(layer), int(np.searchsorted(self.keyframes(layer), iteration))
        with self._reading():
            group = self._entry[f"layer_{k}"]
            return tuple(group[kept.name][at] for kept in self.state.kept)

    def weights(self, layer: int, iteration: int) -> np.ndarray:
        """W, (rows, cols) float32: G+ - G- in S; of rule ``bs`` the whole weight, without unit; or the float weights of
        a software run, which are kept at keyframes only.
        """
        k, n = self._layer(layer), self._iteration(iteration)
        self._check_kept(k, n)
        return np.array(self._at(k, n).weight_matrix(k - 1), order="C")

    def _check_kept(self, k: int, n: int) -> None:
        frames = self.keyframes(k)
        if not self.state.replays and n not in frames:
            raise TraceError(
                f"{self.path} iteration: expected a keyframe of this {self.layout.pulses.rule} run "
                f"({', '.join(map(str, frames))}), got {n}; only runs with devices keep every iteration"
            )

    @property
    def state(self) -> State:
        """What replays: a state of the run's rule, with its devices as the file has them; its conductances are of no
        moment in particular.
        """
        if self._replayed is None:
            self._replayed = state_of(self.layout)
            self._replayed.draw_devices()
            for k in range(self._replayed.n_layers):
                with self._reading():
                    self._replayed.set_fixed(k, functools.partial(_values_of, self._entry[f"layer_{k + 1}"]))
        return self._replayed

    def __getattr__(self, name: str) -> bool:
        """``is_RULE``: whether the run learnt by that rule."""
        for rule in RULES.values():
            if name in [f"is_{each}" for each in (rule.name, *rule.formerly)]:
                return self.layout.rule is rule
        raise AttributeError(f"'Trace' object has no attribute '{name}'")

    @property
    def is_pairs(self) -> bool:
        """Whether the network is made of pairs of devices, W = G+ - G-, one for each weight."""
        return self.state.has_devices and len(self.state.conductances(0)) == 1

    def check_pairs(self) -> None:
        """Raise a `TraceError` unless the network is made of pairs of devices, W = G+ - G-."""
        self.check_devices()
        if not self.is_pairs:
            raise TraceError(
                f"{self.path}: expected a run whose weights are pairs of devices, got {self.state.known_as}; "
                "ask for its weights"
            )

    def check_devices(self) -> None:
        """Raise a `TraceError` for a run that has weights and no conductances."""
        if not self.state.has_devices:
            raise TraceError(
                f"{self.path}: expected a run with devices, got {self.state.known_as}, which has weights only; "
                "ask for its weights"
            )

    def _seek(self, state: State, k: int, n: int) -> int:
        """Put layer `k` into its last keyframe up to iteration `n`; returns the keyframe's iteration.

        Devices that wear out are taken from the start, since their pulses have to be counted.
        """
        frames = self.keyframes(k)
        at = 0 if self.layout.variation.endurance else int(np.searchsorted(frames, n, "right")) - 1
        state.clear_counts(k - 1)
        with self._reading():
            group = self._entry[f"layer_{k}"]
            values = tuple(group[kept.name][at] for kept in state.kept)
        state.set_frame(k - 1, values)
        return int(frames[at])

    def replay_into(self, state: State, layer: int, after: int, until: int) -> None:
        """Apply the pulses of iterations ``after + 1 .. until`` to layer `layer` of `state`."""
        if after == until:
            return
        state.begin_replay(layer - 1, after)
        with self._reading():
            group = self._entry[f"events/layer_{layer}"]
            iteration = group["iteration"][:]
            a, high = (int(np.searchsorted(iteration, i, "right")) for i in (after, until))
            while a < high:
                # All events of an iteration have to come together.
                b = int(np.searchsorted(iteration, iteration[min(a + _SLAB, high) - 1], "right"))
                state.replay(layer - 1, iteration[a:b], group["rows"][a:b], group["raised"][a:b], group["lowered"][a:b])
                a = b
        state.end_replay(layer - 1, until)

    def synapse(self, layer: int, row: int, col: int, digit: int = 0) -> History:
        """The whole history of one pair, from its own pulses alone; with half-select disturb from those of its array.

        Where a weight has several digits, `digit` says which; 0 is the highest.
        """
        self.check_devices()
        k = self._layer(layer)
        rows, cols = self.shapes[k - 1]
        where = f"layer {layer} ({rows} rows, {cols} columns)"
        i = self._within(f"{where} row", row, rows - 1)
        j = self._within(f"{where} column", col, cols - 1)
        state = self.state
        q = self._within(f"{where} digit", digit, len(state.conductances(k - 1)) - 1)
        self._seek(state, k, 0)
        if self.layout.gates.disturb:
            return self._disturbed_synapse(k, i, j, q)
        with self._reading():
            group = self._entry[f"events/layer_{k}"]
            crossings = crossings_of(group, i, j, _SLAB)
        when, number, sign = crossings.of_batch(state.plan.batch)
        out = state.walk(k - 1, i, j, when, number, sign, self.iterations_done)
        n = np.arange(self.iterations_done + 1)
        return History(n, np.ascontiguousarray(out[:, 2 * q]), np.ascontiguousarray(out[:, 2 * q + 1]))

    def _disturbed_synapse(self, k: int, i: int, j: int, q: int) -> History:
        """A pair's history where pulses elsewhere move it too: the whole array is replayed, iteration by iteration."""
        state = self.state
        n = np.arange(self.iterations_done + 1)
        g_plus, g_minus = np.empty(len(n), np.float32), np.empty(len(n), np.float32)
        with self._reading():
            group = self._entry[f"events/layer_{k}"]
            iteration, *bits = (group[name][:] for name in ("iteration", "rows", "raised", "lowered"))
        first = np.searchsorted(iteration, n, "left")
        last = np.searchsorted(iteration, n, "right")
        state.begin_replay(k - 1, 0)
        for at in n.tolist():
            part = slice(first[at], last[at])
            state.replay(k - 1, iteration[part], *(b[part] for b in bits))
            state.end_replay(k - 1, at)  # without events, too, a rule may have something to do
            g_plus[at], g_minus[at] = (side[i, j] for side in state.conductances(k - 1)[q])
        return History(n, g_plus, g_minus)

    def _layer(self, layer: int) -> int:
        return self._within("layer", layer, len(self.layout.network.layers) - 1, least=1)

    def _iteration(self, iteration: int) -> int:
        return self._within("iteration", iteration, self.iterations_done)

    def _within(self, what: str, value: int, most: int, least: int = 0) -> int:
        try:
            return checks.integer(f"{self.path} {what}", value, least=least, most=most)
        except LayoutError as error:
            raise TraceError(str(error)) from None


def _values_of(group: Any, name: str) -> np.ndarray | None:
    """What a group keeps under a name, if it does."""
    values: np.ndarray | None = group[name][:] if name in group else None
    return values


def _plain(value: Any) -> Any:
    """Bytes as text, NumPy scalars as Python ones."""
    if isinstance(value, bytes):
        return value.decode()
    return value.item() if hasattr(value, "item") else value
