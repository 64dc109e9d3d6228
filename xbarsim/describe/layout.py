"""Layouts: what is simulated, as frozen descriptions, and as the TOML files that users write.

Its sections are descriptions in files of this folder. Every key has a default, except the layers. Units stand in the
TOML keys (``g_max_S``, ``v_read_V``); in Python the same values are attributes without the unit, in SI.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, cast

from ..base.arguments import arguments, instance, path, text, truth
from ..base.errors import LayoutError, nearest
from ..base.shown import presented
from . import axes
from .aging import Aging
from .array import Array, check_reference
from .device import REFUSALS, Device
from .device_files import DEVICE_SECTIONS, load_device
from .fields import keys_of
from .gates import Gates
from .iv import IV, check_iv
from .layout_files import sections_of, text_of
from .network import Network
from .neuron import Neuron, check_c
from .pulses import FIXED, ONE_SIDED, Pulses
from .ranges import check_ranges
from .rules.rule import RuleDescription
from .rules.table import RULES
from .run import Run
from .schemes import method_after
from .sections import ALL_KEYS, ALTERNATIVES, HOMES, RULE_SECTIONS, SECTIONS, mark_recorded, toml_key
from .sense import Sense
from .variation import Variation
from .wires import Wires
from .words import layout_in_short, layout_rows

_REFORM = {"layers", "inner_c", "c_current"}
"""Keys beside which a single c is not in proportion to the list before it."""

_LEAST_C, _MOST_C = 0.05, 1000.0
"""Bounds of the neuron's c in units of (Gmax - Gmin) V_read, beyond which a network cannot learn."""


@dataclass(frozen=True, kw_only=True)
class _Fixed:
    """The sections that every layout has, whatever the rules are."""

    network: Network
    device: Device = field(default_factory=Device)
    array: Array = field(default_factory=Array)
    wires: Wires = field(default_factory=Wires)
    iv: IV = field(default_factory=IV)
    variation: Variation = field(default_factory=Variation)
    aging: Aging = field(default_factory=Aging)
    neuron: Neuron = field(default_factory=Neuron)
    sense: Sense = field(default_factory=Sense)
    pulses: Pulses = field(default_factory=Pulses)
    gates: Gates = field(default_factory=Gates)
    run: Run = field(default_factory=Run)


if TYPE_CHECKING:
    from .keywords import Keywords

    class _Sections(_Fixed):
        # Sections of rules come from a table, which a type checker cannot read.
        def __getattr__(self, section: str) -> Any: ...

else:
    _Sections = dataclasses.make_dataclass(
        "_Sections",
        [(name, what, field(default_factory=what)) for name, what in RULE_SECTIONS.items()],
        bases=(_Fixed,),
        frozen=True,
        kw_only=True,
    )


