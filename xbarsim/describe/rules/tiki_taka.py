"""Rule ``tiki-taka``: Tiki-Taka, version 1."""

from __future__ import annotations

from .fast_slow import two_arrays

RULE = two_arrays("tiki-taka", "what a fast array gathers is moved into a slow one (Gokmen & Haensch 2020)")
