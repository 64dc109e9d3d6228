"""Combinations that are refused, as data: deleting one is deleting its line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .layout import Layout


@dataclass(frozen=True)
class Refusal:
    """Members of an axis that a description does not go together with.

    The error reads ``where: expected EXPECTED with GIVEN, REASON, got what; ADVICE``.

    Attributes
    ----------
    axis : str
        Of ``axes.AXES``.
    members : tuple of str
        Of that axis; none: every one but the plain one.
    reason : str
        Why nature or the circuit forbids it; without one, only code is missing.
    expected : str
    given : str
        What it is that refuses; ``{layout}`` stands for the layout. A rule's name, if it is left out.
    advice : str
    when : function, optional
        For which layouts of the rule this holds; all, if it is left out.
    variant : str
        Those layouts in words, for the table of what goes together.
    """

    axis: str
    members: tuple[str, ...] = ()
    reason: str = ""
    expected: str = "nothing"
    given: str = ""
    advice: str = "leave one of them out"
    when: Callable[[Layout], bool] | None = None
    variant: str = ""

    def holds(self, layout: Layout) -> bool:
        """Whether it is about this layout."""
        return self.when is None or self.when(layout)
