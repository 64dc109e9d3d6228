"""The command line: parse, call, show. Heavy imports stand inside the commands, so that ``--help`` is instant."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
import unicodedata
import warnings

from ..base.arguments import FLAGS
from ..base.errors import LayoutError, XbarsimError, plain
from . import (  # noqa: F401 - they add commands
    calibrate,
    circuit,
    devices,
    doctor,
    fit,
    imported,
    infer,
    limits,
    look,
    movie,
    program,
    report,
    rules,
    run,
    schema,
    study,
    sweep,
    tune,
    view,
)
from .app import app


def main() -> None:
    """Entry point: one line per error, exit code 2, no traceback."""
    warnings.formatwarning = lambda message, *_, **__: f"xbarsim: {plain(str(message))}\n"
    _listen_to_notes()
    by_flags = FLAGS.set(True)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal that lacks a sign gets a "?"
    try:
        check_digits(sys.argv[1:])
        code = app(args=joined(sys.argv[1:]), standalone_mode=False)
        sys.stdout.flush()
    except XbarsimError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `xbarsim inspect ... | head`
        _discard_output()
        sys.exit(1)
    except MemoryError:
        _fail("not enough memory for these layers; make them smaller")
    except OSError as error:
        if error.filename is not None:  # the standard output has none
            _fail(f"{error.filename}: cannot use it ({error.strerror}); check the path")
        # Files that xbarsim opens have errors of their own; what is left is the standard output.
        _discard_output()
        _fail(f"standard output: cannot write ({error.strerror}); free space or redirect it elsewhere")
    except Exception as error:
        # Typer has had Click inside and outside; its errors are told by what they can do.
        if hasattr(error, "format_message"):
            text = str(error.format_message())
            if type(error).__name__ == "NoArgsIsHelpError":
                print(text, end="\n" if text else "", file=sys.stderr)
            elif text:
                place = getattr(getattr(error, "ctx", None), "command_path", "xbarsim")
                _fail(f"{text.rstrip('.')}; see '{place} --help'", getattr(error, "exit_code", 2))
            sys.exit(getattr(error, "exit_code", 2))
        if type(error).__name__ == "Abort":
            sys.exit(130)
        raise
    finally:
        FLAGS.set(by_flags)
    sys.exit(code if isinstance(code, int) else 0)


def joined(arguments: list[str]) -> list[str]:
    """The arguments with lists whose commas are followed by spaces put together: a shell has split them.

    >>> joined(["run", "--layers", "784,", "200,", "10", "--rule", "sign"])
    ['run', '--layers', '784,200,10', '--rule', 'sign']
    """
    found: list[str] = []
    for text in arguments:
        if found and found[-1].endswith(",") and len(found[-1]) > 1 and not text.startswith("--"):
            found[-1] += text
        else:
            found.append(text)
    return found


def check_digits(arguments: list[str]) -> None:
    """Refuse numbers in digits of other scripts, which Python would read as if they were 0 to 9, here and there.

    >>> check_digits(["--iterations", "\u0661\u0660"])
    Traceback (most recent call last):
    xbarsim.base.errors.LayoutError: --iterations ١٠: expected digits from 0 to 9, got others; write 10
    """
    for before, text in zip(["", *arguments], arguments, strict=False):
        value = text.rpartition("=")[2]
        if not value.isascii() and re.fullmatch(r"[\d.,:+\-eE ]+(s|min|h|d|y)?", value):
            plainly = "".join(str(unicodedata.digit(c, c)) for c in value)
            flag = f"{before} " if before.startswith("-") and "=" not in before else ""
            raise LayoutError(f"{flag}{text}: expected digits from 0 to 9, got others; write {plainly}")


class _Notes(logging.Handler):
    """Writes notes to whatever the standard error is now."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one note."""
        with contextlib.suppress(OSError, ValueError):
            print(f"xbarsim: {record.getMessage()}", file=sys.stderr, flush=True)


def _listen_to_notes() -> None:
    """Show what the package logs, such as whose code it runs, as lines of its own."""
    log = logging.getLogger("xbarsim")
    if not any(isinstance(handler, _Notes) for handler in log.handlers):
        log.addHandler(_Notes())
    log.setLevel(logging.INFO)


def _discard_output() -> None:
    """Nothing more can be written; keep the interpreter from trying when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(text: str, code: int = 2) -> None:
    print(f"xbarsim: {' '.join(text.split())}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
