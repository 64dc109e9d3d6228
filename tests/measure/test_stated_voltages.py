"""Headers that state the voltage of the read; and hints, each of which works when it is followed."""

from __future__ import annotations

import re

import numpy as np
import pytest

from xbarsim import DataError, LayoutError
from xbarsim.measure.columns import column_of, stated_voltage

from .reading import UP, N, read, rows

pytestmark = pytest.mark.jit  # files: once is enough
CURVE = [1e-6 * g for g in UP]  # S


@pytest.mark.parametrize(
    ("header", "volts", "factor"),
    [
        ("I @0.2V", 0.2, 1.0),
        ("I (nA) @ 0.1 V", 0.1, 1e-9),
        ("Id@Vread=0.2V", 0.2, 1.0),
        ("Id (uA) @ V_read = 100 mV", 0.1, 1e-6),
        ("current at 0.5 V (nA)", 0.5, 1e-9),
        ("Ids [A] (Vds=50mV)", 0.05, 1.0),
        ("I_D [A] @ 50 mV", 0.05, 1.0),
        ("Iread (µA), VD: 0.3 V", 0.3, 1e-6),
        ("I (nA) @ 0,1 V", 0.1, 1e-9),
        ("read current @ -0.2V", -0.2, 1.0),
        ("I @ 2e-1 V", 0.2, 1.0),
    ],
)
def test_a_stated_voltage_makes_currents_conductances(tmp_path, header, volts, factor):
    column = column_of(header, np.array(UP))
    assert (column.role, column.read_at) == ("current", volts)
    assert column.factor == factor
    currents = [g * volts / factor for g in CURVE]
    found = read(tmp_path, f'pulse,"{header}"\n' + rows(N, currents), **({} if factor < 1 else {"unit": "A"}))
    assert found.sweeps[0].g == pytest.approx(CURVE, rel=1e-9)
    assert f"currents of reads at {volts:g} V, as its header says" in " ".join(found.understood)


@pytest.mark.parametrize("header", ["I (A) Vpulse=3V", "I (A) Vg=3V", "I at 3 V pulse", "I (nA)", "@ 0.1 V", "I_V"])
def test_other_voltages_are_no_reads(header):
    assert stated_voltage(header) == (header, None)


def test_a_stated_voltage_of_conductances_is_not_their_unit(tmp_path):
    found = read(tmp_path, "pulse,G (uS) @ 0.1 V\n" + rows(N, UP))
    assert found.sweeps[0].g == pytest.approx(CURVE, rel=1e-12)


def test_another_read_voltage_is_told(tmp_path):
    text = "pulse,I (nA) @ 0.1 V\n" + rows(N, [g * 0.1 / 1e-9 for g in CURVE])
    found = read(tmp_path, text, read_voltage=0.2)
    assert found.sweeps[0].g == pytest.approx(CURVE, rel=1e-9)
    assert "--read-voltage is not used, as 'I (nA) @ 0.1 V' says its own" in " ".join(found.understood)
    assert "not used" not in " ".join(read(tmp_path, text, read_voltage=0.1).understood)


# Hints: what is named in one is given, with the value that the measurement has where a hint leaves it open.

MAPPED = {"mapping": ["conductance=2"], "unit": "uS"}
CASES = [
    ("pulse,I (nA)\n" + rows(N, [g * 0.2 / 1e-9 for g in CURVE]), "--read-voltage VOLTS", {"read_voltage": 0.2}),
    ("pulse,G\n" + rows(N, UP), "--unit UNIT", {"unit": "uS"}),
    ("pulse,G\n" + rows(N, [g / 10.0 for g in UP]), "--range LOW,HIGH", {"span": (CURVE[0], CURVE[-1])}),
    (
        "t (s),x\n" + rows([0.1 * n for n in N], UP),
        "--map conductance=COLUMN",
        {"mapping": ["conductance=2"], "unit": "uS"},
    ),
    ("pulse,G (uS)\n" + rows([n + 0.3 for n in N], UP), "--map conductance=COLUMN", {"mapping": ["conductance=2"]}),
    ("pulse,G (mS)\n" + rows(N, [1000 * g for g in UP]), "--unit mS", {"unit": "mS"}),
]


@pytest.mark.parametrize(("text", "hint", "followed"), CASES, ids=[c[1] + str(k) for k, c in enumerate(CASES)])
def test_a_hint_that_is_followed_works(tmp_path, text, hint, followed):
    with pytest.raises((DataError, LayoutError)) as caught:
        read(tmp_path, text)
    assert hint in str(caught.value)
    found = read(tmp_path, text, **followed)
    assert len(found.sweeps[0].g) == len(UP)
    if hint != "--unit mS":  # there it is only taken at its word
        assert found.sweeps[0].g == pytest.approx(CURVE, rel=1e-9)


def test_the_hint_to_reverse_works(tmp_path):
    """Trains that go the other way than their labels say."""
    text = "pulse,type,G (uS)\n" + rows(N, ["LTP"] * len(N), UP[::-1])
    with pytest.raises(DataError, match="with --reverse potentiation that it is listed from its last pulse"):
        read(tmp_path, text)
    assert read(tmp_path, text, reverse="potentiation").sweeps[0].g == pytest.approx(CURVE, rel=1e-9)
    text = "pulse,type,G (uS)\n" + rows(N, ["LTP"] * len(N), UP)
    with pytest.raises(DataError, match="leave out --reverse for potentiation"):
        read(tmp_path, text, reverse="potentiation")
    assert read(tmp_path, text).sweeps[0].g == pytest.approx(CURVE, rel=1e-9)


@pytest.mark.parametrize(("text", "hint", "followed"), CASES, ids=[c[1] + str(k) for k, c in enumerate(CASES)])
def test_no_hint_invents_a_number(tmp_path, text, hint, followed):
    """A value behind a flag is one that the file has, or a name for it."""
    with pytest.raises((DataError, LayoutError)) as caught:
        read(tmp_path, text)
    given = re.findall(r"--[a-z-]+[ =]([^ ;,)]+)", str(caught.value))
    assert given
    assert not any(re.search(r"\d", value) for value in given)
