"""A network that was trained elsewhere becomes a run file: weights are mapped to conductances, layer by layer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import DataError, LayoutError
from ..base.notes import note
from ..base.table import Table
from ..data_sets.data_set import Dataset
from ..describe.layout import Layout
from ..elsewhere.network import BOUNDED, Network
from ..kernels.base.buffers import Samples
from ..learn.imported import ImportedState
from ..loop.untrained import accuracy_of, write_state

MAPPINGS = {
    "single": "one device of a pair carries |W|, the other stays at Gmin",
    "both": "G+ and G- stand as far above and below the middle of the range as W / 2 says",
    "offset": "one device beside a fixed reference, which is where W is 0",
}
"""How a weight becomes the conductances of a pair."""

BIASES = {
    "digital": "added after the read, as numbers: no device carries them",
    "row": "conductances of one more row, which is driven at the full voltage",
}
"""Where biases are."""

TARGETS = "ideal targets, never programmed"
"""What conductances of a file are that nobody has written into devices."""

_PROBES = 1000
"""Training samples from which the largest outputs of hidden neurons are found."""


@dataclass(frozen=True)
class Mapped:
    """What became of a layer.

    Attributes
    ----------
    name : str
    inputs, outputs : int
    rows : int
        Of its array: inputs, and that of the biases if they have one.
    neurons : str
        "" of the last layer.
    scale : float
        Weight that the largest W of a pair stands for.
    clipped : int
        Weights beyond it, biases of a bias row included.
    full : float
        Output of its neurons that drives the next array at the full voltage.
    bias : float
        Largest magnitude.
    """

    name: str
    inputs: int
    outputs: int
    rows: int
    neurons: str
    scale: float
    clipped: int
    full: float
    bias: float


@dataclass(frozen=True)
class Import:
    """What was made of a network.

    Attributes
    ----------
    layers : tuple of Mapped
    accuracy : float or None
        Test accuracy of the array, as a fraction; None without data.
    accuracy_float : float or None
        The same of the float network, computed in NumPy.
    out : str or None
    lines : tuple of str
        What was found, guessed and clipped.
    """

    layers: tuple[Mapped, ...]
    accuracy: float | None
    accuracy_float: float | None
    out: str | None
    lines: tuple[str, ...]
    state: ImportedState

    @property
    def table(self) -> Table:
        """One line per layer."""
        columns = ("layer", "inputs", "outputs", "rows", "neurons", "scale", "clipped", "full", "largest_bias")
        rows = [{**vars(m), "layer": m.name, "largest_bias": m.bias} for m in self.layers]
        rows = [{name: row[name] for name in columns} for row in rows]
        return Table(rows, columns)


def scale_of(how: str, w: np.ndarray) -> float:
    """Weight that the largest W of a pair stands for: ``max``, ``percentile=99.9`` of the magnitudes, or a number.

    >>> scale_of("max", np.array([[-2.0, 1.0]])), scale_of("0.5", np.array([[-2.0, 1.0]]))
    (2.0, 0.5)
    """
    match = re.fullmatch(r"(max)|(?:percentile=)(\d+\.?\d*|\.\d+)|([0-9.eE+-]+)", how.strip())
    sizes = np.abs(w)
    if match is None:
        raise LayoutError(f"--scale: expected max, percentile=99.9 or a number, got '{how}'; give max")
    if match[1]:
        return float(sizes.max()) or 1.0
    try:
        number = float(match[2] or match[3])
    except ValueError:
        number = 0.0
    if match[2]:
        if not 0.0 < number <= 100.0:
            raise LayoutError(f"--scale: expected a percentile above 0 and up to 100, got {number:g}; give 99.9")
        return float(np.percentile(sizes, number)) or float(sizes.max()) or 1.0
    if not 1e-30 <= number <= 1e30:
        raise LayoutError(
            f"--scale: expected a number from 1e-30 to 1e30, got '{how}'; give the weight that a full W stands for"
        )
    return number


def layout_for(
    network: Network, base: Layout, *, mapping: str, bias: str, full: Sequence[float], scales: Sequence[float]
) -> Layout:
    """The layout of a network: that of the array it is mapped to, with what its numbers stand for."""
    digital = bias == "digital"
    biases = tuple(float(b) for array in network.biases for b in array) if digital else None
    return base.replace(
        layers=network.words.layers,
        rule="imported",
        method="fixed" if mapping == "offset" else "b",
        bias=not digital,
        imported_neurons=",".join(network.neurons) or "linear",
        imported_half_width=network.half_width,
        imported_scales=tuple(scales),
        imported_full=tuple(full) or None,
        imported_biases=biases if digital and any(biases or ()) else None,
    )


def sides_of(w: np.ndarray, mapping: str, state: ImportedState, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(G+, G-) of array `k` for W / U from -1 to 1: each (rows, cols) float32, S."""
    low, high = float(state.device.g_min), float(state.device.g_max)
    asked = w * state.layout.weight_range
    if mapping == "single":
        return (low + np.maximum(asked, 0.0)).astype(np.float32), (low + np.maximum(-asked, 0.0)).astype(np.float32)
    if mapping == "both":
        middle = (low + high) / 2.0
        return (middle + asked / 2.0).astype(np.float32), (middle - asked / 2.0).astype(np.float32)
    g_plus, g_minus = state.references(k)
    return np.clip(g_plus + asked, low, high).astype(np.float32), g_minus


