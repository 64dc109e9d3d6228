"""Weights that were trained elsewhere, from arrays or files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..after import imported as mapping_of
from ..base.arguments import arguments, instance, number, optional, path, several, text, truth
from ..base.errors import DataError
from ..base.table import Table
from ..data_sets.data_set import Dataset
from ..describe.layout import Layout
from ..elsewhere.files import read_model
from ..elsewhere.layers import model_of
from .importing import Asked, put
from .outcome import Outcome


@dataclass(frozen=True, repr=False)
class Import(Outcome):
    """A network that was trained elsewhere, in an array.

    Attributes
    ----------
    found : xbarsim.after.imported.Import
        What became of its layers, accuracies as fractions, and lines that were told.

    Examples
    --------
    >>> import numpy, xbarsim
    >>> w, b = numpy.eye(2), numpy.zeros(2)
    >>> found = xbarsim.import_weights([(w, b)], dataset="two-pixels", n_max=9)
    >>> found.accuracy, found.outputs([[1.0, 0.0]]).round(5).tolist()
    (1.0, [[1.0, 0.0]])
    """

    found: mapping_of.Import

    @property
    def accuracy(self) -> float | None:
        """Test accuracy of the array, as a fraction; None without data."""
        return self.found.accuracy

    @property
    def accuracy_float(self) -> float | None:
        """Test accuracy of the float network, as a fraction; None without data."""
        return self.found.accuracy_float

    @property
    def layout(self) -> Layout:
        """Of the array."""
        return self.found.state.layout

    @property
    def out(self) -> str | None:
        """The run file."""
        return self.found.out

    @property
    def table(self) -> Table:
        """One line per layer."""
        return self.found.table

    def outputs(self, x: Any) -> np.ndarray:
        """What the array answers to inputs, (samples, inputs): (samples, classes) float64, in the units of the
        software.
        """
        return mapping_of.outputs_of(self.found.state, x)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; accuracies are fractions."""
        return {
            "out": self.out,
            "accuracy": self.accuracy,
            "accuracy_float": self.accuracy_float,
            "devices": mapping_of.TARGETS,
            "layers": [vars(layer) for layer in self.found.layers],
            "notes": list(self.found.lines),
        }

    def _draw(self, out: Path | None, *, force: bool) -> Any:
        from ..show.figures_program import plot_weights

        return plot_weights(self.found, out, force=force)


_SEQUENCE = instance((list, tuple), "a list", "give one entry for each layer")
_NUMBERS = several(number, "numbers", alone=True)


