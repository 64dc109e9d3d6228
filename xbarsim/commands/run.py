"""``xbarsim run``."""

from __future__ import annotations

import functools
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..base.errors import LayoutError
from .app import app, option, sizes, stoppable

if TYPE_CHECKING:
    from ..describe.layout import Layout

_net, _dev, _vary, _pul, _circ, _gate, _crus, _soft, _run, _out = (
    functools.partial(option, panel)
    for panel in (
        "Network",
        "Device",
        "Departures from the nominal device",
        "Pulses and neurons",
        "Circuit",
        "Pulse lines",
        "CRUS (reconstruction)",
        "Software reference",
        "Run",
        "Output",
    )
)

_bs = functools.partial(option, "Binary-stochastic learning (reconstruction)")


@app.command()
def run(
    layout: Annotated[
        Path | None, typer.Argument(help="Layout file (TOML); flags override it.", show_default=False)
    ] = None,
    layers: Annotated[str | None, _net("Sizes, inputs first: 784,200,10.")] = None,
    method: Annotated[str | None, _pul("Pair method a, b or c.", "b")] = None,
    device: Annotated[
        str | None, _dev("Preset (xbarsim devices), device file (.toml), or file.py:function; other flags override it.")
    ] = None,
    model: Annotated[str | None, _dev("Law: exponential or soft-bounds.", "exponential")] = None,
    beta: Annotated[float | None, _dev("Nonlinearity of potentiation.", "2")] = None,
    beta_d: Annotated[float | None, _dev("Nonlinearity of depression.", "as --beta")] = None,
    n_max: Annotated[int | None, _dev("Pulses from Gmin to Gmax.", "64")] = None,
    n_max_d: Annotated[int | None, _dev("Pulses from Gmax to Gmin.", "as --n-max")] = None,
    alpha: Annotated[float | None, _dev("First potentiation step, S, instead of --n-max.")] = None,
    alpha_d: Annotated[float | None, _dev("First depression step, S, instead of --n-max-d.")] = None,
    g_min: Annotated[float | None, _dev("Gmin, S.", "1e-7")] = None,
    g_max: Annotated[float | None, _dev("Gmax, S.", "1e-6")] = None,
    sigma: Annotated[float | None, _vary("Device to device: G is X times nominal, X ~ N(1, sigma).", "0")] = None,
    sigma_negative: Annotated[str | None, _vary("An X below 0: zero, reflect or redraw.", "zero")] = None,
    sigma_per: Annotated[str | None, _vary("An X of its own for each device or pair.", "device")] = None,
    alpha_sigma: Annotated[float | None, _vary("Device to device: relative spread of alpha.", "0")] = None,
    beta_sigma: Annotated[float | None, _vary("Of beta.", "0")] = None,
    g_min_sigma: Annotated[float | None, _vary("Of Gmin.", "0")] = None,
    g_max_sigma: Annotated[float | None, _vary("Of Gmax.", "0")] = None,
    spread: Annotated[str | None, _vary("Distribution of these four: normal or lognormal.", "normal")] = None,
    c2c: Annotated[float | None, _vary("Cycle to cycle: scatter of every step, relative to it.", "0")] = None,
    c2c_range: Annotated[float | None, _vary("The same relative to Gmax - Gmin.", "0")] = None,
    device_noise: Annotated[float | None, _vary("Scatter of G from read to read, per Gmax - Gmin.", "0")] = None,
    stuck_at_g_min: Annotated[float | None, _vary("Fraction of devices that never leave Gmin.", "0")] = None,
    stuck_at_g_max: Annotated[float | None, _vary("Fraction that never leave Gmax.", "0")] = None,
    stuck_anywhere: Annotated[float | None, _vary("Fraction stuck anywhere between.", "0")] = None,
    endurance: Annotated[float | None, _vary("Pulses and resets that a device bears; 0: any number.", "0")] = None,
    endurance_sigma: Annotated[float | None, _vary("Lognormal spread of that from device to device.", "0")] = None,
    endurance_failure: Annotated[str | None, _vary("Then: stuck, min, max or closing.", "stuck")] = None,
    endurance_closing: Annotated[float | None, _vary("Power with which a window closes.", "1")] = None,
    drift: Annotated[float | None, _vary("For xbarsim retention: nu of G (t / t0)^-nu.", "0")] = None,
    drift_sigma: Annotated[float | None, _vary("Its spread from device to device.", "0")] = None,
    drift_start: Annotated[float | None, _vary("Its t0, s.", "1")] = None,
    relax_time: Annotated[float | None, _vary("For xbarsim retention: relaxation time, s; 0: none.", "0")] = None,
    relax_exponent: Annotated[float | None, _vary("Its stretching exponent.", "1")] = None,
    relax_to: Annotated[float | None, _vary("State relaxed to; 0: Gmin, 1: Gmax.", "0")] = None,
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
    bs_input: Annotated[str | None, _bs("Inputs: bits (drawn) or threshold (above 1/2).", "bits")] = None,
    bs_output: Annotated[str | None, _bs("Outputs: softmax (one class is drawn) or bits.", "softmax")] = None,
    bs_slope: Annotated[str | None, _bs("Derivative: norm, and, or window.", "norm")] = None,
    bs_window: Annotated[float | None, _bs("Half width of that window, in its temperature.", "1")] = None,
    bs_temperature: Annotated[float | None, _bs("Noise temperature of hidden comparators, in units of W.", "1")] = None,
    bs_output_temperature: Annotated[float | None, _bs("Of the output.", "2")] = None,
    bs_slope_temperature: Annotated[float | None, _bs("Of the derivative, relative to the neuron's.", "2")] = None,
    bs_dead_zone: Annotated[float | None, _bs("Hidden errors: largest random threshold; 0: plain signs.", "2")] = None,
    bs_inner_dead_zone: Annotated[float | None, _bs("The same below other hidden layers.", "1")] = None,
    bs_reads: Annotated[int | None, _bs("Forward reads of an image.", "2")] = None,
    bs_draws: Annotated[int | None, _bs("Output samples, each with its pulses, of a read.", "4")] = None,
    bs_step: Annotated[float | None, _bs("Ideal step, in units of W.", "0.007")] = None,
    bs_step_end: Annotated[float | None, _bs("Factor on it at the end of the run.", "0.1")] = None,
    bs_reach: Annotated[float | None, _bs("No ideal weight gets larger; 0: any.", "0")] = None,
    bs_initial_weight: Annotated[float | None, _bs("Weights start within this / sqrt(inputs).", "1")] = None,
    bs_samples: Annotated[int | None, _bs("Inference by N stochastic passes; 0: by expectation.", "0")] = None,
    bs_digits: Annotated[int | None, _bs("Digits of a weight, each a pair of devices; 0: ideal steps.", "0")] = None,
    bs_base: Annotated[float | None, _bs("A digit is worth so many of the next lower one.", "16")] = None,
    bs_scale: Annotated[float | None, _bs("Weight of a full highest digit.", "4")] = None,
    bs_carry_every: Annotated[int | None, _bs("Images between carries of the lowest digit; 0: never.", "250")] = None,
    bs_carry_ratio: Annotated[int | None, _bs("Higher digits carry so many times less often.", "10")] = None,
    bs_carry_threshold: Annotated[float | None, _bs("Carry above this many steps of the next digit.", "1")] = None,
    baseline: Annotated[str | None, _crus("crus, lim-a, lim-b, lim-c, refresh or threshold.", "crus")] = None,
    sense_every: Annotated[int | None, _crus("Iterations between sensings.", "1000")] = None,
    level_bits: Annotated[int | None, _crus("Resolution of a sensed level.", "3")] = None,
    level_noise: Annotated[float | None, _crus("Noise of sensing, part of Gmax-Gmin.", "0.05")] = None,
    theta_forward: Annotated[float | None, _crus("Reverse if the forward device's level is above this,", "0.6")] = None,
    theta_reverse: Annotated[float | None, _crus("and that of the reverse device above this,", "0.4")] = None,
    line_forward: Annotated[float | None, _crus("and a line: weight of the forward level,", "0")] = None,
    line_reverse: Annotated[float | None, _crus("weight of the reverse level,", "0")] = None,
    line_level: Annotated[float | None, _crus("their sum above this.", "-1")] = None,
    mirrored: Annotated[bool | None, _crus("The mirrored form, for abrupt LTP.", "no")] = None,
    compensate: Annotated[str | None, _crus("Thin out pulses: both, forward, reverse or none.", "both")] = None,
    compensate_floor: Annotated[
        float | None, _crus("Mean step of a thinned-out crossing, part of Gmax-Gmin.", "0.003125")
    ] = None,
    crus_rate: Annotated[
        float | None, _crus("Learning rate; lim, refresh: firing probability per |delta|.", "0.0125")
    ] = None,
    crus_output_rate: Annotated[float | None, _crus("The same for the output layer.", "as --crus-rate")] = None,
    crus_decay: Annotated[float | None, _crus("Rates fall by exp(-this) over the run.", "0")] = None,
    crus_dead_zone: Annotated[float | None, _crus("No pulse unless |hidden error| is above this.", "0")] = None,
    crus_output_dead_zone: Annotated[float | None, _crus("No pulse unless |p - t| is above this.", "0")] = None,
    initial_low: Annotated[float | None, _crus("Devices of the first layer start from this,", "0.4")] = None,
    initial_high: Annotated[float | None, _crus("to this part of the range.", "0.6")] = None,
    initial_inner_low: Annotated[float | None, _crus("Those of the other layers from this,", "0.3")] = None,
    initial_inner_high: Annotated[float | None, _crus("to this.", "0.7")] = None,
    un_window: Annotated[int | None, _crus("Samples per window of update noise; 0: none.", "1000")] = None,
    full_level: Annotated[float | None, _crus("lim, refresh: level from which a side is full.", "0.95")] = None,
    lower_level: Annotated[float | None, _crus("refresh: the smaller side's threshold.", "0.25")] = None,
    pulse_threshold: Annotated[float | None, _crus("threshold: requests worth one pulse.", "1.5")] = None,
    rule: Annotated[str | None, _pul("sign, crus or bs: on devices; software: float weights instead.", "sign")] = None,
    learning_rate: Annotated[float | None, _soft("Learning rate.", "0.01")] = None,
    software_c: Annotated[float | None, _soft("Hard sigmoid: half width.", "1.5")] = None,
    initial_weight: Annotated[float | None, _soft("Weights start within this / sqrt(inputs).", "1")] = None,
    activation: Annotated[str | None, _soft("Hidden neurons: hard-sigmoid or sigmoid.", "hard-sigmoid")] = None,
    learning_rate_end: Annotated[float | None, _soft("Factor on the rate at the end of the run.", "1")] = None,
    batch: Annotated[int | None, _run("Samples per update.", "1")] = None,
    iterations: Annotated[int | None, _run("Length of the run in updates.", "60000")] = None,
    epochs: Annotated[int | None, _run("Length of the run in epochs, instead.")] = None,
    seed: Annotated[int | None, _run("Seed of initial states and sample order.", "0")] = None,
    dataset: Annotated[str | None, _run("auto, a name, an IDX folder or an .npz file.", "auto")] = None,
    engine: Annotated[str | None, _run("auto, ladder or analog: the same physics.", "auto")] = None,
    schedule: Annotated[int | None, _run("Iterations over which steps or rates fall.", "as --iterations")] = None,
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
        "method": method, "model": model, "beta": beta, "beta_d": beta_d, "n_max": n_max, "n_max_d": n_max_d, "alpha": alpha,
        "alpha_d": alpha_d, "g_min": g_min, "g_max": g_max, "sigma": sigma, "sigma_negative": sigma_negative,
        "sigma_per": sigma_per, "alpha_sigma": alpha_sigma, "beta_sigma": beta_sigma, "g_min_sigma": g_min_sigma,
        "g_max_sigma": g_max_sigma, "spread": spread, "c2c": c2c, "c2c_range": c2c_range, "device_noise": device_noise,
        "stuck_at_g_min": stuck_at_g_min, "stuck_at_g_max": stuck_at_g_max, "stuck_anywhere": stuck_anywhere, "endurance": endurance,
        "endurance_sigma": endurance_sigma, "endurance_failure": endurance_failure, "endurance_closing": endurance_closing,
        "drift": drift, "drift_sigma": drift_sigma, "drift_start": drift_start, "relax_time": relax_time,
        "relax_exponent": relax_exponent, "relax_to": relax_to, "routing": routing, "v_read": v_read, "initial_fan_in": initial_fan_in,
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
        "baseline": baseline, "sense_every": sense_every, "level_bits": level_bits, "level_noise": level_noise,
        "theta_forward": theta_forward, "theta_reverse": theta_reverse, "line_forward": line_forward,
        "line_reverse": line_reverse, "line_level": line_level, "mirrored": mirrored, "compensate": compensate,
        "compensate_floor": compensate_floor, "crus_rate": crus_rate, "crus_output_rate": crus_output_rate,
        "crus_decay": crus_decay, "crus_dead_zone": crus_dead_zone, "crus_output_dead_zone": crus_output_dead_zone,
        "initial_low": initial_low, "initial_high": initial_high, "initial_inner_low": initial_inner_low,
        "initial_inner_high": initial_inner_high, "un_window": un_window, "full_level": full_level,
        "lower_level": lower_level, "pulse_threshold": pulse_threshold,
        "input_threshold": input_threshold, "batch_rule": batch_rule, "rule": rule, "learning_rate": learning_rate,
        "software_c": software_c, "initial_weight": initial_weight, "batch": batch, "iterations": iterations,
        "epochs": epochs, "seed": seed, "dataset": dataset, "engine": engine, "eval_every": eval_every,
        "eval_last": eval_last, "snapshot_every": snapshot_every,
        "activation": activation, "learning_rate_end": learning_rate_end, "schedule": schedule,
        "bs_input": bs_input, "bs_output": bs_output, "bs_slope": bs_slope, "bs_window": bs_window,
        "bs_temperature": bs_temperature, "bs_output_temperature": bs_output_temperature, "bs_slope_temperature":
        bs_slope_temperature, "bs_dead_zone": bs_dead_zone, "bs_inner_dead_zone": bs_inner_dead_zone, "bs_reads":
        bs_reads, "bs_draws": bs_draws, "bs_step": bs_step, "bs_step_end": bs_step_end, "bs_reach": bs_reach,
        "bs_initial_weight": bs_initial_weight, "bs_samples": bs_samples, "bs_digits": bs_digits, "bs_base":
        bs_base, "bs_scale": bs_scale, "bs_carry_every": bs_carry_every, "bs_carry_ratio": bs_carry_ratio,
        "bs_carry_threshold": bs_carry_threshold,
    }  # fmt: skip
    given = {name: value for name, value in flags.items() if value is not None}
    if not commit_every >= 0.0:
        raise LayoutError(f"--commit-every: expected seconds >= 0, got {commit_every:g}; give for example 1")
    if resume is not None:
        for name, value in (("--out", out), ("--force", force), ("--no-trace", no_trace)):
            if value:
                raise LayoutError(f"{name}: expected --resume alone, got both; a run is continued in its own file")
        _run_resume(resume, layout, device, given, commit_every, as_json=as_json, quiet=quiet)
        return
    if no_trace and out is not None:
        raise LayoutError("--no-trace: expected either --out or --no-trace, got both; leave one out")
    merged = _merge(layout, device, given)
    path = None if no_trace else (out or Path("run.h5"))
    from concurrent.futures import ThreadPoolExecutor

    from ..data_sets.load import load_dataset
    from ..data_sets.mnist import HOW_TO_GET_MNIST, why_not_mnist

    # Decompressing MNIST and importing Numba take half a second each; side by side they take half a second.
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(load_dataset, merged.run.dataset)
        from ..arrays.engine import engine_for
        from ..loop import simulate
        from ..record.writer import check_writable
        from ..show import report

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
    path: Path,
    layout: Path | None,
    device: str | None,
    given: dict[str, Any],
    commit_every: float,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    from ..loop import simulate
    from ..record.trace import Trace
    from ..show import report

    with Trace(path) as trace:
        saved, finished = trace.layout, trace.finished
    _check_same(path, saved, layout, device, given)
    if finished and not quiet:
        report.ERR.print(f"{path} is finished already; nothing to do.")
    with stoppable() as stop, report.RunDisplay(quiet=quiet) as display:
        result = simulate.resume(path, listener=display, stop=stop.asked, commit_seconds=commit_every)
    _finish(result, saved.run.eval_last, stop.signal, as_json=as_json)


