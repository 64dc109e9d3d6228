"""What ``xbarsim import`` and ``xbarsim program`` show, as text or JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..describe.device_files import preset_of
from ..describe.words import departures, device_in_words
from ..record.programming import OF_DEVICE, name_of
from . import report

if TYPE_CHECKING:
    from ..describe.layout import Layout
    from ..record.trace import Trace

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
            f"{m.rows} x {m.outputs}",
            m.neurons or "outputs",
            f"{m.scale:.4g}",
            f"{m.clipped:,}",
            f"{m.full:.4g}",
            f"{m.bias:.3g}",
        )
        for m in found.found.layers
    ]
    report.OUT.print(f"devices: {devices_in_words(found.layout)}", soft_wrap=True, highlight=False)
    head = ("layer", "array", "neurons", "full W is", "clipped", "v_read is", "largest bias")
    report.print_wide(report.table(rows, head=head))
    report.OUT.print(
        "  full W is: the weight that the largest W of a pair stands for; clipped: weights beyond it\n"
        "  v_read is: the output of the neurons that drives the next array at the full read voltage"
    )
    if found.accuracy is not None and found.accuracy_float is not None:
        report.OUT.print(
            f"\ntest accuracy {report.percent(found.accuracy)} with ideal targets, "
            f"{report.percent(found.accuracy_float)} of the float network"
        )
    if found.out is not None:
        report.OUT.print(f"{found.out} is written; no device is programmed yet: xbarsim program {found.out}")


def devices_in_words(layout: Layout, *, law: bool = True) -> str:
    """Devices of a layout: preset, law, window, and how they depart from it and age."""
    d = layout.device
    name = preset_of(d, layout.variation, layout.aging)
    departs = departures(d, layout.variation, layout.aging)
    parts = [name, device_in_words(d) if law else None, f"{report.siemens(d.g_min)} to {report.siemens(d.g_max)}"]
    return f"{', '.join(part for part in parts if part)}; noise, spread and drift: {departs}"


def costs_in_words(outcome: Mapping[str, Any], layout: Layout) -> list[tuple[str, str]]:
    """Energy and time of programming, and what they rest on; `outcome` as a run file keeps it."""
    o = outcome
    if o["energy_pulses_J"] is None:
        return [("energy, time", "not known of a drawn outcome")]
    g = layout.gates
    return [
        (
            "energy",
            f"{report.joules(o['energy_pulses_J'])} of pulses and resets, "
            f"{report.joules(o['energy_reads_J'])} of reads",
        ),
        (
            "time",
            f"{report.seconds(o['seconds'])} device by device, {report.seconds(o['seconds_rows'])} a row at a time",
        ),
        (
            "",
            f"of gates of {g.gate_capacitance:.3g} F at {g.pulse_voltage:.3g} V, pulses of "
            f"{report.seconds(g.pulse_width)} and reads of {report.seconds(g.read_width)} at "
            f"{layout.array.v_read:.3g} V: [gates] and v_read say otherwise",
        ),
    ]


def outcome_in_words(trace: Trace) -> list[tuple[str, str]]:
    """What a file of programmed devices keeps of how that went, as pairs of a name and words; of others nothing."""
    o = trace.programming
    if not o:
        return []
    beyond = ""
    if o["how"] == "write-verify":  # nothing else has a tolerance that acts
        tolerance = f"{o['tolerance']:g} of the range"
        beyond = f"; {o['missed']:,} of {o['devices']:,} devices are beyond the tolerance, {tolerance}"
    rows = [
        ("programming", f"{o['pulses']:,} pulses, {o['resets']:,} resets, {o['reads']:,} reads of single devices"),
        (
            "errors",
            f"{100 * o['rms_error']:.3f} % rms, {100 * o['largest_error']:.2f} % at most, of Gmax - Gmin{beyond}",
        ),
    ]
    return [*rows, *costs_in_words(o, trace.layout)]


def written_of(trace: Trace, layer: int, row: int, col: int, pairs: Sequence[Any]) -> list[dict[str, Any]]:
    """What became of the devices of one weight when they were programmed, each by name; of others nothing."""
    kept = trace.programmed(layer)
    if not kept:
        return []
    counts = trace.counts(layer)
    found = []
    for q, pair in enumerate(pairs):
        for side, reached in enumerate((pair.g_plus, pair.g_minus)):
            parts = {what: name_of(what, side, q) for what in (*OF_DEVICE, "pulses", "resets")}
            if parts["target"] not in kept:  # a reference that is never pulsed
                continue
            values = {**kept, **counts}
            each = {what: values[name][row, col].item() for what, name in parts.items() if name in values}
            found.append(
                {
                    "device": "G-" if side else "G+",
                    "digit": q,
                    "target_S": each.pop("target"),
                    "found_S": float(reached[0]),
                    **each,
                    "there": bool(each["there"]),
                }
            )
    return found


def show_written(written: Sequence[Mapping[str, Any]], trace: Trace) -> None:
    """The same as a table, with how far each is off; nothing of devices that were not programmed."""
    if not written:
        return
    span, how = trace.layout.device.span, trace.programming.get("how")
    drawn, looks = how == "one-shot", how == "write-verify"
    rows = [
        (
            w["device"] + (f", {trace.layout.rule.array_name(w['digit'])}" if w["digit"] else ""),
            report.siemens(w["target_S"]),
            report.siemens(w["found_S"]),
            f"{100 * (w['found_S'] - w['target_S']) / span:+.2f} %",
            *(("drawn",) * 3 if drawn else (f"{w[what]:,}" for what in ("pulses", "resets", "reads"))),
            *(("yes" if w["there"] else "never",) if looks else ()),
        )
        for w in written
    ]
    head = ("programmed", "target", "reached", "off", "pulses", "resets", "reads", *(("got there",) if looks else ()))
    report.OUT.print()
    report.print_wide(report.table(rows, head=head))
    there = f"; got there: within the tolerance, {trace.programming['tolerance']:g} of it" if looks else ""
    report.OUT.print(f"  off: part of Gmax - Gmin{there}")


def show_programmed(found: Any, *, as_json: bool, out: Path | None) -> None:
    """Errors, pulses and costs, array by array; `found` is an `api.programming.Programming`."""
    if as_json:
        report.dump({**found.as_dict(), "picture": None if out is None else str(out)})
        return
    f = found.found
    looks = f.settings.how == "write-verify"
    report.OUT.print(f.settings.words, style="bold")
    rows = [
        (
            f"{r['layer']}" + (f", digit {r['digit']}" if r["digit"] else ""),
            f"{r['devices']:,}",
            f"{100 * r['rms_error_S'] / f.span:.3f} %",
            f"{100 * r['largest_error_S'] / f.span:.2f} %",
            f"{r['missed']:,}" if looks else f"{100 * r['error_99_S'] / f.span:.2f} %",
            f"{r['pulses']:,}",
            f"{r['resets']:,}",
            f"{r['reads']:,}",
            f"{r['most_pulses']:,}",
        )
        for r in f.per_layer()
    ]
    head = (
        "array",
        "devices",
        "rms error",
        "largest",
        "not there" if looks else "99 % within",
        "pulses",
        "resets",
        "reads",
        "most of one",
    )
    report.print_wide(report.table(rows, head=head))
    there = f"not there: beyond the tolerance, {f.settings.tolerance:g} of it"
    none = "99 % within: what all but a hundredth of the devices err by at most"
    report.OUT.print(f"  errors are parts of Gmax - Gmin; {there if looks else none}")
    more = costs_in_words(f.outcome, f.state.layout)
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
