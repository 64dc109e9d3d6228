r"""
One pair under three methods
============================

What the pair methods a, b and c do to G+ and G- of one weight that is told to rise, and then to fall.
"""

# %%
# A pair of one row and one column is updated 20 times upwards, and 40 times downwards. Look at the moment when a side
# is full: method a replays both sides to the target, b empties the other side and climbs to one step below, c gives the
# other side one depression pulse.
import matplotlib.pyplot as plt
import numpy as np

import xbarsim

device = xbarsim.Device(g_min=1e-7, g_max=1e-6, n_max=12, beta=2.0)
signs = np.r_[np.ones(20, int), -np.ones(40, int)]
figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained", sharey=True)
for ax, method in zip(axes, "abc", strict=True):
    crossbar = xbarsim.Crossbar(device, (1, 1), method=method)
    plus, minus = [device.g_min], [device.g_min]
    for sign in signs:
        crossbar.program([0], [0], [sign])
        plus.append(float(crossbar.g_plus[0, 0]))
        minus.append(float(crossbar.g_minus[0, 0]))
    ax.plot(1e6 * np.array(plus), label="G+")
    ax.plot(1e6 * np.array(minus), label="G-")
    ax.plot(1e6 * (np.array(plus) - np.array(minus)), "k--", lw=1, label="W")
    ax.axvline(20, color="0.8", zorder=0)
    pulses = sum(int(n.sum()) for name, n in crossbar.counts.items() if name.startswith("pulses"))
    ax.set(title=f"method {method}: {pulses} pulses", xlabel="update")
axes[0].set_ylabel("uS")
axes[0].legend(frameon=False)
