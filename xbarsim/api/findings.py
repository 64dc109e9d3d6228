"""What `examining` says of one thing, and the packages among these: what is installed, new enough, and works."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import platform
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .._version import __version__

OK, NOTE, MISSING, BROKEN = "ok", "note", "missing", "broken"
"""How a finding is: as it should be; worth knowing; not there, and not needed by most; needed, and not working."""


class Finding(NamedTuple):
    """One thing that was looked at."""

    section: str
    name: str
    state: str
    text: str
    do: str = ""  # what would mend it, as a command or a sentence


def versions() -> Iterator[Finding]:
    """Of xbarsim, Python, and what it needs."""
    where = Path(__file__).parents[1]
    yield Finding("versions", "xbarsim", OK, f"{__version__}, in {where}")
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    yield Finding(
        "versions", "Python", OK, f"{platform.python_version()} ({platform.python_implementation()}), {system}"
    )
    for requirement in _requirements(None):
        yield _installed("versions", requirement, BROKEN)
    with contextlib.suppress(ImportError, AttributeError):
        import llvmlite.binding

        yield Finding("versions", "LLVM", OK, ".".join(map(str, llvmlite.binding.llvm_version_info)) + ", of Numba")
    with contextlib.suppress(ImportError, AttributeError):
        from ..record.opening import hdf5_version

        yield Finding("versions", "HDF5", OK, f"{hdf5_version()}, of h5py")


def _requirements(extra: str | None) -> list[Any]:
    """What the package needs, or an extra of it, as its metadata say; nothing where it runs without being installed."""
    from packaging.requirements import Requirement

    try:
        lines = importlib.metadata.requires("xbarsim") or []
    except importlib.metadata.PackageNotFoundError:
        return []
    found = []
    for requirement in map(Requirement, lines):
        always, then = (
            requirement.marker is None or requirement.marker.evaluate({"extra": name}) for name in ("", extra or "")
        )
        if always if extra is None else then and not always:
            found.append(requirement)
    return found


def _installed(section: str, requirement: Any, lacking: str, *, load: bool = True) -> Finding:
    """Whether a distribution is installed, new enough, and can be imported."""
    name, needs = requirement.name, str(requirement.specifier)
    command = f"{pip()} '{name}{needs}'"
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(section, name, lacking, f"not installed, needs {needs}", command)
    if not requirement.specifier.contains(version, prereleases=True):
        return Finding(section, name, BROKEN, f"{version}, needs {needs}", f"{command} --upgrade")
    try:
        if load:
            importlib.import_module(name.replace("-", "_"))
    except Exception as error:  # noqa: BLE001 - a broken package may raise anything
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        return Finding(section, name, BROKEN, f"{version}, cannot be imported ({why})", f"{command} --force-reinstall")
    return Finding(section, name, OK, f"{version} (needs {needs})")


_FOR_USERS = ("plot", "fit")
"""Extras that commands need: they are imported, to see whether they work. Those of developers take seconds to load."""


def pip() -> str:
    """The command that installs into this Python."""
    return f"{shlex.quote(sys.executable)} -m pip install"


def extras() -> Iterator[Finding]:
    """What the extras need that is not here."""
    try:
        names = importlib.metadata.metadata("xbarsim").get_all("Provides-Extra") or []
    except importlib.metadata.PackageNotFoundError:
        yield Finding(
            "extras",
            "xbarsim",
            NOTE,
            "runs without being installed: what it needs is not known here",
            f"{pip()} . in its folder",
        )
        return
    for name in names:
        found = [
            _installed("extras", requirement, MISSING, load=name in _FOR_USERS)
            for requirement in _requirements(name)
            if requirement.name != "xbarsim"
        ]
        broken = [f for f in found if f.state == BROKEN]
        lacking = [f for f in found if f.state == MISSING]
        if broken:
            for f in broken:
                yield f._replace(name=f"{name}: {f.name}")
        elif lacking:
            wanted = " ".join(
                f"'{r.name}{r.specifier}'" for r in _requirements(name) if r.name in {f.name for f in lacking}
            )
            what = ", ".join(f.name for f in lacking)
            yield Finding("extras", name, MISSING, f"not installed: {what}", f"{pip()} {wanted}")
        else:
            yield Finding("extras", name, OK, ", ".join(f"{f.name} {f.text.split()[0]}" for f in found))
