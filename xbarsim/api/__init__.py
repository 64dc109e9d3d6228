"""What the commands do, as functions: each returns what it found, as a table and as a figure.

- `outcome`: what all results have in common; `given`: layouts, data and seeds as callers give them
- `sweeping`, `limiting`: accuracy over keys, and what limits a device
- `comparing`: rules, and devices, side by side; `tuning`: settings of a rule; `reproducing`: the papers,
  with `own_studies`, those that are run by themselves, and `reproducing_rules`, `reproducing_target`
- `fitting`: measured curves; `picturing`, `filming`: pictures and movies of a run; `reporting`: its page;
  `watching`: how far a run is
- `imported`: weights that were trained elsewhere, with `importing`, how they become an array
- `inferring`: a trained network in another circuit; `calibrating`: ranges for its sense circuits; `programming`: its
  devices are written
- `examining`: what the machine has for all this, and what it lacks; `findings`: of packages, and what one is

Imports from `show`, `study`, `after`, `record`, `measure` and the rooms below them. Look first at `outcome`, then at
`sweeping`. The commands are thin shells over this room: whatever a command trains or draws, it asks for here.
"""
