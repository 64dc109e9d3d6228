"""What `xbarsim tune` searches: keys of a rule, each with a range or a list of values.

A key that is worth it says itself where to look (`fields.Key.search`), so that a new rule brings its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..base.errors import LayoutError
from ..describe.idle import idle
from ..describe.layout import Layout
from ..describe.sections import ALTERNATIVES, HOMES, KEYS, RULE_SECTIONS
from ..describe.settings import attribute_of, value_of_key, words
from .comparison import Value, show
from .samples import Range, range_of

Values = Range | tuple[Value, ...]
Space = Mapping[str, Values]

SEARCHED = ("array", "neuron", "pulses", *RULE_SECTIONS)
"""Sections of a rule's settings; the others are what it is tuned for."""

_NOT = {"rule", "v_read"}


def usual(layout: Layout) -> dict[str, Values]:
    """The keys that a search takes by itself: those that say where to look, and that act in a layout. A rule that says
    what its neurons are (`RuleDescription.network`) has them as they are.

    >>> list(usual(Layout.of(layers=(784, 10))))
    ['softmax_scale', 'output_dead_zone']
    """
    lacking = idle(layout, [name for name, key in KEYS.items() if key.search])
    given = layout.rule.network(layout)
    names = [name for name, key in KEYS.items() if key.search and name not in lacking and name not in given]
    return {name: _values(name, KEYS[name].search) for name in names}


def space_of(layout: Layout, texts: Sequence[str] = ()) -> dict[str, Values]:
    """What is searched: the usual keys, or those of some texts ``KEY=RANGE``, ``KEY=A,B,C`` or ``KEY``.

    Raises
    ------
    LayoutError
        If a key is unknown, is none of the rule's, or does nothing in the layout; if nothing is left to be searched.

    Examples
    --------
    >>> space_of(Layout.of(layers=(784, 10)), ["output_dead_zone=lin:0:0.4", "method=a,b"])
    {'output_dead_zone': Range(low=0, high=0.4, log=False, count=None, whole=False), 'method': ('a', 'b')}
    """
    if not texts:
        found = usual(layout)
        if not found:
            raise LayoutError(
                f"--search: expected keys with ranges, as rule '{layout.pulses.rule}' names none itself, got none; "
                "give for example --search c=log:1:10"
            )
        return found
    space: dict[str, Values] = {}
    for text in texts:
        name, sign, given = text.partition("=")
        key = _key(name)
        other = ALTERNATIVES.get(key)
        if key in space or other in space:
            raise LayoutError(
                f"--search: expected every key once, got '{key if key in space else other}' again; leave one out"
            )
        if not sign and not KEYS[key].search:
            raise LayoutError(f"--search {key}: expected values, as it has no usual range, got none; give {key}=A:B")
        space[key] = _values(key, given if sign else KEYS[key].search)
    for name, need in idle(layout, list(space)).items():
        raise LayoutError(
            f"--search {name}: expected a key that acts here, got one that needs {need.text}; leave it out, or --set "
            "that"
        )
    return space


def _key(name: str) -> str:
    key = attribute_of(name, where="--search")
    if HOMES[key] not in SEARCHED or key in _NOT:
        raise LayoutError(
            f"--search: expected a key of {', '.join(f'[{s}]' for s in SEARCHED)}, got {HOMES[key]}.{key}, for which a "
            "rule is tuned; set it with --set, or see xbarsim sweep"
        )
    return key


def _values(key: str, text: str) -> Values:
    parts = words(text)
    between = range_of(key, text, "--search") if len(parts) == 1 else None
    if between is not None and between.count is None:
        return between
    found: tuple[Value, ...]
    if between is not None:
        found = between.values(key)
    else:
        found = tuple(dict.fromkeys(value_of_key(key, part, where="--search") for part in parts))
    if len(found) < 2:
        raise LayoutError(f"--search {key}: expected a range, or two values or more, got '{text}'; --set gives one")
    return found


def in_words(space: Space) -> str:
    """What is searched, as it can be given again.

    >>> in_words({"c": Range(1.0, 10.0, log=True), "method": ("a", "b")})
    'c=log:1:10, method=a,b'
    """
    return ", ".join(f"{key}={_word(values)}" for key, values in space.items())


def _word(values: Values) -> str:
    if isinstance(values, Range):
        return f"{'log' if values.log else 'lin'}:{values.low:g}:{values.high:g}"
    return ",".join(map(show, values))
