r"""
What the wires take
===================

Voltage over every device of an array whose lines have resistance, and how much of a column's current is left.
"""

# %%
# All rows are driven with 0.1 V. Look at the corner far from the drivers and from the sense terminals: a device there
# gets the least. `solve` gives the exact nodal solution of a read, `v_d` and `v_s` what is at the ends of a device.
import matplotlib.pyplot as plt
import numpy as np

import xbarsim

device = xbarsim.Device(g_min=1e-6, g_max=1e-5, n_max=64, beta=2.0)
rng = np.random.default_rng(0)
shape = (96, 48)
states = [rng.choice(device.staircase(), shape) for _ in range(2)]
drive = np.full(shape[0], 0.1)

figure, axes = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
for ax, ohm in zip(axes, (1.0, 10.0), strict=True):
    crossbar = xbarsim.Crossbar.from_conductance(device, *states, wires=xbarsim.Wires(wire_resistance=ohm))
    solution = crossbar.solve(drive)[0]
    drawn = ax.imshow(1e3 * (solution.v_d - solution.v_s), vmin=0, vmax=100, aspect="auto")
    ax.set(title=f"{ohm:g} Ohm per segment", xlabel="column", ylabel="row")
figure.colorbar(drawn, ax=axes, label="voltage over the device (mV)")

# %%
# The same as a current: mean over all columns, against that of ideal lines.
ideal = xbarsim.Crossbar.from_conductance(device, *states).read_forward(drive).plus
ohms = np.geomspace(0.1, 30.0, 6)
left = []
for ohm in ohms:
    wires = xbarsim.Wires(wire_resistance=float(ohm))
    left.append(xbarsim.Crossbar.from_conductance(device, *states, wires=wires).read_forward(drive).plus / ideal)
curve, ax = plt.subplots(figsize=(5, 3.6), layout="constrained")
ax.semilogx(ohms, 100 * np.mean(left, axis=1), "o-")
ax.set(title="current of a column", xlabel="Ohm per segment", ylabel="% of ideal", ylim=(0, 100))
