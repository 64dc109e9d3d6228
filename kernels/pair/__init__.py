"""Pairs of devices, W = G+ - G-, in arrays: what one pulse event does to them.

- `update`: the pair methods on one pair of nominal devices; `scattered_pair`: the same on devices that are not nominal;
  `methods`: their numbers
- `scatter`: what departs from the nominal device; `scattered_columns`: such pairs, column by column; `_halves`: one
  side of such a column; `lasting`: noise of writing that stays until the next write
- `table`: the stages of arrays, and the kinds there are
- `ladder`, `varied`, `analog`, `scattered`: arrays of devices, one kind each; `weights`: an array without any
- `single`, `single_scattered`: the same for pairs of which one device is a fixed reference; `shifting`:
  what is done to these before training
- `open_loop`: devices that are pulsed and reset one by one; `refreshing`: one-sided pairs, written anew now and then
- `weight`: W in the one place that says so; `pairs`, `counts`: buffers of conductances, and packed counts of pulses

Imports from `device` and `base`. Look first at `update`, then at `table`.
"""
