"""Finds the parts of the package that lie beside it in a source tree.

There `kernels/`, `netlists/` and `data/` lie beside this folder; an install puts them into it. So whoever starts Python
in a clone, where this folder is found before what is installed, would have a package without kernels, or with those of
another clone. A hook tells Python where they are, under the names that they have everywhere: nothing is loaded twice,
and nothing else that lies beside this folder becomes a part of the package.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

HOME = Path(__file__).absolute().parent
PARTS = ("kernels", "netlists", "data")


class _Beside(importlib.abc.MetaPathFinder):
    """Finds `PARTS` beside the package's folder."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Where a part is; None of everything else, and of what an install has put into the package."""
        package, _, name = fullname.partition(".")
        if package != __package__ or name not in PARTS or (HOME / name / "__init__.py").exists():
            return None
        if not (HOME.parent / name / "__init__.py").exists():
            return None
        return importlib.machinery.PathFinder.find_spec(fullname, [str(HOME.parent)])


def look_beside() -> None:
    """Ask the hook before all others, once: an editable install of another clone has one, too."""
    if not any(isinstance(finder, _Beside) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Beside())
