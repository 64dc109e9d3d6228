"""Binary-stochastic learning: stochastic bits, signs of errors, unit steps and a periodical carry; a reconstruction,
see `bits`.
"""

from __future__ import annotations

from . import expected, learning, sampled

MODULES = (learning, expected, sampled)
