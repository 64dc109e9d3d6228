"""Machines without ngspice compare with its stored results, tests/golden."""

from __future__ import annotations

import numpy as np
import pytest

from xbarsim import spice

from .circuits import assert_agree, needs_ngspice
from .golden import GOLDEN, NAMES, digest_of, stored

pytestmark = pytest.mark.jit  # nothing here is a kernel's own test, and netlists of trained runs take their time


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.jit] if n[:2] == "32" else []) for n in NAMES])
def test_stored_results_agree(name):
    path = GOLDEN / f"{name}.cir"
    read = spice.load(path)
    values = {key: float(x[0]) for key, x in stored(name, digest_of(path.read_text())).items()}
    assert_agree(spice.compare(read, read.solve(), spice.solutions_of(read, values)))


def test_stored_results_are_there():
    assert len(NAMES) == 15
    assert {p.stem for p in GOLDEN.glob("*.txt")} == {*NAMES, "synapse-pulses", "pair-2x2-step"}


@needs_ngspice
@pytest.mark.parametrize("name", NAMES)
def test_stored_results_are_what_ngspice_gives(name):
    path = GOLDEN / f"{name}.cir"
    values = stored(name, digest_of(path.read_text()))
    for key, x in spice.run_ngspice(path).items():
        if key != "v(v-sweep)":
            np.testing.assert_allclose(x, values[key], rtol=1e-6, atol=1e-18 if key[0] == "i" else 1e-12)
