"""What stands between a line's voltage and the current that a neuron sees.

- `table`: the stages of circuits, and the kinds there are
- `ideal`, on the sums of `read`; `sensed`, with the drivers and sense circuits of `sense`; `wired`, with all of that
  and real wires: the nodal solution of `wires`, tile by tile (`tiles`); `serial`, where inputs come bit by bit, around
  either of the last two, with the stages of `single_reads`; `managed`, where the range of reads is looked after, around
  any of these, with the stages of `real`
- `joined`, test reads of layers that are two arrays with real wires
- `sliced`, where a weight is several pairs that are read by themselves, and `recorder`, which counts how large currents
  are: they take the place of `sensed` and `wired`, around these, with the stages of `bare` and of `slices`
- `curves`: the stages of devices in reads, which are `ohmic`, or have a `curve`
- `known`: reads of known inputs, which say what an array has become
- `verify`: devices that are written one by one, counted beforehand or with reads in between
- `silent`, `gates`, `disturbing`: pulse lines as reads know them, which enter their power; `lines`: their stages

Imports from `pair` (a tile follows what its devices conduct) and `base`. Look first at `table` and `read`; at `wires`
for how an array is solved.
"""
