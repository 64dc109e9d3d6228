"""`xbarsim reproduce crus`: the conditional reverse update scheme (a reconstruction) on three devices, and its rivals
under the same sensing.

Of the paper (Lee et al., arXiv 2111.07113) no number could be had but the abstract's "more than 90 %" on MNIST, so
nothing stands beside the simulated accuracies. Settings were found on held-out training images: those of CRUS by some
hundred short runs, those of each rival by about a dozen; they are given here in full.
"""

from __future__ import annotations

from typing import Any

from ..describe.device import Device
from .figure import Figure, Ordering, Point

SOURCE = (
    "A reconstruction of the conditional reverse update scheme of Lee et al., arXiv 2111.07113, of which only the "
    "abstract could be had: "
    'no accuracy stands beside the simulated ones but its "more than 90 %".'
)
"""Where the study comes from, for its report."""

CYCLES = (0.0, 0.3)
"""Cycle-to-cycle variation of a step, relative to it."""

BETA5: dict[str, Any] = {
    "rule": "crus", "n_max": 64, "beta": 5.0, "c": 3.0, "softmax_scale": 1.25,
    "theta_forward": 0.6, "theta_reverse": 0.4, "compensate_floor": 0.003125, "crus_rate": 0.0125,
    "initial_low": 0.4, "initial_high": 0.6, "initial_inner_low": 0.3, "initial_inner_high": 0.7,
}  # fmt: skip
ABRUPT_LTD: dict[str, Any] = {
    "rule": "crus", "n_max": 64, "beta": 3.0, "n_max_d": 1, "beta_d": 0.0, "c": 6.0, "softmax_scale": 1.0,
    "theta_forward": 0.2, "theta_reverse": 0.05, "compensate_floor": 0.0046875, "crus_rate": 0.06, "crus_decay": 1.0,
    "initial_low": 0.0, "initial_high": 0.6, "initial_inner_low": 0.0, "initial_inner_high": 0.6,
}  # fmt: skip
ABRUPT_LTP: dict[str, Any] = {
    **ABRUPT_LTD, "n_max": 1, "beta": 0.0, "n_max_d": 64, "beta_d": 3.0, "mirrored": True,
    "initial_low": 0.4, "initial_high": 1.0, "initial_inner_low": 0.4, "initial_inner_high": 1.0,
}  # fmt: skip
THRESHOLD: dict[str, Any] = {
    "rule": "mixed-precision", "method": "one-sided", "refresh_every": 1_000_000_000, "accumulate_most": 1,
    "hidden_neuron": "hard-sigmoid", "hidden_slope": "one", "c": 3.0, "softmax_scale": 1.0,
    "gradient_rate": 1.0 / 96.0, "gradient_initial_weight": 6.0,
}  # fmt: skip
"""Requests that add up beyond a threshold (Chang et al., arXiv 1712.05895), a setting of mixed precision."""
DEVICES = {"beta 5": BETA5, "abrupt LTD": ABRUPT_LTD, "abrupt LTP": ABRUPT_LTP}


def _rival(
    name: str,
    device: str,
    c: float,
    high: float,
    rate: float,
    output_rate: float,
    zones: tuple[float, float] = (0.0, 0.0),
    **more: Any,
) -> Point:
    values = {
        **DEVICES[device],
        "baseline": name,
        "c": c,
        "softmax_scale": 1.0,
        "initial_low": 0.0,
        "initial_high": high,
        "initial_inner_low": 0.0,
        "initial_inner_high": high,
        "crus_rate": rate,
        "crus_output_rate": output_rate,
        "crus_dead_zone": zones[0],
        "crus_output_dead_zone": zones[1],
        "crus_decay": 0.0,
        **more,
    }
    return Point(name, list(DEVICES).index(device), values)


def _threshold(device: str) -> Point:
    """A forward pulse where requests add up to a step and more: no sensing, but a float per pair."""
    steps = {k: v for k, v in DEVICES[device].items() if k in ("n_max", "beta", "n_max_d", "beta_d")}
    return Point("threshold", list(DEVICES).index(device), {**steps, **THRESHOLD})


