"""`xbarsim plot`."""

from __future__ import annotations

import pytest

from xbarsim import Layout

from ..cli import QUICK, refuses

pytestmark = pytest.mark.jit  # files and commands; the kernels' own tests run with and without the JIT


def test_plot(call, tmp_path):
    pytest.importorskip("matplotlib")
    from matplotlib.image import imread

    call("run", *QUICK)
    assert call("plot", "run.h5")[0] == 0
    picture = imread("run.png")
    assert picture.shape[0] > 800
    assert picture.shape[1] > 800
    assert picture.std() > 0.05
    assert b"two-pixels" in (tmp_path / "run.png").read_bytes()  # its provenance
    for suffix in ("svg", "pdf"):
        assert call("plot", "run.h5", "-o", f"x.{suffix}")[0] == 0
        (tmp_path / f"x.{suffix}").unlink()
    refuses(call, "plot", "run.h5", what="exists already")
    assert call("plot", "run.h5", "--force", "--synapse", "0,1")[0] == 0
    refuses(call, "plot", "run.h5", "-o", "x.docx", what=".png, .pdf, .svg")
    refuses(call, "plot", "run.h5", "-o", "none/x.png", what="its folder does not exist")
    refuses(call, "plot", "run.h5", "-o", "y.png", "--layer", 2, what="layer")
    for flag, value in (("--position", "2,2"), ("--sample", 3)):
        refuses(call, "plot", "run.h5", "-o", "y.png", flag, value, what=f"{flag}: expected --wires with it")
    for value, got in (("1_0,2", "'1_0,2'"), ("1" * 5000 + ",2", "1...;")):
        refuses(call, "plot", "run.h5", "-o", "y.png", "--wires", f"--position={value}", what=got)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.h5", "run.png"]


def test_plot_of_a_run_that_has_just_begun(call):
    import xbarsim

    pytest.importorskip("matplotlib")
    lay = Layout.of(layers=(2, 2), dataset="two-pixels", n_max=4, eval_every=0)
    xbarsim.run(lay, out="run.h5", stop=lambda: True)
    assert call("inspect", "run.h5")[0] == 0
    assert call("plot", "run.h5")[0] == 0


def test_a_weight_of_several_arrays_is_chosen_as_one_of_a_pair_is(call):
    import xbarsim

    pytest.importorskip("matplotlib")
    lay = Layout.of(layers=(2, 2), dataset="two-pixels", rule="tiki-taka", n_max=9, iterations=40, eval_last=1)
    xbarsim.run(lay, out="run.h5")
    with xbarsim.Trace("run.h5") as trace:
        change = abs(trace.weights(1, 40).astype(float) - trace.weights(1, 0))[:-1]  # the last row is the bias
    row, col = divmod(int(change.argmax()), 2)
    assert f"changed most: --synapse {row},{col}" in call("inspect", "run.h5", "--layer", 1)[1]
    titles = [ax.get_title() for ax in xbarsim.plot("run.h5").figure().subfigs[2].axes]
    assert sum(title.startswith(f"Pair at row {row}, column {col}") for title in titles) == len(titles) - 1 > 0
