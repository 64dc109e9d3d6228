"""Time: blocks of training, evaluation, recording, stop and resume.

- `simulate`: `run` and `resume`; `running`: the one time loop of both
- `untrained`: run files of networks that were put into their state by other means
- `health`: numbers that are none, and networks that are dead; `saturation`: neurons that are all at an end
- `wear`: devices that wear out, and when the first did
- `results`: what a run tells while it goes on, and what it came to
- `pace`: what a run takes, and what is left of it
- `costs`: pulses, energy and writes, for comparisons between rules

Imports from `record`, `learn`, `data_sets` and the rooms below them. Look first at `simulate`.
"""