_RIVALS = (
    _rival("lim-a", "beta 5", 6.0, 0.5, 5.44, 10.88, (0.0, 0.1), crus_decay=3.0),
    _rival("lim-b", "beta 5", 3.0, 0.1, 1.44, 2.88, crus_decay=1.0),
    _rival("lim-c", "beta 5", 6.0, 0.1, 5.94, 5.94, (0.0, 0.1), crus_decay=3.0),
    _rival("refresh", "beta 5", 12.0, 0.5, 2.22, 2.22, (0.03, 0.05), crus_decay=1.0, full_level=0.6, lower_level=0.25),
    _threshold("beta 5"),
    _rival("lim-a", "abrupt LTD", 3.0, 0.1, 0.571, 0.286, (0.03, 0.1), crus_decay=1.0, full_level=0.7),
    _rival("lim-b", "abrupt LTD", 6.0, 0.1, 3.53, 3.53, (0.03, 0.05), crus_decay=1.0, full_level=0.8),
    _rival("lim-c", "abrupt LTD", 12.0, 0.1, 1.23, 1.23, (0.0, 0.05), crus_decay=3.0),
    _rival("refresh", "abrupt LTD", 3.0, 0.5, 7.7, 15.4, (0.0, 0.1), crus_decay=2.0, full_level=0.45, lower_level=0.05),
    _threshold("abrupt LTD"),
)


def found_for(baseline: str, device: Device) -> dict[str, Any]:
    """Settings that were found for a scheme, on that of the three devices which is most like this one; its steps are
    among them.

    >>> found_for("crus", Device(n_max=64, beta=2.0))["theta_forward"]
    0.6
    >>> found_for("lim-c", Device(n_max=32, n_max_d=1))["crus_rate"]
    1.23
    """
    like = "abrupt LTD" if device.n_max_d == 1 else "abrupt LTP" if device.n_max == 1 else "beta 5"
    if baseline == "crus":
        return DEVICES[like]
    found = {(p.series, list(DEVICES)[int(p.x)]): p.values for p in _RIVALS}
    return found.get((baseline, like), found[baseline, "beta 5"])  # no rival was tried with abrupt LTP


FIGURES: dict[str, Figure] = {
    f.name: f
    for f in (
        Figure(
            "crus-devices",
            "CRUS (reconstruction), sensing of 3 bits with 5 % noise",
            "cycle-to-cycle variation",
            tuple(Point(name, x, {**d, "c2c": x}) for name, d in DEVICES.items() for x in CYCLES),
        ),
        Figure(
            "crus-rivals",
            "CRUS (reconstruction) and rivals under the same sensing",
            "device (0: beta 5, 1: abrupt LTD)",
            (*(Point("CRUS", x, DEVICES[name]) for x, name in enumerate(("beta 5", "abrupt LTD"))), *_RIVALS),
        ),
    )
}

ORDERINGS: dict[str, tuple[Ordering, ...]] = {
    "crus-devices": (
        Ordering(
            "abstract: more than 90 % under highly nonlinear and abrupt LTP and LTD", lambda m: min(m.values()) > 0.9
        ),
        Ordering(
            "abstract: robust to temporal variation (30 % cost less than one point)",
            lambda m: all(m[name, 0.0] - m[name, 0.3] < 0.01 for name in DEVICES),
        ),
    ),
    "crus-rivals": (
        Ordering(
            "abstract: better than earlier techniques under the same sensing (Lim a, b, c, refresh)",
            lambda m: all(m["CRUS", x] > m[name, x] for name in ("lim-a", "lim-b", "lim-c", "refresh") for x in (0, 1)),
        ),
        Ordering(
            "better than a threshold update with a float per pair",
            lambda m: all(m["CRUS", x] > m["threshold", x] for x in (0, 1)),
        ),
    ),
}
