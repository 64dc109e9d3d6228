"""What becomes of a trained network: written into other arrays (`transfer`), or left alone (`retention`).

`programming` writes its devices, `programmed` is what comes of it. `infer` reads it in another circuit, after some
time; what comes of it are `answers`. `reader` tests given conductances on arrays that are only read; `writing` writes
states into the devices of others; `over_time` lets them age, with or without `compensation`; `condition` says what
state devices are in. Weights that were trained elsewhere become such a network in a file that is named after their
rule.

Imports from `record`, `learn`, `elsewhere`, `data_sets`, `arrays` and the rooms below them. Look first at `over_time`.
"""
