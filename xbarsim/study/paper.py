"""The studies behind the figures of Lim et al. (2019): which runs each needs, and what was published.

All figures share one set of defaults, those of `xbarsim.Layout`: what follows from network, device and images (see
`describe.defaults`). A figure names nothing but what its caption names.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

from ..describe.defaults import MNIST, settle
from ..describe.layout import Layout
from .figure import BASE, ITERATIONS, Figure, Means, Ordering, Point
from .tasks import Off

BETAS = (0.0, 1.0, 2.0, 3.0)
REFERENCE = "software"
"""The series that others are set beside."""

DEEPER = ((784, 200, 10), (784, 300, 100, 10), (784, 400, 200, 100, 10))


def published(name: str) -> dict[tuple[str, float], float]:
    """Published accuracies of a figure, fractions by (series, x)."""
    table = tomllib.loads(files("xbarsim.data").joinpath("lim2019.toml").read_text(encoding="utf-8")).get(name, {})
    return {(series, float(x)): accuracy / 100.0 for series, rows in table.items() for x, accuracy in rows}


def source() -> str:
    """The paper, as a citation."""
    s = tomllib.loads(files("xbarsim.data").joinpath("lim2019.toml").read_text(encoding="utf-8"))["source"]
    return f'{s["authors"]}, "{s["title"]}", {s["journal"]}, doi {s["doi"]}'


def _nonlinearity() -> tuple[Point, ...]:
    hardware = [Point(f"method {m}", beta, {"method": m, "beta": beta}) for m in "bca" for beta in BETAS]
    return (*hardware, *(Point("software", beta, {"rule": "software"}) for beta in BETAS))


def _depths() -> tuple[Point, ...]:
    points = []
    for depth, layers in enumerate(DEEPER, start=1):
        points += [
            Point("method b, beta 0", depth, {"layers": layers, "beta": 0.0}),
            Point("method b, beta 2", depth, {"layers": layers}),
            Point("software", depth, {"layers": layers, "rule": "software"}),
        ]
    three = {"layers": DEEPER[2], "rule": "software"}
    return (*points, Point("software, 3 epochs", 3, three, 3 * ITERATIONS))


def _variation() -> tuple[Point, ...]:
    on = [Point("on-chip", s, {"sigma": s}) for s in (0.0, 0.5, 1.0)]
    return (*on, *(Point("off-chip", s, off=Off(sigma=s)) for s in (0.0, 0.5, 1.0)))


FIGURES: dict[str, Figure] = {
    f.name: f
    for f in (
        Figure("fig6", "Conductance against pulses", "pulse number"),
        Figure("fig7", "Test accuracy during training", "iteration", _nonlinearity()),
        Figure("fig8", "Accuracy against nonlinearity", "nonlinearity beta", _nonlinearity()),
        Figure(
            "fig9",
            "Accuracy against dynamic range",
            "dynamic range n_max",
            tuple(Point("method b", n, {"n_max": n}) for n in (32, 64, 128)),
            log=True,
        ),
        Figure(
            "fig10",
            "Accuracy against mini-batch size",
            "mini-batch size",
            tuple(Point("method b", n, {"batch": n}) for n in (1, 2, 5, 10)),
            log=True,
        ),
        Figure("fig11", "Change of W in one update, G+ at Gmax", "W before the update"),
        Figure("fig12", "Accuracy against depth", "hidden layers", _depths()),
        Figure("fig13", "Device-to-device variation of the conductance curve, sigma 0.25", "pulse number"),
        Figure("fig14", "Accuracy against device-to-device variation", "sigma", _variation()),
    )
}
"""The paper's figures."""


def _sweep() -> tuple[Point, ...]:
    """What the paper does not state, one at a time, around the defaults."""
    default = settle(Layout.of(**BASE), MNIST)
    neuron, pulses, start = default.neuron, default.pulses, default.array.initial_steps
    assert isinstance(pulses.hidden_dead_zone, tuple)
    assert isinstance(start, tuple)
    values: dict[str, Any] = {
        "c": neuron.c,
        "softmax_scale": neuron.softmax_scale,
        "output_dead_zone": pulses.output_dead_zone,
        "hidden_dead_zone": pulses.hidden_dead_zone[0],  # with ten outputs a number is what a list has
    }
    factors = (0.5, 0.7, 1.0, 1.4, 2.0)
    first = [Point("initial_steps", f, {"initial_steps": (round(f * start[0]), *start[1:])}) for f in factors]
    return (*(Point(name, f, {name: f * v}) for name, v in values.items() for f in factors), *first)


def _batches() -> tuple[Point, ...]:
    return tuple(
        Point(
            f"{rule}, {what}",
            n,
            {"batch": n, "batch_rule": rule},
            ITERATIONS if what == "60,000 updates" else ITERATIONS // n,
        )
        for what in ("60,000 updates", "one epoch")
        for rule in ("signs", "products", "deferred", "lines")
        for n in (1, 2, 5, 10)
    )


