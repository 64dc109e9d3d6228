"""Pages of run files: what they say of each rule, of runs that go on, and of code that is not run."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace
from xbarsim.loop.health import Health
from xbarsim.loop.results import worst_device
from xbarsim.show.summary import place

from .reading import read

pytest.importorskip("matplotlib")
SMALL = {"layers": (2, 2), "dataset": "two-pixels", "iterations": 40, "n_max": 9, "eval_every": 10, "eval_last": 5}


@pytest.fixture
def undrawn(monkeypatch):
    """Figures are made and not drawn: that takes most of the time."""
    import xbarsim.handout.drawing as drawing

    monkeypatch.setattr(drawing, "as_png", lambda figure, dpi: b"png")
    monkeypatch.setattr(drawing, "as_svg", lambda figure: b"svg")


def page_of(path):
    return read(xbarsim.report(path, path.parent / "page.html", force=True))


@pytest.mark.compiles
@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (
            {"endurance": 2.0, "account": True},
            ("Writes and wear", "worn out", "the first at iteration", "energy of the lines", "half-selected devices"),
        ),
        ({"rule": "crus"}, ("Writes and wear", "never written")),
        ({"rule": "bs", "bs_digits": 2, "bs_base": 2.0, "n_max": 16}, ("Device",)),
        ({"rule": "software"}, ("Weights",)),
    ],
)
def test_each_rule(keys, says, tmp_path):
    path = tmp_path / "run.h5"
    xbarsim.run(Layout.of(**{**SMALL, **keys}), out=path)
    page = page_of(path)
    for text in ("finished", "Accuracy and pulses", "Configuration", "Where it comes from", "To make it again"):
        assert text in page.texts
    with Trace(path) as trace:
        has_devices = trace.layout.rule.has_devices(trace.layout)
        accuracy, curves, provenance = trace.accuracy[1], trace.curves, trace.provenance
        shown = 2 + len(trace.shapes) * (3 if trace.is_pairs else 2)
        most = trace.most_writes
        at = worst_device([trace.counts(k) for k in range(1, len(trace.shapes) + 1)]) if trace.has_counts else None
    assert f"{100 * accuracy[-1]:.2f} %" in page.texts
    assert provenance["dataset_sha256"] in page.texts
    assert page.code[-1].strip() == provenance["layout"].strip()
    assert len(page.of("src")) >= shown
    assert ("Device" in page.texts) == has_devices
    if has_devices:
        assert f"{int(curves['pulses'].sum()):,}" in page.texts
        assert f"{int(most[-1]):,}" in page.texts
    assert at is None or place(at) in page.text
    for text in says:
        assert text in page.text


@pytest.mark.compiles
def test_a_run_is_made_again_from_its_page(tmp_path):
    path = tmp_path / "run.h5"
    layout = Layout.of(**SMALL, beta=3.0, seed=5, hidden_dead_zone=0.1)
    with pytest.warns(UserWarning, match="hidden_dead_zone"):
        first = xbarsim.run(layout, out=path, command_line="xbarsim run 'a b.toml'")
    page = page_of(path)
    assert path.with_name("page.html").stat().st_size < 2_000_000
    assert "xbarsim run 'a b.toml'" in page.code
    assert "pulses.hidden_dead_zone: given, and does nothing here" in page.text
    assert {"changed", "followed"} <= set(page.texts)
    again = xbarsim.run(Layout.from_toml_text(page.code[-1]))
    assert (again.accuracy_curve, again.pulses) == (first.accuracy_curve, first.pulses)
    assert all(len(value) > 2000 for value in page.of("src"))
    with pytest.raises(xbarsim.OutputError, match=r"page.html: exists already and is not overwritten; .* add --force"):
        xbarsim.report(path, tmp_path / "page.html")


@pytest.mark.compiles
@pytest.mark.usefixtures("undrawn")
def test_runs_that_have_not_ended_say_so(tmp_path, monkeypatch):
    path, seen = tmp_path / "run.h5", []

    def watch(point, _state):
        if point.iteration == 20:
            seen.append(page_of(path))

    xbarsim.run(Layout.of(**SMALL), out=path, commit_seconds=0.0, watch=watch)
    assert "running" in seen[0].texts
    assert "This run has not come to its end: running." in seen[0].text
    assert "of 40" in seen[0].texts
    assert "has not come to its end" not in page_of(path).text
    ticks = iter([False, True])
    xbarsim.run(Layout.of(**SMALL | {"iterations": 500}), out=path, force=True, stop=lambda: next(ticks))
    assert "This run has not come to its end: interrupted." in page_of(path).text


@pytest.mark.compiles
@pytest.mark.usefixtures("undrawn")
def test_what_a_run_warned_of_is_kept(tmp_path, monkeypatch):
    def odd(self, done, *_, **__):
        if done == 20:
            self.said.append("it is\ndead <b>")

    monkeypatch.setattr(Health, "evaluated", odd)
    path = tmp_path / "run.h5"
    with pytest.warns(UserWarning, match="siemens"):
        xbarsim.run(Layout.of(**SMALL, g_max=2.0), out=path)
    with Trace(path) as trace:
        first, last = trace.provenance["warnings"].splitlines()
    assert (first[:18], last) == ("device.g_max_S = 2", "it is dead <b>")
    page = page_of(path)
    assert page.texts.count("it is dead <b>") == 1
    assert sum(text.startswith("device.g_max_S = 2") for text in page.texts) == 1


@pytest.mark.compiles
@pytest.mark.usefixtures("undrawn")
def test_code_is_not_run(tmp_path, plugin):
    copy = tmp_path / "mine.py"
    copy.write_bytes(plugin.read_bytes())
    path, sha = tmp_path / "run.h5", hashlib.sha256(plugin.read_bytes()).hexdigest()
    name = plugin.read_text().split("def ")[1].split("(")[0]
    layout = Layout.of(
        **SMALL | {"n_max": None, "iterations": 2, "eval_last": 1},
        model="plugin",
        step=f"{copy}:{name}",
        snapshot_every=1,
    )
    xbarsim.run(layout, out=path)
    copy.write_text("raise SystemExit('it ran')")
    page = page_of(path)
    assert f"{copy}:{name}, SHA-256 {sha}" in page.text
    assert "which is not run for a report" in page.text
    (tmp_path / "device.toml").write_text(f'[device]\nmodel = "plugin"\nstep = "{copy}:{name}"\n')
    assert "which is not run for a report" in page_of(tmp_path / "device.toml").text


@pytest.mark.once
def test_a_large_layer_is_a_small_picture():
    from types import SimpleNamespace

    from xbarsim.show.figures_report import as_png, maps_figure

    rng = np.random.default_rng(1)
    maps = {n: rng.normal(size=(785, 1000)) for n in (0, 60_000)}
    trace = SimpleNamespace(shapes=[(785, 1000)], layout=Layout.of(layers=(784, 1000)))
    assert len(as_png(maps_figure(trace, 1, maps, "W"), dpi=110)) < 250_000
