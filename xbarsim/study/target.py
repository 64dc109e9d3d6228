"""`xbarsim reproduce target`: each rule programs a matrix into an array whose references are wrong.

In kind Fig. 4 of Rasch, Carta, Fagbohungbe and Gokmen, Nat. Commun. 15:7133 (2024): a linear layer sees random inputs,
its error is the difference to the outputs of the wanted weights, and the rule does the rest. Asked is how far the
weights are from the wanted ones in the end, if the references of the array that gradients go to scatter by sigma_r
around the symmetry points of its devices, and how that depends on the number of states. Devices are soft bounds
without noise, inputs are not negative here, and all sizes and settings are ours.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..base.files import write_text
from ..base.notes import collected
from ..data_sets.load import to_samples
from ..describe.defaults import settle
from ..describe.layout import Layout
from ..learn.table import state_of
from .clock import Tick
from .verdict import bold, told

SIZE, UPDATES = 20, 20_000
SIGMAS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
STATES = (25, 50, 100, 200, 500)
USUAL_STATES, USUAL_SIGMA = 200, 0.3
SPREAD, MOST = 0.25, 0.5
"""Wanted weights are normally distributed with this standard deviation, none larger than `MOST`."""
ACTIVE = 0.3
"""Share of the inputs that are above 0: uniform up to 1."""

_BUFFER = {"transfer_length": 1, "fast_rate": 1.0}
RULES: dict[str, dict[str, Any]] = {
    "stochastic": {"gradient_rate": 0.05},
    "tiki-taka": {"gradient_rate": 0.01, "fast_rate": 1.0},
    "ttv2": {**_BUFFER, "gradient_rate": 0.1, "buffer_granularity": 30.0},
    "c-ttv2": {**_BUFFER, "gradient_rate": 0.1, "buffer_granularity": 30.0, "chop_probability": 0.25},
    "agad": {**_BUFFER, "gradient_rate": 0.1, "fast_rate": 0.3, "buffer_granularity": 3.0, "chop_probability": 0.2},
}
"""The rules, with settings that were searched by hand with 200 states and right references, one seed."""

HEAD = ("rule", "states", "sigma_r", "seed", "updates", "size", "error")


@dataclass(frozen=True)
class Case:
    """One run."""

    rule: str
    states: int
    sigma: float
    seed: int
    updates: int
    size: int


@dataclass(frozen=True)
class TargetSheet:
    """What the study came to: root mean square errors of the weights, in units of the largest weight."""

    errors: dict[Case, float]
    updates: int
    size: int
    statements: tuple[tuple[str, bool], ...]
    short_of: str = ""
    """How the runs fall short of the study's own, so that nothing is judged; "" if they do not."""

    @property
    def verdicts(self) -> list[str]:
        """The statements, and whether they hold."""
        return told(self.statements, self.short_of)

    def of(self, rule: str, states: int, sigma: float) -> np.ndarray:
        """Errors of all seeds."""
        return np.array([e for c, e in self.errors.items() if (c.rule, c.states, c.sigma) == (rule, states, sigma)])

    @property
    def points(self) -> list[dict[str, Any]]:
        """One line per rule, number of states and sigma_r."""
        lines = []
        for rule, states, sigma in dict.fromkeys((c.rule, c.states, c.sigma) for c in self.errors):
            e = self.of(rule, states, sigma)
            lines.append(
                {
                    **{"rule": rule, "states": states, "sigma_r": sigma},
                    **{"error": float(e.mean()), "min": float(e.min()), "max": float(e.max()), "runs": len(e)},
                }
            )
        return lines

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "updates": self.updates,
            "size": self.size,
            "points": self.points,
            "statements": [{"statement": text, "holds": holds} for text, holds in self.statements],
            "short_of": self.short_of or None,
        }


def layout_of(case: Case) -> Layout:
    """The layout of a run; a weight is one device beside a fixed reference, which is right on average."""
    # The references of a slow array are right: they would but shift its range.
    right: dict[str, Any] = {} if case.rule == "stochastic" else {"slow_reference_sigma": 0.0}
    return settle(
        Layout.of(
            layers=(case.size, case.size),
            bias=False,
            rule=case.rule,
            method="fixed",
            model="soft-bounds",
            g_min=1e-6,
            g_max=2e-6,
            alpha=2e-6 / case.states,  # the first step; in the middle of the range half of it, 2 / states of w
            beta=6.907755,
            seed=case.seed,
            iterations=case.updates,
            gradient_initial_weight=0.0,
            reference_sigma=case.sigma,
            **right,
            **RULES[case.rule],
        )
    )


def wanted_of(case: Case) -> np.ndarray:
    """The matrix that is programmed, (size, size) in units of w."""
    draws = np.random.default_rng((case.seed, 1)).normal(0.0, SPREAD, (case.size, case.size))
    return np.clip(draws, -MOST, MOST).astype(np.float32)


