"""A data set: images and labels, for training and for the test."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from ..base.errors import DataError


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels, for training and for the test.

    Attributes
    ----------
    name : str
    x_train, x_test : (samples, inputs) uint8 or float32
    y_train, y_test : (samples,) int64
    origin : str
        Folder, file or package it was read from.
    sha256 : str
        Over the names, shapes and bytes of the four arrays.

    Examples
    --------
    >>> from xbarsim import load_dataset
    >>> digits = load_dataset("digits")
    >>> digits.x_train.shape, digits.x_test.shape
    ((1438, 784), (359, 784))
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    origin: str = ""
    sha256: str = ""

    @property
    def inputs(self) -> int:
        """Number of inputs of a sample."""
        return int(self.x_train.shape[1])

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(max(self.y_train.max(), self.y_test.max())) + 1

    def check_fits(self, layers: tuple[int, ...]) -> None:
        """Raise `DataError` unless the arrays are what they should be, the first layer takes the inputs, and the last
        has an output for each class.
        """
        for part, x, y in (("train", self.x_train, self.y_train), ("test", self.x_test, self.y_test)):
            _checked(self.origin or self.name, part, x, y)
        if layers[0] != self.inputs:
            raise DataError(
                f"layers {','.join(map(str, layers))}: expected {self.inputs} inputs for data set '{self.name}' "
                f"(samples of shape ({self.inputs},)), got {layers[0]}; start the layers with {self.inputs}"
            )
        if layers[-1] < self.classes:
            raise DataError(
                f"layers {','.join(map(str, layers))}: expected at least {self.classes} outputs for the classes of "
                f"data set '{self.name}', got {layers[-1]}; end the layers with {self.classes}"
            )


def _checked(origin: str, part: str, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels as kernels take them; every error names `origin` and the array."""
    where = f"{origin} x_{part}"
    if x.ndim < 2 or len(x) == 0 or x[0].size == 0:
        raise DataError(f"{where}: expected shape (samples, ...), got {x.shape}; give at least one sample")
    if y.shape != (len(x),):
        raise DataError(f"{origin} y_{part}: expected {len(x)} labels, got shape {y.shape}; give one label per sample")
    if y.dtype.kind not in "iu" or y.min() < 0 or y.max() > 65_535:
        raise DataError(
            f"{origin} y_{part}: expected class numbers 0, 1, 2, ..., got {y.dtype} values; recode the labels"
        )
    x = x.reshape(len(x), -1)
    if x.dtype == np.uint8:
        x = np.ascontiguousarray(x)
    else:
        if x.dtype.kind not in "fiub":
            raise DataError(f"{where}: expected numbers, got {x.dtype}; give uint8 (0 to 255) or floats (0 to 1)")
        x = np.ascontiguousarray(x, np.float32)
        if not np.all(np.isfinite(x)):
            raise DataError(f"{where}: expected finite inputs, got NaN or infinity; clean the data")
        if x.min() < 0.0 or x.max() > 1.0:
            raise DataError(
                f"{where}: expected inputs from 0 to 1, got {x.min():g} to {x.max():g}; scale them, or give uint8 "
                "(0 to 255)"
            )
    return x, np.ascontiguousarray(y, np.int64)


def build(
    name: str, x_train: np.ndarray, y_train: np.ndarray, x_test: np.ndarray, y_test: np.ndarray, origin: str
) -> Dataset:
    """Check raw arrays and make a `Dataset` of them; every error names `origin` and the array."""
    digest = hashlib.sha256()
    parts = {}
    for part, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
        x, y = _checked(origin, part, x, y)
        parts[part] = (x, y)
        for array in (x, y):
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(array.data)
    (xa, ya), (xb, yb) = parts["train"], parts["test"]
    if xa.shape[1] != xb.shape[1]:
        raise DataError(
            f"{origin} x_test: expected {xa.shape[1]} inputs as in x_train, got {xb.shape[1]}; give both alike"
        )
    return Dataset(name, xa, ya, xb, yb, origin, digest.hexdigest())
