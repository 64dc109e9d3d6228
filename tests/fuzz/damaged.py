"""Run files with flipped bits, cut ends and other content, read in Python and by commands."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from . import run_files
from .shell import call
from .target import ACCEPTED, REFUSED, Case, Finding, alone, pick

COMMANDS = [
    ["inspect", "run.h5", "--json"],
    ["inspect", "run.h5", "--layer", "1", "--json"],
    ["inspect", "run.h5", "--layer", "2", "--iteration", "7", "--json"],
    ["inspect", "run.h5", "--layer", "1", "--synapse", "0,1", "--json"],
    ["inspect", "run.h5", "--csv"],
    ["transfer", "run.h5", "--sigma", "0.3", "--repeats", "1", "--json"],
    ["retention", "run.h5", "--drift", "0.05", "--times", "1,100", "--repeats", "1", "--json"],
    ["infer", "run.h5", "--device-noise", "0.1", "--sigma", "0.1", "--json"],
    ["run", "--resume", "run.h5", "--json"],
    ["plot", "run.h5"],
]
_SHARES = [3, 3, 2, 2, 2, 2, 2, 2, 3, 0.15]  # a picture takes a second
_TIMES = ("seconds", "seconds_per_iteration")


def _said(out: str, command: list[str]) -> Any:
    """What a command prints, without what differs from time to time."""
    if "--json" not in command:
        return out
    told = json.loads(out)
    return {key: value for key, value in told.items() if key not in _TIMES} if isinstance(told, dict) else told


def make(folder: Path) -> Case:
    """See `target`."""
    source, work = folder / "whole", folder / "work"
    source.mkdir()
    work.mkdir()
    with alone(folder):
        files = run_files.make(source)
        whole: dict[Any, Any] = {}
    target = work / "run.h5"

    def answer(kind: str, number: int, damage: Any) -> tuple[int, Any]:
        for left in work.iterdir():
            left.unlink()
        shutil.copyfile(files[kind], target)
        if damage is not None:
            target.write_bytes(run_files.flipped(target.read_bytes(), damage))
        before = target.read_bytes()
        found = call(COMMANDS[number])
        if found.code != 0:
            if {p.name for p in work.iterdir()} != {"run.h5"}:
                raise Finding(f"left behind: {sorted(p.name for p in work.iterdir())}")
            if COMMANDS[number][0] != "run" and target.read_bytes() != before:
                raise Finding("the file was written into")
        return found.code, _said(found.out, COMMANDS[number]) if found.code == 0 else None

    def case(rng: np.random.Generator) -> str:
        kind = pick(rng, files)
        if kind == "spread" and rng.random() < 0.8:  # takes seconds without the JIT
            kind = "ladder"
        with alone(work):
            if rng.random() < 0.6:
                if kind not in whole:
                    whole[kind] = run_files.digest(files[kind])
                run_files.damage(files[kind], target, rng)
                return ACCEPTED if run_files.check(target, whole[kind]) == "unharmed" else REFUSED
            shares = np.array(_SHARES)
            number = int(rng.choice(len(COMMANDS), p=shares / shares.sum()))
            if (kind, number) not in whole:
                whole[kind, number] = answer(kind, number, None)
            code, said = answer(kind, number, rng)
            if code != 0:
                return REFUSED
            if (0, said) != whole[kind, number]:
                raise Finding(f"damage became a result of {' '.join(COMMANDS[number])} ({kind})")
            return ACCEPTED

    return case
