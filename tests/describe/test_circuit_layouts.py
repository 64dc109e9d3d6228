"""Wires, drivers and sense circuits that are refused."""

from __future__ import annotations

import pytest

from xbarsim import Layout, LayoutError


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"gain_sigma": -0.1}, "sense.gain_sigma: expected a number >= 0, got -0.1"),
        ({"offset_sigma": float("nan")}, "sense.offset_sigma: expected a finite number"),
        ({"read_noise": "much"}, "sense.read_noise: expected a number, got 'much'"),
        ({"sense_range": -1}, "sense.sense_range: expected a number >= 0"),
        ({"sense_bits": 1, "sense_range": 1.0}, "sense.sense_bits: expected 0 or at least 2"),
        ({"sense_bits": 33, "sense_range": 1.0}, "sense.sense_bits: expected a whole number <= 32"),
        ({"sense_bits": 4}, "sense.sense_range: expected a range > 0 with sense_bits = 4, got 0"),
        ({"sense_bits": 2.5}, "sense.sense_bits: expected a whole number"),
        ({"driver_bits": -1}, "sense.driver_bits: expected a whole number >= 0"),
        ({"driver_bits": True}, "sense.driver_bits: expected a whole number"),
        ({"wire_resistance": -1}, "wires.wire_resistance_Ohm: expected a number >= 0"),
        ({"wire_resistance_s": float("inf")}, "wires.wire_resistance_s_Ohm: expected a finite number"),
        ({"driver_resistance": 1e13}, "wires.driver_resistance_Ohm: expected a number <= 1e"),
        ({"sense_resistance": "low"}, "wires.sense_resistance_Ohm: expected a number, got 'low'"),
        ({"double_sided": 1}, "wires.double_sided: expected true or false"),
        ({"tile_rows": -1}, "wires.tile_rows: expected a whole number >= 0"),
        ({"tile_columns": 1.5}, "wires.tile_columns: expected a whole number"),
        ({"wire_tolerance": 0}, "wires.wire_tolerance: expected a number >= 1e-12"),
        ({"wire_tolerance": 0.5}, "wires.wire_tolerance: expected a number <= 0.01"),
        ({"wire_sweeps": 0}, "wires.wire_sweeps: expected a whole number >= 1"),
        ({"circuit": "exakt"}, "did you mean 'exact'"),
        ({"reference": "midrange"}, "did you mean 'conductance'"),
    ],
    ids=str,
)
def test_bad_values(values, message):
    with pytest.raises(LayoutError) as caught:
        Layout.of(layers=(2, 2), **values)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("values", [{"wire_resistance": 10.0}, {"read_noise": 0.1}, {"driver_bits": 4}], ids=str)
def test_the_software_reference_has_no_circuits(values):
    with pytest.raises(LayoutError, match="software"):
        Layout.of(layers=(2, 2), rule="software", **values)
