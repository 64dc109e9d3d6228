"""What ``xbarsim inspect`` shows of a run file."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from typing import IO, Any

import numpy as np

from ..describe.words import in_words
from ..loop.wear import first_death
from ..record.places import is_written
from ..record.quantities import digits_of, quantities_of, siemens_of, value_of
from ..record.trace import Trace
from . import report
from .picked import bins_of, difference, moved_most
from .summary import worn
from .views_events import events_of, show_events
from .views_kept import kept_of, show_kept, statistics_of
from .views_layout import show_changes
from .views_program import devices_in_words, outcome_in_words, show_written, written_of

WIDTH = 60


def _csv(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]], stream: IO[str] | None = None) -> None:
    writer = csv.writer(stream or sys.stdout, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)


def _between(trace: Trace) -> str:
    """Whether there is anything between the keyframes."""
    if trace.needs_code:
        return f"; what lies between follows from {trace.layout.device.step}, with --device"
    return "; all iterations can be had" if trace.layout.rule.on_devices else ""


def status_of(trace: Trace) -> str:
    """How a run stands; one that nobody writes any more was ended without a word."""
    if trace.status == "running" and not is_written(trace.path):
        return "ended without notice (killed?); xbarsim run --resume goes on"
    return trace.status


def show_summary(trace: Trace, form: str, *, everything: bool = False, stream: IO[str] | None = None) -> None:
    """Summary and curves of a run, and what of its layout differs from the defaults, or `everything`."""
    iteration, accuracy = trace.accuracy
    if form == "csv":
        _csv(("iteration", "accuracy"), zip(iteration.tolist(), accuracy.tolist(), strict=True), stream)
        return
    curves = trace.curves
    keyframes = trace.keyframes(1)
    wear = first_death(trace)
    info = {
        "file": str(trace.path),
        "bytes": trace.path.stat().st_size,
        "status": trace.status,
        "iterations_done": trace.iterations_done,
        "accuracy": float(accuracy[-1]) if len(accuracy) else None,
        "pulses": int(curves["pulses"].sum(dtype=np.int64)),
        "resets": int(curves["resets"].sum(dtype=np.int64)),
        "seconds": trace.seconds,
        "wear": None if wear is None else wear._asdict(),
        "programming": trace.programming or None,  # whose pulses are others: training has given none
        "layers": [{"rows": r, "columns": c} for r, c in trace.shapes],
        "keyframes": keyframes.tolist(),
        "provenance": {k: v for k, v in trace.provenance.items() if k != "layout"},
        "layout": trace.provenance["layout"],
        "curves": {"iteration": iteration.tolist(), "accuracy": accuracy.tolist()},
    }
    if form == "json":
        report.dump(info)
        return
    p, outcome = trace.provenance, outcome_in_words(trace)
    shapes = ", ".join(f"{r} x {c}" for r, c in trace.shapes)
    rows = [
        ("file", f"{trace.path} ({info['bytes'] / 1e6:.1f} MB)"),
        ("run", in_words(trace.layout, dataset=p["dataset"])),
        ("status", f"{status_of(trace)}, {trace.iterations_done:,} iterations"),
        *([("devices", trace.devices)] if "devices" in p else []),
        ("arrays", f"{shapes} pairs"),
        *(
            [("device", devices_in_words(trace.layout, law=False))]
            if trace.layout.rule.has_devices(trace.layout)
            else []
        ),
        (
            "keyframes",
            f"{len(keyframes)}, the last at iteration {keyframes[-1]:,}" + (_between(trace) if keyframes[-1] else ""),
        ),
        *(outcome or [("pulses, resets", f"{info['pulses']:,} and {info['resets']:,}")]),
        *([("worn out", worn(wear, trace.layout))] if wear is not None else []),
        *([("time", f"{trace.seconds:.3g} s training and tracing")] if trace.seconds else []),
        ("data", f"{p['dataset']}, SHA-256 {p['dataset_sha256'][:12]}..."),
        ("made by", f"xbarsim {p['xbarsim_version']}, {p['engine']} engine, seed {p['seed']}"),
        ("command", p["command_line"] or "(from Python)"),
    ]
    if len(accuracy):
        rows.insert(3, ("test accuracy", f"{report.percent(accuracy[-1])} at iteration {iteration[-1]:,}"))
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
    if everything:
        report.OUT.print(p["layout"].rstrip(), markup=False)
        return
    show_changes(trace.layout, trace.derived)
    report.OUT.print("--all shows every key; --layer 1 the conductances of a layer.")


def show_layer(trace: Trace, layer: int, iteration: int, form: str, stream: IO[str] | None = None) -> None:
    """Statistics and histogram of one layer's conductances, or software weights, at one iteration."""
    if not trace.layout.rule.pairs:
        _show_weights(trace, layer, iteration, form, stream)
        return
    g_plus, g_minus = trace.conductance(layer, iteration)
    kept = kept_of(trace, layer, iteration)
    rows, cols = g_plus.shape
    if form == "csv":
        columns = (*np.indices(g_plus.shape), g_plus, g_minus, *kept.values())
        head = ("row", "column", "g_plus_S", "g_minus_S", *kept)
        _csv(head, zip(*(c.ravel().tolist() for c in columns), strict=True), stream)
        return
    sides = {"g_plus": g_plus, "g_minus": g_minus, "weight": g_plus - g_minus}
    device = trace.layout.device
    full = np.float32(device.g_max)
    varied = trace.layout.variation.off_states
    low, high = (0.0, max(float(g_plus.max()), float(g_minus.max()))) if varied else (device.g_min, device.g_max)
    stats = statistics_of(sides, "_S")
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
                **statistics_of(kept),
                **events_of(trace, layer, iteration),
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
    bins = bins_of(trace, [g_plus, g_minus], most=16)
    for name in ("g_plus", "g_minus"):
        report.OUT.print(f"\n{name.replace('_', ' ')}: {bins.label}")
        report.OUT.print(report.histogram(sides[name], bins.edges, low, high))
    show_kept(trace, kept)
    if not trace.needs_code:
        first = difference(trace.conductance(layer, 0))
        _tell_moved(trace, first, difference((g_plus, g_minus)))
    show_events(trace, layer, iteration)


