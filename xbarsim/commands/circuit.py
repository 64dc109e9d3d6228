"""Commands about the circuit of an array: ``xbarsim spice`` and ``xbarsim read-netlist``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..base.errors import LayoutError
from .app import PLUGIN_OF_RUN, app, pair_of


@app.command()
def spice(
    layout: Annotated[
        Path | None, typer.Argument(help="Layout file (TOML).", show_default="the layout of the run")
    ] = None,
    trace: Annotated[
        Path | None, typer.Option(help="Run file whose conductances are taken.", show_default="initial states")
    ] = None,
    device: Annotated[str | None, PLUGIN_OF_RUN] = None,
    iteration: Annotated[int | None, typer.Option(help="Number of updates done.", show_default="the last")] = None,
    layer: Annotated[int, typer.Option(help="Layer, from 1.")] = 1,
    read: Annotated[str, typer.Option(help="forward or backward.")] = "forward",
    sample: Annotated[int, typer.Option(help="Test sample, from 0.")] = 0,
    position: Annotated[
        str | None, typer.Option(help="Of a convolution: row,column in the map that it gives.", show_default=False)
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Netlist.")] = Path("array.cir"),
    run: Annotated[bool, typer.Option("--run", help="Run it with ngspice, and compare.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing netlist.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Write one read as a netlist for ngspice and Xyce.

    With [bold]--run[/bold] ngspice solves it, and the largest differences from xbarsim's own solution are shown; above
    1e-6 the exit code is 1.
    """
    if layout is None and trace is None:
        raise LayoutError("spice: expected a layout or a run, got neither; give LAYOUT.toml or --trace run.h5")
    from ..base import checks
    from ..describe import plugin
    from ..describe.layout import Layout
    from ..record.trace import Trace
    from ..show import report
    from ..spice import agreement
    from ..spice.network import read_of
    from ..spice.ngspice import find_ngspice
    from ..spice.writer import save

    forward = checks.choice("--read", read, ("forward", "backward")) == "forward"
    if run:
        find_ngspice()  # better told now than after the file is written
    built = Layout.from_toml(layout, recorded=True) if layout is not None else None
    if built is not None and device is not None:
        built = plugin.named(built, device, str(layout))
    at = None if position is None else pair_of("--position", position)
    asked: dict[str, Any] = {
        "iteration": iteration, "layer": layer, "forward": forward, "sample": sample, "position": at
    }  # fmt: skip
    if trace is None:
        assert built is not None
        what = read_of(built, **asked)
    else:
        with Trace(trace, device=device if built is None else None) as source:
            what = read_of(built or source.layout, trace=source, **asked)
    size = save(what, out, force=force)
    found = agreement.check_with_ngspice(out) if run else None
    rows, cols = what.g_plus.shape
    if as_json:
        differences = (
            {}
            if found is None
            else {
                "terminals": found.terminals,
                "sensed": found.sensed,
                "nodes_V": found.nodes,
                "agrees": found.agrees,
            }
        )
        report.dump(
            {
                "out": str(out),
                "rows": rows,
                "columns": cols,
                "routing": what.routing,
                "read": read,
                "nodes": size.nodes,
                "elements": size.elements,
                "devices": size.devices,
                "origin": dict(what.origin),
                "differences": differences or None,
            }
        )
    else:
        table = [
            ("array", f"{rows} x {cols} pairs, {what.routing}, {_from(dict(what.origin))}"),
            (
                "netlist",
                f"{read} read; {size.nodes:,} nodes, {size.elements:,} elements, {size.devices:,} of them devices",
            ),
        ]
        if found is not None:
            table += [
                ("terminal currents", f"largest difference {found.terminals:.2g}, relative"),
                ("sensed currents", f"largest difference {found.sensed:.2g}, relative"),
                ("node voltages", f"largest difference {found.nodes:.2g} V"),
            ]
        report.OUT.print(report.pairs([*table, ("file", out)]))
    if found is not None and not found.agrees:
        report.ERR.print(
            f"xbarsim: {out}: expected ngspice and xbarsim to agree within {agreement.TOLERANCE:g}, got a larger "
            "difference; segments of less than about 1e-3 Ohm, or devices of more than a siemens, are beyond double "
            "precision",
            markup=False,
        )
        raise typer.Exit(1)


@app.command("read-netlist")
def read_netlist(
    file: Annotated[Path, typer.Argument(help="Netlist that xbarsim spice wrote.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File (.npz) for g_plus and g_minus.", show_default="none")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Read such a netlist back into its array.

    Conductances come from its resistors, so that a device may have been changed in it; everything else
    has to be as it was.
    """
    import numpy as np

    from ..base.files import created
    from ..describe.sections import toml_key
    from ..show import report
    from ..spice.parser import load

    what = load(file)
    if out is not None:
        with created(out, force=force) as stream:
            np.savez_compressed(stream, g_plus=what.g_plus, g_minus=what.g_minus)
    rows, cols = what.g_plus.shape
    wires = {toml_key(name): value for name, value in vars(what.wires).items() if value is not None}
    ranges = {
        name: (float(g.min()), float(g.max())) for name, g in (("g_plus", what.g_plus), ("g_minus", what.g_minus))
    }
    read = "forward" if what.forward else "backward"
    if as_json:
        report.dump(
            {
                "file": str(file),
                "rows": rows,
                "columns": cols,
                "routing": what.routing,
                "read": read,
                "sheets": len(what.sheets),
                "wires": wires,
                **{f"{name}_S": list(x) for name, x in ranges.items()},
                "volts_V": what.volts.tolist(),
                "origin": dict(what.origin),
                "out": None if out is None else str(out),
            }
        )
        return
    shown = [
        f"{key.removesuffix('_Ohm')} {f'{value:g} Ohm' if key.endswith('_Ohm') else value}"
        for key, value in wires.items()
        if value and not key.startswith(("wire_tolerance", "wire_sweeps"))
    ]
    sheets = ", ".join("{} x {}".format(*sheet.g.shape) for sheet in what.sheets)
    report.OUT.print(
        report.pairs(
            [
                ("array", f"{rows} x {cols} pairs, {what.routing}, {_from(dict(what.origin))}"),
                ("sheets", f"{len(what.sheets)}: {sheets} devices"),
                ("read", f"{read}, driven at {what.volts.min():.4g} to {what.volts.max():.4g} V"),
                ("wires", ", ".join(shown) or "no resistance"),
                *(
                    (name, " to ".join(map(report.siemens, x)))
                    for name, x in zip(("G+", "G-"), ranges.values(), strict=True)
                ),
                *([("file", out)] if out is not None else []),
            ]
        )
    )


def _from(origin: dict[str, int | float | str]) -> str:
    """Where a read comes from, in words."""
    return ", ".join(f"{key} {value}" for key, value in origin.items()) or "origin not stated"
