"""Energy of training by counting events: binary-stochastic hardware, analog memristor hardware with converters, and
digital CMOS.

A **reconstruction**. Of the energy figures of Li et al. (see `study.bs`) only words are known: "two orders of magnitude
compared to traditional memristor-based hardware and three orders of magnitude compared to CMOS-based hardware" (journal
abstract), "more than three orders of magnitudes" for the energy efficiency of multiply-accumulates (arXiv abstract).
Nothing below is theirs. All three systems are given the same run: its layers, images and, for the first, the events
that were counted in it (`Result.work`). Every constant is a parameter with a default, a range and its source
(`energy_constants`).

Of each system the multiply-accumulates (MACs) are also taken alone: forward and backward reads with what drives and
converts them, without weight updates and carries. A MAC is a crossing of a driven row and a sensed column, or,
backward, of a driven column and a sensed row.

Left out, of all systems: control, buses, registers, leakage, and division of large arrays into small ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from .energy_constants import CONSTANTS, values

Parts = dict[str, float]
"""Energies of one image by what they are spent on, J."""

MEAN_CONDUCTANCE = 5e-7
"""S, of a device, for runs with ideal steps, which have none."""

SYSTEMS = ("binary-stochastic", "analog, parallel update", "analog, write and verify", "digital CMOS")
MAC_SYSTEMS = ("binary-stochastic", "analog", "digital CMOS", "digital CMOS, arithmetic alone")
"""Whose multiply-accumulates are compared; the last without its memory."""

_READ = ("array reads", "drivers", "sense", "comparators", "noise", "DAC", "ADC", "multiply-accumulate", "memory")
"""Parts that are multiply-accumulates; all others are updates, carries and functions."""

CARRY_SENSING = ("adc", "comparators")
"""How hardware finds the weights to carry: an ADC for each; or two comparators for each, and the ADC for those above
the threshold.
"""


class Run(NamedTuple):
    """What the three systems are compared on: a training run."""

    layers: tuple[int, ...]
    images: int
    reads: int  # of an image
    draws: int  # of a read
    digits: int  # pairs of devices per weight
    period: int  # images between carries of the lowest digit, 0: never
    work: Mapping[str, Sequence[float]]  # counts of the whole run, per layer: see `kernels.binary_train`
    density: float = 0.191  # of the inputs, those that are not 0; MNIST's training images have 0.191
    carry_ratio: int = 10  # every higher digit is carried so many times less often
    carry_sensing: str = "adc"  # one of ``CARRY_SENSING``; the run is the same


class _Lines(NamedTuple):
    """Energies of switching one line, per layer, J."""

    row: np.ndarray  # crosses both devices of every pair
    column: np.ndarray  # crosses one device of every row


def _sizes(run: Run) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows (with bias), columns, and rows that are driven in a forward read, per layer."""
    rows, cols = np.array(run.layers[:-1], float) + 1.0, np.array(run.layers[1:], float)
    driven = rows.copy()
    driven[0] = 1.0 + run.density * (rows[0] - 1.0)
    return rows, cols, driven


def _lines(run: Run, k: Mapping[str, float], volts: float) -> _Lines:
    """A line that is switched to `volts`: C V^2 of the cells it crosses, and its driver."""
    rows, cols, _ = _sizes(run)
    cell = k["cell_line"] * volts**2
    return _Lines(k["driver"] + 2.0 * cols * cell, k["driver"] + rows * cell)


