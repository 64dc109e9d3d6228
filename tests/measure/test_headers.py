"""Headers of several rows, all sheets of a workbook, quotes, and numbers that are no siemens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from xbarsim import DataError, LayoutError
from xbarsim.measure.beside import counts_pulses, numbers_beside
from xbarsim.measure.columns import column_of
from xbarsim.measure.measured import load

from .reading import DOWN, UP, N, read, rows, written

pytestmark = pytest.mark.jit  # files: once is enough

DATA = Path(__file__).parent / "data"
BOTH = [(1, UP), (-1, DOWN)]


def test_origin_writes_names_units_and_comments():
    found = load([DATA / "origin_export.txt"])
    text = (DATA / "origin_export.txt").read_text().replace(",", ".").splitlines()[3:]
    table = np.array([line.split("\t") for line in text], dtype=float)
    assert [s.side for s in found.sweeps] == [1, -1]
    assert (1e6 * found.sweeps[0].g).tolist() == pytest.approx(table[:, 1].tolist())
    assert (1e6 * found.sweeps[1].g).tolist() == pytest.approx(table[:, 3].tolist())
    assert "Conductance (µS) Potentiation = potentiation, conductance in uS" in found.understood[0]
    assert "header of 3 rows" in found.understood[0]
    assert "left out" not in found.understood[0]


@pytest.mark.parametrize(
    "head",
    [
        "pulse,G,pulse,G\n,uS,,uS\n,LTP,,LTD\n",  # Origin
        "Pulse number,Conductance (uS),Pulse number,Conductance (uS)\n,Potentiation,,Depression\n",  # without units
        "LTP,,LTD,\npulse,G (uS),pulse,G (uS)\n",  # merged cells
        ",LTP,,LTD\npulse,G (uS),pulse,G (uS)\n",
        "made by hand\nLTP pulse,LTP,LTD pulse,LTD\n,uS,,uS\n",
        "a,b,c,d\n\npulse,LTP (uS),pulse,LTD (uS)\n",  # a line above a gap is none of the header
        "title,of,the,table\npulse,LTP (uS),pulse,LTD (uS)\n",
        '"Pulse\nnumber","LTP, read (uS)","Pulse\nnumber","LTD, read (uS)"\n',
        '# 5" wafer\n"pulse","LTP (uS)",pulse,LTD (uS)\n',
    ],
)
def test_headers_of_several_rows(tmp_path, head):
    found = read(tmp_path, head + rows(N, UP, N, DOWN))
    assert written(found) == BOTH


def test_instrument_lines_are_no_header(tmp_path):
    found = read(tmp_path, "Instrument,example\nRead voltage,0.1 V\npulse,LTP (uS)\n" + rows(N, UP))
    assert written(found) == [(1, UP)]
    assert "2 lines above the table left out" in found.understood[0]


def test_decimal_commas_in_quotes(tmp_path):
    text = '"pulse","LTP (uS)"\n' + "".join(f'"{k}","{str(g).replace(".", ",")}"\n' for k, g in zip(N, UP, strict=True))
    assert written(read(tmp_path, text)) == [(1, UP)]
    text = "pulse;note;LTP (uS)\n" + "".join(f'{k};"a; b";{g}\n' for k, g in zip(N, UP, strict=True))
    assert written(read(tmp_path, text)) == [(1, UP)]


def test_an_open_quote_is_not_the_rest_of_the_file(tmp_path):
    text = "pulse,LTP (uS)\n" + '"5 inch,\n' + rows(N, UP)
    assert written(read(tmp_path, text)) == [(1, UP)]


def test_widths_of_pulses_are_no_numbers():
    for name in ("Pulse width", "pulse duration", "Pulse period", "pulse interval (ms)"):
        assert column_of(name, np.zeros(3)).role == "time", name
    assert column_of("LTP_pulse", np.arange(3.0)).role == "pulse"
    assert column_of("LTP pulse", np.array([1e-7, 2e-7])).role == ""
    assert column_of("Pulse number", np.zeros(3)).role == "pulse"


def test_numbers_beside():
    columns = [column_of(n, np.arange(3.0)) for n in ("point", "pulse", "G LTP", "index", "G LTD", "n")]
    assert [numbers_beside(columns, columns[k]).name for k in (2, 4)] == ["pulse", "index"]
    right = [column_of(n, np.arange(3.0)) for n in ("G", "n", "pulse")]
    assert numbers_beside(right, right[0]).name == "pulse"
    assert numbers_beside(right[:1], right[0]) is None


def test_what_counts_pulses_without_a_name():
    for yes in ([0, 1, 2, 3], [0, 1, 2, 5, 10], [0.02, 1.03, 4.98, 10], [1, 1, 2, 2, 5, 5], [5, 10, 15, 20]):
        assert counts_pulses(np.array(yes, dtype=float)), yes
    for no in ([0.1, 0.3, 0.5], [3, 7, 8, 20], [-1, 0, 1, 7], [0, 0.5, 1, 7], [1, 0, 0, 1]):
        assert not counts_pulses(np.array(no, dtype=float)), no


# ---------------------------------------------------------------------------------------------------------------------
# Spreadsheets


def book(tmp_path, hidden=(), **pages):
    openpyxl = pytest.importorskip("openpyxl")
    out = openpyxl.Workbook()
    out.remove(out.active)
    for name, (head, columns) in pages.items():
        sheet = out.create_sheet(name.replace("_", " "))
        sheet.sheet_state = "hidden" if name in hidden else "visible"
        for line in head:
            sheet.append(line)
        for row in zip(*columns, strict=True):
            sheet.append(row)
    path = tmp_path / "a.xlsx"
    out.save(path)
    return path


HEAD = [["pulse", "G (uS)"]]


def test_all_sheets_are_read():
    found = load([DATA / "two_sheets.xlsx"])
    assert [(s.side, len(s.g), s.device) for s in found.sweeps] == [(1, 21, ""), (-1, 21, "")]
    assert 1e6 * found.sweeps[0].g[:3] == pytest.approx([1 + 0, 2.0246, 2.9467])
    assert 1e6 * found.sweeps[1].g[:3] == pytest.approx([10, 8.5956, 7.4018])
    assert sum("sheet LTD" in t for t in found.understood) == 2
    alone = load([DATA / "two_sheets.xlsx"], sheet="LTD")
    assert [s.side for s in alone.sweeps] == [-1]
    with pytest.raises(DataError, match="expected a sheet named 'x', got LTP, LTD"):
        load([DATA / "two_sheets.xlsx"], sheet="x")


def test_names_of_sheets(tmp_path):
    cycle = (N, UP, DOWN)
    head = [["pulse", "LTP (uS)", "LTD (uS)"]]
    devices = load([book(tmp_path, A=(head, cycle), B=(head, cycle))])
    assert [(s.device, s.side) for s in devices.sweeps] == [("A", 1), ("A", -1), ("B", 1), ("B", -1)]
    cycles = load([book(tmp_path, cycle_1=(head, cycle), cycle_2=(head, cycle))])
    assert [(s.device, s.cycle) for s in cycles.sweeps] == [("", "1"), ("", "1"), ("", "2"), ("", "2")]
    both = load([book(tmp_path, LTP_device_3=(HEAD, (N, UP)), LTD_device_3=(HEAD, (N, DOWN)))])
    assert [(s.device, s.side) for s in both.sweeps] == [("3", 1), ("3", -1)]
    # "set" in a name is no polarity where no other name is the opposite one.
    sets = load([book(tmp_path, data_set_1=(HEAD, ([*N] * 2, UP + DOWN)), data_set_2=(HEAD, ([*N] * 2, UP + DOWN)))])
    assert written(sets) == BOTH * 2
    backwards = load([book(tmp_path, LTP=(HEAD, (N, UP)), LTD=(HEAD, (N, DOWN[::-1])))])
    assert written(backwards) == BOTH


def test_sheets_that_are_left_out(tmp_path):
    path = book(
        tmp_path,
        notes=([["made", "by", "hand"]], ()),
        settings=([["key", "value"]], ((1, 2, 3), (4, 5, 6))),
        data=([["pulse", "LTP (uS)", "LTD (uS)"]], (N, UP, DOWN)),
        old=([["pulse", "LTP (uS)", "LTD (uS)"]], (N, DOWN, UP)),
        hidden=("old",),
    )
    found = load([path])
    assert written(found) == BOTH
    told = "; ".join(found.understood)
    assert "sheet notes has no table and was left out" in told
    assert "sheet settings: left out, as no header in it names a conductance" in told
    assert "sheet old is hidden and was left out" in told
    mapped = load([path], mapping=["pulse=pulse", "potentiation=LTP (uS)", "depression=LTD (uS)"])
    assert written(mapped) == BOTH
    assert any("left out, as it has not the columns that --map names" in t for t in mapped.understood)
    with pytest.raises(LayoutError, match=r"expected the columns it names in one of the sheets settings, data"):
        load([path], mapping=["conductance=nothing"])


def test_numbers_that_are_texts_in_a_sheet(tmp_path):
    found = load([book(tmp_path, data=([["pulse", "LTP (uS)"]], (N, [str(g).replace(".", ",") for g in UP])))])
    assert written(found) == [(1, UP)]
    assert "decimal commas" in found.understood[0]


def test_columns_of_a_sheet_may_be_short(tmp_path):
    pages = {
        "data": (
            [["pulse", "LTP (uS)", "pulse", "LTD (uS)"]],
            (range(12), range(1, 13), [0, 1, 2] + [None] * 9, [3, 2, 1] + [None] * 9),
        )
    }
    found = load([book(tmp_path, **pages)])
    assert [len(s.g) for s in found.sweeps] == [12, 3]


# ---------------------------------------------------------------------------------------------------------------------
# Numbers that are no siemens


def test_normalised_numbers_need_a_range():
    files = [DATA / "norm_ltp.csv", DATA / "norm_ltd.csv"]
    with pytest.raises(DataError) as caught:
        load(files)
    assert "numbers from 0.1 to 0.9 without one, which look normalised; add --range LOW,HIGH" in str(caught.value)
    found = load(files, span=(1e-7, 1e-6))
    table = [np.loadtxt(f, delimiter=",", skiprows=1)[:, 1] for f in files]
    for sweep, raw in zip(found.sweeps, table, strict=True):
        assert sweep.g == pytest.approx(1e-7 + 9e-7 * (raw - 0.1) / 0.8, rel=1e-12)
    assert [s.side for s in found.sweeps] == [1, -1]


def test_repeats_are_rescaled_too(tmp_path):
    text = "pulse,LTP\n" + rows(np.repeat(N, 2), np.repeat([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], 2) + [0.01, -0.01] * 6)
    found = read(tmp_path, text, span=(1e-7, 1e-6))
    assert found.repeats == pytest.approx(np.sqrt(2) * 0.01 * 9e-7, rel=1e-3)


@pytest.mark.parametrize(
    ("text", "options", "what"),
    [
        ("pulse,G\n" + rows(N, [0.1 * g for g in UP]), {}, "which look normalised; add --range LOW,HIGH"),
        ("pulse,G\n" + rows(N, [0.01 * g for g in UP]), {}, "which look normalised"),
        ("pulse,G\n" + rows(N, [10 * g for g in UP]), {}, "expected a unit for 'G'"),
        ("pulse,G (S)\n" + rows(N, [0.1 * g for g in UP]), {}, "expected conductances below 0.1 S in 'G (S)'"),
        ("pulse,G (mS)\n" + rows(N, [100 * g for g in UP]), {}, "got numbers from 100 to 620 in mS, up to 0.615 S"),
        ("pulse,R\n" + rows(N, UP[::-1]), {}, "expected a unit for 'R'"),
        ("type,G (uS)\n" + rows(["LTP"] * 6, UP), {"mapping": ["pulse=1", "conductance=2"]}, "got texts such as 'LTP'"),
        ("pulse,G\n" + rows(N, UP), {"span": (0.0, np.inf)}, "--range: expected LOW,HIGH in S"),
    ],
)
def test_refused(tmp_path, text, options, what):
    with pytest.raises((DataError, LayoutError)) as caught:
        read(tmp_path, text, **options)
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_not_used_is_said(tmp_path):
    told = read(tmp_path, "pulse,G (uS)\n" + rows(N, UP), unit="nS", read_voltage=0.1, sheet="data").understood
    assert any("--unit nS is not used, as 'G (uS)' says its unit" in t for t in told)
    assert any("--read-voltage is not used, as 'G (uS)' is no current" in t for t in told)
    assert "--sheet data is not used: none of the files is a spreadsheet" in told
    volts = read(tmp_path, "pulse,I (uA),V (V)\n" + rows(N, UP, [1] * 6), read_voltage=0.1)
    assert written(volts) == [(1, UP)]
    assert any("--read-voltage is not used, as 'V (V)' is the read voltage" in t for t in volts.understood)


def test_what_is_said_is_taken(tmp_path):
    assert written(read(tmp_path, "pulse,G (S)\n" + rows(N, [f"{g}e-6" for g in UP]))) == [(1, UP)]
    large = read(tmp_path, "pulse,G (S)\n" + rows(N, [0.1 * g for g in UP]), unit="S")
    assert large.sweeps[0].g == pytest.approx(0.1 * np.array(UP))
    assert written(read(tmp_path, "pulse,G\n" + rows(N, [f"{g}e-6" for g in UP]))) == [(1, UP)]
    assert read(tmp_path, "pulse,G (mS)\n" + rows(N, UP)).sweeps[0].g == pytest.approx(1e-3 * np.array(UP))
