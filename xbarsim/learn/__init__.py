"""What is trained: the state of a network under a rule, which owns the buffers that kernels work on.

- `rule`: a state, and what all states have in common; `said`: what a rule says of its own, the protocol; `kept`: what
  it keeps in files; `table`: the rules by name
- `plan`: the one decision, from a layout, which kernels compute it, and why
- `buffers`: the pairs of a network and their counts; `devices`: all conductances; `network`: the same with its
  circuits, whatever rule moves them; one file for each rule derives from it, or from `rule.State`; `reading`:
  voltages, neurons and comparators as the kernels take them
- `gradient`: what rules have in common whose weights follow a gradient; `several`: states whose layers have several
  arrays; `fast_slow`: those of a fast and a slow array
- `evaluators`: test accuracy, no more often than needed; `tests_ahead`: how long tests will take;
  `through`: what test samples are read through; `known`: reads of known inputs; `usage`: what reads take

Imports from `arrays`, `describe`, `base` and `kernels`. Look first at `rule`, then at the shortest rule.
How to add one: docs/extending.md.
"""
