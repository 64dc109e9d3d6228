"""The devices of a network, written to their targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..after import programming as writing
from ..after.programmed import Programmed, Settings
from ..base.arguments import arguments, function, optional, path, text, truth, whole
from ..base.table import Table
from ..data_sets.data_set import DATASET, Dataset
from ..record.trace import RUN, Trace
from .outcome import Outcome

_COLUMNS = (
    *("layer", "digit", "devices", "mean_error_S", "rms_error_S", "largest_error_S"),
    *("pulses", "resets", "reads", "most_pulses", "missed"),
)


@dataclass(frozen=True, repr=False)
class Programming(Outcome):
    """Devices that were written.

    Attributes
    ----------
    found : xbarsim.after.programmed.Programmed
        Targets, conductances, pulses and reads of every device; energy, time, and accuracies as fractions.

    Examples
    --------
    >>> import numpy, tempfile, pathlib, xbarsim
    >>> folder = tempfile.TemporaryDirectory()
    >>> out = pathlib.Path(folder.name) / "net.h5"
    >>> _ = xbarsim.import_weights([(numpy.eye(2), None)], dataset="two-pixels", n_max=200, beta=0.0, out=out)
    >>> found = xbarsim.program(out, tolerance=0.01)
    >>> found.missed, found.accuracy
    (0, 1.0)
    >>> folder.cleanup()
    """

    found: Programmed

    @property
    def accuracy(self) -> float | None:
        """Test accuracy with the devices as they are now, as a fraction; None without data."""
        return self.found.accuracy

    @property
    def missed(self) -> int:
        """Devices that are not within the tolerance."""
        return self.found.missed

    @property
    def table(self) -> Table:
        """One line per array: errors in S, pulses, reads, and devices that never got there."""
        return Table(self.found.per_layer(), _COLUMNS)

    @property
    def places(self) -> Table:
        """Devices that never got there, those that are furthest away first."""
        columns = ("layer", "row", "column", "device", "digit", "target_S", "found_S")
        return Table(self.found.places(), columns)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; accuracies are fractions."""
        f = self.found
        return {
            "file": f.file,
            "out": f.out,
            "devices": f.settings.words,
            "settings": f.settings.as_dict(),
            "accuracy_before": f.accuracy_before,
            "accuracy": f.accuracy,
            "written": f.devices,
            "missed": f.missed,
            "pulses": f.pulses,
            "resets": f.resets,
            "reads": f.reads,
            "energy_pulses_J": f.energy_pulses,
            "energy_reads_J": f.energy_reads,
            "time_s": f.seconds,
            "time_by_rows_s": f.seconds_rows,
            "arrays": f.per_layer(),
            "furthest": f.places(10),
            "notes": list(f.lines),
        }

    def _draw(self, out: Path | None, *, force: bool) -> Any:
        from ..show.figures_program import plot_programmed

        return plot_programmed(self.found, out, force=force)


@arguments(
    run=RUN,
    out=optional(path),
    how=text,
    start=text,
    most=whole,
    verify_bits=whole,
    error=text,
    target=text,
    draw=whole,
    iteration=optional(whole),
    dataset=DATASET,
    device=optional(text),
    onto=optional(RUN),
    force=truth,
    listener=function,
    command_line=text,
)
def program(
    run: str | Path | Trace,
    *,
    out: str | Path | None = None,
    how: str = "write-verify",
    start: str = "erased",
    tolerance: float = 0.01,
    most: int = 1000,
    verify_bits: int = 0,
    error: str = "relative=0.05",
    target: str = "states",
    draw: int = 1,
    iteration: int | None = None,
    dataset: Dataset | None = None,
    device: str | None = None,
    onto: str | Path | Trace | None = None,
    force: bool = False,
    listener: Callable[[int, int], None] = lambda *_: None,
    command_line: str = "",
    **values: Any,
) -> Programming:
    """Write the devices of a network to the conductances that a run file has.

    Parameters
    ----------
    run : path or Trace
        Of weights that were trained elsewhere, or of a run.
    out : path, optional
        Run file with the devices as they are then, at iteration 0.
    how : str
        ``write-verify``: read, compare, pulse up or down; ``open-loop``: pulses counted by the nominal law;
        ``one-shot``: drawn about the target.
    start : str
        ``erased``: every device is reset first; ``present``: from where it is.
    tolerance : float
        Of what is read about the target, as part of Gmax - Gmin.
    most : int
        Pulses of one device, at most.
    verify_bits : int
        Of the converter that reads single devices, from 0 to Gmax; 0: the sense circuits'.
    error : str
        Of one-shot, standard deviation: ``absolute=0.5e-6`` (S), ``relative=0.05``, ``polynomial=c2,c1,c0`` of G /
        Gmax in units of Gmax / 25, ``pcm``, or ``device``: what its keys ``write_error...`` say.
    target : str
        ``states``: G+ and G- as they are; ``weights``: one device of a pair carries W, the other stays at Gmin.
    draw : int
        Which time the array is written: another number draws other noise.
    iteration : int, optional
        Number of updates after which the network is taken; default: the last.
    dataset : Dataset, optional
        Its test samples are used; default: the run's.
    device : str, optional
        Of a plug-in's run: its ``file.py:function``, see `Trace`.
    onto : path or Trace, optional
        A run file whose devices are written, from where they are: an array that held another network. Default: devices
        of the layout of `run`. Where they have another range, states keep their part of it.
    force : bool
        Overwrite `out`.
    listener : callable
        Told how many arrays, of how many, are written.
    **values : any
        Keys of a layout that the devices and circuits have instead of the run's.

    Returns
    -------
    Programming

    Raises
    ------
    LayoutError
        If a setting is out of bounds, or a key does not go with the run.
    TraceError
        If the file is none, or has no devices.

    Examples
    --------
    >>> import tempfile, pathlib, xbarsim
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "run.h5"
    >>> layout = xbarsim.Layout.of(layers=(2, 2), iterations=200, dataset="two-pixels", n_max=9, eval_last=1)
    >>> _ = xbarsim.run(layout, out=path)
    >>> found = xbarsim.program(path, how="open-loop")
    >>> found.accuracy, found.table[0]["rms_error_S"]
    (1.0, 0.0)
    >>> folder.cleanup()
    """
    if not isinstance(run, Trace):
        with Trace(run, device=device) as trace:
            return program(
                trace,
                out=out,
                how=how,
                start=start,
                tolerance=tolerance,
                most=most,
                verify_bits=verify_bits,
                error=error,
                target=target,
                draw=draw,
                iteration=iteration,
                dataset=dataset,
                onto=onto,
                force=force,
                listener=listener,
                command_line=command_line,
                **values,
            )
    if onto is not None and not isinstance(onto, Trace):
        with Trace(onto) as devices:
            return program(
                run,
                out=out,
                how=how,
                start=start,
                tolerance=tolerance,
                most=most,
                verify_bits=verify_bits,
                error=error,
                target=target,
                draw=draw,
                iteration=iteration,
                dataset=dataset,
                onto=devices,
                force=force,
                listener=listener,
                command_line=command_line,
                **values,
            )
    settings = Settings(how, start, tolerance, most, verify_bits, error, target, draw)
    return Programming(
        writing.program(
            run,
            settings,
            out=None if out is None else Path(out),
            iteration=iteration,
            dataset=dataset,
            command_line=command_line,
            onto=onto,
            force=force,
            listener=listener,
            **values,
        )
    )
