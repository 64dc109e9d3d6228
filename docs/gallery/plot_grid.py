r"""
A grid of two properties
========================

Accuracy over nonlinearity and number of states, as a heat map.
"""

# %%
# Each field is a training of its own with seed 0. Look along the rows: how much beta costs depends on the number of
# states. One seed swings by a point or two, so neighbours that differ by less say nothing; `seeds=3` tells.
import xbarsim

layout = xbarsim.Layout.of(layers=(784, 30, 10), dataset="digits", iterations=1000, eval_last=20)
found = xbarsim.sweep(layout, {"beta": (0.0, 2.0, 5.0), "n_max": (8, 32, 128)}, seeds=1)
figure = found.figure()

# %%
# The same as a table.
print(found.to_csv())
