"""Commands about devices: what there is, and how they rank; and what all commands of many runs share."""

from __future__ import annotations

import functools
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
import typer.core

from ..base import checks
from ..base.errors import LayoutError, OutputError, Stopped
from ..base.files import is_folder, is_there
from ..describe.sections import KEYS
from ..describe.settings import values_of_settings, words
from . import many
from .app import app, command_line, ending, option, sizes, studying, waiting_for
from .pictured import pictured, pictured_in_folder

if TYPE_CHECKING:
    from ..data_sets.data_set import Dataset
    from ..describe.layout import Layout

T = TypeVar("T")


class _DevicesGroup(typer.core.TyperGroup):
    """Tells whoever asks for a list as of data sets that the command alone is one."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that is asked for."""
        if args[0] == "list":
            raise LayoutError("devices: expected 'show' or 'new', got 'list'; xbarsim devices alone lists them")
        return super().resolve_command(ctx, args)


devices_app = typer.Typer(
    cls=_DevicesGroup, help="List the devices that ship, show one, or begin one of your own.", no_args_is_help=False
)
app.add_typer(devices_app, name="devices")

_net, _out = (functools.partial(option, panel) for panel in ("Training", "Output"))


@devices_app.callback(invoke_without_command=True)
def devices(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """List the devices that ship, with their source; ``devices show NAME`` tells all of one."""
    if context.invoked_subcommand is not None:
        return
    from ..describe.device_files import presets
    from ..show import views_devices
    from ..study.device_cards import card_of

    views_devices.show_devices([card_of(name) for name in presets()], "json" if as_json else "text")


@devices_app.command("show")
@pictured
def devices_show(
    name: Annotated[str, typer.Argument(help="A preset, a device file (.toml), or file.py:function.")],
    plot: Annotated[Path | None, typer.Option(help="Picture: .png, .pdf or .svg.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the devices and cycles in the picture.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing picture.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show one device: numbers, source, and with --plot what pulses do to it.

    [bold]xbarsim devices show neurosim-epiram --plot epiram.png[/bold]
    """
    from ..show import views_devices
    from ..study.device_cards import card_of

    checks.integer("--seed", seed, least=0, most=2**32 - 1)
    card = card_of(name)
    if plot is not None:
        from ..show.figures_devices import plot_device

        plot_device(card, plot, seed=seed, force=force)
    views_devices.show_device(card, "json" if as_json else "text", plot)


@devices_app.command("new")
def devices_new(
    name: Annotated[str, typer.Argument(help="Name of the device: NAME.toml is written.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Write a commented device file to fill in; as it stands it is valid, and trains.

    [bold]xbarsim devices new mine[/bold], then [bold]xbarsim run --layers 784,200,10 --device mine.toml[/bold]
    """
    from ..base.files import created
    from ..describe.commented import commented_device
    from ..describe.device_files import presets
    from ..show import report

    path = Path(name if name.endswith(".toml") else f"{name}.toml")
    ending = Path(name).suffix
    if ending != ".toml" and ending[1:].isalpha():
        raise LayoutError(
            f"devices new: expected a name, or one that ends in .toml, got '{name}'; a device file is TOML: give "
            f"{Path(name).stem}, or name a function of yours as it is: --device {Path(name).stem}.py:step"
        )
    if path.stem in presets():
        raise LayoutError(f"devices new: expected a name of its own, got '{path.stem}', which ships; choose another")
    with created(path, force=force) as stream:
        stream.write(commented_device(path.name).encode())
    report.OUT.print(f"{path}: see it with: xbarsim devices show {path}; train with: --device {path}", markup=False)


@app.command("compare-devices")
@pictured_in_folder
def compare_devices(
    layers: Annotated[str | None, _net("Sizes, inputs first.", "784,200,10")] = None,
    devices: Annotated[str | None, _net("With commas: presets, device files, file.py:function.", "all presets")] = None,
    layout: Annotated[Path | None, _net("Layout file (TOML) to start from.")] = None,
    method: Annotated[str | None, _net("a, b, c, fixed or one-sided.", "b")] = None,
    iterations: Annotated[int | None, _net("Updates.", "60,000")] = None,
    epochs: Annotated[int | None, _net("Instead of --iterations.")] = None,
    settings: Annotated[
        list[str] | None, _net("Any key of a layout, KEY=VALUE; may be repeated.", None, "--set")
    ] = None,
    dataset: Annotated[str | None, _net(KEYS["dataset"].help, "auto")] = None,
    seeds: Annotated[
        int, typer.Option(help="Runs per device, with seeds 0, 1, 2, ...", rich_help_panel="Training")
    ] = 3,
    workers: Annotated[int | None, _net("Worker processes.", "the cores")] = None,
    scheduler: Annotated[str | None, many.scheduler("Training")] = None,
    out: Annotated[Path, _out("Folder for ranking.png, results.csv and the runs.", None, "--out", "-o")] = Path(
        "devices"
    ),
    keep_runs: Annotated[Path | None, many.keep_runs("Output")] = None,
    force: Annotated[bool, _out(many.FORCE, None, "--force")] = False,
    as_json: Annotated[bool, _out("One JSON object; accuracies are fractions.", None, "--json")] = False,
    as_csv: Annotated[bool, _out("One line per run.", None, "--csv")] = False,
    quiet: Annotated[bool, _out("No progress, no notes.", None, "--quiet", "-q")] = False,
) -> None:
    """Train the same network on many devices, and rank them.

    Leaves a picture and a table in a folder, and a record per run; stopped, it goes on where it was.

    [bold]xbarsim compare-devices --layers 784,200,10 -o devices[/bold]
    """
    from ..api.comparing import compare_devices as compare
    from ..describe.device_files import presets
    from ..show import views_devices
    from ..show.figures import pyplot
    from ..study import comparison
    from ..study.claims import claim

    form, on = form_of(as_json, as_csv), many.who(workers, scheduler, seeds)
    if is_there(out) and not is_folder(out):
        raise OutputError(f"{out}: expected a folder, got a file; choose another --out")
    names = words(devices) if devices is not None else list(presets())
    base = base_layout(
        layout, layers, None, settings, method=method, iterations=iterations, epochs=epochs, dataset=dataset
    )
    comparison.with_devices(base, names)  # what is refused is told before any data is read
    pyplot()  # better told now than after the last run
    data = data_of(base, quiet)
    claim(out, "compare-devices", base, data, force=force, asks={"devices": ", ".join(names)}, command=command_line())
    tell_short(base, data, quiet)
    call = functools.partial(compare, base, names, folder=out, dataset=data, keep_runs=keep_runs or False)
    found = watched(call, seeds, on, quiet, ways=ways_of(epochs, "fewer --devices" if len(names) > 1 else ""))
    with ending(out):
        found.to_csv(out / "results.csv")
        found.save_figure(out / "ranking.png", force=True)
        views_devices.show_rows(found.rows, "device", form, out=out, rank=True)
        if form == "text":
            print(f"\nranking.png and results.csv are in {out}")


def form_of(as_json: bool, as_csv: bool) -> str:
    """How results are shown."""
    if as_json and as_csv:
        raise LayoutError("--csv: expected either --json or --csv, got both; leave one out")
    return "json" if as_json else "csv" if as_csv else "text"


def base_layout(
    file: Path | None, layers: str | None, device: str | None, settings: list[str] | None, **flags: Any
) -> Layout:
    """The layout that all runs have in common: file, then device, then --set, then flags."""
    from ..describe.layout import Layout

    if file is None:
        base = Layout.of(layers=sizes(layers) if layers is not None else (784, 200, 10))
    else:
        given: dict[str, Any] = {"layers": sizes(layers)} if layers is not None else {}
        base = Layout.from_toml(file, **given)
    if device is not None:
        base = base.with_device(device)
    given = values_of_settings(settings or ())
    return base.replace(**given, **{k: v for k, v in flags.items() if v is not None})


def data_of(base: Layout, quiet: bool) -> Dataset:
    """The data set of a layout; says so where it is not what the user may think."""
    from ..data_sets.load import load_dataset
    from ..data_sets.mnist import HOW_TO_GET_MNIST, why_not_mnist
    from ..show import report

    with waiting_for(base.run.dataset, quiet=quiet):
        data = load_dataset(base.run.dataset)
    data.check_fits(base.network.layers)
    if base.run.dataset == "auto" and data.name != "mnist" and not quiet:
        report.ERR.print(f"{why_not_mnist()}, using the embedded digits ({HOW_TO_GET_MNIST}).", markup=False)
    return data


def tell_short(base: Layout, data: Dataset, quiet: bool) -> None:
    """Say so where runs are shorter than usual: what limits or ranks them may be another thing then."""
    from ..data_sets.order import iterations_of
    from ..show import report

    n, usual = iterations_of(base, len(data.y_train)), int(KEYS["iterations"].usual)
    if n < usual and not quiet:
        report.ERR.print(
            f"Runs of {n:,} of the usual {usual:,} iterations: longer ones may rank otherwise.", markup=False
        )


FEWER = "fewer evaluations (--set eval_last=1)"
"""What makes evaluations fewer, where there is ``--set``."""


def ways_of(epochs: int | None, *others: str) -> list[str]:
    """What would shorten a study: its length, as it was given, and others, of which "" are none."""
    return ["--epochs" if epochs is not None else "--iterations", *(way for way in others if way)]


def watched(
    call: Callable[..., T],
    seeds: int,
    workers: int | str,
    quiet: bool,
    *,
    ways: Sequence[str],
    fewer: str = FEWER,
    **more: Any,
) -> T:
    """Do many runs with progress, until they are done or a signal comes; `ways`, besides fewer seeds, would shorten
    them, and `more` goes to `studying`.
    """
    from ..show import report

    length, *others = ways
    ways = [length, *(["--seeds"] if seeds > 1 else []), *others]
    with studying(workers, quiet=quiet, ways=ways, fewer=fewer, **more) as (stop, arguments):
        try:
            return call(seeds=seeds, **arguments)
        except Stopped:
            pass
    report.ERR.print(stop.interrupted)
    raise typer.Exit(128 + (stop.signal or signal.SIGINT))
