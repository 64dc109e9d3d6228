r"""
A trained network grows old
===========================

Accuracy after seconds to a year of drift, with ten draws of the drift exponents.
"""

# %%
# Every conductance falls as a power of time, each device with an exponent of its own. Look at the band: what spread of
# exponents costs comes on top of what all devices lose together, which the difference of pairs forgives in part.
import tempfile
from pathlib import Path

import xbarsim

run = Path(tempfile.mkdtemp()) / "run.h5"
layout = xbarsim.Layout.of(layers=(784, 100, 10), dataset="digits", iterations=3000, n_max=64, beta=2.0)
xbarsim.run(layout, out=run)
times = (1.0, 60.0, 3600.0, 86400.0, 2.6e6, 3.2e7)
aged = xbarsim.infer(run, drift=0.05, drift_sigma=0.02, times=times, repeats=10)
figure = aged.figure()
