"""`xbarsim reproduce bs`: binary-stochastic learning against float back-propagation, epoch by epoch, and what both
would cost.

A **reconstruction** (see kernels/rules/bs). The paper's words are set beside what is measured; its networks, settings
and numbers are not known. Settings were chosen on the last 10,000 training images, for the benchmark too (learning rate
and its fall).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..base.files import write_text
from ..data_sets.data_set import Dataset
from ..describe.layout import Layout
from . import energy_bs, energy_report
from .clock import Tick
from .energy_constants import values
from .reproduction import _csv
from .study import run_study
from .tasks import Task
from .verdict import bold, short_of, told

SMALL, LARGE = (784, 200, 10), (784, 500, 250, 10)
EPOCHS = 20
CLAIMS = (
    "binary stochasticity enabled highly efficient neuromorphic deep learning achieves better-than-software accuracy "
    "(title)",
    "BS learning can prevent overtraining, improve generalization, and achieve better performance compared to HP "
    "learning (a summary)",
    "the periodical carry stabilises learning, and adapts it to noisy and analog weights (a summary)",
    "energy: two orders of magnitude compared to memristor-based, three compared to CMOS-based hardware (abstract)",
)
"""What is known to be said in the paper, shortened."""

_CELLS: dict[str, Any] = {"rule": "bs", "bs_digits": 2, "beta": 0.0, "n_max": 64}
SERIES: dict[str, dict[str, Any]] = {
    "benchmark": {"rule": "software", "activation": "sigmoid", "learning_rate_end": 0.1},
    "ideal": {"rule": "bs"},
    "devices": _CELLS,
    "devices, 30 % noise": {**_CELLS, "c2c": 0.3},
}
"""What differs from the defaults. Devices: two digits of 64 levels."""


@dataclass(frozen=True)
class Row:
    """One system: test accuracies after every epoch, fractions, (seeds, epochs)."""

    series: str
    accuracy: np.ndarray
    seconds: float  # of an iteration, mean

    @property
    def best(self) -> float:
        """Mean over the seeds of each one's best epoch."""
        return float(self.accuracy.max(axis=1).mean())

    @property
    def last(self) -> float:
        """Mean over the seeds of the last epoch."""
        return float(self.accuracy[:, -1].mean())


