"""A data set: images and labels, for training and for the test."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import multiprocessing
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..base.arguments import instance, optional
from ..base.errors import DataError, OddWarning, shown
from ..describe.maps import Map
from ..describe.network import Network
from .labels import MOST_CLASSES, Label, listed, recoded


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels, for training and for the test.

    Attributes
    ----------
    name : str
    x_train, x_test : (samples, inputs) uint8 or float32
    y_train, y_test : (samples,) int64
        Classes, 0 to k - 1.
    origin : str
        Folder, file or package it was read from.
    sha256 : str
        Over the names, shapes and bytes of the four arrays.
    labels : tuple of int or str
        What class 0, 1, ... is called in the source. Empty if nobody has looked: then labels are not recoded.
    notes : tuple of str
        What was recoded, guessed or left out, a line each.
    shape : tuple of int
        Height, width and channels of an image, if the source has them. Inputs lie row by row, channels last.

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
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Arrays are arrays; what is in them is checked by `check_fits`."""
        for name in ("x_train", "y_train", "x_test", "y_test"):
            value = getattr(self, name)
            if not isinstance(value, np.ndarray):
                raise DataError(f"Dataset.{name}: expected an array, got {shown(value)}; make one with numpy.asarray")
        for name in ("name", "origin", "sha256"):
            if not isinstance(getattr(self, name), str):
                raise DataError(
                    f"Dataset.{name}: expected a text, got {shown(getattr(self, name))}; write it in quotes"
                )

    @property
    def inputs(self) -> int:
        """Number of inputs of a sample."""
        return int(self.x_train.shape[1])

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(max(self.y_train.max(), self.y_test.max())) + 1

    def check_fits(self, layers: tuple[int | str, ...]) -> None:
        """Raise `DataError` unless the arrays are what they should be, the first layer takes the inputs, and the last
        has an output for each class.

        Labels that were put in by hand are not recoded; a warning says so if some outputs have no sample.
        """
        for part, x, y in (("train", self.x_train, self.y_train), ("test", self.x_test, self.y_test)):
            _inputs_of(self.origin or self.name, part, x, y)
            _check_classes(self.origin or self.name, part, y)
        network = Network(layers=layers)
        named = f"layers {','.join(map(str, layers))}"
        if network.mapped and self.shape and network.images not in (_map_of(self.shape), Map(1, 1, self.inputs)):
            turned = f", or save x.transpose({_TURN}) of images whose channels lie first"
            raise DataError(
                f"{named}: expected images of {_map_of(self.shape)} (height, width, channels) for data set "
                f"'{self.name}', got {network.images}; start the layers with {_map_of(self.shape)}"
                f"{turned if channels_first(self.shape) else ''}"
            )
        if network.inputs != self.inputs:
            raise DataError(
                f"{named}: expected {self.inputs} inputs for data set '{self.name}' "
                f"(samples of shape ({self.inputs},)), got {network.images}; start the layers with {self.inputs}"
            )
        if network.classes < self.classes:
            raise DataError(
                f"{named}: expected at least {self.classes} outputs for the classes of "
                f"data set '{self.name}', got {network.classes}; end the layers with {self.classes}"
            )
        if network.classes > self.classes and multiprocessing.parent_process() is None:  # workers have one that says it
            warnings.warn(
                f"{named}: data set '{self.name}' has {self.classes} classes, so that "
                f"{network.classes - self.classes} of {network.classes} outputs are never right; end the layers with "
                f"{self.classes}",
                OddWarning,
                stacklevel=1,  # here: what is said once is said
            )
        used = np.union1d(self.y_train, self.y_test)
        if not self.labels and len(used) < self.classes:
            warnings.warn(
                f"data set '{self.name}': labels {listed(used.tolist())} are not recoded, and outputs "
                f"{listed(np.setdiff1d(np.arange(self.classes), used).tolist())} have no sample; number the classes "
                f"0 to {len(used) - 1}",
                stacklevel=2,
            )

    def coded_as(self, sha256: str) -> Dataset:
        """This data set with the classes that a run was recorded with.

        Labels were not always recoded: if the recorded hash is that of labels as they are in the source, they are given
        back, and a warning says so. Else this is what is returned.
        """
        plain = all(isinstance(label, int) and 0 <= label < MOST_CLASSES for label in self.labels)
        if self.sha256 == sha256 or not plain or self.labels == tuple(range(len(self.labels))):
            return self
        given = np.array(self.labels, np.int64)
        y_train, y_test = given[self.y_train], given[self.y_test]
        labels = tuple(range(int(given.max()) + 1))
        before = build(self.name, self.x_train, y_train, self.x_test, y_test, self.origin, labels=labels)
        if before.sha256 != sha256:
            return self
        warnings.warn(
            f"{self.origin}: labels {listed(self.labels)} are not recoded for a run that was recorded so", stacklevel=2
        )
        return dataclasses.replace(before, shape=self.shape)


