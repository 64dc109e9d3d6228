"""Energy of training by counting events: binary-stochastic hardware, analog memristor hardware with converters, and digital CMOS.

A **reconstruction**. Of the energy figures of Li et al. (see `binary`) only words are known: "two orders of magnitude compared to traditional
memristor-based hardware and three orders of magnitude compared to CMOS-based hardware" (journal abstract), "more than three orders of
magnitudes" for the energy efficiency of multiply-accumulates (arXiv abstract). Nothing below is theirs. All three systems are given the same
run: its layers, images and, for the first, the events that were counted in it (`Result.work`). Every constant is a parameter with a default, a
range and its source; `seen` says whether the number was seen in a source, and is otherwise an assumption of this project.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

Parts = dict[str, float]
"""Energies of one image by what they are spent on, J."""

MEAN_CONDUCTANCE = 5e-7
"""S, of a device, for runs with ideal steps, which have none."""

SYSTEMS = ("binary-stochastic", "analog, parallel update", "analog, write and verify", "digital CMOS")


class Constant(NamedTuple):
    """One constant, in SI units."""

    value: float
    low: float
    high: float
    unit: str
    meaning: str
    source: str = "assumption"
    seen: bool = False


_HOROWITZ = "45 nm, 0.9 V, Horowitz, ISSCC 2014, 10.1109/ISSCC.2014.6757323, as quoted in Table 3 of PMC8934428"
CONSTANTS: dict[str, Constant] = {
    "v_read": Constant(0.1, 0.05, 0.3, "V", "read voltage"),
    "g_factor": Constant(1.0, 0.5, 100.0, "1", "factor on the conductances of the run's own devices, on average"),
    "t_read": Constant(1e-8, 1e-9, 1e-7, "s", "duration of a read"),
    "v_pulse": Constant(1.5, 0.8, 3.0, "V", "programming pulse"),
    "t_pulse": Constant(5e-8, 5e-9, 1e-6, "s", "programming pulse"),
    "driver": Constant(1e-14, 1e-15, 1e-13, "J", "a line is switched to the read voltage"),
    "gate": Constant(2e-13, 5e-14, 2e-12, "J", "a line is switched to the programming voltage"),
    "sense": Constant(1e-13, 2e-14, 1e-12, "J", "current-to-voltage stage, a read"),
    "comparator": Constant(
        6.7e-14, 5e-15, 5e-13, "J", "a decision",
        "67 fJ, 65 nm, after layout: Satapathy and Kaur, Circuits Syst. Signal Process. 42, 5108, 2023, 10.1007/s00034-023-02375-6", True,
    ),
    "random_bit": Constant(1e-14, 1e-15, 3e-12, "J", "a noise voltage or random bit"),
    "adc_step": Constant(
        5e-14, 4.4e-15, 5e-13, "J", "ADC, a conversion step (of 2^bits)",
        "low end: 4.4 fJ, van Elzakker et al., ISSCC 2008, as listed in Jonsson's survey; the default allows for sampling, references and buffers", True,
    ),
    "adc_bits": Constant(8, 6, 10, "bits", "ADC of the analog system"),
    "carry_bits": Constant(6, 4, 8, "bits", "ADC that senses digits at a carry"),
    "dac_step": Constant(2e-15, 5e-16, 2e-14, "J", "DAC, a step (of 2^bits)"),
    "dac_bits": Constant(8, 6, 8, "bits", "DAC of the analog system"),
    "multiply": Constant(3.7e-12, 2e-13, 3.7e-12, "J", "float32 multiplication; low end: int8", _HOROWITZ, True),
    "add": Constant(9e-13, 3e-14, 9e-13, "J", "float32 addition; low end: int8", _HOROWITZ, True),
    "word": Constant(
        5e-12, 1.25e-12, 5e-11, "J", "a 32-bit word from or to memory of 8 kB; the ends are assumptions: a byte, and 1 MB", _HOROWITZ, True
    ),
    "function": Constant(1e-11, 1e-12, 3e-11, "J", "an activation function or its derivative, digital"),
}  # fmt: skip
"""Default, range, unit, meaning, source."""


class Run(NamedTuple):
    """What the three systems are compared on: a training run."""

    layers: tuple[int, ...]
    images: int
    reads: int  # of an image
    draws: int  # of a read
    digits: int  # pairs of devices per weight
    period: int  # images between carries, 0: never
    work: Mapping[str, Sequence[float]]  # counts of the whole run, per layer: see `kernels.binary_train`
    density: float = 0.191  # of the inputs, those that are not 0; MNIST's training images have 0.191


def values(**changed: float) -> dict[str, float]:
    """All constants at their defaults, but for `changed`."""
    return {**{name: c.value for name, c in CONSTANTS.items()}, **changed}


def _sizes(run: Run) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, cols = np.array(run.layers[:-1], float) + 1.0, np.array(run.layers[1:], float)
    driven = rows.copy()
    driven[0] = 1.0 + run.density * (rows[0] - 1.0)
    return rows, cols, driven


def binary_stochastic(run: Run, k: Mapping[str, float]) -> Parts:
    """J per image of binary-stochastic hardware: drivers, comparators and noise in the place of DACs and ADCs."""
    rows, cols, _ = _sizes(run)
    w = {name: np.array(counts, float) / run.images for name, counts in run.work.items() if name != "conductance"}
    g = k["g_factor"] * np.array(run.work.get("conductance", np.full(len(cols), MEAN_CONDUCTANCE)), float)
    digits, draws = max(run.digits, 1), run.reads * run.draws
    read, pulse = k["v_read"] ** 2 * g * k["t_read"], k["v_pulse"] ** 2 * g * k["t_pulse"]
    back = np.divide(
        w["back_rows"] * w["back_columns"], w["back_reads"], out=np.zeros(len(cols)), where=w["back_reads"] > 0
    )
    slopes = (w["back_reads"][1:] * cols[:-1]).sum()
    scanned = (rows * cols).sum() * (digits - 1) / run.period if run.period else 0.0
    return {
        "array reads": float((read * 2 * digits * (w["read_rows"] * cols + back)).sum()),
        "drivers": float((w["read_rows"] + 2 * w["back_columns"]).sum() * digits * k["driver"]),
        "sense": float((run.reads * cols.sum() + w["back_rows"].sum()) * digits * k["sense"]),
        "comparators": float(
            (run.reads * cols[:-1].sum() + draws * cols[-1] + 2 * slopes + 2 * w["back_rows"].sum()) * k["comparator"]
        ),
        "noise": float(
            (run.reads * (run.layers[0] + cols[:-1].sum()) + draws * cols[-1] + slopes + w["back_rows"].sum()) * k["random_bit"]
        ),
        "pulses": float((w["pulses"] * pulse).sum() + (w["event_rows"] + w["event_columns"]).sum() * k["gate"]),
        "carries": float(
            (w["carry_pulses"] * (pulse + read + 2 * k["gate"] + k["comparator"])).sum() + 2 * k["gate"] * w["carry_resets"].sum()
            + scanned * (2 * float(read.mean()) + k["sense"] + k["adc_step"] * 2 ** k["carry_bits"])
        ),
    }  # fmt: skip


def analog(run: Run, k: Mapping[str, float], *, verify: bool = False) -> Parts:
    """J per image of conventional memristor hardware: back-propagation with a DAC on every driven and an ADC on every sensed line.

    Weights are updated all at once, by pulses as long as the product of error and input; or, with `verify`, one by one, with one pulse
    and one read through an ADC for each.
    """
    rows, cols, driven = _sizes(run)
    g = k["g_factor"] * np.array(run.work.get("conductance", np.full(len(cols), MEAN_CONDUCTANCE)), float)
    # Mean squares: of signals uniform from 0 to 1, a third; mean length of a pulse: a quarter.
    read, pulse = k["v_read"] ** 2 * g * k["t_read"] / 3.0, k["v_pulse"] ** 2 * g * k["t_pulse"] / 4.0
    adc, dac = k["adc_step"] * 2 ** k["adc_bits"], k["dac_step"] * 2 ** k["dac_bits"]
    sensed, updated = cols.sum() + (rows[1:] - 1.0).sum(), driven * cols
    forward_backward = driven.sum() + cols[1:].sum()
    parts = {
        "array reads": float((2 * read * updated).sum() + (2 * read[1:] * rows[1:] * cols[1:]).sum()),
        "drivers": float(forward_backward * k["driver"]),
        "DAC": float((forward_backward + (0.0 if verify else (driven + cols).sum())) * dac),
        "sense": float(sensed * k["sense"]),
        "ADC": float(sensed * adc),
        "functions": float(2 * cols.sum() * k["function"]),
        "pulses": float((updated * pulse).sum() + (driven + cols).sum() * k["gate"]),
    }
    if verify:
        parts["pulses"] = float((updated * (4.0 * pulse + 2 * k["gate"])).sum())
        parts["verify"] = float((updated * (2 * 3.0 * read + k["sense"] + adc + dac)).sum())
    return parts


def digital(run: Run, k: Mapping[str, float]) -> Parts:
    """J per image of digital CMOS, one image at a time: forward, backward and outer product; weights are read twice and written once."""
    rows, cols, driven = _sizes(run)
    inner = (rows[1:] * cols[1:]).sum()
    products = (driven * cols).sum()
    return {
        "multiply-accumulate": float((2 * products + inner) * (k["multiply"] + k["add"])),
        "memory": float((3 * products + inner) * k["word"]),
        "functions": float(2 * cols.sum() * k["function"]),
    }


def parts_of(run: Run, k: Mapping[str, float]) -> dict[str, Parts]:
    """Energies of all systems, by the names in ``SYSTEMS``."""
    found = (binary_stochastic(run, k), analog(run, k), analog(run, k, verify=True), digital(run, k))
    return dict(zip(SYSTEMS, found, strict=True))


def ratios(run: Run, k: Mapping[str, float]) -> np.ndarray:
    """Energies of the other systems over that of the binary-stochastic one, in the order of ``SYSTEMS[1:]``."""
    totals = [sum(parts.values()) for parts in parts_of(run, k).values()]
    return np.array(totals[1:]) / totals[0]


def sensitivity(run: Run) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Ratios with one constant at the low, and at the high end of its range."""
    return {
        name: (ratios(run, values(**{name: c.low})), ratios(run, values(**{name: c.high}))) for name, c in CONSTANTS.items()
    }  # fmt: skip


