"""The page's server: what it gives is what the trace holds, and nobody else gets anything."""

from __future__ import annotations

import importlib.util
import json
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

import xbarsim
from xbarsim import Layout, Trace

from ..cli import refuses
from .conftest import TINY, ask, get

pytestmark = pytest.mark.compiles
CASES = [
    {"method": "b", "sigma": 0.3},
    {"rule": "bs", "bs_digits": 2, "bs_base": 2.0, "n_max": 16},
    {"rule": "software"},
    {"method": "c", "batch": 3, "batch_rule": "signs", "wire_resistance": 2000.0, "iterations": 40},
]


@pytest.mark.parametrize("kw", CASES, ids=str)
def test_what_the_page_gets_is_what_the_trace_holds(serve, run_file, kw):
    path = run_file(**kw)
    server = serve(path)
    said, _ = ask(server, "runs")
    (about,) = said["runs"]
    with Trace(path) as trace:
        last = trace.iterations_done
        assert about["iterations"] == last
        assert about["every"] == trace.replays
        assert bool(about["why"]) != trace.replays
        for n in (0, 2 * last // 3, last, last // 3, last // 3 - 1):
            for layer in (1, 2):
                for name in about["quantities"]:
                    head, arrays = ask(server, "map", layer=layer, iteration=n, what=name)
                    shown = head["iteration"]
                    assert shown == n or (not trace.replays and shown in trace.keyframes(layer))
                    if name == "w":
                        expected = trace.weights(layer, shown)
                    else:
                        digit = int(name[-1]) if name[-1].isdigit() else 0
                        expected = trace.conductance(layer, shown, digit=digit)["minus" in name]
                    np.testing.assert_array_equal(arrays["values"], expected)
        head, pair = ask(server, "pair", layer=1, row=2, column=3)
        if trace.replays:
            history = trace.synapse(1, 2, 3)
            at = pair["iteration"].astype(int)
            np.testing.assert_array_equal(pair["g_plus"], history.g_plus[at])
            full = np.repeat(pair["g_minus"][:-1], np.diff(at))
            np.testing.assert_array_equal(full, history.g_minus[:-1])
            assert len(pair["event"]) == len(trace.crossings(1, 2, 3, 1000).iteration)
        else:
            np.testing.assert_array_equal(pair["w"], [trace.weights(1, n)[2, 3] for n in trace.keyframes(1)])
        if trace.has_counts:
            counts = {name: int(values[2, 3]) for name, values in trace.counts(1).items()}
            assert head["counts"]["pulses_plus"] == counts["pulses_plus"]
        curves = ask(server, "curves")[1]
        np.testing.assert_allclose(curves["accuracy"], trace.accuracy[1])
        assert np.isclose(curves["pulses"].mean(), trace.curves["pulses"].mean())  # all parts are of one length
        assert curves["wrong"].max() <= 1.0
        for _ in range(400):
            head, found = ask(server, "histograms", layer=1, what="w")
            if head["complete"]:
                break
            time.sleep(0.02)
        for m in (0, -1):
            values = trace.weights(1, int(found["moments"][m]))
            np.testing.assert_array_equal(found["counts"][m], np.histogram(values, bins=found["edges"])[0])
            assert found["counts"][m].sum() == values.size


def test_code_is_never_run_by_looking(serve, run_file, plugin, monkeypatch):
    path = run_file(model="plugin", step=f"{plugin}:step", n_max=None, iterations=20, snapshot_every=10, method="c")
    plugin.rename(plugin.with_suffix(".gone"))
    try:
        server = serve(path)
        (about,) = ask(server, "runs")[0]["runs"]
        assert not about["every"]
        assert "not run by looking" in about["why"]
        head, arrays = ask(server, "map", layer=1, iteration=14, what="w")
        with Trace(path) as trace:
            assert head["iteration"] == 10
            np.testing.assert_array_equal(arrays["values"], trace.weights(1, 10))
        assert "event" not in ask(server, "pair", layer=1, row=0, column=0)[1]
    finally:
        plugin.with_suffix(".gone").rename(plugin)


def test_a_run_that_goes_on_is_followed(serve, tmp_path, tiny_data, run_file):
    path, seen = tmp_path / "run.h5", []
    layout = Layout.of(**TINY)

    def stop():
        seen.append(0)
        return len(seen) > 3

    xbarsim.run(layout, out=path, dataset=tiny_data, stop=stop)
    server = serve(path)
    (first,) = ask(server, "runs")[0]["runs"]
    assert first["status"] == "interrupted"
    ask(server, "map", layer=1, iteration=first["iterations"], what="w")
    xbarsim.resume(path, dataset=tiny_data)
    (now,) = ask(server, "runs")[0]["runs"]
    assert (now["status"], now["iterations"], now["id"]) == ("finished", 120, first["id"])
    assert now["version"] > first["version"]
    with Trace(path) as trace:
        for n in (5, 120):
            np.testing.assert_array_equal(
                ask(server, "map", layer=1, iteration=n, what="w")[1]["values"], trace.weights(1, n)
            )
    server.answers._runs[0]._next = 0.0
    path.unlink()
    (gone,) = ask(server, "runs")[0]["runs"]
    assert "found nothing" in gone["trouble"]
    status, body, _ = get(server, f"/{server.token}/map?layer=1&iteration=0&what=w")
    assert status == 400
    assert "found nothing" in json.loads(body)["error"]
    run_file(seed=9)
    server.answers._runs[0]._next = 0.0
    (other,) = ask(server, "runs")[0]["runs"]
    assert other["trouble"] == ""
    assert other["id"] != first["id"]


def test_a_run_that_was_killed_is_told(serve, tmp_path, tiny_data, monkeypatch):
    import xbarsim.explore.looking as looking

    class Killed(Exception):
        pass

    def listener(tick):
        if tick.iteration > 60:
            raise Killed

    path = tmp_path / "run.h5"
    with pytest.raises(Killed):
        xbarsim.run(Layout.of(**TINY), out=path, dataset=tiny_data, listener=listener, commit_seconds=0.0)
    server = serve(path)
    (about,) = ask(server, "runs")[0]["runs"]
    assert about["status"] == "running"
    monkeypatch.setattr(looking, "_SILENCE", 0.0)
    (about,) = ask(server, "runs")[0]["runs"]
    assert about["status"] == "ended without notice (killed?)"
    xbarsim.resume(path, dataset=tiny_data)
    (about,) = ask(server, "runs")[0]["runs"]
    assert about["status"] == "finished"


def test_two_runs_and_no_third(serve, run_file, call, tmp_path):
    a, b = run_file("a.h5", seed=1), run_file("b.h5", seed=2)
    server = serve(a, b)
    maps = [ask(server, "map", run=k, layer=1, iteration=9, what="g_plus")[1]["values"] for k in (0, 1)]
    for path, shown in zip((a, b), maps, strict=True):
        with Trace(path) as trace:
            np.testing.assert_array_equal(shown, trace.conductance(1, 9)[0])
    assert get(server, f"/{server.token}/map?run=2&layer=1&iteration=9")[0] == 400
    refuses(call, "view", a, b, a, what="one run file or two, got 3")


def test_who_may_not_ask(serve, run_file):
    server = serve(run_file())
    own, port = f"/{server.token}/", server.server_address[1]
    assert server.server_address[0] == "127.0.0.1"
    assert server.url == f"http://127.0.0.1:{port}{own}"
    for name in ("", "runs", "page.js", "plotly.js", "style.css"):
        status, body, headers = get(server, own + name)
        assert status == 200
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"
        for path in (f"/{name}", f"/{server.token[:-1]}/{name}", f"/{server.token}x/{name}", f"//{name}"):
            assert get(server, path)[0] == 404, path
    for host in ("evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", ""):
        status, body, _ = get(server, own, host=host)
        assert (status, b"this machine" in body) == (403, True), host
    for host in ("localhost", f"LOCALHOST:{port}", "127.0.0.1:99"):  # a port may be forwarded
        assert get(server, own, host=host)[0] == 200
    for method in ("POST", "PUT", "DELETE", "HEAD", "OPTIONS", "BREW"):
        assert get(server, own, method=method)[0] == 405, method
    for name in ("../run.h5", "%2e%2e/run.h5", "page/../../wire.py", "index.html", "/etc/passwd", "wire.py", "run.h5"):
        assert get(server, own + name)[0] == 404, name
    for name, asked in (
        ("map", ""),
        ("map", "layer=9&iteration=0"),
        ("map", "layer=1&iteration=x"),
        ("map", "layer=1&iteration=0&what=__class__"),
        ("pair", "layer=1&row=99&column=0"),
        ("pair", f"layer=1&row={'9' * 5000}&column=0"),
        ("histograms", "layer=0"),
        ("curves", "run=-1"),
        ("curves", "&".join(f"a{k}=1" for k in range(50))),
    ):
        status, body, _ = get(server, f"{own}{name}?{asked}")
        assert status == 400, (name, asked)
        assert "\n" not in json.loads(body)["error"]


def test_refusals(call, run_file, tmp_path, monkeypatch):
    path = run_file()
    refuses(call, "view", tmp_path / "none.h5", "--no-open", what="expected a run file, found nothing")
    (tmp_path / "text.h5").write_text("hello")
    refuses(call, "view", tmp_path / "text.h5", "--no-open", what="expected a run file (HDF5)")
    refuses(call, "view", path, "--port", 70000, what="--port: expected a number from 0 to 65535")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refuses(call, "view", path, "--no-open", "--port", taken.getsockname()[1], what="another program has it")
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "plotly" else find(name, *a))
    refuses(call, "view", path, "--no-open", what="pip install 'xbarsim[view]'")


def test_command_ends_with_ctrl_c(run_file):
    command = [sys.executable, "-m", "xbarsim", "view", str(run_file()), "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline()
            assert url.startswith("http://127.0.0.1:")
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, out) == (0, "")
    assert err.startswith("Ctrl-C ends it")
    assert len(err.splitlines()) == 1, err
