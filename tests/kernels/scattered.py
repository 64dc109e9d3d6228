"""Devices that scatter: layouts of every kind, and their twins."""

from __future__ import annotations

import functools
import math

import numpy as np
from scipy import stats
from xbarsim.kernels.pair import scatter

from xbarsim import Layout
from xbarsim.learn.sign import SignState

from .. import naive
from .pair import naive_lasting, naive_scatter
from .states import array_of, counts_of, pulse
from .test_train import states_of

RARE = 1.95  # of the Kolmogorov distribution: one draw in a thousand is farther off
SPAN = 9e-7
PLUGIN = """
import math

def step(s, up, z):
    a = 0.15 * math.exp(-1.5 * s) if up else -0.2 * math.exp(-1.0 * (1.0 - s))
    return a * (1.0 + 0.4 * z)

def exponential(s, up, z):
    if up:
        return {alpha!r} * math.exp(-2.0 * s)
    return -{alpha!r} * math.exp(-2.0 * (1.0 - s))

def nan(s, up, z):
    return math.nan

def wrong_way(s, up, z):
    return -0.1 if up else 0.1

def raises(s, up, z):
    return 1.0 / (s - 0.5)

def not_compiled(s, up, z):
    return eval("0.1") if up else -0.1

three = 3.0
"""
TABLE = {
    "model": "table",
    "jump_p": [[x * SPAN for x in row] for row in ([0.0, 0.1, 0.3], [0.02, 0.1, 0.12], [-0.01, 0.05, 0.1])],
    "jump_d": [[x * SPAN for x in row] for row in ([-0.02, 0.1, 0.12], [0.05, 0.15, 0.3])],
}
STEPS = {"n_max": 6, "beta": 2.0}
ALL = {
    **STEPS,
    "c2c": 0.3,
    "c2c_range": 0.02,
    "alpha_sigma": 0.3,
    "beta_sigma": 0.4,
    "g_min_sigma": 0.2,
    "g_max_sigma": 0.2,
    "sigma": 0.2,
    "stuck_at_g_min": 0.03,
    "stuck_at_g_max": 0.03,
    "stuck_anywhere": 0.05,
    "endurance": 60.0,
    "endurance_sigma": 0.5,
    "endurance_failure": "closing",
}
NOISES = {
    "c2c": {**STEPS, "c2c": 0.4},
    "range": {**STEPS, "c2c": 0.1, "c2c_range": 0.05},
    "soft": {**STEPS, "model": "soft-bounds", "c2c": 0.2, "beta_d": 1.0},
    "law": {**STEPS, "alpha_sigma": 0.3, "beta_sigma": 0.5},
    "law-soft": {**STEPS, "model": "soft-bounds", "beta_sigma": 0.5, "spread": "lognormal"},
    "window": {**STEPS, "g_min_sigma": 0.3, "g_max_sigma": 0.2, "c2c": 0.2},
    "stuck": {**STEPS, "stuck_at_g_min": 0.1, "stuck_at_g_max": 0.1, "stuck_anywhere": 0.2},
    "table": TABLE,
    "plugin": {"model": "plugin"},
    "worn-stuck": {**STEPS, "endurance": 30.0, "endurance_sigma": 0.7},
    "worn-min": {**STEPS, "endurance": 30.0, "endurance_sigma": 0.7, "endurance_failure": "min", "c2c": 0.2},
    "worn-max": {**STEPS, "endurance": 30.0, "endurance_sigma": 0.7, "endurance_failure": "max"},
    "worn-closing": {**STEPS, "endurance": 20.0, "endurance_failure": "closing", "endurance_closing": 0.7, "c2c": 0.2},
    "all": ALL,
}


def layout_of(noise_name, plugin, **kw):
    base = {
        "layers": (6, 5, 3),
        "c": 0.8,
        "hidden_dead_zone": 0.02,
        "output_dead_zone": 0.06,
        "softmax_scale": 1.25,
        "input_threshold": 0.0,
        "inner_c": 1.4,
        "initial_steps": 5,
        "seed": 3,
        "engine": "analog",
        "eval_last": 1,
        "refresh_every": 10**6,  # never, where pairs are one-sided
    }
    values = dict(NOISES[noise_name]) if isinstance(noise_name, str) else dict(noise_name)
    if values.get("model") == "plugin":
        values["step"] = f"{plugin}:step"
    return Layout.of(**{**base, **values, **kw})


