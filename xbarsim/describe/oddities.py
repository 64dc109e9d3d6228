"""Values that are allowed, and probably not what is meant: told once, with the number as it was understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .layout import Layout

_PARTS = (
    *("alpha_sigma", "alpha_common_sigma", "beta_sigma", "g_min_sigma", "g_max_sigma"),
    *("c2c_range", "write_noise", "device_noise"),
)
"""Scatter of something relative to it."""


def oddities(layout: Layout) -> list[str]:
    """What is odd about a layout, a line each.

    >>> from xbarsim import Layout
    >>> oddities(Layout.of(layers=(2, 2), c2c=5.0))[0][:44]
    'variation.c2c = 5: steps scatter by 500 % of'
    """
    if not layout.rule.has_devices(layout):
        return []
    d, v, found = layout.device, layout.variation, []
    for key, what in (("c2c", "steps scatter by {} of themselves"), ("sigma", "devices scatter by {}")):
        value = getattr(v, key)
        if value > 1.0:
            found.append(f"variation.{key} = {value:g}: {what.format(f'{100 * value:g} %')}; 0.05 would be 5 %")
    for key in _PARTS:
        value = getattr(v, key)
        if value > 1.0:
            found.append(f"variation.{key} = {value:g}: a scatter of {100 * value:g} %; 0.05 would be 5 %")
    if d.g_max > 1.0:
        found.append(f"device.g_max_S = {d.g_max:g}: more siemens than any synapse device has; 1e-6 is 1 uS")
    if d.g_max < 1e-12:
        found.append(f"device.g_max_S = {d.g_max:g}: {1e12 * d.g_max:.3g} pS, less than can be read; 1e-6 is 1 uS")
    if d.model in ("exponential", "soft-bounds"):
        for key, alpha in (("alpha_S", d.alpha), ("alpha_d_S", d.alpha_d)):
            if alpha is not None and alpha > d.span:
                found.append(
                    f"device.{key} = {alpha:g}: a first step of {alpha / d.span:.3g} times the range from g_min_S to "
                    "g_max_S, so that one pulse goes from rail to rail"
                )
    return [*found, *_never_refreshed(layout)]


def _never_refreshed(layout: Layout) -> list[str]:
    """One-sided pairs that are never written anew, so that full sides stay full; and a level that decides nothing."""
    p, run = layout.pulses, layout.run
    if not layout.one_sided:
        return []
    for key, value in (("refresh_level", p.refresh_level), ("refresh_lower", p.refresh_lower)):
        if value == 1.0:
            return [f"pulses.{key} = 1: no side is above its range, so no pair is refreshed; 0.75 and 0.25 are usual"]
    if run.iterations is not None and run.iterations * run.batch < p.refresh_every:
        return [
            f"pulses.refresh_every = {p.refresh_every}: the run has {run.iterations * run.batch} samples, so no pair "
            "is refreshed; give fewer, or train for longer"
        ]
    if p.refresh_level < p.refresh_lower:
        return [
            f"pulses.refresh_level = {p.refresh_level:g}: below refresh_lower = {p.refresh_lower:g} it decides "
            "nothing, and a pair is refreshed wherever both sides are above that; 0.75 and 0.25 are usual"
        ]
    return []
