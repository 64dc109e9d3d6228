"""What ``xbarsim inspect``, ``check`` and ``data list`` show, as text, JSON or CSV."""

from __future__ import annotations

import csv
import itertools
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.crossbar import engine_for
from ..base.errors import DataError
from ..data_sets import load as datasets
from ..data_sets.load import DATASETS, load_dataset, mnist_folder
from ..data_sets.order import iterations_of
from ..describe.layout import Layout
from ..record.trace import Trace
from . import report

if TYPE_CHECKING:
    from ..after.retention import Retention
    from ..after.transfer import Transfer
    from ..study.bs import BsSheet
    from ..study.reproduction import Sheet

WIDTH = 60


def _csv(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)


def show_summary(trace: Trace, form: str) -> None:
    """Summary, curves and configuration of a run."""
    iteration, accuracy = trace.accuracy
    if form == "csv":
        _csv(("iteration", "accuracy"), zip(iteration.tolist(), accuracy.tolist(), strict=True))
        return
    curves = trace.curves
    keyframes = trace.keyframes(1)
    info = {
        "file": str(trace.path),
        "bytes": trace.path.stat().st_size,
        "status": trace.status,
        "iterations_done": trace.iterations_done,
        "accuracy": float(accuracy[-1]) if len(accuracy) else None,
        "pulses": int(curves["pulses"].sum(dtype=np.int64)),
        "resets": int(curves["resets"].sum(dtype=np.int64)),
        "seconds": trace.seconds,
        "layers": [{"rows": r, "columns": c} for r, c in trace.shapes],
        "keyframes": keyframes.tolist(),
        "provenance": {k: v for k, v in trace.provenance.items() if k != "layout"},
        "layout": trace.provenance["layout"],
        "curves": {"iteration": iteration.tolist(), "accuracy": accuracy.tolist()},
    }
    if form == "json":
        report.dump(info)
        return
    p = trace.provenance
    shapes = ", ".join(f"{r} x {c}" for r, c in trace.shapes)
    rows = [
        ("file", f"{trace.path} ({info['bytes'] / 1e6:.1f} MB)"),
        ("status", f"{trace.status}, {trace.iterations_done:,} iterations"),
        ("arrays", f"{shapes} pairs"),
        (
            "keyframes",
            f"{len(keyframes)}, the last at iteration {keyframes[-1]:,}"
            + ("; all iterations can be had" if not trace.is_software else ""),
        ),
        ("pulses, resets", f"{info['pulses']:,} and {info['resets']:,}"),
        ("data", f"{p['dataset']}, SHA-256 {p['dataset_sha256'][:12]}..."),
        ("made by", f"xbarsim {p['xbarsim_version']}, {p['engine']} engine, seed {p['seed']}"),
        ("command", p["command_line"] or "(from Python)"),
    ]
    if len(accuracy):
        rows.insert(2, ("test accuracy", f"{report.percent(accuracy[-1])} at iteration {iteration[-1]:,}"))
    report.OUT.print(report.pairs(rows))
    report.OUT.print()
    if len(accuracy) > 1:
        grid = np.linspace(iteration[0], iteration[-1], WIDTH)
        report.OUT.print(f"test accuracy   {report.sparkline(np.interp(grid, iteration, accuracy), WIDTH)}")
    if len(curves["wrong"]) > 1:
        for name, label in (("wrong", "training errors"), ("pulses", "pulses         ")):
            binned = [float(part.mean()) for part in np.array_split(curves[name], min(WIDTH, len(curves[name])))]
            report.OUT.print(
                f"{label} {report.sparkline(np.array(binned), WIDTH)}  mean {np.mean(curves[name]):.4g} per iteration"
            )
    report.OUT.print()
    report.OUT.print(p["layout"].rstrip(), markup=False)


