"""``xbarsim infer``: a trained network in another circuit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..describe.settings import seconds_of, words
from .app import PLUGIN_OF_RUN, REPLAYING, app, option, waiting_for
from .flags import given_values, with_flags
from .pictured import pictured
from .short_help import CONTEXT


@pictured
def infer(
    file: Annotated[Path, typer.Argument(help="Run file.")],
    repeats: Annotated[int, typer.Option(help="Draws of devices, drift, circuits and noise.")] = 1,
    times: Annotated[
        str | None,
        typer.Option(help="Since training ended: 1s,1h,1d,1y.", show_default="a day, if aging is given"),
    ] = None,
    iteration: Annotated[int | None, typer.Option(help="Number of updates done.", show_default="the last")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the draws.", show_default="the run's")] = None,
    dataset: Annotated[str | None, typer.Option(help="Whose test samples are used.", show_default="the run's")] = None,
    slices: Annotated[
        int | None, typer.Option(help="Arrays that each is cut into, read by themselves.", show_default="as trained")
    ] = None,
    slice_bits: Annotated[int, typer.Option(help="Bits of a weight in each of them.")] = 1,
    calibrate: Annotated[
        str | None,
        typer.Option(help="Ranges from training images, for every: column, array.", show_default="those of the layout"),
    ] = None,
    percentile: Annotated[float, typer.Option(help="Of the currents that lie within these ranges.")] = 99.9,
    images: Annotated[int | None, typer.Option(help="The first so many test images alone.", show_default="all")] = None,
    plugin: Annotated[str | None, PLUGIN_OF_RUN] = None,
    onto: Annotated[
        str | None, typer.Option(help="Device to write into: a preset or a file.", show_default="the run's")
    ] = None,
    write: Annotated[
        str | None,
        typer.Option(help="weights: one device of a pair; states: both.", show_default="weights if --onto"),
    ] = None,
    compensation: Annotated[
        str, option("Drift", "Compensated: off, global or columns.", None, "--compensation")
    ] = "off",
    compensation_inputs: Annotated[
        str, option("Drift", "Reads for that: rows, all, or how many.", None, "--compensation-inputs")
    ] = "16",
    compensation_to: Annotated[
        str, option("Drift", "Brought back to: read or ideal.", None, "--compensation-to")
    ] = "read",
    settings: Annotated[
        list[str] | None, option("Run", "Any of the keys below, KEY=VALUE; may be repeated.", None, "--set")
    ] = None,
    out: Annotated[Path | None, option("Output", "Picture: .png, .pdf or .svg.", "none", "--out", "-o")] = None,
    force: Annotated[bool, option("Output", "Overwrite an existing picture.", None, "--force")] = False,
    as_json: Annotated[bool, option("Output", "One JSON object; accuracies are fractions.", None, "--json")] = False,
    as_csv: Annotated[bool, option("Output", "One line per time and draw.", None, "--csv")] = False,
    quiet: Annotated[bool, option("Output", "No progress.", None, "--quiet", "-q")] = False,
    **flags: Any,
) -> None:
    """Test a trained network in another circuit, on other devices, with noise, or after some time.

    What was recorded is read; flags replace what the run had, all at once. Nothing is trained.

    [bold]xbarsim infer run.h5 --wire-resistance 5 --sense-range 10 --sense-bits 6 --device-noise 0.02[/bold]
    [bold]xbarsim infer run.h5 --calibrate column --sense-bits 6 --slices 4 --slice-bits 2[/bold]
    [bold]xbarsim infer run.h5 --drift 0.05 --drift-sigma 0.02 --times 1s,1h,1d,1y --repeats 5[/bold]
    [bold]xbarsim infer run.h5 --onto pcm-joshi2020 --times 1s,1h,1d,1y --compensation global -o aged.png[/bold]
    """
    from ..api import inferring
    from ..data_sets.load import load_dataset
    from ..record.trace import Trace
    from ..show import views_limits
    from ..show.progress import CountDisplay
    from .devices import form_of

    form = form_of(as_json, as_csv)
    if out is not None:
        from ..show.figures import check_picture, pyplot

        check_picture(out, force=force)
        pyplot()
    seconds = tuple(seconds_of(t) for t in words(times)) if times is not None else ()
    values = given_values(settings, flags)
    ways = [*(["--repeats"] if repeats > 1 else []), *(["fewer --times"] if len(seconds) > 1 else []), "fewer --images"]
    with (
        Trace(file, device=plugin) as trace,
        waiting_for(file.name, quiet=quiet, text=REPLAYING),
        CountDisplay("arrays", quiet=quiet, ways=ways) as display,
    ):
        found = inferring.infer(
            trace,
            repeats=repeats,
            times=seconds,
            iteration=iteration,
            seed=seed,
            dataset=None if dataset is None else load_dataset(dataset),
            onto=onto,
            write=write,
            compensation=compensation,
            compensation_inputs=compensation_inputs,
            compensation_to=compensation_to,
            slices=slices,
            slice_bits=slice_bits,
            calibrate=calibrate,
            percentile=percentile,
            images=images,
            listener=display,
            **values,
        )
    if out is not None:
        found.save_figure(out, force=force)
    views_limits.show_answers(found.answers, form, out)


app.command(context_settings=CONTEXT)(with_flags(infer, acting=True))
