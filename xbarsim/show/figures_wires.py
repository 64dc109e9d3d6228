"""Picture of one read through real wires: node voltages, what the wires take from every device, and what arrives."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .figures_style import GREY, SIGNED, UP, caption, check_picture, headline, pyplot, save

if TYPE_CHECKING:
    from ..spice.array_read import ArrayRead


_NAMES = "dp and sp are D and S of the devices of G+, dm and sm those of G-, d and s are common to both"


def plot_read(read: ArrayRead, out: Path | None, title: str, *, force: bool = False) -> Any:
    """Maps of the D and S node voltages and of the current lost in each device, and the sensed currents, sheet by
    sheet.

    Parameters
    ----------
    read : ArrayRead
        One read of one array, solved here.
    out : Path
        ``.png``, ``.pdf`` or ``.svg``.
    """
    check_picture(out, force=force)
    plt = pyplot()
    solutions = read.solve()
    figure = plt.figure(figsize=(13, 4.2 * len(solutions)), layout="constrained")
    axes = np.atleast_2d(figure.subplots(len(solutions), 4))
    for row, s in zip(axes, solutions, strict=True):
        d_lines, s_lines = (names[0].rstrip("0123456789") for names in (s.sheet.rows, s.sheet.columns))
        _map(figure, row[0], s.v_d * 1e3, f"voltage at D of each device (lines {d_lines})", "mV", "viridis", None)
        _map(figure, row[1], s.v_s * 1e3, f"voltage at S of each device (lines {s_lines})", "mV", "viridis", None)
        across = s.drive_d[:, None] - s.drive_s[None, :]
        full = float(np.abs(across).max()) or 1.0
        lost = 100.0 * (s.v_d - s.v_s - across) / full
        limit = max(float(np.abs(lost).max()), 1e-9)
        _map(figure, row[2], lost, "change of each device's voltage", "% of the largest drive", SIGNED, limit)
        sensed, ideal = (
            (s.out_s, s.sheet.g.astype(float).T @ read.effective(s.drive_d))
            if read.forward
            else (s.out_d, s.sheet.g.astype(float) @ read.effective(s.drive_s))
        )
        row[3].plot(ideal * 1e6, color=GREY, lw=1.2, ls="--", label="ideal wires")
        row[3].plot(sensed * 1e6, color=UP, lw=1, label="these wires")
        row[3].set(xlabel="S line" if read.forward else "D line", ylabel="sensed current (µA)")
        row[3].set_title("what arrives", fontsize=9)
        row[3].legend(fontsize=8)
        row[3].grid(alpha=0.3)
    w = read.wires
    across, along = w.wire_resistance, w.wire_resistance if w.wire_resistance_s is None else w.wire_resistance_s
    headline(
        figure,
        f"{title}; wires of {across:g} Ohm a segment along D, {along:g} Ohm along S, drivers {w.driver_resistance:g} "
        f"Ohm, sense terminals {w.sense_resistance:g} Ohm",
    )
    caption(
        figure,
        f"A row of pictures for each sheet of devices. Lines are named by terminal and side: {_NAMES}. D lines run "
        "along rows of the array, S lines along columns. A change below 0: the wires take that much from the device.",
    )
    return save(figure, out, {})


def _map(figure: Any, ax: Any, values: np.ndarray, title: str, unit: str, colours: str, limit: float | None) -> None:
    span = {} if limit is None else {"vmin": -limit, "vmax": limit}
    image = ax.imshow(values, aspect="auto", cmap=colours, interpolation="nearest", **span)
    ax.set_title(title, fontsize=9)
    ax.set(xlabel="S line", ylabel="D line")
    figure.colorbar(image, ax=ax, label=unit)
