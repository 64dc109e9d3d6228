"""Labels, whatever numbers or names they are, as the classes 0 to k - 1 that outputs stand for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..base.errors import DataError

MOST_CLASSES = 65_536
Label = int | str


def recoded(
    origin: str, y_train: np.ndarray, y_test: np.ndarray
) -> tuple[np.ndarray, np.ndarray, tuple[Label, ...], list[str]]:
    """Labels as classes.

    Class c is the c-th of all labels, in their order, of both parts together. What is 0 to k - 1 already stays as it
    is. Labels with holes, as 3 and 7, are recoded as well: an output that no sample wants would only be trained to be
    silent, and there would be as many classes as the largest label is large.

    Parameters
    ----------
    origin : str
        For messages.
    y_train, y_test : (samples,) integers, whole floats, or text

    Returns
    -------
    y_train, y_test : (samples,) int64
    labels : tuple
        What class 0, 1, ... is called in the source.
    notes : list of str
        What was done.

    Raises
    ------
    DataError
        If they are something else.
    """
    parts = [_plain(f"{origin} y_{part}", y) for part, y in (("train", y_train), ("test", y_test))]
    if len({y.dtype.kind == "U" for y in parts}) > 1:
        raise DataError(
            f"{origin} y_test: expected labels as in y_train, got names in one and numbers in the other; give both "
            "alike"
        )
    inside = [np.unique(y) for y in parts]
    every = np.union1d(inside[0], inside[1])
    if len(every) > MOST_CLASSES:
        raise DataError(
            f"{origin} y_train: expected at most {MOST_CLASSES} class numbers or names, got {len(every)}; are these "
            "labels?"
        )
    labels: tuple[Label, ...] = tuple(every.tolist())
    notes = []
    if every.dtype.kind == "U" or labels != tuple(range(len(labels))):
        notes.append(f"{origin}: labels {listed(labels)} recoded to {listed(range(len(labels)))}")
        parts = [np.searchsorted(every, y) for y in parts]
    for own, other, text in (
        (inside[1], inside[0], "the test part alone, so that none is trained"),
        (inside[0], inside[1], "the training part alone, so that none is tested"),
    ):
        alone = np.setdiff1d(own, other)
        if len(alone):
            notes.append(f"{origin}: samples of label {listed(alone.tolist())} are in {text}")
    return parts[0].astype(np.int64), parts[1].astype(np.int64), labels, notes


def _plain(where: str, y: np.ndarray) -> np.ndarray:
    """Labels as int64, or as text; numbers that are written as text are numbers."""
    if y.dtype.kind in "US":
        try:
            text = y if y.dtype.kind == "U" else np.char.decode(y, "utf-8")
        except UnicodeDecodeError:
            raise DataError(f"{where}: expected names in UTF-8, got other bytes; save them as text") from None
        try:
            return _plain(where, text.astype(np.int64))  # so that 10 comes after 9
        except (ValueError, OverflowError):
            return text
    if y.dtype.kind == "f":
        if not np.all(np.isfinite(y)) or np.any(y != np.rint(y)) or np.any(np.abs(y) >= 2.0**53):
            odd = y[~np.isfinite(y) | (y != np.rint(y)) | ~(np.abs(y) < 2.0**53)][0]
            raise DataError(
                f"{where}: expected class numbers or names, got {odd:g}; give whole numbers, one for each class"
            )
    elif y.dtype.kind not in "biu":
        raise DataError(f"{where}: expected class numbers or names, got {y.dtype} values; recode the labels")
    elif y.dtype.kind == "u" and y.max() > np.iinfo(np.int64).max:
        raise DataError(f"{where}: expected class numbers up to 2^63 - 1, got {y.max()}; recode the labels")
    return y.astype(np.int64)


def listed(labels: Sequence[Label]) -> str:
    """Labels in words.

    >>> listed(range(1, 11)), listed((3, 7)), listed(("a", "b", "c", "d", "e", "f", "g"))
    ('1 to 10', '3, 7', 'a, b, c, ..., g')
    """
    first, last = labels[0], labels[-1]
    if len(labels) > 2 and isinstance(first, int) and isinstance(last, int) and last - first == len(labels) - 1:
        return f"{first} to {last}"
    shown = [str(x) if len(str(x)) <= 24 else f"{str(x)[:21]}..." for x in labels]
    return ", ".join(shown if len(shown) <= 6 else [*shown[:3], "...", shown[-1]])
