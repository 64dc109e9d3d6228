"""Golden cases: short runs on embedded data that together go through everything that a layout can choose.

Only public names of xbarsim are used. `run_case` makes the runs of one case in a folder, which has to be the current
one (the plug-in device
is named by a relative path), and gives the digests of its run file, of its result and of what `xbarsim.Trace` replays
of it.
"""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from digest import configuration, digest_file, digest_json, digest_value  # a sibling: put this folder on sys.path

import xbarsim

PLUGIN = """import math


def step(s, up, z):
    if up:
        return 0.12 * math.exp(-2 * s) * (1 + 0.3 * z)
    return -0.10 * math.exp(-1 * (1 - s)) * (1 + 0.3 * z)
"""
"""A user's device, written to ``plugin.py`` of the current folder."""


@dataclass(frozen=True)
class Case:
    """One run.

    Attributes
    ----------
    values : dict
        Of ``Layout.of``.
    device : str
        Preset that takes the place of the device and its variation.
    stop : int
        Interrupted after so many blocks, and resumed; 0: it is not. The same run is made uninterrupted, too, and has
        to give the same file.
    record : bool
        Whether there is a run file.
    after : tuple of (name, arguments)
        What is done with the finished file: ``transfer``, ``retention``.
    api : str
        Instead of a run: one of `API`.
    """

    values: dict[str, Any] = field(default_factory=dict)
    device: str = ""
    stop: int = 0
    record: bool = True
    after: tuple[tuple[str, dict[str, Any]], ...] = ()
    api: str = ""


NONE = object()
"""Takes a value out of `BASE`."""

BASE = {
    "layers": (784, 12, 10),
    "dataset": "digits",
    "iterations": 40,
    "eval_every": 20,
    "eval_last": 2,
    "snapshot_every": 16,
    "n_max": 9,
    "seed": 1,
    "c": 40.0,
    "inner_c": 1.4,
    "softmax_scale": 1.25,
    "output_dead_zone": 0.1,
    "hidden_dead_zone": 0.07,
    "input_threshold": 0.0,
    "initial_fan_in": 100.0,
    "software_c": 1.5,
    "slope": "1/2c",
}
"""Of every case. With a few states, and arrays as small as these, hidden neurons of the default c leave their linear
range at once. Blocks end at iterations 16, 20, 32, 38, 39, 40; those of crus (windows of 10) at 10, 16, 20, 30, 32,
38, 39, 40.
"""

ONE, TWO, THREE = (784, 10), (784, 10, 8, 10), (784, 9, 8, 7, 10)
"""Layers with no, two and three hidden ones; one is the default."""

TABLE = {
    "n_max": NONE,
    "model": "table",
    "jump_p": ((1.6e-7,), (1.2e-7,), (9e-8,), (7e-8,), (6e-8,)),
    "jump_d": ((5e-8,), (8e-8,), (1.3e-7,)),
}
JUMPS = {
    "n_max": NONE,
    "model": "table",
    "jump_p": (
        (-4e-8, 5e-8, 1.2e-7, 2.0e-7, 3.0e-7),
        (-3e-8, 4e-8, 9e-8, 1.6e-7, 2.4e-7),
        (-3e-8, 3e-8, 7e-8, 1.2e-7, 2.0e-7),
        (-2e-8, 2e-8, 6e-8, 1.0e-7, 1.5e-7),
    ),
    "jump_d": ((1e-8, 4e-8, 9e-8), (2e-8, 8e-8, 1.2e-7), (5e-8, 1.1e-7, 1.8e-7)),
}
JUMPS_UP = {**JUMPS, "jump_d": ((6e-8,), (1.4e-7,))}
USER = {"n_max": NONE, "model": "plugin", "step": "plugin.py:step"}
STUCK = {"stuck_at_g_min": 0.06, "stuck_at_g_max": 0.05, "stuck_anywhere": 0.09}
SPREAD = {
    "alpha_sigma": 0.3,
    "beta_sigma": 0.2,
    "g_min_sigma": 0.2,
    "g_max_sigma": 0.1,
    "sigma": 0.2,
    "c2c": 0.3,
    "c2c_range": 0.01,
    "stuck_anywhere": 0.05,
    "endurance": 20.0,
    "endurance_sigma": 0.5,
    "spread": "lognormal",
}
WIRES = {"wire_resistance": 20.0}
SENSE = {
    "gain_sigma": 0.1,
    "offset_sigma": 0.1,
    "read_noise": 0.2,
    "sense_range": 4.0,
    "sense_bits": 6,
    "driver_bits": 4,
}
GATES = {"account": True, "pulse_voltage": 2.5, "pulse_width": 2e-6, "read_width": 2e-7, "gate_capacitance": 2e-15}