def show_layer(trace: Trace, layer: int, iteration: int, form: str) -> None:
    """Statistics and histogram of one layer's conductances, or software weights, at one iteration."""
    if trace.is_software or trace.is_binary:
        _show_weights(trace, layer, iteration, form)
        return
    g_plus, g_minus = trace.conductance(layer, iteration)
    rows, cols = g_plus.shape
    if form == "csv":
        i, j = np.indices(g_plus.shape)
        columns = (i.ravel(), j.ravel(), g_plus.ravel(), g_minus.ravel())
        _csv(("row", "column", "g_plus_S", "g_minus_S"), zip(*(c.tolist() for c in columns), strict=True))
        return
    sides = {"g_plus": g_plus, "g_minus": g_minus, "weight": g_plus - g_minus}
    device = trace.layout.device
    full = np.float32(device.g_max)
    varied = trace.layout.variation.windows
    low, high = (0.0, max(float(g_plus.max()), float(g_minus.max()))) if varied else (device.g_min, device.g_max)
    stats = {
        name: {
            "mean_S": float(g.mean(dtype=np.float64)),
            "std_S": float(g.std(dtype=np.float64)),
            "min_S": float(g.min()),
            "max_S": float(g.max()),
        }
        for name, g in sides.items()
    }
    # A device with a scale is full at its own Gmax.
    full_fraction = {
        name: float(np.mean(sides[name] >= x * full))
        for name, x in zip(("g_plus", "g_minus"), trace.scales(layer), strict=True)
    }
    if form == "json":
        counts = {
            name: np.histogram(g, bins=16, range=(low, high))[0].tolist()
            for name, g in sides.items()
            if name != "weight"
        }
        report.dump(
            {
                "file": str(trace.path),
                "layer": layer,
                "iteration": iteration,
                "rows": rows,
                "columns": cols,
                "statistics": stats,
                "fraction_at_g_max": full_fraction,
                "histogram": {"low_S": low, "high_S": high, **counts},
            }
        )
        return
    report.OUT.print(f"Layer {layer}, {rows} x {cols} pairs, after {iteration:,} updates\n")
    text = [
        (
            name.replace("_", " "),
            *(report.siemens(s[k]) for k in ("mean_S", "std_S", "min_S", "max_S")),
            report.percent(full_fraction[name]) if name in full_fraction else "",
        )
        for name, s in stats.items()
    ]
    report.OUT.print(report.table(text, head=("", "mean", "std", "min", "max", "at Gmax")))
    for name in ("g_plus", "g_minus"):
        report.OUT.print(f"\n{name.replace('_', ' ')}")
        report.OUT.print(report.histogram(sides[name], low, high))


def _show_weights(trace: Trace, layer: int, iteration: int, form: str) -> None:
    w = trace.weights(layer, iteration)
    rows, cols = w.shape
    if form == "csv":
        i, j = np.indices(w.shape)
        _csv(("row", "column", "weight"), zip(*(c.ravel().tolist() for c in (i, j, w)), strict=True))
        return
    stats = {"mean": w.mean(dtype=np.float64), "std": w.std(dtype=np.float64), "min": w.min(), "max": w.max()}
    if form == "json":
        numbers = {name: float(value) for name, value in stats.items()}
        report.dump(
            {
                "file": str(trace.path),
                "layer": layer,
                "iteration": iteration,
                "rows": rows,
                "columns": cols,
                "weight": numbers,
            }
        )
        return
    report.OUT.print(
        f"Layer {layer}, {rows} x {cols} {'software ' if trace.is_software else ''}weights, after {iteration:,} "
        "updates\n"
    )
    report.OUT.print(report.table([("weight", *(f"{v:.4g}" for v in stats.values()))], head=("", *stats)))


def show_synapse(trace: Trace, layer: int, row: int, col: int, form: str) -> None:
    """History of one pair."""
    h = trace.synapse(layer, row, col)
    if form == "csv":
        _csv(("iteration", "g_plus_S", "g_minus_S"), zip(*(x.tolist() for x in h), strict=True))
        return
    changed = np.flatnonzero((np.diff(h.g_plus) != 0) | (np.diff(h.g_minus) != 0)) + 1
    if form == "json":
        keep = np.concatenate([[0], changed])
        report.dump(
            {
                "file": str(trace.path),
                "layer": layer,
                "row": row,
                "column": col,
                "iterations": trace.iterations_done,
                "updates": len(changed),
                "iteration": h.iteration[keep].tolist(),
                "g_plus_S": h.g_plus[keep].tolist(),
                "g_minus_S": h.g_minus[keep].tolist(),
            }
        )
        return
    report.OUT.print(
        f"Layer {layer}, row {row}, column {col}: {len(changed):,} changes in {trace.iterations_done:,} iterations\n"
    )
    weight = h.g_plus.astype(np.float64) - h.g_minus
    rows = [
        (name, report.siemens(g[0]), report.siemens(g[-1]), report.siemens(g.min()), report.siemens(g.max()))
        for name, g in (("G+", h.g_plus), ("G-", h.g_minus), ("W", weight))
    ]
    report.OUT.print(report.table(rows, head=("", "first", "last", "min", "max")))
    report.OUT.print()
    for name, g in (("G+", h.g_plus), ("G-", h.g_minus), ("W ", weight)):
        report.OUT.print(f"{name}  {report.sparkline(g, WIDTH)}")