def _device(run: Run, k: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """A device that is read, and one that is pulsed, V^2 G t per layer, J."""
    g = k["g_factor"] * np.array(run.work.get("conductance", np.full(len(run.layers) - 1, MEAN_CONDUCTANCE)), float)
    return k["v_read"] ** 2 * g * k["t_read"], k["v_pulse"] ** 2 * g * k["t_pulse"]


def _work(run: Run) -> dict[str, np.ndarray]:
    """Events of one image, per layer; and ``back``, its backward crossings."""
    w = {name: np.array(counts, float) / run.images for name, counts in run.work.items() if name != "conductance"}
    crossings = w["back_rows"] * w["back_columns"]
    w["back"] = np.divide(crossings, w["back_reads"], out=np.zeros_like(crossings), where=w["back_reads"] > 0)
    return w


def _carries(run: Run, k: Mapping[str, float]) -> float:
    """J per image of all carries: finding the weights to carry, and writing them one by one with a read after every
    pulse.

    Every digit but the highest is scanned row by row at its own period; counts of carried weights and pulses are those
    of the run.
    """
    if not run.period or run.digits < 2:
        return 0.0
    rows, cols, _ = _sizes(run)
    w, (read, pulse) = _work(run), _device(run, k)
    at_read, at_pulse = _lines(run, k, k["v_read"]), _lines(run, k, k["v_pulse"])
    adc = k["adc_step"] * 2 ** k["carry_bits"]
    decide = {"adc": adc, "comparators": 2.0 * k["comparator"]}[run.carry_sensing]
    scans = sum(1.0 / (run.period * run.carry_ratio**q) for q in range(run.digits - 1))
    found = scans * (rows * (cols * (2.0 * read + k["sense"] + decide) + at_read.row)).sum()
    if run.carry_sensing == "comparators":
        found += (w["carries"] * adc).sum()
    write = pulse + at_pulse.row + at_pulse.column
    written = (
        w["carry_pulses"] * (write + read + at_read.row + k["sense"] + k["comparator"]) + w["carry_resets"] * write
    )
    return float(found + written.sum())


def binary_stochastic(run: Run, k: Mapping[str, float]) -> Parts:
    """J per image of binary-stochastic hardware: drivers, comparators and noise in the place of DACs and ADCs.

    Decisions: inputs that are not 0, hidden neurons, output samples; two for each derivative and for each sign that
    goes back.
    """
    _, cols, driven = _sizes(run)
    w, (read, pulse) = _work(run), _device(run, k)
    at_read, at_pulse = _lines(run, k, k["v_read"]), _lines(run, k, k["v_pulse"])
    digits = max(run.digits, 1)
    bits = run.reads * (driven[0] - 1.0 + cols[:-1].sum()) + run.reads * run.draws * cols[-1]
    slopes, signs = (w["back_reads"][1:] * cols[:-1]).sum(), w["back_rows"].sum()
    return {
        "array reads": float((read * 2 * digits * (w["read_rows"] * cols + w["back"])).sum()),
        "drivers": float(digits * (w["read_rows"] * at_read.row + 2 * w["back_columns"] * at_read.column).sum()),
        "sense": float((run.reads * cols.sum() + signs) * digits * k["sense"]),
        "comparators": float((bits + 2 * slopes + 2 * signs) * k["comparator"]),
        "noise": float((bits + slopes + signs) * k["random_bit"]),
        "pulses": float(
            (w["pulses"] * pulse + w["event_rows"] * at_pulse.row + w["event_columns"] * at_pulse.column).sum()
        ),
        "carries": _carries(run, k),
    }


def analog(run: Run, k: Mapping[str, float], *, verify: bool = False) -> Parts:
    """J per image of conventional memristor hardware: back-propagation with a DAC on every driven and an ADC on every
    sensed line.

    Weights are updated all at once, by pulses as long as the product of error and input; or, with `verify`, one by one,
    with one pulse and one read through an ADC for each.
    """
    rows, cols, driven = _sizes(run)
    # Mean squares: of signals uniform from 0 to 1, a third; mean length of a pulse: a quarter.
    read, pulse = _device(run, k)[0] / 3.0, _device(run, k)[1] / 4.0
    at_read, at_pulse = _lines(run, k, k["v_read"]), _lines(run, k, k["v_pulse"])
    adc, dac = k["adc_step"] * 2 ** k["adc_bits"], k["dac_step"] * 2 ** k["dac_bits"]
    sensed, updated = cols.sum() + (rows[1:] - 1.0).sum(), driven * cols
    parts = {
        "array reads": float((2 * read * updated).sum() + (2 * read[1:] * rows[1:] * cols[1:]).sum()),
        "drivers": float((driven * at_read.row).sum() + (2 * cols[1:] * at_read.column[1:]).sum()),
        "DAC": float((driven.sum() + cols[1:].sum()) * dac),
        "sense": float(sensed * k["sense"]),
        "ADC": float(sensed * adc),
        "functions": float(2 * cols.sum() * k["function"]),
    }
    if not verify:
        parts["update DAC"] = float((driven + cols).sum() * dac)
        parts["pulses"] = float((updated * pulse + driven * at_pulse.row + cols * at_pulse.column).sum())
        return parts
    parts["pulses"] = float((updated * (4.0 * pulse + at_pulse.row + at_pulse.column)).sum())
    parts["verify"] = float((updated * (2 * 3.0 * read + at_read.row + k["sense"] + adc + dac)).sum())
    return parts


def digital(run: Run, k: Mapping[str, float]) -> Parts:
    """J per image of digital CMOS, one image at a time: forward, backward and outer product; weights are read twice and
    written once.
    """
    rows, cols, driven = _sizes(run)
    forward, backward = (driven * cols).sum(), (rows[1:] * cols[1:]).sum()
    mac = k["multiply"] + k["add"]
    return {
        "multiply-accumulate": float((forward + backward) * mac),
        "memory": float((forward + backward) * k["word"]),
        "update": float(forward * mac),
        "update memory": float(2 * forward * k["word"]),
        "functions": float(2 * cols.sum() * k["function"]),
    }


def parts_of(run: Run, k: Mapping[str, float]) -> dict[str, Parts]:
    """Energies of all systems, by the names in ``SYSTEMS``."""
    found = (binary_stochastic(run, k), analog(run, k), analog(run, k, verify=True), digital(run, k))
    return dict(zip(SYSTEMS, found, strict=True))


def mac_parts(run: Run, k: Mapping[str, float]) -> dict[str, Parts]:
    """Energies of the multiply-accumulates of one image, J, by the names in ``MAC_SYSTEMS``."""
    every = [binary_stochastic(run, k), analog(run, k), digital(run, k)]
    taken = [{name: parts[name] for name in _READ if name in parts} for parts in every]
    taken.append({"multiply-accumulate": taken[-1]["multiply-accumulate"]})
    return dict(zip(MAC_SYSTEMS, taken, strict=True))


def macs(run: Run) -> np.ndarray:
    """Multiply-accumulates of one image, in the order of ``MAC_SYSTEMS``; the same for all but the first."""
    rows, cols, driven = _sizes(run)
    w = _work(run)
    others = (driven * cols).sum() + (rows[1:] * cols[1:]).sum()
    return np.array([(w["read_rows"] * cols + w["back"]).sum(), others, others, others])


def joules_per_mac(run: Run, k: Mapping[str, float]) -> np.ndarray:
    """J per multiply-accumulate, in the order of ``MAC_SYSTEMS``."""
    found: np.ndarray = np.array([sum(parts.values()) for parts in mac_parts(run, k).values()]) / macs(run)
    return found


def ratios(run: Run, k: Mapping[str, float]) -> np.ndarray:
    """Energies of training over that of the binary-stochastic system, in the order of ``SYSTEMS[1:]``."""
    totals = np.array([sum(parts.values()) for parts in parts_of(run, k).values()])
    found: np.ndarray = totals[1:] / totals[0]
    return found


def mac_ratios(run: Run, k: Mapping[str, float]) -> np.ndarray:
    """Energies of a multiply-accumulate over that of the binary-stochastic system, ordered as ``MAC_SYSTEMS[1:]``."""
    each = joules_per_mac(run, k)
    found: np.ndarray = each[1:] / each[0]
    return found


Ratios = Callable[[Run, Mapping[str, float]], np.ndarray]
"""`ratios` or `mac_ratios`."""


def sensitivity(run: Run, of: Ratios = ratios) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Ratios with one constant at the low, and at the high end of its range."""
    return {
        name: (of(run, values(**{name: c.low})), of(run, values(**{name: c.high}))) for name, c in CONSTANTS.items()
    }


def draws(run: Run, n: int = 2000, seed: int = 0, of: Ratios = ratios) -> np.ndarray:
    """Ratios, (n, 3), with all constants drawn log-uniformly and independently from their ranges."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        drawn = {name: float(c.low * (c.high / c.low) ** rng.random()) for name, c in CONSTANTS.items()}
        found.append(of(run, drawn))
    return np.array(found)


def spread(run: Run, n: int = 2000, seed: int = 0, of: Ratios = ratios) -> np.ndarray:
    """Quantiles 0.05, 0.5 and 0.95 of `draws`, (3, 3)."""
    quantiles: np.ndarray = np.quantile(draws(run, n, seed, of), [0.05, 0.5, 0.95], axis=0)
    return quantiles
