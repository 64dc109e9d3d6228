"""A layout in a line: what was run is said, and nothing else."""

from __future__ import annotations

import pytest

from xbarsim import Layout
from xbarsim.describe.words import changes, in_words

pytestmark = pytest.mark.once


def test_both_nonlinearities_noise_and_spread_are_said():
    layout = Layout.of(layers=(784, 200, 10), beta=2.0, beta_d=3.0, n_max=64, n_max_d=50, c2c=0.09, sigma=0.5, seed=3)
    assert in_words(layout, dataset="mnist", iterations=2000) == (
        "784-200-10, rule sign (method b), exponential device, beta 2 up, 3 down, 64 pulses up, 50 down, noise and "
        "spread: scale 50 %, c2c of a step 9 %, mnist, 2,000 iterations, seed 3"
    )


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "rule sign (method b)"),
        ({"method": "c"}, "rule sign (method c)"),
        ({"rule": "crus"}, "rule crus (a reconstruction)"),
        ({"rule": "crus", "baseline": "lim-a"}, "rule crus (baseline lim-a)"),
        ({"rule": "bs"}, "rule bs (ideal steps, a reconstruction)"),
        ({"rule": "bs", "bs_digits": 2}, "rule bs (2 digits per weight, a reconstruction)"),
        ({"rule": "software"}, "rule software (float weights, hard-sigmoid, rate 0.01)"),
    ],
)
def test_a_rule_says_what_of_it_was_chosen(values, said):
    """Methods are those of the sign rule alone."""
    layout = Layout.of(layers=(4, 2), **values)
    assert in_words(layout).split(", ", 1)[1].startswith(said)
    assert ("method" in in_words(layout)) is ("method" in said)
    assert ("device" in in_words(layout)) is layout.rule.has_devices(layout)


def test_laws_circuits_and_batches_are_said():
    table = {"model": "table", "jump_p": ((1e-7,), (2e-7,)), "jump_d": ((1e-7,), (2e-7,))}
    assert "device by tables of 2 and 2 measured steps" in in_words(Layout.of(layers=(4, 2), **table))
    text = in_words(
        Layout.of(layers=(4, 2), model="soft-bounds", alpha=1e-7, alpha_d=2e-7, wire_resistance=2.0, batch=3)
    )
    assert "soft-bounds device, beta 2 up and down, alpha 1e-07 S up, 2e-07 S down" in text
    assert "wires of 2 Ohm per segment" in text
    assert "batch 3 (" in text


def test_what_differs_from_the_defaults_makes_the_layout_again():
    layout = Layout.of(layers=(4, 2), beta=1.0, g_max=2e-6, rule="crus", theta_forward=0.3, alpha=1e-7)
    found = changes(layout)
    assert set(found) == {"network", "device", "pulses", "crus"}
    given = {key.removesuffix("_S"): value for table in found.values() for key, value in table.items()}
    assert Layout.of(**{key: value for key, value in given.items() if value is not None}) == layout
