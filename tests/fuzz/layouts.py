"""Layouts of random keys and values, as TOML; what is accepted is shown, read back, and trained for a little."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np

import xbarsim
from xbarsim import Layout
from xbarsim.describe.fields import Key, keys_of
from xbarsim.describe.sections import SECTIONS
from xbarsim.show.views_layout import show_layout

from .mutate import ODD_TOML, raw_of, spoiled
from .target import REFUSED, Case, Finding, alone, finite, pick, tried

ITERATIONS = 20
_MOST_PAIRS = 60  # of a network that is trained without the JIT
_SIZES = ["[2, 2]", "[2, 3, 2]", "[2, 4, 3, 2]", "[2, 2, 2]", "[2]", "[2, 0]", "[70000, 2]", "[2, 2.0]", "[3, 2]"]


def literal(key: Key, rng: np.random.Generator) -> str:
    """A value for a key as TOML has it: mostly of its kind, and near its bounds."""
    if rng.random() < 0.2:
        return pick(rng, ODD_TOML)
    if key.kind == "choice":
        return f'"{pick(rng, key.choices)}"'
    if key.kind == "flag":
        return pick(rng, ["true", "false"])
    if key.kind == "sizes":
        return pick(rng, _SIZES)
    if key.kind == "dataset":
        return pick(rng, ['"two-pixels"', '"two-pixels"', '"digits"', '"."', '"nowhere"'])
    if key.kind == "steps":
        return pick(rng, ["[[0.0, 1e-8], [0.0, 2e-8]]", "[[1e-8, 2e-8], [1e-8]]", "[[3e-7], [3e-7]]", "[1e-8, 1e-8]"])
    low = next((x for x in (key.least, key.above) if x is not None), -3.0)
    usual = next((x for x in (key.default, key.usual, key.example) if isinstance(x, (int, float))), 1)
    near = [low, low, usual, usual, 2 * usual, usual / 2, usual * 10.0 ** rng.uniform(-3, 3), rng.uniform(0, 2), 1]
    near += [key.most] if key.most is not None else []
    value = float(pick(rng, near))
    return str(round(value)) if key.kind == "integer" else repr(value)


def document(rng: np.random.Generator, sections: Any = SECTIONS, most: int = 5) -> list[str]:
    """Lines of a layout with a few random keys."""
    chosen: dict[str, dict[str, str]] = {}
    if "network" in sections:
        chosen["network"] = {"layers": pick(rng, _SIZES[:4])}
        chosen["run"] = {"dataset": '"two-pixels"', "iterations": "20", "eval_last": "2"}
    if "pulses" in sections and rng.random() < 0.6:
        chosen["pulses"] = {"rule": f'"{pick(rng, keys_of(SECTIONS["pulses"])["rule"].choices)}"'}
    chosen.setdefault("device", {})["n_max"] = pick(rng, ["5", "9", "16"])
    for _ in range(int(rng.integers(0, most + 1))):
        section = pick(rng, sections)
        name, key = pick(rng, keys_of(sections[section]).items())
        table = chosen.setdefault(section, {})
        table[key.toml(name)] = literal(key, rng)
        if name == "alpha":
            table.pop("n_max", None)
        if name == "epochs":
            table.pop("iterations", None)
    lines = []
    for section, table in chosen.items():
        lines += [f"[{section}]", *(f"{key} = {value}" for key, value in table.items())]
    return lines


def trained(layout: Layout) -> None:
    """Train what is small, for a little; a user that asks for long runs has to wait."""
    sizes = layout.network.layers
    small = sum((a + 1) * b for a, b in itertools.pairwise(sizes)) <= _MOST_PAIRS
    if not small or layout.run.dataset != "two-pixels" or layout.run.batch > 8:
        return
    fewer: dict[str, Any] = {"iterations": ITERATIONS, "eval_every": 10, "eval_last": 1}
    fewer["wire_sweeps"] = min(layout.wires.wire_sweeps, 50)
    result = xbarsim.run(layout.replace(**fewer), watch=_looked_at)
    finite("run", result.accuracy, result.accuracy_mean_last)


def _looked_at(_: Any, state: Any) -> None:
    finite("weights", state.weights)


def make(folder: Path) -> Case:
    """See `target`."""
    path = folder / "layout.toml"

    def case(rng: np.random.Generator) -> str:
        text = "\n".join(document(rng)) + "\n"
        if rng.random() < 0.3:
            text = spoiled(text, rng)
        path.write_bytes(raw_of(text, rng))
        with alone(folder):
            outcome, layout = tried(Layout.from_toml, path)
            if outcome == REFUSED:
                return outcome
            outcome, again = tried(Layout.from_toml_text, layout.to_toml())
            if outcome == REFUSED or again != layout:
                raise Finding(f"a layout that is not the same when it is read back: {again}")
            outcome, _ = tried(show_layout, layout, pick(rng, ["json", "text"]), "500M")
            if outcome == REFUSED:
                return outcome
            return tried(trained, layout)[0]

    return case
