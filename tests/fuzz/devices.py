"""Device files with other values, and plug-ins as people write them at first."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from xbarsim import Layout
from xbarsim.describe.device_files import presets
from xbarsim.describe.sections import SECTIONS
from xbarsim.learn.table import state_of

from .layouts import document, trained
from .mutate import raw_of, spoiled
from .target import REFUSED, Case, alone, finite, pick, tried

_BODIES = [
    "0.1 if up else -0.1",
    "0.1 * math.exp(-s) if up else -0.1 * math.exp(s - 1.0)",
    "(0.1 if up else -0.1) * (1.0 + 0.3 * z)",
    "(0.1 if up else -0.1) * (1e300 if z > 1.0 else 1.0)",
    "math.nan if z > 1.5 else (0.1 if up else -0.1)",
    "math.inf if z < -2.5 else (0.1 if up else -0.1)",
    "1e308 if up else -1e308",
    "1e-320 if up else -1e-320",
    "'0.1' if up else '-0.1'",
    "'much'",
    "None",
    "(0.1, 0.2)",
    "[0.1] if up else [-0.1]",
    "0.1j",
    "True if up else -True",
    "10**400 if up else -(10**400)",
    "step(s, up, z)",
    "-0.1 if up else 0.1",
    "1.0 / (s - 0.5)",
    "1.0 / z",
    "math.log(s)",
    "math.sqrt(z) if up else -0.1",
    "exit(3)",
    "__import__('sys').exit('bye')",
    "(_ for _ in ()).throw(KeyError('a\\nb'))",
    "(_ for _ in ()).throw(StopIteration())",
    "undefined",
    "0.1 if up else -0.1 if s > 0.2 else -0.0",
    "print(s) or (0.1 if up else -0.1)",
    "__import__('numpy').float32(0.1 if up else -0.1)",
    "__import__('numpy').array([0.1 if up else -0.1])",
]
_HEADS = [
    "",
    "import sys; sys.exit(4)\n",
    "raise SystemExit\n",
    "raise KeyError('two\\nlines')\n",
    "import nowhere_to_be_found\n",
    "step = 3.0\n",
    "def deep(n):\n    return deep(n + 1)\ndeep(0)\n",
    "x = " + "(" * 300 + "\n",
    "x = [0] * (1 << 20)\n",
    "1 / 0\n",
    "class step:\n    pass\n",
    "# \u2028 é\n",
    "from __future__ import annotations\n",
    "import warnings; warnings.warn('careful')\n",
]
_SIGNATURES = ["s, up, z", "s, up, z", "s, up, z", "s, up", "*a", "s, up, z, more", "s, up, z=0.0", ""]


def _plugin(rng: np.random.Generator) -> str:
    head = pick(rng, _HEADS) if rng.random() < 0.25 else ""
    text = f"import math\n{head}\ndef step({pick(rng, _SIGNATURES)}):\n    return {pick(rng, _BODIES)}\n"
    if rng.random() < 0.1:
        text = f"import math\nstep = lambda s, up, z: {pick(rng, _BODIES)}\n"
    return spoiled(text, rng) if rng.random() < 0.2 else text


def make(folder: Path) -> Case:
    """See `target`."""
    texts = [path.read_text() for path in presets().values()]
    sections = {name: what for name, what in SECTIONS.items() if name in ("device", "variation", "aging")}
    base = Layout.of(layers=(2, 3, 2), dataset="two-pixels", iterations=20)

    def spec_of(rng: np.random.Generator) -> str:
        kind = rng.random()
        if kind < 0.35:
            (folder / "mine.py").write_bytes(raw_of(_plugin(rng), rng))
            return f"mine.py:{pick(rng, ['step', 'step', 'step', 'step', 'steps', 'math', '', 'a b', 'é'])}"
        text = pick(rng, texts)
        if kind < 0.65:
            text = "\n".join(document(rng, sections, 6)) + "\n"
        if rng.random() < 0.6:
            text = spoiled(text, rng)
        (folder / "mine.toml").write_bytes(raw_of(text, rng))
        return "mine.toml"

    def use(layout: Layout) -> None:
        state = state_of(layout)
        state.initialise()
        finite("devices", state.weights)
        trained(layout)

    def case(rng: np.random.Generator) -> str:
        with alone(folder):
            outcome, layout = tried(lambda: _quicker(base.with_device(spec_of(rng)), rng))
            return outcome if outcome == REFUSED else tried(use, layout)[0]

    return case


def _quicker(layout: Layout, rng: np.random.Generator) -> Layout:
    """In one of the ways in which a device can be used."""
    rule = pick(rng, [{}, {"method": "a"}, {"method": "c"}, {"rule": "crus"}, {"rule": "bs"}, {"engine": "analog"}])
    return layout.replace(**rule)
