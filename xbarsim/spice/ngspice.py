"""Running ngspice."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from .array_read import ArrayRead
from .metadata import NetlistError
from .parser import load
from .writer import save

HOW_TO_GET_NGSPICE = "install it (Debian, Ubuntu: apt-get install ngspice; macOS: brew install ngspice)"


def find_ngspice() -> str:
    """Path of ngspice.

    Raises
    ------
    NetlistError
        If it is not installed.
    """
    path = shutil.which("ngspice_con") or shutil.which("ngspice")  # Windows': the other one opens a window
    if path is None:
        raise NetlistError(f"ngspice: expected it on the PATH, found none; {HOW_TO_GET_NGSPICE}")
    return path


def run_ngspice(path: str | Path, *, trusted: bool = False) -> dict[str, np.ndarray]:
    """Run a netlist with ngspice.

    A netlist is a program: between ``.control`` and ``.endc``, and in more places, it can have any command of the shell
    run, and read any file. So ngspice does not get the file, but what `save` writes of the array that the file
    describes, if it is one of `save` and has nothing else in it.

    Parameters
    ----------
    path : path
    trusted : bool
        Let ngspice run the file as it is, whatever is in it.

    Returns
    -------
    dict
        Every vector, as float64: ``v(node)`` in V, ``i(source)`` in A, ``time`` or the sweep.

    Raises
    ------
    NetlistError
        If the netlist is another one and not `trusted`, or if ngspice is missing or fails.
    """
    if trusted:
        return _run(Path(path), str(path))
    try:
        read = load(path)
    except NetlistError as error:
        raise NetlistError(
            f"{error}; ngspice can run commands that a netlist has in it, and gets others than those of 'xbarsim "
            "spice' with trusted=True alone"
        ) from None
    return run_read(read, str(path))


def run_read(read: ArrayRead, where: str) -> dict[str, np.ndarray]:
    """Write the netlist of a read, and run it. See `run_ngspice`; `where` is for messages."""
    find_ngspice()  # before a large file is written
    with tempfile.TemporaryDirectory(prefix="xbarsim-") as folder:
        path = Path(folder) / "array.cir"
        save(read, path)
        return _run(path, where)


def _run(path: Path, where: str) -> dict[str, np.ndarray]:
    program = find_ngspice()
    with tempfile.TemporaryDirectory(prefix="xbarsim-") as folder:
        raw = Path(folder) / "out.raw"
        # Without the user's start-up file, and with a raw file, which keeps every bit.
        environment = {k: v for k, v in os.environ.items() if k != "SPICE_ASCIIRAWFILE"}
        try:
            answer = subprocess.run(
                [program, "-n", "-b", "-r", str(raw), str(path.resolve())],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                errors="replace",
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except OSError as error:
            raise NetlistError(
                f"{program}: expected ngspice, cannot run it ({error.strerror}); {HOW_TO_GET_NGSPICE}"
            ) from None
        if answer.returncode or not raw.is_file():
            lines = [x.strip() for x in (answer.stderr + answer.stdout).splitlines()]
            said = next((x for x in lines if "rror" in x or "singular" in x), f"exit code {answer.returncode}")
            raise NetlistError(f"{where}: expected a netlist that ngspice runs, it says: {said}; check the file")
        return _parse_raw(raw.read_bytes(), where)


def _parse_raw(data: bytes, where: str) -> dict[str, np.ndarray]:
    """Vectors of a binary raw file with one plot."""
    head, mark, body = data.partition(b"Binary:\n")
    lines = head.decode("utf-8", "replace").splitlines()
    fields = dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("\t"))
    try:
        n, points = int(fields["No. Variables"]), int(fields["No. Points"])
        names = [line.split()[1] for line in lines[lines.index("Variables:") + 1 :]]
        values = np.frombuffer(body, np.float64, n * points).reshape(points, n)
        if not mark or len(names) != n or fields["Flags"].strip() != "real":
            raise ValueError(f"{len(names)} names for {n} variables")
    except (KeyError, ValueError) as error:
        raise NetlistError(f"{where}: expected results of ngspice, got others ({error}); check its version") from None
    return dict(zip(names, values.T, strict=True))
