"""What a layout has to know of a learning rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..fields import Description
from ..refusals import Refusal

if TYPE_CHECKING:
    from ..layout import Layout


def _never(_layout: Layout) -> bool:
    return False


def _always(_layout: Layout) -> bool:
    return True


def _one(_layout: Layout) -> int:
    return 1


def _digit(number: int) -> str:
    return f"digit {number}" if number else ""


def _plain(_layout: Layout) -> str:
    return ""


def _name(layout: Layout) -> str:
    return layout.rule.name


def _by_accuracy(_layout: Layout) -> str:
    return "accuracy"


def _none(_layout: Layout) -> Mapping[str, Any]:
    return {}


def _any(_layout: Layout) -> None:
    return


@dataclass(frozen=True, kw_only=True)
class RuleDescription:
    """A learning rule, as layouts ask for it.

    Attributes
    ----------
    name : str
        In ``pulses.rule``.
    text : str
        What it is, in one line.
    formerly : tuple of str
        Names that earlier versions called it by.
    section : type of Description, optional
        The section with its keys.
    shared : tuple of types of Description
        Sections that it has in common with other rules.
    refusals : tuple of Refusal
        What it does not go together with.
    on_devices : bool
        Whether there are layouts of it with devices.
    has_devices : function
        Whether a layout of it has devices.
    currents : bool
        Whether its hidden neurons are driven by currents of the layout's device, so that ``neuron.c_current_A`` is one
        of them.
    falls : function
        Whether its steps or rates fall during a run of a layout.
    signs : bool
        Whether columns fire by the sign of an error outside the dead zones of ``[pulses]``.
    clipped : function
        Whether hidden neurons pass an error only between two ends, so that a network can be shut.
    traits : tuple of str
        What it has of what rules of its family may have.
    methods : bool
        Whether its events pulse pairs by the pair methods of ``[pulses]``.
    method : str
        Pair method of a layout of this rule that names none; "": that of all rules.
    pairs : bool
        Whether a weight is one pair of devices, W = G+ - G-.
    arrays : function
        Arrays of a layer, of a layout.
    array_name : function
        What one of several arrays of a layer is called, by its number; "" of one that needs no name.
    label : function
        Of a layout of it, in the legend of a comparison.
    compared_by : str
        The key whose choices are compared as if each were a rule; "": there is one of it.
    settings : mapping
        Settings of it that are compared as if each were a rule, by their names.
    tuned_by : function
        What ``xbarsim tune`` goes by in a layout of it, if nothing is asked for: "accuracy", or another figure that the
        rule leaves.
    variant : function
        What of the rule a layout chooses, in a word or two, for titles; "" if there is nothing to choose.
    read_by : tuple of str
        Keys of its section that act when a trained network is only read.
    batched : function
        Whether ``pulses.batch_rule`` says how pulses follow from a mini-batch of a layout.
    network : function
        Values of derived keys of a layout (see `defaults`) that are others under this rule.
    check : function
        Raises an error for a layout of it whose sections do not go together.
    read_only : str
        Why networks of it are read and not trained; "": they are trained.
    """

    name: str
    text: str
    formerly: tuple[str, ...] = ()
    section: type[Description] | None = None
    shared: tuple[type[Description], ...] = ()
    refusals: tuple[Refusal, ...] = ()
    on_devices: bool = True
    has_devices: Callable[[Layout], bool] = _always
    currents: bool = True
    signs: bool = False
    clipped: Callable[[Layout], bool] = lambda _layout: True
    falls: Callable[[Layout], bool] = _never
    traits: tuple[str, ...] = ()
    methods: bool = False
    method: str = ""
    pairs: bool = True
    arrays: Callable[[Layout], int] = _one
    array_name: Callable[[int], str] = _digit
    label: Callable[[Layout], str] = _name
    compared_by: str = ""
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tuned_by: Callable[[Layout], str] = _by_accuracy
    variant: Callable[[Layout], str] = _plain
    read_by: tuple[str, ...] = ()
    batched: Callable[[Layout], bool] = _always
    network: Callable[[Layout], Mapping[str, Any]] = _none
    check: Callable[[Layout], None] = _any
    read_only: str = ""

    @property
    def sections(self) -> tuple[type[Description], ...]:
        """All sections whose keys it takes."""
        return (*((self.section,) if self.section else ()), *self.shared)
