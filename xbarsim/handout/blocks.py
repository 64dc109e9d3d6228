"""What a page is made of. Texts are plain: they are escaped when the page is rendered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

WHAT = (
    "a run file, the folder of a sweep (--keep), compare, compare-devices, limits, tune or reproduce, a device file "
    "(.toml), or what infer, retention or transfer printed with --json"
)
"""What a report can be made of."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class Number:
    """A headline number: what it is of, the number, and what else is to be said of it."""

    label: str
    value: str
    detail: str = ""


@dataclass(frozen=True)
class Pairs:
    """Names with their values; a name's help is below it."""

    kind: ClassVar[str] = "pairs"
    folded: ClassVar[bool] = False
    rows: Sequence[Pair]
    title: str = ""


@dataclass(frozen=True)
class Setting:
    """A key of a layout."""

    key: str
    value: str
    usual: str
    help: str
    mark: str
    """``changed``, ``followed`` or nothing."""


@dataclass(frozen=True)
class Settings:
    """Keys of a layout, section by section."""

    kind: ClassVar[str] = "settings"
    sections: Sequence[tuple[str, Sequence[Setting]]]
    title: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Table:
    """Columns with heads; those of numbers are set to the right."""

    kind: ClassVar[str] = "table"
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    note: str = ""
    folded: bool = False

    @property
    def numbers(self) -> list[bool]:
        """Of every column, whether there are numbers in it."""
        return [
            all(not row[k] or row[k].lstrip("+-−")[:1].isdigit() or row[k] == "-" for row in self.rows)
            for k in range(len(self.head))
        ]


@dataclass(frozen=True)
class Picture:
    """A picture that lies within the page."""

    kind: ClassVar[str] = "picture"
    source: str
    """``data:image/...``"""
    says: str
    """For whoever does not see it."""
    wide: bool = False


@dataclass(frozen=True)
class Pictures:
    """Pictures side by side, where there is room."""

    kind: ClassVar[str] = "pictures"
    folded: ClassVar[bool] = False
    title: ClassVar[str] = ""
    shown: Sequence[Picture]
    small: bool = False
    """Whether three have room beside each other."""


@dataclass(frozen=True)
class Code:
    """Text to copy: one click selects all of it."""

    kind: ClassVar[str] = "code"
    text: str
    title: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    kind: ClassVar[str] = "words"
    folded: ClassVar[bool] = False
    title: ClassVar[str] = ""
    text: str


Block = Pairs | Settings | Table | Pictures | Code | Words


@dataclass(frozen=True)
class Section:
    """A part of a page."""

    name: str
    """Where links within the page lead to."""
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Page:
    """All of it."""

    title: str
    kind: str
    words: str
    """What was run, in one line."""
    status: str = ""
    unfinished: bool = False
    numbers: Sequence[Number] = ()
    warnings: Sequence[str] = ()
    sections: Sequence[Section] = field(default_factory=tuple)


def section(name: str, title: str, blocks: Iterable[Block | None]) -> Section | None:
    """A section of what there is; None of nothing."""
    there = [block for block in blocks if block is not None]
    return Section(name, title, there) if there else None


def present(sections: Iterable[Section | None]) -> list[Section]:
    """The sections that there are."""
    return [one for one in sections if one is not None]