def _check_same(path: Path, saved: Layout, layout: Path | None, device: str | None, given: dict[str, Any]) -> None:
    """A resume may repeat the configuration it started with, but not change it."""
    from ..describe.layout import HOMES, Layout
    from ..describe.sections import toml_key

    wanted = saved if layout is None else Layout.from_toml(layout)
    wanted = (wanted if device is None else wanted.with_device(device)).replace(**given)
    if wanted.run.dataset == "auto":
        wanted = wanted.replace(dataset=saved.run.dataset)
    if wanted.run.schedule is None and saved.run.schedule is not None:  # was filled in
        wanted = wanted.replace(schedule=saved.run.schedule)
    for name, section in HOMES.items():
        before, after = (getattr(getattr(x, section), name) for x in (saved, wanted))
        if before != after:
            raise LayoutError(
                f"{path}: expected the configuration it was started with, {section}.{toml_key(name)} = {before}, got {after}; "
                "leave the flag out, or start a new run with --out"
            )


def _finish(result: Any, eval_last: int, signum: int | None, *, as_json: bool) -> None:
    from ..show import report

    if as_json:
        report.dump(result.as_dict())
    else:
        report.OUT.print(report.run_summary(result, eval_last))
    if not result.finished:
        where = f"; continue with: xbarsim run --resume {result.out}" if result.out else ""
        report.ERR.print(f"Interrupted at iteration {result.iterations:,}{where}")
        raise typer.Exit(128 + (signum or signal.SIGINT))


def _merge(path: Path | None, device: str | None, given: dict[str, Any]) -> Layout:
    """Layout file, device and flags: what comes later overrides what came before."""
    from ..describe.layout import Layout

    if path is not None:
        if device is None:
            return Layout.from_toml(path, **given)
        return Layout.from_toml(path).with_device(device).replace(**given)
    if "layers" not in given:
        raise LayoutError("run: expected a layout file or --layers, got neither; try: xbarsim run --layers 784,200,10")
    if device is None:
        return Layout.of(**given)
    return Layout.of(layers=given["layers"]).with_device(device).replace(**given)
