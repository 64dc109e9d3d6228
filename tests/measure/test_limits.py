"""Files that are no measurements: too large, packed to grow, damaged or of other types. One line each, in time."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from xbarsim import DataError
from xbarsim.measure import arc, files, formats, sheets
from xbarsim.measure.layout import is_number
from xbarsim.measure.measured import load

pytestmark = pytest.mark.jit  # files: once is enough

DATA = Path(__file__).parent / "data"


def refused(path, what):
    with pytest.raises(DataError) as caught:
        load([path])
    told = str(caught.value)
    assert what in told, told
    assert "\n" not in told
    assert told.startswith(str(path))


# ---------------------------------------------------------------------------------------------------------------------
# Text


def test_large_texts(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("pulse,G (uS)\n" + "".join(f"{k},{1 + k}\n" for k in range(100)))
    assert len(load([path]).sweeps) == 1
    monkeypatch.setattr(files, "MOST_TEXT", 500)
    refused(path, "expected a text of at most 0 MB, got more")
    monkeypatch.undo()
    monkeypatch.setattr(files, "MOST_LINES", 60)
    refused(path, "expected at most 60 lines")
    monkeypatch.undo()
    monkeypatch.setattr(formats, "MOST_COLUMNS", 1)
    refused(path, "expected at most 1 columns, got 2")


def test_no_more_of_a_file_is_read_than_the_limit(tmp_path, monkeypatch):
    """Not loaded to find out that it is too large."""
    path = tmp_path / "hole.csv"
    with path.open("wb") as file:
        file.write(b"pulse,G (uS)\n0,1\n1,2\n")
        file.truncate(50_000_000)
    asked = []
    whole = files._read
    monkeypatch.setattr(files, "MOST_TEXT", 1_000_000)
    monkeypatch.setattr(files, "_read", lambda path, most: asked.append(most) or whole(path, most))
    refused(path, "expected a text of at most 1 MB, got more")
    assert max(asked) == 1_000_001


def test_a_long_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("pulse,G (uS)\n" + "1," * 600_000 + "\n")
    refused(path, "characters, got 2 of up to 1,200,000; export the table alone")


def test_cells_and_arrays_that_cost_no_search():
    """Each of these took the square of its length; a million of characters would be looked at for hours."""
    assert not is_number("1" * 1_000_000 + "x")
    assert list(formats._arrays("a" * 1_000_000 + " [")) == []
    assert list(formats._arrays("a = [" * 200_000)) == []
    assert list(formats._arrays("a = [1 2] b=[3\n4];")) == [("a", "1 2"), ("b", "3\n4")]


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"\xd0\xcf\x11\xe0", "an old Excel file (XLS)"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"%PDF-1.5", "a PDF"),
    ],
)
def test_other_kinds(tmp_path, start, what):
    path = tmp_path / "a.csv"
    path.write_bytes(start + b"1,2\n3,4\n")
    refused(path, f"got {what}")


# ---------------------------------------------------------------------------------------------------------------------
# Spreadsheets


def packed(members, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def book(tmp_path, **replaced):
    """The file of the two sheets, with the first sheet's contents or more members."""
    with zipfile.ZipFile(DATA / "two_sheets.xlsx") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members.update({name.replace("__", "/").replace("_xml", ".xml"): data for name, data in replaced.items()})
    path = tmp_path / "a.xlsx"
    path.write_bytes(packed(members))
    return path


def test_a_spreadsheet_that_says_it_is_large(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MOST_UNPACKED", 3_000_000)
    assert len(load([book(tmp_path)]).sweeps) == 2
    refused(book(tmp_path, xl__media_xml=b" " * 4_000_000), "expected a spreadsheet of at most 3 MB when unpacked, got")


def lie(raw, name, size):
    """An archive whose directory says another size of one member."""
    out = bytearray(raw)
    at = raw.rindex(name) - 46  # the directory stands at the end
    assert raw[at : at + 4] == b"PK\x01\x02"
    out[at + 24 : at + 28] = struct.pack("<I", size)
    return bytes(out)


def test_a_spreadsheet_whose_directory_lies(tmp_path, monkeypatch):
    """Whatever the directory says, counted is what comes out."""
    monkeypatch.setattr(files, "MOST_UNPACKED", 3_000_000)
    path = book(tmp_path, xl__media_xml=b" " * 40_000_000)
    raw = path.read_bytes()
    assert len(raw) < 100_000
    read = []
    chunk = zipfile.ZipExtFile.read
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda self, n=-1: read.append(out := chunk(self, n)) or out)
    path.write_bytes(lie(raw, b"xl/media.xml", 100))
    refused(path, "expected a spreadsheet of at most 3 MB when unpacked, got more than 3 MB")
    assert 3_000_000 < sum(map(len, read)) < 4_000_000
    small = book(tmp_path, xl__media_xml=b" " * 400_000)
    small.write_bytes(lie(small.read_bytes(), b"xl/media.xml", 100))
    refused(small, "whose part 'xl/media.xml' has 400,000 bytes and says 100")
    small = book(tmp_path, xl__media_xml=b" " * 400)
    small.write_bytes(lie(small.read_bytes(), b"xl/media.xml", 500))
    refused(small, "whose part 'xl/media.xml' has 400 bytes and says 500")


