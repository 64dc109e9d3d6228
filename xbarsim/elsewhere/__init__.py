"""Networks that were trained elsewhere: files of weights, and which of their arrays are which layer.

- `files`: any of the formats, by its ending; `safetensors`, `torch_files`, `onnx_files`: one each (``.npz`` is
  `data_sets.npz`)
- `layers`: which arrays are layers, in which order and orientation
- `norms`: batch normalisations, folded into layers
- `network`: what comes of it: matrices of rows and columns, and the same network in NumPy

Nothing that is read here runs code. Imports from `data_sets` and `base`. Look first at `network`.
"""
