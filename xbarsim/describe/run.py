"""The section ``[run]`` of a layout: how long, on what data, and what is kept."""

from __future__ import annotations

from dataclasses import dataclass

from ..base.errors import LayoutError
from .fields import Description, choice, integer, text
from .needs import DEVICES, FALLS

MAX_BATCH = 4000
"""Most samples per update: one device's pulses in a batch fit a packed count."""

CURVE_POINTS = 12
"""Points of the accuracy curve of a run, unless it says how far apart they are."""
MOST_BETWEEN = 5000
"""Most iterations between two of them, then."""

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
    eval_every: int | None = integer(
        None,
        least=0,
        help=f"Test accuracy every N iterations; by default {CURVE_POINTS} times, at most {MOST_BETWEEN} apart.",
        comment=f"test accuracy every so many iterations; by default {CURVE_POINTS} times a run, at most "
        f"{MOST_BETWEEN} apart",
        doc="Test accuracy every so many iterations; 0: only at the end. The default, which is written into the run "
        f"file, follows the length: a run of up to {CURVE_POINTS * MOST_BETWEEN:,} iterations has {CURVE_POINTS} "
        f"points, a longer one a point every {MOST_BETWEEN}.",
        example=MOST_BETWEEN,
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
        needs=(DEVICES,),
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
        needs=(FALLS,),
    )

    def __post_init__(self) -> None:
        """Check the data set's name and the length first, then every value."""
        if not isinstance(self.dataset, str) or not self.dataset:
            raise LayoutError(f"run.dataset: expected a name or a path, got {self.dataset!r}; try 'auto'")
        if self.iterations is not None and self.epochs is not None:
            raise LayoutError("run.iterations: expected either iterations or epochs, got both; leave one out")
        super().__post_init__()

    def spacing(self, iterations: int) -> int:
        """Iterations between two points of the accuracy curve of a run of that length; 0: there are none.

        >>> [Run().spacing(n) for n in (5, 500, 60_000, 1_200_000)], Run(eval_every=7).spacing(500)
        ([1, 41, 5000, 5000], 7)
        """
        if self.eval_every is not None:
            return self.eval_every
        return max(1, min(MOST_BETWEEN, iterations // CURVE_POINTS))