def spread(run: Run, n: int = 4000, seed: int = 0) -> np.ndarray:
    """Quantiles 0.05, 0.5 and 0.95 of the ratios, (3, 3), with all constants drawn log-uniformly from their ranges."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        drawn = {name: float(c.low * (c.high / c.low) ** rng.random()) for name, c in CONSTANTS.items()}
        found.append(ratios(run, drawn))
    quantiles: np.ndarray = np.quantile(found, [0.05, 0.5, 0.95], axis=0)
    return quantiles


def markdown(run: Run) -> str:
    """All tables as Markdown: parts, ratios, how they move, and the constants."""
    k = values()
    lines = ["| system | nJ per image | of this |", "| --- | --- | --- |"]
    for name, parts in parts_of(run, k).items():
        total = sum(parts.values())
        shares = ", ".join(f"{what} {100 * e / total:.0f} %" for what, e in sorted(parts.items(), key=lambda p: -p[1]))
        lines.append(f"| {name} | {1e9 * total:.3g} | {shares} |")
    quantiles, moved = spread(run), sensitivity(run)
    lines += [
        "",
        "| over binary-stochastic | default | one constant at a time | all drawn: 5 %, median, 95 % |",
        "| --- | --- | --- | --- |",
    ]
    for q, name in enumerate(SYSTEMS[1:]):
        ends = [float(r[q]) for pair in moved.values() for r in pair]
        drawn = ", ".join(f"{x:.3g}" for x in quantiles[:, q])
        lines.append(f"| {name} | {ratios(run, k)[q]:.3g} | {min(ends):.3g} to {max(ends):.3g} | {drawn} |")
    lines += [
        "",
        "| constant | default | range | source | " + " | ".join(SYSTEMS[1:]) + " |",
        "| --- | --- | --- | --- |" + " --- |" * 3,
    ]
    for name, c in CONSTANTS.items():
        low, high = moved[name]
        cells = " | ".join(f"{a:.3g} .. {b:.3g}" for a, b in zip(low, high, strict=True))
        source = c.source if c.seen else f"{c.source} (not from a source)"
        lines.append(f"| {name}: {c.meaning} | {c.value:g} {c.unit} | {c.low:g} to {c.high:g} | {source} | {cells} |")
    return "\n".join(lines) + "\n"
