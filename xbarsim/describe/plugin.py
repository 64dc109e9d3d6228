"""Users' own step functions, ``file.py:function``: the one place of the project where a user's code is run.

A description reads a plug-in's file and notes its SHA-256; it runs nothing. `load_step` runs it, for a network that is
to be trained or replayed, unless only a run file names it (`Recorded`): files are data, and whoever opens one says
which code he wants, if any, by naming it himself (`named`).
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import LayoutError
from ..base.notes import note
from .recorded import Recorded

if TYPE_CHECKING:  # `xbarsim --help` reads the descriptions, and NumPy would double its time
    import numpy as np

SAMPLES = 4097
"""Nodes at which a user's function is sampled, for what needs its mean step only."""

_MOST_BYTES = 10 << 20
"""Of a plug-in's file: it is a page of Python."""


def parts_of(spec: str) -> tuple[Path, str]:
    """File and function of ``file.py:function``.

    >>> parts_of("my/device.py:step")[1]
    'step'
    """
    name, _, function = spec.rpartition(":")
    if not name.endswith(".py") or not function.isidentifier():
        raise LayoutError(
            f"device.step: expected file.py:function, got '{spec}'; give for example mydevice.py:step, in a file that "
            "ends in .py"
        )
    return Path(name), function


def _source(spec: str) -> bytes:
    path, _ = parts_of(spec)
    where = f"device.step: expected file.py:function, got '{spec}'"
    try:
        if not path.is_file():
            raise LayoutError(f"{where}; cannot read {path} (no such file), check the path")
        if path.stat().st_size > _MOST_BYTES:
            raise LayoutError(f"{where}; {path} has over {_MOST_BYTES >> 20} MB, which is no step function")
        return path.read_bytes()
    except OSError as error:
        raise LayoutError(f"{where}; cannot read {path} ({error.strerror or error}), check the path") from None


def sha256_of(spec: str) -> str:
    """SHA-256 of a plug-in's file; nothing is run."""
    return hashlib.sha256(_source(spec)).hexdigest()


def check_unchanged(spec: str, expected: str | None) -> str:
    """SHA-256 of a plug-in's file, which has to be the expected one, if one is."""
    found = sha256_of(spec)
    if expected is not None and expected != found:
        raise LayoutError(
            f"device.step: expected {spec} with SHA-256 {expected[:12]}..., got {found[:12]}...; "
            "the file has changed, restore it, or leave step_sha256 out"
        )
    return found


def load_step(spec: str, sha256: str | None) -> Callable[[float, int, float], float]:
    """A user's step function, from the very bytes whose SHA-256 is the given one. Runs its file.

    The function is ``step(s, up, z) -> change of s``: the state s runs from 0 (Gmin) to 1 (Gmax), `up` is 1 for
    potentiation and 0 for depression, z is a standard normal number, new at every pulse, which it may use for noise or
    leave.
    """
    if isinstance(spec, Recorded):
        raise LayoutError(
            f"device.step: expected a plug-in that you name, got '{spec}' from a run file, whose code is not run; "
            f"name it with --device {spec}, or in Python with Trace(..., device='{spec}')"
        )
    return _loaded(str(spec), sha256)