def _tell_moved(trace: Trace, first: np.ndarray, last: np.ndarray) -> None:
    """Which weight changed most, and where its history is; nothing of weights that never changed."""
    if np.array_equal(first, last):
        return
    row, col = moved_most(trace, first, last)
    report.OUT.print(f"\nThe weight that changed most: --synapse {row},{col} has its whole history.")


def _show_weights(trace: Trace, layer: int, iteration: int, form: str, stream: IO[str] | None) -> None:
    """Weights that are no pairs of devices; and the devices of all arrays that they are made of, if there are some."""
    values = {name: value_of(trace, layer, iteration, name) for name in quantities_of(trace)}
    w = next(iter(values.values()))
    rows, cols = w.shape
    named = {("weight" if name == "w" else f"{name}_S"): value for name, value in values.items()}
    kept = kept_of(trace, layer, iteration)
    if form == "csv":
        columns: list[np.ndarray] = [*np.indices(w.shape), *named.values(), *kept.values()]
        _csv(("row", "column", *named, *kept), zip(*(x.ravel().tolist() for x in columns), strict=True), stream)
        return
    stats = {
        name: {"mean": x.mean(dtype=np.float64), "std": x.std(dtype=np.float64), "min": x.min(), "max": x.max()}
        for name, x in named.items()
    }
    if form == "json":
        numbers = {name: {key: float(value) for key, value in one.items()} for name, one in stats.items()}
        head = {"file": str(trace.path), "layer": layer, "iteration": iteration, "rows": rows, "columns": cols}
        report.dump({**head, **numbers, **statistics_of(kept), **events_of(trace, layer, iteration)})
        return
    rule = trace.layout.rule
    kind = "" if rule.on_devices else f"{rule.name} "
    report.OUT.print(f"Layer {layer}, {rows} x {cols} {kind}weights, after {iteration:,} updates\n")
    text = []
    for (name, one), label in zip(stats.items(), quantities_of(trace).values(), strict=True):
        in_siemens = name != "weight" or siemens_of(trace)
        shown = [report.siemens(float(v)) if in_siemens else f"{v:.4g}" for v in one.values()]
        text.append(("weight" if name == "weight" else label, *shown))
    report.OUT.print(report.table(text, head=("", *next(iter(stats.values())))))
    show_kept(trace, kept)
    if digits_of(trace) and trace.replays and not trace.needs_code:
        _tell_moved(trace, trace.weights(layer, 0), w)
    show_events(trace, layer, iteration)


def show_synapse(trace: Trace, layer: int, row: int, col: int, form: str, *, stream: IO[str] | None = None) -> None:
    """History of the pairs of one weight; as a table its start and its changes, or every iteration if it goes into a
    file.
    """
    names = [trace.layout.rule.array_name(q) for q in range(max(digits_of(trace), 1))]
    pairs = [trace.synapse(layer, row, col, q) for q in range(len(names))]
    iteration = pairs[0].iteration
    moved = [(np.diff(g) != 0) for h in pairs for g in (h.g_plus, h.g_minus)]
    changed = np.flatnonzero(np.logical_or.reduce(moved)) + 1
    keep = np.concatenate([[0], changed])
    written = written_of(trace, layer, row, col, pairs)
    columns = {
        f"g_{side}{f'_{q}' if q else ''}_S": getattr(h, f"g_{side}")
        for q, h in enumerate(pairs)
        for side in ("plus", "minus")
    }
    if form == "csv":
        every = [iteration, *columns.values()]
        rows_of = every if stream is not None else [x[keep] for x in every]
        _csv(("iteration", *columns), zip(*(x.tolist() for x in rows_of), strict=True), stream)
        return
    if form == "json":
        report.dump(
            {
                "file": str(trace.path),
                "layer": layer,
                "row": row,
                "column": col,
                "iterations": trace.iterations_done,
                "updates": len(changed),
                "iteration": iteration[keep].tolist(),
                **{name: g[keep].tolist() for name, g in columns.items()},
                **({"programmed": written} if written else {}),
            }
        )
        return
    report.OUT.print(
        f"Layer {layer}, row {row}, column {col}: {len(changed):,} changes in {trace.iterations_done:,} iterations\n"
    )
    lines = []
    for name, h in zip(names, pairs, strict=True):
        of = f", {name}" if name else ""
        weight = h.g_plus.astype(np.float64) - h.g_minus
        lines += [
            (f"G+{of}", h.g_plus),
            (f"G-{of}", h.g_minus),
            (f"W{of}" if len(pairs) == 1 else f"G+ - G-{of}", weight),
        ]
    rows = [
        (name, report.siemens(g[0]), report.siemens(g[-1]), report.siemens(g.min()), report.siemens(g.max()))
        for name, g in lines
    ]
    report.OUT.print(report.table(rows, head=("", "first", "last", "min", "max")))
    show_written(written, trace)
    report.OUT.print()
    width = max(len(name) for name, _ in lines)
    for name, g in lines:
        report.OUT.print(f"{name:<{width}}  {report.sparkline(g, WIDTH)}")
