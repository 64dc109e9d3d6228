"""Users' step functions as kernels call them: what is no finite number is NaN, which is seen."""

from __future__ import annotations

import math

import numba
import pytest
from xbarsim.kernels.base import _jit


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan, "x", None])
def test_what_is_no_number_is_nan_without_the_compiler(monkeypatch, bad):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    step = _jit._STEPS[_jit.step_address(lambda s, up, z: 0.25 if z < 1.0 else bad)]
    assert step(0.5, 1, 0.0) == 0.25
    assert math.isnan(step(0.5, 1, 2.0))


def test_what_raises_is_nan_without_the_compiler(monkeypatch):
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    step = _jit._STEPS[_jit.step_address(lambda s, up, z: 1.0 / z)]
    assert step(0.5, 1, 2.0) == 0.5
    assert math.isnan(step(0.5, 1, 0.0))


@pytest.mark.jit
@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_infinite_steps_are_nan_in_machine_code(bad):
    address = _jit.step_address(lambda s, up, z: 0.25 if z < 1.0 else bad)
    step = _jit._STEPS[address].ctypes
    assert step(0.5, 1, 0.0) == 0.25
    assert math.isnan(step(0.5, 1, 2.0))
