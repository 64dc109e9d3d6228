"""Pictures of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..base import checks
from ..base.arguments import arguments, number, optional, several, text, truth, whole
from ..base.errors import LayoutError
from ..base.table import Table
from ..describe.words import in_words
from ..record.trace import RUN, Trace
from .outcome import Outcome

READS = ("forward", "backward")


@dataclass(frozen=True, repr=False)
class Picture(Outcome):
    """A picture of a run; the file is read when it is drawn.

    Attributes
    ----------
    run : path or Trace
    options : dict
        What is drawn, as `plot` took it.
    device : str, optional
        Of a plug-in's run, see `Trace`.

    Examples
    --------
    >>> import xbarsim
    >>> xbarsim.plot("run.h5", layer=2).options["layer"]
    2
    """

    run: str | Path | Trace
    options: dict[str, Any] = field(default_factory=dict)
    device: str | None = None

    @property
    def table(self) -> Table:
        """The accuracy curve: iterations, and test accuracy as a fraction."""
        curve: Table = self._with(_curve)
        return curve

    def as_dict(self) -> dict[str, Any]:
        """The accuracy curve, by column."""
        return dict(self.table.as_dict())

    def _with(self, use: Any) -> Any:
        if isinstance(self.run, Trace):
            return use(self.run)
        with Trace(self.run, device=self.device) as trace:
            return use(trace)

    def _draw(self, out: Path | None, *, force: bool) -> Any:
        return self._with(lambda trace: _drawn(trace, out, force=force, **self.options))


def _curve(trace: Trace) -> Table:
    iterations, accuracies = trace.accuracy
    pairs = zip(iterations.tolist(), accuracies.tolist(), strict=True)
    return Table([{"iteration": n, "accuracy": a} for n, a in pairs], ("iteration", "accuracy"))


def _drawn(
    trace: Trace,
    out: Path | None,
    *,
    force: bool,
    layer: int,
    synapse: tuple[int, int] | None,
    weights: bool,
    every: int | None,
    wires: bool,
    wire_resistance: float | None,
    read: str,
    sample: int,
    position: tuple[int, int] | None,
    iteration: int | None,
) -> Any:
    if weights:
        from ..show.figures_weights import plot_weights

        return plot_weights(trace, out, layer=layer, every=every, force=force)
    if not wires:
        from ..show.figures import plot_run

        return plot_run(trace, out, layer=layer, pair=synapse, force=force)
    from ..show.figures_wires import plot_read
    from ..spice.network import read_of

    layout = trace.layout
    if wire_resistance is not None:
        layout = layout.replace(wire_resistance=wire_resistance, circuit="exact")
    forward = read == "forward"
    one = read_of(
        layout, trace=trace, iteration=iteration, layer=layer, forward=forward, sample=sample, position=position
    )
    at = trace.iterations_done if iteration is None else iteration
    what = in_words(trace.layout, dataset=trace.provenance["dataset"])
    where = "" if position is None else f" at position {position[0]}, {position[1]}"
    title = f"{what}: layer {layer} after {at:,} updates, {read} read of test sample {sample}{where}"
    return plot_read(one, out, title, force=force)


@arguments(
    run=RUN,
    layer=whole,
    synapse=optional(several(whole, "numbers, a row and a column", exactly=2)),
    weights=truth,
    every=optional(whole),
    wires=truth,
    wire_resistance=optional(number),
    read=text,
    sample=whole,
    position=optional(several(whole, "numbers, a row and a column", exactly=2)),
    iteration=optional(whole),
    device=optional(text),
)
def plot(
    run: str | Path | Trace,
    *,
    layer: int = 1,
    synapse: tuple[int, int] | None = None,
    weights: bool = False,
    every: int | None = None,
    wires: bool = False,
    wire_resistance: float | None = None,
    read: str = "forward",
    sample: int = 0,
    position: tuple[int, int] | None = None,
    iteration: int | None = None,
    device: str | None = None,
) -> Picture:
    """A picture of a run: accuracy, pulses, conductances and one pair's history; or its weights over time; or one read.

    Parameters
    ----------
    run : path or Trace
    layer : int
        From 1.
    synapse : (row, col), optional
        Pair whose history is shown; default: the one whose W changed most.
    weights : bool
        Maps of W instead, one for every so many updates (`every`; default: an eighth of the run), all with one
        symmetric colour scale.
    wires : bool
        One read through the run's wires instead (or through `wire_resistance`, Ohm per segment): node voltages, losses;
        `read` is ``forward`` or ``backward``, of a test `sample` after `iteration` updates, of a convolution at a
        `position`, (row, column) of its map.
    device : str, optional
        Of a plug-in's run: its ``file.py:function``.

    Returns
    -------
    Picture
        Its `figure()` is Matplotlib's, `save_figure` writes it.

    Examples
    --------
    >>> import tempfile, pathlib, xbarsim
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "run.h5"
    >>> layout = xbarsim.Layout.of(layers=(2, 2), iterations=40, dataset="two-pixels", n_max=9, eval_last=1)
    >>> _ = xbarsim.run(layout, out=path)
    >>> picture = xbarsim.plot(path, weights=True, every=10)
    >>> picture.table.column("iteration")[-1]
    40
    >>> folder.cleanup()
    """
    checks.choice("--read", read, READS)
    if weights and (wires or synapse is not None):
        raise LayoutError(
            f"--weights: expected one kind of picture, got {'--wires' if wires else '--synapse'}, too; leave one out"
        )
    if every is not None and not weights:
        raise LayoutError("--every: expected --weights with it, got none; add --weights")
    of_reads = {
        "--wire-resistance": wire_resistance is not None,
        "--read": read != READS[0],
        "--sample": sample != 0,
        "--position": position is not None,
        "--iteration": iteration is not None,
    }
    given = [flag for flag, is_given in of_reads.items() if is_given]
    if given and not wires:
        raise LayoutError(f"{given[0]}: expected --wires with it, got none; add --wires")
    options = {
        "layer": layer,
        "synapse": synapse,
        "weights": weights,
        "every": every,
        "wires": wires,
        "wire_resistance": wire_resistance,
        "read": read,
        "sample": sample,
        "position": position,
        "iteration": iteration,
    }
    return Picture(run, options, device)
