"""How devices are written, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..arrays.aging import write_law
from ..base import checks
from ..base.errors import LayoutError
from ..describe.aging import Aging
from ..learn.network import NetworkState
from ..record.programming import name_of
from .writing import WRITES

WAYS = {
    "open-loop": "pulses are counted by the nominal law, and nobody looks",
    "write-verify": "read, compare, pulse up or down, until it is within the tolerance",
    "one-shot": "every conductance is drawn about its target",
}
"""How devices are written."""

STARTS = {"erased": "every device is reset first", "present": "from where a device is"}
"""Where they are before."""

PCM = (-1.1731, 1.9650, 0.2635)
"""sigma = max(c2 g^2 + c1 g + c0, 0) uS of a device of 25 uS, g relative to that: Nandakumar et al., as aihwkit's
PCMLikeNoiseModel has it (docs, pcm_inference)."""

_PCM_G_MAX, _MICRO = 25e-6, 1e-6


class Error(NamedTuple):
    """Spread of a one-shot write, S, over the target."""

    text: str
    sigma: Callable[[np.ndarray], np.ndarray]


def error_of(text: str, g_max: float, aging: Aging | None = None) -> Error:
    """A programming error from ``absolute=0.5e-6`` (S), ``relative=0.05``, ``polynomial=c2,c1,c0``, ``pcm`` or
    ``device``.

    A polynomial of g = G / Gmax is in units of Gmax / 25, as that of PCM is in uS for 25 uS. What a device says itself
    are the keys ``write_error...`` of `aging`.

    >>> error_of("relative=0.1", 1.0).sigma(np.array([2.0])).tolist()
    [0.2]
    >>> error_of("pcm", 25e-6).sigma(np.array([0.0, 25e-6])).round(9).tolist()
    [2.64e-07, 1.055e-06]
    """
    kind, sign, value = text.partition("=")
    kind = kind.strip()
    if kind == "device" and not sign:
        own = aging or Aging()
        if not own.errs:
            raise LayoutError(
                "--error: expected a device that has an error of writing, got 'device' with one that has none; give "
                "write_error, or relative=0.05"
            )
        return Error(text, lambda g: g_max * write_law(own, g / g_max))
    if kind == "pcm" and not sign:
        numbers: list[float] = list(PCM)
    else:
        try:
            numbers = [float(part) for part in value.split(",")]
        except ValueError:
            numbers = []
    ok = bool(numbers) and all(np.isfinite(numbers)) and all(abs(x) < 1e30 for x in numbers)
    if ok and kind in ("absolute", "relative") and len(numbers) == 1 and numbers[0] >= 0.0:
        size = numbers[0]
        if kind == "absolute":
            return Error(text, lambda g: np.full_like(g, size))
        return Error(text, lambda g: size * np.abs(g))
    if ok and kind in ("polynomial", "pcm") and len(numbers) <= 8:
        unit = g_max / _PCM_G_MAX * _MICRO
        return Error(text, lambda g: np.maximum(np.polyval(numbers, g / g_max), 0.0) * unit)
    raise LayoutError(
        f"--error: expected absolute=S, relative=PART, polynomial=c2,c1,c0, pcm or device, with numbers >= 0, got "
        f"'{text}'; "
        "give for example relative=0.05"
    )


@dataclass(frozen=True)
class Settings:
    """How devices are written.

    Attributes
    ----------
    how : str
        ``open-loop``, ``write-verify`` or ``one-shot``.
    start : str
        ``erased`` or ``present``.
    tolerance : float
        Of write-verify, as part of Gmax - Gmin.
    most : int
        Pulses of one device, at most.
    bits : int
        Of the converter that reads devices one by one, from 0 to Gmax; 0: what the sense circuits have.
    error : str
        Of one-shot, see `error_of`.
    target : str
        ``states``: G+ and G- as they are; ``weights``: one device of a pair carries W, the other stays at Gmin.
    draw : int
        Which time the array is written; another one draws anew.
    """

    how: str = "write-verify"
    start: str = "erased"
    tolerance: float = 0.01
    most: int = 1000
    bits: int = 0
    error: str = "relative=0.05"
    target: str = "states"
    draw: int = 1

    def __post_init__(self) -> None:
        """Check every value."""
        checks.choice("--how", self.how, WAYS)
        checks.choice("--start", self.start, STARTS)
        checks.choice("--target", self.target, WRITES)
        checks.number("--tolerance", self.tolerance, above=0.0, most=1.0)
        checks.integer("--most", self.most, least=0, most=65_535)
        checks.integer("--verify-bits", self.bits, least=0, most=24)
        checks.integer("--draw", self.draw, least=1, most=32_767)

    @property
    def idle(self) -> tuple[str, ...]:
        """Settings that do nothing with this way."""
        return {
            "write-verify": ("error",),
            "open-loop": ("bits", "error", *(("most",) if self.start == "erased" else ())),
            "one-shot": ("start", "most", "bits"),
        }[self.how]

    def as_dict(self) -> dict[str, Any]:
        """Those that act, by name."""
        return {name: value for name, value in vars(self).items() if name not in self.idle}

    @property
    def words(self) -> str:
        """What was done, in a line."""
        if self.how == "one-shot":
            return f"programmed: one-shot, {self.error}"
        begin = "erased first" if self.start == "erased" else "from where they were"
        if self.how == "open-loop":
            return f"programmed: open loop, {begin}"
        bits = f", {self.bits} bits" if self.bits else ""
        limits = f"tolerance {self.tolerance:g} of the range, at most {self.most} pulses"
        return f"programmed: write-verify, {limits}, {begin}{bits}"


@dataclass(frozen=True, eq=False, repr=False)
class Side:
    """One side of a written array: each (rows, cols).

    Attributes
    ----------
    layer : int
        From 1.
    digit, side : int
        0: G+, 1: G-.
    target, found : float64, S
    pulses, resets, reads : int64
    there : bool
        Whether it got within the tolerance; of ways that do not look, whether it is.
    """

    layer: int
    digit: int
    side: int
    target: np.ndarray
    found: np.ndarray
    pulses: np.ndarray
    resets: np.ndarray
    reads: np.ndarray
    there: np.ndarray

    @property
    def error(self) -> np.ndarray:
        """What it conducts beyond its target, (rows, cols) float64, S."""
        difference: np.ndarray = self.found - self.target
        return difference


@dataclass(frozen=True, eq=False, repr=False)
class Programmed:
    """What programming came to; accuracies are fractions, None without data.

    Attributes
    ----------
    file : str
    out : str or None
    settings : Settings
    span : float, S
        Gmax - Gmin.
    sides : tuple of Side
    accuracy_before, accuracy : float or None
    energy_pulses, energy_reads : float, J
    seconds : float
        One device after another.
    seconds_rows : float
        All devices of a row, on both sides, at the same time.
    state : NetworkState
    lines : tuple of str
    """

    file: str
    out: str | None
    settings: Settings
    span: float
    sides: tuple[Side, ...]
    accuracy_before: float | None
    accuracy: float | None
    energy_pulses: float
    energy_reads: float
    seconds: float
    seconds_rows: float
    state: NetworkState
    lines: tuple[str, ...]

    @property
    def outcome(self) -> dict[str, Any]:
        """What a file keeps of it, beside the settings: numbers over all devices; energies and times of a
        drawn outcome are None.
        """
        errors = np.concatenate([s.error.ravel() for s in self.sides]) / self.span
        drawn = self.settings.how == "one-shot"
        return {
            "devices": self.devices,
            "pulses": self.pulses,
            "resets": self.resets,
            "reads": self.reads,
            "missed": self.missed,
            "rms_error": float(np.sqrt(np.mean(errors**2))),
            "largest_error": float(np.abs(errors).max()),
            "energy_pulses_J": None if drawn else self.energy_pulses,
            "energy_reads_J": None if drawn else self.energy_reads,
            "seconds": None if drawn else self.seconds,
            "seconds_rows": None if drawn else self.seconds_rows,
        }

    def kept(self, layer: int) -> dict[str, np.ndarray]:
        """What a file keeps of every device of a layer, from 1, by name."""
        own = [s for s in self.sides if s.layer == layer]
        parts = {"target": np.float32, "reads": np.uint32, "there": np.uint8}
        return {
            name_of(what, s.side, s.digit): getattr(s, what).astype(kind) for s in own for what, kind in parts.items()
        }

    @property
    def pulses(self) -> int:
        """Of all devices."""
        return int(sum(int(s.pulses.sum()) for s in self.sides))

    @property
    def resets(self) -> int:
        """Of all devices."""
        return int(sum(int(s.resets.sum()) for s in self.sides))

    @property
    def reads(self) -> int:
        """Of single devices."""
        return int(sum(int(s.reads.sum()) for s in self.sides))

    @property
    def devices(self) -> int:
        """Number of devices."""
        return sum(s.found.size for s in self.sides)

    @property
    def missed(self) -> int:
        """Devices that are not within the tolerance."""
        return int(sum(int((~s.there).sum()) for s in self.sides))

    def places(self, most: int = 1_000_000) -> list[dict[str, Any]]:
        """Where devices are that never got there, those that are furthest away first."""
        found: list[dict[str, Any]] = []
        for s in self.sides:
            for i, j in np.argwhere(~s.there).tolist():
                found.append(
                    {
                        "layer": s.layer,
                        "row": i,
                        "column": j,
                        "device": "G-" if s.side else "G+",
                        "digit": s.digit,
                        "target_S": float(s.target[i, j]),
                        "found_S": float(s.found[i, j]),
                    }
                )
        found.sort(key=lambda p: -abs(p["found_S"] - p["target_S"]))
        return found[:most]

    def per_layer(self) -> list[dict[str, Any]]:
        """A row for each array: devices, errors in S (99 % of them are within `error_99_S`), pulses, how many are
        beyond the tolerance.
        """
        rows = []
        for layer, digit in sorted({(s.layer, s.digit) for s in self.sides}):
            own = [s for s in self.sides if (s.layer, s.digit) == (layer, digit)]
            e = np.concatenate([s.error.ravel() for s in own])
            rows.append(
                {
                    "layer": layer,
                    "digit": digit,
                    "devices": len(e),
                    "mean_error_S": float(e.mean()),
                    "rms_error_S": float(np.sqrt(np.mean(e**2))),
                    "error_99_S": float(np.quantile(np.abs(e), 0.99)),
                    "largest_error_S": float(np.abs(e).max()),
                    "pulses": int(sum(int(s.pulses.sum()) for s in own)),
                    "resets": int(sum(int(s.resets.sum()) for s in own)),
                    "reads": int(sum(int(s.reads.sum()) for s in own)),
                    "most_pulses": int(max(int(s.pulses.max()) for s in own)),
                    "missed": int(sum(int((~s.there).sum()) for s in own)),
                }
            )
        return rows
