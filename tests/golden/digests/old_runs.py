"""Run files of an earlier version, interrupted half-way: ``python old_runs.py --out old_runs`` writes them with the
xbarsim that is installed;
``--check old_runs`` replays and resumes them with it, and compares with ``old_runs.json``.

Files are kept as ``NAME.h5.gz``: HDF5 chunks are made for long runs and are mostly empty. In ``old_runs.json`` every
run has digests as in
``digests.json``: ``before`` of the interrupted file, with what `xbarsim.Trace` replays of it, and ``after`` of the
file once it is resumed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cases import CRUS, DIGITS, JUMPS, NONE, SPREAD, STUCK, data, digest_replays, digest_result, plugin_of, stopper
from digest import digest_file
from make import about, condensed, unfolded

import xbarsim

SHORT = {
    "layers": (784, 6, 10),
    "dataset": "digits",
    "iterations": 30,
    "eval_every": 10,
    "eval_last": 1,
    "snapshot_every": 12,
    "n_max": 9,
    "seed": 4,
    "c": 40.0,
}
"""Blocks end at iterations 10, 12, 20, 24, 29, 30."""
STOP = 3

RUNS: dict[str, dict] = {
    "sign-ladder-b": {},
    "sign-analog-c": {"method": "c", "layers": (784, 5, 4, 10)},
    "sign-scattered-c2c": {**STUCK, "c2c": 0.3, "sigma": 0.2, "g_max_sigma": 0.1, "alpha_sigma": 0.2},
    "sign-scattered-worn-c": {
        "c2c_range": 0.03,
        "endurance": 8.0,
        "endurance_sigma": 0.3,
        "endurance_failure": "closing",
        "method": "c",
    },
    "sign-jumps-a": {**JUMPS, "method": "a"},
    "batch-signs-account": {"batch": 3, "account": True},
    "batch-deferred-half-select-c": {
        "batch": 2,
        "batch_rule": "deferred",
        "half_select_step": 0.02,
        "method": "c",
        "c2c": 0.2,
    },
    "wires-noise": {
        "wire_resistance": 20.0,
        "routing": "split-source",
        "read_noise": 0.1,
        "sigma": 0.2,
        "tile_rows": 400,
    },
    "crus": {**CRUS, "crus_decay": 0.5, "c2c": 0.1},
    "crus-refresh": {**CRUS, "baseline": "refresh", "crus_rate": 0.5, "full_level": 0.7, "lower_level": 0.4},
    "bs-ideal": {"rule": "bs", "bs_draws": 2},
    "bs-digits": {**DIGITS, "c2c": 0.2},
    "bs-digits-analog": {**DIGITS, **{k: v for k, v in SPREAD.items() if k != "beta_sigma"}, "read_noise": 0.05},
    "software": {"rule": "software", "n_max": NONE, "learning_rate_end": 0.2, "learning_rate": 0.05},
}


def digests(path: Path) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """All digests of a run file, and of what is replayed of it, and the forms they name."""
    return condensed({**digest_file(path), **digest_replays(path, (5, 17, 27))})


def resumed(path: Path) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """The same after the run went on to its end."""
    result = xbarsim.resume(path, device=plugin_of(path))
    values, forms = digests(path)
    return {**values, **digest_result(result, resumed=True)}, forms


def make(folder: Path) -> None:
    """Write all files."""
    folder.mkdir(parents=True, exist_ok=True)
    runs, forms = {}, {}
    with tempfile.TemporaryDirectory(prefix="old-runs-") as scratch:
        for name, own in RUNS.items():
            values = {k: v for k, v in {**SHORT, **own}.items() if v is not NONE}
            path = Path(scratch) / f"{name}.h5"
            result = xbarsim.run(
                xbarsim.Layout.of(**values),
                out=path,
                dataset=data(values["dataset"]),
                stop=stopper(STOP),
                commit_seconds=0.0,
            )
            assert not result.finished, name
            raw = path.read_bytes()
            before, first = digests(path)
            after, second = resumed(path)
            forms |= first | second
            runs[name] = {"iterations_done": result.iterations, "layout": values, "before": before, "after": after}
            (folder / f"{name}.h5.gz").write_bytes(gzip.compress(raw, 9, mtime=0))
    lines = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in about().items()]
    for title, table in (("forms", forms), ("runs", runs)):
        inner = ",\n".join(f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in sorted(table.items()))
        lines.append(f"{json.dumps(title)}: {{\n{inner}\n}}")
    (folder.parent / "old_runs.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def check(folder: Path) -> list[str]:
    """Replay and resume all files; differences as lines."""
    golden = json.loads((folder.parent / "old_runs.json").read_text(encoding="utf-8"))
    wrong = []
    with tempfile.TemporaryDirectory(prefix="old-runs-") as scratch:
        for name, run in golden["runs"].items():
            path = Path(scratch) / f"{name}.h5"
            path.write_bytes(gzip.decompress((folder / f"{name}.h5.gz").read_bytes()))
            for when, look in (("before", digests), ("after", resumed)):
                now, forms = look(path)
                for key in sorted({*run[when], *now}):
                    a, b = run[when].get(key), now.get(key)
                    if a != b:
                        x, y = (
                            ({key: a}, {key: b})
                            if key != "form"
                            else (unfolded(a, golden["forms"]), unfolded(b, forms))
                        )
                        wrong += [
                            f"{name}  {when}  {key}  {k}  {x.get(k)} -> {y.get(k)}"
                            for k in sorted({*x, *y})
                            if x.get(k) != y.get(k)
                        ]
    return wrong


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=Path, help="folder to write the files to; old_runs.json goes beside it")
    what.add_argument("--check", type=Path, help="folder with the files")
    given = parser.parse_args()
    if given.out:
        make(given.out)
        return 0
    wrong = check(given.check)
    for line in wrong:
        print(line)
    print(f"{len(wrong)} differences")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
