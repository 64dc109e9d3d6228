"""The device file that a fit leaves: TOML with [source], [device] and [variation]."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomli_w

from ..base.files import created
from .fitted import Fit

HEAD = "# A synapse device, fitted to measured pulse curves. Use it with: xbarsim run --device {name}\n\n"


def content(fit: Fit, *, title: str, files: str) -> dict[str, dict[str, Any]]:
    """The sections of the file. Keys carry their units; `source` is kept and not used."""
    return {
        "source": {"title": title, "file": files, **fit.source},
        "device": dict(fit.device),
        "variation": {k: float(f"{v:.6g}") for k, v in fit.variation.items()},
    }


def text(sections: dict[str, dict[str, Any]], name: str) -> str:
    """The file's text. Rows of a jump table stand on one line each."""
    device = dict(sections["device"])
    tables = {key: device.pop(key) for key in ("jump_p_S", "jump_d_S") if key in device}
    head = HEAD.format(name=name)
    parts = [tomli_w.dumps({"source": sections["source"]}), tomli_w.dumps({"device": device})]
    for key, rows in tables.items():
        parts[-1] += f"{key} = [\n" + "".join(f"    [{', '.join(_number(x) for x in row)}],\n" for row in rows) + "]\n"
    parts.append(tomli_w.dumps({"variation": sections["variation"]}))
    return head + "\n".join(parts)


def _number(x: float) -> str:
    shown = f"{x:.7g}"
    return shown if "." in shown or "e" in shown or "n" in shown else f"{shown}.0"


def save(fit: Fit, out: Path, *, title: str, files: str, force: bool = False) -> dict[str, dict[str, Any]]:
    """Write the device file, whole or not at all.

    Raises
    ------
    OutputError
        If it exists and `force` is not given, or cannot be written.
    """
    sections = content(fit, title=title, files=files)
    with created(out, force=force) as stream:
        stream.write(text(sections, out.name).encode())
    return sections
