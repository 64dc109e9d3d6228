"""Measured curves as devices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base import checks
from ..base.arguments import arguments, number, optional, path, several, text, truth, whole
from ..base.errors import DataError, XbarsimError
from ..base.table import Table
from ..describe.device import Device
from ..describe.layout import Layout
from ..describe.variation import Variation
from ..loop import simulate
from ..loop.results import Progress
from ..measure import device_file, measured
from ..measure import fit as fitting
from ..measure import likelihood as law_of
from ..measure.fitted import Fit
from ..measure.nonlinearity import label_of_u
from ..measure.prepare import NAMES
from .outcome import Outcome

TRIED = 10
"""Iterations of a tiny network that a device has to train before it is written."""

Tell = Callable[[str], None]


def _nobody(_line: str) -> None:
    return


@dataclass(frozen=True, repr=False)
class FittedDevice(Outcome):
    """A device fitted to measured pulses.

    Attributes
    ----------
    found : Fit
        Laws, values with 95 % intervals, warnings.
    understood : tuple of str
        How the files were read, a line each.
    title, files : str
        Of the device file.

    Examples
    --------
    >>> import pathlib, tempfile, xbarsim
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "mine.csv"
    >>> g = xbarsim.Device(n_max=12, beta=1.0).staircase()
    >>> _ = path.write_text("pulse,G (S)\\n" + "\\n".join(f"{n},{x}" for n, x in enumerate(g)))
    >>> fitted = xbarsim.fit(path, law="exponential")
    >>> fitted.values["n_max"], fitted.table.columns
    (12, ('side', 'parameter', 'value', 'low', 'high'))
    >>> folder.cleanup()
    """

    found: Fit
    understood: tuple[str, ...]
    title: str
    files: str

    @property
    def sections(self) -> dict[str, dict[str, Any]]:
        """Sections of the device file, with units in the keys."""
        return device_file.content(self.found, title=self.title, files=self.files)

    @property
    def values(self) -> dict[str, Any]:
        """What `Layout.of` and `Layout.replace` take: device and variation."""
        parts = (self.sections["device"], self.sections["variation"])
        return {key.removesuffix("_S"): value for part in parts for key, value in part.items()}

    @property
    def device(self) -> Device:
        """The device."""
        return self._layout.device

    @property
    def variation(self) -> Variation:
        """How devices, pulses and reads scatter."""
        return self._layout.variation

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the numbers leave open."""
        return tuple(dict.fromkeys(self.found.warnings))

    @property
    def _layout(self) -> Layout:
        return Layout.of(**self.values, layers=(2, 2))

    @property
    def table(self) -> Table:
        """One line per polarity and parameter, with its 95 % interval; conductances in S."""
        return Table(
            [
                {"side": NAMES[side], "parameter": key, "value": v.value, "low": v.low, "high": v.high}
                for side, s in self.found.sides.items()
                for key, v in s.values.items()
            ],
            ("side", "parameter", "value", "low", "high"),
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**_numbers(self.found), "understood": list(self.understood), **self.sections}

    def try_out(self, tell: Tell = _nobody) -> None:
        """Train a tiny network with the device: what is written, `run` takes.

        Raises
        ------
        DataError
            If it cannot be trained with.
        """
        told: list[bool] = []

        def listen(tick: Progress) -> None:
            if tick.phase == "compiling" and not tick.compiled and not told:
                told.append(True)
                tell("compiling, once on this machine, to try the device: 5 to 40 s ...")

        try:
            tiny: dict[str, Any] = {"layers": (2, 2), "dataset": "two-pixels", "iterations": TRIED, "eval_last": 1}
            simulate.run(Layout.of(**self.values, **tiny), listener=listen)
        except XbarsimError as error:
            raise DataError(
                f"fit: expected a device that trains, got one that does not, and none is written: {error}; try "
                "--table, or another --law"
            ) from None
        tell(f"tried for {TRIED} iterations of a tiny network: the device trains")

    def save(self, path: str | Path, *, force: bool = False, tried: bool = False) -> None:
        """Write the device file, after `try_out` unless it was `tried`: ``xbarsim run --device FILE`` trains with it.

        Raises
        ------
        OutputError
            If it exists and `force` is not given, or cannot be written.
        """
        if not tried:
            self.try_out()
        device_file.save(self.found, Path(path), title=self.title, files=self.files, force=force)

    def _draw(self, out: Path | None, *, force: bool) -> Any:
        from ..show.figures_fit import plot_fit

        return plot_fit(self.found, out, self.title, force=force)


