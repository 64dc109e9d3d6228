"""``python -m tests.fuzz``: random and damaged inputs of all kinds, for so many minutes.

    python -m tests.fuzz --minutes 5 [--seed N] [--only layouts,flags]
    python -m tests.fuzz --case layouts:1234 --seed N

The second repeats one case in this process, with its whole traceback. The exit code is 1 if there are findings.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from .supervise import Found, Order, Tally, run


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Random and damaged inputs of all kinds.")
    parser.add_argument("--minutes", type=float, default=5.0, help="for all targets together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="targets, with commas; default: all")
    parser.add_argument("--cases", type=int, default=1 << 62, help="most cases of each target")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds that one case may take")
    parser.add_argument("--case", help="TARGET:NUMBER: this case alone, in this process")
    parser.add_argument("--jit", action="store_true", help="compile the kernels; without it they run as plain Python")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    asked = _arguments(given)
    os.environ["NUMBA_DISABLE_JIT"] = "0" if asked.jit else "1"
    from .target import TARGETS

    names = list(TARGETS) if not asked.only else asked.only.split(",")
    unknown = [
        name for name in [*names, *([asked.case.partition(":")[0]] if asked.case else [])] if name not in TARGETS
    ]
    if unknown:
        print(f"--only, --case: expected targets of {', '.join(TARGETS)}, got {unknown[0]}", file=sys.stderr)
        return 2
    numbers = {name: k for k, name in enumerate(TARGETS)}
    if asked.case:
        name, _, number = asked.case.partition(":")
        return _repeat(TARGETS[name], asked.seed, numbers[name], int(number))
    tallies: dict[str, Tally] = {}
    end = time.monotonic() + 60.0 * asked.minutes
    stopped = False
    for k, name in enumerate(names):
        share = (end - time.monotonic()) / (len(names) - k)
        order = Order(name, TARGETS[name], asked.seed, numbers[name], share, asked.cases, asked.limit, asked.jit)
        tallies[name] = Tally()
        try:
            run(order, tallies[name], _Progress(name))
        except KeyboardInterrupt:  # what there is until now is worth telling
            stopped = True
            break
        if sys.stderr.isatty():
            print(file=sys.stderr)
    found = [one for tally in tallies.values() for one in tally.found]
    print(table(tallies))
    for text in described(found, asked.seed):
        print(text)
    return 130 if stopped else 1 if found else 0


def _repeat(module: str, seed: int, target: int, number: int) -> int:
    """One case, here."""
    from .target import generator

    with tempfile.TemporaryDirectory(prefix="xbarsim-fuzz-") as folder:
        os.environ["COLUMNS"] = "200"
        name, _, function = module.partition(":")
        case = getattr(importlib.import_module(name), function or "make")(Path(folder))
        outcome = case(generator(seed, target, number))
    print(outcome)
    return 0


class _Progress:
    """A line on the standard error now and then."""

    def __init__(self, name: str) -> None:
        self._name, self._next = name, time.monotonic()

    def __call__(self, tally: Tally) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        live = sys.stderr.isatty()
        self._next = now + (0.5 if live else 30.0)
        text = f"{self._name}: {tally.cases:,} cases, {len(tally.found)} findings"
        print(f"\r{text:<60}" if live else text, end="" if live else "\n", file=sys.stderr, flush=True)


def table(tallies: dict[str, Tally]) -> str:
    """Targets, and what came of their cases."""
    lines = [f"{'target':<12}{'cases':>10}{'accepted':>10}{'refused':>10}{'findings':>10}"]
    for name, t in tallies.items():
        lines.append(f"{name:<12}{t.cases:>10,}{t.accepted:>10,}{t.refused:>10,}{len(t.found):>10,}")
    return "\n".join(lines)


def described(found: Sequence[Found], seed: int) -> list[str]:
    """Findings of the same kind together, each with a case that repeats it and its traceback."""
    kinds: dict[tuple[str, str], list[Found]] = {}
    for one in found:
        kinds.setdefault((one.target, one.where), []).append(one)
    texts = []
    for (target, where), group in sorted(kinds.items(), key=lambda item: -len(item[1])):
        first = group[0]
        texts.append(
            f"\n{target}: {where}, {len(group)} times: {first.what}\n"
            f"repeat with: python -m tests.fuzz --case {target}:{first.number} --seed {seed}"
            + (f"\n{first.trace.rstrip()}" if first.trace else "")
        )
    return texts


if __name__ == "__main__":
    sys.exit(main())
