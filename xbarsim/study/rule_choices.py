"""Learning rules side by side on one device: which there are, and the layout of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.errors import LayoutError, nearest
from ..base.notes import note
from ..data_sets.order import iterations_of
from ..describe.device import Device
from ..describe.fields import keys_of
from ..describe.gates import Gates
from ..describe.layout import Layout
from ..describe.pulses import FIXED
from ..describe.rules.crus import BASELINES
from ..describe.rules.table import RULES
from ..describe.schemes import FORMER, SCHEMES
from ..describe.sections import HOMES, RULE_SECTIONS, SECTIONS
from ..describe.sense import Sense
from ..describe.settings import attribute_of, known, value_of_key, words
from ..describe.variation import Variation
from ..describe.wires import Wires
from ..learn.bs_digits import cells_of
from ..learn.table import engine_for
from .comparison import Value
from .crus import found_for

# Okabe and Ito's colours, told apart by all kinds of eyes; each rule always has the same.
STYLES = {
    "a": ("#0072B2", "-"),
    "b": ("#D55E00", "-"),
    "c": ("#009E73", "-"),
    "fixed": ("#7F3C8D", "-"),
    "one-sided": ("#56B4E9", "-"),
    "crus": ("#CC79A7", "-"),
    "bs": ("#E69F00", "-"),
    "software": ("#000000", ":"),
    "lim-a": ("#0072B2", "--"),
    "lim-b": ("#D55E00", "--"),
    "lim-c": ("#009E73", "--"),
    "refresh": ("#56B4E9", "--"),
    "threshold": ("#666666", "--"),
}
OTHERS = ("#332288", "#117733", "#882255", "#999933", "#44AA99", "#AA4499", "#8C6D1F")
"""Colours of the others, in the order of their table: the rest of those, and of Tol's muted ones."""
STROKES = ("-", "-", "--", "--", "-.", "-.", ":")


_OF_FIXED = {"-": ":", "--": "-.", "-.": ":", ":": "-."}


def style_of(name: str) -> tuple[str, str]:
    """Colour and stroke of a rule; always the same, whatever it is compared with.

    >>> style_of("b"), len({style_of(name) for name in SCHEMES}) == len(SCHEMES)
    (('#D55E00', '-'), True)
    >>> style_of("stochastic"), style_of("stochastic fixed")
    (('#332288', '-'), ('#332288', ':'))
    """
    if name in STYLES:
        return STYLES[name]
    whose, _, last = name.rpartition(" ")
    if last == FIXED and whose:  # the same rule with the second device fixed: its colour, and another stroke
        colour, stroke = style_of(whose)
        return colour, _OF_FIXED[stroke]
    others = [n for n in SCHEMES if n not in STYLES]
    k = others.index(name) if name in others else len(others)
    turn = k // len(OTHERS)
    return OTHERS[k % len(OTHERS)], STROKES[(k + turn) % len(STROKES)]


POINTS = 40
"""Evaluations that a run is given if the layout leaves it open."""
BS_DIGITS = 2
"""Digits of a weight of rule ``bs``, if the layout says none: without devices there is nothing to compare."""
_OF_A_FILE = ("neuron", "pulses", *RULE_SECTIONS)
_OF_A_RULE = ("array", *_OF_A_FILE)
"""Sections that may differ from rule to rule; the others are what the rules have in common."""
_NAMED = {"rule": "--rules", "method": "--rules", "baseline": "--rules", "seed": "--seeds", "layers": "--layers"}


@dataclass(frozen=True)
class Choice:
    """A rule as ``--rules`` names it.

    Attributes
    ----------
    name : str
        Of ``SCHEMES``.
    file : Path, optional
        Layout file whose settings of the rule are taken.
    """

    name: str
    file: Path | None = None


@dataclass(frozen=True)
class Settings:
    """What ``--set`` gives: for all rules, and for one."""

    common: Mapping[str, Value]
    own: Mapping[str, Mapping[str, Value]]

    def gives(self, rule: str, key: str) -> bool:
        """Whether a key is set for a rule."""
        return key in self.common or key in self.own.get(rule, {})


def choices_of(text: str) -> list[Choice]:
    """Rules from ``b,crus=my.toml``; they have to be known, and to differ.

    >>> choices_of("b, crus=my.toml")
    [Choice(name='b', file=None), Choice(name='crus', file=PosixPath('my.toml'))]
    """
    choices = []
    for part in words(text):
        name, equals, file = (word.strip() for word in part.partition("="))
        if name in FORMER:
            note(f"--rules {name}: is called {FORMER[name]} now")
            name = FORMER[name]
        if name not in SCHEMES:
            raise LayoutError(f"--rules: {_unknown(name)}")
        if equals and not file:
            raise LayoutError(
                f"--rules: expected a layout file after '{name}=', got none; give one, or leave the = out"
            )
        choices.append(Choice(name, Path(file) if file else None))
    names = [c.name for c in choices]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise LayoutError(f"--rules: expected different ones, got {', '.join(twice)} twice; correct the list")
    return choices


def _unknown(name: str) -> str:
    """What is wrong with a name that stands for no scheme: it may be that of a family."""
    members = [scheme for scheme, values in SCHEMES.items() if values["rule"] == name]
    if members:
        first = ", ".join(members[:-1])
        return (
            f"expected one of the schemes of rule '{name}', got the name of the rule; give {first} or {members[-1]}, "
            f"for example --rules {members[0]},{members[-1]}"
        )
    return f"unknown rule '{name}'; {nearest(name, SCHEMES)}"


