"""Numbers by which kernels know the pair methods of Lim et al. (2019); what they do stands in `update`.

A pair whose second device is a fixed reference has none: it is an array of another kind, see `single`.
"""

from __future__ import annotations

METHOD_A, METHOD_B, METHOD_C = 0, 1, 2
