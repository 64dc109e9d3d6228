"""Twin of arrays/aging.py and of compensation: devices one by one, written from the papers; nothing of xbarsim."""

from __future__ import annotations

import math

# Nandakumar et al., ICECS 2019, and Joshi et al., Nat. Commun. 11, 2473 (2020), as aihwkit's docs give the fits.
T_READ, T_FIRST = 250e-9, 20.0


class Pcm:
    """One device of phase-change memory of Gmax = 25 uS; conductances in S."""

    def __init__(self, target, z_write, z_drift):
        x = target / 25e-6
        sigma = max(0.26348 + 1.9650 * x - 1.1731 * x**2, 0.0) * 1e-6
        self.written = max(target + sigma * z_write, 0.0)
        x = max(x, 1e-7)
        mean = min(max(-0.0155 * math.log(x) + 0.0244, 0.049), 0.1)
        spread = min(max(-0.0125 * math.log(x) - 0.0059, 0.008), 0.045)
        self.nu = abs(mean + spread * z_drift)

    def at(self, t, z_noise):
        """What it conducts `t` after the first read, which is 20 s after the last pulse."""
        since = t + T_FIRST
        drifted = self.written * (since / T_FIRST) ** -self.nu
        x = max(self.written / 25e-6, 1e-7)
        q = min(0.0088 / x**0.65, 0.2)
        return max(drifted * (1.0 + q * math.sqrt(math.log((since + T_READ) / (2 * T_READ))) * z_noise), 0.0)


def factors(then, now, by_column):
    """Factors of columns: `then` and `now` are currents [read][column]."""

    def sizes(reads):
        return [sum(abs(read[j]) for read in reads) / len(reads) for j in range(len(reads[0]))]

    a, b = sizes(then), sizes(now)
    if by_column:
        return [p / q if p and q else 1.0 for p, q in zip(a, b, strict=True)]
    return [sum(a) / sum(b)] * len(a)
