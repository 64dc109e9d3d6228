"""What stands in a run file: provenance, curves, keyframes, counts, pulse events; each checked when it is read."""

from __future__ import annotations

import contextlib
import tomllib
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np

from ..arrays.drawn import Window
from ..arrays.geometry import geometry_of
from ..base import checks
from ..base.arguments import optional, text
from ..base.arguments import path as a_path
from ..base.errors import LayoutError, TraceError
from ..describe import plugin
from ..describe.layout import Layout
from ..describe.rules.table import RULES
from ..describe.sections import HOMES, KEYS
from . import format as fmt
from .checked import Checked
from .crossings import crossings_of
from .event_places import Places, places_of
from .opening import is_read_in_place, open_run
from .programming import devices_of, programming_of

CHECKED_SINCE = 3
"""Format version since which files have checksums."""

_PROVENANCE = ("layout", "dataset", "dataset_sha256", "engine", "command_line", "xbarsim_version")
_COUNT_AXES = ("title", "row", "column", fmt.ARRAYS)
_SERIES_AXES = ("title", "layer")


def _count_order(name: str) -> tuple[bool, int, str]:
    """Counts as they are told: those of the format first, in its order."""
    known = name in fmt.COUNTS
    return not known, fmt.COUNTS.index(name) if known else 0, name


def _other_side(name: str) -> str:
    """The same of the other devices of the pairs: ``resets_minus_1`` of ``resets_plus_1``."""
    swapped = {"plus": "minus", "minus": "plus"}
    return "_".join(swapped.get(part, part) for part in name.split("_"))


class Pulses(NamedTuple):
    """Pulse events of one layer, in the order of their iterations."""

    iteration: np.ndarray  # (events,) int64
    rows: np.ndarray  # (events, bytes) uint8, packed bits
    raised: np.ndarray
    lowered: np.ndarray


_SINCE = {"slope": "1/2c"}
"""Keys that came later than the first files of their format, and what was the case before."""


