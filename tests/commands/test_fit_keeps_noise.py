"""Read noise that a fit measures is written, means what the kernels add, and is trained with."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

import xbarsim
from xbarsim import Crossbar, Device, Layout
from xbarsim.learn.plan import circuit_plan

pytestmark = pytest.mark.jit
pytest.importorskip("scipy")
TRUE = Device(n_max=50, beta=2.0)
NOISE = 0.03  # of the range


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Trains of reads, each with noise, as an array with this device_noise reads them."""
    path = tmp_path_factory.mktemp("measured") / "noisy.csv"
    rng = np.random.default_rng(5)
    lines = ["pulse,type,G (S)"]
    up = TRUE.staircase().astype(float)
    for _ in range(5):
        for kind, curve in (("LTP", up), ("LTD", up[0] + up[-1] - up)):
            noisy = curve + rng.normal(0.0, NOISE * TRUE.span, len(curve))
            lines += [f"{n},{kind},{g:.7g}" for n, g in enumerate(noisy)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_number_means_the_same(measured):
    fitted = xbarsim.fit(measured)
    noise = fitted.variation.device_noise
    assert noise * fitted.device.span == pytest.approx(NOISE * TRUE.span, rel=0.1)
    # One device, read again and again: what the kernels' meaning makes of it.
    real = Layout.of(layers=(2, 2), device_noise=noise).variation
    xb = Crossbar(fitted.device, (1, 1), variation=real)
    reads = xb.read_forward(np.full((4000, 1), 0.1)).plus[:, 0] / 0.1
    assert reads.std() == pytest.approx(NOISE * TRUE.span, rel=0.1)
    assert "written as device_noise" in " ".join(fitted.warnings)
    assert {"side", "parameter", "value"} <= set(fitted.table.columns)
    assert fitted.as_dict()["variation"]["device_noise"] == pytest.approx(noise)


def test_the_file_trains_with_it(call, tmp_path, measured):
    code, _, err = call("fit", measured, "-o", "mine.toml", "--plot", "fit.png")
    assert code == 0, err
    written = tomllib.loads((tmp_path / "mine.toml").read_text())
    assert written["variation"]["device_noise"] == pytest.approx(NOISE, rel=0.1)
    layout = Layout.of(layers=(2, 2)).with_device("mine.toml")
    assert circuit_plan(layout)[0] == "sensed"
    code, _, err = call("run", "--layers", "2,2", "--dataset", "two-pixels", "--device", "mine.toml", "--iterations", 5)
    assert code == 0, err


def test_reads_without_noise_write_none(tmp_path):
    path = tmp_path / "clean.csv"
    path.write_text("pulse,G (S)\n" + "".join(f"{n},{g:.8g}\n" for n, g in enumerate(TRUE.staircase())))
    fitted = xbarsim.fit(path)
    assert fitted.variation.device_noise == 0.0
    assert "device_noise" not in " ".join(fitted.warnings)


def test_a_fit_leaves_what_its_function_says(call, tmp_path, measured):
    """One code for command and function."""
    assert call("fit", measured, "-o", "mine.toml", "-q")[0] == 0
    fitted = xbarsim.fit(measured)
    fitted.save(tmp_path / "other.toml")
    ours, theirs = ((tmp_path / n).read_text().splitlines()[1:] for n in ("other.toml", "mine.toml"))
    assert ours == theirs
    with pytest.raises(xbarsim.OutputError, match="exists"):
        fitted.save(tmp_path / "other.toml")
