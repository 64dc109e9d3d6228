"""The sections of a layout: what can be chosen, as frozen descriptions that check themselves once.

The section ``[device]`` is `devices.Device`. Attribute names are unique over all sections; in Python values are in SI, in TOML
their keys end in the unit.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..base import checks
from ..base.errors import LayoutError
from .choices import (
    ACTIVATIONS,
    BATCHES,
    CIRCUITS,
    ENGINES,
    FAILURES,
    METHODS,
    NEGATIVE_SCALES,
    ROUTINGS,
    RULES,
    SCALES_PER,
    SPREADS,
)

_UNITS = {
    "g_min": "S", "g_max": "S", "alpha": "S", "alpha_d": "S", "v_read": "V", "wire_resistance": "Ohm",
    "wire_resistance_s": "Ohm", "driver_resistance": "Ohm", "sense_resistance": "Ohm", "pulse_voltage": "V",
    "c_current": "A", "jump_p": "S", "jump_d": "S", "drift_start": "s", "relax_time": "s", "pulse_width": "s", "read_width": "s", "gate_capacitance": "F",
}  # fmt: skip


def toml_key(name: str) -> str:
    """TOML key of an attribute: with its unit, if it has one."""
    return f"{name}_{_UNITS[name]}" if name in _UNITS else name


MAX_LINES = 65_536
"""Most rows or columns of one array."""

MAX_BATCH = 4000
"""Most samples per update: one device's pulses in a batch fit a packed count."""


