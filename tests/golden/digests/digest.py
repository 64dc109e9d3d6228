"""Digests of run files: what a file holds, as short hashes by HDF5 path.

``digest_file(path)`` gives ``{key: digest}``. A key is an HDF5 path (a dataset's values), ``path@name`` (an attribute;
those of the root group
are ``/@name``) or ``path#storage`` (dtype, chunks, filters and largest shape of a dataset). A digest is the first 16
hex digits of the SHA-256
of dtype, shape and little-endian bytes; strings are UTF-8.

The layout, a TOML text in the dataset ``entry/configuration/layout``, is digested as the parsed dictionary, key
``config``, so that comments
and the order of keys do not matter; `configuration(path)` is the dictionary itself.
"""

from __future__ import annotations

import hashlib
import json
import tomllib

import h5py
import numpy as np

LEFT_OUT = {
    # later than the digests
    "entry/configuration/derived": "keys whose values followed from network, device and images",
    "entry/configuration/warnings": "what was odd about the run, in words",
    # clocks
    "/@file_time": "time at which the file was made",
    "entry/start_time": "time",
    "entry/end_time": "time",
    "entry/seconds": "duration of training and tracing",
    # versions and machine
    "/@creator_version": "version of xbarsim",
    "/@HDF5_Version": "version",
    "/@h5py_version": "version",
    "entry/program_name@version": "version of xbarsim",
    "entry/configuration/xbarsim_version": "version",
    "entry/configuration/python_version": "version",
    "entry/configuration/numpy_version": "version",
    "entry/configuration/numba_version": "version",
    "entry/configuration/h5py_version": "version",
    "entry/configuration/platform": "host",
    # what no two files have in common
    "entry/file_id": "random",
    "entry/commits": "number of commits, which follows the clock",
    "entry@crc32": "of clocks, too",
    # paths and how the program was called
    "/@file_name": "name of the file",
    "entry/configuration/command_line": "command line",
    "entry/configuration/dataset_origin": "path of the data set; its SHA-256 is digested",
    # see `config`
    "entry/configuration/layout": "TOML text; its parsed content is digested as `config`",
}
"""Keys that differ between machines, versions, folders or times, and why."""


def sha(*parts: bytes) -> str:
    """First 16 hex digits of the SHA-256 over all parts."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:16]


def digest_value(value) -> str:
    """Digest of an array, a number or text: dtype, shape, little-endian bytes."""
    if isinstance(value, (str, bytes)):
        raw = value.encode() if isinstance(value, str) else value
        return sha(b"utf-8", b"()", raw)
    a = np.asarray(value)
    if a.dtype.kind in "OSU":  # text
        texts = [t.encode() if isinstance(t, str) else bytes(t) for t in a.ravel().tolist()]
        return sha(b"utf-8", repr(a.shape).encode(), *(t + b"\0" for t in texts))
    a = a.astype(a.dtype.newbyteorder("<"), copy=False)
    return sha(a.dtype.str.encode(), repr(a.shape).encode(), a.tobytes(order="C"))


def digest_json(value) -> str:
    """Digest of what JSON can hold; floats by their shortest exact form."""
    return sha(json.dumps(value, sort_keys=True).encode())


def configuration(path) -> dict:
    """The layout of a run file, as the dictionary that its TOML text stands for."""
    with h5py.File(path, "r", locking=False) as file:
        text = file["entry/configuration/layout"][()]
    return tomllib.loads(text.decode() if isinstance(text, bytes) else text)


WIDER = {"entry/training/pulses", "entry/training/resets"}
"""Kept in 64 bits since version 3 of the format; digested as the 32 bits that they were."""


def storage(dataset) -> str:
    """How a dataset is stored, as text; as before checksums, for which what does not grow is in one chunk."""
    one = dataset.maxshape == dataset.shape and dataset.compression is None
    chunks = None if one else dataset.chunks
    name = dataset.name.lstrip("/")
    dtype = "<u4" if name in WIDER else dataset.dtype.str
    if dataset.dtype.kind == "S" and name.startswith("entry/configuration/"):
        dtype = "|O"  # texts of any length, before their length was in their type
    return repr((dtype, dataset.maxshape, chunks, dataset.compression, dataset.compression_opts))


def digest_file(path) -> dict[str, str]:
    """Digests of all datasets and attributes of a run file but those of `LEFT_OUT`, and of its configuration."""
    found: dict[str, str] = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = digest_value(item[()].astype("<u4") if name in WIDER else item[()])
            found[name + "#storage"] = sha(storage(item).encode())
        for key, value in item.attrs.items():
            if (name, key, value) == ("/", "format_version", 3):
                value = type(value)(2)  # what else version 3 has is left out, or as it was
            found[f"{name}@{key}"] = digest_value(value)

    with h5py.File(path, "r", locking=False) as file:
        visit("/", file)
        file.visititems(visit)
    drop = set(LEFT_OUT) | {f"{key}#storage" for key in LEFT_OUT}
    found = {key: value for key, value in found.items() if key not in drop}
    found["config"] = digest_json(configuration(path))
    return dict(sorted(found.items()))
