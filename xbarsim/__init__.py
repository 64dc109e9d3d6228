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

from ._source_tree import look_beside
from ._version import __version__

look_beside()

if TYPE_CHECKING:
    from .after.retention import Retention, retention
    from .after.transfer import Transfer, transfer
    from .api.calibrating import Calibration, calibrate
    from .api.comparing import Comparison, DeviceRanking, compare, compare_devices
    from .api.filming import Trace, movie
    from .api.fitting import FittedDevice, fit
    from .api.imported import Import, import_weights
    from .api.inferring import Inference, infer
    from .api.limiting import Limits, limits
    from .api.picturing import Picture, plot
    from .api.programming import Programming, program
    from .api.reporting import report
    from .api.reproducing import Reproduction, reproduce
    from .api.sweeping import Sweep, join_sweep, sweep, sweep_part
    from .api.tuning import Tuning, tune
    from .api.watching import progress
    from .arrays.crossbar import Crossbar
    from .base.errors import DataError, LayoutError, OutputError, SimulationError, Stopped, TraceError, XbarsimError
    from .base.table import Table
    from .data_sets.data_set import Dataset
    from .data_sets.load import load_dataset
    from .describe.device import Device
    from .describe.layout import Layout
    from .describe.wires import Wires
    from .loop.results import Result
    from .loop.simulate import resume, run

_HOME = {
    "Crossbar": "arrays.crossbar",
    "Dataset": "data_sets.data_set",
    "load_dataset": "data_sets.load",
    "Device": "describe.device",
    "XbarsimError": "base.errors",
    "LayoutError": "base.errors",
    "DataError": "base.errors",
    "TraceError": "base.errors",
    "OutputError": "base.errors",
    "SimulationError": "base.errors",
    "Layout": "describe.layout",
    "Wires": "describe.wires",
    "Result": "loop.results",
    "run": "loop.simulate",
    "resume": "loop.simulate",
    "Trace": "api.filming",
    "Transfer": "after.transfer",
    "transfer": "after.transfer",
    "Retention": "after.retention",
    "retention": "after.retention",
    "Stopped": "base.errors",
    "Table": "base.table",
    "Sweep": "api.sweeping",
    "join_sweep": "api.sweeping",
    "sweep": "api.sweeping",
    "sweep_part": "api.sweeping",
    "Limits": "api.limiting",
    "limits": "api.limiting",
    "Comparison": "api.comparing",
    "compare": "api.comparing",
    "DeviceRanking": "api.comparing",
    "compare_devices": "api.comparing",
    "FittedDevice": "api.fitting",
    "fit": "api.fitting",
    "Picture": "api.picturing",
    "plot": "api.picturing",
    "movie": "api.filming",
    "progress": "api.watching",
    "Programming": "api.programming",
    "program": "api.programming",
    "report": "api.reporting",
    "Reproduction": "api.reproducing",
    "reproduce": "api.reproducing",
    "Tuning": "api.tuning",
    "tune": "api.tuning",
    "Inference": "api.inferring",
    "infer": "api.inferring",
    "Calibration": "api.calibrating",
    "calibrate": "api.calibrating",
    "Import": "api.imported",
    "import_weights": "api.imported",
}

__all__ = [
    "Calibration",
    "Comparison",
    "Crossbar",
    "DataError",
    "Dataset",
    "Device",
    "DeviceRanking",
    "FittedDevice",
    "Import",
    "Inference",
    "Layout",
    "LayoutError",
    "Limits",
    "OutputError",
    "Picture",
    "Programming",
    "Reproduction",
    "Result",
    "Retention",
    "SimulationError",
    "Stopped",
    "Sweep",
    "Table",
    "Trace",
    "TraceError",
    "Transfer",
    "Tuning",
    "Wires",
    "XbarsimError",
    "__version__",
    "calibrate",
    "compare",
    "compare_devices",
    "fit",
    "import_weights",
    "infer",
    "join_sweep",
    "limits",
    "load_dataset",
    "movie",
    "plot",
    "program",
    "progress",
    "report",
    "reproduce",
    "resume",
    "retention",
    "run",
    "sweep",
    "sweep_part",
    "transfer",
    "tune",
]


def __getattr__(name: str) -> Any:
    # Names are loaded on first use: importing Numba and h5py takes most of a second, and `xbarsim --help` needs
    # neither.
    if name in _HOME:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    if name == "nonlinearity":
        from importlib import import_module

        return import_module(f"{__name__}.nonlinearity")
    raise AttributeError(f"module 'xbarsim' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