def fresh(layout):
    state = SignState(layout)
    state.initialise()
    return state


def law_of(state, plugin):
    """The twin's law, with the tables of replays that the kernel drew; those have tests of their own."""
    import runpy

    step = runpy.run_path(str(plugin))["step"] if state.layout.device.model == "plugin" else None
    law = naive.Law.of(state.layout, step)
    found = state.pairs.scatter.replays
    if len(found):
        law.replays = [None if t[0, 0] < 0 else (t[:, 0].tolist(), t[:, 1].tolist()) for t in found]
    return law


def twin_of(state, plugin):
    v, law, arrays = state.layout.variation, law_of(state, plugin), []
    for k in range(state.n_layers):
        own = state.layer(k).scatter

        def sides(name, own=own):
            return [np.swapaxes(getattr(own, f"{name}_{s}"), 0, 1).tolist() for s in ("plus", "minus")]

        written = {"sigma": v.write_noise * state.layout.device.span, "reference": state.layout.fixed_reference}
        kind = functools.partial(naive_lasting.WrittenArray, **written) if v.write_noise else naive_scatter.ScatterArray
        arrays.append(
            kind(
                state.nominal(k),
                state.window(k),
                law,
                state.layout.run.seed,
                k,
                stuck=sides("stuck") if v.stuck else None,
                factors=sides("traits") if v.laws else None,
                life=sides("life") if v.endurance else None,
                failure=v.endurance_failure,
                closing=v.endurance_closing,
            )
        )
    return naive_scatter.ScatterNetwork(
        state.layout, states_of(state), [state.window(k) for k in range(state.n_layers)], arrays
    )


def ks(x, cdf):
    """Kolmogorov's distance in units in which `RARE` is rare."""
    x = np.asarray(x, np.float64).ravel()
    return stats.kstest(x, cdf).statistic * math.sqrt(x.size)


N = 20_000


def update(state, views, *lines):
    """One event on a layer's pairs: (pulses, resets) issued."""
    return pulse(array_of(views, state.method, state.device, state.steps), *lines)


def history(state, i, j, signs, k=0, per_iteration=1):
    """(G+, G-) as the pair at row `i`, column `j` conducts after 0, 1, ... iterations, with so many events in each."""
    n = np.arange(len(signs))
    number, at = n % per_iteration, 1 + n // per_iteration
    return state.walk(k, i, j, at, number, np.asarray(signs, np.int8), int(at[-1])).T


def pulse_column(state, iteration, s_plus, s_minus, raise_w=True, replays=True):
    """One event on a column of `N` pairs that all stand alike.

    Returns (states of G+, of G-, pulses, resets), counted from here.
    """
    views, d = state.layer(0), state.device
    span = d.g_max - d.g_min
    views.g_plus[:], views.g_minus[:] = np.float32(d.g_min + s_plus * span), np.float32(d.g_min + s_minus * span)
    state.clear_counts(0)
    if not replays:
        views = views._replace(scatter=views.scatter._replace(replays=np.empty((0, 0, 2), np.float32)))
    scatter.set_clock(views.scatter, iteration, 0)
    n = views.g_plus.shape[1]
    lines, column, none = np.arange(n, dtype=np.int32), np.zeros(1, np.int32), np.zeros(0, np.int32)
    up, down = (column, none) if raise_w else (none, column)
    issued = update(state, views, lines, n, up, len(up), down, len(down))
    counts = counts_of(state, 0)
    pulses = counts.pulses_plus[:, 0] + counts.pulses_minus[:, 0]
    resets = counts.resets_plus[:, 0] + counts.resets_minus[:, 0]
    assert issued == (pulses.sum(), resets.sum())
    return (*((g[0].astype(np.float64) - d.g_min) / span for g in (views.g_plus, views.g_minus)), pulses, resets)


def column(values, plugin, n=N):
    return fresh(layout_of(values, plugin, layers=(n, 2), bias=False))


METHODS = ["a", "b", "c", "fixed", "one-sided"]