SHEET = (
    '<?xml version="1.0"?>{}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<dimension ref="{}"/><sheetData>{}</sheetData></worksheet>'
)


def cells(rows):
    return "".join(
        f'<row r="{r}">' + "".join(f'<c r="{c}{r}"><v>{v}</v></c>' for c, v in row) + "</row>" for r, row in rows
    )


def test_a_sheet_that_says_it_is_wide(tmp_path):
    """Its extent is what its cells say: a million rows of sixteen thousand columns are not made."""
    rows = cells([(k + 1, [("A", k), ("B", 1e-6 * (k + 1))]) for k in range(10)])
    path = book(tmp_path, xl__worksheets__sheet1_xml=SHEET.format("", "A1:XFD1048576", rows))
    found = load([path])
    assert [len(s.g) for s in found.sweeps if s.side > 0] == [10]


def test_a_sheet_with_cells_far_right(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_CELLS", 100_000)
    rows = cells([(k + 1, [("A", k), ("XFD", k)]) for k in range(10)])
    path = book(tmp_path, xl__worksheets__sheet1_xml=SHEET.format("", "A1:B10", rows))
    refused(path, "expected at most 100,000 cells, got more")


def test_a_sheet_that_defines_entities(tmp_path):
    bomb = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    path = book(tmp_path, xl__worksheets__sheet1_xml=SHEET.format(bomb, "A1:B2", "&b;"))
    refused(path, "one that defines entities")


def test_archives_that_are_no_spreadsheets(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(packed({"x.txt": b"x" * 100}))
    refused(path, "expected an XLSX file, cannot read it")
    path.write_bytes(packed({"x.txt": b"x" * 100}, zipfile.ZIP_BZIP2))
    refused(path, "packed in another way than deflate")
    whole = (DATA / "two_sheets.xlsx").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refused(path, "expected an XLSX file, got a broken archive")
    broken = bytearray(whole)
    broken[100:140] = bytes(40)
    path.write_bytes(broken)
    refused(path, "expected an XLSX file, got a")
    (tmp_path / "b.csv").write_bytes(whole)  # by its contents, not by its name
    assert len(load([tmp_path / "b.csv"]).sweeps) == 2


def test_sizes_are_those_of_the_deflated_stream(tmp_path):
    """A stored member that says more than it holds ends where its bytes end."""
    path = tmp_path / "a.xlsx"
    raw = packed({"x.txt": b"x" * 100}, zipfile.ZIP_STORED)
    assert zlib.crc32(b"x" * 100) == struct.unpack("<I", raw[14:18])[0]
    path.write_bytes(lie(raw, b"x.txt", 5000))
    refused(path, "whose part 'x.txt' has 100 bytes and says 5,000")


# ---------------------------------------------------------------------------------------------------------------------
# ArC TWO

FIELDS = [("current", "<f4"), ("voltage", "<f4"), ("read_voltage", "<f4"), ("op_type", "<u4")]
NAN = float("nan")


def table(rows, fields=FIELDS):
    return np.array([tuple(r) for r in rows], dtype=fields)


def ramp(n=12, volts=1.5):
    return [(0.2e-6, 0.2, 0.2, 1), *((0.2e-6 * (2 + k), volts, 0.2, 3) for k in range(n))]


def arc_file(tmp_path, data=None, **attrs):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        set_ = file.create_dataset("crosspoints/W00B00/timeseries", data=table(ramp()) if data is None else data)
        set_.attrs.update(attrs)
    return path


def test_arc_pulses_without_a_read_are_pulses(tmp_path):
    rows = [(0.2e-6, 0.2, 0.2, 1)]
    for k in range(1, 4):  # three pulses, then two reads
        rows += [(0.0, 1.5, 0.2, 2)] * 3
        rows += [(0.2e-6 * (1 + k) + d, 0.2, 0.2, 1) for d in (-0.2e-8, 0.2e-8)]
    rows += [(0.2e-6 * v, -1.2, 0.2, 3) for v in (3, 2)]
    found = load([arc_file(tmp_path, table(rows))])
    up, down = found.sweeps
    assert 1e6 * up.g == pytest.approx([1, NAN, NAN, 2, NAN, NAN, 3, NAN, NAN, 4], nan_ok=True)
    assert up.counts.tolist() == [1, 0, 0, 2, 0, 0, 2, 0, 0, 2]
    assert 1e6 * down.g == pytest.approx([4, 3, 2])
    assert found.repeats == pytest.approx(np.sqrt(2) * 1e-8, rel=1e-3)
    assert "1 train of 9 pulses, 7 reads (6 of 10 states not read" in "; ".join(found.understood)


def test_arc_only_depression(tmp_path):
    rows = [(0.2e-6 * (20 - k), -1.0, 0.2, 3) for k in range(12)]
    assert [s.side for s in load([arc_file(tmp_path, table(rows))]).sweeps] == [-1]


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (np.array([3, 4]), "expected the attribute NROWS to be one whole number, got [3 4]"),
        ("many", "expected the attribute NROWS to be one whole number, got many"),
        (3.5, "expected the attribute NROWS to be one whole number, got 3.5"),
        (h5py.Empty("i4"), "expected the attribute NROWS to be one whole number"),
        (-3, "expected the attribute NROWS between 0 and 13, the rows there are, got -3"),
        (2**62, "expected the attribute NROWS between 0 and 13, the rows there are, got 4,611,686,018,427,387,904"),
    ],
)
def test_arc_rows_in_use(tmp_path, given, what):
    refused(arc_file(tmp_path, NROWS=given), what)


