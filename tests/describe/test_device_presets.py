"""The devices that ship: every file loads, says where it is from, and has the numbers of its source."""

from __future__ import annotations

import math
import tomllib

import numpy as np
import pytest

from xbarsim import Layout
from xbarsim.arrays.drawn import is_scattered
from xbarsim.describe.device_files import load_device, presets, read_document, values_of
from xbarsim.describe.sections import HOMES, toml_key
from xbarsim.learn.table import engine_for
from xbarsim.measure.nonlinearity import u_of_label
from xbarsim.study import curves
from xbarsim.study.device_cards import card_of, mean_steps, pulse_trains

pytestmark = pytest.mark.jit

NAMES = list(presets())
NEUROSIM = [n for n in NAMES if n.startswith("neurosim-")]

# Tables I and II of the manual: states up and down, labels, Ron in Ohm, on/off, c2c; where "below", its bound.
TABLE = {
    "ag-asi": (97, 100, 2.4, -4.88, 26e6, 12.5, 0.035),
    "taox-tio2": (102, 102, 1.85, -1.79, 5e6, 2.0, 0.01),
    "taox-hfox": (128, 128, 0.04, -0.63, 100e3, 10.0, 0.037),
    "pcmo": (50, 50, 3.68, -6.76, 23e6, 6.84, 0.01),
    "alox-hfo2": (40, 40, 1.94, -0.61, 16.9e3, 4.43, 0.05),
    "gst-pcm": (100, 120, 0.105, 2.4, 4.71e3, 19.8, 0.015),
    "epiram": (64, 64, 0.5, -0.5, 81e3, 50.2, 0.02),
    "hzo-fefet": (32, 32, 1.75, 1.46, 559.28e3, 45.0, 0.005),
    "3t1c": (32, 32, 0.2, -0.2, 1 / 2e-5, 5.0, 0.005),
    "2t1f": (64, 64, 0.5, 0.5, 1 / 1.788e-6, 45.0, 0.005),
}


@pytest.mark.parametrize("name", NAMES)
def test_loads_and_names_its_source(name):
    document = read_document(presets()[name])
    assert set(document) <= {"source", "device", "variation", "aging"}
    for key in ("title", "where", "notes"):
        assert len(document["source"][key]) > 10
    layout = Layout.of(layers=(784, 10)).with_device(name)
    assert Layout.from_toml_text(layout.to_toml()) == layout
    for key, value in load_device(name).items():
        kept = getattr(getattr(layout, HOMES[key]), key)
        assert kept == value or np.allclose(np.ravel(kept), np.ravel(value), rtol=0.0), toml_key(key)
    assert len(layout.device.staircase()) > 2
    assert engine_for(layout) in ("ladder", "analog")


@pytest.mark.parametrize("name", NAMES)
def test_windows_of_our_own_are_owned_up_to(name):
    source = read_document(presets()[name])["source"]
    if not name.startswith(("neurosim-", "jo2010")):
        assert "ours" in source["notes"]


def test_the_table_is_all_there():
    assert sorted(TABLE) == sorted(n.removeprefix("neurosim-") for n in NEUROSIM)


@pytest.mark.parametrize("name", NEUROSIM)
def test_neurosim_numbers_follow_from_its_table(name):
    up, down, label_p, label_d, r_on, ratio, c2c = TABLE[name.removeprefix("neurosim-")]
    layout, source = Layout.of(layers=(2, 2)).with_device(name), read_document(presets()[name])["source"]
    d = layout.device
    assert (source["label_ltp"], source["label_ltd"]) == (label_p, label_d)
    assert d.model == "soft-bounds"
    assert d.beta == pytest.approx(u_of_label(label_p), abs=5e-5)
    assert d.beta_depression == pytest.approx(-u_of_label(label_d), abs=5e-5)
    assert math.copysign(1, d.beta_depression) == -math.copysign(1, label_d)
    assert (d.n_max, d.n_max_d or d.n_max) == (up, down)
    assert d.g_max == pytest.approx(1 / r_on, rel=1e-5)
    assert d.g_max / d.g_min == pytest.approx(ratio, rel=1e-5)
    assert layout.variation.c2c_range == c2c
    card = card_of(name)
    assert (card.states, card.states_d) == (up, down)


def test_aihwkit_steps_follow_from_its_models():
    """Steps at both rails, from the parameters of the presets; w from -1 to 1 is 1 to 2 uS."""

    def rails(name):
        d = Layout.of(layers=(2, 2)).with_device(f"aihwkit-{name}").device
        return [1e6 * float(x) for x in (*d.steps_up()[[0, -1]], *d.steps_down()[[0, -1]])]

    assert rails("capacitor") == pytest.approx([0.0025 * x for x in (1.05, 0.95, 0.95, 1.05)], rel=1e-4)
    up = [0.001 * (1 - 0.1153 * w / 1.1724) for w in (-0.8276, 1.1724)]
    down = [0.001 * (1 + 0.5085 * w / 0.8276) for w in (-0.8276, 1.1724)]
    assert rails("ecram") == pytest.approx([*up, *down], rel=1e-4)

    def exponential(scale, a, sign, w):
        return scale * (1 - a * math.exp(sign * 5 * (-0.5 * w - 0.5)))

    up = [exponential(0.00135 / 2, -1.18445, 1, w) for w in (-1, 1)]
    down = [exponential(0.00135 * (1 - 0.259359) / 2, -0.081404, -1, w) for w in (-1, 1)]
    assert rails("reram-es") == pytest.approx([*up, *down], rel=1e-4)
    first, last, *_ = rails("pcm")
    assert (first, last) == pytest.approx((0.005 * 28.235, 0.005 * (1 + 27.235 * math.exp(-5))), rel=1e-3)
    # Soft bounds, cut by 5 % of the range: the step is linear and would be 0 at the bound.
    up, down = 0.001 * (1 + 0.75 / 1.25), 0.001 * (1 + 1.25 / 0.75)
    assert rails("reram-sb") == pytest.approx([0.95 * up, 0.05 * up, 0.05 * down, 0.95 * down], rel=1e-4)


