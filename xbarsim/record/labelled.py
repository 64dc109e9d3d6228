"""A run as an xarray data set: dimensions with names, coordinates and units; values are replayed when they are used."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base import checks
from ..base.errors import LayoutError, XbarsimError, shown
from . import format as fmt
from .quantities import digits_of, quantities_of, siemens_of, value_of

if TYPE_CHECKING:
    from .trace import Trace


def to_xarray(trace: Trace, *, every: int = 1, chunks: Any = None) -> Any:
    """See `Trace.to_xarray`."""
    try:
        import xarray
    except ImportError:
        raise XbarsimError(
            "expected xarray for a labelled data set, found none; install it with: pip install 'xbarsim[xarray]'"
        ) from None
    checks.integer("to_xarray every", every, least=1)
    lock = threading.RLock()  # Dask reads in several threads, and there is one state that replays
    moments = np.arange(0, trace.iterations_done + 1, every) if trace.replays else trace.keyframes(1)
    variables: dict[str, Any] = {}
    coordinates: dict[str, Any] = {
        "iteration": ("iteration", moments, {"long_name": "updates done", "units": "1"}),
    }
    for layer, (rows, cols) in enumerate(trace.shapes, start=1):
        row, column = f"row_{layer}", f"column_{layer}"
        bias = ", the last is the bias" if trace.layout.array.bias else ""
        coordinates[row] = (row, np.arange(rows), {"long_name": f"row of layer {layer}{bias}", "units": "1"})
        coordinates[column] = (column, np.arange(cols), {"long_name": f"column of layer {layer}", "units": "1"})
        for name, words in quantities_of(trace).items():
            units = "S" if name != "w" or siemens_of(trace) else "1"
            said = {"long_name": f"{words} of layer {layer}", "units": units}
            values = _lazy(xarray, trace, lock, layer, name, moments)
            variables[f"{name}_layer_{layer}"] = xarray.Variable(("iteration", row, column), values, said)
    iteration, accuracy = trace.accuracy
    said = {"long_name": "updates done where the test accuracy was taken", "units": "1"}
    coordinates["evaluated"] = ("evaluated", iteration, said)
    variables["accuracy"] = ("evaluated", accuracy, {"long_name": "test accuracy", "units": "1"})
    curves = trace.curves
    coordinates["update"] = ("update", curves["iteration"], {"long_name": "number of the update", "units": "1"})
    for name, (_, units, words) in fmt.CURVES.items():
        variables[name] = ("update", curves[name], {"long_name": words, "units": units})
    kept = {key: value for key, value in trace.provenance.items() if isinstance(value, (str, int, float))}
    found = xarray.Dataset(variables, coordinates, {**kept, "status": trace.status, "file": str(trace.path)})
    if chunks is None:
        return found
    try:
        return found.chunk(chunks)
    except ImportError:
        raise XbarsimError(
            "expected dask for chunks, found none; install it with: pip install 'xbarsim[xarray]', or leave chunks out"
        ) from None
    except (ValueError, TypeError) as error:
        raise LayoutError(
            f"to_xarray.chunks: expected sizes of {', '.join(map(str, found.sizes))}, got {shown(chunks)} ({error}); "
            "give for example {'update': 1000}"
        ) from None


def _lazy(xarray: Any, trace: Trace, lock: Any, layer: int, name: str, moments: np.ndarray) -> Any:
    """An array (moments, rows, cols) that xarray reads when it is used, and the part alone that is used."""
    from xarray.core import indexing

    class Replayed(xarray.backends.BackendArray):  # type: ignore[misc]
        shape = (len(moments), *trace.shapes[layer - 1])
        dtype = np.dtype(np.float32)

        def __getitem__(self, key: Any) -> Any:
            return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.OUTER, self._read)

        def _read(self, key: tuple[Any, ...]) -> np.ndarray:
            when, *where = key
            wanted = moments[when]
            row, column = where
            with lock:
                if np.ndim(wanted) and isinstance(row, (int, np.integer)) and isinstance(column, (int, np.integer)):
                    history = _history(trace, layer, int(row), int(column), name)
                    if history is not None:  # from its own pulses alone: quicker than all arrays one after another
                        part: np.ndarray = history[wanted]
                        return part
                order = np.unique(wanted)  # forwards, so that each replay begins where the last one ended
                parts = {n: _part(value_of(trace, layer, n, name), row, column) for n in order.tolist()}
            if not np.ndim(wanted):
                return parts[int(wanted)]
            if not len(wanted):
                return np.empty((0, *np.shape(_part(np.empty(self.shape[1:], self.dtype), row, column))), self.dtype)
            return np.stack([parts[n] for n in np.asarray(wanted).tolist()])

    return indexing.LazilyIndexedArray(Replayed())


def _part(values: np.ndarray, row: Any, column: Any) -> np.ndarray:
    """Rows first, then columns: each an index, a slice or an array of its own axis."""
    part = values[row]
    return np.asarray(part[..., column])


def _history(trace: Trace, layer: int, row: int, column: int, name: str) -> np.ndarray | None:
    """One pair's values at all iterations, or None where they are not had from its own pulses."""
    if not trace.replays or not digits_of(trace) or (name == "w" and not trace.is_pairs):
        return None
    what, _, digit = name.removeprefix("g_").partition("_")
    history = trace.synapse(layer, row, column, int(digit or 0))
    if name == "w":
        difference: np.ndarray = history.g_plus - history.g_minus
        return difference
    return history.g_plus if what == "plus" else history.g_minus
