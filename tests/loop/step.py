"""A user's device, for layouts with ``step = "step.py:step"``."""

from __future__ import annotations

import math


def step(s, up, z):
    """Change of a state, 0 to 1, by one pulse; z is a standard normal number."""
    if up:
        return 0.3 * math.exp(-s) * (1 + 0.3 * z)
    return -0.3 * math.exp(s - 1) * (1 + 0.3 * z)
