"""Downloading, against a server on this machine."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import http.server
import threading
from pathlib import Path

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
        self.endless = self.sent = 0  # bytes after the file's own: most that is sent, and what was
        self.other_part = False
        self.headers, self.moved = {}, ""

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.lstrip("/")
                wanted = self.headers.get("Range")
                outer.asked.append((name, wanted))
                if outer.moved:
                    self.send_response(302)
                    self.send_header("Location", outer.moved + self.path)
                    self.end_headers()
                    return
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
                    begin = start - outer.other_part
                    self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
                else:
                    self.send_response(200)
                body = body[start:]
                if not outer.endless:
                    self.send_header("Content-Length", str(len(body)))
                for key, value in outer.headers.items():
                    self.send_header(key, value)
                self.end_headers()
                if outer.endless:
                    self.close_connection = True
                    with contextlib.suppress(OSError):
                        while outer.sent < outer.endless:
                            self.wfile.write(bytes(1 << 16))
                            outer.sent += 1 << 16
                    return
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
    shas, sizes, packed = {}, {}, {}
    for stem in mnist.MNIST_FILES:
        n = 60 if stem.startswith("train") else 10
        array = rng.integers(0, 256, (n, 28, 28)) if "images" in stem else np.arange(n) % 10
        raw = idx_bytes(array.astype(np.uint8))
        s.files[f"{stem}.gz"] = gzip.compress(raw)
        shas[stem], sizes[stem] = hashlib.sha256(raw).hexdigest(), len(raw)
        packed[stem] = len(s.files[f"{stem}.gz"]), hashlib.sha256(s.files[f"{stem}.gz"]).hexdigest()
    for module in (mnist, download):
        monkeypatch.setattr(module, "MNIST_FILES", shas)
    monkeypatch.setattr(download, "MNIST_SIZES", sizes)
    monkeypatch.setattr(download, "MNIST_PACKED", packed)
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
    with pytest.raises(DataError, match="expected 18 bytes of content, got 14"):
        fetch(server)
    server.files["t10k-labels-idx1-ubyte.gz"] = gzip.compress(bytes(18))
    with pytest.raises(DataError, match=r"expected SHA-256 .* of the content"):
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


# ---------------------------------------------------------------------------------------------------------------------
# What a server may do

IMAGES = "train-images-idx3-ubyte.gz"


def leftovers():
    return sorted(p.name for p in (mnist.cache_folder() / "mnist").iterdir())


def test_the_usual_mirror_is_checked_before_anything_is_expanded(server, monkeypatch):
    monkeypatch.setattr(download, "MNIST_URL", server.url)
    changed = bytearray(server.files[IMAGES])
    changed[-1] ^= 1
    server.files[IMAGES] = bytes(changed)
    expanded = []
    monkeypatch.setattr(download, "_expand", lambda *given: expanded.append(given))
    with pytest.raises(DataError, match="of the compressed file, got"):
        download.fetch_mnist(progress=False)
    assert (expanded, leftovers()) == ([], [])


def test_the_usual_mirror(server, monkeypatch):
    monkeypatch.setattr(download, "MNIST_URL", server.url + "/")
    folder = download.fetch_mnist(progress=False)
    assert sorted(p.name for p in folder.iterdir()) == sorted(mnist.MNIST_FILES)


def test_another_mirror_may_compress_as_it_likes(server):
    server.files[IMAGES] = gzip.compress(gzip.decompress(server.files[IMAGES]), 1, mtime=5)
    assert fetch(server).is_dir()


def test_the_known_files_are_those_of_mnist():
    assert mnist.MNIST_FILES.keys() == mnist.MNIST_SIZES.keys() == download.MNIST_PACKED.keys()
    assert mnist.MNIST_SIZES["train-images-idx3-ubyte"] == 60_000 * 784 + 16
    assert sum(mnist.MNIST_SIZES.values()) == 70_000 * 785 + 2 * 16 + 2 * 8


def test_a_bomb_is_expanded_to_the_known_length_only(server, monkeypatch):
    size = download.MNIST_SIZES["train-labels-idx1-ubyte"]
    assert size == 68
    server.files["train-labels-idx1-ubyte.gz"] = bomb = gzip.compress(bytes(3_000_000))
    assert len(bomb) < 4000
    read = []
    whole = gzip.GzipFile.read
    monkeypatch.setattr(gzip.GzipFile, "read", lambda self, n=-1: read.append(n) or whole(self, n))
    with pytest.raises(DataError, match="expected 68 bytes of content, got more"):
        fetch(server)
    assert min(read) > 0  # never all
    assert sum(read) <= 47_056 + size + 4  # of the images before, and of this one
    assert not any("train-labels" in name for name in leftovers())


def test_endless_data_are_not_taken(server):
    server.endless = 500_000_000
    with pytest.raises(DataError, match=r"expected a file of at most 51\d\d\d bytes, got more"):
        fetch(server)
    assert server.sent < 50_000_000  # what lies in buffers
    assert leftovers() == []


def test_a_system_that_keeps_open_files_says_the_same(server, monkeypatch):
    """Windows: what is being written cannot be removed, but can be emptied."""
    real, kept = Path.unlink, []

    def unlink(path, missing_ok=False):
        if path.name.endswith(".gz.part") and not kept:
            kept.append(path)
            raise PermissionError(13, "it is in use")
        real(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    server.endless = 5_000_000
    with pytest.raises(DataError, match="expected a file of at most"):
        fetch(server)
    assert kept[0].read_bytes() == b""
    server.endless = 0
    assert sorted(p.name for p in fetch(server).iterdir()) == sorted(mnist.MNIST_FILES)


def test_too_large_a_file_is_told_by_its_length(server):
    server.files[IMAGES] = bytes(60_000)
    with pytest.raises(DataError, match=r"expected a file of at most 51\d\d\d bytes, got 60000"):
        fetch(server)
    assert leftovers() == []


def test_a_server_that_says_it_packed_the_file_once_more(server):
    """Some tell the encoding of the file as that of the answer: it is kept as it comes, not expanded on the way."""
    server.headers = {"Content-Encoding": "gzip"}
    assert fetch(server).is_dir()


def test_another_part_than_was_asked_for(server):
    server.cut_after = 30_000
    with pytest.raises(DataError):
        fetch(server)
    server.other_part = True
    with pytest.raises(DataError, match="sent another part"):
        fetch(server)
    server.other_part = False
    assert fetch(server).is_dir()


def test_a_part_that_is_too_long_is_dropped(server):
    folder = mnist.cache_folder() / "mnist"
    folder.mkdir(parents=True)
    (folder / f"{IMAGES}.part").write_bytes(bytes(10**6))
    fetch(server)
    assert server.asked[0] == (IMAGES, None)


def test_a_wrong_part_spoils_one_attempt_only(server):
    folder = mnist.cache_folder() / "mnist"
    folder.mkdir(parents=True)
    (folder / f"{IMAGES}.part").write_bytes(bytes(1000))
    with pytest.raises(DataError, match="expected a gzip file"):
        fetch(server)
    assert leftovers() == []
    fetch(server)


def test_redirects(server):
    other = Server()
    try:
        other.files, server.moved = server.files, other.url
        fetch(server)
        assert len(other.asked) == 4
    finally:
        other.close()


def test_redirects_to_files_and_in_circles(server, tmp_path):
    server.moved = tmp_path.as_uri()
    with pytest.raises(DataError, match="cannot download"):
        fetch(server)
    server.moved = server.url
    with pytest.raises(DataError, match="cannot download"):
        fetch(server)


@pytest.mark.parametrize("url", ["file:///data/mnist", "ftp://host/mnist", "/data/mnist", "host/mnist"])
def test_other_urls(url):
    with pytest.raises(DataError, match=r"expected a URL that begins with https://.*set XBARSIM_DATA"):
        download.fetch_mnist(url, progress=False)


def test_a_disk_that_is_full(server, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download, "_expand", full)
    with pytest.raises(OutputError, match="No space left on device"):
        fetch(server)
    assert leftovers() == []
