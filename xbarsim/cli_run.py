"""``xbarsim run``."""

from __future__ import annotations

import functools
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .cli_app import app, option, sizes, stoppable
from .errors import LayoutError

if TYPE_CHECKING:
    from .layout import Layout

_net, _dev, _pul, _circ, _gate, _soft, _run, _out = (
    functools.partial(option, panel)
    for panel in (
        "Network",
        "Device",
        "Pulses and neurons",
        "Circuit",
        "Pulse lines",
        "Software reference",
        "Run",
        "Output",
    )
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
    sigma: Annotated[
        float | None, _dev("Device-to-device variation: G is X times nominal, X ~ N(1, sigma).", "0")
    ] = None,
    sigma_negative: Annotated[str | None, _dev("An X below 0: zero, reflect or redraw.", "zero")] = None,
    sigma_per: Annotated[str | None, _dev("An X of its own for each device or pair.", "device")] = None,
    routing: Annotated[str | None, _net("split-both, split-source or split-drain.", "split-both")] = None,
    v_read: Annotated[float | None, _net("Voltage of a full input, V.", "0.1")] = None,
    initial_fan_in: Annotated[
        float | None, _net("Arrays of up to N inputs start anywhere in the range, wider ones in N/inputs of it.", "100")
    ] = None,
    initial_steps: Annotated[int | None, _net("Instead: all devices start 0..N pulses above Gmin.")] = None,
    c: Annotated[float | None, _pul("Hard sigmoid: half width, in (Gmax-Gmin) V_read.", "4.5", "--c")] = None,
    c_current: Annotated[float | None, _pul("The same in A, instead.")] = None,
    inner_c: Annotated[float | None, _pul("Factor on c for neurons fed by other neurons.", "1.4")] = None,
    softmax_scale: Annotated[float | None, _pul("Factor before the softmax, per the same unit.", "1.25")] = None,
    output_dead_zone: Annotated[float | None, _pul("No pulse unless |p - t| is above this.", "0.1")] = None,
    hidden_dead_zone: Annotated[
        float | None, _pul("The same for hidden errors; times (n/10)^exponent.", "0.07")
    ] = None,
    dead_zone_exponent: Annotated[float | None, _pul("That exponent.", "0.5")] = None,
    input_threshold: Annotated[float | None, _pul("An input above this pulses its row.", "0")] = None,
    batch_rule: Annotated[str | None, _pul("With --batch: lines, deferred, signs or products.", "signs")] = None,
    wire_resistance: Annotated[float | None, _circ("Of one wire segment, Ohm; reads are solved exactly.", "0")] = None,
    wire_resistance_s: Annotated[float | None, _circ("Of a segment of an S line, Ohm.", "as --wire-resistance")] = None,
    driver_resistance: Annotated[float | None, _circ("At the terminals of D lines, Ohm.", "0")] = None,
    sense_resistance: Annotated[float | None, _circ("At the terminals of S lines, Ohm.", "0")] = None,
    double_sided: Annotated[bool | None, _circ("Terminals at both ends of every line.", "no")] = None,
    tile_rows: Annotated[int | None, _circ("Most D lines of one physical array; 0: no limit.", "0")] = None,
    tile_columns: Annotated[int | None, _circ("Most S lines of one physical array; 0: no limit.", "0")] = None,
    circuit: Annotated[str | None, _circ("auto, ideal or exact.", "auto")] = None,
    wire_tolerance: Annotated[float | None, _circ("Largest residual of a read.", "1e-6")] = None,
    wire_sweeps: Annotated[int | None, _circ("Most sweeps of a read.", "1000")] = None,
    gain_sigma: Annotated[float | None, _circ("Spread of the sense circuits' gain.", "0")] = None,
    offset_sigma: Annotated[float | None, _circ("Spread of their offset, in (Gmax-Gmin) V_read.", "0")] = None,
    read_noise: Annotated[float | None, _circ("Input-referred noise of a read, same unit.", "0")] = None,
    sense_range: Annotated[float | None, _circ("Sensed currents are clipped here, same unit; 0: never.", "0")] = None,
    sense_bits: Annotated[int | None, _circ("Resolution over that range, sign included; 0: any.", "0")] = None,
    driver_bits: Annotated[int | None, _circ("Resolution of the drivers; 0: any.", "0")] = None,
    account: Annotated[bool | None, _gate("Keep energies, latency and half-selects of every iteration.", "no")] = None,
    pulse_voltage: Annotated[float | None, _gate("Amplitude at a selected gate, V.", "3")] = None,
    pulse_width: Annotated[float | None, _gate("Width of a gate pulse, s.", "1e-6")] = None,
    read_width: Annotated[float | None, _gate("Length of a read, s.", "1e-7")] = None,
    gate_capacitance: Annotated[float | None, _gate("Of one gate, F.", "1e-15")] = None,
    half_select_step: Annotated[
        float | None, _gate("A half-selected device moves by this part of a step.", "0")
    ] = None,
    half_select_probability: Annotated[
        float | None, _gate("It moves by a whole step with this probability.", "0")
    ] = None,
    rule: Annotated[str | None, _soft("sign: on devices; software: float weights instead.", "sign")] = None,
    learning_rate: Annotated[float | None, _soft("Learning rate.", "0.01")] = None,
    software_c: Annotated[float | None, _soft("Hard sigmoid: half width.", "1.5")] = None,
    initial_weight: Annotated[float | None, _soft("Weights start within this / sqrt(inputs).", "1")] = None,
    batch: Annotated[int | None, _run("Samples per update.", "1")] = None,
    iterations: Annotated[int | None, _run("Length of the run in updates.", "60000")] = None,
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
    """Train a network, and keep every conductance.

    [bold]xbarsim run --layers 784,200,10[/bold]
    """
    flags = {
        "layers": None if layers is None else sizes(layers),
        "method": method, "beta": beta, "beta_d": beta_d, "n_max": n_max, "n_max_d": n_max_d, "alpha": alpha,
        "alpha_d": alpha_d, "g_min": g_min, "g_max": g_max, "sigma": sigma, "sigma_negative": sigma_negative,
        "sigma_per": sigma_per, "routing": routing, "v_read": v_read, "initial_fan_in": initial_fan_in,
        "initial_steps": initial_steps, "c": c, "c_current": c_current, "inner_c": inner_c, "softmax_scale": softmax_scale, "output_dead_zone": output_dead_zone,
        "hidden_dead_zone": hidden_dead_zone, "dead_zone_exponent": dead_zone_exponent,
        "wire_resistance": wire_resistance, "wire_resistance_s": wire_resistance_s,
        "driver_resistance": driver_resistance, "sense_resistance": sense_resistance, "double_sided": double_sided,
        "tile_rows": tile_rows, "tile_columns": tile_columns, "circuit": circuit, "wire_tolerance": wire_tolerance,
        "wire_sweeps": wire_sweeps, "gain_sigma": gain_sigma, "offset_sigma": offset_sigma, "read_noise": read_noise,
        "sense_range": sense_range, "sense_bits": sense_bits, "driver_bits": driver_bits,
        "account": account, "pulse_voltage": pulse_voltage, "pulse_width": pulse_width, "read_width": read_width,
        "gate_capacitance": gate_capacitance, "half_select_step": half_select_step,
        "half_select_probability": half_select_probability,
        "input_threshold": input_threshold, "batch_rule": batch_rule, "rule": rule, "learning_rate": learning_rate,
        "software_c": software_c, "initial_weight": initial_weight, "batch": batch, "iterations": iterations,
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
    with stoppable() as stop, report.RunDisplay(quiet=quiet) as display:
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
    with stoppable() as stop, report.RunDisplay(quiet=quiet) as display:
        result = simulate.resume(path, listener=display, stop=stop.asked, commit_seconds=commit_every)
    _finish(result, saved.run.eval_last, stop.signal, as_json=as_json)


def _check_same(path: Path, saved: Layout, layout: Path | None, given: dict[str, Any]) -> None:
    """A resume may repeat the configuration it started with, but not change it."""
    from .layout import HOMES, Layout
    from .sections import toml_key

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


def _merge(path: Path | None, given: dict[str, Any]) -> Layout:
    from .layout import Layout

    if path is not None:
        return Layout.from_toml(path, **given)
    if "layers" not in given:
        raise LayoutError("run: expected a layout file or --layers, got neither; try: xbarsim run --layers 784,200,10")
    return Layout.of(**given)