CRUS = {
    "rule": "crus",
    "n_max": 24,
    "beta": 5.0,
    "sense_every": 7,
    "un_window": 10,
    "crus_rate": 0.05,
    "theta_forward": 0.5,
    "theta_reverse": 0.3,
    "initial_low": 0.2,
    "initial_high": 0.9,
}
IDEAL = {"rule": "bs", "bs_draws": 2}
DIGITS = {
    "rule": "bs",
    "n_max": 32,
    "beta": 0.0,
    "bs_digits": 2,
    "bs_base": 8.0,
    "bs_carry_every": 6,
    "bs_carry_ratio": 2,
    "bs_draws": 2,
    "bs_initial_weight": 20.0,
}
SOFTWARE = {"rule": "software", "n_max": NONE}


def case(*parts: dict[str, Any], device="", stop=0, record=True, after=(), **values: Any) -> Case:
    """A case with the values of `BASE`, then of `parts`, then `values`."""
    merged = dict(BASE)
    for part in (*parts, values):
        merged.update(part)
    if device:
        merged.pop("n_max")
    merged = {k: v for k, v in merged.items() if v is not NONE}
    return Case(merged, device, stop, record, tuple(after))


CASES: dict[str, Case] = {
    # Rule sign: pair methods, engines, depths, neurons, initial states
    # --------------------------------------------------------
    "sign-b-ladder": case(stop=2),
    "sign-b-analog-forced": case(engine="analog"),
    "sign-a-ladder": case(method="a", engine="ladder", eval_every=0, eval_last=0),
    "sign-a-analog-forced": case(method="a", engine="analog", stop=1),
    "sign-c-analog": case(method="c", stop=2, beta=1.0),
    "sign-no-hidden": case(layers=ONE, beta=0.0, n_max=64, batch=1, batch_rule="products"),
    "sign-two-hidden-no-bias": case(layers=TWO, bias=False, initial_steps=3, method="a"),
    "sign-three-hidden": case(layers=THREE, snapshot_every=0, stop=1, inner_c=2.0, dead_zone_exponent=1.0),
    "sign-thresholds": case(
        layers=TWO,
        output_dead_zone=0.3,
        hidden_dead_zone=0.02,
        input_threshold=0.5,
        c=25.0,
        softmax_scale=0.7,
        v_read=0.2,
    ),
    "sign-c-current": case(c_current=9e-6, initial_steps=0, method="c", layers=TWO),
    "sign-n-255": case(n_max=255, initial_fan_in=1e9),
    "sign-n-300": case(n_max=300, initial_fan_in=20.0, beta=0.5),
    "sign-two-pixels": case(
        layers=(2, 5, 2), dataset="two-pixels", snapshot_every=1, initial_fan_in=1.0, seed=5, method="c", c=4.5
    ),
    "sign-epochs": case(
        layers=(2, 4, 2), dataset="two-pixels", iterations=NONE, epochs=9, batch=4, batch_rule="lines", c=4.5
    ),
    # Device laws
    # ---------------------------------------------------------------------------------------------------------------
    "device-unlike-c": case(n_max=12, beta=3.0, n_max_d=5, beta_d=0.0, method="c"),
    "device-alphas-a": case(
        n_max=NONE, alpha=1.3e-7, beta=1.0, alpha_d=8e-8, beta_d=-0.5, method="a", g_min=5e-8, g_max=9e-7
    ),
    "device-soft-bounds-b": case(model="soft-bounds", beta=2.0),
    "device-soft-bounds-c": case(model="soft-bounds", beta=-1.2, beta_d=2.5, n_max_d=14, method="c"),
    "device-table-b": case(TABLE, stop=2),
    "device-jumps-a": case(JUMPS, method="a", layers=TWO),
    "device-jumps-b": case(JUMPS, stop=2),
    "device-plugin-b": case(USER),
    # Presets ----------------------------------------------------------------------------------------------------------
    # ---------
    "preset-aihwkit-pcm": case(device="aihwkit-pcm"),
    "preset-aihwkit-reram-array-om": case(  # as the file had it before there was noise of writing
        device="aihwkit-reram-array-om", alpha_sigma=0.7829, alpha_common_sigma=0.0, write_noise=0.0
    ),
    "preset-neurosim-gst-pcm": case(device="neurosim-gst-pcm", initial_fan_in=1e4),
    "preset-querlioz2011-c": case(device="querlioz2011", method="c"),
    # Variation
    # -----------------------------------------------------------------------------------------------------------------
    "sigma-b-ladder": case(sigma=0.4, stop=2),
    "sigma-reflect-pair-a": case(sigma=0.9, sigma_negative="reflect", sigma_per="pair", method="a"),
    "windows-b-ladder": case(g_min_sigma=0.3, g_max_sigma=0.2, sigma=0.1, stop=1),
    "windows-redraw-lognormal-c": case(
        g_min_sigma=0.3,
        g_max_sigma=0.6,
        spread="lognormal",
        sigma=0.8,
        sigma_negative="redraw",
        method="c",
        layers=TWO,
    ),
    "alpha-sigma-c": case(alpha_sigma=0.4, method="c"),
    "beta-sigma-lognormal-b": case(beta_sigma=0.5, spread="lognormal"),
    "c2c-b": case(c2c=0.3, stop=2),
    "c2c-range-c": case(c2c_range=0.03, method="c", stop=1),
    "c2c-both-soft-bounds-a": case(c2c=0.3, c2c_range=0.02, method="a", model="soft-bounds"),
    "c2c-table-b": case(TABLE, c2c=0.4),
    "stuck-b": case(STUCK),
    "stuck-c-jumps": case(STUCK, JUMPS, method="c", sigma=0.1),
    "endurance-stuck-b": case(endurance=7.0, endurance_sigma=0.6, stop=2),
    "endurance-min-c": case(endurance=5.0, endurance_failure="min", method="c"),
    "endurance-max-a": case(endurance=9.0, endurance_failure="max", method="a"),
    "endurance-closing-c": case(endurance=4.0, endurance_failure="closing", endurance_closing=1.5, c2c=0.1, method="c"),
    "spread-all-b": case(SPREAD, layers=TWO),
    "spread-all-c-plugin": case(
        {k: v for k, v in SPREAD.items() if not k.startswith("c2c")}, USER, method="c", beta_sigma=0.0
    ),
    "device-noise-b-varied": case(device_noise=0.1, sigma=0.2),
    "device-noise-c-drift": case(
        device_noise=0.05,
        method="c",
        drift=0.05,
        drift_sigma=0.02,
        drift_start=2.0,
        relax_time=1e5,
        relax_exponent=0.7,
        relax_to=0.3,
        after=(
            ("retention", {"times": (1.0, 1e3, 1e6), "repeats": 2}),
            ("retention", {"times": (1e4,), "iteration": 21, "relax_to": 0.0, "drift_sigma": 0.0}),
        ),
    ),
    # Sense circuits and wires
    # --------------------------------------------------------------------------------------------------
    "sense-gain-offset-b": case(gain_sigma=0.2, offset_sigma=0.3, layers=TWO),
    "sense-noise-bits-c": case(SENSE, method="c", stop=2),
    "wires-split-both-b": case(WIRES, stop=2),
    "wires-split-source-c": case(
        WIRES, routing="split-source", method="c", wire_resistance_s=5.0, tile_rows=300, tile_columns=9
    ),
    "wires-split-drain-a": case(
        WIRES, routing="split-drain", method="a", driver_resistance=100.0, sense_resistance=50.0
    ),
    "wires-double-sided-varied": case(
        WIRES, double_sided=True, sigma=0.3, tile_rows=200, wire_tolerance=1e-8, wire_sweeps=500
    ),
    "wires-terminals-only": case(driver_resistance=300.0, sense_resistance=200.0, layers=ONE),
    "wires-exact-ideal": case(circuit="exact", layers=ONE, iterations=20),
    "wires-not-looked-at": case(WIRES, circuit="ideal", routing="split-drain", iterations=20),
    "wires-scattered-sense-noise": case(
        WIRES, SENSE, SPREAD, device_noise=0.03, method="c", routing="split-source", layers=TWO, stop=2
    ),
    # Batches ----------------------------------------------------------------------------------------------------------
    # ---------
    "batch-signs-ladder": case(batch=3, batch_rule="signs", stop=2),
    "batch-products-ladder": case(batch=3, batch_rule="products", method="a", stop=2),
    "batch-deferred-ladder": case(batch=4, batch_rule="deferred"),
    "batch-lines-ladder-varied": case(batch=5, batch_rule="lines", sigma=0.3),
    "batch-signs-analog": case(batch=3, batch_rule="signs", method="c"),
    "batch-products-analog": case(batch=2, batch_rule="products", method="c", layers=TWO),
    "batch-deferred-analog": case(batch=3, batch_rule="deferred", method="c", stop=2),
    "batch-lines-analog": case(batch=4, batch_rule="lines", method="a", engine="analog"),
    "batch-signs-scattered": case(SPREAD, batch=3, batch_rule="signs"),
    "batch-products-scattered": case(batch=2, batch_rule="products", c2c=0.3, stuck_anywhere=0.05),
    "batch-deferred-scattered": case(batch=3, batch_rule="deferred", c2c=0.3, endurance=12.0, method="c", stop=2),
    "batch-lines-scattered": case(JUMPS_UP, batch=3, batch_rule="lines", method="c"),
    "batch-signs-wires-noise": case(WIRES, batch=2, read_noise=0.1, sigma=0.3, stop=2),
    "batch-deferred-wires-c": case(WIRES, batch=3, batch_rule="deferred", method="c", tile_columns=5),
    # Pulse lines
    # ---------------------------------------------------------------------------------------------------------------
    "gates-account-b": case(GATES, stop=2),
    "gates-step-c-table": case(GATES, TABLE, half_select_step=0.02, method="c"),
    "gates-probability-b": case(half_select_probability=0.05, stop=1),
    "gates-both-scattered-a": case(
        half_select_step=0.02, half_select_probability=0.02, c2c=0.2, stuck_anywhere=0.05, method="a"
    ),
    "gates-batch-signs-account": case(GATES, batch=3, stop=2),
    "gates-batch-deferred-step": case(half_select_step=0.01, batch=3, batch_rule="deferred", method="c"),
    "gates-batch-products-account-a": case(GATES, batch=2, batch_rule="products", method="a", layers=TWO),
    "gates-batch-lines-probability": case(half_select_probability=0.03, batch=3, batch_rule="lines", sigma=0.2),
    "gates-wires-scattered": case(GATES, WIRES, c2c=0.2, read_noise=0.1, half_select_step=0.01, method="c"),
    # Rule crus
    # -----------------------------------------------------------------------------------------------------------------
    "crus-both": case(CRUS, stop=3),
    "crus-forward-line": case(
        CRUS, compensate="forward", line_forward=1.0, line_reverse=-0.5, line_level=0.1, level_bits=4, un_window=0
    ),
    "crus-reverse": case(
        CRUS,
        compensate="reverse",
        layers=TWO,
        crus_output_rate=0.1,
        crus_decay=1.0,
        initial_inner_low=0.1,
        initial_inner_high=0.95,
        compensate_floor=0.01,
    ),
    "crus-none": case(
        CRUS, compensate="none", level_noise=0.2, crus_dead_zone=0.02, crus_output_dead_zone=0.1, bias=False, stop=2
    ),
    "crus-mirrored": case(CRUS, mirrored=True, n_max=1, beta=0.0, n_max_d=24, beta_d=3.0, stop=3),
    "crus-mirrored-scattered": case(CRUS, mirrored=True, c2c=0.3, level_bits=1, layers=THREE),
    "crus-lim-a": case(CRUS, baseline="lim-a", crus_rate=0.5, full_level=0.7, n_max=9),
    "crus-lim-b": case(CRUS, baseline="lim-b", crus_rate=0.5, full_level=0.7, n_max=9, stop=3),
    "crus-lim-c-scattered": case(CRUS, baseline="lim-c", crus_rate=0.5, full_level=0.7, c2c=0.3, **STUCK),
    "crus-refresh": case(CRUS, baseline="refresh", crus_rate=0.5, full_level=0.7, lower_level=0.4, stop=3),
    "crus-refresh-real": case(CRUS, baseline="refresh", crus_rate=0.5, full_level=0.7, lower_level=0.4, read_noise=0.1),
    "crus-endurance": case(CRUS, endurance=4.0, endurance_failure="min", sigma=0.3),
    "crus-wires-noise": case(CRUS, WIRES, read_noise=0.1, sense_range=5.0, sense_bits=6, stop=3),
    "crus-jumps": case(CRUS, JUMPS, beta=NONE),
    # Rule bs ----------------------------------------------------------------------------------------------------------
    # ---------
    "bs-ideal": case(IDEAL, stop=2),
    "bs-ideal-threshold-bits-and": case(
        IDEAL, bs_input="threshold", bs_output="bits", bs_slope="and", bs_reads=1, layers=TWO, bias=False
    ),
    "bs-ideal-window": case(
        IDEAL, bs_slope="window", bs_window=1.5, bs_reach=0.05, bs_step_end=1.0, bs_samples=5, bs_step=0.02
    ),
    "bs-ideal-temperatures": case(
        IDEAL,
        bs_temperature=0.5,
        bs_output_temperature=1.0,
        bs_slope_temperature=1.0,
        bs_dead_zone=0.5,
        bs_inner_dead_zone=0.0,
        layers=THREE,
        schedule=100,
        bs_draws=5,
    ),
    "bs-digits": case(DIGITS, stop=2),
    "bs-digits-nonlinear-three": case(
        DIGITS, beta=1.0, bs_digits=3, bs_base=4.0, bs_scale=2.0, bs_carry_threshold=0.5, layers=TWO
    ),
    "bs-digits-noise": case(DIGITS, c2c=0.3, c2c_range=0.01, stop=2),
    "bs-digits-one-table": case(DIGITS, TABLE, beta=NONE, bs_digits=1, bs_carry_every=0),
    "bs-digits-analog": case(DIGITS, engine="analog"),
    "bs-digits-scattered": case(DIGITS, SPREAD, stop=2),
    "bs-digits-jumps": case(DIGITS, JUMPS, beta=NONE, bs_base=2.0, **STUCK),
    "bs-digits-wires-noise": case(DIGITS, WIRES, read_noise=0.1, gain_sigma=0.1, bs_samples=2, iterations=24, stop=1),
    "bs-digits-sense": case(DIGITS, SENSE, device_noise=0.02, routing="split-source", bs_reads=1),
    # Rule software
    # -------------------------------------------------------------------------------------------------------------
    "software": case(SOFTWARE, stop=2),
    "software-batch": case(
        SOFTWARE, batch=4, layers=TWO, bias=False, learning_rate=0.1, software_c=2.0, initial_weight=0.5
    ),
    "software-sigmoid": case(SOFTWARE, activation="sigmoid", learning_rate=0.05, layers=THREE),
    "software-rate-end": case(SOFTWARE, learning_rate_end=0.1, learning_rate=0.05, stop=2, schedule=60),
    # What else is public
    # -------------------------------------------------------------------------------------------------------
    "transfer": case(
        method="c",
        engine="analog",
        sense_range=4.0,
        sense_bits=6,
        after=(
            ("transfer", {"sigma": 0.5, "repeats": 3}),
            (
                "transfer",
                {
                    "sigma": 0.8,
                    "repeats": 2,
                    "write": "states",
                    "sigma_negative": "reflect",
                    "sigma_per": "pair",
                    "iteration": 21,
                    "seed": 7,
                },
            ),
        ),
    ),
    "crossbar": Case(api="crossbar"),
}


