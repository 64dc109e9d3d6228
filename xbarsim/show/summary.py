"""What a run came to, as ``xbarsim run`` ends with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..describe.words import in_words
from . import report

if TYPE_CHECKING:
    from ..describe.layout import Layout
    from ..loop.costs import Energy
    from ..loop.results import Result, Wear


def run_summary(result: Result, layout: Layout, energy: Energy | None = None, *, time: bool = True) -> report.Table:
    """What a run came to: what was run, how well it did, how long it took if `time`, and what it cost the array.

    Parameters
    ----------
    result : Result
    layout : Layout
    energy : Energy, optional
        J, of all devices; of runs that were followed from their start to their end.
    time : bool
    """
    rows: list[tuple[str, Any]] = [
        ("run", in_words(layout, dataset=result.dataset)),
        ("test accuracy", f"{report.percent(result.accuracy)} at iteration {result.iterations:,}"),
    ]
    if result.finished and layout.run.eval_last > 1:
        last = min(layout.run.eval_last, result.iterations)
        rows.append(
            (
                f"last {last} iterations",
                f"mean {report.percent(result.accuracy_mean_last)}, min {report.percent(result.accuracy_min_last)}, "
                f"max {report.percent(result.accuracy_max_last)}",
            )
        )
    if time:
        rows.append(("time", took(result)))
    if result.reads:
        r = result.reads
        rows.append(
            ("wires", f"{r['reads']:,.0f} reads, {r['sweeps']:.1f} sweeps each, residual at most {r['residual']:.1e}")
        )
    if result.managed_reads:
        m = result.managed_reads
        left = f"; {m['clipped']:,} results are clipped all the same" if m["clipped"] else ""
        again = f"clipped ones taken again with half the inputs: {m['again']:,} times{left}"
        rows.append(("managed reads", f"{m['reads']:,} reads, each at a range of its own; {again}"))
    if result.out:
        rows.append(("file", result.out))
    rows.append(("pulses, resets", f"{result.pulses:,} and {result.resets:,}"))
    if energy is not None:
        parts = [f"{name} {report.joules(value)}" for name, value in energy._asdict().items() if value]
        rows.append(("energy", f"{report.joules(energy.total)}: {', '.join(parts)}"))
        g = layout.gates  # what is assumed: nobody has to know the keys
        rows.append(
            (
                "",
                f"of gates of {g.gate_capacitance:.3g} F at {g.pulse_voltage:.3g} V, "
                f"and reads of {g.read_width:.3g} s at {layout.array.v_read:.3g} V by their average",
            )
        )
    elif result.finished and layout.gates.active:
        rows.append(("energy", "by kind: not known of a run that went on, whose reads before were not followed"))
    if result.costs:
        c = result.costs
        parts = [f"{name} {report.joules(c[f'{name}_energy'])}" for name in ("read", "write", "replay")]
        rows.append(("of the lines", f"{', '.join(parts)}; {c['latency']:.3g} s, {c['half_selects']:.3g} half-selects"))
    if result.most_writes and result.most_writes_at:
        where = place(result.most_writes_at, layout)
        rows.append(("worst device", f"{result.most_writes:,} pulses and resets: {where}"))
    if result.wear is not None:
        rows.append(("worn out", worn(result.wear, layout)))
    return report.pairs(rows)


def worn(wear: Wear, layout: Layout | None = None) -> str:
    """How many devices have died, and which was the first.

    >>> from ..loop.results import Wear
    >>> worn(Wear(2, 12, 40, {"layer": 1, "row": 2, "column": 0, "device": "G-", "digit": 0}))
    '2 of 12 devices (16.67 %), the first at iteration 40: layer 1, row 2, column 0, G-'
    """
    if not wear.dead:
        return f"none of {wear.devices:,} devices"
    many = f"{wear.dead:,} of {wear.devices:,} devices ({report.percent(wear.dead / wear.devices)})"
    if wear.first_iteration is None or wear.first is None:
        return many
    return f"{many}, the first at iteration {wear.first_iteration:,}: {place(wear.first, layout)}"


def took(result: Result) -> str:
    """How long a run took, in all and for its iterations alone."""
    trained = result.seconds_per_iteration * result.iterations
    each = f"{1e6 * result.seconds_per_iteration:.1f} us per iteration"
    if trained > result.seconds:  # it was resumed: its iterations were trained in several sittings
        return (
            f"{result.seconds:.1f} s since it was resumed; {trained:.1f} s training and tracing since its start, {each}"
        )
    rest = result.seconds - trained
    return (
        f"{result.seconds:.1f} s: {trained:.1f} s training and tracing, {each}; {rest:.1f} s compiling, loading and "
        "testing"
    )


def place(at: Mapping[str, int | str], layout: Layout | None = None) -> str:
    """Where a device sits, in words.

    >>> place({"layer": 1, "row": 784, "column": 3, "device": "G+", "digit": 0})
    'layer 1, row 784, column 3, G+'
    """
    number = int(at["digit"])
    name = layout.rule.array_name(number) if layout is not None else f"digit {number}" if number else ""
    of = f", {name}" if name else ""
    return f"layer {at['layer']}, row {at['row']}, column {at['column']}, {at['device']}{of}"
