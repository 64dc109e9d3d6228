"""What converters and curved devices cost a trained network, as the two pictures of docs/converters.md. By hand::

    xbarsim run --layers 784,200,10 --iterations 60000 -o b2.h5
    python tests/bench_converters.py b2.h5 .assets

A quarter of an hour on one core, most of it for wires with curved devices, which are solved for every image (500 here).
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import xbarsim
from xbarsim.data_sets.load import load_dataset
from xbarsim.show.figures_style import COLOURS, MARKERS, pyplot

BITS = range(3, 11)
STEEP = (0.5, 1, 2, 3, 4, 5, 6, 8)
V_READ = 0.1


def accuracy(run, **values):
    """Test accuracy, %."""
    found = 100.0 * xbarsim.infer(run, **values).mean[0]
    print(f"{found:.2f}", {k: v for k, v in values.items() if k not in ("sense_ranges", "dataset")}, flush=True)
    return found


def converters(run):
    """Accuracies over the bits of an ADC, by how its range is found."""
    pulses = {"drive": "pulses", "driver_bits": 8}
    kinds = {
        "fixed, 80": {"sense_range": 80.0},
        "fixed, 40": {"sense_range": 40.0},
        "calibrated, by array": {"sense_ranges": xbarsim.calibrate(run, per="array").ranges},
        "calibrated, by column": {"sense_ranges": xbarsim.calibrate(run).ranges},
        "by column, inputs bit by bit": {"sense_ranges": xbarsim.calibrate(run, **pulses).ranges, **pulses},
        "by array, 4 slices of 2 bits": {"calibrate": "array", "slices": 4, "slice_bits": 2},
    }
    return {name: (list(BITS), [accuracy(run, sense_bits=b, **kw) for b in BITS]) for name, kw in kinds.items()}


def curves(run):
    """Accuracies over v_read / V0 of a sine, by how inputs come."""
    found = {}
    for drive in ("amplitude", "pulses"):
        fixed = {"iv": "sinh", "drive": drive, "driver_bits": 8}
        found[f"by {drive}"] = list(STEEP), [accuracy(run, iv_scale=V_READ / x, **fixed) for x in STEEP]
    return found


def with_wires(run):
    """The table of the page: accuracies on 500 images, without and with wires."""
    data = load_dataset("mnist")
    few = dataclasses.replace(data, x_test=data.x_test[:500], y_test=data.y_test[:500])
    for ohm in (0.0, 2.0):
        accuracy(run, wire_resistance=ohm, dataset=few)
        for x in (2, 4):
            for drive in ("amplitude", "pulses"):
                fixed = {"iv": "sinh", "iv_scale": V_READ / x, "drive": drive, "driver_bits": 4}
                accuracy(run, wire_resistance=ohm, dataset=few, **fixed)


def draw(lines, label, path, own):
    figure = pyplot().figure(figsize=(6.6, 4.4), layout="constrained")
    ax = figure.subplots()
    for (name, (x, y)), colour, marker in zip(lines.items(), COLOURS, MARKERS, strict=False):
        ax.plot(x, y, marker=marker, ms=4, lw=1.2, color=colour, label=name)
    ax.axhline(own, color="black", ls="--", lw=1.0, label="ohmic devices, any value")
    ax.set_xlabel(label)
    ax.set_ylabel("test accuracy (%)")
    ax.set_ylim(bottom=80.0)
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8)
    figure.savefig(path, dpi=110)


def main():
    run, folder = Path(sys.argv[1]), Path(sys.argv[2])
    own = 100.0 * xbarsim.infer(run).own
    draw(converters(run), "bits of a converter, sign included", folder / "converters.png", own)
    draw(curves(run), "read voltage / V0 of sinh(V / V0)", folder / "iv.png", own)
    with_wires(run)


if __name__ == "__main__":
    main()
