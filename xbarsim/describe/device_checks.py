"""Checks of devices: which keys go with which law, and whether float32 can resolve the steps."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from ..base.errors import LayoutError
from . import laws, plugin
from .fields import keys_of
from .laws import MIN_STEP
from .recorded import Recorded

if TYPE_CHECKING:
    from .device import Device


def check_law(device: Device) -> None:
    """Keys of a law: lengths or first steps, and nothing of what is measured."""
    for key in ("jump_p", "jump_d", "step", "step_sha256"):
        if getattr(device, key) is not None:
            raise LayoutError(
                f"device.{key}: expected nothing with model '{device.model}', got some; "
                "choose model 'table' or 'plugin', or leave it out"
            )
    for n_key, a_key, b_key in (("n_max", "alpha", "beta"), ("n_max_d", "alpha_d", "beta_d")):
        if getattr(device, n_key) is not None and getattr(device, a_key) is not None:
            raise LayoutError(f"device.{n_key}: expected either {n_key} or {a_key}_S, got both; leave one out")
        device.check_keys(n_key, a_key, b_key)
    if device.n_max is None and device.alpha is None:
        object.__setattr__(device, "n_max", keys_of(type(device))["n_max"].usual)


def check_measured(device: Device) -> None:
    """Keys of a table or a plug-in: its steps, and nothing of a law."""
    put = functools.partial(object.__setattr__, device)
    for key in ("n_max", "alpha", "n_max_d", "alpha_d", "beta_d"):
        if getattr(device, key) is not None:
            raise LayoutError(
                f"device.{key}: expected nothing with model '{device.model}', whose steps are given, "
                f"got {getattr(device, key)}; leave it out"
            )
    if device.beta not in (0.0, keys_of(type(device))["beta"].default):
        raise LayoutError(
            f"device.beta: expected nothing with model '{device.model}', whose steps are given, got {device.beta}; "
            "leave it out"
        )
    put("beta", 0.0)
    wanted, other = (("jump_p", "jump_d"), ("step",)) if device.model == "table" else (("step",), ("jump_p", "jump_d"))
    for key in wanted:
        if getattr(device, key) is None:
            raise LayoutError(f"device.{key}: expected one with model '{device.model}', got none; give it")
    for key in other:
        if getattr(device, key) is not None:
            raise LayoutError(f"device.{key}: expected nothing with model '{device.model}', got some; leave it out")
    if device.model == "table":
        for key in wanted:
            put(key, laws.jump_table(f"device.{key}_S", getattr(device, key)))
        return
    device.check_keys("step", "step_sha256")
    assert device.step is not None
    if not isinstance(device.step, Recorded):
        put("step_sha256", plugin.check_unchanged(device.step, device.step_sha256))


def check_steps(device: Device) -> None:
    """Steps are above 0, and above what a float32 conductance resolves."""
    for key, values in (("alpha_S", device.steps_up()), ("alpha_d_S", device.steps_down())):
        least = float(values.min())
        if device.model == "table":
            if least <= 0.0:
                raise LayoutError(
                    f"device.jump_{'p' if key == 'alpha_S' else 'd'}_S: expected mean steps > 0 over the whole "
                    f"range, got {least:.3g} S; narrow g_min_S and g_max_S to where the device moves"
                )
        elif least < MIN_STEP * device.g_max:
            raise LayoutError(
                f"device.{_length(device, key)} expected steps that float32 conductances resolve, got a smallest step "
                f"of {least:.3g} S at Gmax = {device.g_max:.3g} S; lower beta, or raise alpha or lower n_max"
            )


def _length(device: Device, alpha: str) -> str:
    """What the steps of a direction were given by, for errors: ``n_max = 4096 with beta = 9:``."""
    down = "_d" if alpha == "alpha_d_S" and (device.n_max_d, device.alpha_d) != (None, None) else ""
    n, a = (device.n_max_d, device.alpha_d) if down else (device.n_max, device.alpha)
    beta = device.beta if alpha == "alpha_S" else device.beta_depression
    return f"{f'n_max{down} = {n}' if a is None else f'alpha{down}_S = {a:g}'} with beta = {beta:g}:"
