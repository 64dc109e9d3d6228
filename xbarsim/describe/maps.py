"""Layers as words: ``28x28x1,conv5x16,pool2,128,10``, and the arrays that they make.

A convolution is an array that is read at many *positions*: the kernel unrolled to (kernel height * kernel width *
channels) rows, row by row of the image, channels last; a column for each of its own channels. Pools stand between
arrays and have no weights.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..base.errors import LayoutError

WHERE = "network.layers"

_DIGITS = 6  # of a number in a word: more is no size
_N = r"([0-9]{1,6})"
_SHAPE = re.compile(rf"{_N}x{_N}(?:x{_N})?")
_CONV = re.compile(rf"conv{_N}(?:x{_N})?x{_N}(?:s{_N})?(?:p{_N})?")
_POOL = re.compile(rf"(pool|max-pool|max|mean|mean-pool){_N}(?:s{_N})?(?:p{_N})?")

MAX, MEAN = "max", "mean"
"""Kinds of pools."""

_HELP = "write 28x28x1 (height, width, channels), then conv5x16 (kernel, channels), pool2 or mean2, and numbers"


@dataclass(frozen=True)
class Map:
    """Numbers that a layer gives: height, width, channels; of a dense layer 1, 1, n. They lie in this order."""

    height: int
    width: int
    channels: int

    @property
    def size(self) -> int:
        """How many they are."""
        return self.height * self.width * self.channels

    def __str__(self) -> str:
        """As a layout says it.

        >>> str(Map(28, 28, 1)), str(Map(1, 1, 10))
        ('28x28x1', '10')
        """
        flat = self.height == self.width == 1
        return str(self.channels) if flat else f"{self.height}x{self.width}x{self.channels}"


@dataclass(frozen=True)
class Window:
    """A window that moves over a map: its height and width, how far it moves, and zeros around the map."""

    height: int
    width: int
    stride: int = 1
    padding: int = 0

    def over(self, source: Map) -> tuple[int, int]:
        """Positions, from top to bottom and from left to right; below 1 if it does not fit."""
        down = source.height + 2 * self.padding - self.height
        right = source.width + 2 * self.padding - self.width
        return down // self.stride + 1 if down >= 0 else 0, right // self.stride + 1 if right >= 0 else 0

    def left_over(self, source: Map) -> tuple[int, int]:
        """Rows and columns at the end of the map that no position reaches.

        >>> Window(2, 2, 2).left_over(Map(5, 6, 1))
        (1, 0)
        """
        down, right = self.over(source)
        ends = ((down - 1) * self.stride + self.height, (right - 1) * self.stride + self.width)
        return (
            max(0, source.height + self.padding - ends[0]) if down else 0,
            max(0, source.width + self.padding - ends[1]) if right else 0,
        )


@dataclass(frozen=True)
class Pool:
    """A pool: the largest, or the mean, of each channel in every window."""

    kind: str
    window: Window
    source: Map
    into: Map


@dataclass(frozen=True)
class ArrayShape:
    """One array of pairs, and where it is read.

    Attributes
    ----------
    inputs, outputs : int
        Rows, without the bias row, and columns.
    source, into : Map
        What it reads, behind the pools, and what it gives.
    window : Window, optional
        None: all inputs at once.
    pools : tuple of Pool
        Before it.
    """

    inputs: int
    outputs: int
    source: Map
    into: Map
    window: Window | None = None
    pools: tuple[Pool, ...] = ()

    @property
    def positions(self) -> int:
        """How often it is read in a sample's way."""
        return self.into.height * self.into.width

    @property
    def fan_out(self) -> float:
        """Neurons that a number which it reads goes to, away from the edges."""
        window = self.window
        return self.outputs * (1.0 if window is None else window.height * window.width / window.stride**2)

    @property
    def given(self) -> Map:
        """What the layer before it gives."""
        return self.pools[0].source if self.pools else self.source


@dataclass(frozen=True)
class Shape:
    """All arrays of a network, and whether any of its layers has maps."""

    layers: tuple[int | str, ...]
    arrays: tuple[ArrayShape, ...] = field(default=())
    mapped: bool = False


