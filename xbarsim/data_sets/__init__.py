"""Images and labels, and the order in which samples come.

- `data_set`: what a data set is; `load` finds one by its name
- `embedded`, `mnist`, `idx`: where they come from; `download` fetches MNIST and checks it
- `order`: which sample an iteration trains on

Imports from `base` and `kernels`. Look first at `data_set` and `load`.
"""
