"""Whatever kind an argument has, a caller in Python gets one line that names it, and no error of our own insides."""

from __future__ import annotations

import inspect
import warnings

import numpy as np
import pytest

import xbarsim
from xbarsim import Crossbar, Device, Layout, Table, Trace, Wires, XbarsimError
from xbarsim.base.arguments import FLAGS

TINY = {"layers": (2, 2), "dataset": "two-pixels", "iterations": 4, "eval_last": 1, "n_max": 9}
LAYOUT = Layout.of(**TINY)
WRONG = {
    "nothing": None,
    "a number": 2.5,
    "a whole number": -3,
    "nan": float("nan"),
    "a text": "no such thing",
    "bytes": b"x",
    "an empty list": [],
    "a list of None": [None],
    "a ragged list": [[1], [2, 3]],
    "a mapping": {"beta": 3},
    "an object": object(),
    "complex numbers": np.array([1 + 2j, 0]),
    "numbers": np.array([0.5, np.nan]),
    "true": True,
    "a layout": LAYOUT,
}

ONCE = {"budget": 1, "iterations": 4, "finalists": 1, "confirm": 0}
GIVEN = {
    "run": {"layout": LAYOUT},
    "resume": {"path": "run.h5"},
    "sweep": {"layout": LAYOUT, "over": {"beta": (0, 1)}, "seeds": 1},
    "limits": {"layout": LAYOUT, "seeds": 1},
    "compare": {"layout": LAYOUT, "rules": "b", "seeds": 1},
    "compare_devices": {"layout": LAYOUT, "devices": ["lim2019-beta2"], "seeds": 1},
    "fit": {"files": "short.csv"},
    "infer": {"run": "run.h5"},
    "calibrate": {"run": "run.h5"},
    "program": {"run": "run.h5", "dataset": None},
    "import_weights": {"weights": [np.eye(2), np.eye(2)]},
    "retention": {"source": "run.h5", "times": (1.0,)},
    "transfer": {"source": "run.h5", "sigma": 0.1, "repeats": 1},
    "plot": {"run": "run.h5"},
    "report": {"path": "run.h5", "out": "run.html"},
    "reproduce": {"figures": "fig6", "dataset": "two-pixels"},
    "load_dataset": {"name": "two-pixels"},
    "movie": {"run": "run.h5", "out": "movie.gif", "every": 5},
    "sweep_part": {"layout": LAYOUT, "over": {"beta": (0, 1)}, "part": "1/2", "folder": "parts", "seeds": 1},
    "join_sweep": {"folders": ["parts"]},
    "tune": {"layout": LAYOUT, "search": "softmax_scale", "how": "grid", "held_out": 1, **ONCE},
}
BUILT = {
    "Crossbar": (Crossbar, {"device": Device(), "shape": (2, 2)}),
    "from_conductance": (Crossbar.from_conductance, {"device": Device(), "g_plus": [[1e-6]], "g_minus": [[1e-6]]}),
    "Trace": (Trace, {"path": "run.h5"}),
    "Table": (Table, {"rows": [{"a": 1}]}),
    "Dataset": (
        xbarsim.Dataset,
        {"name": "a", **dict.fromkeys(("x_train", "y_train", "x_test", "y_test"), np.ones(1))},
    ),
    "from_toml": (Layout.from_toml, {"path": "my.toml"}),
    "from_toml_text": (Layout.from_toml_text, {"text": "[network]\nlayers = [2, 2]"}),
    "with_device": (LAYOUT.with_device, {"spec": "lim2019-beta2"}),
}
ARRAY = Crossbar(Device(), (2, 2))
OF_ARRAY = {
    "read_forward": {"v": [0.1, 0.1]},
    "read_backward": {"v": [0.1, 0.1]},
    "solve": {"v": [0.1, 0.1]},
    "program": {"rows": [0], "columns": [0], "signs": [1]},
}
OF_TRACE = {
    "conductance": {"layer": 1, "iteration": 1},
    "weights": {"layer": 1, "iteration": 1},
    "frame": {"layer": 1, "iteration": 1},
    "state_at": {"iteration": 1},
    "synapse": {"layer": 1, "row": 0, "col": 0},
}
KINDS = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)


