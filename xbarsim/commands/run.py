"""``xbarsim run``."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..base.errors import LayoutError
from ..base.files import free_name
from .app import MAX_MEMORY, app, command_line, option, stoppable, waiting_for
from .flags import given_values, with_flags
from .merge import check_same, merge, tell_ignored
from .short_help import CONTEXT, HELP_ALL, ShortHelpCommand

if TYPE_CHECKING:
    from ..describe.layout import Layout
    from ..loop.costs import Meter
    from ..loop.results import Result


@app.command(cls=ShortHelpCommand, context_settings=CONTEXT)
@with_flags
def run(
    layout: Annotated[
        Path | None, typer.Argument(help="Layout file (TOML); flags override it.", show_default=False)
    ] = None,
    device: Annotated[
        str | None,
        option(
            "Device",
            "Preset (xbarsim devices), device file (.toml), or file.py:function; other flags override it.",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None, option("Run", "Any key of a layout, KEY=VALUE; may be repeated.", None, "--set")
    ] = None,
    out: Annotated[
        Path | None, option("Output", "Run file.", "run.h5; if it is there, run-2.h5, ...", "--out", "-o")
    ] = None,
    no_trace: Annotated[bool, option("Output", "Write no run file.", None, "--no-trace")] = False,
    force: Annotated[bool, option("Output", "Overwrite an existing run file.", None, "--force")] = False,
    resume: Annotated[Path | None, option("Output", "Continue this run file to its end.")] = None,
    max_memory: Annotated[str | None, option("Run", MAX_MEMORY, "XBARSIM_MAX_MEMORY, or half of the machine's")] = None,
    commit_every: Annotated[float, option("Output", "Seconds between updates of the file.", "1")] = 1.0,
    as_json: Annotated[
        bool, option("Output", "Result as one JSON object; accuracies are fractions.", None, "--json")
    ] = False,
    quiet: Annotated[bool, option("Output", "No progress bar, no notes.", None, "--quiet", "-q")] = False,
    help_all: Annotated[bool, HELP_ALL] = False,
    **flags: Any,
) -> None:
    """Train a network, and keep every conductance.

    [bold]xbarsim run --layers 784,200,10[/bold]
    """
    given = given_values(settings, flags)
    if not commit_every >= 0.0:
        raise LayoutError(f"--commit-every: expected seconds >= 0, got {commit_every:g}; give for example 1")
    if resume is not None:
        for name, value in (("--out", out), ("--force", force), ("--no-trace", no_trace)):
            if value:
                raise LayoutError(f"{name}: expected --resume alone, got both; a run is continued in its own file")
        _run_resume(resume, layout, device, given, commit_every, max_memory, as_json=as_json, quiet=quiet)
        return
    if no_trace and out is not None:
        raise LayoutError("--no-trace: expected either --out or --no-trace, got both; leave one out")
    merged = merge(layout, device, given)
    tell_ignored(merged, given)
    path = None if no_trace else out or (Path("run.h5") if force else free_name(Path("run.h5")))
    from concurrent.futures import ThreadPoolExecutor

    from ..data_sets.load import load_dataset, recorded_name
    from ..data_sets.mnist import HOW_TO_GET_MNIST, why_not_mnist

    # Decompressing MNIST and importing Numba take half a second each; side by side they take half a second.
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(load_dataset, merged.run.dataset, max_memory=max_memory)
        from ..data_sets.order import iterations_of
        from ..learn.table import engine_for
        from ..loop import simulate
        from ..loop.costs import Meter, has_devices
        from ..record.places import check_writable
        from ..show import report
        from ..show.progress import RunDisplay

        if path is not None:
            check_writable(path, force=force, resumed=True)
        engine_for(merged)  # also starts Numba
        with waiting_for(merged.run.dataset, quiet=quiet):
            data = loading.result()
    if merged.run.dataset == "auto" and data.name != "mnist" and not quiet:
        report.ERR.print(f"{why_not_mnist()}, using the embedded digits ({HOW_TO_GET_MNIST}).", markup=False)
    if out is None and path is not None and path.name != "run.h5" and not quiet:
        report.ERR.print(f"run.h5 exists already; this run goes into {path}", markup=False)
    merged = merged.replace(dataset=recorded_name(merged.run.dataset, data))
    meter = Meter(merged, data) if has_devices(merged) else None
    ways = _ways(merged, iterations_of(merged, len(data.y_train)))
    with stoppable() as stop, RunDisplay(quiet=quiet, **ways) as display:
        result = simulate.run(
            merged,
            out=path,
            dataset=data,
            force=force,
            listener=stop.listener(display),
            stop=stop.asked,
            command_line=command_line(),
            commit_seconds=commit_every,
            watch=meter,
        )
    _finish(result, merged, stop.signal, as_json=as_json, meter=meter)


def _ways(layout: Layout, iterations: int) -> dict[str, Any]:
    """What would shorten a run of so many iterations."""
    length = "--iterations" if layout.run.epochs is None else "--epochs"
    few = [f"--eval-last {min(1, layout.run.eval_last)}"] if layout.run.eval_last > 1 else []
    often = ["a larger --eval-every"] if layout.run.spacing(iterations) else []
    return {"ways": [length], "fewer": " and ".join([*few, *often])}


def _run_resume(
    path: Path,
    layout: Path | None,
    device: str | None,
    given: dict[str, Any],
    commit_every: float,
    max_memory: str | None,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    from ..data_sets.load import load_dataset
    from ..loop import simulate
    from ..record.trace import Trace
    from ..show import report
    from ..show.progress import RunDisplay

    with Trace(path) as trace:
        saved, finished = trace.layout, trace.finished
    longer = {name: given.pop(name) for name in ("iterations", "epochs") if name in given}
    plugin = check_same(path, saved, layout, device, given)
    with waiting_for(saved.run.dataset, quiet=quiet):
        data = load_dataset(saved.run.dataset, max_memory=max_memory)
    as_it_was = all(getattr(saved.run, name) == value for name, value in longer.items())
    if finished and as_it_was and not quiet and not saved.rule.read_only:
        report.ERR.print(f"{path} is finished already; nothing to do.")
    with stoppable() as stop, RunDisplay(quiet=quiet) as display:
        result = simulate.resume(
            path,
            dataset=data,
            device=plugin,
            listener=stop.listener(display),
            stop=stop.asked,
            commit_seconds=commit_every,
            **longer,
        )
    _finish(result, saved, stop.signal, as_json=as_json, time=not (finished and as_it_was))


def _finish(
    result: Result, layout: Layout, signum: int | None, *, as_json: bool, time: bool = True, meter: Meter | None = None
) -> None:
    from ..show import report
    from ..show.summary import run_summary

    # Of a run that was stopped the last look may lie before its end; of one that was resumed the reads are not known.
    spent = meter.energy[-1] if meter is not None and meter.energy and result.finished else None
    if as_json:
        energy = None if spent is None else {**spent._asdict(), "total": spent.total}
        report.dump({**result.as_dict(), "energy_J": energy})
    else:
        report.OUT.print(run_summary(result, layout, spent, time=time))
    if not result.finished:
        where = f"; continue with: xbarsim run --resume {result.out}" if result.out else ""
        report.ERR.print(f"Interrupted at iteration {result.iterations:,}{where}")
        raise typer.Exit(128 + (signum or signal.SIGINT))
