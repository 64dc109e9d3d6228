"""What becomes of a trained network: written into other arrays (`transfer`, `programming`), or left alone (`retention`).

Weights that were trained elsewhere become one, too. `infer` reads it in another circuit. `reader` tests given conductances on arrays that are only read.

Imports from `record`, `learn`, `data_sets`, `arrays` and the rooms below them. Look first at `transfer`.
"""
