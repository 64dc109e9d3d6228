"""`xbarsim plot --weights`: W over time as small multiples; and pictures from Python."""

from __future__ import annotations

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace
from xbarsim.describe.maps import shape_of
from xbarsim.show.figures_weights import kernels_of, moments_of, plot_weights

from ..cli import refuses

pytestmark = pytest.mark.jit
pytest.importorskip("matplotlib")
LAYOUT = {"layers": (2, 2), "dataset": "two-pixels", "iterations": 50, "n_max": 9, "eval_last": 1}


def test_maps_are_the_weights(tmp_path):
    path = tmp_path / "run.h5"
    xbarsim.run(Layout.of(**LAYOUT), out=path)
    with Trace(path) as trace:
        assert moments_of(trace, 1, 20) == [0, 20, 40, 50]
        figure = plot_weights(trace, None, layer=1, every=20)
        images = [ax.images[0] for ax in figure.axes if ax.images]
        for image, n in zip(images, (0, 20, 40, 50), strict=True):
            plus, minus = trace.conductance(1, n)
            assert np.allclose(image.get_array(), (plus.astype(float) - minus) / 1e-9, rtol=1e-5)
        limits = {image.get_clim() for image in images}
        assert len(limits) == 1
        low, high = limits.pop()
        assert low == -high
        assert [ax.get_title() for ax in figure.axes if ax.images] == ["0", "20", "40", "50"]
        assert "W = G+ - G- (nS)" in [ax.get_ylabel() for ax in figure.axes]


@pytest.mark.parametrize(("source", "bias"), [(1, True), (2, False)])
def test_kernels_are_pictures(source, bias):
    (array,) = shape_of((f"4x5x{source}", "conv3x2x3", 1), 99).arrays[:1]
    w = np.arange((6 * source + bias) * 3, dtype=float).reshape(-1, 3) + 1.0
    picture, seen = kernels_of(w, array), []
    across, tall = (2, 4 + 2) if source == 1 else (3, 8)  # one channel: two lines of kernels, a bias below each
    for j in range(3):
        top, left = tall * (j // across), 3 * (j % across)
        for y in range(3):
            for x in range(2):
                for c in range(source):
                    seen.append(picture[top + 4 * c + y, left + x] == w[(y * 2 + x) * source + c, j])
        if bias:
            assert (picture[top + 4, left : left + 2] == w[-1, j]).all()
    assert all(seen)
    assert np.isfinite(picture).sum() == 18 * source + 6 * bias


@pytest.mark.parametrize("rule", ["software", "bs"])
def test_weights_without_devices(tmp_path, rule):
    path = tmp_path / "run.h5"
    xbarsim.run(Layout.of(**LAYOUT, rule=rule, snapshot_every=20), out=path)
    figure = xbarsim.plot(path, weights=True, every=20).figure()
    assert [ax.get_title() for ax in figure.axes if ax.images] == ["0", "20", "40", "50"]


def test_command(call, tmp_path):
    assert call("run", "--layers", "2,2", "--dataset", "two-pixels", "--iterations", 50, "-q")[0] == 0
    assert call("plot", "run.h5", "--weights", "--every", 10, "-o", "w.png")[0] == 0
    assert (tmp_path / "w.png").stat().st_size > 10_000
    refuses(call, "plot", "run.h5", "--weights", "--every", 10, "-o", "w.png", what="exists already")
    refuses(call, "plot", "run.h5", "--weights", "--every", 0, "-o", "v.png", what="--every: expected a whole number")
    refuses(call, "plot", "run.h5", "--every", 10, "-o", "v.png", what="add --weights")
    refuses(call, "plot", "run.h5", "--weights", "--wires", "-o", "v.png", what="one kind of picture")
    refuses(call, "plot", "run.h5", "--weights", "--layer", 3, "-o", "v.png", what="layer")
    xbarsim.run(Layout.of(**{**LAYOUT, "iterations": 900}), out=tmp_path / "long.h5")
    refuses(call, "plot", "long.h5", "--weights", "--every", 1, "-o", "v.png", what="give at least --every 3")
    assert call("plot", "long.h5", "--weights", "--every", 300, "-o", "v.png")[0] == 0


def test_pictures_do_not_touch_pyplot(tmp_path):
    import matplotlib.pyplot as plt

    path = tmp_path / "run.h5"
    xbarsim.run(Layout.of(**LAYOUT), out=path)
    backend, before = plt.get_backend(), plt.get_fignums()
    picture = xbarsim.plot(path)
    figures = [picture.figure(), xbarsim.plot(path, wires=True, wire_resistance=5.0).figure()]
    assert (plt.get_backend(), plt.get_fignums()) == (backend, before)
    assert all(type(f).__name__ == "Figure" for f in figures)
    picture.save_figure(tmp_path / "a.png")
    with pytest.raises(xbarsim.OutputError, match="exists already"):
        picture.save_figure(tmp_path / "a.png")
    assert picture.to_csv().splitlines()[0] == "iteration,accuracy"
