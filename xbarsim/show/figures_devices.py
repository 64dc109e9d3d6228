"""Pictures of devices: what pulses do to one, how several rank, and accuracy over a parameter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.symmetry import POINT, REPELS
from ..describe.words import device_in_words, spread_in_words
from ..study.comparison import ranked, show
from ..study.device_cards import mean_steps, pulse_trains
from .figures_style import (
    COLOURS,
    DOWN,
    ONE_SEED,
    UP,
    accuracies,
    bars_of,
    caption,
    check_picture,
    headline,
    pyplot,
    save,
    unit_of,
)

if TYPE_CHECKING:
    from ..study.comparison import Row, Value
    from ..study.device_cards import Card, Trains

_FAMILIES = COLOURS[:6]


def plot_device(
    card: Card, out: Path | None, *, devices: int = 8, cycles: int = 3, seed: int = 0, force: bool = False
) -> Any:
    """Cycles of pulses, and the step against the conductance, in one picture.

    Parameters
    ----------
    card : Card
    out : Path, optional
        ``.png``, ``.pdf`` or ``.svg``; None: the figure is only returned.
    devices, cycles, seed : int
        What is drawn by `device_cards.pulse_trains`.
    """
    check_picture(out, force=force)
    trains = pulse_trains(card, devices=devices, cycles=cycles, seed=seed)
    figure = pyplot().figure(figsize=(12, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.35, 1.0))
    draw_trains(left, card, trains, cycles)
    draw_steps(right, card, trains)
    device, variation = card.layout.device, card.layout.variation
    words = f"{device_in_words(device)}; {spread_in_words(device, variation)}"
    headline(figure, f"{Path(card.name).name}: {words}")
    return save(figure, out, {})


def draw_trains(ax: Any, card: Card, trains: Trains, cycles: int) -> None:
    """What devices conduct over some cycles of pulses."""
    unit, prefix = unit_of(card.layout.device.g_max)
    for k, g in reversed(list(enumerate(trains.g))):
        style = (
            {"color": "#000000", "lw": 1.1, "zorder": 3} if k == 0 else {"color": "#999999", "lw": 0.6, "alpha": 0.7}
        )
        ax.plot(g / unit, **style)
    edges = np.flatnonzero(np.diff(trains.up.astype(int), prepend=0, append=0))
    for a, b in zip(edges[::2], edges[1::2], strict=False):
        ax.axvspan(a, b, color=UP, alpha=0.06, lw=0)
    note = "one device black, others grey" if np.ptp(trains.g, axis=0).max() > 0 else "all devices alike"
    ax.set(
        xlabel="pulse (potentiation shaded)",
        ylabel=f"conductance ({prefix}S)",
        title=(
            f"{cycles} cycles of {int(trains.up.sum()) // cycles:,} up, {int((~trains.up).sum()) // cycles:,} down; "
            f"{note}"
        ),
    )
    ax.grid(alpha=0.3)
    ax.title.set_fontsize(10)


def draw_steps(ax: Any, card: Card, trains: Trains) -> None:
    """Means as lines, one standard deviation around them, and the steps that were drawn as dots."""
    unit, prefix = unit_of(card.layout.device.g_max)
    steps, span = mean_steps(card), card.layout.device.span
    change, largest = np.diff(trains.g, axis=1), []
    for mean, spread, sign, chosen, colour, name in (
        (steps.up, steps.spread_up, 1.0, trains.up, UP, "potentiation"),
        (steps.down, steps.spread_down, -1.0, ~trains.up, DOWN, "depression"),
    ):
        x, y = trains.g[:, :-1][:, chosen].ravel(), change[:, chosen].ravel()
        every = max(1, len(x) // 2000)
        spread = np.where(mean < span, spread, 0.0)
        mean = np.minimum(mean, span)  # a larger one ends at the rail
        largest.append(float(min((mean + 2.0 * spread).max(), 1.2 * span)))
        label = f"{name}, mean" + (" and one standard deviation" if spread.any() else "")
        ax.plot(x[::every] / unit, y[::every] / unit, ".", color=colour, ms=3.0, alpha=0.35, mec="none")
        ax.plot(steps.g / unit, sign * mean / unit, color=colour, lw=1.6, label=label)
        if spread.any():
            edges = (sign * mean - spread) / unit, (sign * mean + spread) / unit
            ax.fill_between(steps.g / unit, *edges, color=colour, alpha=0.15, lw=0)
    ax.plot([], [], ".", color="#666666", ms=4.0, label="dots: single pulses of the devices on the left")
    if card.symmetry.kind in (POINT, REPELS):
        leads = "" if card.symmetry.kind == POINT else ", which pulses lead away from"
        text = f"symmetry point, {card.symmetry.g / unit:.3g} {prefix}S{leads}"
        ax.axvline(card.symmetry.g / unit, color="#666666", lw=0.9, ls="--", label=text)
    limit = 1.35 * max(largest) / unit
    if max(largest) > 6.0 * min(largest):  # one direction would be a line on the axis
        ax.set_yscale("symlog", linthresh=0.1 * min(largest) / unit, linscale=0.5)
        limit *= 3.0
    ax.axhline(0.0, color="#000000", lw=0.6)
    ax.set(xlabel=f"conductance ({prefix}S)", ylabel=f"step ({prefix}S)", title="Step against conductance")
    ax.set_ylim(-limit, limit)
    ax.legend(fontsize=8, loc="upper center")
    ax.grid(alpha=0.3)
    ax.title.set_fontsize(10)


def plot_ranking(rows: Sequence[Row], cards: Sequence[Card], out: Path | None, title: str, chance: float) -> Any:
    """Devices from best to worst: mean, every seed, and the range of the last iterations; over an earlier picture."""
    plt = pyplot()
    by_name = {card.name: card for card in cards}
    order = ranked(rows)
    families = list(dict.fromkeys(_family(r.name) for r in rows))
    figure = plt.figure(figsize=(9.5, 1.4 + 0.3 * len(order)), layout="constrained")
    ax = figure.subplots()
    for place, row in enumerate(order):
        colour = _FAMILIES[families.index(_family(row.name)) % len(_FAMILIES)]
        ax.barh(place, 100 * row.mean, height=0.72, color=colour, alpha=0.45, lw=0)
        ax.plot([100 * row.least, 100 * row.most], [place, place], color=colour, lw=1.2)
        ax.plot([100 * s for s in row.seeds], [place] * len(row.seeds), "o", color=colour, ms=4)
        ax.annotate(f"{100 * row.mean:.1f}", (101.0, place), va="center", fontsize=8, annotation_clip=False)
    ax.axvline(100 * chance, color="#000000", lw=0.8, ls=":")
    ax.set_yticks(range(len(order)), [_label(by_name[r.name]) for r in order], fontsize=8)
    ax.set_ylim(len(order) - 0.4, -0.6)
    ax.set_xlim(0, 100)
    ax.set(xlabel="test accuracy (%)")
    ax.grid(alpha=0.3, axis="x")
    headline(figure, title, size=10.0)
    caption(
        figure,
        f"Bar and number: mean over the last iterations and all seeds. Dots: each seed. Line: smallest to largest of "
        f"the last iterations of all seeds. Dotted: by chance, {100 * chance:.3g} %. Colours: sources."
        f"{'' if len(rows[0].seeds) > 1 else ' ' + ONE_SEED}",
    )
    return save(figure, out, {})


def _family(name: str) -> str:
    return Path(name).name.split("-")[0]


def _label(card: Card) -> str:
    states = f"{card.states}" if card.states == card.states_d else f"{card.states}/{card.states_d}"
    return f"{Path(card.name).name} ({states} states)"


def plot_sweep(
    rows: Sequence[Row], values: Sequence[Value], key: str, out: Path | None, title: str, *, force: bool = False
) -> Any:
    """Mean accuracy over the values of a parameter; bars from the least to the largest of all last iterations and
    seeds.
    """
    check_picture(out, force=force)
    plt = pyplot()
    figure = plt.figure(figsize=(6.6, 4.8), layout="constrained")
    ax = figure.subplots()
    mean = np.array([100 * r.mean for r in rows])
    bars = bars_of(rows)
    numbers = [float(v) for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)]
    named = len(numbers) < len(values)
    x = np.arange(len(rows)) if named else np.array(numbers)
    ax.errorbar(
        x,
        mean,
        bars,
        fmt="o" if named else "o-",
        color=DOWN,
        capsize=3,
        markersize=5,
        lw=1.3,
        elinewidth=0.8,
        label="mean; bar: smallest to largest of the last iterations",
    )
    for k, row in enumerate(rows):
        ax.plot(
            [x[k]] * len(row.seeds),
            [100 * s for s in row.seeds],
            "_",
            color=UP,
            ms=9,
            mew=1.4,
            label="mean of each seed" if k == 0 else None,
        )
    if not named:
        _scale(ax, x)
    ax.set_xticks(x, [show(v) for v in values])
    ax.minorticks_off()
    ax.set(xlabel=key, ylabel="test accuracy (%)")
    accuracies(ax)
    ax.grid(alpha=0.3)
    # Bars may go anywhere, so the legend is above all of them.
    ax.legend(fontsize=8, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    headline(figure, title, size=9.5)
    if len(rows[0].seeds) < 2:
        caption(figure, ONE_SEED)
    return save(figure, out, {})


def _scale(ax: Any, x: np.ndarray) -> None:
    """Logarithmic where values span more than a decade and a half, with room for zero."""
    positive = x[x > 0.0]
    if len(positive) < 3 or (x < 0.0).any() or positive.max() / positive.min() < 15.0:
        return
    if len(positive) == len(x):
        ax.set_xscale("log")
    else:
        ax.set_xscale("symlog", linthresh=float(positive.min()), linscale=0.5)
