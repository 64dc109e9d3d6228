"""Rule ``agad``: analog gradient accumulation with dynamic reference."""

from __future__ import annotations

from .fast_slow import BUFFER, CHOPPER, ESTIMATE, two_arrays

RULE = two_arrays(
    "agad", "the same against a reference that is estimated on the way (Rasch et al. 2024)", BUFFER, CHOPPER, ESTIMATE
)
