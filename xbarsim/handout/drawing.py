"""Pictures as data within a page: those that are drawn for it, and those that a study left."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from ..base.files import is_file
from ..show.figures_report import as_png, as_svg
from .blocks import Picture

MOST_BYTES = 4 << 20
"""Of a picture that lies in a folder; larger ones stay there."""

_SIGNATURES = {".png": b"\x89PNG\r\n\x1a\n"}


def drawn(figure: Any, says: str, *, points: int = 0, wide: bool = False, dpi: int = 130) -> Picture:
    """A figure within a page: of few `points` as vectors, else (and of maps, < 0) as pixels."""
    vectors = 0 <= points <= 4000
    kind, content = ("svg+xml", as_svg(figure)) if vectors else ("png", as_png(figure, dpi=dpi))
    return Picture(f"data:image/{kind};base64,{base64.b64encode(content).decode()}", says, wide)


def left(path: Path) -> Picture | str:
    """A PNG file that a study left; or why it is not in the page."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return f"{path.name}: over {MOST_BYTES >> 20} MB, and not in this page"
        content = path.read_bytes()
    except OSError as error:
        return f"{path.name}: cannot be read ({error.strerror})"
    if not content.startswith(_SIGNATURES[".png"]):
        return f"{path.name}: is no PNG, and not in this page"
    return Picture(f"data:image/png;base64,{base64.b64encode(content).decode()}", path.name, wide=True)


def pictures_in(folder: Path) -> tuple[list[Picture], list[str]]:
    """All pictures of a folder, and what could not be taken."""
    found = [left(path) for path in sorted(folder.glob("*.png"), key=lambda p: p.name) if is_file(path)]
    return [one for one in found if isinstance(one, Picture)], [one for one in found if isinstance(one, str)]
