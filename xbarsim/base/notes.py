"""Notes for whoever listens to the logger "xbarsim": the command line prints them, a program may collect them."""

from __future__ import annotations

import logging
import multiprocessing


def note(text: str) -> None:
    """Say what a user should know and need not act on. Worker processes leave that to their parent."""
    if multiprocessing.parent_process() is None:
        logging.getLogger("xbarsim").info(text)
