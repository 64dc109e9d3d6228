"""``xbarsim fit``: from a measured pulse curve to a device file."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..base.errors import LayoutError, OutputError
from ..base.files import is_there
from .app import app, option
from .pictured import pictured

if TYPE_CHECKING:
    from ..measure.fitted import Fit

_read, _law, _out = (functools.partial(option, panel) for panel in ("Reading the measurement", "Device", "Output"))


@app.command()
@pictured
def fit(
    files: Annotated[list[Path], typer.Argument(help="CSV, TSV, XLSX, MATLAB arrays, CrossSim tables, ArC TWO HDF5.")],
    mapping: Annotated[
        list[str] | None,
        _read("ROLE=COLUMN (header, or number from 1), where headers do not say enough.", None, "--map"),
    ] = None,
    unit: Annotated[str | None, _read("Unit of numbers without one: S, mS, uS, nS, A, uA, nA, kOhm.")] = None,
    read_voltage: Annotated[float | None, _read("For currents without a voltage column, V.")] = None,
    span: Annotated[
        str | None, _read("For normalised numbers: LOW,HIGH in S that their ends stand for.", None, "--range")
    ] = None,
    sheet: Annotated[str | None, _read("The only sheet of an XLSX file to read.", "all with a table")] = None,
    reverse: Annotated[
        str | None,
        _read("Listed from the last pulse to the first: potentiation, depression or both.", "by labels and direction"),
    ] = None,
    law: Annotated[str | None, _law("auto (lowest AIC), exponential, soft-bounds or linear.", "auto")] = None,
    table: Annotated[
        bool, _law("A jump table made from the steps themselves, instead of a law.", None, "--table")
    ] = False,
    nodes: Annotated[int, _law("Conductances of the jump table.", "21")] = 21,
    quantiles: Annotated[int, _law("Quantiles of the step at each; 1: its mean.", "11")] = 11,
    out: Annotated[Path | None, _out("Device file (TOML).", "only shown", "--out", "-o")] = None,
    plot: Annotated[Path | None, _out("Picture: .png, .pdf or .svg.")] = None,
    title: Annotated[str | None, _out("Title for the device file and the picture.", "the file's name")] = None,
    force: Annotated[bool, _out("Overwrite existing files.", None, "--force")] = False,
    as_json: Annotated[bool, _out("Result as one JSON object.", None, "--json")] = False,
    quiet: Annotated[bool, _out("No notes on how the files were read.", None, "--quiet", "-q")] = False,
) -> None:
    """Fit a device to a measured pulse curve.

    [bold]xbarsim fit measured.csv -o mydevice.toml --plot fit.png[/bold]

    Pulse number and conductance (or read current and voltage), potentiation and depression in one file or two, as one
    sequence or in columns per cycle or device. Roles for --map: conductance, current, voltage, resistance,
    potentiation, depression, pulse, drive (amplitude), polarity, cycle, device, ignore.
    """
    from ..api import fitting
    from ..measure.likelihood import needs
    from ..show import report

    bounds = _bounds(span)
    needs()
    # Better told now than after the fit.
    if out is not None:
        if is_there(out) and not force:
            raise OutputError(f"{out}: exists already and is not overwritten; choose another --out, or add --force")
        if not out.parent.is_dir():
            raise OutputError(f"{out}: its folder does not exist; create {out.parent} or choose another --out")
    if plot is not None:
        from ..show.figures_fit import check_out

        check_out(plot, force=force)
    fitted = fitting.fit(
        files,
        mapping=mapping or (),
        unit=unit,
        read_voltage=read_voltage,
        span=bounds,
        sheet=sheet,
        reverse=reverse,
        law=law or "auto",
        table=table,
        nodes=nodes,
        quantiles=quantiles,
        title=title,
    )

    def tell(line: str) -> None:
        if not (quiet or as_json):
            report.ERR.print(line, markup=False)

    if out is not None:
        fitted.try_out(tell)
    if plot is not None:
        fitted.save_figure(plot, force=force)
    if out is not None:
        fitted.save(out, force=force, tried=True)
    if as_json:
        report.dump({**fitted.as_dict(), "out": None if out is None else str(out)})
        return
    if not quiet:
        for line in fitted.understood:
            report.ERR.print(line, markup=False)
    _show(fitted.found, out, plot)
    for warning in fitted.warnings:
        report.ERR.print(f"warning: {warning}", markup=False)


def _bounds(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise LayoutError(f"--range: expected LOW,HIGH in S, got '{text}'; give two numbers") from None
    return low, high


def _show(fitted: Fit, out: Path | None, plot: Path | None) -> None:
    from ..measure.nonlinearity import label_of_u
    from ..measure.prepare import NAMES
    from ..show import report

    sides = [fitted.sides[s] for s in (1, -1) if s in fitted.sides]
    if sides:
        beta = "u (soft bounds)" if fitted.law == "soft-bounds" else "beta"

        def row(name: str, key: str, factor: float = 1.0, unit: str = "") -> tuple[str, ...]:
            cells = []
            for s in sides:
                v = s.values[key]
                cells.append(
                    f"{factor * v.value:.4g} [{factor * v.low:.4g}, {factor * v.high:.4g}]{unit}"
                    if v.value or v.high
                    else "none seen"
                )
            return name, *cells

        rows = [
            ("trains x pulses; reads", *(f"{s.sweeps:,} x {s.pulses:,}; {s.reads:,}" for s in sides)),
            row("alpha (S)", "alpha_S"),
            row(beta, "beta"),
            row("start (S)", "g_start_S"),
            row("end (S)", "g_end_S"),
            row("pulses from start to end", "n_max"),
            row("cycle-to-cycle, of a step", "c2c", 100.0, " %"),
            row("cycle-to-cycle, same everywhere (S)", "c2c_range_S"),
            row("read noise (S)", "read_noise_S"),
            ("NeuroSim label", *(f"{label_of_u(s.values['beta'].value) * s.side:+.3f}" for s in sides)),
            ("R2; rms error of the range", *(f"{s.r2:.5f}; {100 * s.rmse:.2g} %" for s in sides)),
            (
                "the same of the written device",
                *("" if (r := s.redrawn) is None else f"{r.r2:.5f}; {100 * r.rmse:.2g} %" for s in sides),
            ),
            *(
                (f"AIC above the best: {law}", *(f"{s.aic[law] - min(s.aic.values()):.1f}" for s in sides))
                for law in fitted.aic
            ),
        ]
        report.print_wide(
            report.table(
                rows, head=("", *(NAMES[s.side] for s in sides)), title=f"{fitted.law} law; 95 % intervals in brackets"
            )
        )
    device = {
        k: (f"{len(v)} x {len(v[0])}" if isinstance(v, list) else f"{v:.6g}" if isinstance(v, float) else v)
        for k, v in fitted.device.items()
    }
    lines: list[tuple[str, Any]] = [("device", ", ".join(f"{k} {v}" for k, v in device.items()))]
    lines.append(("variation", ", ".join(f"{k} {v:.4g}" for k, v in fitted.variation.items())))
    lines += [("file", out)] if out is not None else []
    lines += [("picture", plot)] if plot is not None else []
    report.OUT.print(report.pairs(lines))
