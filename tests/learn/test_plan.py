"""What a plan refuses."""

from __future__ import annotations

import pytest
from xbarsim.kernels.rules import bs, sign

from xbarsim import Layout, LayoutError
from xbarsim.learn.table import plan_of, state_of

pytestmark = pytest.mark.once


def test_a_rule_that_cannot_read_errors_back_from_maps_does_not_train_them(monkeypatch):
    """It would learn from whatever lies in memory."""
    maps = Layout.of(layers=("5x5x1", "conv3x2", "pool2", 3))
    plan_of(maps)
    for name in ("sense_back", "land"):
        monkeypatch.delattr(sign, name)
    for ask in (plan_of, state_of):
        with pytest.raises(LayoutError, match=r"layers: expected dense .* rule 'sign', .* lacks the stages sense_back"):
            ask(maps)
        ask(Layout.of(layers=("5x5x1", "conv5x2")))  # one array: nothing comes back
        ask(Layout.of(layers=(4, 3, 2)))
        ask(maps.replace(rule="bs"))  # beside what trains it has modules that only test
    monkeypatch.delattr(bs.MODULES[0], "slopes_of")
    with pytest.raises(LayoutError, match=r"rule 'bs', got .* lacks the stage slopes_of, by which"):
        plan_of(maps.replace(rule="bs"))
