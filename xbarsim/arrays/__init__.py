"""Arrays of devices: what is drawn for them, how their lines are wired.

- `crossbar`: one differential array, to read and to pulse by hand; `short`: as it shows itself
- `drawn`: device-to-device variation, faults and lifetimes, from a seed
- `symmetry`: where steps up and down of a device are equal
- `references`: what the second device of a pair is programmed to where only the first is pulsed
- `real`, `aging`: devices that differ, are noisy and age, as reads see them
- `nodal`: the circuit of an array, and its nodal solution
- `curves`: devices that are not ohmic in reads
- `board`: from a layout to wired arrays, drivers, sense circuits and pulse lines
- `mapped`: where the arrays of convolutions are read, and the way of numbers between them
- `geometry`: where layers lie in flat buffers, and buffers for what happens to them

Imports from `describe`, `base` and `kernels`. Look first at `crossbar`.
"""
