"""Errors a user can meet. Each says where, what was expected, what came, and what to do::

    XbarsimError
    ├── LayoutError      (ValueError)   a layout, flag or argument is wrong
    ├── DataError        (ValueError)   a data set is missing, broken or does not fit the layers
    ├── TraceError       (ValueError)   a run file is missing, foreign, truncated, or asked for what it does not hold
    ├── OutputError      (OSError)      a file cannot be written
    ├── SimulationError  (ArithmeticError)  a simulation came to numbers that are none
    ├── Stopped          a study was told to stop before all runs were done
    └── GaveUp           some of its runs took their workers with them

The command line prints the text on one line and exits with code 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping


def plain(text: str) -> str:
    """A text in one line: signs that end a line, or that a terminal would obey, are written as Python writes them.

    Errors quote what came, which may be any bytes of a file.
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


_LONG = 60  # characters of a value that are quoted


def shown(value: object) -> str:
    """A value as an error quotes it: not longer than a line bears."""
    text = " ".join(repr(value).split())
    return text if len(text) <= _LONG else f"{text[: _LONG - 3]}..."


class XbarsimError(Exception):
    """Base of all errors xbarsim raises on purpose.

    >>> import xbarsim
    >>> issubclass(xbarsim.DataError, xbarsim.XbarsimError)
    True

    Its text is one line, whatever it quotes:

    >>> print(xbarsim.DataError("mine.csv: expected a number, got 'two\\nlines'; correct it"))
    mine.csv: expected a number, got 'two\\nlines'; correct it
    """

    def __init__(self, text: object = "") -> None:
        super().__init__(plain(str(text)))


class LayoutError(XbarsimError, ValueError):
    """A layout, a flag or an argument is wrong.

    >>> import xbarsim
    >>> xbarsim.Layout.of(layers=(2, 2), beta=-21)
    Traceback (most recent call last):
    xbarsim.base.errors.LayoutError: device.beta: expected a number >= -20, got -21; choose a larger value
    """


class DataError(XbarsimError, ValueError):
    """A data set is missing, broken, or does not fit the layers.

    >>> import xbarsim
    >>> xbarsim.load_dataset("two-pixels").check_fits((3, 2))
    Traceback (most recent call last):
    xbarsim.base.errors.DataError: layers 3,2: expected 2 inputs for data set 'two-pixels' ...
    """


class TraceError(XbarsimError, ValueError):
    """A run file is missing, foreign or truncated, or was asked for what it does not hold.

    >>> import xbarsim
    >>> xbarsim.Trace("no-such-run.h5")
    Traceback (most recent call last):
    xbarsim.base.errors.TraceError: no-such-run.h5: expected a run file, found nothing; check the path
    """


class OutputError(XbarsimError, OSError):
    """A file cannot be written.

    >>> import xbarsim
    >>> xbarsim.run(xbarsim.Layout.of(layers=(2, 2)), out="no-such-folder/run.h5")
    Traceback (most recent call last):
    xbarsim.base.errors.OutputError: no-such-folder/run.h5: its folder does not exist; ...
    """


class SimulationError(XbarsimError, ArithmeticError):
    """A simulation came to numbers that are none: a device law or a circuit went where it has no values.

    >>> import xbarsim
    >>> issubclass(xbarsim.SimulationError, ArithmeticError)
    True
    """


class Stopped(XbarsimError):
    """A study was told to stop before all of its runs were done; what is done is kept, if it has a folder.

    >>> import xbarsim
    >>> issubclass(xbarsim.Stopped, xbarsim.XbarsimError)
    True
    """


class GaveUp(XbarsimError):
    """Some runs of a study were given up, since they took their workers with them; all others are done."""


class OddWarning(UserWarning):
    """A value that is allowed, and probably not what is meant."""


class IdleWarning(UserWarning):
    """A key that is given, and does nothing in this run."""


class DeadNetworkWarning(UserWarning):
    """A network that takes all test samples for the same class."""


_FEW = 12  # names that a line lists
_NEAR = 5  # of more than these


def nearest(name: str, known: Iterable[str], all_in: str = "", meant: Mapping[str, str] | None = None) -> str:
    """Hint for an unknown name: the nearest known one if there is one, and the list of all; of many the nearest few,
    and where all are (`all_in`). Words that are no names, but stand for one, are taken for it (`meant`).

    >>> nearest("mnsit", ["mnist", "digits"])
    "did you mean 'mnist'? known: digits, mnist"
    >>> nearest("xbq", [f"x{n}" for n in range(100)], "xbarsim reference")
    'nearest: x9, x8, x7, x6, x5; all 100: xbarsim reference'
    >>> nearest("centre", ["low", "half"], meant={"center": "half"})
    "did you mean 'half' (center)? known: half, low"
    """
    names = sorted(set(known))
    words = {} if meant is None else meant
    hint = ""
    for close in difflib.get_close_matches(name, [*names, *words], n=1, cutoff=0.5):
        hint = f"did you mean '{words[close]}' ({close})? " if close in words else f"did you mean '{close}'? "
    if len(names) <= _FEW:
        return f"{hint}known: {', '.join(names)}"
    near = difflib.get_close_matches(name, names, n=_NEAR, cutoff=0.3) or names[:_NEAR]
    where = f"; all {len(names)}: {all_in}" if all_in else f", of {len(names)}"
    return f"{hint}nearest: {', '.join(near)}{where}"
