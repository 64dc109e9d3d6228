"""The section ``[network]`` of a layout: its layers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ..base import checks
from ..base.errors import LayoutError
from .fields import Description, text
from .maps import ArrayShape, Map, Shape, shape_of

MAX_LINES = 65_536
"""Most rows or columns of one array."""

_MOST = MAX_LINES - 1  # beside the bias row


@lru_cache(maxsize=256)
def _shape(layers: tuple[int | str, ...]) -> Shape:
    return shape_of(layers, _MOST)


@dataclass(frozen=True, kw_only=True)
class Network(Description):
    """The layers, inputs first: (784, 200, 10) is one hidden layer; ("28x28x1", "conv5x16", "pool2", 10) has a map."""

    section = "network"
    panel = "Network"

    layers: tuple[int | str, ...] = text(
        (),
        kind="sizes",
        help="Inputs first: 784,200,10, or 28x28x1,conv5x16,pool2,10.",
        comment='inputs, hidden neurons, outputs; or "28x28x1", "conv5x16", "pool2", 10',
        doc="The layers, inputs first: sizes; or words, see [convolution](../convolution.md): `28x28x1` (height, "
        "width, channels), `conv5x16` (kernel, channels; `s2` a stride, `p2` zeros around), `pool2` (the largest of "
        "2 x 2), `mean2`. Instead: `[[network.layer]]` entries.",
        example=[784, 200, 10],
    )

    def check(self) -> None:
        """Check the layers."""
        where = "network.layers"
        if not isinstance(self.layers, (tuple, list)) or not self.layers:
            raise LayoutError(
                f"{where}: expected two or more sizes, got {self.layers!r}; give for example [784, 200, 10]"
            )
        words = (w if isinstance(w, str) else checks.integer(where, w, least=1, most=_MOST) for w in self.layers)
        shape = _shape(tuple(words))
        if not shape.arrays:
            raise LayoutError(f"{where}: expected two or more sizes, got {list(self.layers)}; give inputs and outputs")
        if shape.arrays[-1].outputs < 2:
            raise LayoutError(
                f"{where}: expected two or more outputs (classes), got {shape.arrays[-1].outputs}; give one output per "
                "class"
            )
        object.__setattr__(self, "layers", shape.layers)

    @property
    def shape(self) -> Shape:
        """What the layers make."""
        return _shape(self.layers)

    @property
    def arrays(self) -> tuple[ArrayShape, ...]:
        """The arrays, inputs first."""
        return self.shape.arrays

    @property
    def mapped(self) -> bool:
        """Whether there are maps: convolutions or pools."""
        return self.shape.mapped

    @property
    def images(self) -> Map:
        """What a sample is."""
        return self.arrays[0].given

    @property
    def inputs(self) -> int:
        """Numbers of a sample."""
        return self.images.size

    @property
    def classes(self) -> int:
        """Outputs of the last array."""
        return self.arrays[-1].outputs

    @property
    def hidden(self) -> int:
        """Number of hidden layers."""
        return len(self.arrays) - 1

    @property
    def named(self) -> str:
        """The layers as titles have them: 784-200-10."""
        return "-".join(map(str, self.layers))
