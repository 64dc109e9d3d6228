"""Objects show themselves: plain and short in a terminal, as a table that is escaped in a notebook."""

from __future__ import annotations

import html.parser

import numpy as np
import pytest

import xbarsim
from xbarsim import Crossbar, Device, Layout, Trace

pytestmark = pytest.mark.compiles
LAYOUT = {"layers": (2, 2), "dataset": "two-pixels", "iterations": 40, "n_max": 9, "eval_last": 1}


class Reader(html.parser.HTMLParser):
    """Texts of a table, and whether all that is opened is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.texts, self.tags = [], [], set()
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def table(thing):
    read = Reader(thing._repr_html_())
    assert read.tags <= {"table", "caption", "tbody", "tr", "th", "td"}  # no script, nothing from elsewhere
    assert len(repr(thing)) <= 300
    assert "\n" not in repr(thing)
    return read.texts


def test_layouts_and_devices():
    layout = Layout.of(layers=(784, 200, 10), beta=2.0, n_max=64, method="c", hidden_dead_zone=0.02)
    assert eval(repr(layout), {"Layout": Layout}) == layout
    assert repr(layout).startswith("Layout.of(layers=(784, 200, 10), ")
    texts = table(layout)
    assert "Layout" in texts
    assert any("784-200-10, rule" in text for text in texts)
    device = Device(g_min=1e-7, g_max=2.000000123e-6, n_max=32, beta=1.5)
    assert eval(repr(device), {"Device": Device}) == device
    assert repr(device) == "Device(g_max=2.000000123e-06, n_max=32, beta=1.5)"
    assert table(device)[:3] == ["Device", "model", "'exponential'"]
    assert "g_max_S" in table(device)
    many = Device(model="table", jump_p=((1e-8,),) * 40, jump_d=((1e-8,),) * 40)
    assert "(40 values)" in repr(many)


def test_what_is_quoted_is_escaped(tmp_path):
    layout = Layout.of(layers=(2, 2), dataset="<script>alert(1)</script>.npz")
    assert "<script>" not in layout._repr_html_()
    assert any("<script>alert(1)</script>" in text for text in table(layout))


def test_crossbars():
    xb = Crossbar(Device(n_max=9), (3, 2), method="c")
    assert repr(xb).startswith("Crossbar(Device(n_max=9")
    assert "3 rows x 2 columns" in table(xb)
    xb.program(rows=[0], columns=[1], signs=[+1])
    (plus,) = [text for name, text in zip(table(xb), table(xb)[1:], strict=False) if name == "G+ (S)"]
    assert plus == f"{xb.g_plus.min():.4g} to {xb.g_plus.max():.4g}, mean {xb.g_plus.mean():.4g}"


def test_runs_and_their_results(tmp_path):
    path = tmp_path / "run.h5"
    result = xbarsim.run(Layout.of(**LAYOUT), out=path)
    assert repr(result).startswith(f"Result(accuracy={result.accuracy:.4f}, ")
    assert f"{result.pulses:,}, {result.resets:,}" in table(result)
    with Trace(path) as trace:
        assert repr(trace).endswith("2-2, finished, 40 iterations)")
        assert f"{100 * result.accuracy:.2f} % at iteration 40" in table(trace)
    assert trace._repr_html_() == f"<code>{repr(trace).replace(chr(39), '&#x27;')}</code>"  # it is closed


@pytest.mark.parametrize("kw", [{}, {"rule": "bs", "bs_digits": 2, "bs_base": 2.0, "n_max": 16}, {"rule": "software"}])
def test_a_run_as_a_data_set(tmp_path, kw):
    pytest.importorskip("xarray")
    pytest.importorskip("dask")
    path = tmp_path / "run.h5"
    xbarsim.run(Layout.of(**{**LAYOUT, "snapshot_every": 15, **kw}), out=path)
    with Trace(path) as trace, Trace(path) as fresh:
        data = trace.to_xarray()
        moments = data["iteration"].values
        assert moments.tolist() == (list(range(41)) if trace.replays else [0, 15, 30, 40])
        w = data["w_layer_1"]
        assert w.dims == ("iteration", "row_1", "column_1")
        assert w.attrs["units"] == ("S" if trace.is_pairs else "1")
        assert w.variable._data.__class__.__module__.startswith("xarray")  # nothing is read yet
        for at in (
            {"iteration": 3},
            {"iteration": [2, 0, 1], "row_1": [2, 0]},
            {"row_1": 1, "column_1": 1},
            {"column_1": -1},
        ):
            expected = np.stack([fresh.weights(1, int(n)) for n in moments])
            for axis in (2, 1, 0):
                name = w.dims[axis]
                if name in at:
                    expected = np.take(expected, at[name], axis)
            np.testing.assert_array_equal(w.isel(at).values, expected)
        assert w.isel(iteration=slice(0, 0)).shape == (0, 3, 2)
        np.testing.assert_array_equal(data["accuracy"].values, fresh.accuracy[1])
        np.testing.assert_array_equal(data["pulses"].values, fresh.curves["pulses"])
        assert data.attrs["layout"] == trace.provenance["layout"]
        if trace.replays:
            plus = data["g_plus_layer_1"]
            np.testing.assert_array_equal(plus.sel(iteration=17).values, fresh.conductance(1, 17)[0])
            np.testing.assert_array_equal(plus[:, 2, 0].values, fresh.synapse(1, 2, 0).g_plus)
            if "g_minus_1_layer_1" in data:
                np.testing.assert_array_equal(
                    data["g_minus_1_layer_1"].sel(iteration=9).values, fresh.conductance(1, 9, digit=1)[1]
                )
            assert trace.to_xarray(every=20)["iteration"].values.tolist() == [0, 20, 40]
        chunked = trace.to_xarray(chunks={"iteration": 2})["w_layer_1"]
        assert chunked.chunks[0][0] == 2
        expected = np.stack([fresh.weights(1, int(n)) for n in moments]).astype(np.float64).mean(axis=(1, 2))
        np.testing.assert_allclose(chunked.astype(np.float64).mean(("row_1", "column_1")).values, expected, rtol=1e-6)
