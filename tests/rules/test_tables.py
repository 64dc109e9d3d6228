"""The tables of rules name the same rules, in the same order."""

from __future__ import annotations

import pytest
from xbarsim.kernels.rules.table import MODULES
from xbarsim.kernels.rules.table import RULES as KERNELS

from xbarsim.describe.rules.table import RULES as DESCRIPTIONS
from xbarsim.learn.table import RULES as STATES

from ..loop.covering import VARIANTS

pytestmark = pytest.mark.once


def test_every_floor_has_every_rule():
    assert list(KERNELS) == list(DESCRIPTIONS) == list(STATES)
    assert all(name == rule.name for name, rule in DESCRIPTIONS.items())
    assert VARIANTS.keys() <= DESCRIPTIONS.keys()


def test_rules_that_read_back_do_so_from_maps():
    """Without a word the defaults would leave errors of maps as they are."""
    reads = {kind.__name__: module for kind, module in MODULES.items() if hasattr(module, "read_back")}
    assert len(reads) >= 6
    for name, module in reads.items():
        missing = [stage for stage in ("slopes_of", "sense_back", "land") if not hasattr(module, stage)]
        assert missing == [], f"{name}: {module.__name__}"
