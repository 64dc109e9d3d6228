"""Commands that look at results, layouts and data sets."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from ..base.errors import LayoutError, nearest
from ..base.files import created
from .app import MAX_MEMORY, PLUGIN_OF_RUN, app, data_app, option, pair_of
from .flags import given_values, with_flags
from .merge import ignored, merge
from .pictured import pictured
from .short_help import CONTEXT, HELP_ALL, ShortHelpCommand


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="Run file.")],
    layer: Annotated[int | None, typer.Option(help="Layer, from 1.")] = None,
    iteration: Annotated[
        int | None, typer.Option(help="Number of updates done; 0 is the initial state.", show_default="the last")
    ] = None,
    synapse: Annotated[str | None, typer.Option(help="One pair, ROW,COLUMN from 0: its whole history.")] = None,
    device: Annotated[str | None, PLUGIN_OF_RUN] = None,
    show_all: Annotated[
        bool, typer.Option("--all", help="Every key of the run's layout, and where it comes from.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object; its pulses and resets are those of training.")
    ] = False,
    as_csv: Annotated[
        bool,
        typer.Option(
            "--csv", help="A table with commas: the accuracy curve, all pairs of a layer, or the changes of a pair."
        ),
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The table into this file; a history with every iteration.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Show what a run file holds.

    A summary, or the conductances of a layer at an iteration, or the history of a pair.
    """
    if as_json and as_csv:
        raise LayoutError("--csv: expected either --json or --csv, got both; leave one out")
    if layer is None and (iteration is not None or synapse is not None):
        raise LayoutError("--layer: expected a layer with --iteration or --synapse, got none; add --layer 1")
    if iteration is not None and synapse is not None:
        raise LayoutError("--synapse: expected either --iteration or --synapse, got both; a history has all iterations")
    from ..record.trace import Trace
    from ..show import views

    form = "json" if as_json else "csv" if as_csv else "text"
    if out is not None:
        if as_json:
            raise LayoutError("--out: expected a table, got --json with it; leave one out, or redirect the output")
        form = "csv"
    with Trace(file, device=device) as trace, _table(out, force=force) as stream:
        if layer is None:
            views.show_summary(trace, form, everything=show_all, stream=stream)
        elif synapse is not None:
            views.show_synapse(trace, layer, *pair_of("--synapse", synapse, example="300,17"), form, stream=stream)
        else:
            views.show_layer(trace, layer, trace.iterations_done if iteration is None else iteration, form, stream)


@contextlib.contextmanager
def _table(out: Path | None, *, force: bool) -> Iterator[IO[str] | None]:
    """A file for a table, written whole or not at all, and named when it is; None for the standard output."""
    if out is None:
        yield None
        return
    with created(out, force=force) as raw, io.TextIOWrapper(raw, encoding="utf-8", newline="") as stream:
        yield stream
    print(out)


@app.command()
@pictured
def plot(
    file: Annotated[Path, typer.Argument(help="Run file.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Picture: .png, .pdf or .svg.")] = Path("run.png"),
    layer: Annotated[int, typer.Option(help="Layer to show, from 1.")] = 1,
    synapse: Annotated[
        str | None,
        typer.Option(help="Pair whose history is shown, ROW,COLUMN.", show_default="the one whose W changed most"),
    ] = None,
    weights: Annotated[
        bool, typer.Option("--weights", help="Maps of W instead, one for every so many updates.")
    ] = False,
    every: Annotated[
        int | None, typer.Option(help="With --weights: updates from map to map.", show_default="an eighth of the run")
    ] = None,
    wires: Annotated[
        bool, typer.Option("--wires", help="One read through the run's wires instead: node voltages, losses.")
    ] = False,
    wire_resistance: Annotated[
        float | None, typer.Option(help="With --wires: Ohm per segment.", show_default="the run's")
    ] = None,
    read: Annotated[str, typer.Option(help="With --wires: forward or backward.")] = "forward",
    sample: Annotated[int, typer.Option(help="With --wires: number of the test sample.")] = 0,
    position: Annotated[
        str | None, typer.Option(help="With --wires, of a convolution: row,column in its map.", show_default=False)
    ] = None,
    iteration: Annotated[
        int | None, typer.Option(help="With --wires: number of updates done.", show_default="the last")
    ] = None,
    device: Annotated[str | None, PLUGIN_OF_RUN] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing picture.")] = False,
) -> None:
    """Draw a run into a picture.

    Accuracy, errors and pulses; conductance maps and histograms over time; one pair's history. With --weights: W of a
    layer every so many updates, with one colour scale. With --wires: maps of node voltages and of what the wires take
    from every device.
    """
    from ..api import picturing
    from ..show import report

    picture = picturing.plot(
        file,
        layer=layer,
        synapse=None if synapse is None else pair_of("--synapse", synapse, example="300,17"),
        weights=weights,
        every=every,
        wires=wires,
        wire_resistance=wire_resistance,
        read=read,
        sample=sample,
        position=None if position is None else pair_of("--position", position),
        iteration=iteration,
        device=device,
    )
    picture.save_figure(out, force=force)
    report.OUT.print(f"{out}")


@app.command(cls=ShortHelpCommand, context_settings=CONTEXT)
@with_flags
def check(
    layout: Annotated[
        Path | None, typer.Argument(help="Layout file (TOML); flags override it.", show_default=False)
    ] = None,
    device: Annotated[
        str | None,
        option(
            "Device", "Preset (xbarsim devices), device file (.toml), or file.py:function; other flags override it."
        ),
    ] = None,
    settings: Annotated[
        list[str] | None, option("Run", "Any key of a layout, KEY=VALUE; may be repeated.", None, "--set")
    ] = None,
    max_memory: Annotated[str | None, option("Run", MAX_MEMORY, "XBARSIM_MAX_MEMORY, or half of the machine's")] = None,
    show_all: Annotated[
        bool, option("Output", "Every key with its value, and which kernels compute it and why.", None, "--all")
    ] = False,
    as_json: Annotated[bool, option("Output", "One JSON object.", None, "--json")] = False,
    help_all: Annotated[bool, HELP_ALL] = False,
    **flags: Any,
) -> None:
    """Validate a layout, and print what would be built.

    [bold]xbarsim check my.toml --beta 3[/bold]
    """
    from ..show.views_layout import show_layout

    given = given_values(settings, flags)
    merged = merge(layout, device, given, command="check")
    more = ignored(merged, given)
    show_layout(merged, "json" if as_json else "text", max_memory, everything=show_all, odd=more)


@data_app.command("list")
def data_list(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """List the data sets, and where they are."""
    from ..show.views_layout import show_datasets

    show_datasets("json" if as_json else "text")


@data_app.command("fetch")
def data_fetch(
    name: Annotated[str, typer.Argument(help="mnist")],
    url: Annotated[str | None, typer.Option(help="Folder to download from, instead of the usual mirror.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Download a data set into the user's cache, and check it."""
    if name != "mnist":
        raise LayoutError(f"data fetch: unknown name '{name}'; {nearest(name, ['mnist'])}")
    from ..data_sets.download import fetch_mnist
    from ..show import report

    folder = fetch_mnist(url, progress=not quiet)
    report.OUT.print(f"MNIST is in {folder}")
