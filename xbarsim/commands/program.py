"""``xbarsim program``: the devices of a network are written to their targets."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import LayoutError
from ..base.files import free_name
from ..describe.settings import values_of_settings
from .app import PLUGIN_OF_RUN, REPLAYING, app, command_line, option, waiting_for
from .pictured import pictured


@app.command("program")
@pictured
def program(
    file: Annotated[Path, typer.Argument(help="Run file, imported or trained.")],
    out: Annotated[
        Path | None, option("Output", "Run file.", "programmed.h5; if it is there, programmed-2.h5, ...", "--out", "-o")
    ] = None,
    how: Annotated[str, option("Writing", "write-verify, open-loop or one-shot.", "write-verify")] = "write-verify",
    start: Annotated[str, option("Writing", "erased: all devices are reset first; or present.", "erased")] = "erased",
    tolerance: Annotated[float, option("Writing", "Of a read about its target, per Gmax - Gmin.", "0.01")] = 0.01,
    most: Annotated[int, option("Writing", "Pulses of one device, at most.", "1000")] = 1000,
    verify_bits: Annotated[
        int, option("Writing", "Of the converter that reads single devices, 0 to Gmax.", "the sense circuits'")
    ] = 0,
    error: Annotated[
        str,
        option("Writing", "One-shot: absolute=S, relative=PART, polynomial=c2,c1,c0, pcm or device.", "relative=0.05"),
    ] = "relative=0.05",
    target: Annotated[
        str, option("Writing", "states: G+ and G- as they are; weights: one device of a pair carries W.", "states")
    ] = "states",
    draw: Annotated[int, option("Writing", "Which time it is written: another number draws anew.", "1")] = 1,
    onto: Annotated[
        Path | None,
        option("Writing", "A file whose devices are written, from where they are.", "new devices"),
    ] = None,
    iteration: Annotated[int | None, option("Run", "Number of updates done.", "the last")] = None,
    dataset: Annotated[str | None, option("Run", "Whose test samples are used.", "the run's")] = None,
    plugin: Annotated[str | None, PLUGIN_OF_RUN] = None,
    settings: Annotated[
        list[str] | None, option("Run", "Any key of a layout, KEY=VALUE; may be repeated.", None, "--set")
    ] = None,
    picture: Annotated[Path | None, option("Output", "Errors as a picture: .png, .pdf or .svg.", "none")] = None,
    force: Annotated[bool, option("Output", "Overwrite existing files.", None, "--force")] = False,
    as_json: Annotated[bool, option("Output", "One JSON object; accuracies are fractions.", None, "--json")] = False,
    quiet: Annotated[bool, option("Output", "No progress, no notes.", None, "--quiet", "-q")] = False,
) -> None:
    """Write the devices of a network to the conductances that its file has.

    [bold]xbarsim program net.h5 --tolerance 0.01 --most 200 -o programmed.h5[/bold]
    [bold]xbarsim program net.h5 --how one-shot --error pcm[/bold]
    """
    from ..api import programming
    from ..base.files import check_other
    from ..base.notes import collected
    from ..data_sets.load import load_dataset
    from ..record.places import check_writable
    from ..record.trace import Trace
    from ..show import views_program
    from ..show.progress import CountDisplay

    path = out or (Path("programmed.h5") if force else free_name(Path("programmed.h5")))
    check_other(path, file)
    check_writable(path, force=force)
    if picture is not None:
        from ..show.figures import check_picture, pyplot

        check_picture(picture, force=force)
        pyplot()
    values = values_of_settings(settings or ())
    if "dataset" in values:
        raise LayoutError("dataset: expected --dataset to say it, got the key among others; leave it out")
    with (
        Trace(file, device=plugin) as trace,
        waiting_for(file.name, quiet=quiet, text=REPLAYING),
        collected() if quiet else contextlib.nullcontext(),
        CountDisplay("arrays", quiet=quiet, ways=["fewer --most"]) as display,
    ):
        found = programming.program(
            trace,
            out=path,
            how=how,
            start=start,
            tolerance=tolerance,
            most=most,
            verify_bits=verify_bits,
            error=error,
            target=target,
            draw=draw,
            onto=onto,
            iteration=iteration,
            dataset=None if dataset is None else load_dataset(dataset),
            force=force,
            listener=display,
            command_line=command_line(),
            **values,
        )
    if picture is not None:
        found.save_figure(picture, force=force)
    views_program.show_programmed(found, as_json=as_json, out=picture)
