"""Make the example measurements in this folder, each in another format, from devices with known parameters.

Run from the repository: ``python data/examples/make_examples.py``. The result is the same every time. No measured data
are in it.

Every device has G from 0.1 to 1 uS. Potentiation: beta 2, 64 pulses; depression: beta 3, 50 pulses (exponential law,
Lim et al. 2019), unless said otherwise. Steps scatter by 10 % from cycle to cycle, reads by 2 nS.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
G_MIN, G_MAX = 1e-7, 1e-6
POTENTIATION = {"beta": 2.0, "alpha": 0.0491354053776, "n": 64}
DEPRESSION = {"beta": 3.0, "alpha": 0.1233647711510, "n": 50}
C2C, READ = 0.1, 2e-9


def sweep(
    rng: np.random.Generator, law: dict[str, float], start: float, *, c2c: float = C2C, beta: float | None = None
) -> np.ndarray:
    """States from 0 to 1 after 0 ... n pulses, beginning at `start`."""
    x = [start]
    for _ in range(int(law["n"])):
        step = law["alpha"] * np.exp(-(law["beta"] if beta is None else beta) * x[-1])
        x.append(float(np.clip(x[-1] + step * (1.0 + c2c * rng.standard_normal()), 0.0, 1.0)))
    return np.array(x)


def cycles(seed: int, count: int, **kw: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pairs of trains, in S, as read: (before the first pulse and after each)."""
    rng = np.random.default_rng(seed)
    out, x = [], 0.0
    for _ in range(count):
        up = sweep(rng, POTENTIATION, x, **kw)
        down = 1.0 - sweep(rng, DEPRESSION, 1.0 - up[-1], **kw)
        x = float(down[-1])
        reads = [G_MIN + (G_MAX - G_MIN) * part + READ * rng.standard_normal(len(part)) for part in (up, down)]
        reads[1][0] = reads[0][-1]  # one read between the trains
        out.append((reads[0], reads[1]))
    return out


def write(name: str, text: str, encoding: str = "utf-8") -> None:
    """One file, lines ended by a line feed."""
    (HERE / name).write_bytes(text.encode(encoding))


def table(columns: list[np.ndarray], head: str = "", *, delimiter: str = ",", form: str = "%.6g") -> str:
    """Columns as text; shorter ones end in empty cells."""
    rows = []
    for k in range(max(map(len, columns))):
        rows.append(delimiter.join((form % c[k]) if k < len(c) else "" for c in columns))
    return (head + "\n" if head else "") + "\n".join(rows) + "\n"


