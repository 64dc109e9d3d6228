"""Layers of two arrays: a fast one takes up gradients, and what it gathers is moved into a slow one, which is the
weight.

- `two`: the two arrays, and the stages that follow from there being two; `moving`: when and what is read of the fast
  array, and the pulses on the slow one; `rule`: the training loop's part
- `digests`: what becomes of what is read: `direct` (pulsed at once), `buffered` (added up in a digital buffer, with
  choppers or without), `estimated` (against a reference that is estimated on the way)
"""

from __future__ import annotations

from . import rule

MODULES = (rule,)
