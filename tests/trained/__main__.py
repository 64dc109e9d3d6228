"""Import a 784-200-10 and a LeNet, and test them against tolerance, states, converters, wires, spread and time.

``python -m tests.trained mlp.npz lenet.pt -o trained.jsonl --picture trained.png``; `tests/trained/train.py` makes the
two files. A point that is in the file of results is not made again; every point tests all 10,000 images of MNIST.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import xbarsim
from xbarsim.api.imported import import_file
from xbarsim.api.importing import Asked

LAYERS = {"784-200-10": (), "LeNet": ("28x28x1", "conv5x16", "pool2", "conv5x32", "pool2", 128, 10)}
DEVICE = {"n_max": 255, "beta": 0.0}
"""Linear devices of 256 states, 100 nS to 1 uS, where nothing else is said."""

TOLERANCES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2)
STATES = (2, 4, 8, 16, 32, 64, 128, 256)
BITS = (3, 4, 5, 6, 7, 8, 9, 10)
OHMS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
SPREADS = (0.05, 0.1, 0.2, 0.3, 0.5)
DAY = 86_400.0
TIMES = (1.0, 60.0, 3600.0, DAY, 30 * DAY, 365.25 * DAY)
STUDIES = ("tolerance", "states", "adc", "wires", "d2d", "time")


class Study:
    """One network, and what is known of it."""

    def __init__(self, name: str, source: Path, rows: Path, folder: Path, data: Any) -> None:
        self.name, self.source, self.rows, self.data = name, source, rows, data
        self.file = folder / "net.h5"
        self.imported: dict[str, Any] | None = None

    def net(self, scale: str = "max", **values: Any) -> Path:
        """The network in devices of such keys, as a run file."""
        asked = {"scale": scale, **DEVICE, **values}
        if self.imported != asked:
            settings = Asked(
                **{"layers": LAYERS[self.name], "half_width": 3.0, "device": None, "mapping": "single"},
                **{"scale": scale, "bias": "digital", "full": (), "input_mean": 0.0, "input_std": 1.0},
                **{"dataset": self.data, "out": self.file, "force": True, "values": {**DEVICE, **values}},
            )
            import_file(self.source, settings, neurons="relu")
            self.imported = asked
        return self.file

    def known(self, key: list[Any]) -> bool:
        """Whether a point was made before."""
        return self.rows.exists() and any(json.loads(line)["key"] == key for line in self.rows.open())

    def point(self, study: str, kind: str, x: float, made: Any) -> None:
        """Make a point, unless it is known; `made` gives its numbers."""
        key = [self.name, study, kind, x]
        if self.known(key):
            return
        begin = time.perf_counter()
        row = {"key": key, **made()}
        row["seconds"] = round(time.perf_counter() - begin, 2)
        with self.rows.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(json.dumps(row), flush=True)

    def programmed(self, path: Path, **values: Any) -> dict[str, Any]:
        """Numbers of devices that are written."""
        found = xbarsim.program(path, dataset=self.data, **values).found
        return {"accuracy": found.accuracy, "missed": found.missed, "pulses": found.pulses}

    def read(self, path: Path, **values: Any) -> dict[str, Any]:
        """Numbers of a network that is read in another circuit."""
        return {"accuracy": xbarsim.infer(path, dataset=self.data, **values).mean[0]}

    def tolerance(self) -> None:
        """Write-verify, of devices alike and of such that differ by 30 %."""
        for sigma in (0.0, 0.3) if self.name != "LeNet" else (0.0,):
            for x in TOLERANCES:
                kind = f"spread {sigma:g}" if sigma else "devices alike"
                self.point("tolerance", kind, x, lambda s=sigma, x=x: self.programmed(
                    self.net(**({"sigma": s} if s else {})), tolerance=x, most=1000
                ))  # fmt: skip

    def states(self) -> None:
        """Open loop into so many states."""
        for scale in ("max", "percentile=99.9"):
            for x in STATES:
                self.point("states", scale, x, lambda s=scale, x=x: self.programmed(
                    self.net(s, n_max=x - 1), how="open-loop"
                ))  # fmt: skip

    def adc(self) -> None:
        """Bits of the converters, by how their ranges are found."""
        if all(self.known([self.name, "adc", kind, x]) for kind in _RANGES for x in BITS):
            return
        run = self.net()
        arrays = xbarsim.calibrate(run, per="array", dataset=self.data).ranges
        ranges = {
            "one range for all": {"sense_range": max(own[0] for own in arrays)},
            "one per array": {"sense_ranges": arrays},
            "one per column": {"sense_ranges": xbarsim.calibrate(run, dataset=self.data).ranges},
        }
        for kind, values in ranges.items():
            for x in BITS:
                self.point("adc", kind, x, lambda v=values, x=x: self.read(run, sense_bits=x, **v))

    def wires(self) -> None:
        """Ohm a segment, in one array per layer and in tiles."""
        for kind, tile in (("whole arrays", 0), ("tiles of 128", 128)):
            for x in OHMS:
                tiles = {"tile_rows": tile, "tile_columns": tile} if tile else {}
                self.point("wires", kind, x, lambda t=tiles, x=x: self.read(self.net(), wire_resistance=x, **t))

    def d2d(self) -> None:
        """Windows of devices that differ."""
        for how in ("open-loop", "write-verify"):
            for x in SPREADS:
                self.point("d2d", how, x, lambda h=how, x=x: self.programmed(
                    self.net(sigma=x), how=h, **({"most": 1000} if h == "write-verify" else {})
                ))  # fmt: skip

    def time(self) -> None:
        """A year of phase-change memory, five arrays."""
        run = self.net()
        for kind in ("global", "columns"):
            if all(self.known([self.name, "time", kind, x]) for x in TIMES):
                continue
            found = xbarsim.infer(
                run, onto="pcm-joshi2020", times=TIMES, repeats=5, compensation=kind, dataset=self.data
            )
            for x, mean, spread, plain, each in zip(
                TIMES, found.mean, found.spread, found.uncompensated, found.answers.uncompensated, strict=True
            ):
                self.point("time", kind, x, lambda m=mean, s=spread: {"accuracy": m, "spread": s})
                if kind == "global":
                    own = float(np.std(each, ddof=1))
                    self.point("time", "off", x, lambda p=plain, o=own: {"accuracy": p, "spread": o})


_RANGES = ("one range for all", "one per array", "one per column")


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """What is known."""
    return (json.loads(line) for line in path.read_text().splitlines())


def main() -> None:
    """Make what is missing, and draw it."""
    parser = argparse.ArgumentParser(prog="python -m tests.trained", description=__doc__)
    parser.add_argument("mlp", type=Path)
    parser.add_argument("lenet", type=Path)
    parser.add_argument("--only", default=",".join(STUDIES), help="studies with commas")
    parser.add_argument("-o", "--out", type=Path, default=Path("trained.jsonl"))
    parser.add_argument("--picture", type=Path)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    data = xbarsim.load_dataset("mnist")
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.only.split(","):
            for network, source in zip(LAYERS, (arguments.mlp, arguments.lenet), strict=True):
                study = Study(network, source, arguments.out, Path(folder), data)
                getattr(study, name)()
    if arguments.picture is not None:
        from tests.trained.picture import draw

        draw(list(rows_of(arguments.out)), arguments.picture)


if __name__ == "__main__":
    main()
