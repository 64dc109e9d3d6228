"""Pure Numba functions on arrays: what a pulse, a pair, a read and a neuron do.

This layer imports NumPy and Numba and nothing of xbarsim. It owns no state: every function works on the
buffers it is given. Shapes are written with these letters throughout::

    rows, cols   lines of one layer's array: rows carry inputs (the bias row is the last), cols carry outputs
    stride       cols rounded up to a whole number of 64-byte cache lines; the padding stays zero
    layers       number of arrays in the network
    n_max        number of pulses from Gmin to Gmax
"""
