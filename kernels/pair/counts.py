"""One update's pulses and resets packed into 64 bits, so that the ladder engine counts them with a single addition.

Fields, from the low end: pulses on G+ (20 bits), on G- (20), resets of G+ (12), of G- (12).
"""

from __future__ import annotations

import numpy as np

from ..base._jit import jit

PULSE_BITS, RESET_BITS = 20, 12
_S1, _S2, _S3 = np.uint64(PULSE_BITS), np.uint64(2 * PULSE_BITS), np.uint64(2 * PULSE_BITS + RESET_BITS)
_PULSE_MASK = np.uint64((1 << PULSE_BITS) - 1)
_RESET_MASK = np.uint64((1 << RESET_BITS) - 1)


@jit
def pack(pulses_plus, pulses_minus, resets_plus, resets_minus):
    """Four counts in one uint64."""
    return (
        np.uint64(pulses_plus)
        | (np.uint64(pulses_minus) << _S1)
        | (np.uint64(resets_plus) << _S2)
        | (np.uint64(resets_minus) << _S3)
    )


@jit
def unpack(counts):
    """(pulses on G+, on G-, resets of G+, of G-) that are packed in a uint64."""
    return (
        np.int64(counts & _PULSE_MASK),
        np.int64((counts >> _S1) & _PULSE_MASK),
        np.int64((counts >> _S2) & _RESET_MASK),
        np.int64(counts >> _S3),
    )
