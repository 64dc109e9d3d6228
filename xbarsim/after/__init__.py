"""What becomes of a trained network: written into arrays (`transfer`, `programming`, of which `programmed` comes), or
left alone (`retention`).

`infer` reads it in another circuit, after some time; what comes of it are `answers`. `reader` tests given conductances
on arrays that are only read; `writing` writes states into the devices of others; `over_time` lets them age, with or
without `compensation`; `condition` says what state devices are in. `calibrate` finds ranges for sense circuits,
`slicing` cuts weights into slices, and `pieces` fills and tests what is made of several arrays. Weights that were
trained elsewhere become such a network in a file that is named after their rule.

Imports from `record`, `learn`, `elsewhere`, `data_sets`, `arrays` and the rooms below them. Look first at `over_time`.
"""
