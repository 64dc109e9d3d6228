"""What ``xbarsim import`` and ``xbarsim program`` show, as text or JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import report

_FURTHEST = 3
"""Devices that never got there, of which the place is shown."""


def show_import(found: Any, *, as_json: bool) -> None:
    """Layers, and accuracies of the array and of the float network; `found` is an `api.imported.Import`."""
    if as_json:
        report.dump(found.as_dict())
        return
    rows = [
        (
            m.name,
            f"{m.inputs} x {m.outputs}",
            m.neurons or "outputs",
            f"{m.scale:.4g}",
            f"{m.clipped:,}",
            f"{m.full:.4g}",
            f"{m.bias:.3g}",
        )
        for m in found.found.layers
    ]
    head = ("layer", "array", "neurons", "full W is", "clipped", "v_read is", "largest bias")
    report.print_wide(report.table(rows, head=head))
    if found.accuracy is not None and found.accuracy_float is not None:
        report.OUT.print(
            f"\ntest accuracy {report.percent(found.accuracy)} with ideal targets, "
            f"{report.percent(found.accuracy_float)} of the float network"
        )
    if found.out is not None:
        report.OUT.print(f"{found.out} is written; no device is programmed yet: xbarsim program {found.out}")


def show_programmed(found: Any, *, as_json: bool, out: Path | None) -> None:
    """Errors, pulses and costs, array by array; `found` is an `api.programming.Programming`."""
    if as_json:
        report.dump({**found.as_dict(), "picture": None if out is None else str(out)})
        return
    f = found.found
    report.OUT.print(f.settings.words, style="bold")
    rows = [
        (
            f"{r['layer']}" + (f", digit {r['digit']}" if r["digit"] else ""),
            f"{r['devices']:,}",
            f"{100 * r['rms_error_S'] / f.span:.3f} %",
            f"{100 * r['largest_error_S'] / f.span:.2f} %",
            f"{r['missed']:,}",
            f"{r['pulses']:,}",
            f"{r['resets']:,}",
            f"{r['reads']:,}",
            f"{r['most_pulses']:,}",
        )
        for r in f.per_layer()
    ]
    head = ("array", "devices", "rms error", "largest", "not there", "pulses", "resets", "reads", "most of one")
    report.print_wide(report.table(rows, head=head))
    report.OUT.print("  errors are parts of Gmax - Gmin; not there: beyond the tolerance")
    more: list[tuple[str, Any]] = [
        ("energy", f"{f.energy_pulses:.3g} J of pulses, {f.energy_reads:.3g} J of reads"),
        ("time", f"{f.seconds:.3g} s device by device, {f.seconds_rows:.3g} s a row at a time"),
    ]
    if f.settings.how == "one-shot":
        more = [("energy, time", "not known of a drawn outcome")]
    places = [
        f"layer {p['layer']} row {p['row']} column {p['column']} {p['device']} "
        f"({report.siemens(p['found_S'])} for {report.siemens(p['target_S'])})"
        for p in f.places(_FURTHEST)
    ]
    if places:
        more.append(("furthest off", "; ".join(places)))
    if f.accuracy is not None:
        before = "" if f.accuracy_before is None else f", {report.percent(f.accuracy_before)} of the targets"
        more.append(("test accuracy", f"{report.percent(f.accuracy)}{before}"))
    report.OUT.print(report.pairs([*more, *([("file", f.out)] if f.out is not None else [])]))
