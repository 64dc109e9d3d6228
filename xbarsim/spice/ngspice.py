"""Running ngspice."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from .metadata import NetlistError

HOW_TO_GET_NGSPICE = "install it (Debian, Ubuntu: apt-get install ngspice; macOS: brew install ngspice)"


def find_ngspice() -> str:
    """Path of ngspice.

    Raises
    ------
    NetlistError
        If it is not installed.
    """
    path = shutil.which("ngspice")
    if path is None:
        raise NetlistError(f"ngspice: expected it on the PATH, found none; {HOW_TO_GET_NGSPICE}")
    return path


def run_ngspice(path: str | Path) -> dict[str, np.ndarray]:
    """Run a netlist with ngspice, as it is.

    Returns
    -------
    dict
        Every vector, as float64: ``v(node)`` in V, ``i(source)`` in A, ``time`` or the sweep.

    Raises
    ------
    NetlistError
        If ngspice is missing or fails.
    """
    program = find_ngspice()
    with tempfile.TemporaryDirectory(prefix="xbarsim-") as folder:
        raw = Path(folder) / "out.raw"
        # Without the user's start-up file, and with a raw file, which keeps every bit.
        environment = {k: v for k, v in os.environ.items() if k != "SPICE_ASCIIRAWFILE"}
        try:
            answer = subprocess.run(
                [program, "-n", "-b", "-r", str(raw), str(Path(path).resolve())],
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
            raise NetlistError(f"{path}: expected a netlist that ngspice runs, it says: {said}; check the file")
        return _parse_raw(raw.read_bytes(), str(path))


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
