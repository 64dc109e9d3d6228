"""A system that has what Windows has, and no more."""

from __future__ import annotations

import ctypes
import os
import sys
import types

import pytest

from xbarsim.record import descriptors


class Kernel32:
    """Windows' calls that the package makes, by what they mean here."""

    def __init__(self):
        self.asked = []
        self.CreateFileW = self._Create(self.asked)

    class _Create:
        """Opens a file; argument types are set on it, as on a function of a DLL."""

        def __init__(self, asked):
            self.asked = asked

        def __call__(self, path, access, share, security, creation, attributes, template):
            self.asked.append((path, access, share, creation))
            assert share == 7, "others could neither read, nor rename or remove it"
            flags = os.O_RDWR if access & 0x4000_0000 else os.O_RDONLY
            flags |= {1: os.O_CREAT | os.O_EXCL, 3: 0}[creation]
            try:
                return os.open(path, flags, 0o644)
            except OSError as error:
                ctypes.set_errno(error.errno)
                return ctypes.c_void_p(-1).value

    def SetConsoleCtrlHandler(self, handler, ignored):
        self.asked.append((handler, ignored))


def fake_msvcrt(fcntl):
    """Locks of bytes, by those of this system that belong to an opening."""
    module, held = types.ModuleType("msvcrt"), {}
    module.LK_NBLCK, module.LK_UNLCK = 2, 0

    def locking(fd, mode, count):
        at = os.lseek(fd, 0, os.SEEK_CUR)
        assert count == 1
        assert at >= 1 << 43, "a byte that others may want to read"
        key = (os.fstat(fd).st_dev, os.fstat(fd).st_ino)
        kind = fcntl.LOCK_UN if mode == module.LK_UNLCK else fcntl.LOCK_EX | fcntl.LOCK_NB
        if mode == module.LK_UNLCK and held.pop(fd, None) != key:
            raise PermissionError(13, "Permission denied")
        try:
            fcntl.flock(fd, kind)
        except BlockingIOError:
            raise PermissionError(13, "Permission denied") from None
        if mode != module.LK_UNLCK:
            held[fd] = key

    module.locking = locking
    module.open_osfhandle = lambda handle, flags: handle
    return module


@pytest.fixture
def windows(monkeypatch):
    """Take away what POSIX alone has, and put in what Windows has; gives the calls of Windows."""
    fcntl = pytest.importorskip("fcntl")
    kernel32 = Kernel32()
    for name in ("pread", "pwrite", "fdatasync", "O_TMPFILE", "pathconf"):
        monkeypatch.delattr(os, name, raising=False)
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", fake_msvcrt(fcntl))
    monkeypatch.setattr(descriptors, "WINDOWS", True)
    monkeypatch.setattr(ctypes, "WinDLL", lambda name, **_: kernel32, raising=False)
    monkeypatch.setattr(ctypes, "get_last_error", ctypes.get_errno, raising=False)
    monkeypatch.setattr(ctypes, "WinError", lambda code: OSError(code, os.strerror(code)), raising=False)
    return kernel32
