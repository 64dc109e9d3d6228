"""The command line: parse, call, show. Heavy imports stand inside the commands, so that ``--help`` is instant."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core

from ._version import __version__
from .errors import LayoutError, XbarsimError, nearest

if TYPE_CHECKING:
    from .layout import Layout


class _PlainGroup(typer.core.TyperGroup):
    """Lists the commands in plain text: importing Rich would double the time of ``xbarsim --help``."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(**{**kw, "rich_markup_mode": None})


app = typer.Typer(
    name="xbarsim",
    cls=_PlainGroup,
    help="Train neural networks on simulated crossbars of real synapse devices, pulse by pulse.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
data_app = typer.Typer(help="List data sets, or download one.", no_args_is_help=True)
app.add_typer(data_app, name="data")


def _show_version(value: bool) -> None:
    if value:
        print(f"xbarsim {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


# ---------------------------------------------------------------------------------------------------------------------
# run


def _option(panel: str, text: str, default: str | None = None, *names: str) -> Any:
    """An option that is not set unless given; `default` is what the layout then takes, for the help."""
    return typer.Option(*names, help=text, show_default=default or False, rich_help_panel=panel)


_net, _dev, _pul, _run, _out = (
    functools.partial(_option, panel) for panel in ("Network", "Device", "Pulses and neurons", "Run", "Output")
)


@app.command()
def run(
    layout: Annotated[
        Path | None, typer.Argument(help="Layout file (TOML); flags override it.", show_default=False)
    ] = None,
    layers: Annotated[str | None, _net("Sizes, inputs first: 784,200,10.")] = None,
    method: Annotated[str | None, _pul("Pair method a, b or c.", "b")] = None,
    beta: Annotated[float | None, _dev("Nonlinearity of potentiation.", "2")] = None,
    beta_d: Annotated[float | None, _dev("Nonlinearity of depression.", "as --beta")] = None,
    n_max: Annotated[int | None, _dev("Pulses from Gmin to Gmax.", "64")] = None,
    n_max_d: Annotated[int | None, _dev("Pulses from Gmax to Gmin.", "as --n-max")] = None,
    alpha: Annotated[float | None, _dev("First potentiation step, S, instead of --n-max.")] = None,
    alpha_d: Annotated[float | None, _dev("First depression step, S, instead of --n-max-d.")] = None,
    g_min: Annotated[float | None, _dev("Gmin, S.", "1e-7")] = None,
    g_max: Annotated[float | None, _dev("Gmax, S.", "1e-6")] = None,
    routing: Annotated[str | None, _net("split-both, split-source or split-drain.", "split-both")] = None,
    v_read: Annotated[float | None, _net("Voltage of a full input, V.", "0.1")] = None,
    initial_steps: Annotated[int | None, _net("Devices start 0..N pulses above Gmin.", "8")] = None,
    c: Annotated[float | None, _pul("Hard sigmoid: half width, in (Gmax-Gmin) V_read.", "3", "--c")] = None,
    softmax_scale: Annotated[float | None, _pul("Factor before the softmax, per the same unit.", "1.25")] = None,
    output_dead_zone: Annotated[float | None, _pul("No pulse unless |p - t| is above this.", "0.11")] = None,
    hidden_dead_zone: Annotated[float | None, _pul("The same for hidden errors; times sqrt(n/10).", "0.045")] = None,
    input_threshold: Annotated[float | None, _pul("An input above this pulses its row.", "0")] = None,
    iterations: Annotated[int | None, _run("Length of the run.", "60000")] = None,
    epochs: Annotated[int | None, _run("Length of the run in epochs, instead.")] = None,
    seed: Annotated[int | None, _run("Seed of initial states and sample order.", "0")] = None,
    dataset: Annotated[str | None, _run("auto, a name, an IDX folder or an .npz file.", "auto")] = None,
    engine: Annotated[str | None, _run("auto, ladder or analog: the same physics.", "auto")] = None,
    eval_every: Annotated[int | None, _run("Test accuracy every N iterations.", "5000")] = None,
    eval_last: Annotated[int | None, _run("Test accuracy after each of the last N.", "100")] = None,
    snapshot_every: Annotated[int | None, _out("Full conductances every N iterations.", "20000")] = None,
    out: Annotated[Path | None, _out("Run file.", "run.h5", "--out", "-o")] = None,
    no_trace: Annotated[bool, _out("Write no run file.", None, "--no-trace")] = False,
    force: Annotated[bool, _out("Overwrite an existing run file.", None, "--force")] = False,
    resume: Annotated[Path | None, _out("Continue this run file to its end.")] = None,
    commit_every: Annotated[float, _out("Seconds between updates of the file.", "1")] = 1.0,
    as_json: Annotated[bool, _out("Result as one JSON object; accuracies are fractions.", None, "--json")] = False,
    quiet: Annotated[bool, _out("No progress bar, no notes.", None, "--quiet", "-q")] = False,
) -> None:
    """Train a network on a simulated array, and keep every conductance.

    [bold]xbarsim run --layers 784,200,10[/bold]
    """
    flags = {
        "layers": None if layers is None else _sizes(layers),
        "method": method, "beta": beta, "beta_d": beta_d, "n_max": n_max, "n_max_d": n_max_d, "alpha": alpha,
        "alpha_d": alpha_d, "g_min": g_min, "g_max": g_max, "routing": routing, "v_read": v_read,
        "initial_steps": initial_steps, "c": c, "softmax_scale": softmax_scale, "output_dead_zone": output_dead_zone,
        "hidden_dead_zone": hidden_dead_zone, "input_threshold": input_threshold, "iterations": iterations,
        "epochs": epochs, "seed": seed, "dataset": dataset, "engine": engine, "eval_every": eval_every,
        "eval_last": eval_last, "snapshot_every": snapshot_every,
    }  # fmt: skip
    given = {name: value for name, value in flags.items() if value is not None}
    if not commit_every >= 0.0:
        raise LayoutError(f"--commit-every: expected seconds >= 0, got {commit_every:g}; give for example 1")
    if resume is not None:
        for name, value in (("--out", out), ("--force", force), ("--no-trace", no_trace)):
            if value:
                raise LayoutError(f"{name}: expected --resume alone, got both; a run is continued in its own file")
        _run_resume(resume, layout, given, commit_every, as_json=as_json, quiet=quiet)
        return
    if no_trace and out is not None:
        raise LayoutError("--no-trace: expected either --out or --no-trace, got both; leave one out")
    merged = _merge(layout, given)
    path = None if no_trace else (out or Path("run.h5"))
    from concurrent.futures import ThreadPoolExecutor

    from .datasets import HOW_TO_GET_MNIST, load_dataset, why_not_mnist

    # Decompressing MNIST and importing Numba take half a second each; side by side they take half a second.
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(load_dataset, merged.run.dataset)
        from . import report, simulate
        from .array import engine_for
        from .trace_writer import check_writable

        if path is not None:
            check_writable(path, force=force)
        engine_for(merged)  # also starts Numba
        data = loading.result()
    if merged.run.dataset == "auto" and data.name != "mnist" and not quiet:
        report.ERR.print(f"{why_not_mnist()}, using the embedded digits ({HOW_TO_GET_MNIST}).", markup=False)
    if merged.run.dataset == "auto":
        merged = merged.replace(dataset=data.name)
    with _stoppable() as stop, report.RunDisplay(quiet=quiet) as display:
        result = simulate.run(
            merged, out=path, dataset=data, force=force, listener=display, stop=stop.asked,
            command_line=" ".join(["xbarsim", *sys.argv[1:]]), commit_seconds=commit_every,
        )  # fmt: skip
    _finish(result, merged.run.eval_last, stop.signal, as_json=as_json)


def _run_resume(
    path: Path, layout: Path | None, given: dict[str, Any], commit_every: float, *, as_json: bool, quiet: bool
) -> None:
    from . import report, simulate
    from .trace import Trace

    with Trace(path) as trace:
        saved, finished = trace.layout, trace.finished
    _check_same(path, saved, layout, given)
    if finished and not quiet:
        report.ERR.print(f"{path} is finished already; nothing to do.")
    with _stoppable() as stop, report.RunDisplay(quiet=quiet) as display:
        result = simulate.resume(path, listener=display, stop=stop.asked, commit_seconds=commit_every)
    _finish(result, saved.run.eval_last, stop.signal, as_json=as_json)


def _check_same(path: Path, saved: Layout, layout: Path | None, given: dict[str, Any]) -> None:
    """A resume may repeat the configuration it started with, but not change it."""
    from .layout import HOMES, Layout, toml_key

    wanted = saved.replace(**given) if layout is None else Layout.from_toml(layout, **given)
    if wanted.run.dataset == "auto":
        wanted = wanted.replace(dataset=saved.run.dataset)
    for name, section in HOMES.items():
        before, after = (getattr(getattr(x, section), name) for x in (saved, wanted))
        if before != after:
            raise LayoutError(
                f"{path}: expected the configuration it was started with, {section}.{toml_key(name)} = {before}, got {after}; "
                "leave the flag out, or start a new run with --out"
            )


def _finish(result: Any, eval_last: int, signum: int | None, *, as_json: bool) -> None:
    from . import report

    if as_json:
        report.dump(result.as_dict())
    else:
        report.OUT.print(report.run_summary(result, eval_last))
    if not result.finished:
        where = f"; continue with: xbarsim run --resume {result.out}" if result.out else ""
        report.ERR.print(f"Interrupted at iteration {result.iterations:,}{where}")
        raise typer.Exit(128 + (signum or signal.SIGINT))


class _Stop:
    """Remembers a signal, so that the run can end at the next block with a whole file."""

    signal: int | None = None

    def asked(self) -> bool:
        return self.signal is not None

    def catch(self, signum: int, _frame: object) -> None:
        self.signal = signum
        signal.signal(
            signum, signal.SIG_DFL if signum != signal.SIGINT else signal.default_int_handler
        )  # twice: at once


@contextlib.contextmanager
def _stoppable() -> Iterator[_Stop]:
    stop = _Stop()
    before = {s: signal.signal(s, stop.catch) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for s, handler in before.items():
            signal.signal(s, handler)


def _merge(path: Path | None, given: dict[str, Any]) -> Layout:
    from .layout import Layout

    if path is not None:
        return Layout.from_toml(path, **given)
    if "layers" not in given:
        raise LayoutError("run: expected a layout file or --layers, got neither; try: xbarsim run --layers 784,200,10")
    return Layout.of(**given)


def _sizes(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise LayoutError(f"--layers: expected sizes with commas, got '{text}'; give for example 784,200,10") from None


def _pair(text: str) -> tuple[int, int]:
    try:
        row, col = (int(part) for part in text.split(","))
    except ValueError:
        raise LayoutError(f"--synapse: expected row,column, got '{text}'; give for example 300,17") from None
    return row, col


# ---------------------------------------------------------------------------------------------------------------------
# looking at results


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="Run file.")],
    layer: Annotated[int | None, typer.Option(help="Layer, from 1.")] = None,
    iteration: Annotated[
        int | None, typer.Option(help="Number of updates done; 0 is the initial state.", show_default="the last")
    ] = None,
    synapse: Annotated[str | None, typer.Option(help="One pair, ROW,COLUMN from 0: its whole history.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="A table with commas: the accuracy curve, all pairs of a layer, or a history.")
    ] = False,
) -> None:
    """Show what a run file holds.

    A summary, or the conductances of a layer at an iteration, or the history of a pair.
    """
    if as_json and as_csv:
        raise LayoutError("--csv: expected either --json or --csv, got both; leave one out")
    if layer is None and (iteration is not None or synapse is not None):
        raise LayoutError("--layer: expected a layer with --iteration or --synapse, got none; add --layer 1")
    if iteration is not None and synapse is not None:
        raise LayoutError("--synapse: expected either --iteration or --synapse, got both; a history has all iterations")
    from . import views
    from .trace import Trace

    form = "json" if as_json else "csv" if as_csv else "text"
    with Trace(file) as trace:
        if layer is None:
            views.show_summary(trace, form)
        elif synapse is not None:
            views.show_synapse(trace, layer, *_pair(synapse), form)
        else:
            views.show_layer(trace, layer, trace.iterations_done if iteration is None else iteration, form)


@app.command()
def plot(
    file: Annotated[Path, typer.Argument(help="Run file.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Picture: .png, .pdf or .svg.")] = Path("run.png"),
    layer: Annotated[int, typer.Option(help="Layer to show, from 1.")] = 1,
    synapse: Annotated[
        str | None,
        typer.Option(help="Pair whose history is shown, ROW,COLUMN.", show_default="the one with most pulses"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing picture.")] = False,
) -> None:
    """Draw a run into a picture.

    Accuracy, errors and pulses; conductance maps and histograms over time; one pair's history.
    """
    from . import figures, report
    from .trace import Trace

    with Trace(file) as trace:
        figures.plot_run(trace, out, layer=layer, pair=None if synapse is None else _pair(synapse), force=force)
    report.OUT.print(f"{out}")


@app.command()
def check(
    layout: Annotated[Path, typer.Argument(help="Layout file (TOML).")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Validate a layout and print what would be built."""
    from . import views
    from .layout import Layout

    views.show_layout(Layout.from_toml(layout), "json" if as_json else "text")


@data_app.command("list")
def data_list(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """List the data sets, and where they are."""
    from . import views

    views.show_datasets("json" if as_json else "text")


@data_app.command("fetch")
def data_fetch(
    name: Annotated[str, typer.Argument(help="mnist")],
    url: Annotated[str | None, typer.Option(help="Folder to download from, instead of the usual mirror.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Download a data set into the user's cache, and check it."""
    if name != "mnist":
        raise LayoutError(f"data fetch: unknown name '{name}'; {nearest(name, ['mnist'])}")
    from . import report
    from .download import fetch_mnist

    folder = fetch_mnist(url, progress=not quiet)
    report.OUT.print(f"MNIST is in {folder}")


# ---------------------------------------------------------------------------------------------------------------------


def main() -> None:
    """Entry point: one line per error, exit code 2, no traceback."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal that lacks a sign gets a "?"
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except XbarsimError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `xbarsim inspect ... | head`
        _discard_output()
        sys.exit(1)
    except MemoryError:
        _fail("not enough memory for these layers; make them smaller")
    except OSError as error:
        # Files that xbarsim opens have errors of their own; what is left is the standard output.
        _discard_output()
        _fail(f"standard output: cannot write ({error.strerror}); free space or redirect it elsewhere")
    except Exception as error:
        # Typer has had Click inside and outside; its errors are told by what they can do.
        if hasattr(error, "format_message"):
            text = str(error.format_message())
            if type(error).__name__ == "NoArgsIsHelpError":
                print(text, end="\n" if text else "", file=sys.stderr)
            elif text:
                _fail(f"{text.rstrip('.')}; see 'xbarsim --help'", getattr(error, "exit_code", 2))
            sys.exit(getattr(error, "exit_code", 2))
        if type(error).__name__ == "Abort":
            sys.exit(130)
        raise
    sys.exit(code if isinstance(code, int) else 0)


def _discard_output() -> None:
    """Nothing more can be written; keep the interpreter from trying when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(text: str, code: int = 2) -> None:
    print(f"xbarsim: {' '.join(text.split())}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
