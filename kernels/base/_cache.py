"""The folder in which machine code is kept.

What Numba finds there are pickles, and loading one can run anything: who can write into the folder can have its user do
what they like.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import stat
import tempfile
import warnings
from pathlib import Path

from platformdirs import user_cache_path


def cache_folder(key: str) -> Path:
    """A writable folder for machine code of this key: below ``XBARSIM_CACHE``, else the user's cache, else the folder
    for temporary files.

    The last is shared with other users: it is only used if nobody else can write into what is ours there, and else a
    new folder is made in it for this process. What the user names is used as it is; who shares it may want to.
    """
    base = os.environ.get("XBARSIM_CACHE")
    folder, why = _made(
        Path(base) if base else user_cache_path("xbarsim"), key, shared=False, mode=0o777 if base else 0o700
    )
    if folder is not None:
        _warn_of_others(folder)
        return folder
    if base:
        tell_once(f"XBARSIM_CACHE: expected a folder that can be written, got {base} ({why}); choose another one")
    root = Path(tempfile.gettempdir()) / f"xbarsim-{_user()}"
    folder, why = _made(root, key, shared=True, mode=0o700)
    if folder is not None:
        return folder
    own = Path(tempfile.mkdtemp(prefix="xbarsim-kernels-"))  # mode 0700
    atexit.register(_remove, own, os.getpid())
    tell_once(
        f"{root}: expected a folder for compiled kernels that is this user's alone, but {why}; kernels are compiled "
        "anew each time: remove it, or set XBARSIM_CACHE to another folder"
    )
    return own


def _user() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0


def _made(root: Path, key: str, *, shared: bool, mode: int) -> tuple[Path | None, str]:
    """The folder of this key below a root, made if it is not there; or None, and why not."""
    folder = root / "kernels" / key
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        for part in (root, root / "kernels", folder):
            part.mkdir(mode=mode, exist_ok=True)
            if shared and (why := _why_not_private(part)):  # before anything is made in it
                return None, why
    except OSError as error:
        return None, f"{error.strerror}"
    return (folder, "") if os.access(folder, os.W_OK) else (None, "it cannot be written")


def _why_not_private(folder: Path) -> str:
    """Why somebody else can write into a folder, in words; empty if nobody can."""
    if not hasattr(os, "getuid"):  # Windows: the folder for temporary files is the user's own
        return ""
    about = os.lstat(folder)
    if not stat.S_ISDIR(about.st_mode):
        return f"{folder} is a link"
    if about.st_uid != _user():
        return f"{folder} belongs to somebody else"
    if about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"others can write into {folder}"
    return ""


def _warn_of_others(folder: Path) -> None:
    """Tell of a cache that was chosen by the user, or by the system, into which everybody can write; it is used.

    A folder as that of temporary files, where nobody can remove what is another's, is as safe as what is ours in it.
    """
    if not hasattr(os, "getuid"):
        return
    for part in (folder.parents[1], folder.parent, folder):
        about = os.stat(part)
        kept = about.st_mode & stat.S_ISVTX and about.st_uid in (0, _user())
        if about.st_mode & stat.S_IWOTH and not kept:
            whose = "this user's" if about.st_uid == _user() else "somebody else's"
            tell_once(
                f"{part}: expected a folder for compiled kernels that nobody else can write into, but it is {whose} "
                "and everybody can, and what they put there is run; take that right away, or set XBARSIM_CACHE to "
                "another"
            )
            return


def _remove(folder: Path, process: int) -> None:
    """Remove a folder that no other process will find; a child that was forked leaves it to its parent."""
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


@functools.cache
def tell_once(text: str) -> None:
    """Warn, unless that was said before."""
    warnings.warn(text, stacklevel=3)
