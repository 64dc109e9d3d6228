"""What only comments of a netlist can say, as TOML, and the error of a netlist that is not one."""

from __future__ import annotations

import dataclasses

from .._version import __version__
from ..base.errors import XbarsimError
from ..describe.sections import toml_key
from ..describe.wires import Wires
from .array_read import ArrayRead
from .curves import as_table

FORMAT, FORMAT_VERSION = "xbarsim-netlist", 2
"""Version 1 has ohmic devices; what has no others is still written as such, so that earlier versions read it."""
TITLE = "* xbarsim netlist"
ANEW = "write it anew with 'xbarsim spice'"


class NetlistError(XbarsimError, ValueError):
    """A netlist is missing, foreign or damaged, or ngspice cannot run it."""


def metadata(read: ArrayRead, devices: int) -> str:
    """The lines of a read that stand behind ``*:``."""
    import tomli_w

    rows, cols = read.g_plus.shape
    wires = {toml_key(f.name): getattr(read.wires, f.name) for f in dataclasses.fields(Wires)}
    return tomli_w.dumps(
        {
            "format": FORMAT,
            "format_version": 1 if read.iv.ohmic else FORMAT_VERSION,
            "creator_version": __version__,
            "rows": rows,
            "columns": cols,
            "routing": read.routing,
            "read": "forward" if read.forward else "backward",
            "devices": devices,
            "origin": dict(read.origin),
            "wires": {key: value for key, value in wires.items() if value is not None},
            **({} if read.iv.ohmic else {"iv": {"v_read_V": read.v_read, **as_table(read.iv)}}),
        }
    )