def test_arc_of_other_types(tmp_path):
    path = tmp_path / "a.h5"

    def made(make):
        with h5py.File(path, "w") as file:
            make(file)
        return path

    def field(name, kind):
        return lambda f: f.create_dataset(
            "crosspoints/W00B00/timeseries", (13,), [(n, kind if n == name else k) for n, k in FIELDS]
        )

    where = "crosspoints/W00B00"
    refused(
        made(lambda f: f.create_dataset("crosspoints", (3,), "f4")), "with a group 'crosspoints', got another HDF5 file"
    )
    refused(made(lambda f: f.create_dataset(where, (3,), "f4")), "W00B00: expected a group with a table, got an array")
    refused(made(lambda f: f.create_group(f"{where}/timeseries")), "one dimension, got a group")
    refused(made(lambda f: f.create_dataset(f"{where}/timeseries", (), FIELDS)), "got an array of shape ()")
    refused(made(lambda f: f.create_dataset(f"{where}/timeseries", (3, 4), FIELDS)), "got an array of shape (3, 4)")
    refused(made(lambda f: f.create_dataset(f"{where}/timeseries", (9,), "f4")), "expected fields current, voltage")
    refused(made(field("current", "S5")), "expected numbers in the field 'current'")
    refused(made(field("voltage", ("<f4", (3,)))), "expected numbers in the field 'voltage'")
    refused(made(field("op_type", "<f4")), "expected numbers in the field 'op_type' that are whole")
    refused(made(field("read_voltage", h5py.string_dtype())), "expected numbers in the field 'read_voltage'")

    def dangling(file):
        file.create_group("crosspoints")["W00B00"] = h5py.SoftLink("/nowhere")

    refused(made(dangling), "W00B00: expected a group with a table, got a link to nowhere")

    def named_type(file):
        file.create_group(where)["timeseries"] = np.dtype("f4")

    refused(made(named_type), "expected a table with one dimension, got Datatype")


def test_arc_tables_that_would_fill_the_memory(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("crosspoints/W00B00/timeseries", (10**12,), FIELDS, chunks=(1000,), compression="gzip")
    assert path.stat().st_size < 20_000
    refused(path, "expected at most 20,000,000 rows in all tables together, got 1,000,000,000,000 of 16 bytes")
    with h5py.File(path, "w") as file:  # few rows, and one chunk of many
        file.create_dataset(
            "crosspoints/W00B00/timeseries", (50,), FIELDS, chunks=(10**8,), maxshape=(None,), compression="gzip"
        )
    refused(path, "got 100,000,000 of 16 bytes")
    with h5py.File(path, "w") as file:  # few rows of many bytes
        wide = [*FIELDS, ("more", "f8", (10_000,))]
        file.create_dataset("crosspoints/W00B00/timeseries", (100_000,), wide, chunks=(10,), compression="gzip")
    refused(path, "rows in all tables together, got 100,000 of 80,016 bytes")
    assert arc.MOST_ROWS == 20_000_000


def test_arc_fields_that_overlap(tmp_path):
    """A float32 with another bias is a float64 to h5py, in the place of the float32; reading it ends the process."""
    path = tmp_path / "a.h5"
    member = h5py.h5t.IEEE_F32LE.copy()
    member.set_ebias(126)
    row = h5py.h5t.create(h5py.h5t.COMPOUND, 20)
    names = ("current", "voltage", "pulse_width", "read_voltage")
    for k, name in enumerate(names):
        row.insert(name.encode(), 4 * k, member if name == "pulse_width" else h5py.h5t.IEEE_F32LE)
    row.insert(b"op_type", 16, h5py.h5t.STD_U32LE)
    with h5py.File(path, "w") as file:
        group = file.create_group("crosspoints/W00B00")
        h5py.h5d.create(group.id, b"timeseries", row, h5py.h5s.create_simple((200,)))
    refused(path, "timeseries: expected fields one behind the other, got some that overlap")


def test_a_damaged_arc_file(tmp_path):
    whole = arc_file(tmp_path).read_bytes()
    path = tmp_path / "b.h5"
    path.write_bytes(whole[: len(whole) // 2])
    refused(path, "expected an HDF5 file of ArC TWO, cannot read it (")
