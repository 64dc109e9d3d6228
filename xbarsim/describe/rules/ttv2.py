"""Rule ``ttv2``: Tiki-Taka with a digital buffer."""

from __future__ import annotations

from .fast_slow import BUFFER, two_arrays

RULE = two_arrays("ttv2", "the same through a digital buffer (Gokmen 2021)", BUFFER)
