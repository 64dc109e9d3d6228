"""Keywords of `Layout.of` and `Layout.replace`, so that editors complete them and type checkers know them.

Made from the descriptions of the keys: `xbarsim reference --write .`
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict


class Keywords(TypedDict, total=False):
    """Every key of a layout, as an attribute; SI."""

    # [network]
    layers: Sequence[int | str]
    """Inputs first: 784,200,10, or 28x28x1,conv5x16,pool2,10."""

    # [device]
    model: Literal["exponential", "soft-bounds", "table", "plugin"] | str
    """Law: exponential or soft-bounds."""
    g_min: float
    """Gmin, S."""
    g_max: float
    """Gmax, S."""
    n_max: int | None
    """Pulses from Gmin to Gmax."""
    alpha: float | None
    """First potentiation step, S, instead of --n-max."""
    beta: float
    """Nonlinearity of potentiation."""
    n_max_d: int | None
    """Pulses from Gmax to Gmin."""
    alpha_d: float | None
    """First depression step, S, instead of --n-max-d."""
    beta_d: float | None
    """Nonlinearity of depression."""
    jump_p: Sequence[Sequence[float]] | None
    """Potentiation steps, S, of a table."""
    jump_d: Sequence[Sequence[float]] | None
    """Depression steps, S, of a table."""
    step: str | None
    """Step function of a plug-in, file.py:function."""
    step_sha256: str | None
    """SHA-256 of that file."""

    # [array]
    routing: Literal["split-both", "split-source", "split-drain"] | str
    """split-both, split-source or split-drain."""
    bias: bool
    """One more row per layer, driven at the full read voltage."""
    v_read: float
    """Voltage of a full input, V."""
    initial_steps: int | Sequence[int] | None
    """Devices start 0..N pulses above Gmin; one N, or one per array."""
    initial_fan_in: float | None
    """Instead: arrays of up to N inputs start in the whole range, wider ones in N/inputs."""
    reference: Literal["middle", "symmetry", "exact", "conductance"] | str
    """With --method fixed: middle, symmetry, exact or conductance."""
    reference_g: float | None
    """With --reference conductance: what references conduct, S."""
    zero_shift_pulses: int
    """With --reference symmetry, exact: pulses up and down in turn that find it."""
    reference_sigma: float
    """With --method fixed: spread of the references, in units of (Gmax - Gmin) / 2."""
    circuit: Literal["auto", "ideal", "exact"] | str
    """auto, ideal or exact."""

    # [wires]
    wire_resistance: float
    """Of one wire segment, Ohm; reads are solved exactly."""
    wire_resistance_s: float | None
    """Of a segment of an S line, Ohm."""
    driver_resistance: float
    """At the terminals of D lines, Ohm."""
    sense_resistance: float
    """At the terminals of S lines, Ohm."""
    double_sided: bool
    """Terminals at both ends of every line."""
    tile_rows: int
    """Most D lines of one physical array; 0: no limit."""
    tile_columns: int
    """Most S lines of one physical array; 0: no limit."""
    wire_tolerance: float
    """Largest residual of a read."""
    wire_sweeps: int
    """Most sweeps of a read."""

    # [iv]
    iv: Literal["ohmic", "sinh", "table"] | str
    """I-V of devices in reads: ohmic, sinh or table."""
    iv_scale: float | None
    """V0 of sinh(V / V0)."""
    iv_points: str | Sequence[Sequence[float]] | None
    """File of V and I in two columns, of a table."""

    # [variation]
    sigma: float
    """Device to device: G is X times nominal, X ~ N(1, sigma)."""
    sigma_negative: Literal["zero", "reflect", "redraw"] | str
    """An X below 0: zero, reflect or redraw."""
    sigma_per: Literal["device", "pair"] | str
    """An X of its own for each device or pair."""
    alpha_sigma: float
    """Device to device: relative spread of alpha."""
    alpha_common_sigma: float
    """Of alpha, both directions alike."""
    beta_sigma: float
    """Of beta."""
    g_min_sigma: float
    """Of Gmin."""
    g_max_sigma: float
    """Of Gmax."""
    window_steps: Literal["stretched", "kept"] | str
    """Steps of a device with a Gmin and Gmax of its own: stretched or kept."""
    spread: Literal["normal", "lognormal"] | str
    """Distribution of these five: normal or lognormal."""
    c2c: float
    """Cycle to cycle: scatter of every step, relative to it."""
    c2c_range: float
    """The same relative to Gmax - Gmin."""
    write_noise: float
    """Scatter of G from write to write, per Gmax - Gmin."""
    device_noise: float
    """Scatter of G from read to read, per Gmax - Gmin."""
    stuck_at_g_min: float
    """Fraction of devices that never leave Gmin."""
    stuck_at_g_max: float
    """Fraction that never leave Gmax."""
    stuck_anywhere: float
    """Fraction stuck anywhere between."""
    endurance: float
    """Pulses and resets that a device bears; 0: any number."""
    endurance_sigma: float
    """Lognormal spread of that from device to device."""
    endurance_failure: Literal["stuck", "min", "max", "closing"] | str
    """Then: stuck, min, max or closing."""
    endurance_closing: float
    """Power with which a window closes."""
    drift: float
    """For xbarsim retention: nu of G (t / t0)^-nu."""
    drift_sigma: float
    """Its spread from device to device."""
    drift_start: float
    """Its t0, s."""
    relax_time: float
    """For xbarsim retention: relaxation time, s; 0: none."""
    relax_exponent: float
    """Its stretching exponent."""
    relax_to: float
    """State relaxed to; 0: Gmin, 1: Gmax."""

    # [aging]
    write_error: float
    """Deviation of what is written, per Gmax."""
    write_error_linear: float
    """And so much of it per x = G / Gmax."""
    write_error_square: float
    """And so much of it per x^2."""
    drift_law: Literal["constant", "by-state"] | str
    """Drift exponents: constant or by-state."""
    nu_mean: float
    """Mean drift exponent: constant part."""
    nu_mean_log: float
    """And so much of it per ln x."""
    nu_mean_linear: float
    """And so much of it per x."""
    nu_mean_square: float
    """And so much of it per x^2."""
    nu_mean_least: float
    """Its least value."""
    nu_mean_most: float
    """Its largest value."""
    nu_sigma: float
    """Spread of drift exponents: constant part."""
    nu_sigma_log: float
    """And so much of it per ln x."""
    nu_sigma_linear: float
    """And so much of it per x."""
    nu_sigma_square: float
    """And so much of it per x^2."""
    nu_sigma_least: float
    """Its least value."""
    nu_sigma_most: float
    """Its largest value."""
    nu_negative: Literal["keep", "reflect", "zero"] | str
    """A drift exponent below 0: keep, reflect or zero."""
    drift_clock: Literal["written", "verified"] | str
    """Time counts from: written or verified."""
    flicker: float
    """1/f noise: its Q at Gmax."""
    flicker_power: float
    """Power with which Q rises."""
    flicker_most: float
    """Its largest value."""
    flicker_read: float
    """Length of a read, s, which 1/f noise is averaged over."""

    # [neuron]
    c: float | Sequence[float] | None
    """Hard sigmoid: half width, in (Gmax-Gmin) V_read; one, or one per hidden layer."""
    c_current: float | None
    """The same in A, instead."""
    inner_c: float | None
    """Factor on c for neurons fed by other neurons."""
    softmax_scale: float | None
    """Factor before the softmax, per the same unit."""

    # [sense]
    gain_sigma: float
    """Spread of the sense circuits' gain."""
    offset_sigma: float
    """Spread of their offset, in (Gmax-Gmin) V_read."""
    read_noise: float
    """Input-referred noise of a read, same unit."""
    sense_range: float
    """Sensed currents are clipped here, same unit; 0: never."""
    sense_ranges: str | Sequence[Sequence[float]] | None
    """File of ranges of their own, from calibrate."""
    sense_bits: int
    """Resolution over that range, sign included; 0: any."""
    driver_bits: int
    """Resolution of the drivers; 0: any."""
    noise_management: Literal["off", "forward", "backward", "both"] | str
    """Reads scaled so that their largest input is full: off, forward, backward or both."""
    bound_management: Literal["off", "forward", "backward", "both"] | str
    """Clipped reads are taken again with half the inputs: off, forward, backward or both."""
    bound_reads: int
    """Such reads are taken again at most so many times."""
    drive: Literal["amplitude", "pulses"] | str
    """Inputs by amplitude, or by pulses, bit by bit."""

    # [pulses]
    rule: Literal["sign", "crus", "bs", "stochastic", "tiki-taka", "ttv2", "c-ttv2", "agad", "mixed-precision", "software", "imported"] | str
    """sign, crus, bs, stochastic, tiki-taka and others; software: no devices."""
    method: Literal["a", "b", "c", "fixed", "one-sided"] | str
    """Pair method a, b, c, fixed or one-sided."""
    refresh_every: int
    """With --method one-sided: samples from one refresh to the next."""
    refresh_level: float
    """A pair is refreshed whose larger side is above this part of the range."""
    refresh_lower: float
    """And whose smaller side is above this one."""
    output_dead_zone: float | None
    """No pulse unless |p - t| is above this."""
    hidden_dead_zone: float | Sequence[float] | None
    """The same for hidden errors; times (n/10)^exponent. Or one per hidden layer."""
    dead_zone_exponent: float
    """That exponent."""
    input_threshold: float | None
    """An input above this pulses its row."""
    batch_rule: Literal["lines", "deferred", "signs", "products"] | str
    """With --batch: lines, deferred, signs or products."""
    position_rule: Literal["lines", "deferred", "signs", "products"] | str
    """Of convolutions, at batch 1: lines, deferred, signs or products."""

    # [gates]
    account: bool
    """Keep energies, latency and half-selects of every iteration."""
    pulse_voltage: float
    """Amplitude at a selected gate, V."""
    pulse_width: float
    """Width of a gate pulse, s."""
    read_width: float
    """Length of a read, s."""
    gate_capacitance: float
    """Of one gate, F."""
    half_select_step: float
    """A half-selected device moves by this part of a step."""
    half_select_probability: float
    """It moves by a whole step with this probability."""

    # [crus]
    baseline: Literal["crus", "lim-a", "lim-b", "lim-c", "refresh"] | str
    """crus, lim-a, lim-b, lim-c or refresh."""
    sense_every: int
    """Iterations between sensings."""
    level_bits: int
    """Resolution of a sensed level."""
    level_noise: float
    """Noise of sensing, part of Gmax-Gmin."""
    theta_forward: float
    """Reverse if the forward device's level is above this,"""
    theta_reverse: float
    """and that of the reverse device above this,"""
    line_forward: float
    """and a line: weight of the forward level,"""
    line_reverse: float
    """weight of the reverse level,"""
    line_level: float
    """their sum above this."""
    mirrored: bool
    """The mirrored form, for abrupt LTP."""
    compensate: Literal["both", "forward", "reverse", "none"] | str
    """Thin out pulses: both, forward, reverse or none."""
    compensate_floor: float
    """Mean step of a thinned-out crossing, part of Gmax-Gmin."""
    crus_rate: float
    """Learning rate; lim, refresh: firing probability per |delta|."""
    crus_output_rate: float | None
    """The same for the output layer."""
    crus_decay: float
    """Rates fall by exp(-this) over the run."""
    crus_dead_zone: float
    """No pulse unless |hidden error| is above this."""
    crus_output_dead_zone: float
    """No pulse unless |p - t| is above this."""
    initial_low: float
    """Devices of the first layer start from this,"""
    initial_high: float
    """to this part of the range."""
    initial_inner_low: float
    """Those of the other layers from this,"""
    initial_inner_high: float
    """to this."""
    un_window: int
    """Samples per window of update noise; 0: none."""
    full_level: float
    """lim, refresh: level from which a side is full."""
    lower_level: float
    """refresh: the smaller side's threshold."""

    # [bs]
    bs_input: Literal["bits", "threshold"] | str
    """Inputs: bits (drawn) or threshold (above 1/2)."""
    bs_output: Literal["softmax", "bits"] | str
    """Outputs: softmax (one class is drawn) or bits."""
    bs_slope: Literal["norm", "and", "window"] | str
    """Derivative: norm, and, or window."""
    bs_window: float
    """Half width of that window, in its temperature."""
    bs_temperature: float
    """Noise temperature of hidden comparators, in units of W."""
    bs_output_temperature: float
    """Of the output."""
    bs_slope_temperature: float
    """Of the derivative, relative to the neuron's."""
    bs_dead_zone: float
    """Hidden errors: largest random threshold; 0: plain signs."""
    bs_inner_dead_zone: float
    """The same below other hidden layers."""
    bs_reads: int
    """Forward reads of an image."""
    bs_draws: int
    """Output samples, each with its pulses, of a read."""
    bs_step: float
    """Ideal step, in units of W."""
    bs_step_end: float
    """Factor on it at the end of the run."""
    bs_reach: float
    """No ideal weight gets larger; 0: any."""
    bs_initial_weight: float
    """Weights start within this / sqrt(inputs)."""
    bs_samples: int
    """Inference by N stochastic passes; 0: by expectation."""
    bs_digits: int
    """Digits of a weight, each a pair of devices; 0: ideal steps."""
    bs_base: float
    """A digit is worth so many of the next lower one."""
    bs_scale: float
    """Weight of a full highest digit."""
    bs_carry_every: int
    """Images between carries of the lowest digit; 0: never."""
    bs_carry_ratio: int
    """Higher digits carry so many times less often."""
    bs_carry_threshold: float
    """Carry above this many steps of the next digit."""

    # [gradient]
    gradient_rate: float
    """Learning rate, of weights from -1 to 1."""
    gradient_rate_end: float
    """Factor on it at the end of the run."""
    hidden_neuron: Literal["hard-sigmoid", "sigmoid"] | str
    """Hidden neurons: hard-sigmoid or sigmoid."""
    hidden_slope: Literal["derivative", "one"] | str
    """An error is multiplied with the derivative, or with one."""
    gradient_initial_weight: float
    """Weights start within this / sqrt(inputs)."""

    # [trains]
    train_length: int
    """Slots of a train, at most."""
    length_management: bool
    """Trains are only as long as an update asks for."""
    update_management: bool
    """Rows and columns share the probability evenly."""

    # [fast_slow]
    fast_rate: float | None
    """Rate on the fast array; with auto_scale, part of a train."""
    fast_rate_scales: bool
    """The rate on the fast array is that times gradient_rate."""
    transfer_rate: float
    """What is moved of a number that was read, per gradient_rate."""
    transfer_every: float
    """Samples from one transfer to the next."""
    transfer_reads: int
    """Lines that are read in a transfer."""
    transfer_by: Literal["rows", "columns"] | str
    """Lines that are moved: rows or columns."""
    transfer_length: int
    """Slots of a write, at most; with a buffer its steps."""
    fast_weight: float
    """Part of the fast array in the weight (gamma)."""
    slow_reference_sigma: float | None
    """With --method fixed: reference_sigma of the slow arrays."""
    buffer_granularity: float
    """What a step of the buffer is worth, in steps of the device."""
    auto_granularity: float
    """Instead: over the samples that a sweep takes."""
    auto_scale: bool
    """Updates of the fast array are scaled by running means."""
    buffer_momentum: float
    """Part of the buffer that is kept after a step."""
    buffer_forget: bool
    """The rest of the buffer is forgotten after a step."""
    chop_probability: float | None
    """Probability that a chopper flips after its line was read."""
    chop_random: bool
    """Choppers flip at random, and not every so many sweeps."""
    tail_weight: float
    """Reads that the running mean forgets, per chopper period."""

    # [mixed_precision]
    accumulate_every: int
    """Samples from one write to the next."""
    accumulate_step: float
    """What a pulse is taken for, in steps of the device."""
    accumulate_rows: int
    """Rows that a write takes, in turn; 0: all."""
    accumulate_most: int
    """Pulses on a pair in an update, at most; 0: any."""
    accumulate_input_bits: int
    """Bits of an input in the sums; 0: exact."""
    accumulate_error_bits: int
    """Bits of an error in the sums; 0: exact."""
    accumulate_output_rate: float
    """Factor on the learning rate of the output layer."""
    accumulate_dead_zone: float
    """Errors of hidden neurons up to this are not added up."""
    accumulate_output_dead_zone: float
    """The same for errors p - t of the output layer."""
    accumulate_record: bool
    """Run files keep errors and inputs, so that sums are known always."""

    # [software]
    learning_rate: float
    """Learning rate."""
    software_c: float
    """Hard sigmoid: half width."""
    slope: Literal["one", "1/2c"] | str
    """Derivative of the hard sigmoid: one, or 1/2c."""
    initial_weight: float
    """Weights start within this / sqrt(inputs)."""
    activation: Literal["hard-sigmoid", "sigmoid"] | str
    """Hidden neurons: hard-sigmoid or sigmoid."""
    learning_rate_end: float
    """Factor on the rate at the end of the run."""

    # [imported]
    imported_neurons: str
    """Hidden neurons, one name or one for each layer: relu,tanh."""
    imported_half_width: float
    """Half width c of hard sigmoids, clip(1/2 + x / 2c, 0, 1); 3 as PyTorch has it."""
    imported_scales: float | Sequence[float] | None
    """Weight that the largest W of a pair stands for; one, or one per array."""
    imported_full: float | Sequence[float] | None
    """Output of hidden neurons that v_read stands for; one, or one per hidden layer."""
    imported_limit: bool
    """Drivers end at the full voltage; else they give what is asked for."""
    imported_biases: float | Sequence[float] | None
    """Digital biases of all columns, array after array."""

    # [run]
    dataset: str
    """auto, a name, a folder of IDX or CSV files, an .npz or a .csv file."""
    iterations: int | None
    """Length of the run in updates."""
    epochs: int | None
    """Length of the run in epochs, instead."""
    batch: int
    """Samples per update."""
    seed: int
    """Seed of initial states and sample order."""
    eval_every: int | None
    """Test accuracy every N iterations; by default 12 times, at most 5000 apart."""
    eval_last: int
    """Test accuracy after each of the last N."""
    snapshot_every: int
    """Full conductances every N iterations."""
    engine: Literal["auto", "ladder", "analog"] | str
    """auto, ladder or analog: the same physics."""
    schedule: int | None
    """Iterations over which steps or rates fall."""
