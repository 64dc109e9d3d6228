"""Devices drawn by seed: what each one makes of the nominal device, and what the kernels need to know of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..describe import plugin
from ..describe.device import Device
from ..describe.layout import Layout
from ..describe.pulses import REPLAYING
from ..describe.variation import FAILURES, NEGATIVE_SCALES
from ..kernels.base import noise
from ..kernels.device import climbs, moves
from ..kernels.pair import lasting, scatter
from .symmetry import zero_point

# Quantities of a device, each with a stream of its own.
_G_MIN, _G_MAX, _ALPHA_P, _ALPHA_D, _BETA_P, _BETA_D, _STUCK, _STUCK_AT, _LIFE = range(9)
DRIFT, REFERENCE, WRITE, FLICKER, KNOWN = 9, 10, 14, 15, 13
_ALPHA = 16
_REPLAY = 20  # a replay is given up after so many times the nominal number of pulses
_CLIMBED = 1 << 21  # climbs times levels from which the quantiles of replays are found
_QUANTILES = 65
_LAWS = {
    "exponential": moves.LAW_EXPONENTIAL,
    "soft-bounds": moves.LAW_SOFT_BOUNDS,
    "table": moves.LAW_TABLE,
    "plugin": moves.LAW_PLUGIN,
}
_NEAREST = 0.01
"""Part of a window beyond which its zero does not come closer to an end, where steps that fall off are to be kept."""
_NODES = 4097  # of a sampled law: its error is below (beta / 4096)^2 / 8 of the step


class Window(NamedTuple):
    """What a device conducts, G = x g + y at nominal g: each (rows, cols) float32."""

    x_plus: np.ndarray
    x_minus: np.ndarray
    y_plus: np.ndarray  # S
    y_minus: np.ndarray  # S


class Faults(NamedTuple):
    """Stuck devices: each (rows, cols)."""

    stuck_plus: np.ndarray  # bool
    stuck_minus: np.ndarray
    at_plus: np.ndarray  # float32, S: nominal conductance where it is stuck
    at_minus: np.ndarray


def draw_scales(
    layout: Layout, k: int, shape: tuple[int, int], seed: int, draw: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Device-to-device scales (X+, X-) of layer `k`, each (rows, cols) float32;
    `draw` 0 is the array that is trained.
    """
    v = layout.variation
    negative = list(NEGATIVE_SCALES).index(v.sigma_negative)
    streams = (noise.STREAM_SCALE_PLUS, noise.STREAM_SCALE_MINUS)
    x_plus, x_minus = np.empty(shape, np.float32), np.empty(shape, np.float32)
    for stream, x in zip(streams, (x_plus, x_minus), strict=True):
        noise.fill_scales(np.uint64(seed), stream, k, draw, v.sigma, negative, x)
    return x_plus, x_plus.copy() if v.sigma_per == "pair" else x_minus


def draw_windows(layout: Layout, k: int, shape: tuple[int, int], seed: int, draw: int = 0) -> Window:
    """What the devices of layer `k` conduct: their scales, and their own Gmin and Gmax.

    A device whose Gmin and Gmax are Gmin' and Gmax' conducts ``X (Gmin' + (g - Gmin) (Gmax' - Gmin') / (Gmax -
    Gmin))``.
    """
    v, device = layout.variation, layout.device
    scales = draw_scales(layout, k, shape, seed, draw)
    if not (v.g_min_sigma or v.g_max_sigma):
        return Window(*scales, np.zeros(shape, np.float32), np.zeros(shape, np.float32))
    x, y = [], []
    for side, scale in enumerate(scales):
        g_min, stretch = _own_range(layout, k, side, shape, seed, draw)
        x.append((scale * stretch).astype(np.float32))
        y.append((scale * (g_min - stretch * device.g_min)).astype(np.float32))
    return Window(*x, *y)


def _own_range(
    layout: Layout, k: int, side: int, shape: tuple[int, int], seed: int, draw: int
) -> tuple[np.ndarray, np.ndarray]:
    """Gmin of each device of a side, S, and its range, in units of the nominal one."""
    v, device = layout.variation, layout.device
    g_min = device.g_min * _factors(layout, k, side, _G_MIN, v.g_min_sigma, shape, seed, draw)
    g_max = device.g_max * _factors(layout, k, side, _G_MAX, v.g_max_sigma, shape, seed, draw)
    return g_min, np.maximum(g_max - g_min, 0.05 * device.span) / device.span