class Stored:
    """A run file as it stands; see `trace.Trace`, which adds what follows from it."""

    def __init__(self, path: str | Path, *, device: str | None = None) -> None:
        a_path("Trace.path", path)
        optional(text)("Trace.device", device)
        self.path = Path(path)
        self._h5, self._source = open_run(self.path)
        try:
            self._file = file = Checked(self._h5, self.path)
            self.status = file.text("status")
            file.running = self.status == "running" and is_read_in_place(self.path)
            self.iterations_done = file.whole("iterations_done")
            self.seconds = file.number("seconds")
            self.provenance = {key: file.plain(f"configuration/{key}") for key in file.names("configuration")}
            version = int(self._h5.attrs["format_version"])
            if version >= CHECKED_SINCE:
                file.check_crc(fmt.SINGLE)
            for key in _PROVENANCE:
                if not isinstance(self.provenance.get(key), str):
                    file.damaged(f"configuration/{key}", "a text", repr(self.provenance.get(key)))
            self.layout = self._read_layout(version)
            if device is not None:
                self.layout = plugin.named(self.layout, device, str(self.path))
            geometry = geometry_of(self.layout)
            self.shapes: list[tuple[int, int]] = list(zip(geometry.rows.tolist(), geometry.cols.tolist(), strict=True))
            """(rows, cols) of every layer."""
            self.derived = tuple(key for key in str(self.provenance.get("derived", "")).split() if key in KEYS)
            """Keys of the layout whose values followed from the network, the device and the training images."""
        except BaseException:
            self.close()
            raise

    def _read_layout(self, version: int) -> Layout:
        text = self.provenance["layout"]
        # Files of version 1 were made when these were fixed.
        old: dict[str, Any] = {"dead_zone_exponent": 0.5, "inner_c": 1.0} if version == 1 else {}
        try:
            old |= {key: value for key, value in _SINCE.items() if not _stands_in(text, HOMES[key], key)}
            return Layout.from_toml_text(text, where=f"{self.path} configuration", recorded=True, **old)
        except LayoutError as error:
            raise TraceError(f"{error}; the file was made by xbarsim {self.provenance['xbarsim_version']}") from None

    def close(self) -> None:
        """Close the file; further reads fail."""
        self._h5.close()
        if self._source is not None:
            self._source.abandon()

    def __enter__(self) -> Self:
        """Use as a context manager: ``with Trace(path) as trace``."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def __getattr__(self, name: str) -> bool:
        """``is_RULE``: whether the run learnt by that rule."""
        for rule in RULES.values():
            if name in [f"is_{each}" for each in (rule.name, *rule.formerly)]:
                return self.layout.rule is rule
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    @property
    def finished(self) -> bool:
        """Whether the run came to its end."""
        return bool(self.status == "finished")

    @property
    def devices(self) -> str:
        """What its conductances are: ``trained``; or, of a network that was put into an array, whether its devices were
        programmed, and how.
        """
        return str(self.provenance.get("devices", "trained"))

    @property
    def programming(self) -> dict[str, Any]:
        """How devices were programmed, and what came of it; see `programming.programming_of`."""
        return programming_of(self.provenance, self.path)

    # Curves -----------------------------------------------------------------------------------------------------------

    @property
    def accuracy(self) -> tuple[np.ndarray, np.ndarray]:
        """(iteration, test accuracy) at the evaluated iterations."""
        file, n = self._file, self._file.length("accuracy/iteration")
        return (
            file.array("accuracy/iteration", "iu", (n,), least=0, most=self.iterations_done, rising=True),
            file.array("accuracy/accuracy", "f", (n,), least=0.0, most=1.0),
        )

    @property
    def most_writes(self) -> np.ndarray | None:
        """Pulses and resets of the device that had most, at the evaluated iterations; None of files that did not keep
        it.
        """
        file = self._file
        if not file.has("accuracy/most_writes"):
            return None
        return file.array("accuracy/most_writes", "iu", (file.length("accuracy/iteration"),), least=0)

    @property
    def curves(self) -> dict[str, np.ndarray]:
        """Per iteration: ``iteration``, ``loss``, ``wrong``, ``pulses``, ``resets``, each (iterations,)."""
        file, n = self._file, self.iterations_done
        found = {"iteration": file.array("training/iteration", "iu", (n,), least=1, most=n, rising=True)}
        for name in fmt.CURVES:
            least = None if name == "loss" else 0
            # Files of before version 3 were written without looking for numbers that are none.
            found[name] = file.array(f"training/{name}", "fiu", (n,), least=least, finite=False)
        return found

    def series(self, name: str) -> dict[str, np.ndarray]:
        """What a run kept besides its curves, by the name of the group: ``iteration`` and every column.

        Columns are (rows,) or (rows, layers); see `series` of the rule's state in xbarsim/learn. A `TraceError` if
        there is none of this name.
        """
        file = self._file
        if not file.has(name) or not file.has(f"{name}/iteration"):
            raise TraceError(f"{self.path}: expected a run that kept '{name}', got one without; see its configuration")
        n, layers = file.length(f"{name}/iteration"), len(self.shapes)
        found = {}
        for key in file.names(name):
            if key == "iteration":
                most = self.iterations_done
                found[key] = file.array(f"{name}/{key}", "iu", (n,), least=0, most=most, rising=True)
            elif key not in _SERIES_AXES:
                shape = (n, layers) if file.has(f"{name}/layer") else (n,)
                found[key] = file.array(f"{name}/{key}", "f", shape, finite=False)  # of a window without any
        return found

    @property
    def energy(self) -> dict[str, np.ndarray]:
        """Per iteration: energies in J, latency in s and half-selects.

        There if the run followed its pulse lines (``account``), else a `TraceError`.
        """
        if not self._file.has("energy"):
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
        if not self._file.has("update_noise"):
            raise TraceError(
                f"{self.path}: expected a run that followed its update noise, got one without; "
                "run it anew with a rule that does, and --un-window"
            )
        return self.series("update_noise")

    @property
    def has_counts(self) -> bool:
        """Whether there are counts of every device: of finished runs of rules that count."""
        return self.finished and self._of_any_layer("counts")

    @property
    def first_worn(self) -> tuple[int, ...] | None:
        """The device that wore out first, of a finished run: update, layer, row, column, side (0: G+), digit; None
        where none has, and in older files.
        """
        if not self.finished or not self._file.has("first_worn"):
            return None
        return tuple(self._file.array("first_worn", "iu", (6,), least=0).tolist())

    def counts(self, layer: int) -> dict[str, np.ndarray]:
        """Cumulative pulses and resets of every device, each (rows, cols); there once the run is finished."""
        k, file = self._layer(layer), self._file
        group = f"counts_{k}"
        if not self.finished:
            raise TraceError(
                f"{self.path}: expected a finished run, got one at iteration {self.iterations_done}; --resume it first"
            )
        if not self.has_counts:
            raise TraceError(
                f"{self.path}: expected counts of every device, got a run of rule "
                f"'{self.layout.pulses.rule}', which keeps none; use its curves"
            )
        names = {*file.names(group), *file.listed(group)}.difference(_COUNT_AXES)
        names |= {_other_side(name) for name in names}
        shape = self.shapes[k - 1]
        return {n: file.array(f"{group}/{n}", "iu", shape, least=0) for n in sorted(names, key=_count_order)}

    def programmed(self, layer: int) -> dict[str, np.ndarray]:
        """What became of every programmed device, by name (see `programming.name_of`): targets, S, reads, and whether
        it got there, each (rows, cols); empty where nothing was programmed, or by a version that did not keep it.
        """
        k = self._layer(layer)
        if not self._of_any_layer("programmed"):
            return {}
        group, shape = f"programmed_{k}", self.shapes[k - 1]
        return devices_of(self._file, group, shape, self.programming, self.layout.device)

    def _of_any_layer(self, what: str) -> bool:
        """Whether any layer has a group of this kind: then all have one, or the file is damaged."""
        return any(self._file.has(f"{what}_{k}") for k in range(1, len(self.shapes) + 1))

    # States -----------------------------------------------------------------------------------------------------------

    def keyframes(self, layer: int) -> np.ndarray:
        """Iterations at which all conductances of `layer` are stored."""
        name = f"layer_{self._layer(layer)}/iteration"
        n = self._file.length(name)
        frames = self._file.array(name, "iu", (n,), least=0, most=self.iterations_done, rising=True)
        if not n or frames[0] != 0:
            self._file.damaged(name, "keyframes from iteration 0", f"{n} without it")
        return frames

    def frame_at(self, layer: int, at: int, name: str, *, conductance: bool) -> np.ndarray:
        """What the `at`-th keyframe of a layer holds under a name, (rows, cols) float32."""
        k = self._layer(layer)
        shape = (self._file.length(f"layer_{k}/iteration"), *self.shapes[k - 1])
        d = self.layout.device
        room = 1e-6 * d.g_max
        least, most = (d.g_min - room, d.g_max + room) if conductance else (None, None)
        return self._file.array(f"layer_{k}/{name}", "f", shape, at, least=least, most=most)

    def fixed(self, layer: int, name: str) -> np.ndarray | None:
        """What was kept once of every device of a layer, (rows, cols); None if it was not."""
        k = self._layer(layer)
        name = f"layer_{k}/{name}"
        return self._file.array(name, "fiu", self.shapes[k - 1]) if self._file.has(name) else None

    def window(self, layer: int) -> Window:
        """What each device of `layer` conducts, G = x g + y at the nominal conductance g: each (rows, cols) float32."""
        plus, minus = self.fixed(layer, "offset_plus"), self.fixed(layer, "offset_minus")
        none = np.zeros(self.shapes[self._layer(layer) - 1], np.float32)
        return Window(*self.scales(layer), none if plus is None else plus, none if minus is None else minus)

    def scales(self, layer: int) -> tuple[np.ndarray, np.ndarray]:
        """Device-to-device scales (X+, X-) of `layer`, each (rows, cols) float32:
        G = X times the nominal conductance.
        """
        plus, minus = self.fixed(layer, "scale_plus"), self.fixed(layer, "scale_minus")
        one = np.ones(self.shapes[self._layer(layer) - 1], np.float32)
        return one if plus is None else plus, one if minus is None else minus

    # Pulses -----------------------------------------------------------------------------------------------------------

    def event_iterations(self, layer: int) -> np.ndarray:
        """Iterations of all pulse events of a layer, (events,) int64."""
        name = f"events/layer_{self._layer(layer)}/iteration"
        n = self._file.length(name)
        found = self._file.array(name, "iu", (n,), least=1, most=self.iterations_done, rising=True)
        return found.astype(np.int64, copy=False)

    def events(self, layer: int, iteration: np.ndarray, part: slice) -> Pulses:
        """Some of the pulse events of a layer; `iteration` is that of all, see `event_iterations`."""
        k, n = self._layer(layer), len(iteration)
        rows, cols = self.shapes[k - 1]
        lines = (("rows", rows), ("raised", cols), ("lowered", cols))
        bits = [self._file.packed(f"events/layer_{k}/{name}", n, m, part) for name, m in lines]
        return Pulses(iteration[part], *bits)

    def event_places(self, layer: int, part: slice = slice(None)) -> Places:
        """Which sample and position some of the pulse events of a layer are of, in the order of `event_iterations`.

        Networks without maps, and events that are of all positions together (as under ``products``), have -1 for what
        an event does not have; where an array is read once, it follows, and is in no file.
        """
        k = self._layer(layer)
        n = self._file.length(f"events/layer_{k}/iteration")
        return places_of(self._file, f"events/layer_{k}/place", n, part, self.layout, k - 1)

    def crossings(self, layer: int, i: int, j: int, slab: int) -> Any:
        """Pulse events that cross row `i` and column `j`; `slab` events are read at a time."""
        every = self.event_iterations(layer)
        return crossings_of(
            every, (self.events(layer, every, slice(a, a + slab)) for a in range(0, len(every), slab)), i, j
        )

    # What was asked for -----------------------------------------------------------------------------------------------

    def _layer(self, layer: int) -> int:
        return self._within("layer", layer, len(self.shapes), least=1)

    def _iteration(self, iteration: int) -> int:
        return self._within("iteration", iteration, self.iterations_done)

    def _within(self, what: str, value: int, most: int, least: int = 0) -> int:
        try:
            return checks.integer(f"{self.path} {what}", value, least=least, most=most)
        except LayoutError as error:
            raise TraceError(str(error)) from None


def _stands_in(text: str, section: str, key: str) -> bool:
    """Whether a recorded layout has a key; one that is no TOML is somebody else's business."""
    with contextlib.suppress(tomllib.TOMLDecodeError, RecursionError):
        return key in tomllib.loads(text).get(section, {})
    return True
