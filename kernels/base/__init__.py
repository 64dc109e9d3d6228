"""What all kernels stand on, and nothing of physics.

- `_jit`: the one place that names Numba's compiler; `_inner`: what is left out for code that only other kernels call;
  `_cache`: the folder in which machine code is kept; `_lock`: files that are locked
- `stage`: functions whose code is chosen by the type of their first argument
- `buffers`: flat buffers that hold all layers of a network, and views of one layer; `mapped`: where layers are read at
  many positions
- `samples`, `bits`: images as lists of driven rows, lists of lines as packed bits
- `noise`: counter-based random numbers; `trains`: random bits of lines, in words

Imports nothing but NumPy and Numba. Look first at `stage` and `buffers`.
"""
