"""What an empty run file looks like: its groups and data sets, by the names of `format`."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from .._version import __version__
from . import format as fmt
from . import vectors as vectors_of
from .programming import OF_DEVICE

if TYPE_CHECKING:
    from ..learn.rule import Kept, Series, Vector


def now() -> str:
    """The time in ISO 8601, as NeXus wants it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def text(value: str) -> np.ndarray:
    """A text that a reader needs, with its length in its type: () UTF-8.

    Texts of any length lie in heaps, the one part of HDF5's bookkeeping without a checksum, and HDF5 goes through a
    damaged one for ever.
    """
    raw = value.encode()
    return np.array(raw, h5py.string_dtype("utf-8", max(1, len(raw))))


def create(
    root: Any,
    file_name: str,
    provenance: Mapping[str, Any],
    shapes: Sequence[tuple[int, int]],
    kept: Sequence[Kept],
    series: Iterable[Series],
    vectors: Sequence[Vector] = (),
    placed: Sequence[bool] = (),
) -> Any:
    """Make all groups and data sets of a new run, still empty; returns the group ``entry``.

    Parameters
    ----------
    root : h5py.File
    provenance : mapping
        Text and numbers for the configuration group.
    shapes : sequence of (rows, cols)
        Of every layer.
    kept, series, vectors, placed
        What keyframes hold, and what is kept besides the curves, see `learn.rule.State`.
    """
    root.attrs.update(
        NX_class="NXroot",
        default="entry",
        creator="xbarsim",
        creator_version=text(__version__),
        format=text(fmt.FORMAT),
        format_version=fmt.FORMAT_VERSION,
        file_name=file_name,
        file_time=now(),
        HDF5_Version=h5py.version.hdf5_version,
        h5py_version=h5py.version.version,
    )
    entry = root.create_group("entry")
    entry.attrs.update(NX_class="NXentry", default="accuracy")
    entry["title"] = "Training of a neural network on a simulated synapse-device crossbar"
    entry["program_name"] = "xbarsim"
    entry["program_name"].attrs["version"] = __version__
    entry["start_time"] = now()
    entry.create_dataset("status", data=np.bytes_("running"), dtype="S16")
    entry["iterations_done"] = np.int64(0)
    entry["seconds"] = np.float64(0.0)
    entry["seconds"].attrs.update(units="s", long_name="time for training and tracing")
    configuration = entry.create_group("configuration")
    configuration.attrs["NX_class"] = "NXcollection"
    for key, value in provenance.items():
        configuration[key] = text(value) if isinstance(value, str) else value

    accuracy = nxdata(entry, "accuracy", signal="accuracy", axes=["iteration"], title="Test accuracy")
    _column(accuracy, "iteration", np.int64, "1", "updates done")
    _column(accuracy, "accuracy", np.float64, "1", "fraction of test samples classified rightly")
    _column(accuracy, "most_writes", np.int64, "1", "pulses and resets of the device with most, cumulative")
    training = nxdata(entry, "training", signal="loss", axes=["iteration"], title="Training, per iteration")
    _column(training, "iteration", np.uint32, "1", "updates done")
    for name, (dtype, units, long_name) in fmt.CURVES.items():
        _column(training, name, dtype, units, long_name)
    for each in series:
        _create_series(entry, each, len(shapes))
    if vectors:
        vectors_of.create(entry, len(shapes), vectors)
    events = entry.create_group("events")
    events.attrs["NX_class"] = "NXcollection"
    for k, (rows, cols) in enumerate(shapes, start=1):
        frames = nxdata(
            entry,
            f"layer_{k}",
            signal=kept[0].name,
            axes=["iteration", "row", "column"],
            title=f"States of layer {k}",
            auxiliary_signals=[other.name for other in kept[1:]],
        )
        _column(frames, "iteration", np.int64, "1", "updates done")
        indices(frames, rows, cols)
        for name, units, long_name, _ in kept:
            values = frames.create_dataset(
                name,
                (0, rows, cols),
                np.float32,
                maxshape=(None, rows, cols),
                chunks=(1, rows, cols),
                compression="gzip",
                compression_opts=fmt.COMPRESSION,
                fletcher32=True,
            )
            values.attrs.update(units=units, long_name=long_name)
        group = events.create_group(f"layer_{k}")
        group.attrs.update(NX_class="NXcollection", bit_order="little", rows=rows, columns=cols)
        _column(group, "iteration", np.int64, "1", "updates done, this one included", chunk=fmt.EVENT_CHUNK)
        for name, width in fmt.event_bytes(rows, cols).items():
            group.create_dataset(
                name,
                (0, width),
                np.uint8,
                maxshape=(None, width),
                chunks=(fmt.EVENT_CHUNK, width),
                fletcher32=True,
            )
        if any(placed[k - 1 : k]):
            place = group.create_dataset(
                "place", (0,), np.uint32, maxshape=(None,), chunks=(fmt.EVENT_CHUNK,), shuffle=True,
                compression="gzip", compression_opts=fmt.COMPRESSION, fletcher32=True,
            )  # fmt: skip
            place.attrs.update(units="1", long_name="number of the sample in its batch times positions, plus position")
    return entry


