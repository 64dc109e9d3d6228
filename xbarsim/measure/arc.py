"""HDF5 files of ArC TWO's control panel (arc2control, H5DataStore versions 0.1 and 0.2).

Accepted: a root group ``crosspoints`` with one group ``WxxByy`` per device (word and bit line), each with a table
``timeseries``::

    current      float32, A    voltage       float32, V; of a pulse, its amplitude
    pulse_width  float32, s    read_voltage  float32, V    op_type  uint32: bit 0 read, bit 1 pulse

and its attribute ``NROWS``, the number of rows in use. A row with both bits is a pulse followed by its read. The layout
is that of ``arc2control/h5utils.py``; tables of experiments, and several crosspoints at once (``synthetics``), are not
looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from ..base.errors import DataError

FIELDS = ("current", "voltage", "read_voltage", "op_type")


@dataclass(frozen=True)
class Series:
    """Reads of one crosspoint.

    Attributes
    ----------
    device : str
        ``WxxByy``.
    g : (reads,), S
        |current / read voltage|; repeated reads without a pulse between them are averaged.
    drive : (reads,), V
        Amplitude of the pulse before; NaN before the first.
    repeats : float, S
        Scatter of repeated reads about their mean; NaN if there are none.
    """

    device: str
    g: np.ndarray
    drive: np.ndarray
    repeats: float


def read_arc(path: Path) -> list[Series]:
    """Read all crosspoints that were pulsed.

    Raises
    ------
    DataError
        If the file is not of this layout, or no crosspoint has pulses and reads.
    """
    try:
        with h5py.File(path, "r") as file:
            points = file.get("crosspoints")
            if not isinstance(points, h5py.Group):
                raise DataError(
                    f"{path}: expected an ArC TWO file with a group 'crosspoints', got another HDF5 file; export it "
                    "as CSV"
                )
            found = [s for name in sorted(points) if (s := _series(path, name, points[name])) is not None]
    except OSError as error:
        raise DataError(f"{path}: expected an HDF5 file of ArC TWO, cannot open it ({error}); check the file") from None
    if not found:
        raise DataError(f"{path}: expected crosspoints with pulses and reads, got none; export the pulsed devices")
    return found


def _series(path: Path, name: str, group: h5py.Group) -> Series | None:
    table = group.get("timeseries")
    if table is None:
        return None
    if table.dtype.names is None or not set(FIELDS) <= set(table.dtype.names):
        raise DataError(
            f"{path}: {name}/timeseries: expected fields {', '.join(FIELDS)}, got {table.dtype.names}; export it as CSV"
        )
    rows = table[: int(table.attrs.get("NROWS", len(table)))]
    op = rows["op_type"].astype(int)
    pulse, read = (op & 2) > 0, (op & 1) > 0
    if pulse.sum() < 2 or read.sum() < 3:
        return None
    volts = np.where(rows["read_voltage"] != 0, rows["read_voltage"], np.where(pulse, np.nan, rows["voltage"])).astype(
        float
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        g = np.abs(rows["current"].astype(float) / volts)
    train = np.cumsum(pulse)  # reads with the same number follow the same pulse
    keep = read & np.isfinite(g)
    group_of, g = train[keep], g[keep]
    numbers, index, counts = np.unique(group_of, return_inverse=True, return_counts=True)
    mean = np.bincount(index, g) / counts
    again = int((counts - 1).sum())
    scatter = float(np.sqrt(((g - mean[index]) ** 2).sum() / again)) if again else float("nan")
    amplitudes = np.concatenate([[np.nan], rows["voltage"][pulse].astype(float)])
    return Series(name, mean, amplitudes[numbers], scatter)