@arguments(
    weights=_SEQUENCE,
    layers=_SEQUENCE,
    neurons=text,
    half_width=number,
    mapping=text,
    scale=text,
    bias=text,
    full=_NUMBERS,
    input_mean=_NUMBERS,
    input_std=_NUMBERS,
    dataset=optional(instance((Dataset, str), "a Dataset or a name", "load one with xbarsim.load_dataset(...)")),
    device=optional(text),
    out=optional(path),
    force=truth,
)
def import_weights(
    weights: Sequence[Any],
    *,
    layers: Sequence[int | str] = (),
    neurons: str = "relu",
    half_width: float = 3.0,
    device: str | None = None,
    mapping: str = "single",
    scale: str = "max",
    bias: str = "digital",
    full: Sequence[float] | float = (),
    input_mean: Any = 0.0,
    input_std: Any = 1.0,
    dataset: str | Dataset | None = None,
    out: str | Path | None = None,
    force: bool = False,
    **values: Any,
) -> Import:
    """Put weights that were trained elsewhere into an array.

    Parameters
    ----------
    weights : sequence of (weight, bias) or weight
        NumPy arrays, or what becomes one: (outputs, inputs) as PyTorch has them, or (inputs, outputs); which of them
        follows from their shapes, and a line says it. Bias: (outputs,), or None.
    layers : sequence of int and str, optional
        As in a layout, ``("28x28x1", "conv5x16", "pool2", 10)``: strides, padding and pools are in no array. Dense
        layers need none. Convolutions are (outputs, inputs, height, width) as PyTorch has them.
    neurons : str
        Hidden neurons, one name or one for each hidden layer: ``relu``, ``sigmoid``, ``tanh``, ``hard-sigmoid``
        (clip(1/2 + x / (2 half_width), 0, 1)) or ``linear``.
    half_width : float
    device : str, optional
        Preset, device file, or ``file.py:function``.
    mapping : str
        ``single``: one device of a pair carries \\|W\\|; ``both``: around the middle; ``offset``: one device beside a
        fixed reference.
    scale : str
        Weight that the largest W of a pair stands for, of every layer: ``max``, ``percentile=99.9`` or a number; one,
        or one for each layer with commas. What is beyond it is clipped, which is told.
    bias : str
        ``digital``: added after the read; ``row``: conductances of one more row.
    full : number or numbers
        Output of hidden neurons that a full voltage stands for; default: 1 of those that end there, else the largest
        of 1,000 training samples.
    input_mean, input_std : number or numbers
        Inputs from 0 to 1 become (x - mean) / std, which is folded into the first layer.
    dataset : str or Dataset, optional
        Its test samples are used; default: ``auto``, if it fits.
    out : path, optional
        Run file, at iteration 0.
    force : bool
        Overwrite it.
    **values : any
        Keys of a layout, as in `Layout.of`.

    Returns
    -------
    Import

    Raises
    ------
    DataError
        If the shapes make no network, or a number is none.
    LayoutError
        If a setting does not fit.

    Examples
    --------
    >>> import numpy, xbarsim
    >>> rng = numpy.random.default_rng(1)
    >>> layers = [(rng.normal(size=(8, 2)), rng.normal(size=8)), (rng.normal(size=(2, 8)), None)]
    >>> found = xbarsim.import_weights(layers, neurons="tanh", dataset="two-pixels", n_max=9)
    >>> found.table[0]["inputs"], found.layout.imported.imported_neurons
    (2, 'tanh')
    """
    arrays: dict[str, np.ndarray] = {}
    parts = []
    for k, each in enumerate(weights, start=1):
        weight, bias_of = each if isinstance(each, (tuple, list)) and len(each) == 2 else (each, None)
        names = [f"layer {k} weight"]
        arrays[names[0]] = _array(names[0], weight)
        if bias_of is not None:
            names.append(f"layer {k} bias")
            arrays[names[1]] = _array(names[1], bias_of)
        parts.append("+".join(names))
    if not parts:
        raise DataError("import_weights: expected (weight, bias) of every layer, got none; give for example [(W1, b1)]")
    asked = Asked(
        layers=layers,
        half_width=half_width,
        device=device,
        mapping=mapping,
        scale=scale,
        bias=bias,
        full=full,
        input_mean=input_mean,
        input_std=input_std,
        dataset=dataset,
        out=out,
        force=force,
        values=values,
    )
    return Import(
        put(lambda inputs: model_of(arrays, "import_weights", mapping=",".join(parts), inputs=inputs), neurons, asked)
    )


def import_file(source: Path, asked: Asked, *, weights: str = "", neurons: str | None = None) -> Import:
    """Put the weights of a file into an array; `weights` says which of its arrays are layers, and `neurons` are those
    of the hidden layers if the file does not say, or wrongly.
    """
    return Import(put(lambda inputs: read_model(source, mapping=weights, inputs=inputs), neurons, asked))


def _array(name: str, given: Any) -> np.ndarray:
    try:
        found = np.asarray(given)
    except (ValueError, TypeError):
        found = np.empty(0, object)
    if found.dtype.kind not in "fiub":
        raise DataError(f"{name}: expected an array of numbers, got {type(given).__name__}; give NumPy arrays")
    return found
