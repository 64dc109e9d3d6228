"""``xbarsim sweep``: train over keys, in one go or in parts."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..base.errors import GaveUp, LayoutError
from ..base.files import free_name
from ..base.notes import note
from ..describe.sections import KEYS
from . import many
from .app import app, command_line, ending, option
from .devices import base_layout, data_of, form_of, tell_short, watched, ways_of
from .pictured import pictured

if TYPE_CHECKING:
    from ..api.sweeping import Sweep
    from ..study.grid import Design

_net, _out = (functools.partial(option, panel) for panel in ("Training", "Output"))


@app.command()
@pictured
def sweep(
    context: typer.Context,
    key: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY]",
            help="Key of a layout: beta, n_max, sigma, c2c, stuck_anywhere, device_noise, method, ...; of --join the "
            "folders.",
        ),
    ] = None,
    values: Annotated[
        str | None,
        typer.Option(
            help="With commas, or a range: lin:0:1:11, log:1e-4:1e-1:7.", show_default="usual ones for the key"
        ),
    ] = None,
    over: Annotated[
        list[str] | None,
        typer.Option(
            help="KEY=VALUES, or KEY alone for its usual ones; once for each key of a grid.", show_default=False
        ),
    ] = None,
    sample: Annotated[
        str | None,
        typer.Option(
            help="Draw points from ranges (--over beta=0:4) instead: lhs:64 (Latin hypercube), sobol:64, or "
            "saltelli:32, which gives Sobol' indices.",
            show_default=False,
        ),
    ] = None,
    layers: Annotated[str | None, _net("Sizes, inputs first.", "784,200,10")] = None,
    device: Annotated[str | None, _net("A preset, a device file or file.py:function to start from.")] = None,
    layout: Annotated[Path | None, _net("Layout file (TOML) to start from.")] = None,
    method: Annotated[str | None, _net("a, b, c, fixed or one-sided.", "b")] = None,
    iterations: Annotated[int | None, _net("Updates.", "60,000")] = None,
    epochs: Annotated[int | None, _net("Instead of --iterations.")] = None,
    settings: Annotated[
        list[str] | None, _net("Any key of a layout, KEY=VALUE; may be repeated.", None, "--set")
    ] = None,
    dataset: Annotated[str | None, _net(KEYS["dataset"].help, "auto")] = None,
    seeds: Annotated[int, typer.Option(help="Runs per value, with seeds 0, 1, 2, ...", rich_help_panel="Training")] = 3,
    workers: Annotated[int | None, _net("Worker processes.", "the cores")] = None,
    scheduler: Annotated[str | None, many.scheduler("Training")] = None,
    out: Annotated[Path | None, _out("Picture: .png, .pdf or .svg.", "none", "--out", "-o")] = None,
    keep: Annotated[
        Path | None, _out("Folder that keeps a record per run, so that a stopped sweep goes on.", "none")
    ] = None,
    part: Annotated[
        str | None, _out("Do a part of the runs, K/N, as one job of an array; its record goes to --keep.")
    ] = None,
    join: Annotated[
        bool, _out("Put parts together that are in these folders: sweep --join FOLDER ...", None, "--join")
    ] = False,
    force: Annotated[bool, _out("Overwrite a picture, and the tables of another study.", None, "--force")] = False,
    keep_runs: Annotated[Path | None, many.keep_runs("Output")] = None,
    as_json: Annotated[bool, _out("One JSON object; accuracies are fractions.", None, "--json")] = False,
    as_csv: Annotated[bool, _out("One line per run.", None, "--csv")] = False,
    quiet: Annotated[bool, _out("No progress, no notes.", None, "--quiet", "-q")] = False,
) -> None:
    """Train over the values of one key or a grid of several, and draw accuracy against them.

    Of two keys the picture is a heat map, of more panels of lines; of points that are drawn it shows what each key
    does. The folder of --keep gets the table, too: sweep.csv, and sweep.parquet where pyarrow is installed.

    [bold]xbarsim sweep beta --layers 784,200,10 -o beta.png[/bold]
    [bold]xbarsim sweep --over beta=0,1,2,3 --over n_max=16,32,64 --seeds 3 -o grid.png[/bold]
    [bold]xbarsim sweep --over beta=0:4 --over c2c=log:0.01:1 --sample lhs:64 -o effects.png[/bold]
    """
    from ..api import sweeping
    from ..study import parts
    from ..study.claims import claim, claim_named

    form, on = form_of(as_json, as_csv), many.who(workers, scheduler, seeds)
    if join:
        _alone(context)
        _check_picture(out, force=force)
        found = sweeping.join_sweep(key or [])
        if keep is not None and keep.resolve() not in {Path(folder).resolve() for folder in key or []}:
            what = repr((found.title, found.design.points, len(found.rows)))
            identity = hashlib.sha256(what.encode()).hexdigest()
            claim_named(keep, f"sweep of parts; over {', '.join(found.design.keys)}", identity, force=force)
        _show(found, out, keep, form, force=force)
        return
    design = _design(key or [], values, over or [], sample)
    share = None if part is None else parts.Part.parse(part)
    if share is not None and (keep is None or out is not None):
        raise LayoutError(
            "--part: expected --keep FOLDER for its records, and no picture, which --join makes of all parts; try: "
            "--part 1/4 --keep parts"
        )
    _check_picture(out, force=force)
    base = base_layout(
        layout, layers, device, settings, method=method, iterations=iterations, epochs=epochs, dataset=dataset
    )
    design.layouts(base)  # what is refused is told before any data is read
    data = data_of(base, quiet)
    if keep is not None:
        asked = {"over": " and ".join(design.keys), "sample": sample}
        claim(keep, "sweep", base, data, force=force, asks=asked, command=command_line())
    tell_short(base, data, quiet)
    ways = ways_of(epochs, "fewer values" if len(design.points) > 1 else "")
    with tempfile.TemporaryDirectory() as folder:
        place, waste = (keep, None) if keep is not None else (Path(folder), folder)
        hint = "the same command goes on from here" if keep is not None else "with --keep FOLDER a sweep goes on"
        given: dict[str, Any] = {"folder": place, "dataset": data, "keep_runs": keep_runs or False}
        try:
            if share is not None and part is not None:
                run = functools.partial(sweeping.sweep_part, base, design, part, **given)
                mine, of = watched(run, seeds, on, quiet, ways=ways, hint=hint)
                print(f"part {share.number} of {share.of}: {mine} of {of} runs are done, in {keep}")
                return
            call = functools.partial(sweeping.sweep, base, design, device_name=device, **given)
            found = watched(call, seeds, on, quiet, ways=ways, hint=hint, remove=waste)
        except GaveUp as error:
            if keep is not None:
                raise
            rescued = free_name(Path("sweep-kept"))
            shutil.copytree(place, rescued)
            raise GaveUp(f"{error}, in {rescued}, with --keep {rescued}") from None
    with ending(keep, out):
        _show(found, out, keep, form, force=force)


def _design(key: list[str], values: str | None, over: list[str], sample: str | None) -> Design:
    from ..study import comparison, grid

    if bool(key) == bool(over) or len(key) > 1:
        got = "both" if key and over else f"{len(key)} keys" if key else "neither"
        raise LayoutError(
            f"sweep: expected either a key or --over, got {got}; try: xbarsim sweep beta, or xbarsim sweep --over "
            "beta=0,1,2 --over n_max=16,32"
        )
    if over:
        if values is not None:
            raise LayoutError("--values: expected none with --over, got some; write --over KEY=VALUES")
        return grid.over(over, sample)
    name = comparison.key_of(key[0])
    if sample is not None:
        return grid.over([f"{name}={values}" if values is not None else name], sample)
    return grid.grid({name: comparison.values_of(name, values)})


_OF_JOIN = {"join", "key", "out", "keep", "force", "as_json", "as_csv", "quiet"}


def _alone(context: typer.Context) -> None:
    """Refuse what would be ignored with ``--join``: the parts say what they are."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if name not in _OF_JOIN and source is not None and source.name == "COMMANDLINE":
            flag = {"settings": "set"}.get(name, name).replace("_", "-")
            raise LayoutError(f"--join: expected folders alone, which say what was run, got --{flag}; leave it out")
    if not context.params["key"]:
        raise LayoutError("--join: expected folders with parts, got none; try: xbarsim sweep --join parts")


def _show(found: Sweep, out: Path | None, keep: Path | None, form: str, *, force: bool) -> None:
    from ..show import views_limits

    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        before, now = keep / "sweep.csv", found.to_csv()
        if before.is_file() and before.read_text(encoding="utf-8", errors="replace").count("\n") > now.count("\n"):
            note(f"{before}: had more runs than these, and is replaced; their records stay")
        found.to_csv(before)
        if importlib.util.find_spec("pyarrow") is not None:
            found.to_parquet(keep / "sweep.parquet")
        if found.effects is not None:
            found.effects.table.to_csv(keep / "effects.csv")
    if out is not None:
        found.save_figure(out, force=force)
    views_limits.show_design(found.design, found.rows, form, out, found.effects)


def _check_picture(out: Path | None, *, force: bool) -> None:
    if out is not None:
        from ..show.figures import check_picture, pyplot

        check_picture(out, force=force)
        pyplot()
