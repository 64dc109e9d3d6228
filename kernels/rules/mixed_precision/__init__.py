"""Gradients are added up digitally, and devices are pulsed where that is worth whole steps: mixed precision.

- `sums`: what is added up (chi), and the pulses that it asks for; `rule`: the training loop's part;
  `forward`: the same with pulses that only ever raise a device
"""

from __future__ import annotations

from . import forward, rule

MODULES = (rule, forward)