def _circuit(layout: Layout) -> str:
    """What of a layout's circuits is real, in words."""
    w, parts = layout.wires, []
    if layout.exact_wires:
        tiles = (
            ""
            if not (w.tile_rows or w.tile_columns)
            else f", tiles of {w.tile_rows or 'all'} x {w.tile_columns or 'all'} lines"
        )
        parts.append(
            f"wires of {w.wire_resistance:g} Ohm per segment, drivers {w.driver_resistance:g} Ohm, sense terminals "
            f"{w.sense_resistance:g} Ohm{tiles}"
        )
    if not layout.sense.ideal:
        parts.append("drivers and sense circuits of [sense]")
    if layout.gates.disturb:
        parts.append("half-select disturb")
    return "; ".join(parts) or "ideal"


def show_layout(layout: Layout, form: str) -> None:
    """What a layout would build."""
    sizes, bias = layout.network.layers, int(layout.array.bias)
    arrays = [(a + bias, b) for a, b in itertools.pairwise(sizes)]
    device = layout.device
    steps = device.staircase()
    engine = engine_for(layout)
    fits, samples = "", 0
    try:
        data = load_dataset(layout.run.dataset)
        data.check_fits(sizes)
        samples = len(data.y_train)
        fits = (
            f"{data.name}: {samples:,} training and {len(data.y_test):,} test samples, {data.inputs} inputs, "
            f"{data.classes} classes"
        )
    except DataError as error:
        if layout.run.dataset != "auto":
            raise
        fits = f"does not fit: {error}"
    iterations = iterations_of(layout, samples or 1)
    digits = layout.bs.bs_digits if layout.pulses.rule == "bs" else 1
    devices = 2 * digits * sum(r * c for r, c in arrays)
    if form == "json":
        report.dump(
            {
                "layers": list(sizes),
                "arrays": [{"rows": r, "columns": c} for r, c in arrays],
                "devices": devices,
                "engine": engine,
                "steps": len(steps) - 1,
                "alpha_S": device.alpha_p,
                "alpha_d_S": device.alpha_depression,
                "dataset": fits,
                "iterations": iterations,
                "layout": layout.to_toml(),
            }
        )
        return
    differences = np.diff(steps.astype(np.float64))
    rows = [
        ("network", "-".join(map(str, sizes))),
        ("arrays", ", ".join(f"{r} x {c} pairs" for r, c in arrays) + f"; {devices:,} devices; {layout.array.routing}"),
        (
            "device",
            f"{report.siemens(device.g_min)} to {report.siemens(device.g_max)} in {len(steps) - 1} pulses, beta "
            f"{device.beta:g}",
        ),
        (
            "steps",
            f"{report.siemens(differences[0])} at Gmin, {report.siemens(differences[-1])} at Gmax; alpha_d "
            f"{report.siemens(device.alpha_depression)}",
        ),
        ("update", f"rule {layout.pulses.rule}, method {layout.pulses.method}, {engine} engine"),
        ("circuit", _circuit(layout)),
        ("run", f"{iterations:,} iterations, seed {layout.run.seed}"),
        ("data", fits),
    ]
    report.OUT.print(report.pairs(rows))
    report.OUT.print("\nWith all defaults:\n")
    report.OUT.print(layout.to_toml().rstrip(), markup=False)


def show_sheets(sheets: list[Sheet], folder: Path, form: str) -> None:
    """Tables of a reproduced paper."""
    from ..study.reproduction import HEAD, cells

    if form == "json":
        report.dump({"folder": str(folder), "figures": [s.as_dict() for s in sheets]})
        return
    for sheet in sheets:
        report.OUT.print(f"{sheet.figure.name}: {sheet.figure.title}", style="bold")
        if sheet.rows and sheet.figure.name != "fig7":
            t = report.table([cells(r) for r in sheet.rows], head=(HEAD[0], sheet.figure.x, *HEAD[2:]))
            report.print_wide(t)
        for text, holds in sheet.orderings:
            report.OUT.print(f"  {'holds' if holds else 'does NOT hold'}: {text}")
        report.OUT.print()
    report.OUT.print(f"Pictures, results.csv, curves.csv and report.md are in {folder}")


