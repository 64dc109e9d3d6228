"""Run files of the former baseline `threshold`, written by the code of commit c19d04b, are looked at as then.

Digests beside them are what that code read and replayed of them; ``layout`` in ``former_runs.json`` is what was run.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, LayoutError

from ...cli import refuses

FOLDER = Path(__file__).parents[2] / "golden" / "digests"
sys.path.insert(0, str(FOLDER))

import make  # noqa: E402
import old_runs  # noqa: E402

FORMER = json.loads((FOLDER / "former_runs.json").read_text(encoding="utf-8"))
RUNS = FORMER["runs"]


@pytest.fixture(params=sorted(RUNS))
def run(request, tmp_path):
    path = tmp_path / "former.h5"
    path.write_bytes(gzip.decompress((FOLDER / "former_runs" / f"{request.param}.h5.gz").read_bytes()))
    return request.param, path


@pytest.mark.compiles
def test_every_iteration_is_what_it_was(run):
    name, path = run
    values, forms = old_runs.digests(path)
    then = {"cases": {name: RUNS[name]["before"]}, "forms": FORMER["forms"]}
    differences, _ = make.differences(then, {"cases": {name: values}, "forms": forms, "full": {}}, [name])
    assert differences == []


@pytest.mark.compiles
def test_histories_keyframes_and_accuracy(run):
    name, path = run
    with xbarsim.Trace(path) as trace:
        last = trace.iterations_done
        assert (str(trace.layout.crus.baseline), last) == ("threshold", RUNS[name]["iterations_done"])
        plus, minus = trace.conductance(1, last)
        history = trace.synapse(1, 1, 2)
        assert (history.g_plus[-1], history.g_minus[-1]) == (plus[1, 2], minus[1, 2])
        assert len(np.unique([history.g_plus, history.g_minus])) > 2  # it was pulsed
        done, accuracy = trace.accuracy
        assert trace.kept(1, last)["gathered"].any()
    for n, recorded in zip(done.tolist(), accuracy, strict=True):
        assert xbarsim.infer(path, iteration=n).answers.own == pytest.approx(recorded, abs=1e-9)


def test_it_does_not_go_on(run, call):
    name, path = run
    before = path.read_bytes()
    more = ("--iterations", 60) if name.endswith("batch") else ()
    refuses(call, "run", "--resume", path, *more, what="looked at but not trained")
    assert path.read_bytes() == before
    with xbarsim.Trace(path) as trace:
        layout = trace.layout
    out = path.with_name("more.h5")
    with pytest.raises(LayoutError, match="looked at but not trained"):
        xbarsim.run(layout, out=out)
    assert not out.exists()
    with pytest.raises(LayoutError, match=r"crus.baseline: .* got 'threshold', which another rule does now"):
        Layout.of(layers=(4, 2), rule="crus", baseline="threshold")
