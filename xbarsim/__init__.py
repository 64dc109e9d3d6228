"""xbarsim trains a neural network on a simulated array of real synapse devices, pulse by pulse.

It keeps every conductance of every iteration. It does not simulate transistors inside a synapse,
and it does not train with floating-point weight updates.

>>> import xbarsim
>>> layout = xbarsim.Layout.of(layers=(784, 20, 10), iterations=100, dataset="digits", n_max=9, eval_last=1)
>>> result = xbarsim.run(layout)
>>> 0.0 <= result.accuracy <= 1.0
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .aging import Retention, retention
    from .array import Crossbar
    from .datasets import Dataset, load_dataset
    from .devices import Device
    from .errors import DataError, LayoutError, OutputError, TraceError, XbarsimError
    from .layout import Layout
    from .offchip import Transfer, transfer
    from .results import Result
    from .sections import Wires
    from .simulate import resume, run
    from .trace import Trace

_HOME = {
    "Crossbar": "array",
    "Dataset": "datasets",
    "load_dataset": "datasets",
    "Device": "devices",
    "XbarsimError": "errors",
    "LayoutError": "errors",
    "DataError": "errors",
    "TraceError": "errors",
    "OutputError": "errors",
    "Layout": "layout",
    "Wires": "sections",
    "Result": "results",
    "run": "simulate",
    "resume": "simulate",
    "Trace": "trace",
    "Transfer": "offchip",
    "transfer": "offchip",
    "Retention": "aging",
    "retention": "aging",
}

__all__ = [
    "Crossbar",
    "DataError",
    "Dataset",
    "Device",
    "Layout",
    "LayoutError",
    "OutputError",
    "Result",
    "Retention",
    "Trace",
    "TraceError",
    "Transfer",
    "Wires",
    "XbarsimError",
    "__version__",
    "load_dataset",
    "resume",
    "retention",
    "run",
    "transfer",
]


def __getattr__(name: str) -> Any:
    # Names are loaded on first use: importing Numba and h5py takes most of a second, and `xbarsim --help` needs neither.
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module 'xbarsim' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