def show_bs(sheet: BsSheet, folder: Path, form: str) -> None:
    """Tables of `xbarsim reproduce bs`."""
    from ..study.bs import HEAD, cells
    from ..study.energy_bs import MAC_SYSTEMS, SYSTEMS, joules_per_mac, mac_ratios, parts_of, ratios
    from ..study.energy_constants import values

    if form == "json":
        report.dump({"folder": str(folder), **sheet.as_dict()})
        return
    title = "binary-stochastic learning (a reconstruction)"
    report.OUT.print(f"{title}, {'-'.join(map(str, sheet.layers))}, {sheet.epochs} epochs", style="bold")
    report.print_wide(report.table([cells(r) for r in sheet.rows], head=HEAD))
    over = ["", *(f"{r:.3g}" for r in ratios(sheet.energy, values()))]
    totals = [f"{1e9 * sum(parts.values()):.3g}" for parts in parts_of(sheet.energy, values()).values()]
    rows = list(zip(SYSTEMS, totals, over, strict=True))
    report.print_wide(report.table(rows, head=("energy of training", "nJ per image", "over binary-stochastic")))
    over = ["", *(f"{r:.3g}" for r in mac_ratios(sheet.energy, values()))]
    each = [f"{1e15 * joules:.3g}" for joules in joules_per_mac(sheet.energy, values())]
    rows = list(zip(MAC_SYSTEMS, each, over, strict=True))
    report.print_wide(report.table(rows, head=("energy of a multiply-accumulate", "fJ", "over binary-stochastic")))
    for text, holds in sheet.statements:
        report.OUT.print(f"  {'holds' if holds else 'does NOT hold'}: {text}")
    report.OUT.print(f"\nPicture, bs.csv and bs-report.md are in {folder}")


def show_transfers(transfers: list[Transfer], form: str) -> None:
    """Test accuracies after off-chip transfers."""
    if form == "json":
        report.dump({"transfers": [t.as_dict() for t in transfers]})
        return
    first = transfers[0]
    report.OUT.print(
        f"{first.file} at iteration {first.iteration:,}: {report.percent(first.accuracy_before)} on arrays without "
        f"variation; {first.write} written into {len(first.accuracies)} arrays\n"
    )
    rows = [
        (f"{t.sigma:g}", *(report.percent(x) for x in (t.mean, min(t.accuracies), max(t.accuracies))))
        for t in transfers
    ]
    report.OUT.print(report.table(rows, head=("sigma", "mean", "min", "max")))


def show_retention(result: Retention, form: str) -> None:
    """Test accuracies after some times."""
    if form == "json":
        report.dump(result.as_dict())
        return
    report.OUT.print(
        f"{result.file} at iteration {result.iteration:,}: {report.percent(result.accuracy_before)} when training "
        "ended\n"
    )
    rows = [
        (f"{t:g}", *(report.percent(x) for x in (mean, min(a), max(a))))
        for t, mean, a in zip(result.times, result.mean, result.accuracies, strict=True)
    ]
    report.OUT.print(report.table(rows, head=("time, s", "mean", "min", "max")))


def show_datasets(form: str) -> None:
    """The data sets, and where they are."""
    folder = mnist_folder()
    entries = [
        {
            "name": name,
            "what": what,
            "where": "embedded" if name != "mnist" else (str(folder) if folder else None),
        }
        for name, (_, what) in DATASETS.items()
    ]
    if form == "json":
        report.dump({"datasets": entries, "auto": "mnist" if folder else "digits"})
        return
    # The path on a line of its own: in a table, a long one would squeeze the other columns to a few letters.
    for e in entries:
        report.OUT.print(f"{e['name']:<12}{e['what']}")
        report.OUT.print(" " * 12 + (e["where"] or "not here"))
    report.OUT.print(f"\n--dataset auto takes: {'mnist' if folder else 'digits'}")
    if folder is None:
        report.OUT.print(f"To get MNIST: {datasets.HOW_TO_GET_MNIST}.")