_TURN = "0, 2, 3, 1"


def channels_first(shape: tuple[int, ...]) -> bool:
    """Whether images look as PyTorch has them, channels before height and width.

    >>> channels_first((3, 32, 32)), channels_first((28, 28, 1)), channels_first((28, 28))
    (True, False, False)
    """
    return len(shape) == 3 and shape[0] in (1, 3, 4) and shape[2] > 4


def _map_of(shape: tuple[int, ...]) -> Map:
    return Map(*shape, *((1,) if len(shape) == 2 else ()))


DATASET = optional(instance(Dataset, "a Dataset", "load one with xbarsim.load_dataset(...)"))
"""What functions take that train or test on other data than the layout's."""


def check_shapes(origin: str, shapes: Sequence[tuple[int, ...]]) -> None:
    """Raise `DataError` unless x_train, y_train, x_test and y_test of these shapes fit together."""
    x_train, y_train, x_test, y_test = shapes
    _check_part(origin, "train", x_train, y_train)
    _check_part(origin, "test", x_test, y_test)
    inputs = [math.prod(shape[1:]) for shape in (x_train, x_test)]
    if inputs[0] != inputs[1]:
        raise DataError(f"{origin} x_test: expected {inputs[0]} inputs as in x_train, got {inputs[1]}; give both alike")


def _check_part(origin: str, part: str, x: tuple[int, ...], y: tuple[int, ...]) -> None:
    if len(x) < 2 or math.prod(x) == 0:
        raise DataError(f"{origin} x_{part}: expected shape (samples, ...), got {x}; give at least one sample")
    if y != (x[0],):
        raise DataError(f"{origin} y_{part}: expected {x[0]} labels, got shape {y}; give one label per sample")


def _inputs_of(origin: str, part: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Images as kernels take them; every error names `origin` and the array."""
    where = f"{origin} x_{part}"
    _check_part(origin, part, x.shape, y.shape)
    x = x.reshape(len(x), -1)
    if x.dtype == np.uint8:
        return np.ascontiguousarray(x)
    if x.dtype.kind not in "fiub":
        raise DataError(f"{where}: expected numbers, got {x.dtype}; give uint8 (0 to 255) or floats (0 to 1)")
    x = np.ascontiguousarray(x, np.float32)
    low, high = float(x.min()), float(x.max())  # NaN if there is one: no array of flags is needed
    if not np.isfinite(low) or not np.isfinite(high):
        raise DataError(f"{where}: expected finite inputs, got NaN or infinity; clean the data")
    if low < 0.0 or high > 1.0:
        raise DataError(
            f"{where}: expected inputs from 0 to 1, got {low:g} to {high:g}; scale them, or give uint8 (0 to 255)"
        )
    return x


def _check_classes(origin: str, part: str, y: np.ndarray) -> None:
    if y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= MOST_CLASSES:
        raise DataError(
            f"{origin} y_{part}: expected class numbers 0, 1, 2, ..., got {y.dtype} values; recode the labels"
        )


def build(
    name: str,
    x_train: np.ndarray,
    y_train: np.ndarray,
    x_test: np.ndarray,
    y_test: np.ndarray,
    origin: str,
    *,
    notes: Sequence[str] = (),
    labels: tuple[Label, ...] = (),
) -> Dataset:
    """Check raw arrays and make a `Dataset` of them; every error names `origin` and the array.

    Labels that are not 0 to k - 1 are recoded, and `notes` say so. Given `labels`, the names of classes that have been
    coded before, they stay as they are.
    """
    check_shapes(origin, [array.shape for array in (x_train, y_train, x_test, y_test)])
    shape = x_train.shape[1:] if 3 <= x_train.ndim <= 4 else ()
    x_train = _inputs_of(origin, "train", x_train, y_train)
    x_test = _inputs_of(origin, "test", x_test, y_test)
    said: list[str] = []
    if not labels:
        y_train, y_test, labels, said = recoded(origin, y_train, y_test)
    if channels_first(shape):
        said.append(
            f"images of shape {shape} are taken as (height, width, channels); of such whose channels lie first, save "
            f"x.transpose({_TURN})"
        )
    y_train, y_test = np.ascontiguousarray(y_train, np.int64), np.ascontiguousarray(y_test, np.int64)
    digest = hashlib.sha256()
    for array in (x_train, y_train, x_test, y_test):
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(array.data)
    return Dataset(name, x_train, y_train, x_test, y_test, origin, digest.hexdigest(), labels, (*notes, *said), shape)
