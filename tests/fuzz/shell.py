"""The command line, called in this process, and what it may come to."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import logging
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from unittest import mock

import typer.main

from xbarsim.commands import main as cli

from .target import ACCEPTED, REFUSED, Finding

CODES = (0, 1, 2, 130)
_built = functools.cache(typer.main.get_command)  # commands are built anew in every call otherwise


class Answer(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def outcome(self) -> str:
        """As a case says it."""
        return ACCEPTED if self.code == 0 else REFUSED


@contextlib.contextmanager
def _as_it_was() -> Iterator[None]:
    """The command line sets up its process once; here it is called thousands of times."""
    log, told = logging.getLogger("xbarsim"), warnings.formatwarning
    before = list(log.handlers)
    try:
        with mock.patch.object(typer.main, "get_command", _built), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.handlers[:] = before
        warnings.formatwarning = told


def call(arguments: Sequence[str]) -> Answer:
    """Run a command: a code that there is, at most one line of error, no traceback, JSON that is JSON."""
    out, err = io.StringIO(), io.StringIO()
    with (
        _as_it_was(),
        mock.patch.object(sys, "argv", ["xbarsim", *arguments]),
        mock.patch.object(cli, "_listen_to_notes"),  # notes are no errors
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as end:
            code = 0 if end.code is None else end.code
    answer = Answer(code, out.getvalue(), err.getvalue())
    _check(arguments, answer)
    return answer


def _check(arguments: Sequence[str], answer: Answer) -> None:
    said = " ".join(arguments)[:300]
    told = [line for line in answer.err.splitlines() if line.startswith("xbarsim: ")]
    # What does nothing, and what is waited for.
    errors = [line for line in told if "given, and does nothing here" not in line and not line.endswith(" ...")]
    if answer.code not in CODES:
        raise Finding(f"exit code {answer.code!r} of: {said}")
    if "Traceback" in answer.err:
        raise Finding(f"a traceback on the standard error of: {said}")
    if answer.code == 2 and len(errors) != 1 and "Usage:" not in answer.err:
        raise Finding(f"expected one line of error, got {answer.err!r} of: {said}")
    if answer.code == 0 and errors and "check" not in arguments:  # which tells of odd layouts, and goes on
        raise Finding(f"an error, {errors}, and exit code 0, of: {said}")
    if any("standard output: cannot write" in line for line in errors):
        raise Finding(f"an error of a file that is told as one of the standard output: {errors} of: {said}")
    if answer.code == 0 and "--json" in arguments and "--help" not in arguments and answer.out:
        try:
            json.loads(answer.out, parse_constant=_no_constant)
        except ValueError as error:
            raise Finding(f"no JSON ({error}): {answer.out[:200]!r} of: {said}") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
