"""``xbarsim limits``: what limits the accuracy of a device."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import OutputError
from ..base.files import is_folder, is_there
from ..describe.sections import KEYS
from ..describe.settings import words
from . import many
from .app import app, command_line, ending, option
from .devices import base_layout, data_of, form_of, tell_short, watched, ways_of
from .pictured import pictured_in_folder

_net, _out = (functools.partial(option, panel) for panel in ("Training", "Output"))


@app.command()
@pictured_in_folder
def limits(
    device: Annotated[
        str | None, _net("The device in question: a preset, a device file or file.py:function.", "as in the layout")
    ] = None,
    layers: Annotated[str | None, _net("Sizes, inputs first.", "784,200,10")] = None,
    layout: Annotated[Path | None, _net("Layout file (TOML) to start from.")] = None,
    methods: Annotated[str | None, _net("Pair methods to look at one by one, with commas: a,b,c.", "b")] = None,
    iterations: Annotated[int | None, _net("Updates.", "60,000")] = None,
    epochs: Annotated[int | None, _net("Instead of --iterations.")] = None,
    settings: Annotated[
        list[str] | None, _net("Any key of a layout, KEY=VALUE; may be repeated.", None, "--set")
    ] = None,
    dataset: Annotated[str | None, _net(KEYS["dataset"].help, "auto")] = None,
    seeds: Annotated[
        int, typer.Option(help="Runs per variant, with seeds 0, 1, 2, ...", rich_help_panel="Training")
    ] = 3,
    workers: Annotated[int | None, _net("Worker processes.", "the cores")] = None,
    scheduler: Annotated[str | None, many.scheduler("Training")] = None,
    out: Annotated[
        Path, _out("Folder for limits.png, limits.csv and the runs; stopped, it goes on.", None, "--out", "-o")
    ] = Path("limits"),
    keep_runs: Annotated[Path | None, many.keep_runs("Output")] = None,
    force: Annotated[bool, _out(many.FORCE, None, "--force")] = False,
    as_json: Annotated[bool, _out("One JSON object; accuracies are fractions.", None, "--json")] = False,
    as_csv: Annotated[bool, _out("One line per departure.", None, "--csv")] = False,
    quiet: Annotated[bool, _out("No progress, no notes.", None, "--quiet", "-q")] = False,
) -> None:
    """Which property of a device limits the accuracy?

    Each departure from an ideal device (nonlinearity, few states, spread, noise, stuck devices, wear, on/off ratio;
    those that it has) is switched off alone, and all but it. The largest gain comes first.

    [bold]xbarsim limits --device mine.toml --layers 784,200,10[/bold]
    """
    from ..api import limiting
    from ..show import report, views_limits
    from ..show.figures import pyplot
    from ..study.claims import claim
    from ..study.limits import plan_limits

    form, on = form_of(as_json, as_csv), many.who(workers, scheduler, seeds)
    if is_there(out) and not is_folder(out):
        raise OutputError(f"{out}: expected a folder, got a file; choose another --out")
    chosen = tuple(words(methods)) if methods is not None else ()
    base = base_layout(layout, layers, device, settings, iterations=iterations, epochs=epochs, dataset=dataset)
    plan = plan_limits(base, chosen)
    pyplot()  # better told now than after the last run
    data = data_of(base, quiet)
    if not quiet:
        report.ERR.print(f"{plan.runs * seeds} runs: {plan.runs} variants of the device, {seeds} seeds", markup=False)
    claim(out, "limits", base, data, force=force, asks={"methods": ", ".join(chosen)}, command=command_line())
    tell_short(base, data, quiet)
    call = functools.partial(
        limiting.limits,
        base,
        methods=chosen,
        folder=out,
        dataset=data,
        device_name=device,
        keep_runs=keep_runs or False,
    )
    found = watched(call, seeds, on, quiet, ways=ways_of(epochs, "fewer --methods" if len(chosen) > 1 else ""))
    with ending(out):
        found.to_csv(out / "limits.csv")
        found.save_figure(out / "limits.png", force=True)
        views_limits.show_limits(found.found, form, out)
        if form == "text":
            print(f"\nlimits.png and limits.csv are in {out}")
