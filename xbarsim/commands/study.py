"""Commands for whole studies: ``xbarsim reproduce`` and ``xbarsim transfer``."""

from __future__ import annotations

import functools
import signal
from pathlib import Path
from typing import Annotated, Any

import typer

from ..base.errors import LayoutError, OutputError
from ..base.files import is_folder, is_there
from ..describe.sections import KEYS
from ..describe.settings import seconds_of, words
from ..describe.words import in_words
from . import many
from .app import PLUGIN_OF_RUN, REPLAYING, app, command_line, stoppable, waiting_for
from .devices import watched
from .pictured import pictured, pictured_in_folder


@app.command()
@pictured_in_folder
def reproduce(
    figures: Annotated[
        list[str] | None,
        typer.Argument(
            help=(
                "fig6 ... fig14, all, sensitivity (what the paper leaves open), or crus (another paper, a "
                "reconstruction); or a study of its own: bs, rules (which rule is best on which device), or target "
                "(rules program a matrix beside references that are wrong)."
            ),
            show_default="all",
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Runs per point, with seeds 0, 1, 2, ...")] = 3,
    iterations: Annotated[
        int | None,
        typer.Option(help="What stands for the paper's 60,000.", show_default="60,000; of rules, target 20,000"),
    ] = None,
    epochs: Annotated[int, typer.Option(help="Of bs: length of its runs.")] = 20,
    deep: Annotated[bool, typer.Option("--deep", help="Of bs: 784-500-250-10 instead of 784-200-10.")] = False,
    budget: Annotated[
        int | None, typer.Option(help="Of rules: settings tried for each rule on each device.", show_default="8")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Of rules, target: short runs, one seed: a look.")] = False,
    rules: Annotated[str | None, typer.Option(help="Of rules: which, with commas.", show_default="all")] = None,
    devices: Annotated[
        str | None, typer.Option(help="Of rules: which devices, as ideal,soft-bounds,epiram.", show_default="all")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes.", show_default="the cores")] = None,
    scheduler: Annotated[str | None, many.scheduler()] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for pictures and tables.")] = Path("reproduction"),
    dataset: Annotated[str, typer.Option(help=KEYS["dataset"].help)] = "auto",
    keep_runs: Annotated[bool, typer.Option("--keep-runs", help="Leave the HDF5 file of every run.")] = False,
    force: Annotated[bool, typer.Option("--force", help=many.FORCE)] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Tables as one JSON object; accuracies are fractions.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no notes.")] = False,
) -> None:
    """Rerun Lim 2019 beside its published figures; bs: binary-stochastic learning (Li 2023, a reconstruction); rules:
    all learning rules on several devices; target: rules that program a matrix.

    Leaves a picture per figure, tables and raw results in a folder. Stopped, it goes on where it was.

    [bold]xbarsim reproduce all[/bold]
    """
    from ..api import reproducing
    from ..api.own_studies import check_options, data_for, own_of
    from ..data_sets.mnist import HOW_TO_GET_MNIST, why_not_mnist
    from ..show import report, views_studies
    from ..show.figures import pyplot
    from ..study.claims import claim
    from ..study.papers import chosen

    names = [name for text in figures or ("all",) for name in words(text)]
    own = own_of(names)
    some = chosen(names) if own is None else []
    options: dict[str, Any] = {
        "iterations": iterations,
        "epochs": epochs,
        "deep": deep,
        "budget": budget,
        "quick": quick,
        "rules": tuple(words(rules)) if rules else (),
        "devices": tuple(words(devices)) if devices else (),
    }
    check_options(own, options)
    on = many.who(workers, scheduler, seeds)
    if is_there(out) and not is_folder(out):
        raise OutputError(f"{out}: expected a folder, got a file; choose another --out")
    pyplot()  # better told now than after the last run
    with waiting_for(dataset if own is None or own.images else "digits", quiet=quiet):
        data = data_for(own, dataset)
    reproducing.check_reproduction(names, data, options)
    if dataset == "auto" and data.name != "mnist" and (own is None or own.images) and not quiet:
        report.ERR.print(f"{why_not_mnist()}, using the embedded digits ({HOW_TO_GET_MNIST}).", markup=False)
    asked = own.asked(options) if own is not None else {"iterations": 60_000 if iterations is None else iterations}
    what = f"reproduce {names[0] if own is not None else 'figures'}"
    claim(out, what, None, data, force=force, asks=asked, command=command_line())
    call = functools.partial(
        reproducing.reproduce,
        names,
        **options,
        folder=out,
        dataset="auto" if own is not None and not own.images else data,  # what was given was told above
        keep_runs=keep_runs,
        command_line=command_line(),
    )
    ways = own.ways if own is not None else ["--iterations", *(["fewer figures"] if len(some) > 1 else [])]
    found = watched(call, seeds, on, quiet, ways=ways, fewer="")
    form = "json" if as_json else "text"
    if isinstance(found, reproducing.Reproduction):
        found.save_figures(out)
        views_studies.show_sheets(list(found.sheets), out, form)
    else:
        found.save_figure(out / found.picture, force=True)
        found.show(out, form)


@app.command()
def transfer(
    file: Annotated[Path, typer.Argument(help="Run file.")],
    sigma: Annotated[
        list[str], typer.Option(help="G is X times what is written, X ~ N(1, sigma); several with commas, or repeated.")
    ],
    repeats: Annotated[int, typer.Option(help="Arrays drawn.")] = 10,
    write: Annotated[
        str, typer.Option(help="weights: one device carries W, the other is at Gmin; states: both as trained.")
    ] = "weights",
    seed: Annotated[int | None, typer.Option(help="Seed of the draws.", show_default="the run's")] = None,
    sigma_negative: Annotated[str, typer.Option(help=KEYS["sigma_negative"].help)] = "zero",
    sigma_per: Annotated[str, typer.Option(help=KEYS["sigma_per"].help)] = "device",
    device: Annotated[str | None, PLUGIN_OF_RUN] = None,
    iteration: Annotated[int | None, typer.Option(help="Number of updates done.", show_default="the last")] = None,
    workers: Annotated[int, typer.Option(help="Worker processes; 1: none beside this one.")] = 1,
    scheduler: Annotated[str | None, many.scheduler()] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object; accuracies are fractions.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Test a trained network on other devices.

    Off-chip learning, as in Fig. 14 of Lim et al. 2019: [bold]xbarsim transfer run.h5 --sigma 0.5[/bold]
    """
    if not sigma:
        raise LayoutError("--sigma: expected a standard deviation, got none; give for example --sigma 0.5")
    try:
        scatters = [float(part) for text in sigma for part in words(text)]
    except ValueError:
        raise LayoutError(f"--sigma: expected numbers, got '{','.join(sigma)}'; give for example 0.5,1") from None
    from ..after import transfer as offchip
    from ..record.trace import Trace
    from ..show import report, views_studies
    from ..show.progress import CountDisplay
    from ..study.transfers import run_transfers

    on = many.who(workers if scheduler is None or workers != 1 else None, scheduler)
    ways = ["--repeats", *(["fewer --sigma"] if len(scatters) > 1 else [])]
    if on != 1:
        how = {"seed": seed, "write": write, "sigma_negative": sigma_negative, "sigma_per": sigma_per}
        with stoppable("Interrupted.") as stop, CountDisplay("arrays", quiet=quiet, ways=ways) as display:
            found = run_transfers(
                file,
                scatters,
                repeats,
                workers=on,
                device=device,
                listener=display,
                stop=stop.asked,
                iteration=iteration,
                **how,
            )
        if found is None:
            report.ERR.print(stop.interrupted)
            raise typer.Exit(128 + (stop.signal or signal.SIGINT))
        views_studies.show_transfers(found, "json" if as_json else "text")
        return
    with (
        Trace(file, device=device) as trace,
        waiting_for(file.name, quiet=quiet, text=REPLAYING),
        CountDisplay("arrays", quiet=quiet, ways=ways) as display,
    ):
        done = [
            offchip.transfer(
                trace,
                sigma=s,
                repeats=repeats,
                seed=seed,
                write=write,
                sigma_negative=sigma_negative,
                sigma_per=sigma_per,
                iteration=iteration,
                listener=display.part(k, len(scatters)),
            )
            for k, s in enumerate(scatters)
        ]
    views_studies.show_transfers(done, "json" if as_json else "text")


@app.command()
@pictured
def retention(
    file: Annotated[Path, typer.Argument(help="Run file.")],
    times: Annotated[str, typer.Option(help="Since training ended, s or with a unit: 1s,1h,1d,1y.")] = (
        "1,1e1,1e2,1e3,1e4,1e5,1e6,1e7,1e8"
    ),
    drift: Annotated[float | None, typer.Option(help="nu of G (t / t0)^-nu.", show_default="the run's")] = None,
    drift_sigma: Annotated[float | None, typer.Option(help=KEYS["drift_sigma"].help, show_default="the run's")] = None,
    drift_start: Annotated[float | None, typer.Option(help=KEYS["drift_start"].help, show_default="the run's")] = None,
    relax_time: Annotated[
        float | None, typer.Option(help="Time of exp(-(t / time)^exponent), s; 0: none.", show_default="the run's")
    ] = None,
    relax_exponent: Annotated[float | None, typer.Option(help="Its exponent.", show_default="the run's")] = None,
    relax_to: Annotated[float | None, typer.Option(help=KEYS["relax_to"].help, show_default="the run's")] = None,
    repeats: Annotated[int, typer.Option(help="Draws of the devices' exponents.")] = 3,
    device: Annotated[str | None, PLUGIN_OF_RUN] = None,
    iteration: Annotated[int | None, typer.Option(help="Number of updates done.", show_default="the last")] = None,
    plot: Annotated[Path | None, typer.Option(help="Picture: .png, .pdf or .svg.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing picture.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object; accuracies are fractions.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Let a trained network age, and test it.

    Conductances drift as a power of time, or relax:
    [bold]xbarsim retention run.h5 --drift 0.05 --drift-sigma 0.02[/bold]
    """
    from ..after import retention as aging
    from ..record.trace import Trace
    from ..show import views_studies
    from ..show.progress import CountDisplay

    seconds = tuple(seconds_of(t) for t in words(times))
    given = {
        "drift": drift,
        "drift_sigma": drift_sigma,
        "drift_start": drift_start,
        "relax_time": relax_time,
        "relax_exponent": relax_exponent,
        "relax_to": relax_to,
    }
    if plot is not None:
        from ..show.figures import check_picture

        check_picture(plot, force=force)
    departures: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    ways = ["--repeats", *(["fewer --times"] if len(seconds) > 1 else [])]
    with (
        Trace(file, device=device) as trace,
        waiting_for(file.name, quiet=quiet, text=REPLAYING),
        CountDisplay("arrays", quiet=quiet, ways=ways) as display,
    ):
        result = aging.retention(
            trace, times=seconds, repeats=repeats, iteration=iteration, listener=display, **departures
        )
        what = in_words(trace.layout.replace(**departures), dataset=trace.provenance["dataset"])
    if plot is not None:
        from ..show.figures_retention import plot_retention

        plot_retention(result, plot, what)
    views_studies.show_retention(result, "json" if as_json else "text")