def settings_of(texts: Sequence[str], choices: Sequence[Choice]) -> Settings:
    """Settings from ``KEY=VALUE`` for all rules and ``RULE:KEY=VALUE`` for one.

    >>> settings_of(["n_max=9", "crus:crus_rate=0.1"], choices_of("b,crus"))
    Settings(common={'n_max': 9}, own={'crus': {'crus_rate': 0.1}})
    """
    common: dict[str, Value] = {}
    own: dict[str, dict[str, Value]] = {}
    said: dict[tuple[str, str], str] = {}
    names = [c.name for c in choices]
    for text in texts:
        left, equals, value = text.partition("=")
        if not equals:
            raise LayoutError(f"--set: expected KEY=VALUE or RULE:KEY=VALUE, got '{text}'; give for example --set c=3")
        rule, colon, key = (word.strip() for word in left.rpartition(":"))
        if colon and rule not in names:
            raise LayoutError(
                f"--set {text}: expected one of the rules that are compared, got '{rule}'; {nearest(rule, names)}"
            )
        key = known(key.rpartition(".")[2]) or key
        if key in _NAMED:
            raise LayoutError(f"--set {text}: expected a key that --set may give, got '{key}'; use {_NAMED[key]}")
        attribute_of(left.rpartition(":")[2], where=f"--set {text}")  # says what is wrong, if anything is
        if colon and HOMES[key] not in _OF_A_RULE:
            raise LayoutError(
                f"--set {text}: expected a key that may differ from rule to rule (of {', '.join(_OF_A_RULE)}), got "
                f"one of [{HOMES[key]}]; set it for all, --set {key}={value}"
            )
        values = own.setdefault(rule, {}) if colon else common
        if key in values:
            raise LayoutError(f"--set: expected {key} once, got '{said[rule, key]}' and '{text}'; leave one out")
        said[rule, key] = text
        values[key] = value_of_key(key, value, where=f"--set {text}")
    return Settings(common, own)


def layouts_of(base: Layout, choices: Sequence[Choice], settings: Settings, samples: int) -> dict[str, Layout]:
    """One layout for each rule, by name, with everything in common but the rule and its settings.

    Parameters
    ----------
    base : Layout
        Device, network, circuits and length; `settings.common` are in it already.
    choices : sequence of Choice
    settings : Settings
    samples : int
        Of the training data.

    Raises
    ------
    LayoutError
        With the rule's name, if the device or the circuits do not go with it.
    """
    if not {"eval_every"} & settings.common.keys() and base.run.eval_every is None:
        base = base.replace(eval_every=max(1, iterations_of(base, samples) // POINTS))
    if "un_window" not in settings.common:
        base = base.replace(un_window=0)  # nobody looks at it here
    layouts = {}
    for choice in choices:
        try:
            layouts[choice.name] = _with_rule(base, choice, settings)
        except LayoutError as error:
            raise LayoutError(f"--rules {choice.name}: {error}") from None
    return layouts


def _with_rule(base: Layout, choice: Choice, settings: Settings) -> Layout:
    """The layout with a rule: settings found for it, then its file, then --set for all rules and for this one."""
    name, values = choice.name, dict[str, Any]()
    if _is_lent(name, base):
        values |= {k: v for k, v in found_for(name, base.device).items() if HOMES[k] != "device"}
    if choice.file is not None:
        values |= _rule_part(Layout.from_toml(choice.file), base)
    if name in RULES and not RULES[name].on_devices:
        values |= {f.name: f.default for part in (Variation, Wires, Sense, Gates) for f in dataclasses.fields(part)}
        values |= {"engine": "auto", "circuit": "auto"}
    if name == "bs" and not values.get("bs_digits", base.bs.bs_digits) and not settings.gives(name, "bs_digits"):
        values |= {"bs_digits": BS_DIGITS}
    values |= {k: v for k, v in settings.common.items() if HOMES[k] in _OF_A_FILE}
    layout = base.replace(**{**values, **settings.own.get(name, {}), **SCHEMES[name]})
    engine_for(layout)
    if name == "bs" and layout.bs.bs_digits:
        cells_of(layout)
        layout = layout.replace(engine="analog")  # the engine that counts every device
    return layout


def _rule_part(layout: Layout, base: Layout) -> dict[str, Any]:
    """Settings of a rule in a layout: all but the device, the network, the circuits and the run."""
    values = {
        name: getattr(getattr(layout, section), name) for section in _OF_A_FILE for name in keys_of(SECTIONS[section])
    }
    return values | {"un_window": base.crus.un_window}


def _is_lent(name: str, base: Layout) -> bool:
    """Whether a rule takes the settings of `study.crus`: CRUS or a rival, unless the layout itself is of it."""
    if name == "threshold":
        return any(getattr(getattr(base, HOMES[key]), key) != value for key, value in SCHEMES[name].items())
    return name in BASELINES and (base.pulses.rule, base.crus.baseline) != ("crus", name)


def untuned(base: Layout, choices: Sequence[Choice], settings: Settings) -> list[str]:
    """Rules whose settings were found for devices with other steps than these, and were left as they are."""
    lent = [c.name for c in choices if _is_lent(c.name, base) and c.file is None and not settings.own.get(c.name)]
    return [name for name in lent if not _has_steps(base.device, found_for(name, base.device))]


def _has_steps(device: Device, found: Mapping[str, Any]) -> bool:
    """Whether a device has the steps that settings were found for."""
    like = Device(**{k: v for k, v in found.items() if HOMES[k] == "device"})
    return all(getattr(like, k) == getattr(device, k) for k in ("model", "n_max", "beta", "n_max_d", "beta_d"))
