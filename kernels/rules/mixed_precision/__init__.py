"""Gradients are added up digitally, and devices are pulsed where that is worth whole steps: mixed precision.

- `sums`: what is added up (chi), and the pulses that it asks for; `rule`: the training loop's part
- `record`: what is kept of samples, or of the sums themselves, and the replay from it
"""

from __future__ import annotations

from . import rule

MODULES = (rule,)
