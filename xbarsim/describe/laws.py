"""Step laws: from the numbers that describe a device to the steps its pulses make."""

from __future__ import annotations

import functools
import hashlib
import itertools
import math
import runpy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import LayoutError

if TYPE_CHECKING:  # `xbarsim --help` reads the descriptions, and NumPy would double its time
    import numpy as np

MODELS = {
    "exponential": "equations (1) and (2) of Lim et al. (2019): the step falls exponentially with the conductance",
    "soft-bounds": "the step falls linearly with the conductance: the law behind NeuroSim's nonlinearity label",
    "table": "steps as they were measured: quantiles of the step over the conductance",
    "plugin": "a user's own function, from a Python file",
}
"""Device models a layout can name."""

MIN_STEP = 2e-6
"""Smallest step, as a fraction of Gmax: about sixteen times the resolution of float32."""

SAMPLES = 4097
"""Nodes at which a user's function is sampled, for what needs its mean step only."""


@functools.lru_cache(maxsize=256)
def normalised_alpha(n_max: int, beta: float) -> float:
    """Step alpha / (Gmax - Gmin) with which exactly `n_max` pulses lead from Gmin to Gmax, by the exponential law.

    Solves ``g_n = 1`` of the recursion ``g_0 = 0, g_{k+1} = g_k + a exp(-beta g_k)`` by bisection: on (0, 1] the end
    point rises strictly with a, so the solution exists and is the only one. At beta = 0 it is 1 / n_max.

    >>> normalised_alpha(64, 0.0) == 1 / 64
    True
    >>> round(normalised_alpha(64, 2.0), 10)
    0.0491354054
    """
    if beta == 0.0:
        return 1.0 / n_max
    low, high = 0.0, 1.0
    while True:
        a = 0.5 * (low + high)
        if not low < a < high:
            return high
        g = 0.0
        for _ in range(n_max):
            g += a * math.exp(-beta * g)
            if g >= 1.0:
                break
        if g >= 1.0:
            high = a
        else:
            low = a


def soft_bounds_alpha(n_max: int, beta: float) -> float:
    """The same by the soft-bounds law, ``g_k = (1 - exp(-beta k / n)) / (1 - exp(-beta))``.

    Its step is linear in g, ``(1 - q) (B - g)`` with ``q = exp(-beta / n)`` and ``B = 1 / (1 - exp(-beta))``, and the
    last one is exp(-beta) times what the first would be; beta is NeuroSim's Pmax / A.

    >>> round(soft_bounds_alpha(64, 2.0), 10)
    0.0355823071
    """
    if abs(beta) < 1e-9:  # the difference from the limit is below a part in a thousand million
        return 1.0 / n_max
    return math.expm1(-beta / n_max) / math.expm1(-beta)


def jump_table(where: str, rows: Any) -> tuple[tuple[float, ...], ...]:
    """A checked jump table: nodes over G, each a row of quantiles of the step, S."""
    what = f"{where}: expected two or more rows (nodes from g_min to g_max) of equally many steps in S"
    if not isinstance(rows, Sequence) or isinstance(rows, str) or len(rows) < 2:
        raise LayoutError(f"{what}, got {rows!r}; xbarsim fit --table makes one")
    try:
        table = tuple(tuple(float(x) for x in (row if isinstance(row, Sequence) else [row])) for row in rows)
    except (TypeError, ValueError):
        raise LayoutError(f"{what}, got something that is no number; correct it") from None
    widths = {len(row) for row in table}
    if len(widths) != 1 or not widths.pop():
        raise LayoutError(f"{what}, got rows of {', '.join(str(len(row)) for row in table)}; correct them")
    if not all(math.isfinite(x) for row in table for x in row):
        raise LayoutError(f"{what}, got a number that is not finite; correct it")
    if any(b < a for row in table for a, b in itertools.pairwise(row)):
        raise LayoutError(f"{what}, in every row from the least to the largest, got another order; sort the rows")
    return table


def ends(first: float, last: float) -> np.ndarray:
    """Steps at both rails."""
    import numpy as np

    return np.array([first, last])


def means(table: Sequence[Sequence[float]]) -> np.ndarray:
    """Mean step at every node: the quantile function is linear between its points."""
    import numpy as np

    a = np.asarray(table, np.float64)
    return a[:, 0].copy() if a.shape[1] == 1 else np.asarray(0.5 * (a[:, 1:] + a[:, :-1]).mean(axis=1))


@functools.lru_cache(maxsize=32)
def load_step(spec: str) -> tuple[Callable[[float, int, float], float], str]:
    """A user's step function, and the SHA-256 of its file; `spec` is ``file.py:function``.

    The function is ``step(s, up, z) -> change of s``: the state s runs from 0 (Gmin) to 1 (Gmax), `up` is 1 for
    potentiation and 0 for depression, z is a standard normal number, new at every pulse, which it may use for noise or
    leave.
    """
    name, _, function = spec.rpartition(":")
    where = f"device.step: expected file.py:function, got '{spec}'"
    if not name or not function.isidentifier():
        raise LayoutError(f"{where}; give for example mydevice.py:step")
    path = Path(name)
    try:
        source = path.read_bytes()
    except OSError as error:
        raise LayoutError(f"{where}; cannot read {path} ({error.strerror or error}), check the path") from None
    try:
        names = runpy.run_path(str(path))
    except Exception as error:  # noqa: BLE001 - the user's own code may raise anything
        raise LayoutError(f"{where}; the file raises {type(error).__name__}: {error}") from None
    step = names.get(function)
    if not callable(step):
        raise LayoutError(f"{where}; the file has no function '{function}', check its name")
    return getattr(step, "py_func", step), hashlib.sha256(source).hexdigest()


@functools.lru_cache(maxsize=32)
def sample_step(spec: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean steps (z = 0) of a user's function up and down, as parts of the range, (SAMPLES,) float64 each; checked."""
    import numpy as np

    step, _ = load_step(spec)
    grid = np.linspace(0.0, 1.0, SAMPLES)
    where = f"device.step: expected {spec} to return a change of the state"
    try:
        up = np.array([float(step(float(s), 1, 0.0)) for s in grid])
        down = -np.array([float(step(float(s), 0, 0.0)) for s in grid])
    except Exception as error:  # noqa: BLE001 - the user's own code may raise anything
        raise LayoutError(f"{where}, it raises {type(error).__name__}: {error}") from None
    for name, values, sign, inner in (("potentiation", up, "> 0", up[:-1]), ("depression", down, "< 0", down[1:])):
        if not np.isfinite(values).all() or not (inner > 0.0).all():
            at = int(np.argmin(np.where(np.isfinite(inner), inner, -np.inf)))
            got = f"{'+' if name == 'potentiation' else '-'}({inner[at]:g}) near s = {grid[at]:.3g}"
            raise LayoutError(
                f"{where} {sign} on {name} between the rails, got {got}; "
                "step(s, up, z) gets s from 0 to 1, up 1 or 0, and noise z"
            )
    return up, down


@functools.lru_cache(maxsize=32)
def step_address(spec: str) -> int:
    """Address of a user's compiled step function."""
    from ..kernels.base._jit import step_address as compile_step

    step, _ = load_step(spec)
    try:
        return compile_step(step)
    except Exception as error:  # noqa: BLE001 - Numba raises many kinds
        reason = " ".join(str(error).split())
        raise LayoutError(
            f"device.step: expected a function that Numba can compile, got {spec}: {reason[:300]}; "
            "use numbers and the math module only"
        ) from None
