"""Keys and values as people write them: with or without unit, with or without section, for all commands alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..base.errors import LayoutError, nearest
from .maps import is_count, shape_of
from .network import MAX_LINES
from .sections import ALL_KEYS, HOMES, KEYS, toml_key

_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def attribute_of(text: str, *, where: str = "--set") -> str:
    """The attribute that a key names: ``g_max``, ``g_max_S``, ``device.g_max_S`` and ``g-max`` are one.

    Raises
    ------
    LayoutError
        If there is no such key, or it is one of another section.

    Examples
    --------
    >>> attribute_of("g_max"), attribute_of("device.g_max_S"), attribute_of("v-read_V")
    ('g_max', 'g_max', 'v_read')
    """
    section, _, key = text.strip().rpartition(".")
    name = known(key)
    if name is None:
        raise LayoutError(f"{where}: unknown key '{text.strip()}'; {nearest(key, HOMES, ALL_KEYS)}")
    if section and section != HOMES[name]:
        raise LayoutError(
            f"{where}: expected a key of [{HOMES[name]}], got '{text.strip()}'; write {HOMES[name]}.{toml_key(name)}"
        )
    return name


def known(key: str) -> str | None:
    """The attribute of a key without section, with or without unit; None if there is none."""
    name = key.strip().replace("-", "_")
    return name if name in KEYS else _BY_TOML.get(name)


_BY_TOML = {toml_key(name): name for name in KEYS}


def values_of_settings(texts: Iterable[str], *, where: str = "--set") -> dict[str, Any]:
    """Values by attribute from ``KEY=VALUE``; a key that comes twice, however it is spelled, is an error.

    >>> values_of_settings(["neuron.c=4.5, 6"])
    {'c': (4.5, 6)}
    >>> values_of_settings(["g_max_S=2e-6", "layers=784, 10", "account = yes", "method=c"])
    {'g_max': 2e-06, 'layers': (784, 10), 'account': True, 'method': 'c'}
    """
    found: dict[str, Any] = {}
    said: dict[str, str] = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            raise LayoutError(
                f"{where}: expected KEY=VALUE, got '{text}'; give for example {where} hidden_dead_zone=0.05"
            )
        name = attribute_of(key, where=f"{where} {text}")
        if name in said:
            raise LayoutError(f"{where}: expected {name} once, got '{said[name]}' and '{text}'; leave one out")
        said[name] = text
        found[name] = value_of_key(name, value, where=f"{where} {text}")
    return found


def value_of_key(name: str, text: str, *, where: str = "--set") -> Any:
    """A value of a key from text; what it has to be is checked by its description."""
    text, kind = text.strip(), KEYS[name].kind
    if kind == "sizes":
        return sizes(text, where=where)
    if kind in ("choice", "text", "dataset", "points", "ranges"):
        return text
    if kind == "flag":
        return _TRUTH.get(text.lower(), text)
    if kind in ("numbers", "integers"):
        text = text.removeprefix("[").removesuffix("]")  # as a layout file has a list
        return tuple(number_of(part) for part in words(text) if part) if "," in text else number_of(text)
    if kind == "steps":
        raise LayoutError(
            f"{where}: expected a key with one value, got '{name}'; tables stand in a layout or device file"
        )
    return number_of(text)


def number_of(text: str) -> int | float | bool | str:
    """A whole number, a number, true, false, or the text as it is; digits are 0 to 9.

    >>> [number_of(x) for x in ("3", "0.5", "true", "b", "\u0663")]
    [3, 0.5, True, 'b', '\u0663']
    """
    text = text.strip()
    for kind in (int, float) if text.isascii() else ():
        try:
            return kind(text)
        except ValueError:
            pass
    return {"true": True, "false": False}.get(text, text)


def sizes(text: str, *, where: str = "--layers") -> tuple[int | str, ...]:
    """Layers from ``784,200,10``, or from ``28x28x1,conv5x16,pool2,10``, see `maps`."""
    parts = [part.strip().removeprefix('"').removesuffix('"') for part in text.split(",")]
    found = tuple(int(part) if is_count(part) else part for part in parts)
    if not all(found):
        raise LayoutError(f"{where}: expected sizes with commas, got '{text}'; give for example 784,200,10")
    if len(found) > 1:
        shape_of(found, MAX_LINES - 1)
    return found


def words(text: str) -> list[str]:
    """The parts of a list with commas, as all lists of the command line are written.

    >>> words("a, b,c")
    ['a', 'b', 'c']
    """
    return [part.strip() for part in text.split(",")]


def ascii_only(text: str) -> str:
    """A text that may be a number, as it is; Python takes digits of all scripts for such, and here they are 0 to 9.

    Raises
    ------
    ValueError
        As `int` and `float` do of what is no number.
    """
    if not text.isascii():
        raise ValueError(text)
    return text


_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "y": 365.25 * 86_400.0}


def seconds_of(text: str) -> float:
    """A time from ``3600``, ``1h``, ``30min``, ``1d`` or ``10y``, in s.

    >>> seconds_of("1h"), seconds_of("1e3"), seconds_of("2 d")
    (3600.0, 1000.0, 172800.0)
    """
    number = text.strip()
    unit = next((u for u in sorted(_UNITS, key=len, reverse=True) if number.endswith(u)), "")
    try:
        return float(ascii_only(number.removesuffix(unit))) * _UNITS.get(unit, 1.0)
    except ValueError:
        raise LayoutError(
            f"--times: expected seconds, or a number with {', '.join(_UNITS)}, got '{text}'; give for "
            "example 1s,1h,1d,1y"
        ) from None


def time_in_words(seconds: float) -> str:
    """A time as people give it: in the largest unit of which it is a whole number, else in s.

    >>> [time_in_words(t) for t in (0.5, 1.0, 90.0, 7200.0, 31_557_600.0, 1e6)]
    ['0.5 s', '1 s', '90 s', '2 h', '1 y', '1e+06 s']
    """
    for unit in ("y", "d", "h", "min"):
        many = seconds / _UNITS[unit]
        if many >= 1.0 and many == round(many) and many < 1e6:
            return f"{many:.0f} {unit}"
    return f"{seconds:g} s"
