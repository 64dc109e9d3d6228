"""A network that was trained elsewhere, as arrays take it: matrices of rows and columns, biases, neurons; and the same
network in NumPy, to compare with.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..arrays.mapped import Maps
from ..base.errors import DataError
from ..describe.maps import ArrayShape
from ..describe.network import Network as Words
from .layers import Layer, Model, Pool

ACTIVATIONS: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "linear": lambda z, _: z,
    "relu": lambda z, _: np.maximum(z, 0.0),
    "sigmoid": lambda z, _: 0.5 + 0.5 * np.tanh(0.5 * z),
    "tanh": lambda z, _: np.tanh(z),
    "hard-sigmoid": lambda z, c: np.clip(0.5 + z / (2.0 * c), 0.0, 1.0),
}
"""Hidden neurons in NumPy, of the sum of their inputs and the half width."""

BOUNDED = ("sigmoid", "tanh", "hard-sigmoid")
"""Neurons whose outputs end at 1 by themselves."""

_TOGETHER = 500
"""Samples that are computed at a time: a convolution needs room for all its positions."""


@dataclass(frozen=True, eq=False)
class Network:
    """Matrices, and what is between them.

    Attributes
    ----------
    words : xbarsim.describe.network.Network
        The layers as a layout has them.
    names : tuple of str
        Of the arrays.
    weights : tuple of (rows, columns) float64
        Of a convolution (kernel height * kernel width * channels) rows.
    biases : tuple of (columns,) float64
    neurons : tuple of str
        Of the hidden layers.
    half_width : float
        Of hard sigmoids.
    """

    words: Words
    names: tuple[str, ...]
    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    neurons: tuple[str, ...]
    half_width: float

    @cached_property
    def _maps(self) -> Maps:
        return Maps(self.words)

    def largest(self, x: np.ndarray) -> list[float]:
        """Largest magnitude of the outputs of every hidden layer, for inputs from 0 to 1, (samples, inputs)."""
        most = np.zeros(len(self.neurons))
        for a in range(0, len(x), _TOGETHER):
            _, hidden = self._through(x[a : a + _TOGETHER])
            most = np.maximum(most, [float(np.abs(y).max()) for y in hidden])
        return [float(y) for y in most]

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Outputs, (samples, classes) float64, for inputs (samples, inputs)."""
        x = np.asarray(x, np.float64)
        return np.concatenate([self._through(x[a : a + _TOGETHER])[0] for a in range(0, len(x), _TOGETHER)])

    def _through(self, x: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
        """What the last array gives, and the outputs of all hidden layers."""
        hidden = []
        for k, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = (self._maps.read(k, x) @ w + b).reshape(len(x), -1)
            if k == len(self.weights) - 1:
                break
            x = ACTIVATIONS[self.neurons[k]](z, self.half_width)
            hidden.append(x)
        return z, hidden

    def normalised(self, mean: np.ndarray, std: np.ndarray) -> Network:
        """The same network for inputs that were not normalised: (x - mean) / std is folded into the first array.

        Parameters
        ----------
        mean, std : () or (channels,) or (inputs,) float64

        Raises
        ------
        DataError
            If they are of another number, or a convolution pads: zeros around normalised images are the mean around
            others.
        """
        first = self.words.arrays[0]
        rows = [_of_rows(name, v, first) for name, v in (("--input-mean", mean), ("--input-std", std))]
        if (mean == 0.0).all() and (std == 1.0).all():
            return self
        if first.pools:
            raise DataError("--input-mean: expected a network that begins with weights, got a pool; normalise the data")
        if first.window is not None and first.window.padding and (mean != 0.0).any():
            raise DataError(
                f"--input-mean: expected a first convolution without padding, got {first.window.padding} of "
                f"{self.names[0]}: zeros around normalised images are no zeros around others; train without the mean"
            )
        if not (rows[1] > 0.0).all():
            raise DataError(f"--input-std: expected numbers above 0, got {rows[1].min():g}; inputs are divided by it")
        w = self.weights[0] / rows[1][:, None]
        return replace(self, weights=(w, *self.weights[1:]), biases=(self.biases[0] - rows[0] @ w, *self.biases[1:]))


def _of_rows(name: str, values: np.ndarray, array: ArrayShape) -> np.ndarray:
    """A number for each row of the first array, of one for all, one for each channel or, of a dense layer, input."""
    channels = array.source.channels if array.source.height * array.source.width > 1 or array.window else 1
    if values.size == 1:
        return np.full(array.inputs, float(values.reshape(-1)[0]))
    if array.window is None and values.size == array.inputs:
        return values.reshape(-1)
    if values.size == channels:
        return np.tile(values.reshape(-1), array.inputs // channels)
    raise DataError(
        f"{name}: expected one number, or one for each of {channels} channels"
        f"{'' if array.window else f' or {array.inputs} inputs'}, got {values.size}; give one"
    )


def words_of(model: Model, layers: Sequence[int | str], inputs: int) -> Words:
    """The layers of a model as a layout has them.

    Parameters
    ----------
    model : Model
    layers : sequence of int and str
        As they were given: strides, padding and pools are in no array; empty: they follow from the model.
    inputs : int
        Numbers of a sample; 0: unknown.

    Raises
    ------
    DataError
        If they do not go with the weights, or there is not enough to tell.
    """
    if layers:
        return Words(layers=tuple(layers))
    weights = model.with_weights
    if all(isinstance(layer, Layer) and layer.is_dense for layer in model.layers):
        return Words(layers=(weights[0].inputs, *(layer.outputs for layer in weights)))
    first = weights[0]
    channels = 1 if first.is_dense else first.inputs
    side = math.isqrt(inputs // channels) if inputs and inputs % channels == 0 else 0
    if not model.whole or not side or side * side * channels != inputs:
        raise DataError(
            f"{first.name}: expected --layers with a network of convolutions, as weights do not say the size of "
            "images, strides and pools; give for example --layers 28x28x1,conv5x16,pool2,conv5x32,pool2,128,10"
        )
    found: list[int | str] = [f"{side}x{side}x{channels}"]
    for layer in model.layers:
        if isinstance(layer, Pool):
            found.append(f"{'pool' if layer.kind == 'max' else 'mean'}{layer.size}s{layer.stride}")
        elif layer.is_dense:
            found.append(layer.outputs)
        else:
            high, wide = layer.weight.shape[2:]
            moves = f"s{layer.stride}" if layer.stride > 1 else ""
            zeros = f"p{layer.padding}" if layer.padding else ""
            found.append(f"conv{high}{'' if high == wide else f'x{wide}'}x{layer.outputs}{moves}{zeros}")
    return Words(layers=tuple(found))


def network_of(
    model: Model, neurons: tuple[str, ...], half_width: float, layers: Sequence[int | str] = (), inputs: int = 0
) -> Network:
    """Matrices of a model.

    Raises
    ------
    DataError
        If weights do not go with the layers, or are not finite.
    """
    words, weights = words_of(model, layers, inputs), model.with_weights
    if len(words.arrays) != len(weights):
        raise DataError(
            f"--layers: expected {len(weights)} layers with weights, as there are "
            f"{', '.join(x.name for x in weights)}, got {len(words.arrays)}; correct --layers, or --map"
        )
    matrices = [_matrix(layer, array) for layer, array in zip(weights, words.arrays, strict=True)]
    biases = [np.zeros(x.outputs) if x.bias is None else x.bias for x in weights]
    for layer, w, b in zip(weights, matrices, biases, strict=True):
        if not (np.isfinite(w).all() and np.isfinite(b).all() and np.abs(w).max() < 1e30 and np.abs(b).max() < 1e30):
            raise DataError(f"{layer.name}: expected finite numbers below 1e30, got others; train or save it anew")
    return Network(words, tuple(x.name for x in weights), tuple(matrices), tuple(biases), neurons, half_width)


def _matrix(layer: Layer, array: ArrayShape) -> np.ndarray:
    """(rows, columns) of a layer, as the array's rows are driven: pixel after pixel, channels last."""
    source, wanted = array.source, (array.inputs, array.outputs)
    if array.window is not None:
        shape = (array.outputs, source.channels, array.window.height, array.window.width)
        if layer.weight.shape == shape:
            return np.ascontiguousarray(layer.weight.transpose(2, 3, 1, 0).reshape(wanted))
    elif layer.weight.shape == wanted[::-1]:
        w = layer.weight
        if layer.channels_first and source.height * source.width > 1 and source.channels > 1:
            w = w.reshape(-1, source.channels, source.height, source.width).transpose(0, 2, 3, 1).reshape(w.shape)
        return np.ascontiguousarray(w.T)
    asked = f"{array.inputs} rows and {array.outputs} columns ({source}{' in windows' if array.window else ''})"
    raise DataError(f"{layer.name}: expected {asked}, got weights of shape {layer.weight.shape}; correct --layers")
