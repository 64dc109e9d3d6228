"""Downloading, against a server on this machine."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import threading

import numpy as np
import pytest

from xbarsim import DataError, OutputError
from xbarsim.data_sets import download, mnist
from xbarsim.data_sets.load import load_dataset

from .test_load import idx_bytes

pytestmark = pytest.mark.once


class Server:
    """Serves byte strings, and remembers what it was asked for. Can cut connections and ignore ranges."""

    def __init__(self):
        outer = self
        self.files, self.asked = {}, []
        self.cut_after = None
        self.ranges = True

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.lstrip("/")
                wanted = self.headers.get("Range")
                outer.asked.append((name, wanted))
                if name not in outer.files:
                    self.send_error(404)
                    return
                body, start = outer.files[name], 0
                if wanted and outer.ranges:
                    start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                    if start >= len(body):
                        self.send_error(416)
                        return
                    self.send_response(206)
                    self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
                else:
                    self.send_response(200)
                body = body[start:]
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if outer.cut_after is not None and len(body) > outer.cut_after:
                    self.wfile.write(body[: outer.cut_after])
                    outer.cut_after = None
                    self.connection.close()
                    return
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.setenv("XBARSIM_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("XBARSIM_DATA", raising=False)
    rng = np.random.default_rng(5)
    s = Server()
    shas = {}
    for stem in mnist.MNIST_FILES:
        n = 60 if stem.startswith("train") else 10
        array = rng.integers(0, 256, (n, 28, 28)) if "images" in stem else rng.integers(0, 10, n)
        raw = idx_bytes(array.astype(np.uint8))
        s.files[f"{stem}.gz"] = gzip.compress(raw)
        shas[stem] = hashlib.sha256(raw).hexdigest()
    for module in (mnist, download):
        monkeypatch.setattr(module, "MNIST_FILES", shas)
    yield s
    s.close()


def fetch(server):
    return download.fetch_mnist(server.url, progress=False)


def test_fetches_checks_and_is_then_found(server):
    folder = fetch(server)
    assert sorted(p.name for p in folder.iterdir()) == sorted(mnist.MNIST_FILES)
    assert load_dataset("auto").x_train.shape == (60, 784)
    asked = len(server.asked)
    fetch(server)
    assert len(server.asked) == asked  # nothing is fetched twice


def test_goes_on_where_a_connection_was_cut(server):
    name = "train-images-idx3-ubyte.gz"
    server.cut_after = 30_000
    with pytest.raises(DataError, match="it goes on where it stopped"):
        fetch(server)
    part = mnist.cache_folder() / "mnist" / f"{name}.part"
    kept = part.stat().st_size
    assert 20_000 < kept <= 30_000
    server.asked.clear()
    fetch(server)
    assert server.asked[0] == (name, f"bytes={kept}-")
    assert not part.exists()
    assert load_dataset("mnist").x_train.shape == (60, 784)


def test_a_server_without_ranges_sends_all_again(server):
    server.ranges = False
    server.cut_after = 30_000
    with pytest.raises(DataError):
        fetch(server)
    fetch(server)
    assert load_dataset("mnist").x_train.shape == (60, 784)


def test_a_wrong_file_is_refused(server):
    server.files["t10k-labels-idx1-ubyte.gz"] = gzip.compress(b"something else")
    with pytest.raises(DataError, match="expected SHA-256"):
        fetch(server)
    assert not any("t10k-labels" in p.name for p in (mnist.cache_folder() / "mnist").iterdir())


def test_not_gzip(server):
    server.files["train-labels-idx1-ubyte.gz"] = b"<html>blocked</html>"
    with pytest.raises(DataError, match="expected a gzip file"):
        fetch(server)
    assert not any("train-labels" in p.name for p in (mnist.cache_folder() / "mnist").iterdir())


def test_not_there(server):
    del server.files["train-images-idx3-ubyte.gz"]
    with pytest.raises(DataError, match="404"):
        fetch(server)


def test_no_server():
    with pytest.raises(DataError, match="cannot download"):
        download.fetch_mnist("http://127.0.0.1:9", progress=False)


def test_a_damaged_file_in_the_cache_is_fetched_again(server):
    folder = fetch(server)
    path = folder / "t10k-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes()[:-1])
    server.asked.clear()
    fetch(server)
    assert [name for name, _ in server.asked] == ["t10k-labels-idx1-ubyte.gz"]


def test_unwritable_cache(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XBARSIM_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(OutputError, match="set XBARSIM_CACHE"):
        fetch(server)
