"""A trained network in another circuit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..after import compensation as compensating
from ..after import infer as reading
from ..after.answers import Answers
from ..base.arguments import arguments, function, number, optional, several, text, whole
from ..base.table import Table
from ..data_sets.data_set import DATASET, Dataset
from ..record.trace import RUN, Trace
from .outcome import Outcome


@dataclass(frozen=True, repr=False)
class Inference(Outcome):
    """Test accuracies of a trained network, in its own circuit and in another.

    Attributes
    ----------
    answers : Answers
        Accuracies as fractions, of every time and draw; what was changed, and the accuracy in its own circuit.

    Examples
    --------
    >>> import tempfile, pathlib, xbarsim
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "run.h5"
    >>> layout = xbarsim.Layout.of(layers=(2, 2), iterations=200, dataset="two-pixels", n_max=9, eval_last=1)
    >>> _ = xbarsim.run(layout, out=path)
    >>> found = xbarsim.infer(path, wire_resistance=5.0)
    >>> found.own, found.mean
    (1.0, (1.0,))
    >>> folder.cleanup()
    """

    answers: Answers

    @property
    def own(self) -> float:
        """Test accuracy in the circuit that it was trained in, as a fraction."""
        return self.answers.own

    @property
    def times(self) -> tuple[float, ...]:
        """Since training ended, s; empty: it has not aged."""
        return self.answers.times

    @property
    def mean(self) -> tuple[float, ...]:
        """Mean over the draws, for every time (or once), as fractions."""
        return self.answers.mean

    @property
    def spread(self) -> tuple[float, ...]:
        """Standard deviation over the draws."""
        return self.answers.spread

    @property
    def uncompensated(self) -> tuple[float, ...]:
        """Mean over the draws without compensation of drift, for every time; empty if nothing is compensated."""
        return tuple(round(sum(a) / len(a), 12) for a in self.answers.uncompensated)

    @property
    def state(self) -> str:
        """What the devices that were read are: as trained, written into others and how, or programmed and by what."""
        return self.answers.state

    @property
    def table(self) -> Table:
        """One line per time and draw."""
        return self.answers.table

    def as_dict(self) -> dict[str, Any]:
        """For JSON; accuracies are fractions."""
        return self.answers.as_dict()

    def _draw(self, out: Path | None, *, force: bool) -> Any:
        from ..show.figures_infer import plot_answers

        return plot_answers(self.answers, out, force=force)


@arguments(
    run=RUN,
    repeats=whole,
    times=several(number, "times in s"),
    iteration=optional(whole),
    seed=optional(whole),
    dataset=DATASET,
    device=optional(text),
    onto=optional(text),
    write=optional(text),
    compensation=text,
    compensation_inputs=text,
    compensation_to=text,
    slices=optional(whole),
    slice_bits=whole,
    calibrate=optional(text),
    percentile=number,
    images=optional(whole),
    listener=function,
)
def infer(
    run: str | Path | Trace,
    *,
    repeats: int = 1,
    times: Sequence[float] = (),
    iteration: int | None = None,
    seed: int | None = None,
    dataset: Dataset | None = None,
    device: str | None = None,
    onto: str | None = None,
    write: str | None = None,
    compensation: str = "off",
    compensation_inputs: str = compensating.USUAL,
    compensation_to: str = "read",
    slices: int | None = None,
    slice_bits: int = 1,
    calibrate: str | None = None,
    percentile: float = 99.9,
    images: int | None = None,
    listener: Callable[[int, int], None] = lambda *_: None,
    **values: Any,
) -> Inference:
    """Test a trained network with another circuit, other devices, noise, or after some time.

    The recorded conductances are taken as they are; what is given replaces the run's own keys, and all of it holds at
    once: states are written into devices that differ (`sigma`, `g_max_sigma`, `stuck_anywhere`, ...), with an error
    (`write_error`), which then age (`drift`, `drift_law`, `relax_time`, `flicker`), and are read with noise
    (`device_noise`) through wires and sense circuits. Nothing is trained.

    Parameters
    ----------
    run : path or Trace
    repeats : int
        Draws of whatever is drawn: devices, drift exponents, sense circuits, noise.
    times : sequence of float, s
        Since training ended; default: no time, or a day if a key of aging is given.
    iteration : int, optional
        Number of updates after which the network is taken; default: the last.
    seed : int, optional
        Of the draws; default: the run's.
    dataset : Dataset, optional
        Its test samples are used; default: the run's.
    device : str, optional
        Of a plug-in's run: its ``file.py:function``, see `Trace`.
    onto : str, optional
        Another device, a preset or a file, whose window, departures and aging take the place of the run's; its devices
        are written anew.
    write : str, optional
        How states are written: ``weights``: one device of a pair carries W, the other stays at Gmin (the default with
        `onto`), or ``states``: G+ and G- as they were trained (the default else, if anything is written).
    compensation : str
        Of drift: ``off``; ``global``: the outputs of each array are multiplied by one factor; ``columns``: each column
        by its own.
    compensation_inputs : str
        What factors are found with: ``rows``: each row driven by itself; ``all``: all rows at once; or a number of
        patterns, in each of which a quarter of the rows is driven. They are read as images are.
    compensation_to : str
        What factors bring the currents back to: ``read``: what these reads gave right after writing; ``ideal``: what
        the conductances that were asked for would give.
    slices : int, optional
        Arrays that each array is cut into: every weight is as many pairs of devices, each with some of its bits, which
        are read through sense circuits of their own, shifted and added. Default: weights as they were trained.
    slice_bits : int
        Of each of them: a device has ``2 ** slice_bits`` states.
    calibrate : str, optional
        ``column`` or ``array``: sense circuits with the ranges that `calibrate` finds in this circuit, for every slice.
    percentile : float
        Of the currents that lie within them.
    images : int, optional
        Read the first so many test images alone, in its own circuit, too; default: all.
    listener : callable
        Told how many arrays, of how many, have been read.
    **values : any
        Keys of the sections ``array``, ``wires``, ``iv``, ``sense``, ``variation`` and ``neuron`` of a layout, as in
        `Layout.replace`.

    Returns
    -------
    Inference

    Raises
    ------
    LayoutError
        If a key does not act when a network is read, or does not go with the run.
    TraceError
        If the file is none, or does not hold that iteration.

    Notes
    -----
    Devices of a repeat are those of `transfer` of that number, drift exponents those of `retention`; the noise of the
    first repeat is that of the run's own evaluation at that iteration.

    Examples
    --------
    >>> import tempfile, pathlib, xbarsim
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "run.h5"
    >>> layout = xbarsim.Layout.of(layers=(2, 2), iterations=200, dataset="two-pixels", n_max=9, eval_last=1)
    >>> result = xbarsim.run(layout, out=path)
    >>> xbarsim.infer(path).mean == (result.accuracy,)
    True
    >>> xbarsim.infer(path, drift=0.05, drift_sigma=0.02, times=(1.0, 3600.0), repeats=2).mean
    (1.0, 1.0)
    >>> aged = xbarsim.infer(path, onto="pcm-joshi2020", times=(1.0, 3e7), compensation="global")
    >>> aged.mean, aged.uncompensated
    ((1.0, 1.0), (1.0, 1.0))
    >>> print(aged.state[:63])
    states after 200 updates, W, one device of a pair, written into
    >>> folder.cleanup()
    """
    if not isinstance(run, Trace):
        with Trace(run, device=device) as trace:
            return infer(
                trace,
                repeats=repeats,
                times=times,
                iteration=iteration,
                seed=seed,
                dataset=dataset,
                onto=onto,
                write=write,
                compensation=compensation,
                compensation_inputs=compensation_inputs,
                compensation_to=compensation_to,
                slices=slices,
                slice_bits=slice_bits,
                calibrate=calibrate,
                percentile=percentile,
                images=images,
                listener=listener,
                **values,
            )
    return Inference(
        reading.infer(
            run,
            repeats=repeats,
            times=times,
            iteration=iteration,
            seed=seed,
            dataset=dataset,
            onto_device=onto,
            write=write,
            compensation=compensating.Compensation(compensation, compensation_inputs, compensation_to),
            slices=slices,
            slice_bits=slice_bits,
            calibrate=calibrate,
            percentile=percentile,
            images=images,
            listener=listener,
            **values,
        )
    )
