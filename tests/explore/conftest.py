"""A page's server on run files of tiny networks, and what asks it."""

from __future__ import annotations

import contextlib
import http.client
import threading
import urllib.parse

import pytest

import xbarsim
from xbarsim import Layout

TINY = {"layers": (6, 5, 3), "n_max": 6, "iterations": 120, "seed": 4, "eval_every": 20, "eval_last": 1}


@pytest.fixture
def serve():
    """A function that serves run files until the test ends."""
    from xbarsim.explore.server import Server

    with contextlib.ExitStack() as stack:

        def begin(*paths):
            server = Server(list(paths))
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
            thread.start()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            return server

        yield begin


@pytest.fixture
def run_file(tmp_path, tiny_data):
    """A function that trains a tiny network into a file."""

    def make(name="run.h5", **kw):
        asked = {key: value for key, value in {**TINY, "snapshot_every": 50, **kw}.items() if value is not None}
        xbarsim.run(Layout.of(**asked), out=tmp_path / name, dataset=tiny_data, force=True)
        return tmp_path / name

    return make


def get(server, path, *, method="GET", host=None):
    """(status, body, headers) of a request, with a Host header of one's own if asked."""
    connection = http.client.HTTPConnection(*server.server_address, timeout=20)
    connection.putrequest(method, path, skip_host=host is not None)
    if host is not None:
        connection.putheader("Host", host)
    connection.endheaders()
    answer = connection.getresponse()
    found = answer.status, answer.read(), dict(answer.getheaders())
    connection.close()
    return found


def ask(server, name, **asked):
    """What the page gets: JSON and arrays."""
    from xbarsim.explore.wire import unpack

    status, body, _ = get(server, f"/{server.token}/{name}?{urllib.parse.urlencode(asked)}")
    assert status == 200, body
    return unpack(body)