def _create_series(entry: Any, series: Series, n: int) -> None:
    """An empty series of a network of `n` layers."""
    first = next(iter(series.columns))
    axes = ["iteration", "layer"] if series.per_layer else ["iteration"]
    group = nxdata(entry, series.name, signal=first, axes=axes, title=series.title)
    if series.per_iteration:
        _column(group, "iteration", np.uint32, "1", "updates done")
    else:
        _column(group, "iteration", np.int64, "1", "updates done at the end of the window")
    if series.per_layer:
        array(group, "layer", np.arange(1, n + 1))
    for name, (units, long_name) in series.columns.items():
        if series.per_layer:
            column = group.create_dataset(
                name, (0, n), np.float64, maxshape=(None, n), chunks=(1024, n), fletcher32=True
            )
            column.attrs.update(units=units, long_name=long_name)
        else:
            _column(group, name, np.float64, units, long_name)


def nxdata(entry: Any, name: str, *, signal: str, axes: list[str], title: str, **attributes: Any) -> Any:
    """A group of data that belong together, which viewers plot by themselves."""
    group = entry.create_group(name)
    group.attrs.update(NX_class="NXdata", signal=signal, axes=axes, **attributes)
    group["title"] = title
    return group


def complete(group: Any, names: Iterable[str]) -> None:
    """Say which arrays a group holds, so that one that was lost is missed."""
    group[fmt.ARRAYS] = np.bytes_(",".join(names))


def programmed(entry: Any, k: int, layer: Mapping[str, np.ndarray]) -> None:
    """What became of every programmed device of layer `k`; see `programming.OF_DEVICE`."""
    first, *others = layer
    axes, title = ["row", "column"], f"Programming of layer {k}"
    group = nxdata(entry, f"programmed_{k}", signal=first, axes=axes, title=title, auxiliary_signals=others)
    complete(group, layer)
    indices(group, *layer[first].shape)
    for name, values in layer.items():
        array(group, name, values)
        units, long_name = OF_DEVICE[name.partition("_")[0]]
        group[name].attrs.update(units=units, long_name=long_name)


def indices(group: Any, rows: int, cols: int) -> None:
    """The axes of what is kept of every device."""
    for axis, n in (("row", rows), ("column", cols)):
        array(group, axis, np.arange(n, dtype=np.int32))
        group[axis].attrs.update(units="1", long_name=f"{axis} of the array")


def _column(group: Any, name: str, dtype: Any, units: str, long_name: str, chunk: int = fmt.CURVE_CHUNK) -> None:
    column = group.create_dataset(name, (0,), dtype, maxshape=(None,), chunks=(chunk,), fletcher32=True)
    column.attrs.update(units=units, long_name=long_name)


def array(group: Any, name: str, values: np.ndarray, **more: Any) -> None:
    """A data set with a checksum, in one chunk unless told otherwise."""
    group.create_dataset(name, data=values, **{"chunks": values.shape, "fletcher32": True, **more})
