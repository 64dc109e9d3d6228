"""`xbarsim check`."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.jit  # files and commands; the kernels' own tests run with and without the JIT


def test_check(call):
    import importlib.resources

    folder = importlib.resources.files("xbarsim.netlists")
    for path in folder.iterdir():
        if path.name.endswith(".toml"):
            code, out, err = call("check", path)
            assert (code, err) == (0, "")
            assert "pairs" in out
            devices = json.loads(call("check", path, "--json")[1])["devices"]
            assert (devices > 0) is (path.name != "bs-784-200-10.toml")  # ideal steps have no devices
