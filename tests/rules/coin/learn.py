"""State of a network that is trained by rule ``coin``."""

from __future__ import annotations

import numpy as np

from ..describe.layout import Layout
from ..kernels.rules.coin import Coin
from .network import NetworkState
from .rule import State


class CoinState(NetworkState):
    """All conductances of a network."""

    label = "coin"
    color = "tab:olive"

    @property
    def rule(self) -> Coin:
        """What the kernels need to know of the rule."""
        return Coin(self.reading, np.uint64(self.layout.run.seed), self.layout.coin.coin_bias)


def kind_of(layout: Layout) -> type[State]:
    """The state that a layout of this rule is trained in."""
    return CoinState
