"""Files of weights: what is read of each format, and that damaged ones, and such as could run code, are one line."""

from __future__ import annotations

import json
import pickle
import zipfile

import numpy as np
import pytest

from xbarsim import DataError
from xbarsim.elsewhere.files import read_model

from ..cli import refuses

pytestmark = pytest.mark.once
RNG = np.random.default_rng(2)
ARRAYS = {
    "fc1.weight": RNG.normal(size=(5, 6)).astype(np.float32),
    "fc1.bias": RNG.normal(size=5).astype(np.float32),
    "fc2.weight": RNG.normal(size=(3, 5)).astype(np.float32),
    "fc2.bias": RNG.normal(size=3).astype(np.float32),
}
IMPORT = ("--dataset", "data.npz", "--out", "net.h5")


def safetensors(path, arrays, types=None, header=None, cut=None):
    """Write the format by hand: a length, a header in JSON, raw data."""
    entries, raw = {}, b""
    for name, a in arrays.items():
        data = a.tobytes()
        entries[name] = {
            "dtype": (types or {}).get(name, "F32"),
            "shape": list(a.shape),
            "data_offsets": [len(raw), len(raw) + len(data)],
        }
        raw += data
    text = json.dumps({"__metadata__": {"format": "pt"}, **entries} if header is None else header(entries)).encode()
    whole = len(text).to_bytes(8, "little") + text + raw
    path.write_bytes(whole if cut is None else whole[:cut])
    return path


def same(model, arrays=None, tolerance=0.0):
    wanted = arrays or ARRAYS
    first, second = model.with_weights
    for layer, n in ((first, 1), (second, 2)):
        np.testing.assert_allclose(layer.weight, wanted[f"fc{n}.weight"], atol=tolerance)
        np.testing.assert_allclose(layer.bias, wanted[f"fc{n}.bias"], atol=tolerance)


def test_npz_and_safetensors_hold_the_same(tmp_path):
    np.savez(tmp_path / "a.npz", **ARRAYS)
    np.savez_compressed(tmp_path / "b.npz", **{k: v.astype(np.float16) for k, v in ARRAYS.items()})
    same(read_model(tmp_path / "a.npz"))
    same(read_model(tmp_path / "b.npz"), tolerance=2e-3)
    same(read_model(safetensors(tmp_path / "a.safetensors", ARRAYS)))
    brain = {name: (a.view(np.uint32) >> 16).astype(np.uint16) for name, a in ARRAYS.items()}
    read = read_model(safetensors(tmp_path / "b.safetensors", brain, dict.fromkeys(ARRAYS, "BF16")))
    same(read, tolerance=0.02)


def test_safetensors_of_their_own_package(tmp_path):
    saved = pytest.importorskip("safetensors.numpy")
    saved.save_file(ARRAYS, tmp_path / "a.safetensors")
    same(read_model(tmp_path / "a.safetensors"))


def lies(name, key, value):
    return lambda entries: {**entries, name: {**entries[name], key: value}}


