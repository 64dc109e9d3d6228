"""Images and labels, and the order in which samples come.

- `data_set`: what a data set is; `labels`: any labels as classes; `load` finds one by its name
- `embedded`, `mnist`, `idx`, `npz`, `table`: where they come from; `columns`: which of a table has the labels
- `memory`, `packed`: how much they may take, and reading no more of a file than that
- `download` fetches MNIST and checks it
- `order`: which sample an iteration trains on
- `activity`: how the images drive the inputs, from which defaults follow

Imports from `describe`, `base` and `kernels`. Look first at `data_set` and `load`.
"""
