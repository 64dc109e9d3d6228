"""The tables of rules name the same rules, in the same order."""

from __future__ import annotations

import pytest
from xbarsim.kernels.rules.table import RULES as KERNELS

from xbarsim.describe.rules.table import RULES as DESCRIPTIONS
from xbarsim.learn.table import RULES as STATES

from ..loop.covering import VARIANTS

pytestmark = pytest.mark.once


def test_every_floor_has_every_rule():
    assert list(KERNELS) == list(DESCRIPTIONS) == list(STATES)
    assert all(name == rule.name for name, rule in DESCRIPTIONS.items())
    assert VARIANTS.keys() <= DESCRIPTIONS.keys()
