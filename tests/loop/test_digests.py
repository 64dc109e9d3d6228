"""What earlier versions gave: digests of 113 short runs and of 14 interrupted run files, made by the code of commit
9cd6d0a.

``python tests/golden/digests/make.py --check tests/golden/digests/digests.json`` runs all of them and prints what
differs. Here a selection
runs, one for each kind of rule, array, circuit, batch and pulse lines; all with XBARSIM_SLOW=1.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest

from ..conftest import JIT

FOLDER = Path(__file__).parents[1] / "golden" / "digests"
sys.path.insert(0, str(FOLDER))

import cases  # noqa: E402
import make  # noqa: E402
import old_runs  # noqa: E402

GOLDEN = json.loads((FOLDER / "digests.json").read_text(encoding="utf-8"))
OLD_RUNS = json.loads((FOLDER / "old_runs.json").read_text(encoding="utf-8"))

COMPILED = {"sign-b-ladder", "sign-c-analog", "bs-ideal", "software-batch", "crus-both", "wires-split-drain-a"}
"""With the JIT: what other tests compile anyway."""

PLAIN = {
    "batch-lines-ladder-varied",
    "bs-digits-sense",
    "bs-ideal-threshold-bits-and",
    "crus-lim-a",
    "endurance-closing-c",
    "sense-noise-bits-c",
    "software-sigmoid",
}
"""Without: of some kinds that are neither among them, nor among the files of `QUICK_RUNS`; the whole takes minutes."""

QUICK = COMPILED if JIT else PLAIN


def known(line):
    """What is new on purpose: runs of several digits keep the counts of their devices.

    And what was compiled then, and is not now: the mean residual of wired reads, whose last digits compiled code rounds
    otherwise.
    """
    later = ("counts_", "first_worn", "warnings")
    return ("absent ->" in line and any(name in line for name in later)) or (not JIT and "  result/reads  " in line)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in sorted(cases.CASES)]
)
def test_runs_give_what_they_gave(name):
    differences, _ = make.differences(GOLDEN, make.made([name], quiet=True), [name])
    assert [line for line in differences if not known(line)] == []


QUICK_RUNS = (
    {"sign-ladder-b", "bs-ideal", "software"}
    if JIT
    else {"batch-signs-account", "crus-refresh", "bs-digits", "sign-analog-c"}
)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK_RUNS else pytest.mark.slow) for name in sorted(old_runs.RUNS)]
)
def test_earlier_run_files_replay_and_resume(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / f"{name}.h5"
    path.write_bytes(gzip.decompress((FOLDER / "old_runs" / f"{name}.h5.gz").read_bytes()))
    for when, of in (("before", old_runs.digests), ("after", old_runs.resumed)):
        values, forms = of(path)
        golden, now = OLD_RUNS["runs"][name][when], {"cases": {name: values}, "forms": forms, "full": {}}
        differences, _ = make.differences({"cases": {name: golden}, "forms": OLD_RUNS["forms"]}, now, [name])
        assert [line for line in differences if not known(line)] == []
