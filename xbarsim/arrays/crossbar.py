"""Crossbar: one differential array with its electrodes, as an object to read and to pulse by hand."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..base import checks, compiling
from ..base.errors import LayoutError, shown
from ..base.shown import presented
from ..describe.array import ROUTINGS
from ..describe.device import Device
from ..describe.iv import IV
from ..describe.pulses import FIXED, METHODS
from ..describe.variation import Variation
from ..describe.wires import Wires
from ..kernels.circuit import read
from ..kernels.pair import analog, pairs, single
from . import nodal as circuit
from .curves import bent
from .real import RealDevices, line_numbers, numbers_of, voltages
from .short import crossbar_in_short, crossbar_rows
from .symmetry import symmetry_point

compiling.listen()


class Currents(NamedTuple):
    """Sensed currents, A; their difference is the current of W, whatever the routing.

    Where the sensing side is not split there is one line for both: its current stands in `plus`, and `minus` is 0.
    """

    plus: np.ndarray
    minus: np.ndarray


class Issued(NamedTuple):
    """What `Crossbar.program` sent to the gates."""

    pairs: int
    pulses: int
    resets: int


def _check_device(device: object) -> None:
    if not isinstance(device, Device):
        raise LayoutError(f"Crossbar.device: expected a Device, got {shown(device)}; build one")


@presented(crossbar_in_short, crossbar_rows)
class Crossbar:
    """A differential array of synapse devices, W = G+ - G-.

    Parameters
    ----------
    device : Device
    shape : (rows, cols)
        All devices start at Gmin. Use `from_conductance` to start elsewhere.
    method : {"a", "b", "c", "fixed", "one-sided"}
        What an update does when the side to be pulsed is full; ``"fixed"``: G- is a reference that is never pulsed, and
        all devices start where steps up and down are equal; ``"one-sided"``: nothing (nobody refreshes the pairs here).
    routing : str
        Which electrodes are split; see ``xbarsim.rules.ROUTINGS``.
    wires : Wires, optional
        Resistances of the lines; without them reads are ideal.
    variation : Variation, optional
        Devices that conduct otherwise than the nominal one (`sigma`, `g_min_sigma`, `g_max_sigma`), differ from read to
        read (`device_noise`), and age (`drift`, `relax_time`): ``xbarsim.Layout.of(...).variation``. What acts on
        pulses belongs to training.
    iv : IV, optional
        Current and voltage of the devices in reads, ``xbarsim.Layout.of(..., iv="sinh", iv_scale=0.05).iv``; without it
        they are ohmic.
    v_read : float
        V, with `iv`: what G is at.
    seed : int
        Of all that is drawn.

    Examples
    --------
    >>> import numpy as np, xbarsim
    >>> from xbarsim import Crossbar, Device
    >>> xb = Crossbar(Device(g_min=0.0, g_max=1e-6, n_max=10, beta=0.0), (2, 3))
    >>> xb.program(rows=[0, 1], columns=[2], signs=[+1])
    Issued(pairs=2, pulses=2, resets=0)
    >>> plus, minus = xb.read_forward([0.1, 0.1])
    >>> bool(np.allclose(plus - minus, [0, 0, 2e-8]))
    True
    >>> plus, minus = xb.read_backward([0.0, 0.0, 0.1])
    >>> bool(np.allclose(plus - minus, [1e-8, 1e-8]))
    True

    With wires a read is a nodal solution, which can be looked at:

    >>> xb = Crossbar(Device(), (8, 4), wires=xbarsim.Wires(wire_resistance=100.0))
    >>> plus, minus = xb.read_forward(np.full(8, 0.1))
    >>> bool((plus < 8 * 0.1 * 1e-7).all())
    True
    >>> solution = xb.solve(np.full(8, 0.1))[0]
    >>> int(solution.sweeps), bool(solution.residual < 1e-6), solution.v_d.shape
    (2, True, (8, 4))

    Many reads at once, (n, rows) V, each what it would be alone; here an hour after the devices were written:

    >>> real = xbarsim.Layout.of(layers=(8, 4), sigma=0.1, device_noise=0.02, drift=0.05).variation
    >>> xb = Crossbar(Device(), (8, 4), variation=real)
    >>> xb.read_forward(np.full((100, 8), 0.1), seconds=3600.0).plus.shape
    (100, 4)
    """

    def __init__(
        self,
        device: Device,
        shape: tuple[int, int],
        *,
        method: str = "b",
        routing: str = "split-both",
        wires: Wires | None = None,
        variation: Variation | None = None,
        iv: IV | None = None,
        v_read: float = 0.1,
        seed: int = 0,
    ) -> None:
        _check_device(device)
        try:
            rows, cols = shape
        except (TypeError, ValueError):
            raise LayoutError(f"Crossbar.shape: expected (rows, cols), got {shown(shape)}; give two numbers") from None
        rows = checks.integer("Crossbar.shape", rows, least=1)
        cols = checks.integer("Crossbar.shape", cols, least=1)
        self.device = device
        self.method = checks.choice("Crossbar.method", method, METHODS)
        self.routing = checks.choice("Crossbar.routing", routing, ROUTINGS)
        if wires is not None and not isinstance(wires, Wires):
            raise LayoutError(f"Crossbar.wires: expected Wires, got {shown(wires)}; build one with xbarsim.Wires(...)")
        self.wires = wires if wires is not None else Wires()
        if iv is not None and not isinstance(iv, IV):
            raise LayoutError(f"Crossbar.iv: expected an IV, got {shown(iv)}; take that of a layout, Layout.of(...).iv")
        self.iv, self.v_read = iv or IV(), checks.number("Crossbar.v_read", v_read, above=0.0)
        self.iv.check_at(self.v_read)
        self._real = RealDevices(device, variation, (rows, cols), seed)
        self._kernel, self._steps = device.kernel(), device.staircase()
        start = symmetry_point(device) if self.method == FIXED else self._kernel.g_min
        g = np.full((rows, cols), start, np.float32)
        self._set(g, g.copy())

    @classmethod
    def from_conductance(
        cls,
        device: Device,
        g_plus: npt.ArrayLike,
        g_minus: npt.ArrayLike,
        *,
        method: str = "b",
        routing: str = "split-both",
        wires: Wires | None = None,
        variation: Variation | None = None,
        iv: IV | None = None,
        v_read: float = 0.1,
        seed: int = 0,
    ) -> Crossbar:
        """Build from two (rows, cols) arrays of conductances in S, within the nominal device's range.

        >>> from xbarsim import Crossbar, Device
        >>> xb = Crossbar.from_conductance(Device(), [[1e-7, 1e-6]], [[1e-6, 1e-7]])
        >>> xb.shape
        (1, 2)
        """
        _check_device(device)
        arrays = []
        for name, values in (("g_plus", g_plus), ("g_minus", g_minus)):
            g = numbers_of(f"Crossbar.{name}", values, "numbers in S").astype(np.float32)
            if g.ndim != 2 or g.size == 0:
                raise LayoutError(f"Crossbar.{name}: expected shape (rows, cols), got {g.shape}; give a matrix")
            low, high = np.float32(device.g_min), np.float32(device.g_max)
            if not np.all((g >= low) & (g <= high)):
                raise LayoutError(
                    f"Crossbar.{name}: expected conductances from {low:g} to {high:g} S, got {np.min(g):g} to "
                    f"{np.max(g):g} S; clip them or widen the device's range"
                )
            arrays.append(np.array(g))  # a copy: the caller's array stays the caller's
        if arrays[0].shape != arrays[1].shape:
            raise LayoutError(
                f"Crossbar.g_minus: expected the shape of g_plus, {arrays[0].shape}, got {arrays[1].shape}; give both "
                "alike"
            )
        rows, cols = arrays[0].shape
        xb = cls(
            device,
            (rows, cols),
            method=method,
            routing=routing,
            wires=wires,
            variation=variation,
            iv=iv,
            v_read=v_read,
            seed=seed,
        )
        xb._set(*arrays)
        return xb

    def _set(self, g_plus: np.ndarray, g_minus: np.ndarray) -> None:
        self._pairs = pairs.empty_pairs(g_plus.shape, g_plus.T.shape)
        self._pairs.g_plus[:] = g_plus.T
        self._pairs.g_minus[:] = g_minus.T
        if self._real.window is not None:
            for name, values in self._real.window._asdict().items():
                getattr(self._pairs, name)[:] = values.T
        self._pairs.w[:] = self.g_plus - self.g_minus

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols)."""
        rows, cols = self._pairs.w.shape
        return rows, cols

    @property
    def g_plus(self) -> np.ndarray:
        """Conductances of the + devices, (rows, cols) float32, S; a copy."""
        p = self._pairs
        return np.array((p.g_plus if self._real.window is None else p.x_plus * p.g_plus + p.y_plus).T, order="C")

    @property
    def g_minus(self) -> np.ndarray:
        """Conductances of the - devices, (rows, cols) float32, S; a copy."""
        p = self._pairs
        return np.array((p.g_minus if self._real.window is None else p.x_minus * p.g_minus + p.y_minus).T, order="C")

    @property
    def weights(self) -> np.ndarray:
        """W = G+ - G-, (rows, cols) float32, S; a copy."""
        return self._pairs.w.copy()

    @property
    def counts(self) -> dict[str, np.ndarray]:
        """Cumulative pulses and resets of every device, each (rows, cols) int64."""
        names = ("pulses_plus", "pulses_minus", "resets_plus", "resets_minus")
        return {name: np.array(getattr(self._pairs, name).T, order="C") for name in names}

    def read_forward(self, v: npt.ArrayLike, *, seconds: float = 0.0) -> Currents:
        """Drive the rows with `v`, (rows,) V; sense the columns, (cols,) A each at S+ and S-.

        With ``split-drain`` routing the rows are driven at +v and -v, and the one source line of a column carries the
        difference.

        Parameters
        ----------
        v : (rows,) or (n, rows), V
            One read, or many, one after another: each is, to the last bit, what it would be alone.
        seconds : float
            Since the devices were written: they age, if their variation says so.

        Returns
        -------
        Currents
            (cols,) or (n, cols) each.
        """
        return self._read("read_forward", v, seconds, forward=True)

    def read_backward(self, v: npt.ArrayLike, *, seconds: float = 0.0) -> Currents:
        """Drive the columns with `v`, (cols,) or (n, cols) V; sense the rows, (rows,) or (n, rows) A each at D+ and D-.

        With ``split-source`` routing the columns are driven at +v and -v, and the one drain line of a row carries the
        difference. See `read_forward`.
        """
        return self._read("read_backward", v, seconds, forward=False)

    def solve(self, v: npt.ArrayLike, *, forward: bool = True, seconds: float = 0.0) -> list[circuit.Solution]:
        """The nodal solution of a read, one per sheet: node voltages, terminal currents, sweeps, residual, power;
        without the noise of reads.

        Parameters
        ----------
        v : (rows,) if `forward`, else (cols,), V
        seconds : float
            Since the devices were written.
        """
        volts = voltages("solve", v, self.shape[0 if forward else 1])
        sheets = circuit.sheets_of(*self._real.aged(self.g_plus, self.g_minus, seconds), self.routing)
        return [self._solved(sheet, volts, forward=forward) for sheet in sheets]

    def _solved(self, sheet: circuit.Sheet, volts: np.ndarray, *, forward: bool) -> circuit.Solution:
        return circuit.solve(sheet, self.wires, volts, forward=forward, iv=self.iv, v_read=self.v_read)

    def _read(self, where: str, v: npt.ArrayLike, seconds: float, *, forward: bool) -> Currents:
        """One read or many, see `read_forward`."""
        driven, sensed = self.shape if forward else self.shape[::-1]
        v = numbers_of(f"Crossbar.{where}", v, "voltages")
        single = np.ndim(v) != 2
        volts = voltages(where, v, driven, many=not single)
        volts = volts[None, :] if single else volts
        g_plus, g_minus = self._real.aged(self.g_plus, self.g_minus, seconds)
        plus, minus = np.empty((len(volts), sensed)), np.empty((len(volts), sensed))
        shared = self.routing == ("split-drain" if forward else "split-source")
        if self.wires.ideal:
            along = [np.ascontiguousarray(g if forward else g.T) for g in (g_plus, g_minus)]
            for one, p, m in zip(bent(volts, self.iv, self.v_read), plus, minus, strict=True):
                read.side_currents(one, along[0], p)
                # One sensed line for both sides: the - devices are driven at -v and their currents add on that line.
                read.side_currents(-one if shared else one, along[1], m)
        else:
            sheets = circuit.sheets_of(g_plus, g_minus, self.routing)
            for one, p, m in zip(volts, plus, minus, strict=True):
                solved = [self._solved(sheet, one, forward=forward) for sheet in sheets]
                p[:], m[:] = circuit.sensed(solved, sensed, forward=forward)
        self._real.add_noise(bent(volts, self.iv, self.v_read), plus, minus, forward=forward)
        if shared:
            plus, minus = plus + minus, np.zeros_like(minus)
        return Currents(plus[0], minus[0]) if single else Currents(plus, minus)

    def program(self, rows: npt.ArrayLike, columns: npt.ArrayLike, signs: npt.ArrayLike) -> Issued:
        """Pulse every pair where a listed row meets a listed column, one update each.

        Parameters
        ----------
        rows : (n,) int
            Firing rows, no row twice.
        columns : (m,) int
            Firing columns, no column twice.
        signs : (m,) int
            +1 raises the W of the column's pairs by one step, -1 lowers it.

        Returns
        -------
        Issued
            Pairs updated, gate pulses and resets issued.
        """
        firing = line_numbers("rows", rows, self.shape[0])
        cols = line_numbers("columns", columns, self.shape[1])
        s = numbers_of("Crossbar.program signs", signs, "signs")
        if s.shape != cols.shape or not np.all((s == 1) | (s == -1)):
            raise LayoutError(
                f"Crossbar.program signs: expected {len(cols)} values of +1 or -1, got {s.tolist()}; give one per "
                "column"
            )
        up, down = cols[s == 1], cols[s == -1]
        lines = firing, len(firing), up, len(up), down, len(down)
        if self.method == FIXED:
            windows = int(self._real.window is not None)
            pulses, resets = single.update_single(*lines, self._pairs, self._kernel, windows)
        else:
            method = list(METHODS).index(self.method)
            pulses, resets = analog.update_analog(*lines, self._pairs, method, self._kernel, self.device.staircase())
        return Issued(len(firing) * len(cols), int(pulses), int(resets))
