"""A network that was trained elsewhere, as an array takes it: matrices of rows and columns, biases, neurons; and the
same network in NumPy, to compare with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..base.errors import DataError

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


@dataclass(frozen=True, eq=False)
class Network:
    """A network of dense layers.

    Attributes
    ----------
    names : tuple of str
        Of the layers.
    weights : tuple of (inputs, outputs) float64
    biases : tuple of (outputs,) float64
    neurons : tuple of str
        Of the hidden layers.
    half_width : float
        Of hard sigmoids.
    """

    names: tuple[str, ...]
    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    neurons: tuple[str, ...]
    half_width: float

    @property
    def sizes(self) -> tuple[int, ...]:
        """Inputs, hidden neurons and outputs."""
        return (self.weights[0].shape[0], *(w.shape[1] for w in self.weights))

    def hidden(self, x: np.ndarray) -> list[np.ndarray]:
        """Outputs of all hidden layers, (samples, neurons) float64 each, for inputs from 0 to 1."""
        found: list[np.ndarray] = []
        for w, b, kind in zip(self.weights, self.biases, self.neurons, strict=False):
            x = ACTIVATIONS[kind](x @ w + b, self.half_width)
            found.append(x)
        return found

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Outputs, (samples, classes) float64."""
        x = np.asarray(x, np.float64)
        last = self.hidden(x)[-1] if self.neurons else x
        answers: np.ndarray = last @ self.weights[-1] + self.biases[-1]
        return answers

    def normalised(self, mean: np.ndarray, std: np.ndarray) -> Network:
        """The same network for inputs that were not normalised: (x - mean) / std is folded into the first layer.

        Parameters
        ----------
        mean, std : () or (inputs,) float64

        Raises
        ------
        DataError
            If they are neither one number nor one for each input.
        """
        w = self.weights[0]
        for name, values in (("--input-mean", mean), ("--input-std", std)):
            if values.shape not in ((), (1,), (len(w),)):
                raise DataError(f"{name}: expected one number, or one for each of {len(w)} inputs, got {values.size}")
        if not (std > 0.0).all():
            raise DataError(
                f"--input-std: expected numbers above 0, got {float(std.min()):g}; inputs are divided by it"
            )
        scale, shift = np.broadcast_to(1.0 / std, (len(w),)), np.broadcast_to(mean / std, (len(w),))
        first, bias = w * scale[:, None], self.biases[0] - shift @ w
        return Network(self.names, (first, *self.weights[1:]), (bias, *self.biases[1:]), self.neurons, self.half_width)


def checked_weights(pairs: Sequence[tuple[str, np.ndarray, np.ndarray | None]]) -> None:
    """Raise a `DataError` unless all numbers fit into float32."""
    for name, weight, bias in pairs:
        for values in (weight, bias):
            if values is not None and not (np.abs(values) < 1e30).all():
                raise DataError(f"{name}: expected finite numbers below 1e30, got others; train or save it anew")
