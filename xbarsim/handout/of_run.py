"""The page of a run file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ..describe.words import in_words
from ..loop.wear import first_death
from ..record.trace import Trace
from ..show.figures_report import accuracy_figure, training_figure
from ..show.report import percent
from ..show.views import status_of
from ..show.views_program import outcome_in_words
from .blocks import Block, Code, Number, Page, Pairs, Pictures, Words, present, section
from .drawing import drawn
from .of_arrays import energies, wear, weights, writes
from .of_layout import configuration, device_of, said_by

_KNOWN = ("layout", "derived", "warnings", "command_line", "devices", "programming", "programming_outcome")
"""What of a file's configuration has a place of its own on the page."""


def run_page(path: Path) -> Page:
    """The page of a run; code that it names is not run.

    Raises
    ------
    TraceError
        If it is no run file, or is damaged.
    """
    with Trace(path) as trace:
        return _page(trace)


def _page(trace: Trace) -> Page:
    layout, p = trace.layout, trace.provenance
    written, of_writes = writes(trace)
    died, of_wear = wear(first_death(trace), trace.layout)
    spent, of_energy = energies(trace)
    sections = [
        section("curves", "Accuracy and pulses", [_curves(trace)]),
        section("device", "Device", device_of(layout)),
        section("weights", "Weights", weights(trace)),
        section("writes", "Writes and wear", [*of_wear, *of_writes]),
        section("energy", "Energy", of_energy),
        section("configuration", "Configuration", configuration(layout, trace.derived)),
        section("origin", "Where it comes from", [Pairs(_origin(trace))]),
        # A layout alone makes no network that was put in or programmed.
        section(
            "again",
            "To make it again",
            again("" if "devices" in p else str(p["layout"]), str(p["command_line"]), _needs(trace)),
        ),
    ]
    status = status_of(trace)
    return Page(
        title=trace.path.name,
        kind="a network that was put in" if "devices" in p else "a run",
        words=in_words(layout, dataset=str(p["dataset"])),
        status=status,
        unfinished=not trace.finished,
        numbers=[*_numbers(trace), *spent, *written, *died],
        warnings=_warnings(trace, status),
        sections=present(sections),
    )


def _numbers(trace: Trace) -> list[Number]:
    iteration, accuracy = trace.accuracy
    found = []
    if len(accuracy):
        found.append(Number("test accuracy", percent(accuracy[-1]), f"at iteration {iteration[-1]:,}"))
    last = trace.layout.run.eval_last
    of_last = accuracy[iteration > trace.iterations_done - last] if trace.finished and last > 1 else accuracy[:0]
    if len(of_last) > 1:
        span = f"{percent(of_last.min())} to {percent(of_last.max())}"
        found.append(Number(f"mean of the last {len(of_last)}", percent(of_last.mean()), span))
    if len(accuracy) and accuracy.max() > accuracy[-1]:
        at = int(accuracy.argmax())
        found.append(Number("best", percent(accuracy[at]), f"at iteration {iteration[at]:,}"))
    curves, planned = trace.curves, trace.layout.run.iterations
    of = "" if trace.finished or planned is None else f"of {planned:,}"
    found.append(Number("iterations", f"{trace.iterations_done:,}", of))
    pulses, resets = (int(curves[name].sum(dtype=np.int64)) for name in ("pulses", "resets"))
    done = trace.programming  # at iteration 0, where nothing was trained
    pulses, resets = (done["pulses"], done["resets"]) if done else (pulses, resets)
    if pulses or resets:
        found.append(Number("pulses", f"{pulses:,}", f"and {resets:,} resets"))
    return found


def _warnings(trace: Trace, status: str) -> list[str]:
    """What is to be known before any number is read."""
    found = []
    if not trace.finished:
        found.append(f"This run has not come to its end: {status}. All numbers are of its last commit.")
    told = str(trace.provenance.get("warnings", ""))
    found += [line for line in told.splitlines() if line]
    return list(dict.fromkeys([*found, *said_by(trace.layout, trace.derived)]))


def _curves(trace: Trace) -> Block:
    n = len(trace.accuracy[0])
    if not trace.iterations_done:
        return Words("No iteration is done yet.")
    left = drawn(accuracy_figure(trace), "Test accuracy over the iterations", points=n)
    return Pictures([left, drawn(training_figure(trace), "Training error and pulses over the iterations")])


def _origin(trace: Trace) -> list[tuple[str, str]]:
    p: dict[str, Any] = trace.provenance
    arrays = ", ".join(f"{rows} x {columns}" for rows, columns in trace.shapes)
    rows = [
        ("file", f"{trace.path.name}, {trace.path.stat().st_size / 1e6:,.1f} MB"),
        ("file id", trace.file_id or "none: it is of an earlier version"),
        ("command", str(p["command_line"]) or "(from Python)"),
        *([("devices", trace.devices)] if "devices" in p else []),
        ("arrays", arrays),
        ("keyframes", f"{len(trace.keyframes(1)):,}, the last at iteration {trace.keyframes(1)[-1]:,}"),
    ]
    rows += [(name or "that is", words) for name, words in outcome_in_words(trace)]
    if trace.seconds:
        rows.append(("time", f"{trace.seconds:,.3g} s training and tracing"))
    if trace.layout.device.step is not None:
        rows.append(("plug-in", f"{trace.layout.device.step}, SHA-256 {trace.layout.device.step_sha256}"))
    order = ("xbarsim_version", "dataset", "dataset_sha256", "seed", "engine")
    names = [*order, *(key for key in p if key not in (*order, *_KNOWN))]
    return [*rows, *((_name(key), str(p[key])) for key in names if key in p)]


def _name(key: str) -> str:
    return key.replace("_", " ").replace("sha256", "SHA-256")


def _needs(trace: Trace) -> list[str]:
    """What there has to be for that."""
    p = trace.provenance
    found = [
        f"xbarsim {p['xbarsim_version']}, and the data set {p['dataset']} with SHA-256 {p['dataset_sha256'][:16]}...: "
        "with both, every bit is the same."
    ]
    if "devices" in p:
        source = f"{p['programmed_from']}, whose states were written" if "programmed_from" in p else "the weights' file"
        found.append(f"It was not trained here: beside these it takes {source}.")
    if trace.layout.device.step is not None:
        found.append(
            f"The plug-in {trace.layout.device.step} as it was: its SHA-256 begins with "
            f"{str(trace.layout.device.step_sha256)[:16]}."
        )
    return found


def again(
    layout: str, command: str, needs: list[str], *, run: str = "xbarsim run again.toml -o again.h5"
) -> list[Block]:
    """The command, and the layout with which it can be made from anywhere."""
    blocks: list[Block] = [Words(text) for text in needs]
    if command:
        blocks.append(Code(command, "The command, as it was given"))
    if layout and run:
        blocks.append(Code(run, "Or, with the text below saved as again.toml"))
    if layout:
        title = "again.toml: the whole layout" if run else "The layout that all runs have in common"
        blocks.append(Code(layout.rstrip() + "\n", title, folded=True))
    return blocks