def test_soft_bounds_without_noise_have_the_steps_of_their_law():
    """0.01 (1 - w) up and 0.01 (1 + w) down, w from -1 to 1; at the bounds a thousandth of the largest."""
    layout = Layout.of(layers=(2, 2), method="fixed").with_device("soft-bounds-reram")
    up, down = layout.device.steps_up() / layout.weight_range, layout.device.steps_down() / layout.weight_range
    assert up == pytest.approx([0.02, 0.02e-3], rel=1e-6)
    assert down == pytest.approx([0.02e-3, 0.02], rel=1e-6)
    assert not is_scattered(layout)
    assert len(layout.device.staircase()) - 1 == 688


def test_a_reset_pulse_of_phase_change_memory_is_a_whole_one():
    trains = pulse_trains(card_of("aihwkit-pcm"), devices=6, cycles=2)
    ends = trains.g[:, 1:][:, ~trains.up]
    assert np.array_equal(ends, np.repeat(trains.g[:, :1], 2, axis=1))


# Pulse trains ---------------------------------------------------------------------------------------------------------


def test_trains_without_spread_are_the_nominal_curve():
    card = card_of("lim2019-beta3")
    trains = pulse_trains(card, devices=2, cycles=2)
    nominal = curves.pulse_curve(card.layout.device)[1].astype(float)
    assert np.array_equal(trains.g, np.tile(np.concatenate([nominal, nominal[1:]]), (2, 1)))
    assert trains.up.tolist() == ([True] * 64 + [False] * 64) * 2


@pytest.mark.jit
def test_trains_of_scattering_devices_follow_the_law(tmp_path):
    """Steps have the mean of the law, and the standard deviation of the file; with almost none, the nominal curve."""
    text = "[device]\nmodel = 'soft-bounds'\nn_max = 40\nbeta = 1.5\nbeta_d = -1.0\n[variation]\n"
    (tmp_path / "quiet.toml").write_text(text + "c2c = 1e-9\n")
    (tmp_path / "loud.toml").write_text(text + "c2c = 0.2\nc2c_range = 0.01\n")
    card = card_of(str(tmp_path / "quiet.toml"))
    assert is_scattered(card.layout)
    nominal = curves.pulse_curve(card.layout.device)[1].astype(float)
    quiet = pulse_trains(card, devices=1, cycles=1)
    assert np.abs(quiet.g[0] - nominal).max() < 1e-3 * card.layout.device.span
    card = card_of(str(tmp_path / "loud.toml"))
    loud, steps = pulse_trains(card, devices=40, cycles=2), mean_steps(card)
    g, change, up = loud.g[:, :-1], np.diff(loud.g, axis=1), np.broadcast_to(loud.up, (40, len(loud.up)))
    span = card.layout.device.span
    inner = (g > card.layout.device.g_min + 0.2 * span) & (g < card.layout.device.g_max - 0.2 * span)
    for chosen, mean, spread, sign in ((up, steps.up, steps.spread_up, 1), (~up, steps.down, steps.spread_down, -1)):
        x, y = g[inner & chosen], sign * change[inner & chosen]
        z = (y - np.interp(x, steps.g, mean)) / np.interp(x, steps.g, spread)
        assert len(z) > 1000
        assert abs(z.mean()) < 5 / math.sqrt(len(z))
        assert z.std() == pytest.approx(1.0, abs=0.08)


def test_windows_and_laws_differ_from_device_to_device(tmp_path):
    (tmp_path / "d.toml").write_text(
        "[device]\nn_max = 20\n[variation]\nalpha_sigma = 0.3\ng_max_sigma = 0.1\ng_min_sigma = 0.2\n"
    )
    trains = pulse_trains(card_of(str(tmp_path / "d.toml")), devices=50, cycles=1)
    first, second = trains.g[:, 0], trains.g[:, 1] - trains.g[:, 0]
    assert first.std() / first.mean() == pytest.approx(0.2, rel=0.4)
    assert second.std() / second.mean() == pytest.approx(0.3, rel=0.5)
    again = pulse_trains(card_of(str(tmp_path / "d.toml")), devices=50, cycles=1)
    assert np.array_equal(again.g, trains.g)


def test_quantile_tables_have_a_spread_of_their_own():
    steps = mean_steps(card_of("aihwkit-pcm"))
    # 0.6 of the step cycle to cycle, 0.2 device to device.
    assert steps.spread_up / steps.up == pytest.approx(np.full(len(steps.g), math.hypot(0.6, 0.2)), rel=0.02)


# Cards ----------------------------------------------------------------------------------------------------------------


def test_cards_tell_of_spread_and_source(tmp_path):
    card = card_of("aihwkit-reram-array-om")
    assert "stuck 13.5 %" in card.spread
    assert card_of("lim2019-beta0").spread == "none"
    assert "10.1007/s00521-018-3659-y" in card_of("lim2019-ideal").where
    (tmp_path / "step.py").write_text("def step(s, up, z):\n    return 0.02 if up else -0.02\n")
    plugin = card_of(f"{tmp_path / 'step.py'}:step")
    assert (plugin.states, plugin.betas, plugin.source) == (50, None, {})
    assert plugin.where.endswith("step.py:step")
    assert card_of("neurosim-2t1f").as_dict()["beta_d"] < 0


def test_the_files_need_no_device_but_themselves():
    for path in presets().values():
        assert values_of(tomllib.loads(path.read_text()), path.name)
