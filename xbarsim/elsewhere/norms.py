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
        parts = {"mean": self.mean, "variance": self.variance, "factor": self.factor, "shift": self.shift}
        for part, values in parts.items():
            if values.shape != (layer.outputs,):
                raise DataError(
                    f"{where} {self.name}: expected a {part} for each of the {layer.outputs} outputs of {layer.name}, "
                    f"got shape {values.shape}; fold the batch normalisation into its layer, and save that"
                )
            if not np.isfinite(values).all():
                raise DataError(f"{where} {self.name}: expected finite numbers, got another {part}; save it anew")
        spread = self.variance + self.epsilon
        if (self.variance < 0.0).any() or not ((spread > 0.0) & np.isfinite(spread)).all():
            raise DataError(
                f"{where} {self.name}: expected variances of 0 or more and an epsilon above 0, got "
                f"{self.variance.min():g} and {self.epsilon:g}; save it anew"
            )
        with np.errstate(over="ignore", invalid="ignore"):
            factor = self.factor / np.sqrt(spread)
            bias = np.zeros(layer.outputs) if layer.bias is None else layer.bias
            weight = layer.weight * factor.reshape(-1, *[1] * (layer.weight.ndim - 1))
            bias = (bias - self.mean) * factor + self.shift
        if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
            raise DataError(f"{where} {self.name}: expected factors that keep weights finite, got others; save it")
        return replace(layer, weight=weight, bias=bias)


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
    match = re.fullmatch(r"(.*?)[./]?([A-Za-z_]+)", name.removesuffix(":0"))
    return (match[1], match[2].lower()) if match else (name, "")


def fold(
    norms: Sequence[Norm], layers: Sequence[Layer], order: Sequence[str], where: str, *, chosen: bool = False
) -> tuple[list[Layer], list[str]]:
    """Layers with the normalisations that follow them, and what was folded into what, in words.

    In a sequence of numbered parts (``features.0``, ``features.1``) one follows the layer before it there. Else it
    follows the layer beside it with its number (``conv1``, ``bn1``), or the only one beside it; else that whose weights
    stand before it in the file, unless files of its kind sort names by the alphabet.

    Parameters
    ----------
    norms : sequence of Norm
    layers : sequence of Layer
        Whose names are those of their weights.
    order : sequence of str
        Names of all arrays, as they stand in the file.
    where : str
    chosen : bool
        Whether a user chose the layers: then normalisations without a layer belong to others, and are left out.

    Raises
    ------
    DataError
        If there is no such layer, or two follow one.
    """
    found = {layer.name: layer for layer in layers}
    taken: dict[str, str] = {}
    told = []
    for norm in norms:
        own = _before(norm.name, list(found), order)
        if not own and chosen:
            told.append(f"{norm.name} into none, as its layer is not among those of --map")
            continue
        if not own or own in taken:
            why = f"{own} has {taken[own]} already" if own else "no name and no order says which"
            raise DataError(
                f"{where} {norm.name}: expected a layer that this batch normalisation follows, got none ({why}); fold "
                "it into its layer, and save that"
            )
        taken[own] = norm.name
        found[own] = norm.folded(found[own], where)
        told.append(f"{norm.name} into {own}")
    return list(found.values()), told


def _before(name: str, layers: Sequence[str], order: Sequence[str]) -> str:
    """The layer that a normalisation follows, by the name of its weights; "": not known."""
    above, last = _parent(name)
    beside = {layer: _parent(_split(layer)[0]) for layer in layers}
    beside = {layer: parts for layer, parts in beside.items() if parts[0] == above}
    if last.isdigit():
        earlier = [(int(parts[1]), layer) for layer, parts in beside.items() if parts[1].isdigit()]
        earlier = [(number, layer) for number, layer in earlier if number < int(last)]
        if earlier:
            return max(earlier)[1]
    sorted_by_name = list(order) == sorted(order)
    means = ((name, "running_mean"), (name, "moving_mean"))
    at = next((k for k, own in enumerate(order) if _split(own) in means), 0)
    stand_before = [own for own in order[:at] if own in layers]
    if not last.isdigit():
        alike = [layer for layer, parts in beside.items() if _number(parts[1]) == _number(last)]
        alike = [layer for layer in alike if sorted_by_name or layer in stand_before]
        if len(alike) == 1:
            return alike[0]
    return stand_before[-1] if stand_before and not sorted_by_name else ""


def _parent(name: str) -> tuple[str, str]:
    """A part's name, and that of what it is a part of.

    >>> _parent("features.0"), _parent("bn1")
    (('features', '0'), ('', 'bn1'))
    """
    above, _, last = name.replace("/", ".").rpartition(".")
    return above, last


def _number(name: str) -> str:
    """The last number in a name; "": none."""
    numbers = re.findall(r"\d+", name)
    return str(numbers[-1]) if numbers else ""
