"""The reference page of layouts, and the list of all files that are made from the descriptions."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from .commented import commented_layout, literal, short
from .compatibility import compatibility_page
from .fields import Description, Key, keys_of
from .schema import schema_text
from .sections import SECTIONS
from .typed import keywords_module

_HEAD = """\
# Layouts: every key

A layout file is TOML; `xbarsim run my.toml` trains it. Every key has a default, except the layers. Units stand in the
keys, and may be left out (`g_max` is `g_max_S`); in Python the same values are attributes without the unit, in SI. A
flag or `--set KEY=VALUE` overrides the file. `(*)` marks defaults that no paper states and this project chose. Editors
with Taplo (Even Better TOML) complete and check a file that begins with `#:schema` and the path of
`layout.schema.json`, which `xbarsim schema` prints. What goes together: [compatibility](compatibility.md). A layout
with all keys: [lim2019-784-200-10.toml](../../netlists/lim2019-784-200-10.toml).

This page is made from the descriptions of the keys: `xbarsim reference --write .`
"""


def layout_page() -> str:
    """The text of ``docs/reference/layout.md``."""
    return _HEAD + "".join(_section(what) for what in SECTIONS.values())


GENERATED: dict[str, Callable[[], str]] = {
    "docs/reference/layout.md": layout_page,
    "docs/reference/compatibility.md": compatibility_page,
    "netlists/lim2019-784-200-10.toml": commented_layout,
    "netlists/layout.schema.json": schema_text,
    "xbarsim/describe/keywords.py": keywords_module,
}
"""Files of a checkout that are made from the descriptions."""


def _section(what: type[Description]) -> str:
    keys = keys_of(what)
    about = inspect.cleandoc(what.__doc__ or "").partition("\nExamples\n")[0].strip().replace("``", "`")
    rows = "".join(_row(name, key) for name, key in keys.items())
    tables = "".join(_choices(key.toml(name), key) for name, key in keys.items() if key.choices)
    head = "| key | default | range | flag | what it is |\n|---|---|---|---|---|\n"
    if what.needs:
        about += f"\n\nNeeds {'; '.join(need.text for need in what.needs)}."
    return f"\n## [{what.section}]\n\n{about}\n\n{head}{rows}{tables}"


def _row(name: str, key: Key) -> str:
    flag = f"`--{name.replace('_', '-')}`" if key.flag else ""
    cells = (f"`{key.toml(name)}`", _default(key), _range(key), flag, _text(key).replace("|", r"\|"))
    return f"| {' | '.join(cells)} |\n"


def _text(key: Key) -> str:
    """What a key is, and what it needs in order to do anything."""
    needs = "; ".join(need.text for need in key.needs)
    return f"{key.doc or key.help}{f' Needs {needs}.' if needs else ''}"


def _default(key: Key) -> str:
    mark = " (*)" if key.calibrated else ""
    value = key.usual if key.default is None else key.default
    if key.like:
        return f"as `{key.like}`"
    if value == ():
        return "has to be given"
    if key.derived:
        return "[follows](../defaults.md)"
    return f"`{literal(value)}`{mark}" if value is not None else ""


def _range(key: Key) -> str:
    """``0 .. 1``, or the kind of value."""
    low = f"> {short(key.above)}" if key.above is not None else f"{_plain(key.least)}" if key.least is not None else ""
    high = _plain(key.most) if key.most is not None else ""
    kind = "whole, " if key.kind in ("integer", "integers") else ""
    if low and high:
        return f"{kind}{low} .. {high}" if key.above is None else f"{kind}{low}, up to {high}"
    if low:
        return f"{kind}from {low}"
    return {"flag": "true, false", "choice": "a name, below"}.get(key.kind, "")


def _plain(bound: float) -> str:
    return str(bound) if isinstance(bound, int) else short(bound)


def _choices(name: str, key: Key) -> str:
    lines = "".join(f"- `{choice}`: {text}\n" for choice, text in key.choices.items())
    return f"\n`{name}`:\n\n{lines}"
