"""The section ``[run]`` of a layout: how long, on what data, and what is kept."""

from __future__ import annotations

from dataclasses import dataclass

from ..base.errors import LayoutError
from .fields import Description, choice, integer, text

MAX_BATCH = 4000
"""Most samples per update: one device's pulses in a batch fit a packed count."""

ENGINES = {
    "auto": "ladder where it applies, else analog",
    "ladder": "a pair is two step numbers, an update a table look-up (methods a and b, n_max <= 255)",
    "analog": "every conductance a float, every pulse computed",
}
"""How the same physics is computed: kernels/pair."""


@dataclass(frozen=True, kw_only=True)
class Run(Description):
    """How long, on what data, and what is kept."""

    section = "run"
    panel = "Run"

    dataset: str = text(
        "auto",
        kind="dataset",
        help="auto, a name, a folder of IDX or CSV files, an .npz or a .csv file.",
        comment="MNIST if it is at hand, else the embedded digits",
        doc="`auto` (MNIST if it is at hand, else the embedded digits), a name, a folder of IDX files or of "
        "`train.csv` and `test.csv`, an `.npz` file, or a `.csv` file.",
    )
    iterations: int | None = integer(
        None,
        least=1,
        most=2**32 - 1,
        help="Length of the run in updates.",
        comment="updates; or: epochs = 1",
        doc="Length of the run; an iteration is one update.",
        usual=60_000,
    )
    epochs: int | None = integer(
        None,
        least=1,
        most=2**20,
        help="Length of the run in epochs, instead.",
        comment="length of the run in epochs",
        instead_of="iterations",
        example=1,
    )
    batch: int = integer(1, least=1, most=MAX_BATCH, help="Samples per update.")
    seed: int = integer(
        0,
        least=0,
        most=2**63 - 1,
        help="Seed of initial states and sample order.",
        doc="Seed of the initial states and of the order of the samples.",
    )
    eval_every: int = integer(
        5000,
        least=0,
        help="Test accuracy every N iterations.",
        comment="test accuracy every so many iterations",
        doc="Test accuracy every so many iterations; 0: only at the end.",
    )
    eval_last: int = integer(
        100,
        least=0,
        help="Test accuracy after each of the last N.",
        comment="and after each of the last so many: the paper's figure of merit",
        doc="Test accuracy after each of so many last iterations.",
    )
    snapshot_every: int = integer(
        20_000,
        least=0,
        help="Full conductances every N iterations.",
        comment="full conductances; between them every pulse is recorded",
        doc="Full conductances every so many iterations (and at 0 and at the end); 0: only there.",
        panel="Output",
    )
    engine: str = choice(
        "auto",
        ENGINES,
        help="auto, ladder or analog: the same physics.",
        comment='"ladder" or "analog": the same physics',
        doc="How the same physics is computed; the program picks.",
    )
    schedule: int | None = integer(
        None,
        least=1,
        most=2**40,
        help="Iterations over which steps or rates fall.",
        comment="iterations over which rates or steps fall; by default all",
        doc="Iterations over which steps or rates fall, if the rule has any that do; by default, which is written into "
        "the run file, all.",
        like="iterations",
        example=60_000,
    )

    def __post_init__(self) -> None:
        """Check the data set's name and the length first, then every value."""
        if not isinstance(self.dataset, str) or not self.dataset:
            raise LayoutError(f"run.dataset: expected a name or a path, got {self.dataset!r}; try 'auto'")
        if self.iterations is not None and self.epochs is not None:
            raise LayoutError("run.iterations: expected either iterations or epochs, got both; leave one out")
        super().__post_init__()