def full_outputs(network: Network, data: Dataset | None, given: Sequence[float]) -> tuple[list[float], list[str]]:
    """Output of every hidden layer that a full voltage stands for, and how it was found."""
    hidden = len(network.neurons)
    if given:
        if len(given) not in (1, hidden) or not all(1e-30 <= x <= 1e30 for x in given):
            raise LayoutError(
                f"--full: expected one number from 1e-30 to 1e30, or one for each of {hidden} hidden layers, got "
                f"{', '.join(f'{x:g}' for x in given)}; leave it out"
            )
        return [float(x) for x in (list(given) * hidden if len(given) == 1 else given)], []
    if all(kind in BOUNDED for kind in network.neurons):
        return [1.0] * hidden, []
    if data is None:
        return [1.0] * hidden, ["full: without data nobody knows how large outputs become; a full voltage stands for 1"]
    x = inputs_of(data.x_train[:_PROBES])
    full = [1.0 if kind in BOUNDED else y or 1.0 for kind, y in zip(network.neurons, network.largest(x), strict=True)]
    return full, [
        f"full: a full voltage stands for {', '.join(f'{y:.4g}' for y in full)}, the largest outputs of {len(x):,} "
        "training samples"
    ]


def inputs_of(x: np.ndarray) -> np.ndarray:
    """Images as numbers from 0 to 1, float64."""
    return x / 255.0 if x.dtype == np.uint8 else x.astype(np.float64)


def map_network(
    network: Network,
    base: Layout,
    *,
    data: Dataset | None,
    mapping: str = "single",
    scale: Sequence[str] = ("max",),
    bias: str = "digital",
    full: Sequence[float] = (),
) -> tuple[ImportedState, tuple[Mapped, ...], list[str]]:
    """The state of an array that conducts what a network asks for, what became of the layers, and lines to tell."""
    n = len(network.weights)
    if len(scale) not in (1, n):
        raise LayoutError(f"--scale: expected one, or one for each of {n} layers, got {len(scale)}; give one")
    fulls, lines = full_outputs(network, data, full)
    given = list(scale) * n if len(scale) == 1 else list(scale)
    scales = [scale_of(how, w) for how, w in zip(given, network.weights, strict=True)]
    layout = layout_for(network, base, mapping=mapping, bias=bias, full=fulls, scales=scales)
    state = ImportedState(layout)
    state.as_targets = True
    found, rows = [], [1.0, *fulls]
    for k, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        given_w = np.vstack([w, b / rows[k]]) if bias == "row" else w
        asked = np.clip(given_w / scales[k], -1.0, 1.0)
        beyond = np.abs(given_w) > scales[k] * (1.0 + 1e-9)
        clipped = int(beyond.sum())
        if clipped:
            lines.append(
                f"{network.names[k]}: {clipped:,} of {given_w.size:,} weights are beyond {scales[k]:.4g} and clipped "
                f"to it, the largest is {np.abs(given_w).max():.4g}"
                + (
                    f"; {int(beyond[-1].sum())} of them are biases, which --bias digital leaves whole"
                    if bias == "row" and beyond[-1].any()
                    else ""
                )
            )
        sides = sides_of(asked, mapping, state, k)
        short = np.abs((sides[0] - sides[1]) / layout.weight_range - asked) > 1e-3
        if mapping == "offset" and short.any():
            lines.append(
                f"{network.names[k]}: {int(short.sum()):,} of {asked.size:,} weights have a reference from which G+ "
                "would have to leave its range, and end at the rail"
            )
        state.set_nominal(k, *sides)
        last = k == n - 1
        neurons, out = ("", 1.0) if last else (network.neurons[k], fulls[k])
        largest = float(np.abs(b).max())
        inputs, outputs = w.shape
        found.append(Mapped(network.names[k], inputs, outputs, len(given_w), neurons, scales[k], clipped, out, largest))
    return state, tuple(found), lines


def write_network(
    network: Network,
    base: Layout,
    *,
    data: Dataset | None,
    out: Path | None,
    mapping: str = "single",
    scale: Sequence[str] = ("max",),
    bias: str = "digital",
    full: Sequence[float] = (),
    said: Sequence[str] = (),
    command_line: str = "",
    force: bool = False,
) -> Import:
    """Map a network to an array, and write its run file; see `xbarsim.import_weights`."""
    if data is not None:
        data.check_fits(network.words.layers)
    state, layers, lines = map_network(network, base, data=data, mapping=mapping, scale=scale, bias=bias, full=full)
    lines = [*said, *lines]
    for line in lines:
        note(line)
    of_floats = None
    if data is not None:
        of_floats = float(np.mean(network.logits(inputs_of(data.x_test)).argmax(axis=1) == data.y_test))
    more: dict[str, Any] = {"devices": TARGETS, "mapping": mapping}
    if of_floats is not None:
        more["accuracy_float"] = np.float64(of_floats)
    if out is None:
        accuracy = None if data is None else accuracy_of(state, data)
    else:
        accuracy = write_state(
            out, state, data, given=base, said=lines, command_line=command_line, force=force, more=more
        )
    return Import(layers, accuracy, of_floats, None if out is None else str(out), tuple(lines), state)


def outputs_of(state: ImportedState, x: np.ndarray) -> np.ndarray:
    """What an array answers to inputs from 0 to 1 (or any other numbers): (samples, classes) float64, in the units of
    the software.
    """
    x = np.asarray(x, np.float32)
    if x.ndim != 2 or x.shape[1] != state.layout.network.inputs or not np.isfinite(x).all():
        raise DataError(
            f"outputs: expected finite inputs (samples, {state.layout.network.inputs}), got shape {x.shape}; give "
            "one row per sample"
        )
    sample, line = np.nonzero(x)
    start = np.searchsorted(sample, np.arange(len(x) + 1)).astype(np.int64)
    volts = (x[sample, line] * np.float32(state.layout.array.v_read)).astype(np.float32)
    return state.outputs(Samples(start, line.astype(np.int32), volts, np.zeros(len(x), np.int64)))
