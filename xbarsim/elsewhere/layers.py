"""Which arrays of a file are layers, in which order, and how they lie: by their names and shapes."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..base.errors import DataError, nearest
from .norms import fold, taken_out

_WORDS = re.compile(r"weights?|kernel|bias(?:es)?|(?<![a-z])[wb](?![a-z])")
_MOST_ORDERS = 7
"""Layers whose order is sought by their shapes, at most: there are 5040 orders of so many."""


@dataclass(frozen=True, eq=False)
class Layer:
    """A dense layer or a convolution, as it was trained.

    Attributes
    ----------
    name : str
    weight : (outputs, inputs) or (outputs, inputs, height, width) float64
    bias : (outputs,) float64, optional
    stride, padding : int
        Of a convolution.
    channels_first : bool
        Of a dense layer that reads a map: whether its inputs are channel after channel, as PyTorch flattens maps, or
        pixel after pixel.
    """

    name: str
    weight: np.ndarray
    bias: np.ndarray | None
    stride: int = 1
    padding: int = 0
    channels_first: bool = True

    @property
    def is_dense(self) -> bool:
        """Whether every output sees every input."""
        return self.weight.ndim == 2

    @property
    def outputs(self) -> int:
        """Neurons, or channels."""
        return int(self.weight.shape[0])

    @property
    def inputs(self) -> int:
        """Inputs, or channels of them."""
        return int(self.weight.shape[1])


@dataclass(frozen=True)
class Pool:
    """A pooling layer."""

    kind: str  # ``max`` or ``mean``
    size: int
    stride: int


@dataclass(frozen=True)
class Model:
    """What a file holds.

    Attributes
    ----------
    layers : tuple of Layer and Pool
        In the order of the way of a sample.
    neurons : tuple of str
        Of the hidden layers; empty where the file does not say.
    lines : tuple of str
        What was found out, a line each.
    whole : bool
        Whether strides, padding and pools are known, too.
    """

    layers: tuple[Layer | Pool, ...]
    neurons: tuple[str, ...] = ()
    lines: tuple[str, ...] = field(default=())
    whole: bool = False

    @property
    def with_weights(self) -> list[Layer]:
        """The layers that have some."""
        return [layer for layer in self.layers if isinstance(layer, Layer)]


def stem_of(name: str) -> str:
    """What a weight and its bias have in common.

    >>> stem_of("fc1.weight") == stem_of("fc1.bias"), stem_of("W1") == stem_of("b1"), stem_of("dense/kernel:0")
    (True, True, 'dense')
    """
    return re.sub(r"[^a-z0-9]+", ".", _WORDS.sub("", name.lower().removesuffix(":0"))).strip(".")


def model_of(arrays: dict[str, np.ndarray], where: str, *, mapping: str = "", inputs: int = 0) -> Model:
    """The layers of arrays by name.

    Parameters
    ----------
    arrays : mapping
        In the order of the file.
    where : str
        For errors.
    mapping : str
        ``WEIGHT+BIAS,WEIGHT,...``: names of the arrays of every layer, in order; "": they are found by names and
        shapes.
    inputs : int
        Numbers of a sample; 0: unknown.

    Raises
    ------
    DataError
        If no order of theirs makes a network, or a number is none.
    """
    every = {name: np.asarray(a) for name, a in arrays.items() if np.asarray(a).dtype.kind in "fiub"}
    norms, of_norms = taken_out(every, where)
    numbers = {name: a for name, a in every.items() if name not in of_norms}
    pairs, used = _chosen(numbers, where, mapping) if mapping else _found(numbers, where)
    for name in used:
        if not np.isfinite(numbers[name].astype(np.float64)).all():
            raise DataError(f"{where} {name}: expected finite weights, got NaN or infinity; train or save it anew")
    layers, how = _chained(pairs, where, inputs, ordered=bool(mapping))
    rest = [name for name in arrays if name not in used and name not in of_norms]
    lines = [f"layers: {', '.join(_words(layer) for layer in layers)}; {how}"]
    lines += [f"not used: {', '.join(rest)}"] if rest else []
    if norms:
        layers, told = fold(norms, layers, _file_order(every), where, chosen=bool(mapping))
        lines.append(
            f"batch normalisation: folded {', '.join(told)}, as if it stood before their neurons, with epsilon "
            f"{norms[0].epsilon:g}"
        )
    return Model(tuple(layers), (), tuple(lines))


def _file_order(arrays: dict[str, np.ndarray]) -> list[str]:
    """Names of what is no count, in the order of the file: .safetensors puts numbers of more bytes first."""
    return [name for name, a in arrays.items() if a.dtype.kind == "f"]


def _words(layer: Layer) -> str:
    kind = "" if layer.is_dense else f" {layer.weight.shape[2]}x{layer.weight.shape[3]}"
    return f"{layer.name} {layer.inputs} -> {layer.outputs}{kind}{'' if layer.bias is not None else ' (no bias)'}"


Pair = tuple[str, np.ndarray, "np.ndarray | None"]


def _chosen(arrays: dict[str, np.ndarray], where: str, mapping: str) -> tuple[list[Pair], list[str]]:
    pairs, used = [], []
    for part in mapping.split(","):
        names = [name.strip() for name in part.split("+")]
        if len(names) > 2 or not all(names):
            raise DataError(f"--map: expected WEIGHT+BIAS or WEIGHT for every layer, got '{part.strip()}'; see --help")
        for name in names:
            if name not in arrays:
                raise DataError(f"--map: expected an array of {where}, got '{name}'; {nearest(name, arrays)}")
        weight, bias = arrays[names[0]], arrays[names[1]] if len(names) > 1 else None
        _check_shapes(where, names[0], weight, names[-1], bias)
        pairs.append((names[0], weight, bias))
        used += names
    return pairs, used


def _check_shapes(where: str, name: str, weight: np.ndarray, of_bias: str, bias: np.ndarray | None) -> None:
    if weight.ndim not in (2, 4) or weight.size == 0:
        raise DataError(
            f"{where} {name}: expected (outputs, inputs) or (outputs, inputs, height, width), got shape {weight.shape}"
            "; name the layers with --map"
        )
    if bias is not None and (bias.ndim != 1 or len(bias) not in weight.shape[:2]):
        raise DataError(
            f"{where} {of_bias}: expected a bias for each output of {name} {weight.shape}, got shape {bias.shape}; "
            "name the layers with --map"
        )


def _found(arrays: dict[str, np.ndarray], where: str) -> tuple[list[Pair], list[str]]:
    """Weights with their biases: those that share a name, else that which follows it."""
    weights = [name for name, a in arrays.items() if a.ndim in (2, 4)]
    biases = [name for name, a in arrays.items() if a.ndim == 1]
    odd = [name for name, a in arrays.items() if a.ndim in (3, 5) or a.ndim > 5]
    if odd or not weights:
        name = odd[0] if odd else next(iter(arrays), "nothing")
        got = f"'{name}' of shape {arrays[name].shape}" if arrays else "nothing"
        raise DataError(
            f"{where}: expected weights of dense layers (2-D) or convolutions (4-D), got {got}; name the layers "
            "with --map"
        )
    stems = [stem_of(name) for name in weights]
    of_stem = {stem_of(name): name for name in biases}
    by_name = len(set(stems)) == len(stems) and len(of_stem) == len(biases) and set(of_stem) <= set(stems)
    pairs: list[Pair] = []
    used: list[str] = []
    names = list(arrays)
    for name, stem in zip(weights, stems, strict=True):
        after = names[names.index(name) + 1] if names.index(name) + 1 < len(names) else ""
        follows = after in biases and not re.search(r"weight|gamma|kernel", after.lower())
        own = of_stem.get(stem) if by_name else (after if follows else None)
        bias = arrays[own] if own else None
        _check_shapes(where, name, arrays[name], own or "", bias)
        pairs.append((name, arrays[name], bias))
        used += [name, *([own] if own else [])]
    left = [name for name in biases if name not in used]
    if left:
        raise DataError(
            f"{where} {left[0]}: expected a bias that belongs to one of {', '.join(weights)}, got one that does not "
            "say to which; name the layers with --map"
        )
    return pairs, used


def _with_numbers(name: str) -> list[int | str]:
    """A name by which layer 10 comes after layer 9; the parts are text and number in turn."""
    return [int(x[:99]) if k % 2 else x for k, x in enumerate(re.split(r"([0-9]+)", name))]


def _chained(pairs: Sequence[Pair], where: str, inputs: int, *, ordered: bool) -> tuple[list[Layer], str]:
    """The layers in an order in which each takes what the one before gives, and how that was found."""
    by_name = sorted(
        pairs,
        key=lambda pair: [] if ordered else _with_numbers(stem_of(pair[0]) or pair[0]),
    )
    orders: list[tuple[str, Iterable[Sequence[Pair]]]] = [
        ("in the order that --map gives" if ordered else "in the order of the file", [pairs])
    ]
    if not ordered:
        # Where names are sorted by the alphabet, 10 comes before 9.
        names = [pair[0] for pair in pairs]
        first = names == sorted(names) and [pair[0] for pair in by_name] != names
        orders.insert(0 if first else 1, ("in the order of their names", [by_name]))
        if len(pairs) <= _MOST_ORDERS:
            orders.append(("in the one order in which their shapes fit", itertools.permutations(pairs)))
    for how, tried in orders:
        found = [(layers, lies) for order in tried for lies in _ways(order) if (layers := _laid(order, lies, inputs))]
        if found and (how != orders[-1][0] or len(found) == 1 or len(orders) < 3):
            layers, lies = found[0]
            return layers, f"{how}, {lies} as {'PyTorch' if lies == 'outputs x inputs' else 'Keras'} has them"
    shapes = ", ".join(f"{name} {weight.shape}" for name, weight, _ in pairs)
    begin = f" that begin with {inputs} inputs" if inputs else ""
    raise DataError(
        f"{where}: expected layers{begin} each of which takes what the one before gives, got {shapes}; name them in "
        "order with --map"
    )


def _ways(pairs: Sequence[Pair]) -> tuple[str, ...]:
    """How matrices may lie, the likelier first."""
    keras = all(re.search(r"kernel", name.lower()) for name, _, _ in pairs)
    ways = ("outputs x inputs", "inputs x outputs")
    return ways[::-1] if keras else ways


def _laid(pairs: Sequence[Pair], lies: str, inputs: int) -> list[Layer] | None:
    """The layers if matrices lie so; None if they do not fit."""
    layers: list[Layer] = []
    before = 0
    for name, given, bias in pairs:
        weight = given.astype(np.float64)
        if lies == "inputs x outputs":  # of a convolution: height, width, inputs, outputs
            weight = weight.T if weight.ndim == 2 else weight.transpose(3, 2, 0, 1)
        first = lies == "outputs x inputs"
        layer = Layer(name, weight, None if bias is None else bias.astype(np.float64), channels_first=first)
        if layer.bias is not None and len(layer.bias) != layer.outputs:
            return None
        last = layers[-1] if layers else None
        if last is None:
            if inputs and (layer.inputs != inputs if layer.is_dense else inputs % layer.inputs):
                return None
        elif last.is_dense:
            if not layer.is_dense or layer.inputs != before:
                return None
        elif layer.inputs % before if layer.is_dense else layer.inputs != before:
            return None
        layers.append(layer)
        before = layer.outputs
    return layers if math.prod(layers[-1].weight.shape) else None
