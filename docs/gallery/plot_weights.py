r"""
Weights over time
=================

The weights of the first layer after 0, 750, 1,500, ... updates, all with one colour scale.
"""

# %%
# Each column is what one hidden neuron weighs, each row a pixel. Look at the rows that stay white: pixels at the border
# of the image are never driven, so nothing ever pulses them.
import tempfile
from pathlib import Path

import xbarsim

run = Path(tempfile.mkdtemp()) / "run.h5"
layout = xbarsim.Layout.of(layers=(784, 100, 10), dataset="digits", iterations=3000, n_max=64, beta=2.0)
xbarsim.run(layout, out=run)
figure = xbarsim.plot(run, weights=True, every=750).figure()
