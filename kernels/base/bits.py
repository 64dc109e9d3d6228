"""Lists of lines packed into bits, eight lines a byte, and back."""

from __future__ import annotations

import numpy as np

from ._jit import jit


@jit
def pack_bits(lines, n_lines, out):
    """Set bit ``line % 8`` of byte ``line // 8`` for every listed line (NumPy's ``bitorder="little"``).

    Parameters
    ----------
    lines : (>= n_lines,) int32
    out : (bytes,) uint8, updated
    """
    for b in range(out.shape[0]):
        out[b] = np.uint8(0)
    for q in range(n_lines):
        line = lines[q]
        out[line >> 3] |= np.uint8(1 << (line & 7))


@jit
def unpack_bits(packed, out):
    """Lines whose bit is set, ascending; returns their number. `out` is int32, updated."""
    n = 0
    for b in range(packed.shape[0]):
        byte = packed[b]
        if byte:
            for k in range(8):
                if byte & (1 << k):
                    out[n] = 8 * b + k
                    n += 1
    return n