def _on_chip() -> tuple[Point, ...]:
    kinds: dict[str, dict[str, Any]] = {
        "per device": {},
        "per pair": {"sigma_per": "pair"},
        "negative X redrawn": {"sigma_negative": "redraw"},
        "Gmin 0": {"g_min": 0.0},
        "beta 0": {"beta": 0.0},
        "n_max 128": {"n_max": 128},
    }
    return tuple(Point(name, s, {**v, "sigma": s}) for name, v in kinds.items() for s in (0.0, 0.25, 0.5, 1.0))


def _off_chip() -> tuple[Point, ...]:
    kinds: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "weights": ({}, {}),
        "weights, X per pair": ({}, {"sigma_per": "pair"}),
        "weights, negative X reflected": ({}, {"sigma_negative": "reflect"}),
        "weights, Gmin 0": ({"g_min": 0.0}, {}),
        "states": ({}, {"write": "states"}),
        "states, X per pair": ({}, {"write": "states", "sigma_per": "pair"}),
    }
    return tuple(
        Point(name, s, values, off=Off(sigma=s, **off))
        for name, (values, off) in kinds.items()
        for s in (0.0, 0.25, 0.5, 1.0)
    )


def _software() -> tuple[Point, ...]:
    """With the slope of the hardware, and with the derivative, each for several c."""
    kinds = [("one", "slope 1", (3.0, 4.5, 6.0)), ("1/2c", "slope 1/(2c)", (0.7, 1.0, 1.5, 2.0))]
    return tuple(
        Point(f"{said}, c = {c:g}", depth, {"layers": layers, "rule": "software", "software_c": c, "slope": slope})
        for slope, said, values in kinds
        for c in values
        for depth, layers in enumerate(DEEPER, start=1)
    )


SENSITIVITY: dict[str, Figure] = {
    f.name: f
    for f in (
        Figure("sens-defaults", "What the paper does not state", "factor on the default", _sweep(), log=True),
        Figure("sens-batch", "Fig. 10 by other rules and lengths", "mini-batch size", _batches(), log=True),
        Figure("sens-on-chip", "Fig. 14, on-chip, by other readings", "sigma", _on_chip()),
        Figure("sens-off-chip", "Fig. 14, off-chip, by other readings", "sigma", _off_chip()),
        Figure("sens-software", "Fig. 12, software, for other slopes and c", "hidden layers", _software()),
    )
}
"""How the figures depend on what the paper leaves open; `published` points are those of the figure that a title names.
"""
COMPARED = {
    "sens-batch": ("fig10", "method b"),
    "sens-on-chip": ("fig14", "on-chip"),
    "sens-off-chip": ("fig14", "off-chip"),
    "sens-software": ("fig12", "software"),
}


def _b(m: Means, x: float, method: str = "b") -> float:
    return m[f"method {method}", x]


ORDERINGS: dict[str, tuple[Ordering, ...]] = {
    "fig8": (
        Ordering(
            "at beta 0 the three methods agree (within 0.5 points)",
            lambda m: max(_b(m, 0, k) for k in "abc") - min(_b(m, 0, k) for k in "abc") <= 0.005,
        ),
        Ordering(
            "b >= c >= a at beta 1, 2, 3", lambda m: all(_b(m, x) >= _b(m, x, "c") >= _b(m, x, "a") for x in (1, 2, 3))
        ),
        Ordering(
            "a degrades most",
            lambda m: _b(m, 0, "a") - _b(m, 3, "a") > max(_b(m, 0, k) - _b(m, 3, k) for k in "bc"),
        ),
        Ordering("b falls from beta 1 to 3", lambda m: _b(m, 1) > _b(m, 2) > _b(m, 3)),
        Ordering(
            "a and c fall with beta",
            lambda m: all(_b(m, x, k) > _b(m, x + 1, k) for k in "ac" for x in (0, 1, 2)),
        ),
    ),
    "fig9": (Ordering("n_max 32 is lowest", lambda m: _b(m, 32) < min(_b(m, 64), _b(m, 128))),),
    "fig10": (
        Ordering("mini-batches of 2 and 5 are better than 1", lambda m: min(_b(m, 2), _b(m, 5)) > _b(m, 1)),
        Ordering("10 is worst", lambda m: _b(m, 10) < min(_b(m, n) for n in (1, 2, 5))),
    ),
    "fig12": (
        Ordering(
            "at beta 0 two hidden layers are best, three are worst",
            lambda m: m["method b, beta 0", 2] > m["method b, beta 0", 1] > m["method b, beta 0", 3],
        ),
        Ordering(
            "software: two hidden layers are best, three are worst",
            lambda m: m["software", 2] > m["software", 1] > m["software", 3],
        ),
        Ordering(
            "software: three epochs help three hidden layers", lambda m: m["software, 3 epochs", 3] > m["software", 3]
        ),
    ),
    "fig14": (
        Ordering("on-chip is flat (within 1 point)", lambda m: m["on-chip", 0] - m["on-chip", 1] <= 0.01),
        Ordering("off-chip falls", lambda m: m["off-chip", 0] > m["off-chip", 0.5] > m["off-chip", 1]),
        Ordering("on-chip loses less than off-chip", lambda m: m["on-chip", 1] > m["off-chip", 1] + 0.1),
    ),
}
