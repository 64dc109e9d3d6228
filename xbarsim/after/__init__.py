"""What becomes of a trained network: written into other arrays (`transfer`), or left alone (`retention`).

`programming` writes its devices, `programmed` is what comes of it. `infer` reads it in another circuit; `calibrate`
finds ranges for its sense circuits, `slicing` cuts its weights into slices, and `pieces` fills and tests what is made
of several arrays. `reader` tests given conductances on arrays that are only read. Weights that were trained elsewhere
become such a network in a file that is named after their rule.

Imports from `record`, `learn`, `elsewhere`, `data_sets`, `arrays` and the rooms below them. Look first at `transfer`.
"""