def main() -> None:
    """Write all examples."""
    # One long sequence with instrument lines above, micro sign, byte order mark.
    sequence = np.concatenate([[cycles(1, 1)[0][0][0]], *(np.concatenate([u[1:], d[1:]]) for u, d in cycles(1, 8))])
    lines = "Instrument,example\nRead voltage,0.1 V\nComment,potentiation and depression in turn\n\n"
    write(
        "sequence.csv",
        lines + table([np.arange(len(sequence)), sequence * 1e6], "Pulse number,Conductance (µS)"),
        "utf-8-sig",
    )

    # Read current and read voltage, decimal commas, semicolons, a column that names the pulse.
    pieces = cycles(2, 4)
    g = np.concatenate([np.concatenate([u[1:], d[1:]]) for u, d in pieces])
    names = (["LTP"] * 64 + ["LTD"] * 50) * len(pieces)
    rows = [
        f"{k + 1};{n};{f'{1e9 * 0.1 * v:.5f}'.replace('.', ',')};0,1"
        for k, (n, v) in enumerate(zip(names, g, strict=True))
    ]
    write("current.csv", "Pulse;Type;I_read (nA);V_read (V)\n" + "\n".join(rows) + "\n")

    # A column per cycle, units in a second line, tabs; the polarities in two files.
    pieces = cycles(3, 6)
    for name, k in (("cycles_potentiation.tsv", 0), ("cycles_depression.tsv", 1)):
        columns = [p[k] * 1e9 for p in pieces]
        head = "\t".join(["pulse", *(f"cycle {c + 1}" for c in range(6))]) + "\n" + "\t".join(["#", *(["nS"] * 6)])
        write(
            name,
            "# example: one column per cycle\n" + table([np.arange(len(columns[0])), *columns], head, delimiter="\t"),
        )

    # A column per device and polarity; betas and ranges of the devices scatter by 10 and 5 %.
    rng = np.random.default_rng(4)
    titles, columns = ["pulse"], [np.arange(65.0)]
    for device in range(1, 7):
        (up, down), scale = cycles(40 + device, 1)[0], 1.0 + 0.05 * rng.standard_normal()
        for side, part in (("LTP", up), ("LTD", down)):
            titles.append(f"device {device} {side} (uS)")
            columns.append(part * scale * 1e6)
    write("devices.csv", table(columns, ",".join(titles)))

    # As NeuroSim's nonlinear_fit.m keeps it: two arrays; the pulse number of depression counts down.
    up, down = cycles(5, 1)[0]
    text = ""
    for name, part in (("exp_LTP_raw", up), ("exp_LTD_raw", down[::-1])):
        text += f"{name} = [" + "\n    ".join(f"{k}\t{v:.5e}" for k, v in enumerate(part)) + "];\n\n"
    write("neurosim.m", "% example in the manner of NeuroSim's nonlinear_fit.m\n" + text)

    # As CrossSim's set.csv and reset.csv: read currents at 0.1 V, one column per ramp.
    pieces = cycles(6, 8)
    for name, k in (("crosssim_set.csv", 0), ("crosssim_reset.csv", 1)):
        write(name, table([p[k] * 0.1 for p in pieces], ",".join(f"rmp{c + 1}" for c in range(8)), form="%.5e"))

    # CrossSim's jump tables.
    bins, cdf = np.linspace(G_MIN, G_MAX, 11), np.linspace(0.0, 1.0, 5)
    x = (bins - G_MIN) / (G_MAX - G_MIN)
    for name, sign, law, place in (
        ("dG_increasing.txt", 1.0, POTENTIATION, x),
        ("dG_decreasing.txt", -1.0, DEPRESSION, 1.0 - x),
    ):
        step = sign * (G_MAX - G_MIN) * law["alpha"] * np.exp(-law["beta"] * place)
        body = step * (1.0 + sign * C2C * np.array([-2.0, -0.6745, 0.0, 0.6745, 2.0])[:, None])
        text = "1st Row = Gbins, 2nd Row = CDF Points, 3rd row onward =  dG matrix (rows= CDF, columns = Gbins) \n"
        text += (
            ",".join(f"{v:.6e}" for v in bins)
            + "\n"
            + ",".join(f"{v:.6g}" for v in cdf)
            + "\n\n"
            + table(list(body.T), form="%.6e")
        )
        write(name, text)

    # As aihwkit's examples: two columns without names, up and down, normalised to -1 ... 1.
    up, down = cycles(7, 1)[0]
    down = np.interp(np.linspace(0, 50, 65), np.arange(51), down)
    write("aihwkit.csv", table([2.0 * (part - G_MIN) / (G_MAX - G_MIN) - 1.0 for part in (up, down)], form="%.5f"))

    _xlsx()
    _arc()


def _xlsx() -> None:
    """A spreadsheet; its archive is written again with a fixed date, so that it stays the same file."""
    import datetime

    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "notes"
    book.active.append(["an example; the table is on the next sheet"])
    sheet = book.create_sheet("data")
    sheet.append(["Pulse", "G_pot (uS)", "G_dep (uS)"])
    up, down = cycles(8, 1)[0]
    for k in range(65):
        sheet.append([k, round(1e6 * up[k], 6), round(1e6 * down[k], 6) if k < len(down) else None])
    book.properties.created = book.properties.modified = datetime.datetime(2000, 1, 1)
    buffer = io.BytesIO()
    book.save(buffer)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(HERE / "columns.xlsx", "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            data = source.read(entry.filename)
            if entry.filename == "docProps/core.xml":  # openpyxl stamps the time of saving
                import re

                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2000-01-01T00:00:00Z", data)
            target.writestr(
                zipfile.ZipInfo(entry.filename, date_time=(2000, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED
            )


def _arc() -> None:
    """Two crosspoints as ArC TWO's control panel keeps them: a pulse, then a read at 0.2 V."""
    import h5py

    fields = [
        ("current", "<f4"),
        ("voltage", "<f4"),
        ("pulse_width", "<f4"),
        ("read_voltage", "<f4"),
        ("op_type", "<u4"),
    ]
    with h5py.File(HERE / "arc_two.hdf5", "w", track_order=False) as file:
        file.attrs.update(
            {
                "H5DS_VERSION_MAJOR": 0,
                "H5DS_VERSION_MINOR": 2,
                "words": 32,
                "bits": 32,
                "PYTABLES_FORMAT_VERSION": "2.1",
            }
        )
        for group in ("crossbar", "crosspoints", "synthetics"):
            file.create_group(group)
        for device, name in enumerate(("W01B02", "W01B03")):
            rows: list[tuple[float, ...]] = []
            for c, (up, down) in enumerate(cycles(90 + device, 2)):
                if c == 0:
                    rows.append((0.2 * up[0], 0.2, 0.0, 0.2, 1))
                for part, volts in ((up[1:], 1.5), (down[1:], -1.2)):
                    rows += [(0.2 * g, volts, 1e-6, 0.2, 3) for g in part]
            table_ = np.array(rows, dtype=fields)
            data = file.create_dataset(f"crosspoints/{name}/timeseries", data=table_, track_times=False)
            data.attrs["NROWS"] = len(rows)


if __name__ == "__main__":
    main()