def shape_of(layers: tuple[object, ...], most: int) -> Shape:
    """The arrays that words make, and the words as they are kept: numbers as numbers; at most so many lines each.

    >>> found = shape_of(("6x6x1", "conv3x4", "pool2", 10), 99)
    >>> [(a.inputs, a.outputs, a.positions) for a in found.arrays]
    [(9, 4, 16), (16, 10, 1)]
    """
    kept: list[int | str] = []
    arrays: list[ArrayShape] = []
    pools: list[Pool] = []
    now = Map(1, 1, 1)
    mapped = False
    for number, word in enumerate(layers):
        text = str(word).strip().lower()
        if number == 0:
            now = _inputs(word, text, most)
            kept.append(int(text) if is_count(text) else str(now) if now.size == now.channels else _shape_words(now))
            mapped = not is_count(text)
            continue
        if conv := _CONV.fullmatch(text):
            now, array, name = _convolution(text, conv, now, tuple(pools), most)
            mapped = True
        elif pool := _POOL.fullmatch(text):
            made, name = _pool(text, pool, now)
            kept.append(name)
            pools.append(made)
            now, mapped = made.into, True
            continue
        else:
            n = _count(text, word, most)
            array, name = ArrayShape(now.size, n, now, Map(1, 1, n), None, tuple(pools)), text
            _few_enough(text, array.inputs, most)
            now = array.into
        _one_kind(pools)
        kept.append(int(name) if is_count(name) else name)
        arrays.append(array)
        pools = []
    if pools:
        raise LayoutError(f"{WHERE}: expected an array last, got {kept[-1]}; end with the number of classes")
    if arrays and arrays[-1].positions > 1:
        raise LayoutError(
            f"{WHERE}: expected one output per class, got {arrays[-1].into} of {kept[-1]}; end with the number of "
            "classes"
        )
    return Shape(tuple(kept), tuple(arrays), mapped)


def is_count(text: str) -> bool:
    """Whether a word is a number, of few enough digits to be one.

    >>> is_count("128"), is_count("²"), is_count("9" * 99)
    (True, False, False)
    """
    return text.isascii() and text.isdecimal() and len(text) <= _DIGITS


def _shape_words(shape: Map) -> str:
    return f"{shape.height}x{shape.width}x{shape.channels}"


def _inputs(word: object, text: str, most: int) -> Map:
    if found := _SHAPE.fullmatch(text):
        height, width, channels = (int(n or 1) for n in found.groups())
        if min(height, width, channels) < 1:
            raise LayoutError(f"{WHERE}: expected sizes of 1 or more, got {word}; {_HELP}")
        return Map(height, width, channels)
    return Map(1, 1, _count(text, word, most))


def _count(text: str, word: object, most: int) -> int:
    if not is_count(text):
        raise LayoutError(f"{WHERE}: expected a whole number, conv or pool, got {word!r}; {_HELP}")
    if not 1 <= int(text) <= most:
        raise LayoutError(f"{WHERE}: expected 1 to {most}, got {text}; give another size")
    return int(text)


def _few_enough(text: str, rows: int, most: int) -> None:
    if rows > most:
        raise LayoutError(f"{WHERE} {text}: expected at most {most} inputs of an array, got {rows}; make maps smaller")


def _convolution(
    text: str, found: re.Match[str], now: Map, pools: tuple[Pool, ...], most: int
) -> tuple[Map, ArrayShape, str]:
    high, wide, channels = int(found[1]), int(found[2] or found[1]), int(found[3])
    window = Window(high, wide, int(found[4] or 1), int(found[5] or 0))
    _check_window(text, window, now)
    if not 1 <= channels <= most:
        raise LayoutError(f"{WHERE} {text}: expected 1 to {most} channels, got {channels}; give another number")
    down, right = window.over(now)
    rows = high * wide * now.channels
    _few_enough(text, rows, most)
    into = Map(down, right, channels)
    name = f"conv{high}x{channels}" if high == wide else f"conv{high}x{wide}x{channels}"
    name += (f"s{window.stride}" if window.stride > 1 else "") + (f"p{window.padding}" if window.padding else "")
    return into, ArrayShape(rows, channels, now, into, window, pools), name


def _pool(text: str, found: re.Match[str], now: Map) -> tuple[Pool, str]:
    size = int(found[2])
    window = Window(size, size, int(found[3] or size), int(found[4] or 0))
    _check_window(text, window, now)
    kind = MEAN if found[1].startswith("mean") else MAX
    down, right = window.over(now)
    name = f"{'mean' if kind == MEAN else 'pool'}{size}"
    name += (f"s{window.stride}" if window.stride != size else "") + (f"p{window.padding}" if window.padding else "")
    return Pool(kind, window, now, Map(down, right, now.channels)), name


def _check_window(text: str, window: Window, source: Map) -> None:
    where = f"{WHERE} {text}"
    if source.height == source.width == 1 and (window.height > 1 or window.width > 1) and not window.padding:
        raise LayoutError(f"{where}: expected a map of height x width x channels before it, got {source}; {_HELP}")
    if min(window.height, window.width, window.stride) < 1:
        raise LayoutError(f"{where}: expected a kernel and a stride of 1 or more, got {text}; {_HELP}")
    if window.padding >= max(window.height, window.width):
        raise LayoutError(f"{where}: expected padding below the kernel, got {window.padding}; give less")
    if min(window.over(source)) < 1:
        raise LayoutError(f"{where}: expected a window that fits into {source}, got {text}; make it smaller, or pad")


def _one_kind(pools: list[Pool]) -> None:
    """Pools that follow one another are one window over the first map: the largest of the largest, the mean of means.
    A mean of largest ones is neither.
    """
    if len({pool.kind for pool in pools}) > 1:
        raise LayoutError(
            f"{WHERE}: expected pools of one kind between two arrays, got {' and '.join(p.kind for p in pools)}; "
            "leave one out"
        )