@functools.cache
def data(name: str):
    """A data set, loaded once."""
    return xbarsim.load_dataset(name)


FORMER = ("alpha_sigma", "alpha_common_sigma", "write_noise")
"""Keys of device files that a case may have as they were."""


def layout_of(c: Case):
    """The layout of a case. The plug-in has to lie in the current folder."""
    layout = xbarsim.Layout.of(**c.values)
    if not c.device:
        return layout
    given = {key: value for key, value in c.values.items() if key in FORMER}
    return layout.with_device(c.device).replace(**given)


def stopper(blocks: int):
    """For ``stop``: True after so many blocks."""
    ticks = iter(range(1_000_000))
    return lambda: next(ticks) >= blocks


def digest_result(result, *, resumed: bool = False) -> dict[str, str]:
    """Digests of what a run came to, but its clocks and paths. What is counted since a resume only is left out of
    resumed runs.
    """
    fields = {f.name: getattr(result, f.name) for f in dataclasses.fields(result)}
    for name in ("seconds", "seconds_per_iteration", "out", *(("reads", "work") if resumed else ())):
        fields.pop(name)
    fields["checkpoints"] = [list(point) for point in fields["checkpoints"]]
    apart = {
        f"result/{name}": digest_json(fields.pop(name))
        for name in ("costs", "reads", "work", "update_noise")
        if fields.get(name)
    }
    known = (
        "accuracy",
        "accuracy_mean_last",
        "accuracy_min_last",
        "accuracy_max_last",
        "iterations",
        "pulses",
        "resets",
        "dataset",
        "engine",
        "seed",
        "finished",
        "most_writes",
        "checkpoints",
    )
    return {"result": digest_json({name: fields[name] for name in known}), **apart}


