"""The commented layout file: every key with its default and a comment, from the descriptions."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from .device_files import DEVICE_SECTIONS
from .fields import Description, Key, keys_of
from .sections import SECTIONS, rules_of

WIDTH = 120
_COLUMN = 30
"""Where comments start."""

SCHEMA = "#:schema ./layout.schema.json"
"""First line of a layout file, by which editors with Taplo (Even Better TOML) complete and check it."""

_HEAD = f"""\
{SCHEMA}
# The network of Lim et al., Neural Comput. & Applic. 31, 8101 (2019): 784-200-10 on MNIST, online, 60,000 iterations.
# Every key is shown; all but `layers` are at their defaults. What the paper does not state is marked (*). Keys behind a
# "#" are left out: what follows from the network, the device and the images (docs/defaults.md), or takes the place of
# another key.
#
# This file is made from the descriptions of the keys: xbarsim reference --write .
#
#   xbarsim run netlists/lim2019-784-200-10.toml --out run.h5
"""


def commented_layout() -> str:
    """The text of ``netlists/lim2019-784-200-10.toml``."""
    return _HEAD + "".join(f"\n{_section(what)}" for what in SECTIONS.values())


_DEVICE_HEAD = """\
# A synapse device. Every key is shown, with its default; behind a # are those that may be given instead.
#
#   xbarsim devices show {name} --plot device.png      # what pulses do to it
#   xbarsim run --layers 784,200,10 --device {name}    # train on it

[source]                      # where the numbers come from: kept, and not used
title = "{stem}"
# doi = "10.1007/s00521-018-3659-y"
# where = "Figure 6"

"""


def commented_device(name: str) -> str:
    """The text of a device file to fill in; as it stands it is the default device.

    >>> import tomllib
    >>> sorted(tomllib.loads(commented_device("mine.toml")))
    ['aging', 'device', 'source', 'variation']
    """
    head = _DEVICE_HEAD.format(name=name, stem=name.removesuffix(".toml").replace("\\", "/").replace('"', "'"))
    return head + "\n".join(_section(SECTIONS[section]) for section in DEVICE_SECTIONS)


def short(value: float) -> str:
    """A number as one writes it: 1e-7, 0.1, 5."""
    return re.sub(r"e([+-])0*", r"e\1", f"{value:g}").replace("e+", "e")


def literal(value: Any) -> str:
    """A value as TOML has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        text = short(value)
        return text if "e" in text or "." in text else f"{text}.0"
    if isinstance(value, str):
        return f'"{value}"'
    return f"[{', '.join(map(literal, value))}]" if isinstance(value, (list, tuple)) else str(value)


def _section(what: type[Description]) -> str:
    if what.shown_in:
        rules = ", ".join(f'"{name}"' for name in rules_of(what.section))
        return f"# [{what.section}] is for rule = {rules} only: see {what.shown_in}\n"
    lines = [_line(f"[{what.section}]", what.comment)]
    lines += [_line(code, _comment(key)) for name, key in keys_of(what).items() if (code := _code(name, key))]
    return "".join(lines)


def _code(name: str, key: Key) -> str:
    """``key = value``; behind a ``#`` if the key is left out by default."""
    value = key.usual if key.default is None else key.default
    if value is not None and value != ():
        return f"{key.toml(name)} = {literal(value)}"
    if key.example is None:
        return ""
    return f"{'# ' if key.optional else ''}{key.toml(name)} = {literal(key.example)}"


def _comment(key: Key) -> str:
    text = key.comment or key.help[:1].lower() + key.help[1:].rstrip(".")
    return f"(*) {text}" if key.calibrated or key.derived else text


def _line(code: str, comment: str) -> str:
    """Code and comment; a comment that does not fit goes on in the same column."""
    if not comment:
        return f"{code}\n"
    room = WIDTH - _COLUMN - 2
    first, *rest = [line for part in comment.split("\n") for line in textwrap.wrap(part, room)]
    lines = [f"{code:<{_COLUMN}}# {first}" if len(code) < _COLUMN else f"{code} # {first}"]
    return "\n".join([*lines, *(f"{'':{_COLUMN}}# {line}" for line in rest)]) + "\n"
