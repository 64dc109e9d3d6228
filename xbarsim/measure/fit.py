"""From measured sweeps to a device: both polarities fitted, intervals, spreads, and one description of them all.

`likelihood.py` is the statistics of one polarity in units of its range; here are the siemens, the comparison of laws,
the devices.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..base.errors import DataError
from . import likelihood as fit_law
from . import table as fit_table
from .alike import keep_curves_of_their_own
from .fitted import Fit
from .likelihood import LawFit
from .measurement import Measurement
from .model import Shape
from .nonlinearity import label_of_u
from .prepare import FEWEST, NAMES, few, prepare
from .restate import MOST_NOISE, describe_device, judge, made, variation_of
from .side import SideFit, fit_side
from .states import from_states

MODELS = ("auto", "exponential", "soft-bounds", "linear")
"""What ``--law`` takes; `auto` is the exponential or the soft-bounds law, whichever has the lower AIC over both
polarities.
"""
MOST_DEVICES = 40
"""Devices fitted one by one; of more, as many evenly chosen ones."""


def fit(
    measured: Measurement,
    *,
    law: str = "auto",
    table: bool = False,
    nodes: int = 21,
    quantiles: int = 11,
    tell: Callable[[str], None] = lambda _: None,
) -> Fit:
    """Fit a measurement.

    Parameters
    ----------
    measured : Measurement
    law : str
        One of `MODELS`.
    table : bool
        Describe the steps by a jump table, made directly from the sweeps, instead of by the law.
    nodes, quantiles : int
        Its size.
    tell : callable
        Is told what is being done.

    Raises
    ------
    DataError
        If there are too few reads, or they do not follow the pulses.
    """
    if measured.tables:
        return _from_tables(measured, nodes, quantiles)
    measured_sides = [side for side in (1, -1) if measured.of(side)]
    if law == "auto" and any(few(measured, side) < FEWEST for side in measured_sides):
        out = from_states(measured)
        out.devices = len(measured.devices)
        out.source = {
            "made_by": _made_by(),
            "notes": "; ".join(measured.understood),
            "warnings": "; ".join(out.warnings),
        }
        made(out.device)
        return out
    data = {side: prepare(measured, side) for side in measured_sides}
    warnings = [*measured.warnings, *(w for d in data.values() for w in d.warnings)]
    # Which kind of step noise: the same for both polarities, by the likelihood of the exponential law.
    tell("exponential law")
    trial = {
        r: {s: fit_law.fit_law(d.reads, "exponential", relative=r, intervals=False, rails=r) for s, d in data.items()}
        for r in (True, False)
    }
    gain = sum(trial[False][s].without_rail - trial[True][s].without_rail for s in data)
    # Relative to the step, unless the reads clearly say otherwise: with one or two trains they hardly can.
    relative = gain <= 3.0
    laws: dict[str, dict[int, LawFit]] = {"exponential": trial[True]} if relative else {}
    for other in fit_law.LAWS if not relative else ("soft-bounds", "linear"):
        tell(f"{other} law")
        laws[other] = {s: fit_law.fit_law(d.reads, other, relative=relative, intervals=False) for s, d in data.items()}
    # All laws see the same reads, so that their likelihoods can be compared.
    aic = {name: sum(f.aic for f in fits.values()) for name, fits in laws.items()}
    chosen = law if law != "auto" else min(("exponential", "soft-bounds"), key=lambda name: aic[name])
    tell(f"intervals of the {chosen} law")
    best = {s: fit_law.with_intervals(laws[chosen][s]) for s in data}
    sides = {s: fit_side(data[s], best[s], {n: laws[n][s].aic for n in laws}) for s in data}
    out = Fit(chosen, sides, aic, warnings=warnings)
    out.warnings += [w for s in sides.values() for w in s.warnings]
    _doubt(out, measured)
    spread = _devices(measured, out, relative, tell)
    describe_device(out)
    out.variation = variation_of(out) | spread
    if table:
        out.table = True
        _tabulate(out, nodes, quantiles)
    judge(out)
    _write_source(out, measured)
    return out


def _doubt(out: Fit, measured: Measurement) -> None:
    """Say what the numbers of a fit leave open."""
    rivals = [name for name in ("exponential", "soft-bounds") if name in out.aic]
    if (
        len(rivals) == 2
        and abs(out.aic[rivals[0]] - out.aic[rivals[1]]) < 2.0
        and not math.isclose(out.aic[rivals[0]], out.aic[rivals[1]], abs_tol=1e-6)
    ):
        out.warnings.append(
            "the exponential and the soft-bounds law describe the reads alike (AIC within 2): these reads do not tell "
            "which it is"
        )
    for side, s in out.sides.items():
        noise = max(s.values["c2c"].value, s.values["c2c_range_S"].value / abs(s.values["alpha_S"].value))
        if len(measured.devices) < 2 and noise > 0.05 and keep_curves_of_their_own(s.data.raw):
            out.warnings.append(
                f"{NAMES[side]}: each train keeps a curve of its own, as different devices do, which was taken for "
                f"cycle-to-cycle noise of {100 * noise:.0f} % of a step; if they are devices, say so: a column "
                "'device', headers such as 'device 1 G (uS)', or a file for each"
            )
    noises = [s.values["c2c"].value for s in out.sides.values()]
    if len(noises) == 2 and max(noises) > 0.02 and max(noises) > 1.5 * min(noises):
        told = ", ".join(f"{NAMES[side]} {100 * s.values['c2c'].value:.0f} %" for side, s in out.sides.items())
        out.warnings.append(f"cycle-to-cycle noise differs ({told}); the device has one for both, their rms")


def _devices(measured: Measurement, out: Fit, relative: bool, tell: Callable[[str], None]) -> dict[str, float]:
    """Device by device: means with intervals from their scatter, and the scatter itself, less that of the estimates."""
    names = measured.devices
    out.devices = len(names)
    if len(names) < 2:
        return {}
    picked = [names[k] for k in np.unique(np.linspace(0, len(names) - 1, MOST_DEVICES).astype(int))]
    found: dict[tuple[int, str], list[tuple[float, float]]] = {}
    failed = 0
    for k, name in enumerate(picked, 1):
        tell(f"device {k} of {len(picked)}")
        only = Measurement([s for s in measured.sweeps if s.device == name])
        for side in out.sides:
            try:
                data = prepare(only, side)
                one = fit_side(
                    data, fit_law.fit_law(data.reads, out.law, relative=relative, quick=True, rails=False), {}
                )
            except DataError:
                failed += 1
                continue
            for key in one.values:
                v = one.values[key]
                found.setdefault((side, key), []).append((v.value, (v.high - v.low) / 3.92))
    if failed:
        out.warnings.append(f"{failed} sides of devices could not be fitted and are left out of the spread")
    stats = fit_law.needs().stats
    relative_spread: dict[str, list[float]] = {}
    for (side, key), pairs in found.items():
        values, errors = np.array(pairs).T
        if len(values) < 2:
            continue
        mean, sd = float(values.mean()), float(values.std(ddof=1))
        half = float(stats.t.ppf(0.975, len(values) - 1)) * sd / math.sqrt(len(values))
        out.sides[side].values[key] = out.sides[side].values[key].moved(mean, mean - half, mean + half)
        true = math.sqrt(max(sd**2 - float(np.mean(errors**2)), 0.0))
        name = {"g_start_S": "g_min" if side > 0 else "g_max", "g_end_S": "g_max" if side > 0 else "g_min"}.get(
            key, key.removesuffix("_S")
        )
        if name in ("alpha", "beta", "g_min", "g_max") and abs(mean) > 1e-12:
            relative_spread.setdefault(name, []).append(true / abs(mean))
    for s in out.sides.values():
        _settle(s)
    return {
        f"{name}_sigma": float(np.sqrt(np.mean(np.square(relative_spread.get(name, [0.0])))))
        for name in ("alpha", "beta", "g_min", "g_max")
    }


def _settle(s: SideFit) -> None:
    """The first step of the mean device: the one with which its other means go together."""
    v = s.values
    span, n = abs(v["g_end_S"].value - v["g_start_S"].value), v["n_max"].value
    if not (span > 0.0 and n >= 1.0):
        return
    p, _ = Shape(s.law.law, np.array([0.0, n]), s.law.reads.most * 100, n).parameters(0.0, 1.0, v["beta"].value)
    alpha = span * float(np.exp(p) if s.law.law == "exponential" else p)
    old = v["alpha_S"]
    v["alpha_S"] = old.moved(alpha, min(old.low, alpha), max(old.high, alpha))


def _tabulate(out: Fit, nodes: int, quantiles: int) -> None:
    g_min, g_max = out.device["g_min_S"], out.device["g_max_S"]
    steps: dict[str, np.ndarray] = {}
    for side, key in ((1, "jump_p_S"), (-1, "jump_d_S")):
        s = out.sides.get(side) or out.sides[-side]
        found = fit_table.from_sweeps(
            s.data.raw,
            s.side,
            g_min,
            g_max,
            nodes=nodes,
            quantiles=quantiles,
            read_noise=s.values["read_noise_S"].value,
            pulses=s.data.pulses,
        )
        steps[key] = found.steps if s.side == side else found.steps[::-1]
        s.table = found
        out.warnings += [f"{NAMES[s.side]}: {w}" for w in found.warnings]
    _write_table(out, g_min, g_max, steps["jump_p_S"], steps["jump_d_S"])
    if "device_noise" in out.variation:  # relative to the range that is written
        written = out.device["g_max_S"] - out.device["g_min_S"]
        out.variation["device_noise"] = min(out.variation["device_noise"] * (g_max - g_min) / written, MOST_NOISE)
    # The table holds the spread of the steps; noise on top would count it twice.
    out.variation = {k: (0.0 if k in ("c2c", "c2c_range") else v) for k, v in out.variation.items()}


def _from_tables(measured: Measurement, nodes: int, quantiles: int) -> Fit:
    if set(measured.tables) != {1, -1}:
        missing = NAMES[-next(iter(measured.tables))]
        raise DataError(
            f"fit: expected CrossSim tables of both polarities, got none of {missing}; give dG_increasing.txt and "
            "dG_decreasing.txt"
        )
    low = max(float(t[0].min()) for t in measured.tables.values())
    high = min(float(t[0].max()) for t in measured.tables.values())
    if not high > low:
        raise DataError(
            "fit: expected tables over a common range of conductances, got two that do not overlap; give two of one "
            "device"
        )
    out = Fit("table", {}, {}, table=True, variation={"c2c": 0.0, "c2c_range": 0.0}, warnings=list(measured.warnings))
    out.warnings.append("ready-made tables say nothing of the noise of reads: none is written (device_noise sets it)")
    up, down = (fit_table.from_crosssim(*measured.tables[side], side, low, high, nodes, quantiles) for side in (1, -1))
    _write_table(out, low, high, up, down)
    made(out.device)
    out.source = {"made_by": _made_by(), "notes": "; ".join(measured.understood)}
    return out


def _write_table(out: Fit, low: float, high: float, up: np.ndarray, down: np.ndarray) -> None:
    """The section of a table device, on the part of its range where it moves."""
    low, high, up, down, told = fit_table.cut(low, high, up, down)
    out.device = {"model": "table", "g_min_S": low, "g_max_S": high, "jump_p_S": up.tolist(), "jump_d_S": down.tolist()}
    if told:
        out.warnings.append(told)


@functools.cache
def _made_by() -> str:
    from .._version import __version__

    return f"xbarsim {__version__}, xbarsim fit"


def _write_source(out: Fit, measured: Measurement) -> None:
    """What was measured and how well it is known, as flat keys for the device file."""
    source: dict[str, Any] = {"made_by": _made_by(), "notes": "; ".join(measured.understood)}
    source["law"] = out.law
    source["intervals"] = "95 %, in brackets"
    source["devices"] = out.devices
    for side, s in sorted(out.sides.items(), reverse=True):
        name = NAMES[side]
        source[f"{name}_sweeps"] = s.sweeps
        source[f"{name}_pulses"] = s.pulses
        source[f"{name}_reads"] = s.reads
        for key, value in s.values.items():
            source[f"{name}_{key}"] = value.text()
        source[f"{name}_R2"] = round(s.r2, 6)
        source[f"{name}_rms_error_of_range"] = round(s.rmse, 6)
        if s.redrawn is not None:
            source[f"{name}_written_device_R2"] = round(s.redrawn.r2, 6)
            source[f"{name}_written_device_rms_error_of_range"] = round(s.redrawn.rmse, 6)
        label = label_of_u(s.values["beta"].value) * side
        source[f"{name}_neurosim_label"] = round(label + 0.0, 4)
        if out.law != "soft-bounds":
            source[f"{name}_neurosim_label_note"] = "label of the mirror image: the exponential law is not NeuroSim's"
        best = min(s.aic.values())
        source[f"{name}_AIC_above_best"] = ", ".join(f"{law} {v - best:.1f}" for law, v in s.aic.items())
    source["assumed"] = (
        "read noise independent from read to read, so that it alone makes successive steps anti-correlated"
    )
    if out.warnings:
        source["warnings"] = "; ".join(dict.fromkeys(out.warnings))
    out.source = source
