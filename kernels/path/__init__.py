"""A sample's way through all layers, up and down, and what pulses take of it; by the shape of the network.

- `table`: the stages, by the type of the geometry
- `dense`: every array is read once in a sample's way
- `mapped`: arrays that are read at many positions: convolutions, with pools between them; `memory`, what is kept of
  every position; `pools`: pools, forth and back

Imports from `batch`, `rules` and `base`. Look first at `table`, then at `dense`.
"""