def _keeping(layout: Layout, k: int, side: int, shape: tuple[int, int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Factors on the steps up and down of one side's devices, in their own windows, by which these are the nominal ones
    in the conductance that stands for W = 0.

    Of soft bounds, whose steps are 0 at the ends, dG = a (g_max' - G) / (g_max' - g0) up and a (G - g_min') / (g0 -
    g_min') down: `SoftBoundsDevice` of aihwkit, where w_max and w_min of a device are its own.
    """
    device, zero = layout.device, zero_point(layout)
    g_min, stretch = _own_range(layout, k, side, shape, seed, 0)
    own = np.clip((zero - g_min) / (stretch * device.span), _NEAREST, 1.0 - _NEAREST)
    nominal, found = min(max((zero - device.g_min) / device.span, _NEAREST), 1.0 - _NEAREST), []
    for table in _sampled(device):
        nodes = np.linspace(0.0, 1.0, len(table))
        found.append(np.interp(nominal, nodes, table) / (np.interp(own, nodes, table) * stretch))
    return found[0], found[1]


def draw_faults(layout: Layout, k: int, shape: tuple[int, int], seed: int, draw: int = 0) -> Faults:
    """Which devices of layer `k` are stuck, and where."""
    v, device = layout.variation, layout.device
    stuck, at = [], []
    for side in (0, 1):
        u, where = np.empty(shape), np.empty(shape)
        noise.fill_uniform(np.uint64(seed), noise.trait_stream(k, side, _STUCK), draw, u)
        noise.fill_uniform(np.uint64(seed), noise.trait_stream(k, side, _STUCK_AT), draw, where)
        edges = np.cumsum([v.stuck_at_g_min, v.stuck_at_g_max, v.stuck_anywhere])
        stuck.append(u < edges[2])
        s = np.where(u < edges[0], 0.0, np.where(u < edges[1], 1.0, where))
        at.append((device.g_min + s * device.span).astype(np.float32))
    return Faults(stuck[0], stuck[1], at[0], at[1])


def draw_traits(layout: Layout, k: int, side: int, shape: tuple[int, int], seed: int) -> np.ndarray:
    """Factors of one side's devices on alpha and beta of both directions: (rows, cols, 4) float32, ordered as
    `kernels.moves` says.

    With a spread that both directions have in common, as aihwkit's devices have it (``dw_min_dtod``), each factor on
    alpha is the product of that and of its own; where windows leave steps as they are, of what that takes, too.
    """
    v = layout.variation
    sigmas = ((_ALPHA_P, v.alpha_sigma), (_ALPHA_D, v.alpha_sigma), (_BETA_P, v.beta_sigma), (_BETA_D, v.beta_sigma))
    found = [_factors(layout, k, side, q, s, shape, seed, 0) for q, s in sigmas]
    if v.alpha_common_sigma:
        common = _factors(layout, k, side, _ALPHA, v.alpha_common_sigma, shape, seed, 0)
        found[:2] = [own * common for own in found[:2]]
    if v.kept_steps:
        found[:2] = [own * f for own, f in zip(found[:2], _keeping(layout, k, side, shape, seed), strict=True)]
    return np.stack(found, axis=-1).astype(np.float32)


def draw_lives(layout: Layout, k: int, side: int, shape: tuple[int, int], seed: int) -> np.ndarray:
    """Pulses and resets that one side's devices bear: (rows, cols) float64."""
    v, out = layout.variation, np.empty(shape)
    noise.fill_factors(np.uint64(seed), noise.trait_stream(k, side, _LIFE), 0, v.endurance_sigma, True, out)
    return v.endurance * out


def _factors(
    layout: Layout, k: int, side: int, quantity: int, sigma: float, shape: tuple[int, int], seed: int, draw: int
) -> np.ndarray:
    out = np.ones(shape)
    if sigma:
        stream = noise.trait_stream(k, side, quantity)
        noise.fill_factors(np.uint64(seed), stream, draw, sigma, layout.variation.spread == "lognormal", out)
    return out


def is_scattered(layout: Layout) -> bool:
    """Whether pulses need `kernels.scatter`: not all devices, or not every time, do the same."""
    return layout.variation.scattered or not layout.device.deterministic


def scatter_of(layout: Layout, cells: int, drawn_replays: bool = False) -> scatter.Scatter:
    """What the kernels need of devices that depart from the nominal one; `draw_into` draws them.

    Parameters
    ----------
    layout : Layout
    cells : int
        Number of pairs in the network.
    drawn_replays : bool
        Whether the outcome of whole replays is drawn at once, by rules whose pair methods replay.
    """
    v, device = layout.variation, layout.device
    kernel, span = device.kernel(), device.span
    up, down = _sampled(device)
    jumps = [
        np.array(t, np.float64) / span if t is not None and len(t[0]) > 1 else np.empty((0, 0))
        for t in (device.jump_p, device.jump_d)
    ]
    if any(j.size for j in jumps):  # a direction whose steps are always the same is a table of one quantile
        pairs = zip(jumps, (device.jump_p, device.jump_d), strict=True)
        jumps = [j if j.size else np.array(t, np.float64) / span for j, t in pairs]
    address = 0
    if device.model == "plugin":
        assert device.step is not None
        address = plugin.step_address(device.step, device.step_sha256)
    n = len(device.staircase()) - 1
    law = moves.Law(
        _LAWS[device.model],
        kernel.alpha_p / span,
        device.beta,
        device.alpha_depression / span,
        device.beta_depression,
        address,
        int(bool(jumps[0].size)),
        v.c2c,
        v.c2c_range,
        min(_REPLAY * n, scatter.MOST),
        kernel.snap_p / span,
        kernel.snap_d / span,
    )
    stops = np.empty(_NODES)
    climbs.fill_stops(law, up, stops)
    replays = np.empty((0, 0, 2), np.float32)
    replayed = drawn_replays and layout.pulses.method in REPLAYING
    if replayed and (law.jumps or v.c2c or v.c2c_range or device.model == "plugin"):  # else every climb is the same
        replays = _replays(np.uint64(layout.run.seed), law, up, jumps[0], n)
    return scatter.Scatter(
        np.uint64(layout.run.seed),
        0,
        np.zeros(2, np.int64),
        law,
        up,
        down,
        jumps[0],
        jumps[1],
        stops,
        replays,
        int(v.windows or v.write_noise > 0.0),
        int(v.stuck > 0.0),
        int(v.laws),
        int(v.endurance > 0.0),
        list(FAILURES).index(v.endurance_failure),
        v.endurance_closing,
        np.ones(4 * cells, np.float32),
        np.ones(4 * cells, np.float32),
        np.zeros(cells, np.uint8),
        np.zeros(cells, np.uint8),
        np.zeros(cells),
        np.zeros(cells),
        np.zeros(max(max(a.inputs, a.outputs) for a in layout.network.arrays) + 1, np.int32),
        np.zeros(4, np.int64),
        np.zeros((3, 1), np.int32),
        _lasting_of(layout, cells),
    )


def _lasting_of(layout: Layout, cells: int) -> lasting.Lasting | None:
    """Noise of writing that stays; None without. A fixed reference is written once, with an error of its own."""
    sigma = layout.variation.write_noise * layout.device.span
    if not sigma:
        return None
    offsets = (np.zeros(cells, np.float32) for _ in range(4))
    return lasting.Lasting(sigma, int(not layout.fixed_reference), 0, *offsets)


def _replays(seed: np.uint64, law: moves.Law, up: np.ndarray, jumps: np.ndarray, n: int) -> np.ndarray:
    """What replays of a device of `n` steps come to: see `kernels.climbs`."""
    levels = 4 << (n - 1).bit_length()
    out = np.empty((levels + 1, _QUANTILES, 2), np.float32)
    climbs.fill_replays(seed, law, up, jumps, max(_CLIMBED // levels, 1024), out)
    return out


def draw_into(views: scatter.Scatter, layout: Layout, k: int, shape: tuple[int, int]) -> None:
    """Draw the devices of layer `k` into the views of its buffers, which are by columns."""
    v, seed = layout.variation, layout.run.seed
    if v.stuck:
        faults = draw_faults(layout, k, shape, seed)
        views.stuck_plus[:], views.stuck_minus[:] = faults.stuck_plus.T, faults.stuck_minus.T
    for side, (traits, life) in enumerate(
        ((views.traits_plus, views.life_plus), (views.traits_minus, views.life_minus))
    ):
        if views.spread:
            traits[:] = draw_traits(layout, k, side, shape, seed).transpose(1, 0, 2)
        if views.wears:
            life[:] = draw_lives(layout, k, side, shape, seed).T


def _sampled(device: Device) -> tuple[np.ndarray, np.ndarray]:
    """Mean steps up and down over the state, as parts of the range, on equal intervals;
    finely for the exponential law.
    """
    kernel, span = device.kernel(), device.span
    if kernel.up is not None and kernel.down is not None:
        return kernel.up / span, kernel.down / span
    s = np.linspace(0.0, 1.0, _NODES)
    up = kernel.alpha_p / span * np.exp(-kernel.beta_p * s)
    return up, kernel.alpha_d / span * np.exp(-kernel.beta_d * (1.0 - s))
