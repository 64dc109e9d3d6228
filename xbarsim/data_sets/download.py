"""Downloading MNIST: with progress, resumable, and checked."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pooch

from ..base.errors import DataError, OutputError
from .mnist import MNIST_FILES, MNIST_SIZES, cache_folder
from .packed import PIECE, UNREADABLE

MNIST_URL = "https://ossci-datasets.s3.amazonaws.com/mnist/"
"""Where `fetch_mnist` downloads from; ``XBARSIM_MNIST_URL`` overrides it."""
MNIST_PACKED = {
    "train-images-idx3-ubyte": (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
    "train-labels-idx1-ubyte": (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
    "t10k-images-idx3-ubyte": (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
    "t10k-labels-idx1-ubyte": (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
}
"""Length and SHA-256 of the compressed files, as Y. LeCun published them and `MNIST_URL` has them."""


@dataclass(frozen=True)
class _File:
    """A file to fetch, and what is known of it.

    From the usual mirror the compressed file itself is known, and is checked before anything expands it. Another
    mirror may have compressed the same content anew, to other bytes: there only the content is known, which is
    expanded to its known length and never further, and hashed on the way.
    """

    url: str
    target: Path
    size: int
    sha: str
    packed: tuple[int, str] | None

    @property
    def most(self) -> int:
        """Most bytes of the compressed file: what gzip makes of content that cannot be compressed."""
        return self.packed[0] if self.packed else self.size + self.size // 1000 + 4096


def fetch_mnist(url: str | None = None, *, progress: bool = True) -> Path:
    """Download MNIST into the user's cache, and check it by SHA-256.

    No more is downloaded than the files are long, and no more is expanded. Files that are there, whole and right, are
    not fetched again, and a download that was cut short goes on where it stopped.

    Parameters
    ----------
    url : str, optional
        Folder to download from; default ``XBARSIM_MNIST_URL`` or `MNIST_URL`.

    Returns
    -------
    Path
        The folder with the four IDX files.

    Raises
    ------
    DataError
        If the server does not answer, or sends something else.
    OutputError
        If the cache cannot be written.
    """
    base = (url or os.environ.get("XBARSIM_MNIST_URL") or MNIST_URL).rstrip("/")
    if urlsplit(base).scheme not in ("http", "https"):
        raise DataError(
            f"{base}: expected a URL that begins with https:// or http://; if the files are on this machine, set "
            "XBARSIM_DATA to their folder"
        )
    folder = cache_folder() / "mnist"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot create the cache folder ({error.strerror}); set XBARSIM_CACHE to a writable one"
        ) from None
    for stem, sha in MNIST_FILES.items():
        known = MNIST_PACKED[stem] if base == MNIST_URL.rstrip("/") else None
        file = _File(f"{base}/{stem}.gz", folder / stem, MNIST_SIZES[stem], sha, known)
        if not _is_whole(file):
            _fetch_file(file, progress=progress)
    return folder


def _is_whole(file: _File) -> bool:
    path = file.target
    return path.is_file() and path.stat().st_size == file.size and _sha_of(path) == file.sha


def _sha_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _fetch_file(file: _File, *, progress: bool) -> None:
    target, url = file.target, file.url
    partial = target.with_name(target.name + ".gz.part")
    packed = target.with_name(target.name + ".gz")
    pooch.get_logger().setLevel("ERROR")
    try:
        pooch.retrieve(
            url,
            known_hash=None,  # checked below, with an error that says what to do
            path=target.parent,
            fname=packed.name,
            downloader=_ResumingDownloader(partial, file.most, progress=progress),
        )
    except DataError:
        raise
    except Exception as error:  # noqa: BLE001 - requests, urllib and pooch each have their own family of errors
        raise DataError(
            f"{url}: cannot download ({error}); check the network and repeat: it goes on where it stopped, or use --url"
        ) from None
    part = target.with_name(target.name + ".part")
    try:
        _check_packed(file, packed)
        _expand(file, packed, part)
        part.replace(target)
    except UNREADABLE as error:
        if isinstance(error, OSError) and error.errno is not None:  # gzip's own have no number
            raise OutputError(
                f"{target}: cannot write ({error.strerror}); free space, or set XBARSIM_CACHE to another folder"
            ) from None
        raise DataError(
            f"{url}: expected a gzip file, got something else ({error}); try --url with another mirror"
        ) from None
    finally:
        packed.unlink(missing_ok=True)
        part.unlink(missing_ok=True)


def _check_packed(file: _File, packed: Path) -> None:
    """The compressed file is the known one, if one is known."""
    if file.packed is None:
        return
    got = _sha_of(packed)
    if got != file.packed[1]:
        raise DataError(
            f"{file.url}: expected SHA-256 {file.packed[1][:12]}... of the compressed file, got {got[:12]}...; try "
            "again, or --url with another mirror"
        )


def _expand(file: _File, packed: Path, part: Path) -> None:
    """Expand `packed` into `part`: the known length, and the known content, or an error."""
    digest, left = hashlib.sha256(), file.size
    with packed.open("rb") as raw, gzip.GzipFile(fileobj=raw) as stream, part.open("wb") as out:
        while left and (piece := stream.read(min(PIECE, left))):
            digest.update(piece)
            out.write(piece)
            left -= len(piece)
        more = stream.read(1)
    if left or more:
        got = "more" if more else f"{file.size - left}"
        raise DataError(f"{file.url}: expected {file.size} bytes of content, got {got}; try --url with another mirror")
    if digest.hexdigest() != file.sha:
        raise DataError(
            f"{file.url}: expected SHA-256 {file.sha[:12]}... of the content, got {digest.hexdigest()[:12]}...; try "
            "--url with another mirror"
        )


class _ResumingDownloader:
    """A downloader for pooch that keeps what it has got in `partial`, asks only for the rest the next time, and takes
    no more than `most` bytes.
    """

    def __init__(self, partial: Path, most: int, *, progress: bool) -> None:
        self._partial = partial
        self._most = most
        self._progress = progress

    def __call__(self, url: str, output_file: Any, _pooch: Any, check_only: bool = False) -> bool | None:
        import requests
        from tqdm import tqdm

        if check_only:
            return bool(requests.head(url, timeout=30, allow_redirects=True).ok)
        have = self._partial.stat().st_size if self._partial.is_file() else 0
        if have > self._most:  # of another server, or not from here at all
            self._partial.unlink()
            have = 0
        # Not compressed once more on the way: that could expand to any length.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with requests.get(url, stream=True, timeout=30, headers=headers) as answer:
            if answer.status_code == 416 and have:  # nothing is left to ask for
                self._partial.replace(output_file)
                return None
            answer.raise_for_status()
            if answer.status_code != 206:
                have = 0  # the server sends the whole file
            elif not answer.headers.get("content-range", "").startswith(f"bytes {have}-"):
                self._partial.unlink(missing_ok=True)
                raise OSError("the server sent another part than it was asked for")
            size = int(answer.headers.get("content-length", 0)) + have
            if size > self._most:
                self._refuse(url, f"{size}")
            bar = tqdm(
                total=size or None,
                initial=have,
                unit="B",
                unit_scale=True,
                desc=self._partial.name.removesuffix(".gz.part"),
                disable=not self._progress,
            )
            with bar, self._partial.open("ab" if have else "wb") as stream:
                # In pieces of what a cut connection may lose; as they come, whatever encoding the answer claims.
                while piece := answer.raw.read(1 << 13, decode_content=False):
                    have += len(piece)
                    if have > self._most:
                        stream.truncate(0)
                        self._refuse(url, "more")
                    stream.write(piece)
                    bar.update(len(piece))
        if size and self._partial.stat().st_size != size:
            raise OSError(f"got {self._partial.stat().st_size} of {size} bytes")
        self._partial.replace(output_file)
        return None

    def _refuse(self, url: str, got: str) -> None:
        with contextlib.suppress(PermissionError):  # Windows keeps what is still open; it is empty
            self._partial.unlink(missing_ok=True)
        raise DataError(
            f"{url}: expected a file of at most {self._most} bytes, got {got}; try --url with another mirror"
        )
