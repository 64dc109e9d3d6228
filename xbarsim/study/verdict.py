"""What a reproduction may say: nothing about the paper, if its runs fall short of the paper's."""

from __future__ import annotations

from collections.abc import Sequence

from ..data_sets.data_set import Dataset


def short_of(data: Dataset, done: int, whole: int, unit: str = "iterations") -> str:
    """How runs fall short of those that are reproduced, in a few words; "" if they do not.

    >>> from xbarsim import load_dataset
    >>> short_of(load_dataset("digits"), 500, 60_000)
    '500 of 60,000 iterations, on digits instead of mnist'
    """
    parts = [f"{done:,} of {whole:,} {unit}"] if done < whole else []
    return ", ".join(parts + ([f"on {data.name} instead of mnist"] if data.name != "mnist" else []))


def told(statements: Sequence[tuple[str, bool]], short: str) -> list[str]:
    """Statements with their verdicts, or with the reason why there is none.

    >>> told([("b is best", False)], ""), told([("b is best", False)], "1 of 20 epochs")
    (['does NOT hold: b is best'], ['no verdict (1 of 20 epochs): b is best'])
    """
    if short:
        return [f"no verdict ({short}): {text}" for text, _ in statements]
    return [f"{'holds' if holds else 'does NOT hold'}: {text}" for text, holds in statements]


def bold(text: str) -> str:
    """The same in Markdown, where a miss stands out."""
    return text.replace("does NOT hold", "**does not hold**", 1)
