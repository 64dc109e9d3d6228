r"""
A training run
==============

Test accuracy, pulses, conductances over time, and one pair's history: what `xbarsim plot` draws of a run file.
"""

# %%
# Look at the histograms: they begin where the devices start, and spread upwards, since only potentiation moves a device
# one step with pair method b.
import tempfile
from pathlib import Path

import xbarsim

run = Path(tempfile.mkdtemp()) / "run.h5"
layout = xbarsim.Layout.of(layers=(784, 100, 10), dataset="digits", iterations=3000, n_max=64, beta=2.0)
result = xbarsim.run(layout, out=run)
figure = xbarsim.plot(run).figure()
print(f"{100 * result.accuracy_mean_last:.1f} %")
