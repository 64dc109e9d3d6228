"""``[[network.layer]]`` entries, the long form of layers, as words (see `maps`)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..base import checks
from ..base.errors import LayoutError, nearest
from .maps import Shape, shape_of
from .network import MAX_LINES

WHERE = "network.layer"

_KEYS = {
    "dense": ("inputs", "outputs"),
    "conv": ("inputs", "kernel", "channels", "stride", "padding"),
    "max-pool": ("inputs", "kernel", "stride", "padding"),
    "mean-pool": ("inputs", "kernel", "stride", "padding"),
}
_NEEDED = {"dense": ("outputs",), "conv": ("kernel", "channels"), "max-pool": ("kernel",), "mean-pool": ("kernel",)}

KINDS = tuple(_KEYS)
"""What an entry may be."""


def words_of(entries: Any) -> tuple[int | str, ...]:
    """Words from entries, which must chain: ``inputs`` of the first, a number or [height, width, channels], and what
    each layer is.

    >>> words_of([{"kind": "conv", "inputs": [6, 6, 1], "kernel": 3, "channels": 4}, {"outputs": 10}])
    ('6x6x1', 'conv3x4', 10)
    """
    if not isinstance(entries, list) or not entries or not all(isinstance(e, dict) for e in entries):
        raise LayoutError(f"{WHERE}: expected [[network.layer]] entries with inputs and outputs, got {entries!r}")
    words: list[int | str] = []
    for number, entry in enumerate(entries, start=1):
        kind = _kind(number, entry)
        if "inputs" in entry or not words:
            given = _inputs(number, entry.get("inputs"))
            if not words:
                words.append(given)
            elif not _same(made := _gives(words), given, kind):
                raise LayoutError(
                    f"{WHERE} {number}: expected inputs = {made} (the outputs of layer {number - 1}), "
                    f"got {given}; layers must chain"
                )
        words.append(_word(number, kind, entry))
    return tuple(words)


def _kind(number: int, entry: Mapping[str, Any]) -> str:
    kind: str = checks.choice(f"{WHERE} {number}.kind", entry.get("kind", "dense"), KINDS)
    for key in entry:
        if key != "kind" and key not in _KEYS[kind]:
            raise LayoutError(f"unknown key '{WHERE}.{key}'; {nearest(key, ('kind', *_KEYS[kind]))}")
    for key in _NEEDED[kind]:
        if key not in entry:
            raise LayoutError(f"{WHERE} {number}: expected {' and '.join(_KEYS[kind][:2])}, got no '{key}'; add it")
    return kind


def _inputs(number: int, value: Any) -> int | str:
    where = f"{WHERE} {number}.inputs"
    if value is None:
        raise LayoutError(f"{WHERE} {number}: expected inputs and outputs, got no 'inputs'; add it")
    if isinstance(value, list):
        if len(value) not in (2, 3):
            raise LayoutError(f"{where}: expected [height, width, channels], got {value}; give three numbers")
        return "x".join(str(checks.integer(where, n, least=1, most=MAX_LINES - 1)) for n in [*value, 1][:3])
    if isinstance(value, str):
        return shape_of((value, 2), 1 << 40).layers[0]
    return checks.integer(where, value, least=1, most=MAX_LINES - 1)


def _same(made: int | str, given: int | str, kind: str) -> bool:
    """Whether an entry reads what the one before gives; a dense layer may call a map by its size."""
    return made in (given, _whole(given)) or (kind == "dense" and _size(made) == given)


def _size(words: int | str) -> int:
    """Numbers in a map."""
    return words if isinstance(words, int) else math.prod(int(n) for n in words.split("x"))


def _whole(words: int | str) -> int | str:
    """1x1x5 is 5."""
    return _size(words) if isinstance(words, str) and words.startswith("1x1x") else words


def _gives(words: list[int | str]) -> int | str:
    shape: Shape = shape_of((*words, 2), 1 << 40)  # so that what comes before may be a map
    last = shape.arrays[-1].source
    return last.size if last.size == last.channels else str(last)


def _word(number: int, kind: str, entry: Mapping[str, Any]) -> int | str:
    where = f"{WHERE} {number}"
    if kind == "dense":
        return checks.integer(f"{where}.outputs", entry["outputs"], least=1, most=MAX_LINES - 1)
    size = entry["kernel"]
    sizes = size if isinstance(size, list) else [size]
    if len(sizes) not in (1, 2) or (len(sizes) == 2 and kind != "conv"):
        raise LayoutError(f"{where}.kernel: expected a number, or [height, width] of a conv, got {size}; give one")
    for n in sizes:
        checks.integer(f"{where}.kernel", n, least=1, most=MAX_LINES)
    kernel = "x".join(str(n) for n in (sizes[:1] if sizes[0] == sizes[-1] else sizes))
    tail = "".join(
        f"{letter}{checks.integer(f'{where}.{key}', entry[key], least=0, most=MAX_LINES)}"
        for key, letter in (("stride", "s"), ("padding", "p"))
        if key in entry
    )
    if kind == "conv":
        return (
            f"conv{kernel}x{checks.integer(f'{where}.channels', entry['channels'], least=1, most=MAX_LINES - 1)}{tail}"
        )
    return f"{'pool' if kind == 'max-pool' else 'mean'}{kernel}{tail}"
