"""The command that trains learning rules side by side."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import OutputError
from ..base.files import is_folder, is_there
from ..describe.schemes import listed
from ..describe.sections import KEYS
from . import many
from .app import app, command_line, ending, option
from .devices import base_layout, data_of, form_of, tell_short, watched, ways_of
from .pictured import pictured_in_folder

_net, _out = (functools.partial(option, panel) for panel in ("Training", "Output"))


@app.command("compare")
@pictured_in_folder
def compare(
    rules: Annotated[
        str,
        _net(
            f"With commas: {listed()}. RULE=FILE.toml takes the settings of a rule from a layout file.",
            "a,b,c,crus,bs",
        ),
    ] = "a,b,c,crus,bs",
    device: Annotated[
        str | None, _net("One for all: a preset, a device file or file.py:function.", "as in the layout")
    ] = None,
    layers: Annotated[str | None, _net("Sizes, inputs first.", "784,200,10")] = None,
    layout: Annotated[Path | None, _net("Layout file (TOML) to start from.")] = None,
    iterations: Annotated[int | None, _net("Updates.", "60,000")] = None,
    epochs: Annotated[int | None, _net("Instead of --iterations.")] = None,
    settings: Annotated[
        list[str] | None,
        _net(
            "KEY=VALUE for all rules, RULE:KEY=VALUE for one, such as crus:theta_forward=0.5; may be repeated.",
            None,
            "--set",
        ),
    ] = None,
    fixed_reference: Annotated[
        bool,
        _net(
            "Also with the second device of each pair fixed, every rule that pulses pairs: what does that save?",
            None,
            "--fixed-reference",
        ),
    ] = False,
    dataset: Annotated[str | None, _net(KEYS["dataset"].help, "auto")] = None,
    seeds: Annotated[int, typer.Option(help="Runs per rule, with seeds 0, 1, 2, ...", rich_help_panel="Training")] = 3,
    workers: Annotated[int | None, _net("Worker processes.", "the cores")] = None,
    scheduler: Annotated[str | None, many.scheduler("Training")] = None,
    out: Annotated[
        Path, _out("Folder for rules.png, results.csv, curves.csv and the runs.", "rules", "--out", "-o")
    ] = Path("rules"),
    keep_runs: Annotated[Path | None, many.keep_runs("Output")] = None,
    force: Annotated[bool, _out(many.FORCE, None, "--force")] = False,
    as_json: Annotated[bool, _out("One JSON object; accuracies are fractions, energies in J.", None, "--json")] = False,
    as_csv: Annotated[bool, _out("One line per run.", None, "--csv")] = False,
    quiet: Annotated[bool, _out("No progress, no notes.", None, "--quiet", "-q")] = False,
) -> None:
    """Train several learning rules on one device, and draw accuracy against iterations, pulses, energy and the worst
    device's writes.

    All rules see the same samples in the same order, and start from the same seeds.
    Stopped, the command goes on where it was.

    Nothing is tuned to the device. Rules take the layout's defaults: those of the sign rule (a, b, c, fixed, one-sided)
    were found on linear devices; crus and its rivals take what was found on beta 5, or on devices with abrupt
    depression or potentiation, whichever is most alike; bs what was found for linear digits; rules that descend a
    gradient (stochastic, tiki-taka, ttv2, c-ttv2, agad, mixed-precision) have one learning rate for all devices.
    Settings found for your device go in with --set RULE:KEY=VALUE or RULE=FILE.toml; xbarsim tune --rule RULE finds
    those of any rule, and leaves such a file.

    Energy is C V2 for each pulse and reset, V2 G t for each read (keys pulse_voltage,
    gate_capacitance, read_width, v_read).

    [bold]xbarsim compare --rules a,b,c,crus,bs --device lim2019-beta2 -o rules[/bold]
    """
    from ..api import comparing
    from ..show import report, views_rules
    from ..show.figures import pyplot
    from ..study.claims import claim
    from ..study.fixed_reference import table_of

    form, on = form_of(as_json, as_csv), many.who(workers, scheduler, seeds)
    if is_there(out) and not is_folder(out):
        raise OutputError(f"{out}: expected a folder, got a file; choose another --out")
    plan = comparing.plan_rules(rules, settings or (), fixed_reference=fixed_reference)
    flags = {"iterations": iterations, "epochs": epochs, "dataset": dataset}
    base = base_layout(
        layout, layers, device, None, **{**plan.common, **{k: v for k, v in flags.items() if v is not None}}
    )
    plan.layouts(base, 1)  # what a rule refuses is told before any data is read
    pyplot()  # better told now than after the last run
    data = data_of(base, quiet)
    untuned = plan.untuned(base)
    if untuned and not quiet:
        report.ERR.print(
            f"{', '.join(untuned)}: with settings that were found for another device; --set RULE:KEY=VALUE or "
            "RULE=FILE.toml gives others.",
            markup=False,
        )
    asked = {"rules": rules, "settings": ", ".join(settings or ())}
    if fixed_reference:
        asked["fixed_reference"] = "yes"
    claim(out, "compare", base, data, force=force, asks=asked, command=command_line())
    tell_short(base, data, quiet)
    call = functools.partial(
        comparing.compare, base, plan, folder=out, dataset=data, device_name=device, keep_runs=keep_runs or False
    )
    found = watched(call, seeds, on, quiet, ways=ways_of(epochs, "fewer --rules" if len(plan.choices) > 1 else ""))
    with ending(out):
        found.to_csv(out / "results.csv")
        found.curves.to_csv(out / "curves.csv")
        found.save_figure(out / "rules.png", force=True)
        if found.savings:
            table_of(found.savings).to_csv(out / "savings.csv")
        views_rules.show_rules(found.rules, found.common_accuracy, form, out, found.savings)
        if form == "text":
            saved = ", savings.csv" if found.savings else ""
            print(f"\nrules.png, results.csv{saved} and curves.csv are in {out}")