def plugin_of(path) -> str | None:
    """The plug-in that a run file names, if it does: these files are our own."""
    return configuration(path)["device"].get("step")


def digest_replays(path, iterations=(7, 21, 37)) -> dict[str, str]:
    """Digests of what `xbarsim.Trace` replays of a run file: states between keyframes, histories of pairs, counts."""
    found: dict[str, str] = {}

    def note(key, values):
        arrays = values if isinstance(values, (tuple, list)) else (values,)
        found[key] = digest_json([digest_value(np.asarray(a)) for a in arrays])

    with xbarsim.Trace(path, device=plugin_of(path)) as trace:
        if trace.is_software:
            for k in range(1, len(trace.shapes) + 1):
                for n in trace.keyframes(k).tolist():
                    note(f"trace/weights {k} {n}", trace.weights(k, n))
            return found
        at = sorted(
            {min(n, trace.iterations_done) for n in iterations}
            | ({trace.iterations_done} if not trace.finished else set())
        )
        for k, (rows, cols) in enumerate(trace.shapes, start=1):
            for n in at:
                if not trace.is_binary:
                    note(f"trace/conductance {k} {n}", trace.conductance(k, n))
                else:
                    note(f"trace/frame {k} {n}", (*trace.frame(k, n), trace.weights(k, n)))
            if trace.is_binary:
                continue
            places = {(13 * rows // 25, cols // 3), (rows - 1, 1)}  # a pixel in the middle; the bias
            histories = [h for i, j in sorted(places) for h in trace.synapse(k, i, j)]
            note(f"trace/synapses {k}", histories)
            if trace.finished:
                counts = trace.counts(k)
                note(f"trace/counts {k}", [x for name in sorted(counts) for x in (name, counts[name])])
            note(f"trace/window {k}", tuple(trace.window(k)))
    return found


def run_case(name: str, folder: Path) -> tuple[dict[str, str], Path | None]:
    """Make the runs of one case in `folder`, the current one; gives all digests, and the run file."""
    c = CASES[name]
    if c.api:
        return API[c.api](), None
    plugin = Path("plugin.py")
    if not plugin.exists():
        plugin.write_text(PLUGIN, encoding="utf-8")
    layout, dataset = layout_of(c), data(c.values["dataset"])
    if not c.record:
        return digest_result(xbarsim.run(layout, dataset=dataset)), None
    path = folder / f"{name}.h5"
    found: dict[str, str] = {}
    result = xbarsim.run(layout, out=path, dataset=dataset)
    if c.stop:
        # What was just made is the uninterrupted run: keep its digests, and make the run anew with a stop on its way.
        whole, whole_result = digest_file(path), digest_result(result, resumed=True)
        path.unlink()
        first = xbarsim.run(layout, out=path, dataset=dataset, stop=stopper(c.stop), commit_seconds=0.0)
        assert not first.finished, name
        found["interrupted"] = digest_json([first.iterations, digest_replays(path)])
        result = xbarsim.resume(path, dataset=dataset, device=plugin_of(path))
        assert result.finished, name
        now = digest_file(path)
        assert now == whole, (name, [k for k in {*now, *whole} if now.get(k) != whole.get(k)])
        # Costs are added up in another order after a resume: they may differ in the last bits.
        whole_result["result/costs"] = digest_result(result, resumed=True).get("result/costs", "")
        assert digest_result(result, resumed=True) == {k: v for k, v in whole_result.items() if v}, name
    found |= digest_result(result, resumed=bool(c.stop))
    found |= digest_replays(path)
    for n, (what, arguments) in enumerate(c.after, start=1):
        given = {
            k: v for k, v in getattr(xbarsim, what)(path, dataset=dataset, **arguments).as_dict().items() if k != "file"
        }
        found[f"after/{n} {what}"] = digest_json(given)
    found |= digest_file(path)
    return found, path


def _crossbar() -> dict[str, str]:
    """Arrays pulsed and read by hand: all methods and routings, with and without wires."""
    found: dict[str, str] = {}
    rng = np.random.Generator(np.random.PCG64(3))
    events = [(np.flatnonzero(rng.random(9) < 0.5), np.flatnonzero(rng.random(6) < 0.6)) for _ in range(60)]
    signs = [np.where(rng.random(len(cols)) < 0.6, 1, -1) for _, cols in events]
    up, down = rng.random(9) * 0.1, rng.standard_normal(6) * 0.1
    wires = xbarsim.Wires(
        wire_resistance=500.0, wire_resistance_s=200.0, driver_resistance=50.0, double_sided=True, tile_rows=5
    )
    for method in "abc":
        for routing in ("split-both", "split-source", "split-drain"):
            for kind, w in (("ideal", None), ("wires", wires)):
                device = xbarsim.Device(n_max=7, beta=1.5, n_max_d=9)
                xb = xbarsim.Crossbar(device, (9, 6), method=method, routing=routing, wires=w)
                issued = [tuple(xb.program(rows, cols, s)) for (rows, cols), s in zip(events, signs, strict=True)]
                arrays = [
                    np.array(issued),
                    xb.g_plus,
                    xb.g_minus,
                    xb.weights,
                    *(v for _, v in sorted(xb.counts.items())),
                ]
                found[f"crossbar/{method} {routing} {kind} pulses"] = digest_json([digest_value(a) for a in arrays])
                reads = [*xb.read_forward(up), *xb.read_backward(down)]
                found[f"crossbar/{method} {routing} {kind} reads"] = digest_json(
                    [digest_value(np.asarray(a)) for a in reads]
                )
    return found


API = {"crossbar": _crossbar}
