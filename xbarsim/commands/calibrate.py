"""``xbarsim calibrate``: ranges for the sense circuits of a trained network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .app import PLUGIN_OF_RUN, REPLAYING, app, option, waiting_for
from .flags import given_values, with_flags
from .short_help import CONTEXT


def calibrate(
    file: Annotated[Path, typer.Argument(help="Run file.")],
    per: Annotated[str, typer.Option(help="A range for every column, or one for each array: column or array.")] = (
        "column"
    ),
    percentile: Annotated[float, typer.Option(help="Of the currents that lie within; 100: all.")] = 99.9,
    images: Annotated[int, typer.Option(help="Training images that are read, at most.")] = 1000,
    iteration: Annotated[int | None, typer.Option(help="Number of updates done.", show_default="the last")] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Whose training samples are used.", show_default="the run's")
    ] = None,
    plugin: Annotated[str | None, PLUGIN_OF_RUN] = None,
    settings: Annotated[
        list[str] | None, option("Run", "Any of the keys below, KEY=VALUE; may be repeated.", None, "--set")
    ] = None,
    out: Annotated[
        Path | None, option("Output", "File of ranges (TOML), for --sense-ranges.", "none", "--out", "-o")
    ] = None,
    force: Annotated[bool, option("Output", "Overwrite an existing file.", None, "--force")] = False,
    as_json: Annotated[bool, option("Output", "One JSON object.", None, "--json")] = False,
    as_csv: Annotated[bool, option("Output", "One line per range.", None, "--csv")] = False,
    quiet: Annotated[bool, option("Output", "No progress.", None, "--quiet", "-q")] = False,
    **flags: Any,
) -> None:
    """Find ranges for the sense circuits of a trained network, from training images.

    [bold]xbarsim calibrate run.h5 -o ranges.toml[/bold]
    [bold]xbarsim infer run.h5 --sense-ranges ranges.toml --sense-bits 6[/bold]
    """
    from ..api import calibrating
    from ..base.files import check_new, check_other
    from ..data_sets.load import load_dataset
    from ..record.trace import Trace
    from ..show import views_limits
    from .devices import form_of

    form = form_of(as_json, as_csv)
    if out is not None:
        check_other(out, file)
        check_new(out, force=force)
    values = given_values(settings, flags)
    with Trace(file, device=plugin) as trace, waiting_for(file.name, quiet=quiet, text=REPLAYING):
        found = calibrating.calibrate(
            trace,
            per=per,
            percentile=percentile,
            images=images,
            iteration=iteration,
            dataset=None if dataset is None else load_dataset(dataset),
            **values,
        )
    if out is not None:
        found.save(out, force=force)
    views_limits.show_ranges(found.found, form, out)


app.command(context_settings=CONTEXT)(with_flags(calibrate, acting=True))
