"""Every kernel has a twin."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from xbarsim import kernels

from .. import naive


def test_every_public_kernel_has_a_naive_twin():
    missing, found = [], 0
    for info in pkgutil.walk_packages(kernels.__path__, "xbarsim.kernels."):
        if info.ispkg or "._" in info.name:
            continue
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            function = getattr(value, "py_func", value)
            if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_"):
                found += 1
                if not callable(getattr(naive, name, None)):
                    missing.append(f"{info.name}.{name}")
    assert missing == []
    assert found > 30
