"""The command line, called in-process."""

from __future__ import annotations

QUICK = ["--layers", "2,2", "--dataset", "two-pixels", "--iterations", "6", "--eval-last", "2", "--n-max", "4"]
KEYS = [
    "accuracy",
    "accuracy_mean_last",
    "accuracy_min_last",
    "accuracy_max_last",
    "iterations",
    "pulses",
    "resets",
    "seconds",
    "seconds_per_iteration",
    "out",
    "dataset",
    "engine",
    "seed",
    "finished",
    "costs",
    "reads",
    "managed_reads",
    "update_noise",
    "most_writes",
    "most_writes_at",
    "wear",
    "work",
    "notes",
    "energy_J",
]


def refuses(call, *arguments, what):
    """The command fails with one clear line, and leaves nothing behind."""
    before = {p: (p.read_bytes() if p.is_file() else None) for p in sorted(os_walk("."))}
    code, out, err = call(*arguments)
    err = "".join(line for line in err.splitlines(keepends=True) if "times; the last counts" not in line)
    assert code == 2, (out, err)
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert err.startswith("xbarsim: ")
    assert what in err, err
    assert {p: (p.read_bytes() if p.is_file() else None) for p in sorted(os_walk("."))} == before


def os_walk(folder):
    from pathlib import Path

    return list(Path(folder).rglob("*"))
