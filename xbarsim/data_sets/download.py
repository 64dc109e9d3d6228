"""Downloading MNIST: with progress, resumable, and checked."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from pathlib import Path
from typing import Any

import pooch

from ..base.errors import DataError, OutputError
from .mnist import MNIST_FILES, cache_folder

MNIST_URL = "https://ossci-datasets.s3.amazonaws.com/mnist/"
"""Where `fetch_mnist` downloads from; ``XBARSIM_MNIST_URL`` overrides it."""


def fetch_mnist(url: str | None = None, *, progress: bool = True) -> Path:
    """Download MNIST into the user's cache and check the SHA-256 of the decompressed files.

    Files that are there, whole and right, are not fetched again, and a download that was cut short goes on where it
    stopped.

    Parameters
    ----------
    url : str, optional
        Folder to download from; default ``XBARSIM_MNIST_URL`` or `MNIST_URL`.

    Returns
    -------
    Path
        The folder with the four IDX files.
    """
    base = (url or os.environ.get("XBARSIM_MNIST_URL") or MNIST_URL).rstrip("/")
    folder = cache_folder() / "mnist"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot create the cache folder ({error.strerror}); set XBARSIM_CACHE to a writable one"
        ) from None
    for stem, sha in MNIST_FILES.items():
        target = folder / stem
        if not (target.is_file() and hashlib.sha256(target.read_bytes()).hexdigest() == sha):
            _fetch_file(f"{base}/{stem}.gz", target, sha, progress=progress)
    return folder


def _fetch_file(url: str, target: Path, sha: str, *, progress: bool) -> None:
    partial = target.with_name(target.name + ".gz.part")
    packed = target.with_name(target.name + ".gz")
    pooch.get_logger().setLevel("ERROR")
    try:
        pooch.retrieve(
            url,
            known_hash=None,
            path=target.parent,
            fname=packed.name,
            downloader=_ResumingDownloader(partial, progress=progress),
        )
        content = gzip.decompress(packed.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        packed.unlink(missing_ok=True)
        raise DataError(
            f"{url}: expected a gzip file, got something else ({error}); try --url with another mirror"
        ) from None
    except Exception as error:  # noqa: BLE001 - requests, urllib and pooch each have their own family of errors
        raise DataError(
            f"{url}: cannot download ({error}); check the network and repeat: it goes on where it stopped, or use --url"
        ) from None
    packed.unlink(missing_ok=True)
    got = hashlib.sha256(content).hexdigest()
    if got != sha:
        raise DataError(
            f"{url}: expected SHA-256 {sha[:12]}... of the content, got {got[:12]}...; try --url with another mirror"
        )
    part = target.with_name(target.name + ".part")
    try:
        part.write_bytes(content)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(
            f"{target}: cannot write ({error.strerror}); free space, or set XBARSIM_CACHE to another folder"
        ) from None


class _ResumingDownloader:
    """A downloader for pooch that keeps what it has got in `partial`, and asks only for the rest the next time."""

    def __init__(self, partial: Path, *, progress: bool) -> None:
        self._partial = partial
        self._progress = progress

    def __call__(self, url: str, output_file: Any, _pooch: Any, check_only: bool = False) -> bool | None:
        import requests
        from tqdm import tqdm

        if check_only:
            return bool(requests.head(url, timeout=30, allow_redirects=True).ok)
        have = self._partial.stat().st_size if self._partial.is_file() else 0
        headers = (
            {"Range": f"bytes={have}-", "Accept-Encoding": "identity"} if have else {"Accept-Encoding": "identity"}
        )
        with requests.get(url, stream=True, timeout=30, headers=headers) as answer:
            if answer.status_code == 416:  # nothing is left to ask for
                self._partial.replace(output_file)
                return None
            answer.raise_for_status()
            if answer.status_code != 206:
                have = 0  # the server sends the whole file
            size = int(answer.headers.get("content-length", 0)) + have
            bar = tqdm(
                total=size or None,
                initial=have,
                unit="B",
                unit_scale=True,
                desc=self._partial.name.removesuffix(".gz.part"),
                disable=not self._progress,
            )
            with bar, self._partial.open("ab" if have else "wb") as stream:
                for piece in answer.iter_content(1 << 13):  # what a cut connection may lose
                    stream.write(piece)
                    bar.update(len(piece))
        if size and self._partial.stat().st_size != size:
            raise OSError(f"got {self._partial.stat().st_size} of {size} bytes")
        self._partial.replace(output_file)
        return None
