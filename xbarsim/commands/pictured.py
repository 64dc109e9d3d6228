"""Options of all commands that write pictures: how wide, and which formats beside."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from ..describe.settings import words

_WIDTH = typer.Option(
    "--width", help="Of the picture, for a paper: single (84 mm), double (174 mm), or mm.", show_default="for a screen"
)
_ALSO = typer.Option("--also", help="Other formats of the picture beside: pdf, svg.", show_default=False)


def pictured(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take ``--width``."""
    return _with_options(command, {"width": _WIDTH})


def pictured_in_folder(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take ``--width`` and ``--also``, since it chooses the names of its pictures."""
    return _with_options(command, {"width": _WIDTH, "also": _ALSO})


def _with_options(command: Callable[..., None], made: dict[str, Any]) -> Callable[..., None]:
    @functools.wraps(command)
    def with_pictures(*args: Any, width: str | None = None, also: str | None = None, **kw: Any) -> None:
        from ..show.figures_print import printed

        with printed(width, words(also) if also else ()):
            command(*args, **kw)

    own = list(inspect.signature(command, eval_str=True).parameters.values())
    rest = [own.pop()] if own and own[-1].kind is inspect.Parameter.VAR_KEYWORD else []
    kind = inspect.Parameter.KEYWORD_ONLY
    options = [inspect.Parameter(n, kind, default=None, annotation=Annotated[str | None, o]) for n, o in made.items()]
    named = [p.replace(kind=kind) for p in own]
    with_pictures.__signature__ = inspect.Signature([*named, *options, *rest])  # type: ignore[attr-defined]
    return with_pictures
