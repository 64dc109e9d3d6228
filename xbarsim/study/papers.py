"""The figures of all papers, by name."""

from __future__ import annotations

from ..base.errors import LayoutError, nearest
from . import crus as study_crus
from .figure import Figure
from .paper import FIGURES, SENSITIVITY


def chosen(names: list[str]) -> list[Figure]:
    """The figures of these names; ``all``, ``sensitivity`` and ``crus`` stand for groups."""
    others = study_crus.FIGURES
    groups = {"all": list(FIGURES.values()), "sensitivity": list(SENSITIVITY.values()), "crus": list(others.values())}
    every = {**FIGURES, **SENSITIVITY, **others}
    found: dict[str, Figure] = {}
    for name in names or ["all"]:
        if name not in every and name not in groups:
            raise LayoutError(f"reproduce: unknown figure '{name}'; {nearest(name, [*every, *groups])}")
        found |= {f.name: f for f in groups.get(name, [every[name]] if name in every else [])}
    return list(found.values())
