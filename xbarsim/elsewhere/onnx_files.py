"""Layers of an ONNX file: its arrays, and the operations that a sample goes through. Nothing in it is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import DataError, XbarsimError
from ..data_sets.memory import Room
from .layers import Layer, Model, Pool
from .norms import Norm

_NEURONS = {"Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "HardSigmoid": "hard-sigmoid", "Identity": "linear"}
_LEAST = {"Gemm": 1, "MatMul": 1, "Add": 1, "Conv": 1, "BatchNormalization": 4}
"""How many arrays an operation takes, at least."""
_FLOATS = (1, 10, 11, 16)
"""Kinds of floating-point numbers in ONNX's ``TensorProto.DataType``."""
_PASSED = ("Flatten", "Reshape", "Dropout", "Identity", "Softmax", "LogSoftmax", "Cast")
"""Operations that leave the order of the numbers as it is; softmax at the end leaves their order by size."""


def read_onnx(path: Path, room: Room) -> Model:
    """The layers of a file, in the order in which a sample goes through them.

    Raises
    ------
    DataError
        If an operation is none of dense, convolution, pooling and neurons, or the way of a sample branches.
    XbarsimError
        Where the package onnx is not installed.
    """
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError:
        raise XbarsimError(
            f"{path}: expected the package onnx to read it, found none; pip install 'xbarsim[onnx]', or save the "
            "weights as .safetensors or .npz, see docs/trained-elsewhere.md"
        ) from None
    room.take(str(path), 2 * path.stat().st_size)
    try:
        graph = onnx.load(str(path), load_external_data=False).graph
        arrays = {t.name: np.array(numpy_helper.to_array(t)) for t in graph.initializer}
    except Exception as error:  # noqa: BLE001 - protobuf, onnx and NumPy each have errors of their own
        said = (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
        raise DataError(f"{path}: expected an ONNX file, cannot read it ({said}); export it anew") from None
    return _Walk(str(path), arrays).model(graph)


class _Walk:
    """What was met on the way of a sample."""

    def __init__(self, where: str, arrays: dict[str, np.ndarray]) -> None:
        self.where, self.arrays = where, arrays
        self.layers: list[Layer | Pool] = []
        self.folded: list[str] = []  # batch normalisations
        self.neurons: list[str] = []  # of every layer with weights, so far
        self.ended = ""  # by a softmax: the largest output stays the largest, but nothing may follow

    def model(self, graph: Any) -> Model:
        """The model of a graph without branches."""
        at = next((i.name for i in graph.input if i.name not in self.arrays), "")
        for node in graph.node:
            if node.op_type == "Constant":
                self._constant(node)
                continue
            if at not in node.input:
                raise DataError(
                    f"{self.where} {node.name or node.op_type}: expected operations one after another, got one that "
                    f"does not take '{at}'; export a plain sequence of layers"
                )
            self._step(node, {a.name: a for a in node.attribute}, [name for name in node.input if name != at])
            at = node.output[0]
        if not any(isinstance(layer, Layer) for layer in self.layers):
            raise DataError(f"{self.where}: expected layers with weights, found none; export it with its weights")
        for layer in self.layers:
            if isinstance(layer, Layer) and not np.isfinite(layer.weight).all():
                raise DataError(
                    f"{self.where} {layer.name}: expected finite weights, got NaN or infinity; train it anew"
                )
        names = [name or "linear" for name in self.neurons[:-1]]
        if self.neurons and self.neurons[-1] not in ("", "linear"):
            raise DataError(
                f"{self.where}: expected outputs as they come from the last layer, got {self.neurons[-1]} after it; "
                "export the network without it, as the largest output stays the largest"
            )
        way = ", ".join(x.name if isinstance(x, Layer) else f"{x.kind}-pool {x.size}" for x in self.layers)
        lines = [f"layers: {way}; neurons {', '.join(names) or 'none'}"]
        if self.folded:
            lines.append(f"batch normalisation: folded {', '.join(self.folded)}")
        return Model(tuple(self.layers), tuple(names), tuple(lines), True)

    def _constant(self, node: Any) -> None:
        from onnx import numpy_helper

        for a in node.attribute:
            if a.name == "value":
                self.arrays[node.output[0]] = np.array(numpy_helper.to_array(a.t))

    def _array(self, node: Any, name: str) -> np.ndarray:
        if name not in self.arrays:
            raise DataError(
                f"{self.where} {node.name or node.op_type}: expected weights in the file, got '{name}' from elsewhere; "
                "export it with its weights inside"
            )
        return self.arrays[name].astype(np.float64)

    def _step(self, node: Any, has: dict[str, Any], others: list[str]) -> None:
        kind = node.op_type
        name = node.name or f"{kind} {len(self.layers) + 1}"
        if self.ended and kind not in _PASSED:
            raise DataError(
                f"{self.where} {name}: expected nothing after {self.ended}, got {kind}; export a network without it"
            )
        if len(others) < _LEAST.get(kind, 0):
            raise DataError(
                f"{self.where} {name}: expected {_LEAST[kind]} or more arrays beside its input, got {len(others)}; "
                "export it anew"
            )
        if kind == "Gemm":
            if (has["alpha"].f if "alpha" in has else 1.0) != 1.0 or (has["beta"].f if "beta" in has else 1.0) != 1.0:
                raise DataError(f"{self.where} {name}: expected alpha and beta of 1, got others; export it anew")
            weight = self._array(node, others[0])
            weight = weight if "transB" in has and has["transB"].i else weight.T
            self._add(Layer(name, weight, self._array(node, others[1]) if len(others) > 1 else None))
        elif kind == "MatMul":
            self._add(Layer(name, self._array(node, others[0]).T, None))
        elif kind == "Add" and (last := self._open) is not None and last.bias is None:
            bias = self._array(node, others[0]).reshape(-1)
            if len(bias) != last.outputs:
                raise DataError(f"{self.where} {name}: expected {last.outputs} biases, got {len(bias)}; export it anew")
            self.layers[-1] = Layer(last.name, last.weight, bias, last.stride, last.padding)
        elif kind == "Conv":
            stride, padding = self._same(name, has, "strides", 1), self._same(name, has, "pads", 0)
            if self._same(name, has, "dilations", 1) != 1 or ("group" in has and has["group"].i != 1):
                raise DataError(
                    f"{self.where} {name}: expected a plain convolution, got groups or dilation; export none"
                )
            own = self._array(node, others[1]) if len(others) > 1 else None
            self._add(Layer(name, self._array(node, others[0]), own, stride, padding))
        elif kind == "BatchNormalization":
            before = self._open
            if before is None:
                got = "one after neurons or a pool" if self.layers else "one before all layers"
                raise DataError(
                    f"{self.where} {name}: expected a batch normalisation right after a layer with weights, got {got}; "
                    "export a network that has it there"
                )
            if "training_mode" in has and has["training_mode"].i:
                raise DataError(
                    f"{self.where} {name}: expected a batch normalisation that is trained, got one in training; export "
                    "the network in evaluation mode"
                )
            factor, shift, mean, variance = (self._array(node, x).reshape(-1) for x in others[:4])
            epsilon = has["epsilon"].f if "epsilon" in has else 1e-5
            self.layers[-1] = Norm(name, mean, variance, factor, shift, epsilon).folded(before, self.where)
            self.folded.append(f"{name} into {before.name}")
        elif kind in ("MaxPool", "AveragePool"):
            size = self._same(name, has, "kernel_shape", 1)
            if self._same(name, has, "pads", 0):
                raise DataError(f"{self.where} {name}: expected pooling without padding, got some; export it without")
            self.layers.append(Pool("max" if kind == "MaxPool" else "mean", size, self._same(name, has, "strides", 1)))
        elif kind in _NEURONS and kind != "Identity":
            if not self.neurons:
                raise DataError(
                    f"{self.where} {name}: expected a layer with weights before neurons, got none; export it anew"
                )
            if kind == "HardSigmoid":
                alpha = has["alpha"].f if "alpha" in has else 0.2
                beta = has["beta"].f if "beta" in has else 0.5
                if abs(alpha - 1.0 / 6.0) > 1e-6 or beta != 0.5:
                    raise DataError(
                        f"{self.where} {name}: expected a hard sigmoid of slope 1/6 as PyTorch has it, got {alpha:g}; "
                        "give its weights as .npz, and --neurons hard-sigmoid with --half-width"
                    )
            above = self.layers[-1]
            if isinstance(above, Pool) and above.kind == "mean":
                raise DataError(
                    f"{self.where} {name}: expected neurons before a mean pool, got them after it, where the mean is "
                    "of other numbers; export a network that has them before"
                )
            if self.neurons[-1]:
                raise DataError(
                    f"{self.where} {name}: expected one kind of neurons after a layer, got {self.neurons[-1]} and "
                    f"{_NEURONS[kind]}; export a network with one"
                )
            self.neurons[-1] = _NEURONS[kind]
        elif kind not in _PASSED:
            raise DataError(
                f"{self.where} {name}: expected dense, convolution, pooling or {', '.join(_NEURONS)}, got {kind}; "
                "export a network of these"
            )
        elif kind == "Cast" and ("to" not in has or has["to"].i not in _FLOATS):
            raise DataError(
                f"{self.where} {name}: expected a cast to floating-point numbers, got one to others, which rounds; "
                "export the network without it"
            )
        elif kind in ("Softmax", "LogSoftmax"):
            self.ended = kind

    @property
    def _open(self) -> Layer | None:
        """The last thing that was met, if it is a layer with weights that has no neurons so far."""
        last = self.layers[-1] if self.layers else None
        return last if isinstance(last, Layer) and not self.neurons[-1] else None

    def _add(self, layer: Layer) -> None:
        self.layers.append(layer)
        self.neurons.append("")

    def _same(self, name: str, has: dict[str, Any], key: str, usual: int) -> int:
        values = list(has[key].ints) if key in has else [usual]
        if len(set(values)) != 1:
            raise DataError(
                f"{self.where} {name}: expected one number for both directions, got {key} {values}; export it so"
            )
        return int(values[0])
