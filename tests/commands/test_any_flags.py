"""Any flags run, or are refused in one line."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ..cli import KEYS

pytestmark = pytest.mark.compiles  # files and commands; the kernels' own tests run with and without the JIT
garbage = st.sampled_from(
    ["", "x", "nan", "inf", "-1", "0", "1", "2", "1e400", "1e-320", "3.5", "-0.0", "9" * 30, "a,b", "--", "é"]
)
numbers = st.integers(-3, 70).map(str) | st.floats().map(repr)
names = {
    "method": "abc",
    "engine": ["auto", "ladder", "analog"],
    "dataset": ["two-pixels", "digits", "."],
    "routing": ["split-both", "split-drain"],
    "batch-rule": ["lines", "deferred", "signs", "products"],
    "rule": ["sign", "software"],
    "sigma-negative": ["zero", "reflect", "redraw"],
    "sigma-per": ["device", "pair"],
    "batch": ["1", "2", "3", "40", "4000"],
    "circuit": ["auto", "ideal", "exact"],
    "layers": ["2,2", "2,3,2", "2,0", "2,2,2,2", "3,2"],
}
FLAGS = [
    "beta",
    "beta-d",
    "n-max",
    "n-max-d",
    "alpha",
    "alpha-d",
    "g-min",
    "g-max",
    "v-read",
    "initial-steps",
    "c",
    "softmax-scale",
    "output-dead-zone",
    "hidden-dead-zone",
    "input-threshold",
    "epochs",
    "seed",
    "eval-every",
    "eval-last",
    "snapshot-every",
    "commit-every",
    "sigma",
    "initial-fan-in",
    "dead-zone-exponent",
    "learning-rate",
    "software-c",
    "initial-weight",
    "inner-c",
    "wire-resistance",
    "wire-resistance-s",
    "driver-resistance",
    "sense-resistance",
    "tile-rows",
    "tile-columns",
    "gain-sigma",
    "offset-sigma",
    "read-noise",
    "sense-range",
    "sense-bits",
    "driver-bits",
    "wire-tolerance",
    *names,
]


@pytest.mark.compiles
@settings(
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(flags={"n-max": "4096", "beta": "0"})
@example(flags={"g-min": "0.9999", "g-max": "1"})
@example(flags={"v-read": "1e-6", "c": "1e-6", "g-max": "1e-29", "g-min": "0"})
@example(flags={"v-read": "1e6", "g-max": "1e6", "softmax-scale": "1e9"})
@given(
    flags=st.lists(st.sampled_from(FLAGS), max_size=4, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries(
            {f: garbage | numbers | st.sampled_from(list(names.get(f, ["1"]))) for f in chosen}
        )
    )
)
def test_any_flags_run_or_are_refused_in_one_line(call, tmp_path, flags):
    defaults = {"layers": "2,2", "dataset": "two-pixels", "n-max": "5"}
    if "alpha" in flags:
        del defaults["n-max"]
    merged = {**defaults, **flags}
    arguments = [f"--{name}={value}" for name, value in merged.items()]
    if "epochs" not in flags:
        arguments.append("--iterations=3")
    elif merged["epochs"].isdigit() and len(merged["epochs"]) > 2:
        return
    code, out, err = call("run", *arguments, "--json", "-q")
    assert code in (0, 2), (code, err)
    if code == 0:
        assert list(json.loads(out)) == KEYS
        assert err == ""
        (tmp_path / "run.h5").unlink()
    else:
        assert out == ""
        assert len(err.splitlines()) == 1
    assert os.listdir(tmp_path) == []