@presented(layout_in_short, layout_rows)
@dataclass(frozen=True, kw_only=True)
class Layout(_Sections):
    """Everything that defines a run.

    Examples
    --------
    >>> layout = Layout.of(layers=(784, 200, 10), beta=2.0, n_max=64, method="b")
    >>> layout.device.beta, layout.pulses.method
    (2.0, 'b')
    >>> layout.replace(method="c").pulses.method
    'c'
    >>> Layout.from_toml_text(layout.to_toml()) == layout
    True
    """

    def __post_init__(self) -> None:
        """Check what concerns more than one section."""
        for name, what in SECTIONS.items():
            instance(what, f"{what.__name__}", "build layouts with xbarsim.Layout.of(...)")(name, getattr(self, name))
        self._check_current()
        self._check_lists()
        check_iv(self)
        check_ranges(self)
        check_reference(self)
        axes.check(self, (*REFUSALS, *self.rule.refusals))
        self.rule.check(self)

    @property
    def rule(self) -> RuleDescription:
        """The learning rule."""
        return RULES[self.pulses.rule]

    def _check_current(self) -> None:
        """A neuron made for another device would be stuck at 0 or 1, and nothing would be learned."""
        if self.neuron.c_current is None or not self.rule.currents:
            return
        unit = self.device.span * self.array.v_read
        if not _LEAST_C * unit <= self.neuron.c_current <= _MOST_C * unit:
            raise LayoutError(
                f"neuron.c_current_A: expected {_LEAST_C * unit:.3g} to {_MOST_C * unit:.3g} A for a device of "
                f"{self.device.g_min:g} to {self.device.g_max:g} S read at {self.array.v_read:g} V, "
                f"got {self.neuron.c_current:g} A; give c instead, which follows the device"
            )

    def _check_lists(self) -> None:
        """Lists have one number for each hidden layer, or for each array."""
        arrays = len(self.network.arrays)
        hidden = (arrays - 1, "hidden layers")
        lists = (
            (type(self.neuron), "c", self.neuron.c, hidden),
            (type(self.pulses), "hidden_dead_zone", self.pulses.hidden_dead_zone, hidden),
            (type(self.array), "initial_steps", self.array.initial_steps, (arrays, "arrays")),
        )
        for section, key, value, (n, what) in lists:
            if isinstance(value, tuple) and len(value) != n:
                raise LayoutError(
                    f"{section.where(key)}: expected one number, or one for each of the {n} {what} of layers "
                    f"{','.join(map(str, self.network.layers))}, got {len(value)}; give {n}, or one"
                )
        if isinstance(self.neuron.c, tuple) and self.neuron.inner_c is not None:
            raise LayoutError("neuron.inner_c: expected none beside a list of c, got a factor; leave one out")

    def half_widths(self, *, amperes: bool = False) -> list[float]:
        """c of every hidden layer, in units of (Gmax - Gmin) V_read or in A, once settled (see `defaults.settle`)."""
        hidden, neuron, unit = self.network.hidden, self.neuron, self.device.span * self.array.v_read
        if not hidden:
            return []
        if neuron.c_current is not None:
            c = neuron.c_current if amperes else neuron.c_current / unit
        elif isinstance(neuron.c, tuple):
            return [c * (unit if amperes else 1.0) for c in neuron.c]
        else:
            assert neuron.c is not None
            c = neuron.c * (unit if amperes else 1.0)
        return [c * (neuron.inner_c if k and neuron.inner_c is not None else 1.0) for k in range(hidden)]

    def hidden_dead_zones(self) -> list[float]:
        """Dead zone of every hidden layer, once settled."""
        zone, above = self.pulses.hidden_dead_zone, [a.outputs for a in self.network.arrays[1:]]
        if zone is None or isinstance(zone, tuple):
            return list(zone or ())
        return [zone * (n / 10.0) ** self.pulses.dead_zone_exponent for n in above]

    @property
    def fixed_reference(self) -> bool:
        """Whether a weight is one device beside a reference that is never pulsed."""
        return self.rule.methods and self.pulses.method == FIXED

    @property
    def one_sided(self) -> bool:
        """Whether updates are potentiation pulses alone, and pairs are refreshed now and then."""
        return self.rule.methods and self.pulses.method == ONE_SIDED

    @property
    def weight_range(self) -> float:
        """U, the largest abs(W) of nominal devices, S: W = 0 of a fixed reference is in the middle of the range.

        >>> Layout.of(layers=(4, 2), g_min=0.0, g_max=1e-6, method="fixed").weight_range
        5e-07
        """
        return self.device.span / 2.0 if self.fixed_reference else self.device.span

    @property
    def real_circuits(self) -> bool:
        """Whether wires, drivers, sense circuits or pulse lines are looked at."""
        plain = self.iv.ohmic and self.sense.ideal and not self.gates.active and not self.variation.device_noise
        return self.exact_wires or not plain

    @property
    def curved_wires(self) -> bool:
        """Whether reads solve a circuit that is not linear, so that no matrix stands for it."""
        return self.exact_wires and not self.iv.ohmic

    @property
    def exact_wires(self) -> bool:
        """Whether reads solve the circuit of the wires."""
        return self.array.circuit == "exact" or (self.array.circuit == "auto" and not self.wires.ideal)

    @classmethod
    def of(cls, **values: Unpack[Keywords]) -> Layout:
        """Build from attribute names, which are unique over all sections: ``Layout.of(layers=(784, 10), beta=1)``."""
        return cls._merge({}, cast("dict[str, Any]", values))

    def replace(self, **values: Unpack[Keywords]) -> Layout:
        """A copy with other values.

        Giving ``n_max`` removes ``alpha`` and the other way round; so for iterations and epochs. A single c in
        the place of a list keeps its proportions; other layers need lists of their own.
        """
        given, c = cast("dict[str, Any]", dict(values)), self.neuron.c
        if isinstance(given.get("c"), (int, float)) and isinstance(c, tuple) and given.keys().isdisjoint(_REFORM):
            one, given["c"] = given["c"], tuple(given["c"] * x / c[0] for x in c)
            check_c(one, given["c"])
        given = {**method_after(self.pulses.rule, self.pulses.method, given), **given}
        return self._merge(self._tables(), {**self._lists_after(given), **given})

    def _lists_after(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What becomes of the lists of this layout with other values."""
        c, lists = self.neuron.c, ("c", "hidden_dead_zone", "initial_steps")
        if "layers" in given and len(Network(layers=given["layers"]).arrays) != len(self.network.arrays):
            homes = {name: getattr(getattr(self, HOMES[name]), name) for name in lists}
            return {name: None for name, value in homes.items() if isinstance(value, tuple)}
        if not isinstance(c, tuple) or "c" in given:
            return {}
        if given.get("inner_c") is not None:
            return {"c": c[0]}
        return {"c": None, "inner_c": c[1] / c[0]} if given.get("c_current") is not None and len(c) > 1 else {}

    @arguments(spec=path)
    def with_device(self, spec: str) -> Layout:
        """A copy with another device: a preset, a device file or ``file.py:function``.

        It takes the place of ``[device]``, ``[variation]`` and ``[aging]``.

        >>> Layout.of(layers=(784, 10), sigma=0.5).with_device("lim2019-beta3").device.beta
        3.0
        """
        spec, tables = str(spec), self._tables()
        tables.update({name: {} for name in DEVICE_SECTIONS})
        try:
            return self._merge(tables, load_device(spec))
        except LayoutError as error:
            raise LayoutError(str(error) if spec in str(error) else f"{spec}: {error}") from None

    @classmethod
    def _merge(cls, tables: dict[str, dict[str, Any]], values: Mapping[str, Any]) -> Layout:
        tables = {name: dict(tables.get(name, {})) for name in SECTIONS}
        for name, value in values.items():
            if name not in HOMES:
                raise LayoutError(f"layout: unknown key '{name}'; {nearest(str(name), HOMES, ALL_KEYS)}")
            tables[HOMES[name]][name] = value
            other = ALTERNATIVES.get(name)
            if other is not None and value is not None and other not in values:
                tables[HOMES[name]].pop(other, None)
        pulses = tables["pulses"]
        if "method" not in pulses and (usual := RULES.get(str(pulses.get("rule", "")))) is not None and usual.method:
            pulses["method"] = usual.method
        sections: dict[str, Any] = {name: SECTIONS[name](**table) for name, table in tables.items()}
        return cls(**sections)

    def _tables(self) -> dict[str, dict[str, Any]]:
        return {
            name: {key: getattr(section, key) for key in keys_of(what)}
            for name, what in SECTIONS.items()
            for section in [getattr(self, name)]
        }

    @classmethod
    @arguments(path=path, recorded=truth)
    def from_toml(cls, path: str | Path, *, recorded: bool = False, **values: Any) -> Layout:
        """Read a layout file; `values` override it. A plug-in that a `recorded` one names is not read or run."""
        return cls.from_toml_text(text_of(path), where=str(path), recorded=recorded, **values)

    @classmethod
    @arguments(text=text, where=text, recorded=truth)
    def from_toml_text(cls, text: str, *, where: str = "layout", recorded: bool = False, **values: Any) -> Layout:
        """Read a layout from TOML text; `values` override it.

        A `recorded` one is from a run file: a plug-in that it names is not read or run, see `recorded`.
        """
        try:
            document = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise LayoutError(f"{where}: expected TOML, got a syntax error ({error}); correct that line") from None
        try:
            tables = sections_of(document)
            if recorded:
                mark_recorded(tables)
            return cls._merge(tables, values)
        except LayoutError as error:
            raise LayoutError(f"{where}: {error}") from None

    def to_toml(self) -> str:
        """The layout as TOML, with every value that is set."""
        import tomli_w

        document = {
            name: {
                toml_key(key): list(value) if isinstance(value, tuple) else value
                for key, value in table.items()
                if value is not None
            }
            for name, table in self._tables().items()
        }
        return tomli_w.dumps(document)
