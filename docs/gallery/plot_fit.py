r"""
A measured curve, and what was fitted to it
===========================================

A pulse curve as a laboratory has it, three cycles with noise, and the device that comes of it.
"""

# %%
# The numbers are made up here: 40 pulses up and 40 down, beta 2.5, with 1.5 % of the range as noise of each step. Look
# at what is fitted beside the curve: the noise is told apart from the law.
import tempfile
from pathlib import Path

import numpy as np

import xbarsim

rng = np.random.default_rng(3)
law = xbarsim.Device(g_min=2e-6, g_max=2e-5, n_max=40, beta=2.5).staircase().astype(float)
rows = ["cycle,pulse,type,conductance (uS)"]
for cycle in (1, 2, 3):
    for kind, states in (("P", law), ("D", law[0] + law[-1] - law)):
        steps = np.diff(states) + 0.015 * (law[-1] - law[0]) * rng.standard_normal(len(states) - 1)
        curve = np.concatenate([states[:1], states[0] + np.cumsum(steps)])
        rows += [f"{cycle},{n},{kind},{1e6 * g:.4f}" for n, g in enumerate(np.clip(curve, 1e-6, None))]
measured = Path(tempfile.mkdtemp()) / "measured.csv"
measured.write_text("\n".join(rows))

fitted = xbarsim.fit(measured)
figure = fitted.figure()
