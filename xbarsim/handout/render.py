"""From blocks to one file of HTML. What comes from files is text, and is escaped; nothing is loaded from elsewhere."""

from __future__ import annotations

import functools
import importlib.resources

import jinja2
from markupsafe import Markup

from .._version import __version__
from ..base.errors import plain
from ..show.figures_style import DOWN, GREY, UP
from .blocks import Page


def html_of(page: Page) -> str:
    """The page."""
    return _template().render(page=page, style=Markup(_style()), version=__version__)


@functools.cache
def _template() -> jinja2.Template:
    made = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters["plain"] = plain
    return made.from_string(_file("report.html"))


def _style() -> str:
    colours = {"up": UP, "down": DOWN, "grey": GREY}
    return f":root {{ {' '.join(f'--{name}: {value};' for name, value in colours.items())} }}\n{_file('style.css')}"


def _file(name: str) -> str:
    return importlib.resources.files(__package__).joinpath("page", name).read_text(encoding="utf-8")
