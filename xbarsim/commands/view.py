"""``xbarsim view``: a run in the browser."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import LayoutError
from ..base.signals import STOPPING
from .app import app


def _shows_windows() -> bool:
    """Whether a browser opened here would be seen: one in a terminal would take it over."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _open(url: str) -> None:
    import webbrowser

    with contextlib.suppress(Exception):  # the address is printed
        webbrowser.open(url)


@app.command()
def view(
    files: Annotated[list[Path], typer.Argument(help="Run file, or two to see side by side.", show_default=False)],
    port: Annotated[
        int, typer.Option(help="Port on this machine; 0: any that is free.", show_default="any that is free")
    ] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the address only; open no browser.")] = False,
) -> None:
    """Look at a run in the browser: every iteration, with a slider.

    Accuracy, pulses; maps of G+, G- and W of any layer after any number of updates; the history of a pair; histograms
    over time; columns as images. Two files are shown side by side. A run that is still going on is followed. The page
    is for this machine alone, and needs no network. Ctrl-C ends it.
    """
    if len(files) > 2:
        raise LayoutError(f"view: expected one run file or two, got {len(files)}; open others in another window")
    from ..explore.server import Server
    from ..show import report

    server = Server(files, port=port)
    try:
        report.OUT.print(server.url)
        report.ERR.print("Ctrl-C ends it. Over SSH: ssh -L PORT:127.0.0.1:PORT to here, and the same address there.")
        if not no_open and _shows_windows():
            threading.Thread(target=_open, args=(server.url,), daemon=True).start()
        for s in STOPPING:  # also where whoever started it had them ignored
            signal.signal(s, signal.default_int_handler)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
    finally:
        server.server_close()
