r"""
One pair under three methods
============================

What the pair methods a, b and c do to G+ and G- of one weight that falls a little, rises far, and falls again.
"""

# %%
# A pair of one row and one column is updated 6 times downwards, 24 times upwards and 12 times downwards. Look at the
# moment when G+ is full and is to rise once more, behind the grey line: method a resets both sides and pulses G+ up to
# the target; b empties G- and climbs to one step below where it was; c gives G- one depression pulse.
import matplotlib.pyplot as plt
import numpy as np

import xbarsim

device = xbarsim.Device(g_min=1e-7, g_max=1e-6, n_max=12, beta=2.0)
signs = np.repeat([-1, 1, -1], [6, 24, 12])
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
    ax.axvline(6 + device.n_max, color="0.8", zorder=0)
    pulses = sum(int(n.sum()) for name, n in crossbar.counts.items() if name.startswith("pulses"))
    ax.set(title=f"method {method}: {pulses} pulses", xlabel="update")
axes[0].set_ylabel("uS")
axes[0].legend(frameon=False)