@functools.lru_cache(maxsize=32)
def _loaded(spec: str, sha256: str | None) -> Callable[[float, int, float], float]:
    path, function = parts_of(spec)
    where = f"device.step: expected file.py:function, got '{spec}'"
    source = _source(spec)
    found = hashlib.sha256(source).hexdigest()
    if sha256 is not None and found != sha256:
        raise LayoutError(f"{where}; {path} has changed since the layout was made, start again")
    note(f"runs the code of {spec} (SHA-256 {found[:12]}...)")
    module = types.ModuleType(f"xbarsim_plugin_{found[:12]}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses and pickles look there
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - the user's own code may raise anything, SystemExit too
        raise LayoutError(f"{where}; the file raises {_told(error)}") from None
    step = getattr(module, function, None)
    if not callable(step):
        raise LayoutError(f"{where}; the file has no function '{function}', check its name")
    plain: Callable[[float, int, float], float] = getattr(step, "py_func", step)
    return plain


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def sample_step(spec: str, sha256: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Mean steps (z = 0) of a user's function up and down, as parts of the range, (SAMPLES,) float64 each; checked."""
    load_step(spec, sha256)  # refuses what may not be run
    return _sampled(str(spec), sha256)


@functools.lru_cache(maxsize=32)
def _sampled(spec: str, sha256: str | None) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    step = load_step(spec, sha256)
    grid = np.linspace(0.0, 1.0, SAMPLES)
    where = f"device.step: expected {spec} to return a change of the state"
    try:
        up = np.array([float(step(float(s), 1, 0.0)) for s in grid])
        down = -np.array([float(step(float(s), 0, 0.0)) for s in grid])
        # A law that is sane at z = 0 only would train a network of NaN.
        noisy = [float(step(float(s), up, z)) for s in grid[::512] for up in (1, 0) for z in (-3.0, -0.5, 0.5, 3.0)]
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - the user's own code may raise anything, SystemExit too
        raise LayoutError(f"{where}, it raises {_told(error)}") from None
    for name, values, sign, inner in (("potentiation", up, "> 0", up[:-1]), ("depression", down, "< 0", down[1:])):
        if not np.isfinite(values).all() or not (inner > 0.0).all():
            at = int(np.argmin(np.where(np.isfinite(inner), inner, -np.inf)))
            got = f"{'+' if name == 'potentiation' else '-'}({inner[at]:g}) near s = {grid[at]:.3g}"
            raise LayoutError(
                f"{where} {sign} on {name} between the rails, got {got}; "
                "step(s, up, z) gets s from 0 to 1, up 1 or 0, and noise z"
            )
    if not np.isfinite(noisy).all():
        raise LayoutError(
            f"{where} for every noise z, got {noisy[int(np.argmin(np.isfinite(noisy)))]} at z other than 0; "
            "z is a standard normal number, new at every pulse"
        )
    return up, down


def step_address(spec: str, sha256: str | None) -> int:
    """Address of a user's compiled step function."""
    load_step(spec, sha256)
    return _address(str(spec), sha256)


@functools.lru_cache(maxsize=32)
def _address(spec: str, sha256: str | None) -> int:
    from ..kernels.base._jit import step_address as compile_step

    step = load_step(spec, sha256)
    try:
        return compile_step(step)
    except Exception as error:  # noqa: BLE001 - Numba raises many kinds
        reason = " ".join(str(error).split())
        raise LayoutError(
            f"device.step: expected a function that Numba can compile, got {spec}: {reason[:300]}; "
            "use numbers and the math module only"
        ) from None


@contextlib.contextmanager
def errors_noted(device: Any) -> Iterator[list[str]]:
    """Meanwhile note the first error that a plug-in raises: machine code cannot stop for it, goes on with some number,
    and tells Python of an error that cannot be raised.
    """
    raised: list[str] = []
    if not device.runs_code:
        yield raised
        return

    def note_it(unraisable: Any) -> None:
        if not raised and unraisable.exc_value is not None:
            raised.append(_told(unraisable.exc_value))

    before, sys.unraisablehook = sys.unraisablehook, note_it
    try:
        yield raised
    finally:
        sys.unraisablehook = before


def named(layout: Any, spec: str, where: str) -> Any:
    """The layout of a file, with the plug-in that a user names for it; its code has to be that which the file notes."""
    device = layout.device
    if device.model != "plugin":
        raise LayoutError(f"{where}: expected a run of a plug-in with --device {spec}, got one without; leave it out")
    function, wanted = parts_of(spec)[1], str(device.step).rpartition(":")[2]
    found = sha256_of(spec)
    if function != wanted or device.step_sha256 not in (None, found):
        raise LayoutError(
            f"{where}: expected the plug-in it was made with, {wanted} of a file with SHA-256 "
            f"{str(device.step_sha256)[:12]}..., got {function} of {parts_of(spec)[0]} with {found[:12]}...; "
            "name the file as it was"
        )
    return layout.replace(step=spec)
