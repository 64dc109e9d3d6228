"""What the machine has: cores, memory, and the file system under a folder; the same way on Linux, macOS and Windows."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> int | None:
    """Memory of the machine, or of the container if that is less, bytes; None where nobody tells."""
    sizes = []
    with contextlib.suppress(ImportError, OSError, RuntimeError):  # it tells at its import which systems it knows
        import psutil  # here: most commands never ask

        sizes.append(int(psutil.virtual_memory().total))
    for place in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):
            sizes.append(int(Path(place).read_text(encoding="ascii")))
    return min((size for size in sizes if size > 0), default=None)


def file_system(folder: Path) -> str | None:
    """Kind of the file system that a folder lies on, as the system calls it (``ext4``, ``nfs4``, ``NTFS``); None where
    nobody tells.
    """
    with contextlib.suppress(ImportError, OSError, RuntimeError):
        import psutil

        real = Path(os.path.realpath(folder))
        found = [p for p in psutil.disk_partitions(all=True) if p.mountpoint and real.is_relative_to(p.mountpoint)]
        if found:  # of two that are mounted at one place the later one is seen
            return max(reversed(found), key=lambda p: len(Path(p.mountpoint).parts)).fstype or None
    return None
