"""States of which a layer has several arrays: what a file keeps of them, by number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .buffers import COUNTS
from .network import NetworkState
from .rule import Count


def numbered(name: str, copy: int) -> str:
    """A name as a file has it of one of several arrays: of the first as it is, of others with their number."""
    return name if copy == 0 else f"{name}_{copy}"


class Several(NetworkState):
    """For states whose layers have several arrays; comes before other bases."""

    def fixed(self, k: int) -> dict[str, np.ndarray]:
        """What the trace keeps once of layer `k`."""
        return {
            numbered(name, q): values
            for q in range(self.copies)
            for name, values in NetworkState.fixed(self, self.number_of(k, q)).items()
        }

    def set_fixed(self, k: int, read: Any) -> None:
        """Windows of several arrays follow from the seed; what they were written with need not."""

        def written(copy: int) -> Callable[[str], Any]:
            return lambda name: read(numbered(name, copy))

        for q in range(self.copies):
            self.set_first(self.number_of(k, q), written(q))

    def counts(self, k: int) -> dict[str, Count]:
        """What was counted of the devices of layer `k`."""
        return {
            numbered(name, q): count
            for q in range(self.copies)
            for name, count in NetworkState.counts(self, self.number_of(k, q)).items()
        }

    def clear_counts(self, k: int) -> None:
        """Set the counts of layer `k` back to 0."""
        for q in range(self.copies):
            NetworkState.clear_counts(self, self.number_of(k, q))

    def set_counts(self, k: int, counts: Mapping[str, np.ndarray]) -> None:
        """Put the pulses and resets of the devices of layer `k` to what `counts` gave."""
        for q in range(self.copies):
            own = {name: counts[numbered(name, q)] for name in COUNTS}
            NetworkState.set_counts(self, self.number_of(k, q), own)
