"""The part of ``xbarsim reproduce`` that is a study of its own: binary-stochastic learning (a reconstruction)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..api.reproducing_bs import OwnReproduction

NAME = "bs"


def show(found: OwnReproduction, out: Path, form: str) -> None:
    """Leave the picture, and show the tables."""
    from ..show.views_bs import show_bs

    found.save_figure(out / f"{NAME}.png", force=True)
    show_bs(found.sheet, out, form)
