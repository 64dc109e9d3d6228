"""Pictures for a paper: as wide as asked for, readable, in every format."""

from __future__ import annotations

import logging
import re

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout
from xbarsim.show.figures_print import COLUMNS, SMALLEST, fit, printed

from ..cli import refuses

pytestmark = pytest.mark.compiles
pytest.importorskip("matplotlib")
LAYOUT = {"layers": (2, 2), "dataset": "two-pixels", "iterations": 40, "n_max": 9, "eval_last": 1}


@pytest.fixture
def path(tmp_path):
    xbarsim.run(Layout.of(**LAYOUT), out=tmp_path / "run.h5")
    return tmp_path / "run.h5"


def one_panel():
    from xbarsim.show.figures_style import headline, pyplot

    figure = pyplot().figure(figsize=(6.6, 4.8), layout="constrained")
    axes = figure.subplots()
    axes.plot([0.0, 60_000.0], [0.0, 1.0], marker="o", label="a")
    axes.set(xlabel="iteration", ylabel="test accuracy (%)", title="A title of some length that has to be broken")
    axes.legend()
    headline(figure, "What was run, in so many words that they take more than one line over a single column")
    return figure


def texts(figure):
    return [t for t in figure.findobj(lambda a: hasattr(a, "set_fontsize")) if t.get_text()]


@pytest.mark.parametrize("width", COLUMNS)
def test_a_panel_fits_a_column(width):
    figure = one_panel()
    fit(figure, COLUMNS[width], "a.png")
    assert np.isclose(figure.get_size_inches()[0] * 25.4, COLUMNS[width])
    figure.draw_without_rendering()
    whole = figure.bbox
    assert min(text.get_fontsize() for text in texts(figure)) >= SMALLEST
    (axes,) = figure.axes
    for text in (figure._suptitle, axes.title, axes.xaxis.label, axes.yaxis.label, *axes.get_legend().get_texts()):
        box = text.get_window_extent()
        assert whole.x0 - 1 <= box.x0 <= box.x1 <= whole.x1 + 1, text


def test_what_has_no_room_becomes_wider_and_says_so(caplog):
    from xbarsim.show.figures_style import pyplot

    caplog.set_level(logging.INFO, "xbarsim")
    figure, panels = pyplot().subplots(1, 4, figsize=(13.0, 4.0), layout="constrained")
    for ax in panels:
        ax.set(xlabel="iterations of the run", ylabel="test accuracy (%)")
    fit(figure, COLUMNS["single"], "run.png")
    said = re.search(r"run.png: made (\d+) mm wide, not 84", caplog.text)
    assert abs(figure.get_size_inches()[0] * 25.4 - int(said[1])) < 0.51
    assert min(text.get_fontsize() for text in texts(figure)) >= SMALLEST


def test_no_accuracy_above_all(path):
    figure = xbarsim.plot(path).figure()
    (axes,) = [ax for ax in figure.axes if ax.get_ylabel() == "test accuracy (%)"]
    assert axes.get_ylim()[1] <= 102.0


def test_commands(call, path, tmp_path):
    assert call("plot", path, "-o", "a.pdf", "--width", "double")[0] == 0
    pdf = (tmp_path / "a.pdf").read_bytes()
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ", pdf)
    assert np.isclose(float(box[1]) / 72.0 * 25.4, COLUMNS["double"], atol=0.1)
    assert b"/FontFile2" in pdf  # TrueType, embedded
    assert call("plot", path, "--weights", "-o", "w.svg", "--width", "120")[0] == 0
    svg = (tmp_path / "w.svg").read_text()
    assert np.isclose(float(re.search(r'width="([\d.]+)pt"', svg)[1]) / 72.0 * 25.4, 120.0, atol=0.1)
    assert ">W = G+ - G- (nS)</text>" in svg  # text stays text
    assert "xbarsim run" in svg or "layers" in svg  # where it comes from
    refuses(
        call, "plot", path, "-o", "b.pdf", "--width", "10", what="--width: expected single (84 mm), double (174 mm)"
    )
    refuses(call, "plot", path, "-o", "b.pdf", "--width", "wide", what="--width: expected")
    refuses(call, "plot", path, "-o", "b.bmp", what="expected a name that ends in .png, .pdf, .svg")


def test_other_formats_beside(tmp_path):
    from xbarsim.show.figures_style import save

    with printed("single", ("pdf", "svg")):
        save(one_panel(), tmp_path / "ranking.png", {"Software": "xbarsim"})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ranking.pdf", "ranking.png", "ranking.svg"]
    first = (tmp_path / "ranking.svg").read_text()
    with (
        pytest.raises(xbarsim.LayoutError, match="--also: expected pdf, svg or png, got 'bmp'"),
        printed(also=("bmp",)),
    ):
        pass
    save(one_panel(), tmp_path / "ranking.png", {})
    assert (tmp_path / "ranking.svg").read_text() == first  # asked for once, not from then on


def test_commands_that_draw_take_a_width():
    from typer.main import get_command

    from xbarsim.commands.main import app

    root = get_command(app)
    folder = {"compare-devices", "compare", "limits", "tune", "reproduce"}
    alone = {"plot", "sweep", "fit", "retention", "infer", "program"}
    for name, command in root.commands.items():
        options = {option for parameter in command.params for option in parameter.opts}
        assert ("--width" in options) == (name in folder | alone), name
        assert ("--also" in options) == (name in folder), name