def is_told(function, given, name, wrong):
    """The call succeeds, or ends in one line of the package's own, without a flag in front."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            function(**{**given, name: wrong})
        except XbarsimError as error:
            text = str(error)
            assert "\n" not in text
            assert not text.startswith("--"), text
            assert len(text) < 700, text
            return text
    return ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("arguments")
    xbarsim.run(LAYOUT, out=made / "run.h5")
    (made / "short.csv").write_text("pulse,G (S)\n0,1e-7\n")  # is read, and has nothing to fit
    (made / "my.toml").write_text(LAYOUT.to_toml())
    return made


def cases(table, callable_of):
    for name, given in table.items():
        for parameter in inspect.signature(callable_of(name)).parameters.values():
            if parameter.kind not in KINDS:
                yield pytest.param(name, given, parameter.name, id=f"{name}-{parameter.name}")


@pytest.mark.compiles
@pytest.mark.parametrize(("name", "given", "argument"), [*cases(GIVEN, lambda name: getattr(xbarsim, name))])
def test_every_argument_of_every_function(folder, monkeypatch, name, given, argument):
    monkeypatch.chdir(folder)
    function = getattr(xbarsim, name)
    before = set(folder.rglob("*"))
    if "stop" in inspect.signature(function).parameters and argument != "stop":
        given = {**given, "stop": lambda: True}  # what is not refused need not be trained
    told = [is_told(function, given, argument, wrong) for wrong in WRONG.values()]
    assert any(told), "nothing at all is refused"
    named = "data set" if argument == "name" else f"{name}.{argument}: expected"
    assert any(text.startswith(named) for text in told), told
    for path in set(folder.rglob("*")) - before:
        if path.is_file():
            path.unlink()


@pytest.mark.once
def test_every_function_is_called():
    functions = {name for name in xbarsim.__all__ if inspect.isfunction(getattr(xbarsim, name))}
    assert functions == set(GIVEN)


@pytest.mark.compiles
@pytest.mark.parametrize("name", BUILT)
def test_every_argument_of_what_is_built(folder, monkeypatch, name):
    monkeypatch.chdir(folder)
    build, given = BUILT[name]
    for parameter in inspect.signature(build).parameters.values():
        if parameter.kind not in KINDS:
            for wrong in WRONG.values():
                is_told(build, given, parameter.name, wrong)


@pytest.mark.once
@pytest.mark.parametrize("build", [Device, Wires, Layout, Layout.of], ids=["Device", "Wires", "Layout", "Layout.of"])
def test_every_key_of_a_description(build):
    from xbarsim.describe.sections import KEYS, SECTIONS

    of_layout = build in (Layout, Layout.of)
    given = {"network": LAYOUT.network} if build is Layout else {"layers": (2, 2)} if of_layout else {}
    names = SECTIONS if build is Layout else KEYS if of_layout else inspect.signature(build).parameters
    for name in names:
        assert any(is_told(build, given, name, wrong) for wrong in WRONG.values()), name


@pytest.mark.compiles
@pytest.mark.parametrize("name", OF_ARRAY)
def test_every_argument_of_an_array(name):
    for argument in OF_ARRAY[name]:
        for wrong in WRONG.values():
            assert is_told(getattr(ARRAY, name), OF_ARRAY[name], argument, wrong) or wrong in ([], -3), (
                argument,
                wrong,
            )
    for wrong in WRONG.values():
        if name != "program":
            is_told(getattr(ARRAY, name), OF_ARRAY[name], "seconds", wrong)


@pytest.mark.compiles
@pytest.mark.parametrize("name", OF_TRACE)
def test_every_argument_of_a_trace(folder, name):
    with Trace(folder / "run.h5") as trace:
        for argument in OF_TRACE[name]:
            for wrong in WRONG.values():
                is_told(getattr(trace, name), OF_TRACE[name], argument, wrong)


@pytest.mark.once
@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: xbarsim.sweep(LAYOUT, 5), "sweep.over: expected values by key, or texts KEY=VALUES, got 5; "),
        (lambda: xbarsim.limits(None), "limits.layout: expected a Layout or the path of a layout file, got None; "),
        (lambda: xbarsim.infer(None), "infer.run: expected a Trace or the path of a run file, got None; "),
        (lambda: xbarsim.fit(None), "fit.files: expected a list of paths of measurements, got None; "),
        (lambda: xbarsim.Trace(None), "Trace.path: expected a path, got None; "),
        (lambda: xbarsim.plot("run.h5", every=2.5), "plot.every: expected a whole number, got 2.5; "),
        (lambda: xbarsim.plot("run.h5", every=2), "plot.every: expected --weights with it"),
        (lambda: xbarsim.limits(LAYOUT, seeds=0), "limits.seeds: expected a whole number >= 1, got 0; "),
        (lambda: ARRAY.read_forward([[0.1], [0.1, 0.2]]), "Crossbar.read_forward: expected voltages, got [[0.1], "),
        (lambda: ARRAY.read_forward([0.1j, 0.1]), "Crossbar.read_forward: expected voltages, got [0.1j, 0.1]; "),
    ],
)
def test_what_is_said(call, text):
    with pytest.raises(XbarsimError) as caught:
        call()
    assert str(caught.value).startswith(text)


@pytest.mark.once
def test_unknown_keywords_are_what_python_says():
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        xbarsim.plot("run.h5", colour=3)


@pytest.mark.once
def test_the_command_line_names_its_flags():
    before = FLAGS.set(True)
    try:
        with pytest.raises(XbarsimError, match=r"^--seeds: expected"):
            xbarsim.limits(LAYOUT, seeds=0)
    finally:
        FLAGS.set(before)
