"""The reference without devices: gradient descent on float weights, and the high-precision benchmark."""

from __future__ import annotations

from . import backprop, descent

MODULES = (descent, backprop)
