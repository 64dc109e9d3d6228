"""The section ``[network]`` of a layout: sizes of the layers."""

from __future__ import annotations

from dataclasses import dataclass

from ..base import checks
from ..base.errors import LayoutError
from .fields import Description, text

MAX_LINES = 65_536
"""Most rows or columns of one array."""


@dataclass(frozen=True, kw_only=True)
class Network(Description):
    """Sizes of the layers, inputs first: (784, 200, 10) is one hidden layer."""

    section = "network"
    panel = "Network"

    layers: tuple[int, ...] = text(
        (),
        kind="sizes",
        help="Sizes, inputs first: 784,200,10.",
        comment="inputs, hidden neurons, outputs",
        doc="Sizes of the layers, inputs first. Instead: `[[network.layer]]` entries with `inputs` and `outputs`.",
        example=[784, 200, 10],
    )

    def check(self) -> None:
        """Check the sizes."""
        where = "network.layers"
        if not isinstance(self.layers, (tuple, list)) or not self.layers:
            raise LayoutError(
                f"{where}: expected two or more sizes, got {self.layers!r}; give for example [784, 200, 10]"
            )
        sizes = tuple(checks.integer(where, n, least=1, most=MAX_LINES - 1) for n in self.layers)
        if len(sizes) < 2:
            raise LayoutError(f"{where}: expected two or more sizes, got {list(sizes)}; give inputs and outputs")
        if sizes[-1] < 2:
            raise LayoutError(
                f"{where}: expected two or more outputs (classes), got {sizes[-1]}; give one output per class"
            )
        object.__setattr__(self, "layers", sizes)
