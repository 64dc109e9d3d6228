"""One source for every key: a field of a description carries its default, bounds, unit, help and panel.

From a `Key` come the check, the TOML key with its unit, the flag of ``xbarsim run``, the line of the commented layout,
the row of the reference page and the entry of the JSON Schema. A description is a frozen dataclass whose fields are
made by the five functions below::

    @dataclass(frozen=True, kw_only=True)
    class Heater(Description):
        section = "heater"
        panel = "Circuit"
        power: float = number(0.0, unit="W", least=0.0, most=5.0, help="Of the heater, W.")

Why not pydantic? Measured (2.14, Python 3.11, two shared cores, four rounds): importing it takes 78 to 114 ms and 12
models of 12 keys another 29 to 43, against 10 to 12 and 15 to 19 ms for dataclasses, which Typer imports anyway; all of
``xbarsim --help`` takes 150 to 160 ms. Its errors would have to be translated one by one into ``where: expected what,
got what; what to do``, and units, panels and texts would need metadata of our own all the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ..base import checks
from ..base.errors import LayoutError
from .needs import Need
from .recorded import Recorded


@dataclass(frozen=True, kw_only=True)
class Key:
    """What is known of one key, but its name.

    Attributes
    ----------
    kind : str
        ``number``, ``integer``, ``flag``, ``choice``, ``text``; ``numbers`` or ``integers``: one for all layers, or a
        list with one for each; or ``sizes``, ``steps`` or ``dataset``, which their descriptions check.
    help : str
        One line, for ``--help``.
    comment : str
        One line for the layout file; the help, if it says nothing else.
    doc : str
        For the reference page; the help, if it says nothing else.
    unit : str
        SI; stands in the TOML key.
    least, above, most : float, optional
        Bounds: ``>= least``, ``> above``, ``<= most``.
    choices : mapping
        Names that can be given, and what they mean.
    meant : mapping
        Other words for some of them, by which errors suggest these.
    formerly : mapping
        Names that run files of earlier versions may have besides, and what a layout with one is told.
    optional : bool
        None (in TOML: nothing) is a value, too.
    usual : optional
        What is taken for None; or `like`, the key whose value is taken.
    instead_of : str
        The key that this one takes the place of.
    example : optional
        Value that a layout file shows behind a ``#``.
    calibrated : bool
        A default that no paper states, but this project chose.
    derived : bool
        What None stands for follows from the network, the device and the training images: see `defaults.py`.
    panel : str
        Of ``--help``, if it is not that of the description.
    flag : bool
        Whether ``xbarsim run`` has a flag for it.
    needs : tuple of Need
        What a layout has to have for it to do anything, besides what its section needs; see `idle`.
    search : str
        Where ``xbarsim tune`` looks for a better value by itself: ``lin:0:0.5``, ``log:1e-3:1``, or names with commas;
        "": it does not.
    """

    kind: str
    help: str
    default: Any
    comment: str = ""
    doc: str = ""
    unit: str = ""
    least: float | None = None
    above: float | None = None
    most: float | None = None
    choices: Mapping[str, str] = dataclasses.field(default_factory=dict)
    meant: Mapping[str, str] = dataclasses.field(default_factory=dict)
    formerly: Mapping[str, str] = dataclasses.field(default_factory=dict)
    optional: bool = False
    usual: Any = None
    like: str = ""
    instead_of: str = ""
    example: Any = None
    calibrated: bool = False
    derived: bool = False
    panel: str = ""
    flag: bool = True
    needs: tuple[Need, ...] = ()
    search: str = ""

    def toml(self, name: str) -> str:
        """The key as a TOML file has it: with its unit."""
        return f"{name}_{self.unit}" if self.unit else name

    def check(self, where: str, value: Any) -> Any:
        """The value as the description keeps it, or an error that says where and why not."""
        if self.optional and value is None:
            return None
        if self.kind in ("numbers", "integers"):
            return self._check_each(where, value)
        if self.kind == "number":
            return checks.number(where, value, above=self.above, least=self.least, most=self.most)
        if self.kind == "integer":
            # The bounds are whole.
            return checks.integer(where, value, least=self.least, most=self.most)  # type: ignore[arg-type]
        if self.kind == "flag":
            return checks.flag(where, value)
        if self.kind == "choice":
            if isinstance(value, str) and value in self.formerly:
                return self._check_former(where, value)
            return checks.choice(where, value, self.choices, self.meant)
        if self.kind == "text" and (not isinstance(value, str) or not value):
            raise LayoutError(f"{where}: expected text, got {value!r}; write it in quotes")
        return value

    def _check_former(self, where: str, value: str) -> str:
        """A choice of earlier versions: run files have it, and nothing else may."""
        if isinstance(value, Recorded):
            return value
        raise LayoutError(f"{where}: expected one of {', '.join(self.choices)}, got '{value}', {self.formerly[value]}")

    def _check_each(self, where: str, value: Any) -> Any:
        """One value for all layers, or a tuple with one for each."""
        one = dataclasses.replace(self, kind=self.kind.removesuffix("s"), optional=False)
        if hasattr(value, "tolist"):  # an array
            value = value.tolist()
        if not isinstance(value, (list, tuple)):
            return one.check(where, value)
        if not value:
            raise LayoutError(f"{where}: expected a number, or a list with one for each layer, got []; leave it out")
        return tuple(one.check(where, x) for x in value)


def _field(key: Key) -> Any:
    return dataclasses.field(default=key.default, metadata={"key": key})


def number(default: float | None, *, help: str, **more: Any) -> Any:  # noqa: A002 - as Typer and argparse call it
    """A field that takes a number; with the default None, an optional one."""
    return _field(Key(kind="number", help=help, default=default, optional=default is None, **more))


def integer(default: int | None, *, help: str, **more: Any) -> Any:  # noqa: A002
    """A field that takes a whole number; with the default None, an optional one."""
    return _field(Key(kind="integer", help=help, default=default, optional=default is None, **more))


def numbers(*, help: str, kind: str = "numbers", **more: Any) -> Any:  # noqa: A002
    """An optional field that takes a number, or a list of numbers, one for each layer; `kind` may be ``integers``."""
    return _field(Key(kind=kind, help=help, default=None, optional=True, **more))


def flag(default: bool, *, help: str, **more: Any) -> Any:  # noqa: A002
    """A field that is true or false."""
    return _field(Key(kind="flag", help=help, default=default, **more))


def choice(default: str, choices: Mapping[str, str], *, help: str, **more: Any) -> Any:  # noqa: A002
    """A field that takes one of the names of a table."""
    return _field(Key(kind="choice", help=help, default=default, choices=choices, **more))


def text(default: Any, *, help: str, kind: str = "text", **more: Any) -> Any:  # noqa: A002
    """A field that takes text, or what only its own description can check (`kind`)."""
    return _field(Key(kind=kind, help=help, default=default, optional=default is None, **more))


_KEYS: dict[type, dict[str, Key]] = {}


class Description:
    """A section of a layout, which checks itself once, when it is made.

    Attributes
    ----------
    section : str
        Its name in a layout.
    panel : str
        Of its flags in ``--help``.
    comment : str
        What stands behind ``[section]`` in a layout file.
    shown_in : str
        The layout file that shows its keys, if it is not the one that shows all others.
    needs : tuple of Need
        What a layout has to have for any of its keys to do something.
    """

    section: ClassVar[str]
    panel: ClassVar[str]
    comment: ClassVar[str] = ""
    shown_in: ClassVar[str] = ""
    needs: ClassVar[tuple[Need, ...]] = ()

    def __post_init__(self) -> None:
        """Check every value by itself, then what they say together."""
        self.check_keys(*keys_of(type(self)))
        self.check()

    def check_keys(self, *names: str) -> None:
        """Check values by what their keys say, and keep them as their types: 1 becomes 1.0 where a number is meant."""
        keys = keys_of(type(self))
        for name in names:
            value = keys[name].check(self.where(name), getattr(self, name))
            object.__setattr__(self, name, value)  # frozen for everyone else

    def check(self) -> None:
        """Check what concerns several keys."""

    @classmethod
    def of_earlier_versions(cls, table: dict[str, Any]) -> None:
        """Bring a section of a file, ``table``, to the keys of this version, or say what they are called now."""
        return

    @classmethod
    def where(cls, name: str) -> str:
        """A key as errors name it: ``wires.wire_resistance_Ohm``."""
        return f"{cls.section}.{keys_of(cls)[name].toml(name)}"


def keys_of(description: type[Description]) -> dict[str, Key]:
    """The keys of a description, by attribute."""
    if description not in _KEYS:
        fields = dataclasses.fields(description)  # type: ignore[arg-type]
        _KEYS[description] = {f.name: f.metadata["key"] for f in fields}
    return _KEYS[description]


def names_in(description: type[Description]) -> dict[str, str]:
    """Attributes by the keys that files may name them by: with their units, or without."""
    keys = keys_of(description)
    return {name: name for name in keys} | {key.toml(name): name for name, key in keys.items()}


def check_once(section: str, table: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Raise a `LayoutError` if a file gives a value twice: with its unit, and without."""
    seen: dict[str, str] = {}
    for key in table:
        name = names.get(key, key)
        if name in seen:
            raise LayoutError(f"{section}.{key}: expected it once, got {seen[name]} and {key}; leave one out")
        seen[name] = key