def program(case: Case) -> float:
    """Root mean square error of the weights, mean over the last fifth of the updates."""
    layout = layout_of(case)
    state: Any = state_of(layout)
    state.initialise()
    unit = np.float32(layout.weight_range)
    wanted, rng = wanted_of(case), np.random.default_rng((case.seed, 2))
    x = rng.random((case.updates, case.size)) * (rng.random((case.updates, case.size)) < ACTIVE)
    order = np.arange(case.updates)  # the label of a sample is its number
    samples = to_samples(x.astype(np.float32), order, layout.array.v_read)
    state.learn_outputs(samples, wanted * unit)
    (events, curves), errors = state.new_buffers(), []
    block = min(state.block, max(1, case.updates // 50))
    for at in range(0, case.updates, block):
        state.train(at, order[at : at + block], samples, events, curves)
        if state.iteration > 0.8 * case.updates:
            errors.append(float(np.sqrt(np.mean((state.weight_matrix(0) / unit - wanted) ** 2))))
    return float(np.mean(errors))


def cases_of(seeds: Sequence[int], updates: int, size: int) -> list[Case]:
    """All runs: over sigma_r with the usual number of states, and over that with the usual sigma_r, and with none."""
    at = [(USUAL_STATES, sigma) for sigma in SIGMAS]
    at += [(states, sigma) for states in STATES for sigma in (0.0, USUAL_SIGMA)]
    wanted = itertools.product(RULES, dict.fromkeys(at), seeds)
    return [Case(rule, states, sigma, seed, updates, size) for rule, (states, sigma), seed in wanted]


def reproduce_target(
    out: Path,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    updates: int = UPDATES,
    size: int = SIZE,
    listener: Callable[[Tick], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    command_line: str = "",
) -> TargetSheet | None:
    """Run the study; returns its sheet, or None if it was stopped.

    Parameters
    ----------
    out : Path
        Folder for ``target.csv`` and ``target.md``; a study that was stopped goes on from the first.
    seeds : sequence of int
    updates, size : int
        Of each run, and rows and columns of the matrix.
    listener, stop : function
        Told of every run, and asked before it.
    command_line : str
        Written into the report.
    """
    cases = cases_of(seeds, updates, size)
    done = _read(out / "target.csv")
    errors = {case: done[case] for case in cases if case in done}
    kept = len(errors)
    for case in cases:
        listener(Tick(len(errors), len(cases), float(len(errors)), float(len(cases)), kept))
        if case in errors:
            continue
        if stop():
            return None
        with collected():  # references that would be beyond the range are at its end, as the page says
            errors[case] = program(case)
        _write(out / "target.csv", {**done, **errors})
    listener(Tick(len(cases), len(cases), float(len(cases)), float(len(cases)), kept))
    short = ", ".join(
        f"{n:,} of {most:,} {unit}"
        for n, most, unit in ((updates, UPDATES, "updates"), (size, SIZE, "rows"))
        if n < most
    )
    errors = {case: errors[case] for case in cases}
    sheet = TargetSheet(errors, updates, size, (), short)
    sheet = TargetSheet(errors, updates, size, judged(sheet), short)
    write_text(out / "target.md", report(sheet, command_line))
    return sheet


def judged(sheet: TargetSheet) -> tuple[tuple[str, bool], ...]:
    """What the paper says of the rules, and whether it holds here."""
    at = {
        (rule, sigma): float(sheet.of(rule, USUAL_STATES, sigma).mean())
        for rule in RULES
        for sigma in (0.0, SIGMAS[-1])
    }
    rise = {rule: at[rule, SIGMAS[-1]] / at[rule, 0.0] for rule in RULES}
    others = [rise[rule] for rule in RULES if rule != "agad"]
    return (
        ("agad does not depend on the references: its error rises by less than 10 %", rise["agad"] < 1.1),
        ("tiki-taka and ttv2 do: theirs rises by more than 5 times", min(rise["tiki-taka"], rise["ttv2"]) > 5.0),
        (
            "choppers help: with the worst references c-ttv2 has less than a third of the error of ttv2",
            at["c-ttv2", SIGMAS[-1]] < at["ttv2", SIGMAS[-1]] / 3.0,
        ),
        ("but depend on them more than agad", rise["c-ttv2"] > rise["agad"] and min(others) > rise["agad"]),
    )


def report(sheet: TargetSheet, command_line: str) -> str:
    """A page of Markdown."""
    sigmas, states = [f"{s:g}" for s in SIGMAS], [str(n) for n in STATES]
    lines = [
        "# A matrix, programmed by learning rules\n",
        f"`{command_line or 'xbarsim reproduce target'}`: {sheet.size} x {sheet.size} weights, {sheet.updates:,} "
        "updates. Root mean square errors in units of the largest weight, mean over the seeds; wanted weights have a "
        f"standard deviation of {SPREAD:g}. References that would be beyond the range are at its end.\n",
        f"Spread of the references (sigma_r), {USUAL_STATES} states:\n",
        _table("rule", sigmas, lambda rule, k: sheet.of(rule, USUAL_STATES, SIGMAS[k])),
        f"States, sigma_r 0 and {USUAL_SIGMA:g}:\n",
        _table("rule", [f"{n}, right" for n in states], lambda rule, k: sheet.of(rule, STATES[k], 0.0)),
        _table("rule", [f"{n}, wrong" for n in states], lambda rule, k: sheet.of(rule, STATES[k], USUAL_SIGMA)),
        *(f"- {bold(text)}" for text in sheet.verdicts),
    ]
    return "\n".join(lines) + "\n"


def _table(first: str, head: list[str], of: Callable[[str, int], np.ndarray]) -> str:
    rows = [[first, *head], ["---"] * (1 + len(head))]
    rows += [[rule, *(f"{of(rule, k).mean():.4f}" for k in range(len(head)))] for rule in RULES]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _write(path: Path, errors: dict[Case, float]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEAD)
    for c, error in errors.items():
        writer.writerow((c.rule, c.states, c.sigma, c.seed, c.updates, c.size, repr(error)))
    write_text(path, text.getvalue())


def _read(path: Path) -> dict[Case, float]:
    """Runs that are done; what is no table of this study is none."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        kinds = (str, int, float, int, int, int)
        return {
            Case(*(kind(line[name]) for kind, name in zip(kinds, HEAD, strict=False))): float(line["error"])
            for line in lines
        }
    except (OSError, KeyError, ValueError, TypeError):
        return {}
