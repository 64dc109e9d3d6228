"""What an import is asked for, and how weights with it become an array."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..after import imported as mapping_of
from ..base import checks
from ..base.errors import DataError, LayoutError
from ..base.notes import note
from ..data_sets.data_set import Dataset
from ..data_sets.load import load_dataset, recorded_name
from ..describe.layout import Layout
from ..describe.rules.imported import neurons_of
from ..elsewhere.layers import Model
from ..elsewhere.network import network_of

_SAID = {
    "layers": "--layers",
    "dataset": "--dataset",
    "rule": "",
    "method": "--mapping",
    "bias": "--bias",
    "imported_neurons": "--neurons",
    "imported_half_width": "--half-width",
    "imported_scales": "--scale",
    "imported_full": "--full",
    "imported_biases": "--bias digital",
}
"""Keys of a layout that have a flag of their own here."""


def check_keys(values: Collection[str]) -> None:
    """Refuse keys that have a flag of their own."""
    for key, flag in _SAID.items():
        if key in values:
            said = "this command" if key == "rule" else flag
            raise LayoutError(f"{key}: expected {said} to say it, got the key among others; leave it out")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What an import is asked for, beside the weights; see `xbarsim.import_weights`."""

    layers: Sequence[int | str]
    half_width: float
    device: str | None
    mapping: str
    scale: str
    bias: str
    full: Sequence[float] | float
    input_mean: Any
    input_std: Any
    dataset: str | Dataset | None
    out: str | Path | None
    force: bool
    values: dict[str, Any]
    command_line: str = ""

    def __post_init__(self) -> None:
        """Check what no layout checks."""
        check_keys(self.values)
        checks.choice("--mapping", self.mapping, mapping_of.MAPPINGS)
        checks.choice("--bias", self.bias, mapping_of.BIASES)
        checks.number("--half-width", self.half_width, above=0.0, most=1e9)
        for name in ("input_mean", "input_std"):
            if not np.isfinite(np.asarray(getattr(self, name), np.float64)).all():
                raise DataError(
                    f"--{name.replace('_', '-')}: expected finite numbers, got NaN or infinity; give that of the "
                    "training data"
                )

    @property
    def data(self) -> Dataset | None:
        """Data that are at hand."""
        return self.dataset if isinstance(self.dataset, Dataset) else load_dataset(self.dataset or "auto")


def put(read: Callable[[int], Model], neurons: str | None, asked: Asked) -> mapping_of.Import:
    """Put weights into an array.

    Parameters
    ----------
    read : function
        Of the number of inputs of a sample, which tells how matrices lie; 0: unknown. Gives the weights.
    neurons : str, optional
        Hidden neurons; None: what the weights' file says, else relu.
    asked : Asked
    """
    data = asked.data
    try:
        model = read(0 if data is None else data.inputs)
    except DataError:
        if asked.dataset is not None or data is None:
            raise
        model = read(0)  # of other data than happen to be at hand
    lines = list(model.lines)
    if neurons is None and not model.neurons and len(model.with_weights) > 1:
        lines.append("neurons: the file does not say, taken as relu; --neurons says otherwise")
    if neurons is not None and model.neurons and ",".join(model.neurons) != neurons:
        note(f"--neurons: {neurons} takes the place of {', '.join(model.neurons)}, which the file says")
    hidden = len(model.with_weights) - 1
    names = neurons_of("--neurons", neurons or ",".join(model.neurons) or "relu", hidden) if hidden else ()
    network = network_of(model, names, float(asked.half_width), asked.layers, 0 if data is None else data.inputs)
    network = network.normalised(*(np.asarray(x, np.float64) for x in (asked.input_mean, asked.input_std)))
    shape = network.words
    fits = data is not None and data.inputs == shape.inputs and data.classes <= shape.classes
    if data is not None and not fits and asked.dataset is None:
        note(
            f"no data of {shape.inputs} inputs and {shape.classes} classes is at hand, so no accuracy is "
            "taken; --dataset names some"
        )
        data = None
    base = Layout.of(layers=shape.layers)
    base = base if asked.device is None else base.with_device(asked.device)
    base = base.replace(**{"iterations": 1, **asked.values})
    if data is not None:
        named = asked.dataset if isinstance(asked.dataset, str) else (data.name if asked.dataset else "auto")
        base = base.replace(dataset=recorded_name(named, data))
    return mapping_of.write_network(
        network,
        base,
        data=data,
        out=None if asked.out is None else Path(asked.out),
        mapping=asked.mapping,
        scale=[part.strip() for part in asked.scale.split(",")],
        bias=asked.bias,
        full=list(asked.full) if isinstance(asked.full, Sequence) else [asked.full],
        said=lines,
        command_line=asked.command_line,
        force=asked.force,
    )
