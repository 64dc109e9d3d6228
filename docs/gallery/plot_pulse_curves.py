r"""
Pulse curves: what beta and n_max are
=====================================

How a conductance climbs under identical pulses, for equal and for unequal steps, and for some published devices.
"""

# %%
# A device is described by its range, by the number of pulses through it (`n_max`) and by how unequal these are
# (`beta`); `staircase` lists the states. Look at the first steps: at beta 5 a tenth of the pulses
# takes up half of the range.
import matplotlib.pyplot as plt

import xbarsim

figure, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
for beta in (0.0, 1.0, 2.0, 3.0, 5.0):
    states = xbarsim.Device(g_min=1e-7, g_max=1e-6, n_max=64, beta=beta).staircase()
    ax.plot(1e6 * states, label=f"beta {beta:g}")
ax.set(xlabel="pulse", ylabel="G (uS)", title="64 pulses from 0.1 to 1 uS")
ax.legend(frameon=False)

# %%
# Devices that ship have names. Their ranges differ by orders, so each is drawn in its own.
published, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
layout = xbarsim.Layout.of(layers=(2, 2))
for name in ("lim2019-beta2", "neurosim-pcmo", "neurosim-epiram", "neurosim-hzo-fefet", "jo2010-ag-asi"):
    device = layout.with_device(name).device
    states = device.staircase()
    ax.plot((states - device.g_min) / (device.g_max - device.g_min), label=name)
ax.set(xlabel="pulse", ylabel="(G - Gmin) / (Gmax - Gmin)", title="published devices")
ax.legend(frameon=False)
