"""Data sets that come with the package."""

from __future__ import annotations

import importlib.resources

import numpy as np

from .data_set import Dataset, build


def enlarge(images: np.ndarray) -> np.ndarray:
    """8 x 8 digits as MNIST is laid out: bilinear to 20 x 20, values under 0.25 set to 0, centred in 28 x 28.

    Without the cut every faint pixel of the interpolation would be pulsed with a full step, and training suffers.

    Parameters
    ----------
    images : (samples, 8, 8) uint8, 0 to 16

    Returns
    -------
    (samples, 784) float32, 0 to 1
    """
    centres = np.clip((np.arange(20) + 0.5) * 8 / 20 - 0.5, 0, 7)
    left = np.minimum(centres.astype(int), 6)
    weights = np.zeros((20, 8))
    weights[np.arange(20), left] = 1 - (centres - left)
    weights[np.arange(20), left + 1] = centres - left
    # einsum in float64 with a fixed path: the same bits on every machine matter more than its speed here.
    large = np.einsum("ai,nij,bj->nab", weights, images / 16.0, weights, optimize=False)
    large[large < 0.25] = 0.0
    out = np.zeros((len(images), 28, 28), np.float32)
    out[:, 4:24, 4:24] = large
    return out.reshape(len(images), 784)


def digits() -> Dataset:
    """Handwritten digits of UCI, laid out as MNIST is."""
    with (
        importlib.resources.files("xbarsim.data").joinpath("digits.npz").open("rb") as stream,
        np.load(stream) as archive,
    ):
        images, labels = archive["images"], archive["labels"]
    # Rounded to 1/255, so that the last bits of the interpolation cannot differ between machines.
    x = np.rint(enlarge(images) * 255).astype(np.uint8)
    test = np.arange(len(x)) % 5 == 4
    return build("digits", x[~test], labels[~test], x[test], labels[test], "embedded digits")


def two_pixels() -> Dataset:
    """Two pixels; the class is the lit one."""
    x, y = np.array([[255, 0], [0, 255]], np.uint8), np.array([0, 1])
    return build("two-pixels", x, y, x, y, "embedded two-pixels")
