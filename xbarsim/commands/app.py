"""What all parts of the command line share: the application, options, and how a signal ends a run."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Annotated, Any

import typer
import typer.core

from .._version import __version__
from ..base.errors import LayoutError


class _PlainGroup(typer.core.TyperGroup):
    """Lists the commands in plain text: importing Rich would double the time of ``xbarsim --help``."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(**{**kw, "rich_markup_mode": None})


app = typer.Typer(
    name="xbarsim",
    cls=_PlainGroup,
    help="Train neural networks on simulated crossbars of real synapse devices, pulse by pulse.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
data_app = typer.Typer(help="List data sets, or download one.", no_args_is_help=True)
app.add_typer(data_app, name="data")


def _show_version(value: bool) -> None:
    if value:
        print(f"xbarsim {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def option(panel: str, text: str, default: str | None = None, *names: str) -> Any:
    """An option that is not set unless given; `default` is what the layout then takes, for the help."""
    return typer.Option(*names, help=text, show_default=default or False, rich_help_panel=panel)


MAX_MEMORY = "Most memory that the data may take: GB, or with a unit (500M)."


@contextlib.contextmanager
def waiting_for(name: str, *, quiet: bool, patience: float = 2.0) -> Iterator[None]:
    """While this lasts a data set is read; if that takes longer than so many seconds, say so."""
    from ..show import report

    timer = threading.Timer(patience, lambda: report.ERR.print(f"Reading {name} ..."))
    timer.daemon = True
    if not quiet:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


class Stop:
    """Remembers a signal, so that the run can end at the next block with a whole file."""

    signal: int | None = None

    def asked(self) -> bool:
        """Whether a signal came."""
        return self.signal is not None

    def catch(self, signum: int, _frame: object) -> None:
        """Take note of a signal; the next one acts at once."""
        self.signal = signum
        signal.signal(
            signum, signal.SIG_DFL if signum != signal.SIGINT else signal.default_int_handler
        )  # twice: at once


@contextlib.contextmanager
def stoppable() -> Iterator[Stop]:
    """While this lasts, the first SIGINT or SIGTERM is remembered instead of ending the program."""
    stop = Stop()
    before = {s: signal.signal(s, stop.catch) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for s, handler in before.items():
            signal.signal(s, handler)


def sizes(text: str) -> tuple[int, ...]:
    """Layer sizes from ``784,200,10``."""
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise LayoutError(f"--layers: expected sizes with commas, got '{text}'; give for example 784,200,10") from None
