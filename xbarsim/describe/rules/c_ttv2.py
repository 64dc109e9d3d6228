"""Rule ``c-ttv2``: Tiki-Taka with a digital buffer and choppers."""

from __future__ import annotations

from .fast_slow import BUFFER, CHOPPER, two_arrays

RULE = two_arrays("c-ttv2", "the same with choppers that change the sign of lines (Rasch et al. 2024)", BUFFER, CHOPPER)
