"""The one place, beside `_inner`, that names Numba's compiler, and how its machine code is kept; `_cache` says where.

Numba's on-disk cache does not notice an edit in a *helper* that lives in another file, so the cache folder is
keyed by a hash of all kernel sources: an edit anywhere means a fresh folder, never stale machine code.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import math
import pickle
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numba
import numba.extending
from numba.core.caching import NullCache
from numba.core.registry import CPUDispatcher

from ._cache import cache_folder, tell_once
from ._inner import INNER
from ._lock import hold, let_go


def source_hash() -> str:
    """Hash of every kernel source file and the Numba version (the key of the machine-code cache)."""
    digest = hashlib.sha256(numba.__version__.encode())
    folder = Path(__file__).parents[1]
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


CACHE_FOLDER = cache_folder(source_hash())


def _mark(name: str, arguments: tuple[Any, ...]) -> Path:
    """A file that says that kernel `name` of these sources was compiled for the types of these arguments: Numba keeps
    machine code apart by where its source lies, so that of a clone is not that of what is installed.
    """
    types = " ".join([str(Path(__file__).parents[1]), *(str(numba.typeof(a)) for a in arguments)])
    return CACHE_FOLDER / f"{name}-{hashlib.sha256(types.encode()).hexdigest()[:16]}.compiled"


def is_compiled(name: str, *arguments: Any) -> bool:
    """True if machine code of an earlier process is at hand (or none is needed), so that starting is quick."""
    return bool(numba.config.DISABLE_JIT) or _mark(name, arguments).exists()


def note_compiled(name: str, *arguments: Any) -> None:
    """Remember for later processes that kernel `name` is compiled for arguments of these types."""
    if not numba.config.DISABLE_JIT:
        with contextlib.suppress(OSError):  # the folder may be gone, or full
            _mark(name, arguments).touch()


JIT = not numba.config.DISABLE_JIT
"""Whether kernels are compiled; else they run as plain Python."""

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}

_BORROWS: dict[str, Any] = {**_OPTIONS, "_nrt": False}
"""Arrays belong to the caller in Python, and outlive the call: nobody counts references. For tuples of many arrays
counting takes longer to compile, and to run, than most of what is done with them. Such code cannot allocate (see
`allocates`) and cannot return arrays to Python (see `view`)."""


def chosen_by_type(function: Callable[..., Any], choose: Callable[[type], Callable[..., Any]]) -> Callable[..., Any]:
    """Let compiled code that calls `function` call what `choose` gives for the NamedTuple class of
    the first argument.
    """

    def find(*arguments: Any) -> Callable[..., Any]:
        return choose(arguments[0].instance_class)

    # Nobody calls a stage from Python: it needs no wrapper, which for tuples of many arrays takes long to compile.
    options = {**_BORROWS, **INNER, "forceinline": True}
    numba.extending.overload(function, jit_options=options, strict=False)(find)
    return function


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """`jit` for the small functions of hot loops: LLVM puts them into their callers, whatever it thinks of it."""
    return jit(function, forceinline=True)


class _Kernel(CPUDispatcher):  # type: ignore[misc]
    """A compiled function that has two forms: one that Python calls, and one without a wrapper for that, which other
    kernels call.

    The wrapper unpacks every array of every tuple, and takes longer to compile than most kernels do; most are only
    called by others.
    """

    inner: Any

    @property
    def _numba_type_(self) -> Any:
        return numba.types.Dispatcher(self.inner)

    def compile(self, sig: Any) -> Any:
        """Machine code for these types: that in the cache, or, if no other process is at it, compiled."""
        with _one_at_a_time(f"{self.py_func.__module__}.{self.py_func.__qualname__} {sig}"):
            try:
                return super().compile(sig)
            except OSError as error:
                tell_once(
                    f"{CACHE_FOLDER}: expected room for compiled kernels, cannot keep them ({error.strerror}); free "
                    "space, or set XBARSIM_CACHE to another folder, or wait for the compiler each time"
                )
                self._cache = NullCache()
                return super().compile(sig)
            except (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, KeyError) as error:
                if isinstance(self._cache, NullCache):
                    raise
                tell_once(
                    f"{CACHE_FOLDER}: expected compiled kernels, got a damaged file ({type(error).__name__}); it is "
                    "compiled anew, and not kept; remove the folder"
                )
                self._cache = NullCache()
                return super().compile(sig)


@contextlib.contextmanager
def _one_at_a_time(what: str) -> Iterator[None]:
    """Let other processes wait that want the same, and find it in the cache then; where files can be locked.

    A lock goes when its process dies. Nobody waits for ever: who compiles may have been suspended.
    """
    with contextlib.ExitStack() as until_then:
        with contextlib.suppress(OSError):
            name = hashlib.sha256(what.encode()).hexdigest()[:16]
            file = until_then.enter_context((CACHE_FOLDER / f"{name}.lock").open("w"))
            begin = time.monotonic()
            while time.monotonic() - begin < _PATIENCE:
                try:
                    hold(file.fileno())
                except BlockingIOError:
                    time.sleep(0.05)
                    continue
                until_then.callback(let_go, file.fileno())
                break
        yield


class _View:
    """A function that returns parts of arrays: in Python it is what it says,
    and other kernels call the compiled form.
    """

    def __init__(self, function: Callable[..., Any], inner: Any) -> None:
        functools.update_wrapper(self, function)
        self.py_func, self.inner = function, inner
        self.targetoptions = inner.targetoptions  # where Numba looks for what is to be put into callers

    def __call__(self, *arguments: Any) -> Any:
        return self.py_func(*arguments)

    @property
    def _numba_type_(self) -> Any:
        return numba.types.Dispatcher(self.inner)


_PATIENCE = 120.0
"""How long to wait for another process that compiles the same, s."""


def _cached(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(CACHE_FOLDER)
    try:
        return numba.njit(cache=True, **options)(function)
    finally:
        numba.config.CACHE_DIR = before


def jit(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """Compile `function` in nopython mode, without the GIL, cached on disk. It neither allocates nor returns arrays.

    No ``fastmath``: sums keep the order in which they are written, so results do not depend on the vector
    width of the machine, and the fused kernels equal their naive twins bit for bit.
    """
    return _compiled(function, {**_BORROWS, **options})


def allocates(function: Callable[..., Any]) -> Callable[..., Any]:
    """`jit` for functions that make arrays for their own use. They must not call a `view`, whose arrays they would take
    to be theirs.
    """
    return _compiled(function, {**_OPTIONS, "_nrt": True})  # said, or it would be that of the caller


def _compiled(function: Callable[..., Any], options: dict[str, Any]) -> Callable[..., Any]:
    if not JIT:
        return function
    outer = _cached(function, options)
    outer.__class__ = _Kernel
    outer.inner = numba.njit(**{**options, **INNER})(function)
    compiled: Callable[..., Any] = outer
    return compiled


def view(function: Callable[..., Any]) -> Callable[..., Any]:
    """`jit` for functions that return tuples of parts of the arrays that they are given."""
    return _viewing(function, {})


def slice_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """`view` for functions of few lines that return one array: their code is put into their callers."""
    return _viewing(function, {"inline": "always"})


def _viewing(function: Callable[..., Any], options: dict[str, Any]) -> Callable[..., Any]:
    if not JIT:
        return function
    return _View(function, numba.njit(**_BORROWS, **INNER, **options)(function))


_STEPS: dict[int, Callable[..., float]] = {}  # users' functions by address; keeps them alive


def step_address(function: Callable[..., float]) -> int:
    """Compile a user's device step, ``step(s, up, z) -> change of s``; returns the address by which kernels call it.

    Parameters
    ----------
    function : callable
        Plain Python that Numba can compile: float64, int64 and float64 to float64. What it calls has to be compiled by
        itself.

    Notes
    -----
    Kernels take the address as a number, so that their own machine code stays in the cache: only `function` is
    compiled, in about a tenth of a second, anew in each process.
    """
    plain = bool(numba.config.DISABLE_JIT)
    step = function if plain else numba.njit("float64(float64, int64, float64)", error_model="numpy")(function)

    def finite(s: float, up: int, z: float) -> float:
        change = step(s, up, z)
        # Infinity would end at a rail, in silence; NaN goes on, and is seen.
        return change if abs(change) < math.inf else math.nan

    if plain:

        def number(s: float, up: int, z: float) -> float:
            try:
                return finite(s, up, z)
            except Exception:  # noqa: BLE001 - what would not be compiled, or would be told as NaN
                return math.nan

        _STEPS[id(number)] = number
        return id(number)
    compiled: Any = numba.cfunc("float64(float64, int64, float64)", nopython=True, error_model="numpy")(finite)
    _STEPS[compiled.address] = compiled
    return int(compiled.address)


if numba.config.DISABLE_JIT:

    def call_step(address: int, s: float, up: int, z: float) -> float:
        """What a user's step makes of `s`; see `step_address`."""
        return _STEPS[address](s, up, z)

else:

    @numba.extending.intrinsic  # type: ignore[untyped-decorator]
    def call_step(context: Any, address: Any, s: Any, up: Any, z: Any) -> Any:
        """What a user's step makes of `s`; see `step_address`."""
        from llvmlite import ir
        from numba import types

        def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            f64, i64 = ir.DoubleType(), ir.IntType(64)
            kind = ir.FunctionType(f64, (f64, i64, f64))
            return builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])

        return types.float64(types.int64, types.float64, types.int64, types.float64), generate
