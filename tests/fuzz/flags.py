"""Random arguments and flags of all commands, on files that are whole, spoiled, missing or something else.

Nothing is downloaded, ngspice is not started, and studies are of the smallest size.
"""

from __future__ import annotations

import contextlib
import filecmp
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import typer.main

import xbarsim
from xbarsim import Layout
from xbarsim.commands import main as cli  # noqa: F401 - it adds the commands
from xbarsim.commands.app import app
from xbarsim.describe.sections import KEYS

from .mutate import ODD_NUMBERS, ODD_TEXTS, flipped
from .shell import call
from .target import Case, Finding, alone, pick

HERE = Path(__file__).parents[2]
_SHARES = {
    "run": 10,
    "sweep": 2,
    "limits": 1,
    "infer": 4,
    "compare": 1,
    "compare-devices": 1,
    "tune": 1,
    "fit": 0.5,
    "plot": 0.15,
    "reproduce": 1,
}
_NEVER = {"help", "help_all", "run", "url"}  # flags: the pages of help, ngspice, downloads
_SMALL: dict[str, list[str]] = {
    "iterations": ["0", "1", "3", "-1", "x", "2.5"],
    "epochs": ["0", "1", "2", "-1", "x"],
    "workers": ["1", "0", "-1", "x"],
    "seeds": ["1", "1", "0", "-1", "x", "1e3"],
    "repeats": ["1", "2", "0", "-1", "x"],
    "nodes": ["2", "5", "1", "x"],
    "quantiles": ["1", "3", "0", "x"],
    "layers": ["2,2", "2,3,2", "2,0", "2,2,2,2", "3,2", "2", "", "a,b", "2,2.0"],
    "batch": ["1", "2", "3", "8", "0", "x"],
    "dataset": ["two-pixels", "two-pixels", "mine.npz", "folder", "nowhere", "x"],
    "held_out": ["1", "2", "0"],
    "window": ["1", "5", "0"],
    "budget": ["1", "2", "0", "x"],
    "confirm": ["0", "1", "-1", "x"],
    "finalists": ["1", "2", "0"],
    "at_once": ["1", "3", "0"],
    "how": ["auto", "tpe", "lhs", "grid", "x", "write-verify", "open-loop", "one-shot"],
    "by": ["accuracy", "noise", "x"],
    "search": ["c=1:2", "method=a,b", "softmax_scale", "c=", "=1", "beta=1:2", "x=1", "c=2:1", "softmax_scale=log:1:4"],
    "wire_sweeps": ["1", "20", "0"],
    "law": ["auto", "linear", "x"],
    "values": ["1,2", "0", "", "x,y", "nan", "b,c"],
    "over": ["beta=0,1", "n_max=4,5", "method", "beta=", "=1", "x=1", "beta=x,y", "layers=1", "alpha=1e-8,2e-8"],
    "methods": ["a", "b,c", "x", "", "a,a", ","],
    "every": ["1", "5", "0", "-1", "x"],
    "forward": ["0.1", "0.1,0.5", "x", "nan"],
    "reverse": ["0.1", "both", "depression", "x"],
    "factors": ["1", "0", "-1", "1,x"],
    "rules": ["a", "a,b", "crus", "bs", "software", "x", "a=layout.toml", "a=", ""],
    "devices": ["lim2019-beta2", "mine.toml", "mine.py:step", "x", "", ","],
    "settings": ["n_max=5", "beta=1", "x=1", "beta", "=", "beta=x", "a:beta=1", "layers=2,2"],
    "mapping": ["conductance=2", "x", "=", "pulse=1", "single", "both", "offset"],
    "start": ["erased", "present", "x"],
    "error": ["pcm", "relative=0.1", "absolute=1e-8", "polynomial=1,0", "relative", "absolute=-1", "x", ""],
    "target": ["states", "weights", "x"],
    "scale": ["max", "percentile=99", "2", "0", "nan", "x", "1,2", ""],
    "bias": ["digital", "row", "x"],
    "neurons": ["relu", "tanh,relu", "hard-sigmoid", "x", "", ","],
    "full": ["1", "1,2", "0", "nan", "x"],
    "input_mean": ["0.5", "0.1,0.2", "nan", "x"],
    "input_std": ["0.5", "0", "0.1,0.2", "x"],
    "map_": ["1.weight+1.bias,2.weight", "1.weight", "x", ",", "+"],
    "onto": ["net.h5", "run.h5", "mine.npz", "nowhere"],
    "key": ["beta", "n_max", "sigma", "method", "layers", "x", ""],
    "synapse": ["0,0", "0,1", "9,9", "-1,0", "x", "0"],
    "layer": ["1", "2", "0", "9", "x"],
    "iteration": ["0", "1", "12", "-1", "99999", "x"],
    "times": ["1", "1,100", "1s,1h", "1d, 1y", "2min", "0", "-1", "nan", "inf", "x", ""],
    "span": ["1e-7,1e-6", "1", "x,y", "nan,1", "1,0"],
    "read": ["forward", "backward", "x"],
    "sample": ["0", "1", "2", "-1", "x"],
    "max_memory": ["1", "100M", "1", "0", "x", "1k"],
    "figures": ["fig6", "all", "bs", "crus", "x"],
    "page": ["layout", "compatibility", "x"],
    "commit_every": ["0", "1", "-1", "nan", "x"],
    "sigma_negative": ["zero", "reflect", "redraw", "x"],
    "sigma_per": ["device", "pair", "x"],
    "device": ["lim2019-beta2", "mine.toml", "mine.py:step", "mine.py:x", "x.py:step", "x", ""],
    "out": ["new.png", "new.h5", "new", "new.svg", "new.toml", "folder", "run.h5", "nowhere/x.png", "", "."],
    "plot": ["new.png", "new.svg", "x", "folder"],
    "keep": ["kept", "folder", "run.h5"],
    "write": ["weights", "states", "x", "folder"],
    "name": ["lim2019-beta2", "mine.toml", "mine.py:step", "x.toml", "layout.toml", "run.h5", "mnist_", ""],
}
_FILES = [
    "run.h5",
    "stopped.h5",
    "bs.h5",
    "software.h5",
    "broken.h5",
    "layout.toml",
    "mine.toml",
    "mine.py",
    "mine.npz",
    "weights.npz",
    "net.h5",
]
_FILES += ["mine.csv", "array.cir", "folder", "nowhere", "", "run.png"]
_USUAL = {
    "run": ["layout.toml"],
    "check": ["layout.toml"],
    "spice": ["layout.toml"],
    "tune": ["layout.toml"],
    "inspect": ["run.h5", "stopped.h5", "bs.h5", "software.h5", "broken.h5"],
    "plot": ["run.h5"],
    "transfer": ["run.h5", "bs.h5", "software.h5"],
    "retention": ["run.h5", "bs.h5", "software.h5"],
    "infer": ["run.h5", "stopped.h5", "bs.h5", "software.h5"],
    "program": ["run.h5", "net.h5", "bs.h5", "software.h5"],
    "import": ["weights.npz", "mine.npz"],
    "read-netlist": ["array.cir"],
    "fit": ["mine.csv"],
}
_PATHS = {"file", "files", "layout", "trace", "resume"}
_STUDIES = {"sweep", "limits", "compare", "compare-devices", "tune", "reproduce"}


