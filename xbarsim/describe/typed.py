"""The keywords of `Layout.of` and `Layout.replace` with their types, for editors and type checkers."""

from __future__ import annotations

from .fields import Key, keys_of
from .sections import SECTIONS

_HEAD = '''"""Keywords of `Layout.of` and `Layout.replace`, so that editors complete them and type checkers know them.

Made from the descriptions of the keys: `xbarsim reference --write .`
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict


class Keywords(TypedDict, total=False):
    """Every key of a layout, as an attribute; SI."""
'''

_TYPES = {
    "number": "float",
    "integer": "int",
    "flag": "bool",
    "numbers": "float | Sequence[float]",
    "integers": "int | Sequence[int]",
    "sizes": "Sequence[int | str]",
    "steps": "Sequence[Sequence[float]]",
}


def keywords_module() -> str:
    """The text of ``xbarsim/describe/keywords.py``."""
    parts = [_HEAD]
    for what in SECTIONS.values():
        parts.append(f"\n    # [{what.section}]\n")
        parts += [_entry(name, key) for name, key in keys_of(what).items()]
    return "".join(parts)


def _entry(name: str, key: Key) -> str:
    kind = _TYPES.get(key.kind, "str")
    if key.choices:  # an editor offers the names, and a text that is a name by then is taken, too
        kind = f"Literal[{', '.join(chr(34) + choice + chr(34) for choice in key.choices)}] | str"
    unit = f" ({key.unit})" if key.unit and key.unit not in key.help else ""
    text = key.help.replace("\\", "\\\\").replace('"', "'")
    return f'    {name}: {kind}{" | None" if key.optional else ""}\n    """{text}{unit}"""\n'
