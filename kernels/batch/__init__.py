"""Mini-batches: what is kept of samples while they are read, and how pulses follow from it.

- `table`: the stages of batches, the kinds there are, and what hardware has to remember for each
- `online`, one sample at a time; `summed`, `deferred`, `signs`, `products`, the batch rules of layouts; `whole` and
  `written`, for rules that take samples whole or add up requests; `trains`, for pulse trains
- `kept`: the memory; `kept_maps`, of arrays that are read at many positions;
  `event`: one pulse event with all that its lines do; `netted`: what `signs` and `products` share

Imports from `rules`, `lines` and `base`. Look first at `table`.
"""
