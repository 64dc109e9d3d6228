"""Numbers by which kernels know the pair methods; what they do stands in `update`.

A pair whose second device is a fixed reference has none in here (it is 3 among all): it is an array of
another kind, see `single`.
"""

from __future__ import annotations

METHOD_A, METHOD_B, METHOD_C, METHOD_ONE_SIDED = 0, 1, 2, 4
