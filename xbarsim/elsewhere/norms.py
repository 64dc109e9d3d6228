"""Batch normalisations, folded into the layer before them: what they do to its outputs is a factor and a shift."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..base.errors import DataError

if TYPE_CHECKING:
    from .layers import Layer

_PARTS = {
    "running_mean": "mean",
    "running_var": "variance",
    "moving_mean": "mean",
    "moving_variance": "variance",
    "weight": "factor",
    "gamma": "factor",
    "bias": "shift",
    "beta": "shift",
    "num_batches_tracked": "",
}
_EPSILON = {"running_var": 1e-5, "moving_variance": 1e-3}
"""What is added to a variance: what PyTorch and Keras take, as no array says it."""


@dataclass(frozen=True, eq=False)
class Norm:
    """A batch normalisation after training: y = factor (x - mean) / sqrt(variance + epsilon) + shift.

    Attributes
    ----------
    name : str
    mean, variance, factor, shift : (outputs,) float64
    epsilon : float
    """

    name: str
    mean: np.ndarray
    variance: np.ndarray
    factor: np.ndarray
    shift: np.ndarray
    epsilon: float

    def folded(self, layer: Layer, where: str) -> Layer:
        """The layer with this after it.

        Raises
        ------
        DataError
            If it has another number of outputs, or a variance is below 0.
        """
        parts = (self.mean, self.variance, self.factor, self.shift)
        if any(part.shape != (layer.outputs,) for part in parts):
            raise DataError(
                f"{where} {self.name}: expected a batch normalisation of the {layer.outputs} outputs of {layer.name}, "
                f"got one of {self.mean.size}; fold it into its layer, and save that"
            )
        spread = self.variance + self.epsilon
        if not all(np.isfinite(part).all() for part in parts) or not (spread > 0.0).all():
            raise DataError(f"{where} {self.name}: expected finite numbers and variances, got others; save it anew")
        factor = self.factor / np.sqrt(spread)
        bias = np.zeros(layer.outputs) if layer.bias is None else layer.bias
        weight = layer.weight * factor.reshape(-1, *[1] * (layer.weight.ndim - 1))
        return replace(layer, weight=weight, bias=(bias - self.mean) * factor + self.shift)


def taken_out(arrays: dict[str, np.ndarray], where: str) -> tuple[list[Norm], set[str]]:
    """The batch normalisations among arrays by name, in their order, and the names of all of their arrays."""
    groups: dict[str, dict[str, str]] = {}
    for name in arrays:
        head, last = _split(name)
        if last in _PARTS:
            groups.setdefault(head, {})[last] = name
    found, names = [], set[str]()
    for head, own in groups.items():
        kinds = {_PARTS[last]: name for last, name in own.items()}
        if "mean" not in kinds and "variance" not in kinds:
            continue  # a layer
        if "mean" not in kinds or "variance" not in kinds:
            raise DataError(f"{where} {head}: expected mean and variance of a batch normalisation, got one; save both")
        of = {kind: arrays[name].astype(np.float64) for kind, name in kinds.items() if kind}
        epsilon = next(value for last, value in _EPSILON.items() if last in own)
        factor, shift = of.get("factor", np.ones_like(of["mean"])), of.get("shift", np.zeros_like(of["mean"]))
        found.append(Norm(head, of["mean"], of["variance"], factor, shift, epsilon))
        names |= set(own.values())
    return found, names


def _split(name: str) -> tuple[str, str]:
    """What arrays of a layer have in common, and which of them it is.

    >>> _split("bn1.running_mean"), _split("d/batch/gamma:0")
    (('bn1', 'running_mean'), ('d/batch', 'gamma'))
    """
    match = re.fullmatch(r"(.*?)[./]?([a-z_]+)", name.removesuffix(":0"))
    return (match[1], match[2]) if match else (name, "")


def fold(norms: Sequence[Norm], layers: Sequence[Layer], order: Sequence[str], where: str) -> list[Layer]:
    """Layers with the normalisations that follow them.

    One follows the layer that has its number (``conv1``, ``bn1``), else that whose weights stand before it in the file.

    Parameters
    ----------
    norms : sequence of Norm
    layers : sequence of Layer
        Whose names are those of their weights.
    order : sequence of str
        Names of all arrays, as they stand in the file.
    where : str

    Raises
    ------
    DataError
        If there is no such layer, or two follow one.
    """
    found = {layer.name: layer for layer in layers}
    taken: dict[str, str] = {}
    for norm in norms:
        number = _number(norm.name)
        begin = next(k for k, name in enumerate(order) if _split(name)[0] == norm.name)
        alike = [name for name, x in found.items() if number and _number(_split(name)[0]) == number]
        alike = [name for name in alike if found[name].outputs == norm.mean.size]
        before = [name for name in order[:begin] if name in found]
        own = alike[0] if len(alike) == 1 else before[-1] if before else ""
        if not own or own in taken:
            why = f"{own} has {taken[own]} already" if own else "no layer stands before it"
            raise DataError(
                f"{where} {norm.name}: expected a layer that this batch normalisation follows, got none ({why}); fold "
                "it into its layer, and save that"
            )
        taken[own] = norm.name
        found[own] = norm.folded(found[own], where)
    return list(found.values())


def _number(name: str) -> str:
    """The last number in a name; "": none."""
    numbers = re.findall(r"\d+", name)
    return str(numbers[-1]) if numbers else ""
