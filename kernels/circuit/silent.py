"""Pulse lines that nobody looks at."""

from __future__ import annotations

from typing import NamedTuple


class Silent(NamedTuple):
    """No counters, no energies, no half-selects."""

    active: int  # 0