DAMAGED = {
    "cut off": ({"cut": -4}, "cut off or damaged"),
    "no data": ({"cut": 30}, "the file is damaged"),
    "empty": ({"cut": 0}, "expected a .safetensors file"),
    "a longer array": ({"header": lies("fc1.bias", "data_offsets", [120, 160])}, "expected 20 bytes"),
    "beyond the end": ({"header": lies("fc2.bias", "data_offsets", [10**9, 10**9 + 12])}, "within the"),
    "twice": ({"header": lies("fc1.bias", "data_offsets", [0, 20])}, "expected its data to begin at"),
    "a hole": ({"header": lambda e: {k: v for k, v in e.items() if k != "fc1.bias"}}, "expected its data to begin at"),
    "below 0": ({"header": lies("fc1.bias", "data_offsets", [-20, 0])}, "expected a shape and two offsets"),
    "a huge shape": ({"header": lies("fc1.bias", "shape", [1 << 40, 1 << 20])}, "expected"),
    "an odd shape": ({"header": lies("fc1.bias", "shape", "5")}, "expected a shape and two offsets"),
    "an unknown type": ({"header": lies("fc1.bias", "dtype", "F8_E4M3")}, "expected one of the types"),
    "a list": ({"header": lambda e: [1, 2]}, "expected a header with an entry for each array"),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_damaged_safetensors(kind, tmp_path):
    how, what = DAMAGED[kind]
    path = safetensors(tmp_path / "a.safetensors", ARRAYS, **how)
    with pytest.raises(DataError, match=what) as caught:
        read_model(path)
    assert len(str(caught.value).splitlines()) == 1
    assert str(path) in str(caught.value)


def test_a_length_that_no_header_has(tmp_path):
    path = tmp_path / "a.safetensors"
    for length in (2**63, 2**40, 0, 1):
        path.write_bytes(length.to_bytes(8, "little") + b"{}" * 8)
        with pytest.raises(DataError, match=r"expected a \.safetensors file"):
            read_model(path)
    path.write_bytes((4).to_bytes(8, "little") + b"\xff\xfe{}" + b"")
    with pytest.raises(DataError, match="expected a header in JSON"):
        read_model(path)


class Bomb:
    """What a pickle could do."""

    def __reduce__(self):
        return (open, ("pwned.txt", "w"))


def test_nothing_is_run(tmp_path, monkeypatch):
    """Object arrays are pickles, and a .pt may be one."""
    monkeypatch.chdir(tmp_path)
    np.savez("object.npz", **{"fc1.weight": np.array([[Bomb()]], object)})
    with pytest.raises(DataError, match="expected numbers, got object"):
        read_model(tmp_path / "object.npz")
    (tmp_path / "a.npz").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(DataError, match=r"expected an \.npz file"):
        read_model(tmp_path / "a.npz")
    assert not (tmp_path / "pwned.txt").exists()


def test_an_archive_that_would_be_huge(tmp_path):
    """Its header says what it does not hold, or it holds far more than it is long."""
    path = tmp_path / "bomb.npz"
    head = np.lib.format.magic(1, 0)
    text = str({"descr": "<f4", "fortran_order": False, "shape": (1 << 20, 1 << 20)}).encode().ljust(117) + b"\n"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("fc1.weight.npy", head + len(text).to_bytes(2, "little") + text + b"\0" * 64)
    with pytest.raises(DataError, match="the file is damaged"):
        read_model(path)
    np.savez_compressed(path, **{"fc1.weight": np.zeros((3000, 3000))})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XBARSIM_MAX_MEMORY", "50M")
        with pytest.raises(DataError, match="50 MB"):
            read_model(path)


@pytest.mark.parametrize(
    ("name", "what"),
    [("a.bin", "expected .npz"), ("none.npz", "found none"), ("a.h5", "expected .npz"), ("a.pkl", "got '.pkl'; save")],
)
def test_other_files(name, what, tmp_path):
    if not name.startswith("none"):
        (tmp_path / name).write_bytes(b"something")
    with pytest.raises(DataError, match=what):
        read_model(tmp_path / name)


def test_the_command_has_one_line_for_each(call, tmp_path, tiny_data):
    fields = ("x_train", "y_train", "x_test", "y_test")
    np.savez(tmp_path / "data.npz", **{name: getattr(tiny_data, name) for name in fields})
    safetensors(tmp_path / "cut.safetensors", ARRAYS, cut=-4)
    np.savez(tmp_path / "object.npz", w=np.array([[None]], object))
    np.savez(tmp_path / "nan.npz", **{**ARRAYS, "fc2.bias": np.array([1.0, np.nan, 0.0])})
    np.savez(tmp_path / "order.npz", **{**ARRAYS, "fc2.weight": np.zeros((3, 4))})
    np.savez(tmp_path / "ok.npz", **ARRAYS)
    refuses(call, "import", "cut.safetensors", *IMPORT, what="cut off or damaged")
    refuses(call, "import", "object.npz", *IMPORT, what="got object")
    refuses(call, "import", "nan.npz", *IMPORT, what="NaN or infinity")
    refuses(call, "import", "order.npz", *IMPORT, what="name them in order with --map")
    refuses(call, "import", "ok.npz", *IMPORT, "--map", "fc9.weight", what="got 'fc9.weight'")
    refuses(call, "import", "none.npz", *IMPORT, what="found none")
    refuses(call, "import", "ok.npz", *IMPORT, "--neurons", "swish", "--quiet", what="got 'swish'")
    refuses(call, "import", "ok.npz", *IMPORT, "--layers", "6,7,3", "--quiet", what="correct --layers")
    refuses(call, "import", "ok.npz", *IMPORT, "--set", "method=b", "--quiet", what="method: expected --mapping")
    refuses(call, "import", "ok.npz", *IMPORT, "--set", "layers=2,2", "--quiet", what="layers: expected --layers")
    refuses(call, "import", "ok.npz", *IMPORT, "--set", "rule=sign", "--quiet", what="rule: expected this command")
    (tmp_path / "there.h5").write_text("mine")
    refuses(call, "import", "ok.npz", "--out", "there.h5", what="exists already")
