"""Files as laboratories have them: every example is read, and what is broken is refused in one clear line."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import h5py
import numpy as np
import pytest

from xbarsim import DataError, LayoutError
from xbarsim.measure.columns import column_of, side_of, unit_of
from xbarsim.measure.measured import load
from xbarsim.measure.trains import turning_points

pytestmark = pytest.mark.jit  # files: once is enough

EXAMPLES = Path(__file__).parents[2] / "data" / "examples"
here = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are in a checkout")
UP, DOWN = (1e-7, 1e-6), (1e-6, 1e-7)

# files, options, trains of either polarity, pulses of either
READ = {
    "sequence": (["sequence.csv"], {}, 8, 8),
    "current and voltage": (["current.csv"], {}, 4, 4),
    "cycles, two files": (["cycles_potentiation.tsv", "cycles_depression.tsv"], {}, 6, 6),
    "devices": (["devices.csv"], {}, 6, 6),
    "NeuroSim": (["neurosim.m"], {}, 1, 1),
    "CrossSim": (["crosssim_set.csv", "crosssim_reset.csv"], {"read_voltage": 0.1}, 8, 8),
    "XLSX": (["columns.xlsx"], {}, 1, 1),
    "ArC TWO": (["arc_two.hdf5"], {}, 4, 4),
    "aihwkit": (["aihwkit.csv"], {"span": UP}, 1, 1),
}


@here
@pytest.mark.parametrize("name", list(READ))
def test_examples_are_read(name):
    if name == "XLSX":
        pytest.importorskip("openpyxl")
    files, options, ups, downs = READ[name]
    found = load([EXAMPLES / f for f in files], **options)
    assert (len(found.of(1)), len(found.of(-1))) == (ups, downs)
    assert found.understood
    for sweep in found.sweeps:
        pulses = np.isfinite(sweep.g).sum() - 1
        assert pulses in ((64, 63) if sweep.side > 0 or name == "aihwkit" else (50, 49))
        start, end = UP if sweep.side > 0 else DOWN
        assert sweep.g[np.isfinite(sweep.g)][0] == pytest.approx(start, abs=1.5e-7)
        assert sweep.g[np.isfinite(sweep.g)][-1] == pytest.approx(end, abs=1.5e-7)


@here
def test_devices_are_told_apart():
    assert load([EXAMPLES / "devices.csv"]).devices == ["1", "2", "3", "4", "5", "6"]
    assert load([EXAMPLES / "arc_two.hdf5"]).devices == ["W01B02", "W01B03"]


@pytest.mark.parametrize("bad", ["1e308", "inf", "nan"])
def test_crosssim_tables_of_numbers_that_are_none(tmp_path, bad):
    path = tmp_path / "dG_increasing.txt"
    path.write_text(f"Gbins, CDF, then dG\n1e-6, 2e-6\n0.0, 1.0\n1e-8, 1e-8\n1e-8, {bad}\n")
    with pytest.raises(DataError, match="expected conductances and steps in S, got some that are not finite or beyond"):
        load([path])


@here
def test_crosssim_tables():
    found = load([EXAMPLES / "dG_increasing.txt", EXAMPLES / "dG_decreasing.txt"])
    assert set(found.tables) == {1, -1}
    g, cdf, steps = found.tables[-1]
    assert steps.shape == (len(cdf), len(g)) == (5, 11)
    assert steps.max() < 0


@here
def test_examples_are_what_their_script_makes(tmp_path):
    pytest.importorskip("openpyxl")
    spec = importlib.util.spec_from_file_location("make_examples", EXAMPLES / "make_examples.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.HERE = tmp_path
    module.main()
    for path in sorted(tmp_path.iterdir()):
        if path.suffix not in (".xlsx", ".hdf5"):  # containers depend on the library's version
            assert path.read_bytes() == (EXAMPLES / path.name).read_bytes(), path.name
    assert {p.name for p in tmp_path.iterdir()} == {p.name for p in EXAMPLES.iterdir() if p.suffix not in (".py", "")}


# ---------------------------------------------------------------------------------------------------------------------
# Words


@pytest.mark.parametrize(
    ("header", "role", "factor", "side", "cycle", "device"),
    [
        ("Pulse number", "pulse", 1, 0, "", ""),
        ("Pulse #", "pulse", 1, 0, "", ""),
        ("#", "pulse", 1, 0, "", ""),
        ("G (µS)", "conductance", 1e-6, 0, "", ""),
        ("Conductance [μS]", "conductance", 1e-6, 0, "", ""),
        ("G_nS", "conductance", 1e-9, 0, "", ""),
        ("conductance/mS", "conductance", 1e-3, 0, "", ""),
        ("G", "conductance", 1, 0, "", ""),
        ("I_read (nA)", "current", 1e-9, 0, "", ""),
        ("Current, A", "current", 1, 0, "", ""),
        ("Strom (uA)", "current", 1e-6, 0, "", ""),
        ("V_read (V)", "voltage", 1, 0, "", ""),
        ("Read voltage (mV)", "voltage", 1e-3, 0, "", ""),
        ("Pulse amplitude (V)", "drive", 1, 0, "", ""),
        ("R (kOhm)", "resistance", 1e3, 0, "", ""),
        ("Resistance (Ω)", "resistance", 1, 0, "", ""),
        ("time (s)", "time", 1, 0, "", ""),
        ("LTP", "", 1, 1, "", ""),
        ("G_LTD (nS)", "conductance", 1e-9, -1, "", ""),
        ("potentiation cycle 3", "", 1, 1, "3", ""),
        ("rmp12", "", 1, 0, "12", ""),
        ("Cycle 2 (uS)", "conductance", 1e-6, 0, "2", ""),
        ("device 7 LTP (uS)", "conductance", 1e-6, 1, "", "7"),
        ("cycle", "cycle", 1, 0, "", ""),
        ("Device", "device", 1, 0, "", ""),
        ("reset (uS)", "conductance", 1e-6, -1, "", ""),
    ],
)
def test_headers(header, role, factor, side, cycle, device):
    c = column_of(header, np.zeros(3))
    assert (c.role, c.factor, c.side, c.cycle, c.device) == (role, factor, side, cycle, device)


def test_units_and_sides():
    assert unit_of("t (s)") == ("s", 1.0, "s")
    assert unit_of("pulses") is None
    assert side_of("up then down") == 0
    assert side_of("preset") == 0


# ---------------------------------------------------------------------------------------------------------------------
# Sequences


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.03])
def test_turning_points_through_noise(noise):
    up, down = np.log1p(np.linspace(0, 6, 33)) / np.log(7), 1 - np.log1p(np.linspace(0, 12, 25)) / np.log(13)
    y = np.concatenate([[0.0], *[np.concatenate([up[1:], down[1:]])] * 6])
    y = y + noise * np.random.default_rng(0).standard_normal(len(y))
    truth = np.cumsum([0, *[32, 24] * 6])
    assert np.abs(np.array(turning_points(y, 0.35)) - truth).max() <= (0 if noise < 0.02 else 2)


def lines(tmp_path, text, name="a.csv", **kw):
    path = tmp_path / name
    path.write_bytes(text.encode(kw.pop("encoding", "utf-8")))
    return load([path], **kw)


CURVE = [0.1, 0.3, 0.45, 0.55, 0.6, 0.62]


def rows(*columns, delimiter=","):
    return "\n".join(delimiter.join(str(c) for c in row) for row in zip(*columns, strict=True)) + "\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings(tmp_path, encoding):
    found = lines(tmp_path, "pulse,G (µS)\n" + rows(range(6), CURVE), encoding=encoding)
    assert found.sweeps[0].g == pytest.approx(np.array(CURVE) * 1e-6)


def test_resistance_blank_delimited(tmp_path):
    found = lines(
        tmp_path, "% made by hand\n n   R(kOhm)\n" + rows(range(6), [1 / c for c in CURVE], delimiter="   "), "a.txt"
    )
    assert found.sweeps[0].g == pytest.approx(np.array(CURVE) * 1e-3)


def test_pulse_number_that_starts_again(tmp_path):
    found = lines(tmp_path, "pulse,LTP (uS)\n" + rows([*range(6), *range(6)], CURVE * 2))
    assert [len(s.g) for s in found.sweeps] == [6, 6]


def test_columns_for_cycle_and_device(tmp_path):
    text = "device,cycle,pulse,type,G (nS)\n"
    for device in "AB":
        for cycle in (1, 2):
            for side, curve in (("set", CURVE), ("reset", CURVE[::-1])):
                text += rows([device] * 6, [cycle] * 6, range(6), [side] * 6, [1000 * c for c in curve])
    found = lines(tmp_path, text)
    assert [(s.device, s.cycle, s.side, len(s.g)) for s in found.sweeps] == [
        (d, c, s, 6) for d in "AB" for c in "12" for s in (1, -1)
    ]


def test_sign_of_the_pulse_is_the_polarity(tmp_path):
    text = "pulse,Vpulse (V),I (nA)\n" + rows(range(1, 13), [-3] * 6 + [2] * 6, [c * 100 for c in CURVE + CURVE[::-1]])
    found = lines(tmp_path, text, read_voltage=0.1)
    assert [s.side for s in found.sweeps] == [1, -1]  # whatever sign raises it
    assert found.sweeps[0].g == pytest.approx(np.array(CURVE) * 1e-6)
    assert len(found.sweeps[1].g) == 7  # with the state before


def test_overload_and_gaps_are_no_reads(tmp_path):
    found = lines(tmp_path, "pulse,G (uS)\n" + rows(range(6), [0.1, "9.91e37", 0.3, "", 0.5, 0.6]))
    assert np.isfinite(found.sweeps[0].g).sum() == 4


def test_map_overrides(tmp_path):
    text = "a,b,c\n" + rows(range(6), [5] * 6, CURVE)
    found = lines(tmp_path, text, mapping=["pulse=a", "conductance=3"], unit="uS")
    assert found.sweeps[0].g == pytest.approx(np.array(CURVE) * 1e-6)
    both = lines(
        tmp_path, "x,y,z\n" + rows(range(6), CURVE, CURVE[::-1]), mapping=["potentiation=y;depression=z"], unit="mS"
    )
    assert [s.side for s in both.sweeps] == [1, -1]
    with pytest.raises(LayoutError, match="expected one of the columns 1 'a', 2 'b', 3 'c', got 'd'"):
        lines(tmp_path, text, mapping=["conductance=d"])
    with pytest.raises(LayoutError, match="unknown role 'conductence'; did you mean 'conductance'"):
        lines(tmp_path, text, mapping=["conductence=3"])
    with pytest.raises(LayoutError, match="expected ROLE=COLUMN"):
        lines(tmp_path, text, mapping=["conductance"])


def test_a_million_rows(tmp_path):
    one = [f",{v:.3f}\n" for v in (*np.linspace(0.1, 1, 51), *np.linspace(0.982, 0.118, 49))]
    path = tmp_path / "big.csv"
    path.write_text("pulse,G (uS)\n" + "".join(f"{k}{v}" for k, v in enumerate(one * 10_000)))
    found = load([path])
    assert 19_990 <= len(found.sweeps) <= 20_000


# ---------------------------------------------------------------------------------------------------------------------
# What is refused


@pytest.mark.parametrize(
    ("text", "options", "what"),
    [
        ("", {}, "got an empty file"),
        ("nothing here\nnor here\n", {}, "expected a table with numbers, found none"),
        ("pulse,G (uS)\n1,2\n", {}, "at least 2 rows of numbers that look alike"),
        ("pulse,G\n" + rows(range(6), [100 * c for c in CURVE]), {}, "expected a unit for 'G'"),
        ("pulse,I (nA)\n" + rows(range(6), CURVE), {}, "add --read-voltage VOLTS"),
        ("pulse,G (uS)\n" + rows(range(6), [0.5] * 6), {}, "got the constant 5e-07 S"),
        ("pulse,LTP (uS)\n" + rows(range(6), CURVE[::-1]), {}, "expected potentiation to rise, but it falls"),
        ("pulse,LTP (uS),LTD (nS)\n" + rows(range(6), CURVE, CURVE[::-1]), {}, "mixed units"),
        ("t (s),V (V)\n" + rows(range(6), CURVE), {}, "name one: --map conductance=COLUMN"),
        (
            "a,b\n" + rows(range(6), CURVE),
            {"unit": "kg"},
            "expected a unit of conductance, current or resistance, got 'kg'",
        ),
        ("a,b\n" + rows(range(6), CURVE), {"read_voltage": 0.0}, "expected a voltage other than 0"),
        ("a,b\n" + rows(range(6), CURVE), {"span": (2.0, 1.0)}, "LOW < HIGH"),
        (
            "1st Row = Gbins, 2nd Row = CDF Points\n1,2,3\n0,1\n1,2,3\n",
            {},
            "expected a row of steps for every CDF point",
        ),
    ],
)
def test_refused(tmp_path, text, options, what):
    with pytest.raises((DataError, LayoutError)) as caught:
        lines(tmp_path, text, **options)
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)


def test_foreign_files_are_refused(tmp_path):
    with pytest.raises(DataError, match="cannot read it"):
        load([tmp_path / "none.csv"])
    (tmp_path / "b.dat").write_bytes(b"\x01\x00\x02" * 50)
    with pytest.raises(DataError, match="got a binary file"):
        load([tmp_path / "b.dat"])
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["y"] = 1
    with pytest.raises(DataError, match="expected an ArC TWO file"):
        load([tmp_path / "x.h5"])
    with h5py.File(tmp_path / "z.h5", "w") as file:
        file.create_group("crosspoints/W00B00")
    with pytest.raises(DataError, match="expected crosspoints with pulses and reads"):
        load([tmp_path / "z.h5"])
    pytest.importorskip("openpyxl")
    (tmp_path / "x.xlsx").write_bytes(b"PK not really")
    with pytest.raises(DataError, match="expected an XLSX file"):
        load([tmp_path / "x.xlsx"])
    with pytest.raises(LayoutError, match="got none"):
        load([])