@dataclass(frozen=True)
class BsSheet:
    """What the study came to."""

    layers: tuple[int, ...]
    epochs: int
    rows: tuple[Row, ...]
    energy: energy_bs.Run
    statements: tuple[tuple[str, bool], ...]
    short_of: str = ""
    """How the runs fall short of 20 epochs of MNIST, so that nothing is judged; "" if they do not."""

    @property
    def verdicts(self) -> list[str]:
        """The statements, and whether they hold."""
        return told(self.statements, self.short_of)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; accuracies are fractions."""
        return {
            "layers": list(self.layers),
            "epochs": self.epochs,
            "claims": list(CLAIMS),
            "rows": [
                {
                    "series": r.series,
                    "best": r.best,
                    "last": r.last,
                    "seconds_per_iteration": r.seconds,
                    "accuracy": r.accuracy.tolist(),
                }
                for r in self.rows
            ],
            "energy": dict(energy_bs.parts_of(self.energy, values()).items()),
            "joules_per_mac": dict(
                zip(energy_bs.MAC_SYSTEMS, energy_bs.joules_per_mac(self.energy, values()).tolist(), strict=True)
            ),
            "ratios": dict(zip(energy_bs.SYSTEMS[1:], energy_bs.ratios(self.energy, values()).tolist(), strict=True)),
            "statements": [{"statement": text, "holds": holds} for text, holds in self.statements],
            "short_of": self.short_of or None,
        }


def layout_of(series: str, layers: tuple[int, ...], seed: int, epochs: int, data: Dataset) -> Layout:
    """The run of one system and seed."""
    settings = dict(SERIES[series])
    if series == "benchmark":
        settings["learning_rate"] = 0.05 if layers == SMALL else 0.2
    n = len(data.y_train)
    return Layout.of(
        layers=layers,
        seed=seed,
        dataset=data.name,
        iterations=epochs * n,
        eval_every=n,
        eval_last=1,
        snapshot_every=0,
        **settings,
    )


def reproduce_bs(
    out: Path,
    data: Dataset,
    *,
    layers: tuple[int, ...] = SMALL,
    epochs: int = EPOCHS,
    seeds: Sequence[int] = (0, 1, 2),
    workers: int | str = 1,
    keep_runs: bool = False,
    listener: Callable[[Tick], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    trials: bool = False,
    command_line: str = "",
) -> BsSheet | None:
    """Run the study; returns its sheet, or None if it was stopped.

    Parameters
    ----------
    out : Path
        Folder for ``bs.csv``, ``bs-report.md`` and the records of the runs, from which a study that was stopped goes
        on.
    data : Dataset
    layers : tuple of int
        ``SMALL`` or ``LARGE``.
    epochs : int
        Steps and rates fall over all of them.
    seeds : sequence of int
    workers, keep_runs, listener, stop, trials :
        See `study.run_study`.
    command_line : str
        Named in the report.
    """
    tasks = {(name, seed): Task(layout_of(name, layers, seed, epochs, data)) for name in SERIES for seed in seeds}
    records = run_study(
        list(tasks.values()),
        data,
        out,
        workers=workers,
        keep_runs=keep_runs,
        listener=listener,
        stop=stop,
        trials=trials,
    )
    if len(records) < len(tasks):
        return None
    rows = []
    for name in SERIES:
        done = [records[tasks[name, seed]] for seed in seeds]
        curves = np.array([[a for i, a in d["curve"] if i > 0] for d in done])
        rows.append(Row(name, curves, float(np.mean([d["result"]["seconds_per_iteration"] for d in done]))))
    task = tasks["devices", seeds[0]]
    bs, result = task.layout.bs, records[task]["result"]
    energy = energy_bs.Run(
        layers,
        result["iterations"],
        bs.bs_reads,
        bs.bs_draws,
        bs.bs_digits,
        bs.bs_carry_every,
        result["work"],
        float(np.mean(data.x_train > 0)),
        bs.bs_carry_ratio,
    )
    sheet = BsSheet(
        layers, epochs, tuple(rows), energy, _statements(rows, energy), short_of(data, epochs, EPOCHS, "epochs")
    )
    lines = [
        {"series": r.series, "seed": seed, "epoch": e + 1, "accuracy": float(a)}
        for r in rows
        for seed, curve in zip(seeds, r.accuracy, strict=True)
        for e, a in enumerate(curve)
    ]
    write_text(out / "bs.csv", _csv(lines))
    write_text(out / "bs-report.md", report(sheet, data, command_line))
    return sheet


def _orders(what: str, ratio: float, drawn: np.ndarray, said: float) -> tuple[str, bool]:
    """A claim about energy: whether the ratio is as large as is said, and for how much of the draws."""
    share = 100 * np.mean(drawn >= said)
    orders = "two" if said == 100 else "three"
    text = f"energy of {what}: {orders} orders of magnitude (default {ratio:.3g}; {share:.0f} % of the draws)"
    return text, bool(ratio >= said)


def _statements(rows: Sequence[Row], energy: energy_bs.Run) -> tuple[tuple[str, bool], ...]:
    """The claims, as the runs and the energy model bear them out."""
    by = {r.series: r for r in rows}
    hp = by["benchmark"]
    drawn, drawn_macs = energy_bs.draws(energy), energy_bs.draws(energy, of=energy_bs.mac_ratios)
    parallel, verify, cmos = energy_bs.ratios(energy, values())
    mac_analog, mac_cmos, mac_bare = energy_bs.mac_ratios(energy, values())

    def ordered(name: str) -> tuple[str, bool]:
        difference = 100 * (by[name].best - hp.best)
        return f"best epoch, {name}: not below the benchmark's ({difference:+.2f} points)", difference >= 0

    return (
        *(ordered(name) for name in by if name != "benchmark"),
        _orders("training, analog with parallel update", parallel, drawn[:, 0], 100),
        _orders("training, analog with write and verify", verify, drawn[:, 1], 100),
        _orders("training, digital CMOS", cmos, drawn[:, 2], 1000),
        _orders("multiply-accumulates, analog", mac_analog, drawn_macs[:, 0], 100),
        _orders("multiply-accumulates, digital CMOS", mac_cmos, drawn_macs[:, 1], 1000),
        _orders("multiply-accumulates, digital CMOS without its memory", mac_bare, drawn_macs[:, 2], 1000),
    )


HEAD = ("series", "best epoch", "last epoch", "range of the last", "us per image")


def cells(row: Row) -> tuple[str, ...]:
    """A row as text."""
    last = 100 * row.accuracy[:, -1]
    return (
        row.series,
        f"{100 * row.best:.2f}",
        f"{100 * row.last:.2f}",
        f"{last.min():.2f} to {last.max():.2f}",
        f"{1e6 * row.seconds:.0f}",
    )


def report(sheet: BsSheet, data: Dataset, command_line: str) -> str:
    """One Markdown page."""
    table = [" | ".join(c) for c in (HEAD, ("---",) * len(HEAD), *(cells(r) for r in sheet.rows))]
    seeds = len(sheet.rows[0].accuracy)
    return "\n".join(
        [
            "# Binary-stochastic learning: a reconstruction\n",
            'Li, Wang et al., "Binary stochasticity enabled highly efficient neuromorphic deep learning achieves '
            'better-than-software accuracy", '
            "arXiv 2304.12866, 10.1002/aisy.202300399. Its abstract and a summary were at hand, not its networks, "
            "settings or numbers.\n",
            f"`{command_line or 'xbarsim reproduce bs'}`: {data.name}, {'-'.join(map(str, sheet.layers))}, {seeds} "
            f"seeds, {sheet.epochs} epochs. Test accuracy in %, means over the seeds; the best epoch is the test "
            "set's own, for all systems alike.\n",
            "![Accuracy against epochs](bs.png)\n",
            "\n".join(f"| {line} |" for line in table) + "\n",
            *([f"**{sheet.short_of}: no verdict.**\n"] if sheet.short_of else []),
            "What the paper says:\n",
            "\n".join(f"- {claim}" for claim in CLAIMS) + "\n",
            "What was found:\n",
            "\n".join(f"- {bold(text)}" for text in sheet.verdicts) + "\n",
            "Energy of one training image, by events counted in the run on devices; nothing of it is the paper's:\n",
            energy_report.markdown(sheet.energy),
        ]
    )