@dataclass(frozen=True, kw_only=True)
class Network:
    """Sizes of the layers, inputs first: (784, 200, 10) is one hidden layer."""

    layers: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Check the sizes."""
        where = "network.layers"
        if not isinstance(self.layers, (tuple, list)) or not self.layers:
            raise LayoutError(
                f"{where}: expected two or more sizes, got {self.layers!r}; give for example [784, 200, 10]"
            )
        sizes = tuple(checks.integer(where, n, least=1, most=MAX_LINES - 1) for n in self.layers)
        if len(sizes) < 2:
            raise LayoutError(f"{where}: expected two or more sizes, got {list(sizes)}; give inputs and outputs")
        if sizes[-1] < 2:
            raise LayoutError(
                f"{where}: expected two or more outputs (classes), got {sizes[-1]}; give one output per class"
            )
        object.__setattr__(self, "layers", sizes)


@dataclass(frozen=True, kw_only=True)
class Array:
    """The crossbar: electrodes, bias row, read voltage and the states it starts from.

    Attributes
    ----------
    routing : str
        Which electrodes are split into + and -: see ``ROUTINGS``.
    bias : bool
        Whether each array has one more row, driven at the full read voltage.
    v_read : float, V
        Voltage of a full input.
    initial_fan_in : float
        Devices start anywhere on their staircase, uniformly, in arrays of at most so many inputs; in wider ones on its lowest
        part, smaller in proportion: up to ``n_max * initial_fan_in / inputs`` pulses above Gmin.
    initial_steps : int, optional
        Instead: up to so many pulses above Gmin in every array; more than n_max counts as n_max.
    circuit : str
        What the wires do to a read: see ``CIRCUITS``; their resistances stand in `Wires`.
    """

    routing: str = "split-both"
    bias: bool = True
    v_read: float = 0.1
    initial_fan_in: float = 100.0
    initial_steps: int | None = None
    circuit: str = "auto"

    def __post_init__(self) -> None:
        """Check every value."""
        put = object.__setattr__
        checks.choice("array.routing", self.routing, ROUTINGS)
        checks.choice("array.circuit", self.circuit, CIRCUITS)
        put(self, "bias", checks.flag("array.bias", self.bias))
        put(self, "v_read", checks.number("array.v_read_V", self.v_read, least=1e-6, most=1e6))
        put(self, "initial_fan_in", checks.number("array.initial_fan_in", self.initial_fan_in, least=0.0, most=1e9))
        if self.initial_steps is not None:
            put(self, "initial_steps", checks.integer("array.initial_steps", self.initial_steps, least=0))

    def initial_range(self, inputs: int, n_max: int) -> int:
        """Most pulses above Gmin that a device starts with, in an array of so many inputs."""
        if self.initial_steps is not None:
            return min(self.initial_steps, n_max)
        return round(n_max * min(1.0, self.initial_fan_in / inputs))


@dataclass(frozen=True, kw_only=True)
class Wires:
    """Resistances of the lines of an array, and how its nodal equations are solved.

    A line is a chain of equal segments between its crossings; at its terminal, where it is driven or sensed, comes one more segment
    and the resistance of the driver or sense circuit.

    Attributes
    ----------
    wire_resistance : float, Ohm
        Of one segment of a D line, and of an S line unless `wire_resistance_s` is given.
    wire_resistance_s : float, Ohm, optional
    driver_resistance, sense_resistance : float, Ohm
        At the terminals of D lines and of S lines, in both directions of reading.
    double_sided : bool
        Terminals at both ends of every line, joined.
    tile_rows, tile_columns : int
        Most D and S lines of one physical array; a larger layer is split, and the tiles' currents are added after sensing. 0: no limit.
    wire_tolerance : float
        Largest sum of the imbalances of all nodes, relative to the current that is fed in.
    wire_sweeps : int
        Most alternations between the two kinds of lines in one read.

    Examples
    --------
    >>> import xbarsim
    >>> xbarsim.Wires(wire_resistance=2.0, driver_resistance=100.0).ideal
    False
    """

    wire_resistance: float = 0.0
    wire_resistance_s: float | None = None
    driver_resistance: float = 0.0
    sense_resistance: float = 0.0
    double_sided: bool = False
    tile_rows: int = 0
    tile_columns: int = 0
    wire_tolerance: float = 1e-6
    wire_sweeps: int = 1000

    def __post_init__(self) -> None:
        """Check every value."""
        put = object.__setattr__
        for key in ("wire_resistance", "wire_resistance_s", "driver_resistance", "sense_resistance"):
            if getattr(self, key) is not None:
                put(self, key, checks.number(f"wires.{toml_key(key)}", getattr(self, key), least=0.0, most=1e12))
        put(self, "double_sided", checks.flag("wires.double_sided", self.double_sided))
        for key in ("tile_rows", "tile_columns"):
            put(self, key, checks.integer(f"wires.{key}", getattr(self, key), least=0))
        put(self, "wire_tolerance", checks.number("wires.wire_tolerance", self.wire_tolerance, least=1e-12, most=1e-2))
        put(self, "wire_sweeps", checks.integer("wires.wire_sweeps", self.wire_sweeps, least=1))

    @property
    def ideal(self) -> bool:
        """Whether nothing has resistance."""
        return not (self.wire_resistance or self.wire_resistance_s or self.driver_resistance or self.sense_resistance)


@dataclass(frozen=True, kw_only=True)
class Variation:
    """How real devices depart from the nominal one; everything is off by default.

    Attributes
    ----------
    sigma : float
        Device to device, the whole device: it conducts X times the nominal conductance, X ~ N(1, sigma).
    sigma_negative : str
        What becomes of an X below 0: see ``NEGATIVE_SCALES``.
    sigma_per : str
        What has an X of its own: see ``SCALES_PER``.
    alpha_sigma, beta_sigma : float
        Device to device, the law: relative spread of the steps and of the nonlinearity, of each direction by itself.
    g_min_sigma, g_max_sigma : float
        Device to device, the window: relative spread of Gmin and of Gmax. Gmax stays above Gmin by a twentieth of the nominal range.
    spread : str
        Distribution of these four factors: see ``SPREADS``.
    c2c, c2c_range : float
        Cycle to cycle: standard deviation of every step, relative to the step and relative to Gmax - Gmin.
    device_noise : float
        Standard deviation of a device's conductance from read to read, relative to Gmax - Gmin.
    stuck_at_g_min, stuck_at_g_max, stuck_anywhere : float
        Fractions of the devices that never move; the last at conductances that are uniform over the range.
    endurance : float
        Pulses and resets that a device bears; 0: any number.
    endurance_sigma : float
        Device to device: lives are ``endurance * exp(endurance_sigma z)``.
    endurance_failure : str
        What becomes of it then: see ``FAILURES``.
    endurance_closing : float
        Power of a closing window.
    drift, drift_sigma, drift_start : float, float, and float in s
        After training conductances fall as (t / drift_start)^-nu, nu ~ N(drift, drift_sigma) for each device, see `aging`.
    relax_time, relax_exponent, relax_to : float in s, float, float
        After training states relax towards ``relax_to`` (0: Gmin, 1: Gmax) as exp(-(t / relax_time)^relax_exponent); 0 s: they do not.
    """

    sigma: float = 0.0
    sigma_negative: str = "zero"
    sigma_per: str = "device"
    alpha_sigma: float = 0.0
    beta_sigma: float = 0.0
    g_min_sigma: float = 0.0
    g_max_sigma: float = 0.0
    spread: str = "normal"
    c2c: float = 0.0
    c2c_range: float = 0.0
    device_noise: float = 0.0
    stuck_at_g_min: float = 0.0
    stuck_at_g_max: float = 0.0
    stuck_anywhere: float = 0.0
    endurance: float = 0.0
    endurance_sigma: float = 0.0
    endurance_failure: str = "stuck"
    endurance_closing: float = 1.0
    drift: float = 0.0
    drift_sigma: float = 0.0
    drift_start: float = 1.0
    relax_time: float = 0.0
    relax_exponent: float = 1.0
    relax_to: float = 0.0

    def __post_init__(self) -> None:
        """Check every value."""
        put = object.__setattr__
        for key, most in (
            ("sigma", 100.0), ("alpha_sigma", 10.0), ("beta_sigma", 10.0), ("g_min_sigma", 10.0), ("g_max_sigma", 10.0), ("c2c", 100.0),
            ("c2c_range", 10.0), ("device_noise", 10.0), ("stuck_at_g_min", 1.0), ("stuck_at_g_max", 1.0), ("stuck_anywhere", 1.0),
            ("endurance", 1e18), ("endurance_sigma", 10.0), ("endurance_closing", 100.0), ("drift", 10.0), ("drift_sigma", 10.0),
            ("relax_time", 1e30), ("relax_exponent", 10.0), ("relax_to", 1.0),
        ):  # fmt: skip
            put(self, key, checks.number(f"variation.{toml_key(key)}", getattr(self, key), least=0.0, most=most))
        put(self, "drift_start", checks.number("variation.drift_start_s", self.drift_start, above=0.0, most=1e30))
        checks.choice("variation.sigma_negative", self.sigma_negative, NEGATIVE_SCALES)
        checks.choice("variation.sigma_per", self.sigma_per, SCALES_PER)
        checks.choice("variation.spread", self.spread, SPREADS)
        checks.choice("variation.endurance_failure", self.endurance_failure, FAILURES)
        if self.stuck > 1.0:
            raise LayoutError(
                f"variation.stuck_anywhere: expected fractions that add up to at most 1, got {self.stuck:g}; lower them"
            )

    @property
    def stuck(self) -> float:
        """Fraction of the devices that never move."""
        return self.stuck_at_g_min + self.stuck_at_g_max + self.stuck_anywhere

    @property
    def windows(self) -> bool:
        """Whether devices differ in what they conduct at the same nominal state."""
        return bool(self.sigma or self.g_min_sigma or self.g_max_sigma)

    @property
    def scattered(self) -> bool:
        """Whether pulses do not act on all devices, and every time, alike."""
        return bool(self.alpha_sigma or self.beta_sigma or self.c2c or self.c2c_range or self.stuck or self.endurance)

    @property
    def any(self) -> bool:
        """Whether anything is on."""
        return (
            self.windows
            or self.scattered
            or bool(self.device_noise or self.drift or self.drift_sigma or self.relax_time)
        )


@dataclass(frozen=True, kw_only=True)
class Neuron:
    """Neurons, in units of (Gmax - Gmin) V_read.

    Attributes
    ----------
    c : float
        The hidden hard sigmoid is 0 below -c and 1 above c.
    c_current : float, A, optional
        The same in A, instead of `c`.
    inner_c : float
        Factor on c for neurons that are fed by other neurons and not by the inputs. Of pixels most are dark, of neurons most
        give half: inner arrays carry more current.
    softmax_scale : float
        Factor on the output currents before the softmax.
    """

    c: float = 4.5
    c_current: float | None = None
    inner_c: float = 1.4
    softmax_scale: float = 1.25

    def __post_init__(self) -> None:
        """Check every value."""
        if self.c_current is not None:
            value = checks.number("neuron.c_current_A", self.c_current, least=1e-30, most=1e9)
            object.__setattr__(self, "c_current", value)
        for key in ("c", "inner_c"):
            object.__setattr__(self, key, checks.number(f"neuron.{key}", getattr(self, key), least=1e-6, most=1e9))
        scale = checks.number("neuron.softmax_scale", self.softmax_scale, least=1e-9, most=1e9)
        object.__setattr__(self, "softmax_scale", scale)


@dataclass(frozen=True, kw_only=True)
class Sense:
    """Drivers and sense circuits; all ideal by default. Currents are in units of (Gmax - Gmin) V_read.

    Attributes
    ----------
    gain_sigma : float
        Spread of the current-to-voltage stages' gain around 1, drawn once for each column and each row.
    offset_sigma : float
        Spread of their offset current around 0, drawn likewise.
    read_noise : float
        Standard deviation of the input-referred noise, drawn anew at each read.
    sense_range : float
        Outputs are clipped at plus and minus this; 0: not at all.
    sense_bits : int
        Resolution over that whole range, sign included; 0: any value.
    driver_bits : int
        Resolution of the drivers from 0 V to the read voltage, sign apart; 0: any voltage.
    """

    gain_sigma: float = 0.0
    offset_sigma: float = 0.0
    read_noise: float = 0.0
    sense_range: float = 0.0
    sense_bits: int = 0
    driver_bits: int = 0

    def __post_init__(self) -> None:
        """Check every value."""
        put = object.__setattr__
        for key in ("gain_sigma", "offset_sigma", "read_noise", "sense_range"):
            put(self, key, checks.number(f"sense.{key}", getattr(self, key), least=0.0, most=1e9))
        for key in ("sense_bits", "driver_bits"):
            put(self, key, checks.integer(f"sense.{key}", getattr(self, key), least=0, most=32))
        if self.sense_bits == 1:
            raise LayoutError(
                "sense.sense_bits: expected 0 or at least 2 (one of them is the sign), got 1; choose another"
            )
        if self.sense_bits and not self.sense_range:
            raise LayoutError(
                f"sense.sense_range: expected a range > 0 with sense_bits = {self.sense_bits}, got 0; give for example 10"
            )

    @property
    def ideal(self) -> bool:
        """Whether nothing is done to a voltage or a current."""
        return self == Sense()


@dataclass(frozen=True, kw_only=True)
class Pulses:
    """The pulse generator and what a signed update does to a pair.

    Attributes
    ----------
    rule : str
        Which lines fire, and with which sign: see ``RULES``.
    method : str
        What an update does when the side to be pulsed is full: see ``METHODS``.
    output_dead_zone : float
        No pulse where the output error ``|p - t|`` is not above this.
    hidden_dead_zone : float
        The same for a hidden error, the sum of W delta with W in units of Gmax - Gmin; multiplied by
        ``(n / 10) ** dead_zone_exponent``, n being the size of the layer the error comes from.
    dead_zone_exponent : float
    input_threshold : float
        An input above this, 0 to 1, pulses its row.
    batch_rule : str
        How pulses follow from a mini-batch: see ``BATCHES``.
    """

    rule: str = "sign"
    method: str = "b"
    output_dead_zone: float = 0.10
    hidden_dead_zone: float = 0.07
    dead_zone_exponent: float = 0.5
    input_threshold: float = 0.0
    batch_rule: str = "signs"

    def __post_init__(self) -> None:
        """Check every value."""
        checks.choice("pulses.rule", self.rule, RULES)
        checks.choice("pulses.method", self.method, METHODS)
        checks.choice("pulses.batch_rule", self.batch_rule, BATCHES)
        for key, most in (
            ("output_dead_zone", 1.0),
            ("hidden_dead_zone", 1e9),
            ("dead_zone_exponent", 10.0),
            ("input_threshold", 1.0),
        ):
            object.__setattr__(self, key, checks.number(f"pulses.{key}", getattr(self, key), least=0.0, most=most))


@dataclass(frozen=True, kw_only=True)
class Gates:
    """The pulse lines, and what pulses and reads cost.

    An event puts half of the pulse on the firing row lines and half on a line of each firing column; see kernels/gates.py.

    Attributes
    ----------
    account : bool
        Keep energies, latency and half-select events of every iteration.
    pulse_voltage : float, V
        Amplitude that a selected gate sees; a half-selected one sees half of it.
    pulse_width, read_width : float, s
        Of a gate pulse (or a reset), and of a read.
    gate_capacitance : float, F
    half_select_step : float
        Fraction of a potentiation step by which a half-selected device moves.
    half_select_probability : float
        Probability that a half-selected device moves by a whole step.
    """

    account: bool = False
    pulse_voltage: float = 3.0
    pulse_width: float = 1e-6
    read_width: float = 1e-7
    gate_capacitance: float = 1e-15
    half_select_step: float = 0.0
    half_select_probability: float = 0.0

    def __post_init__(self) -> None:
        """Check every value."""
        put = object.__setattr__
        put(self, "account", checks.flag("gates.account", self.account))
        for key, most in (
            ("pulse_voltage", 1e6),
            ("pulse_width", 1e6),
            ("read_width", 1e6),
            ("gate_capacitance", 1e6),
            ("half_select_step", 1.0),
            ("half_select_probability", 1.0),
        ):
            put(self, key, checks.number(f"gates.{toml_key(key)}", getattr(self, key), least=0.0, most=most))

    @property
    def disturb(self) -> bool:
        """Whether half-selected devices move."""
        return self.half_select_step > 0.0 or self.half_select_probability > 0.0

    @property
    def active(self) -> bool:
        """Whether the pulse lines have to be followed at all."""
        return self.account or self.disturb


@dataclass(frozen=True, kw_only=True)
class Software:
    """The reference without devices, for the rule ``software``: float weights and back-propagation.

    Attributes
    ----------
    learning_rate : float
    software_c : float
        The hidden hard sigmoid is 0 below -c and 1 above c.
    initial_weight : float
        Weights start uniformly between -w and w, w = initial_weight / sqrt(inputs of the layer).
    activation : str
        Of hidden neurons: see ``ACTIVATIONS``.
    learning_rate_end : float
        Factor on the learning rate at the end of the run (or of ``run.schedule``); it falls exponentially.
    """

    learning_rate: float = 0.01
    software_c: float = 1.5
    initial_weight: float = 1.0
    activation: str = "hard-sigmoid"
    learning_rate_end: float = 1.0

    def __post_init__(self) -> None:
        """Check every value."""
        for key in ("learning_rate", "software_c", "initial_weight", "learning_rate_end"):
            object.__setattr__(self, key, checks.number(f"software.{key}", getattr(self, key), least=1e-12, most=1e6))
        checks.choice("software.activation", self.activation, ACTIVATIONS)

    @property
    def benchmark(self) -> bool:
        """Whether kernels/backprop.py trains, and not kernels/software.py."""
        return self.activation != "hard-sigmoid" or self.learning_rate_end != 1.0


@dataclass(frozen=True, kw_only=True)
class Run:
    """How long, on what data, and what is kept.

    Attributes
    ----------
    dataset : str
        ``auto`` (MNIST if it is at hand, else the embedded digits), a name, a folder of IDX files, or an ``.npz`` file.
    iterations, epochs : int
        Length of the run; at most one of them. Default: 60,000 iterations. An iteration is one update.
    batch : int
        Samples per update.
    seed : int
        Seed of the initial states and of the order of the samples.
    eval_every : int
        Test accuracy every so many iterations; 0: only at the end.
    eval_last : int
        Test accuracy after each of so many last iterations.
    snapshot_every : int
        Full conductances every so many iterations (and at 0 and at the end); 0: only there.
    engine : str
        See ``ENGINES``; the program picks.
    schedule : int
        Iterations over which steps (rule ``bs``) or rates (rule ``software``) fall; by default, which is written into the run file, all.
    """

    dataset: str = "auto"
    iterations: int | None = None
    epochs: int | None = None
    batch: int = 1
    seed: int = 0
    eval_every: int = 5000
    eval_last: int = 100
    snapshot_every: int = 20_000
    engine: str = "auto"
    schedule: int | None = None

    def __post_init__(self) -> None:
        """Check every value."""
        put = object.__setattr__
        if not isinstance(self.dataset, str) or not self.dataset:
            raise LayoutError(f"run.dataset: expected a name or a path, got {self.dataset!r}; try 'auto'")
        if self.iterations is not None and self.epochs is not None:
            raise LayoutError("run.iterations: expected either iterations or epochs, got both; leave one out")
        for key, least, most in (
            ("iterations", 1, 2**32 - 1),
            ("epochs", 1, 2**20),
            ("batch", 1, MAX_BATCH),
            ("seed", 0, 2**63 - 1),
            ("eval_every", 0, None),
            ("eval_last", 0, None),
            ("snapshot_every", 0, None),
            ("schedule", 1, 2**40),
        ):
            if getattr(self, key) is not None:
                put(self, key, checks.integer(f"run.{key}", getattr(self, key), least=least, most=most))
        checks.choice("run.engine", self.engine, ENGINES)
