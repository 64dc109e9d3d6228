"""The command line, a file for each group of commands: parse, call, show.

- `app`: what they share; `main`: the entry point; `groups`: in which order ``--help`` lists them
- `pictured`: options of those that draw
- `flags`, `merge`: flags from the descriptions of keys, and the layout that file and flags mean; `short_help`: which of
  them ``--help`` shows
- `run`, `look`: train; look at results, layouts and data sets
- `sweep`, `limits`: accuracy over keys, and what limits a device; `many`: what commands of many runs share
- `imported`, `program`: weights that were trained elsewhere, and devices that are written; `infer`: a trained network
  in another circuit; `calibrate`: ranges for its sense circuits
- `fit`, `devices`, `circuit`: measured curves, devices, netlists
- `study`, `rules`: the papers and transfer; rules side by side; `tune`: settings of a rule
- `movie`, `view`, `report`: a run as a movie, in the browser, and as a page to send
- `schema`: what the descriptions know
- `doctor`: what the machine has, and lacks

Heavy imports stand inside the commands, so that ``--help`` is instant.

Imports from all other rooms; no other room imports from here. Look first at `app`, then at `run`.
"""
