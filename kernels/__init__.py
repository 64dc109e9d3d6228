"""Pure Numba functions on arrays: what a pulse, a pair, a read and a neuron do, and the one loop that trains with them.

This layer imports NumPy and Numba and nothing of xbarsim. It owns no state: every function works on the buffers it is
given. Shapes are written with these letters throughout::

    rows, cols   lines of one layer's array: rows carry inputs (the bias row is the last), cols carry outputs
    stride       cols rounded up to a whole number of 64-byte cache lines; the padding stays zero
    layers       number of arrays in the network
    n_max        number of pulses from Gmin to Gmax

Folders import from those after them, in this order: `batch`, `lines`, `rules`, `way`, `circuit`, `pair`, `device`,
`reads`, `base`. The files here stand above all of them:

- `loop`: training, the replay of recorded events, and the history of a pair
- `evaluate`: test accuracy

Look first at `base.stage`, which says how the types of what goes into the loop choose its code, and at `rules.table`,
which lists the stages of an iteration. Each `table` has the members of one kind of thing: `rules`, `pair` (arrays),
`circuit`, `batch`, `lines`.
"""