def _pool(folder: Path) -> None:
    """Files that arguments may name."""
    small = Layout.of(layers=(2, 3, 2), dataset="two-pixels", n_max=9, iterations=12, eval_last=2)
    (folder / "layout.toml").write_text(small.to_toml())
    xbarsim.run(small, out=folder / "run.h5")
    asked = iter([False] + [True] * 99)
    xbarsim.run(small.replace(iterations=99, eval_every=5), out=folder / "stopped.h5", stop=lambda: next(asked))
    xbarsim.run(small.replace(rule="bs"), out=folder / "bs.h5")
    xbarsim.run(small.replace(rule="software"), out=folder / "software.h5")
    raw = (folder / "run.h5").read_bytes()
    (folder / "broken.h5").write_bytes(flipped(raw[: len(raw) // 2], np.random.default_rng(0)))
    (folder / "mine.toml").write_text("[device]\nn_max = 7\nbeta = 1.5\n")
    (folder / "mine.py").write_text("def step(s, up, z):\n    return 0.1 if up else -0.1\n")
    x = np.array([[255, 0], [0, 255]] * 3, np.uint8)
    np.savez(folder / "mine.npz", x_train=x, y_train=np.array([0, 1] * 3), x_test=x, y_test=np.array([0, 1] * 3))
    weights = {"1.weight": np.eye(3, 2), "1.bias": np.arange(3.0), "2.weight": np.ones((2, 3))}
    np.savez(folder / "weights.npz", **weights)
    arrays = [(weights["1.weight"], weights["1.bias"]), (weights["2.weight"], None)]
    xbarsim.import_weights(arrays, dataset="two-pixels", n_max=9, out=folder / "net.h5")
    reads = "\n".join(f"{k},{1e-7 + 1e-8 * k * (1 - k / 40)}" for k in range(20))
    (folder / "mine.csv").write_text(f"pulse,G (S)\n{reads}\n")
    shutil.copyfile(HERE / "tests" / "golden" / "2x2-split-both-forward.cir", folder / "array.cir")
    (folder / "folder").mkdir()


def commands() -> dict[tuple[str, ...], Any]:
    """All commands, by the words that call them."""
    found: dict[tuple[str, ...], Any] = {}

    def walk(command: Any, words: tuple[str, ...]) -> None:
        if hasattr(command, "commands"):
            for name, own in command.commands.items():
                walk(own, (*words, name))
            if words and command.params:
                found[words] = command
        else:
            found[words] = command

    walk(typer.main.get_command(app), ())
    return found


def _value(parameter: Any, words: tuple[str, ...], rng: np.random.Generator) -> str:
    name = parameter.name
    if rng.random() < 0.08:
        return pick(rng, ODD_TEXTS)
    if name in _SMALL:
        return pick(rng, _SMALL[name])
    if name in _PATHS:
        usual = _USUAL.get(words[0], _FILES) if parameter.param_type_name == "argument" else ["run.h5", "layout.toml"]
        return pick(rng, usual if rng.random() < 0.7 else _FILES)
    key = KEYS.get(name)
    if key is not None and key.kind == "choice":
        return pick(rng, key.choices)
    if key is not None and rng.random() < 0.6:
        near = [x for x in (key.least, key.above, key.default, key.usual, key.most, 1) if isinstance(x, (int, float))]
        return repr(pick(rng, near)) if rng.random() < 0.7 else f"{rng.uniform(0, 3):.3g}"
    return pick(rng, ODD_NUMBERS)


def line(words: tuple[str, ...], command: Any, rng: np.random.Generator) -> list[str]:
    """A command line."""
    arguments, options = [], []
    for p in command.params:
        many = 1 + int(p.nargs == -1 and rng.random() < 0.3)
        if p.param_type_name == "argument":
            if p.required or rng.random() < 0.4:
                arguments += [_value(p, words, rng) for _ in range(many if rng.random() < 0.97 else 0)]
        elif not _NEVER & {p.name} and (
            rng.random() < min(0.3, 3.0 / len(command.params)) or (p.required and rng.random() < 0.9)
        ):
            flag = pick(rng, [*p.opts, *p.secondary_opts])
            options += [[flag] if p.is_flag else [flag, _value(p, words, rng)]]
    # What is small unless something else is asked for.
    given = {option[0] for option in options}
    least: dict[str, Callable[[], str]] = {"--iterations": lambda: "3", "--dataset": lambda: "two-pixels"}
    if words[0] in _STUDIES:
        least |= {"--workers": lambda: "1", "--seeds": lambda: "1"}
        if words[0] == "tune":
            if given & {"--factors", "--forward", "--reverse", "--window", "--seed"}:  # by update noise
                least |= {"--factors": lambda: "1", "--forward": lambda: "0.1", "--reverse": lambda: "0.1"}
                del least["--seeds"]
            else:
                least |= {"--budget": lambda: "1", "--confirm": lambda: "0", "--finalists": lambda: "1"}
            least |= {"--held-out": lambda: "1"}
        elif words[0] != "reproduce":
            least["--layers"] = lambda: "2,2"
        if words[0] == "sweep":
            least["--values"] = lambda: "1,2"
        if words[0] == "compare":
            least["--rules"] = lambda: "a,bs"
        if words[0] == "compare-devices":
            least["--devices"] = lambda: "lim2019-beta2,mine.toml"
    if words[0] == "run" and not arguments and rng.random() < 0.9:
        least["--layers"] = lambda: "2,2"
    known = {name for p in command.params for name in p.opts}
    if "--epochs" in given and words[0] != "reproduce":
        least.pop("--iterations", None)
    if "--resume" in given:
        least = {}
    for flag, value in least.items():
        if flag in known and flag not in given:
            options.append([flag, value()])
    rng.shuffle(options)
    out = [*words, *arguments, *(word for option in options for word in option)]
    if rng.random() < 0.03:
        out.insert(int(rng.integers(len(out) + 1)), pick(rng, [*ODD_TEXTS, "--x", "-", "--", "-q", "--json"]))
    return out


def make(folder: Path) -> Case:
    """See `target`."""
    pool, work = folder / "pool", folder / "work"
    pool.mkdir()
    with alone(folder):
        _pool(pool)
    known = commands()
    names = list(known)
    shares = np.array([_SHARES.get(words[0], 1.0) for words in names])

    def case(rng: np.random.Generator) -> str:
        words = names[int(rng.choice(len(names), p=shares / shares.sum()))]
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(work)
        shutil.copytree(pool, work)
        arguments = line(words, known[words], rng)
        with alone(work):
            answer = call(arguments)
        if answer.code == 2:
            _untouched(pool, work, arguments)
        return answer.outcome

    return case


def _untouched(pool: Path, work: Path, arguments: list[str]) -> None:
    """What is refused has left nothing behind."""
    before, after = ({str(p.relative_to(x)): p for p in x.rglob("*")} for x in (pool, work))
    same = {name for name, p in before.items() if name in after and (p.is_dir() or filecmp.cmp(p, after[name], False))}
    changed = sorted(set(before) - same)
    new = sorted(set(after) - set(before))
    if changed or new:
        raise Finding(f"refused, and changed {changed}, left {new}: {' '.join(arguments)}")