@arguments(
    files=several(path, "paths of measurements", alone=True),
    mapping=several(text, "texts ROLE=COLUMN"),
    unit=optional(text),
    read_voltage=optional(number),
    span=optional(several(number, "numbers in S, the smallest and the largest", exactly=2)),
    sheet=optional(text),
    reverse=optional(text),
    law=text,
    table=truth,
    nodes=whole,
    quantiles=whole,
    title=optional(text),
)
def fit(
    files: str | Path | Sequence[str | Path],
    *,
    mapping: Sequence[str] = (),
    unit: str | None = None,
    read_voltage: float | None = None,
    span: tuple[float, float] | None = None,
    sheet: str | None = None,
    reverse: str | None = None,
    law: str = "auto",
    table: bool = False,
    nodes: int = 21,
    quantiles: int = 11,
    title: str | None = None,
) -> FittedDevice:
    """Fit a device to measured pulse curves.

    Parameters
    ----------
    files : path or sequence of path
        CSV, TSV, XLSX, MATLAB arrays, CrossSim tables, ArC TWO HDF5.
    mapping : sequence of str
        ``ROLE=COLUMN``, where headers do not say enough.
    unit : str, optional
        Of numbers without one: S, mS, uS, nS, A, uA, nA, kOhm.
    read_voltage : float, V, optional
        For currents without a voltage column.
    span : (low, high), S, optional
        For normalised numbers: what their ends stand for.
    sheet : str, optional
        The only sheet of an XLSX file to read.
    reverse : str, optional
        ``potentiation``, ``depression`` or ``both``: listed from the last pulse to the first.
    law : str
        ``auto`` (lowest AIC), ``exponential``, ``soft-bounds`` or ``linear``.
    table : bool
        A jump table made from the steps themselves, instead of a law.
    nodes, quantiles : int
        Its size.
    title : str, optional
        Default: the name of the first file.

    Returns
    -------
    FittedDevice

    Raises
    ------
    DataError
        If the files cannot be read, or do not follow the pulses.

    Examples
    --------
    >>> import pathlib, tempfile, xbarsim
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "mine.csv"
    >>> g = xbarsim.Device(n_max=30, beta=2.0).staircase()
    >>> lines = [f"{n},{x}" for n, x in enumerate(g)]
    >>> _ = path.write_text("pulse,G (S)\\n" + "\\n".join(lines))
    >>> fitted = xbarsim.fit(path, law="exponential")
    >>> fitted.device.n_max, round(fitted.device.beta, 2)
    (30, 2.0)
    >>> folder.cleanup()
    """
    paths = [files] if isinstance(files, (str, Path)) else list(files)
    law = checks.choice("--law", law, fitting.MODELS)
    checks.integer("--nodes", nodes, least=2, most=1001)
    checks.integer("--quantiles", quantiles, least=1, most=1001)
    law_of.needs()
    read = measured.load(
        paths, mapping=mapping, unit=unit, read_voltage=read_voltage, sheet=sheet, span=span, reverse=reverse
    )
    try:
        found = fitting.fit(read, law=law, table=table, nodes=nodes, quantiles=quantiles)
    except DataError as error:
        raise DataError(f"{error} (understood: {'; '.join(read.understood)})") from None
    names = [Path(p) for p in paths]
    return FittedDevice(found, tuple(read.understood), title or names[0].stem, ", ".join(p.name for p in names))


def _numbers(fitted: Fit) -> dict[str, Any]:
    sides = {}
    for side, s in fitted.sides.items():
        sides[NAMES[side]] = {
            **{key: {"value": v.value, "low": v.low, "high": v.high} for key, v in s.values.items()},
            "sweeps": s.sweeps,
            "pulses": s.pulses,
            "reads": s.reads,
            "R2": s.r2,
            "rms_error_of_range": s.rmse,
            "written_device": None
            if s.redrawn is None
            else {"R2": s.redrawn.r2, "rms_error_of_range": s.redrawn.rmse, "straight_line_R2": s.redrawn.line_r2},
            "AIC": s.aic,
            "neurosim_label": label_of_u(s.values["beta"].value) * side,
        }
    return {
        "law": fitted.law,
        "sides": sides,
        "AIC": fitted.aic,
        "devices": fitted.devices,
        "warnings": fitted.warnings,
    }
