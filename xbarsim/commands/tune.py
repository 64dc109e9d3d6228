"""``xbarsim tune``."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..base import checks
from ..base.errors import LayoutError, OutputError, nearest
from ..base.files import is_folder, is_there
from ..describe.rules.table import RULES
from ..describe.schemes import FORMER, SCHEMES
from . import many
from . import tune_crus as by_noise
from .app import app, command_line, ending, option
from .devices import base_layout, data_of, watched
from .pictured import pictured_in_folder

if TYPE_CHECKING:
    from ..describe.layout import Layout

BY = {
    "accuracy": "the accuracy of training samples that are held out",
    "noise": "the least update noise, of rules that leave it",
}
"""What settings are chosen by."""

_what, _how, _noise, _out = (
    functools.partial(option, panel) for panel in ("What is tuned", "Search", "By update noise", "Output")
)


@app.command()
@pictured_in_folder
def tune(
    context: typer.Context,
    layout: Annotated[Path | None, typer.Argument(help="Layout file (TOML).", show_default=False)] = None,
    layers: Annotated[str | None, _what("Instead: sizes, inputs first.", "784,200,10")] = None,
    rule: Annotated[str | None, _what("Rule to tune, as compare names it.", "the layout's")] = None,
    device: Annotated[str | None, _what("A preset, a device file or file.py:function.", "the layout's")] = None,
    settings: Annotated[list[str] | None, _what("Any key of a layout, KEY=VALUE; may be repeated.", None, "--set")] = (
        None
    ),
    dataset: Annotated[str | None, _what("Data set.", "the layout's")] = None,
    by: Annotated[
        str | None,
        _how("accuracy (held-out), or update noise, of rules that leave it: noise.", "what the rule goes by"),
    ] = None,
    search: Annotated[
        list[str] | None,
        _how("KEY=lin:LOW:HIGH, log:LOW:HIGH or A,B,C; or a key alone.", "the rule's keys that have a range"),
    ] = None,
    budget: Annotated[int, typer.Option(help="Settings that are tried.", rich_help_panel="Search")] = 24,
    iterations: Annotated[int, typer.Option(help="Length of a short run.", rich_help_panel="Search")] = 12_000,
    seeds: Annotated[int, typer.Option(help="Runs of each setting.", rich_help_panel="Search")] = 1,
    finalists: Annotated[
        int, typer.Option(help="The best so many get two more seeds each.", rich_help_panel="Search")
    ] = 3,
    confirm: Annotated[
        int, typer.Option(help="Fresh seeds of the best and of the layout as it was.", rich_help_panel="Search")
    ] = 3,
    held_out: Annotated[int | None, _how("Training samples held out: the last so many.", "a sixth, <= 10,000")] = None,
    how: Annotated[
        str, typer.Option(help="tpe (Optuna), lhs (SciPy), grid; auto: the first there is.", rich_help_panel="Search")
    ] = "auto",
    at_once: Annotated[
        int, typer.Option(help="Settings asked for before any of their results.", rich_help_panel="Search")
    ] = 4,
    forward: Annotated[str, typer.Option(help="Values of theta_forward.", rich_help_panel="By update noise")] = (
        by_noise.THETAS
    ),
    reverse: Annotated[str, typer.Option(help="Values of theta_reverse.", rich_help_panel="By update noise")] = (
        by_noise.THETAS
    ),
    factors: Annotated[
        str, typer.Option(help="Multiples of the layout's rate.", rich_help_panel="By update noise")
    ] = by_noise.FACTORS,
    window: Annotated[
        int, typer.Option(help="Samples per window of update noise.", rich_help_panel="By update noise")
    ] = 1000,
    seed: Annotated[int | None, _noise("Seed of the runs.", "the layout's")] = None,
    workers: Annotated[int | None, _how("Worker processes.", "the cores")] = None,
    scheduler: Annotated[str | None, many.scheduler("Search")] = None,
    out: Annotated[Path, _out("Folder for the picture, the table and the best layout.", "tune", "--out", "-o")] = Path(
        "tune"
    ),
    force: Annotated[bool, _out(many.FORCE, None, "--force")] = False,
    as_json: Annotated[bool, _out("One JSON object; accuracies are fractions.", None, "--json")] = False,
    quiet: Annotated[bool, _out("No progress.", None, "--quiet", "-q")] = False,
) -> None:
    """Choose the settings of a learning rule, on training samples alone.

    Short runs, of which those with the best accuracy on held-out training samples are trained again with other seeds.
    The test set is never looked at. Stopped, it goes on where it was; with a larger --budget it searches on where
    Optuna chooses, and begins anew with --how lhs or grid, whose settings are others then.

    [bold]xbarsim tune --rule b --device neurosim-ag-asi[/bold]
    """
    base = _layout(layout, layers, rule, device, dataset, settings, context)
    chosen = by or ("noise" if _given(context, *by_noise.FLAGS) else base.rule.tuned_by(base))
    if chosen not in BY:
        raise LayoutError(f"--by: unknown figure '{chosen}'; {nearest(chosen, BY)}")
    _refuse_others(context, chosen)
    if is_there(out) and not is_folder(out):
        raise OutputError(f"{out}: expected a folder, got a file; choose another --out")
    on = many.who(workers, scheduler, seeds)
    if chosen == "noise":
        by_noise.tune_by_noise(
            base,
            forward=forward,
            reverse=reverse,
            factors=factors,
            iterations=iterations,
            window=window,
            held_out=10_000 if held_out is None else held_out,
            seed=seed,
            workers=on,
            out=out,
            force=force,
            as_json=as_json,
            quiet=quiet,
        )
        return
    _by_accuracy(
        base,
        search or [],
        {"budget": budget, "finalists": finalists, "confirm": confirm, "iterations": iterations, "at_once": at_once},
        how,
        held_out,
        device,
        out,
        seeds=seeds,
        workers=on,
        force=force,
        as_json=as_json,
        quiet=quiet,
    )


def _by_accuracy(
    base: Layout,
    search: list[str],
    numbers: dict[str, int],
    how: str,
    held_out: int | None,
    device: str | None,
    out: Path,
    *,
    seeds: int,
    workers: int | str,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    from ..api import tuning
    from ..show.figures import pyplot
    from ..show.views_tuning import show_tuning
    from ..study.claims import claim
    from ..study.space import in_words, space_of
    from ..study.tune import held_out as part_of
    from ..study.tuned import held_out_of

    space = space_of(base, search)
    plan = tuning.plan_of(seeds=seeds, how=how, **numbers)
    pyplot()  # better told now than after the last run
    data = data_of(base, quiet)
    part_of(data, held_out_of(data, held_out))  # told before a folder is taken
    # More settings, or more seeds, are no other search.
    asked = {
        "searched": in_words(space),
        "by": plan.way,
        "asked at once": plan.at_once,
        "iterations": plan.iterations,
        "held out": held_out_of(data, held_out),
    }
    claim(out, "tune", base, data, force=force, asks=asked, command=command_line())
    more: dict[str, Any] = {"how": plan.way, "held_out": held_out, "device_name": device, **numbers}
    call = functools.partial(tuning.tune, base, search, folder=out, dataset=data, **more)
    found = watched(call, seeds, workers, quiet, ways=["--iterations", "--budget"], fewer="")
    with ending(out):
        found.save(out)
        found.save_figure(out / "tune.png", force=True)
        show_tuning(found.tuned, found.as_dict(), out, "json" if as_json else "text")


def _layout(
    path: Path | None,
    layers: str | None,
    rule: str | None,
    device: str | None,
    dataset: str | None,
    settings: list[str] | None,
    context: typer.Context,
) -> Layout:
    if path is not None and layers is not None:
        raise LayoutError("tune: expected either a layout file or --layers, got both; leave one out")
    if path is None and layers is None and rule is None:
        raise LayoutError(
            "tune: expected a layout file, --layers or --rule, got none of them; try: xbarsim tune --rule b"
        )
    if rule is None and path is None and _given(context, *by_noise.FLAGS):
        rule = by_noise.RULE
    return base_layout(path, layers, device, settings, dataset=dataset, **_named(rule))


def _named(rule: str | None) -> dict[str, Any]:
    """What a name of a rule stands for; that of a family leaves open which of it."""
    if rule is None:
        return {}
    rule = FORMER.get(rule, rule)
    if rule in SCHEMES:
        return dict(SCHEMES[rule])
    if rule in RULES:
        return {"rule": rule}
    raise LayoutError(f"--rule: unknown rule '{rule}'; {nearest(rule, [*SCHEMES, *RULES])}")


def _given(context: typer.Context, *names: str) -> list[str]:
    """Which of some options stand on the command line."""
    sources = {name: context.get_parameter_source(name) for name in names}
    return [name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"]


_OF_ACCURACY = ("search", "budget", "seeds", "finalists", "confirm", "how", "at_once")


def _refuse_others(context: typer.Context, by: str) -> None:
    """What the other way of choosing asks for is not ignored."""
    others = _given(context, *(_OF_ACCURACY if by == "noise" else by_noise.FLAGS))
    if others:
        flag = f"--{others[0].replace('_', '-')}"
        other = "accuracy" if by == "noise" else "noise"
        raise LayoutError(f"{flag}: expected nothing of --by {other} with --by {by}, got it; leave one out")
    if by == "noise":
        checks.integer("--iterations", context.params["iterations"], least=1, most=2**31)
