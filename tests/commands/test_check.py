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
            assert "pairs" in out or "weights, no devices" in out
            devices = json.loads(call("check", path, "--json")[1])["devices"]
            assert (devices > 0) is (path.name != "bs-784-200-10.toml")  # ideal steps have no devices


def layout(tmp_path, text):
    path = tmp_path / "layout.toml"
    path.write_text("[network]\nlayers = [784, 20, 10]\n" + text, encoding="utf-8")
    return path


def test_what_is_in_brackets_is_shown(call, tmp_path):
    """Rich takes [sense] for markup, if nobody tells it not to."""
    assert "sense circuits of [sense]" in call("check", layout(tmp_path, "[sense]\nread_noise = 0.1\n"))[1]
    assert "odd[bold].toml" in call("check", tmp_path / "odd[bold].toml")[2]


def test_a_network_without_devices_has_none(call, tmp_path):
    path = layout(tmp_path, '[pulses]\nrule = "software"\n')
    out = call("check", path)[1].split("With all defaults")[0]
    assert "785 x 20, 21 x 10 weights, no devices" in out
    assert "beta" not in out
    assert "method" not in out
    assert json.loads(call("check", path, "--json")[1])["devices"] == 0


def test_a_run_file_is_no_layout(call, tmp_path):
    run = tmp_path / "run.h5"
    run.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    code, out, err = call("check", run)
    assert (code, out) == (2, "")
    assert "got a run file" in err
    assert f"xbarsim inspect {run}" in " ".join(err.split())


def test_the_help_that_is_named_is_that_of_the_command(call):
    code, _, err = call("check", "--layerz", "3")
    assert code == 2
    assert "see 'xbarsim check --help'" in err


def test_what_a_run_refuses_is_refused(call, tmp_path):
    code, out, err = call("check", layout(tmp_path, '[pulses]\nrule = "bs"\n[bs]\nbs_digits = 2\nbs_base = 1e4\n'))
    assert (code, out) == (2, "")
    assert "expected a threshold that a digit can reach" in " ".join(err.split())
