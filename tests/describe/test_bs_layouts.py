"""What does not go together with rule `bs`."""

from __future__ import annotations

import pytest

from xbarsim import Layout, LayoutError
from xbarsim.learn.table import state_of

pytestmark = pytest.mark.jit


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"wire_resistance": 1.0}, "wires: expected nothing of the kind"),
        ({"account": True}, "gates: expected nothing"),
        ({"read_noise": 0.1}, "sense: expected nothing of the kind"),
        ({"engine": "analog"}, "run.engine: expected nothing of the kind"),
        ({"c2c": 0.1}, "variation: expected nothing of the kind"),
        ({"bs_slope": "sigmoid"}, "bs.bs_slope: unknown name"),
        ({"bs_digits": 7}, "bs.bs_digits: expected a whole number <= 6"),
        ({"bs_reads": 100, "bs_draws": 100}, "bs.bs_draws: expected bs_reads"),
        ({"bs_temperature": 0.0}, "bs.bs_temperature: expected a number >= 1e-06"),
    ],
)
def test_what_does_not_go_together_is_told(values, text):
    with pytest.raises(LayoutError) as error:
        Layout.of(**{"layers": (6, 3), "rule": "bs", **values})
    assert str(error.value).startswith(text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("values", [{"batch": 2}, {"batch": 2, "rule": "software", "activation": "sigmoid"}])
def test_batches_go_together_with_every_rule(values):
    assert state_of(Layout.of(**{"layers": (6, 3), "rule": "bs", **values})).batch == 2


def test_a_carry_that_never_comes_is_told():
    with pytest.raises(LayoutError, match=r"bs\.bs_carry_threshold: expected a threshold that a digit can reach"):
        state_of(Layout.of(layers=(6, 3), rule="bs", bs_digits=2, n_max=8))
