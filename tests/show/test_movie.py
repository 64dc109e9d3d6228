"""Movies: as many pictures as were asked for, each of its moment; nothing half-written."""

from __future__ import annotations

import itertools
import shutil

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace

from ..cli import refuses

pytestmark = pytest.mark.compiles
pytest.importorskip("matplotlib")
LAYOUT = {"layers": (2, 2), "dataset": "two-pixels", "iterations": 40, "n_max": 9, "eval_last": 1}


@pytest.fixture
def path(tmp_path):
    xbarsim.run(Layout.of(**LAYOUT), out=tmp_path / "run.h5")
    return tmp_path / "run.h5"


def pictures(gif):
    from PIL import Image, ImageSequence

    with Image.open(gif) as image:
        return [np.array(each.convert("RGB")) for each in ImageSequence.Iterator(image)]


def test_a_movie_has_its_moments(path, tmp_path):
    with Trace(path) as trace:
        out = trace.movie(tmp_path / "w.gif", layer=1, every=15)
        assert out == tmp_path / "w.gif"
        shown = pictures(out)
        assert len(shown) == 4  # 0, 15, 30, 40
        # The line on the curve moves, and so does the map, if it changed.
        assert all((a != b).any() for a, b in itertools.pairwise(shown))
        with pytest.raises(xbarsim.OutputError, match="exists already"):
            trace.movie(out)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.h5", "w.gif"]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")
def test_mp4(path, tmp_path):
    out = xbarsim.movie(path, tmp_path / "w.mp4", every=20, what="g_plus")
    assert out.read_bytes()[4:8] == b"ftyp"


def test_command(call, tmp_path, path, monkeypatch):
    from matplotlib.animation import writers

    assert call("movie", path, "-o", "m.gif", "--every", 20, "--what", "g_minus", "--fps", 5, "-q")[0] == 0
    assert len(pictures(tmp_path / "m.gif")) == 3
    refuses(call, "movie", path, "-o", "m.gif", what="exists already")
    refuses(call, "movie", path, "-o", "m.avi", what="expected a name that ends in .gif or .mp4")
    refuses(call, "movie", path, "-o", "none/m.gif", what="its folder does not exist")
    refuses(call, "movie", path, "-o", "n.gif", "--layer", 2, what="layer")
    refuses(call, "movie", path, "-o", "n.gif", "--every", 0, what="--every: expected a whole number")
    refuses(call, "movie", path, "-o", "n.gif", "--what", "v", what="--what")
    refuses(call, "movie", path, "-o", "n.gif", "--fps", 0, what="--fps")
    monkeypatch.setattr(writers, "is_available", lambda name: False)
    refuses(call, "movie", path, "-o", "n.mp4", what="expected the program ffmpeg")


def test_runs_with_keyframes_only(tmp_path):
    path = tmp_path / "run.h5"
    xbarsim.run(Layout.of(**LAYOUT, rule="software", snapshot_every=20), out=path)
    xbarsim.movie(path, tmp_path / "w.gif", every=1)
    assert len(pictures(tmp_path / "w.gif")) == 3
