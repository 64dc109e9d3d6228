"""Run files: every conductance of every iteration, in one HDF5 file.

- `format`: what lies where in a file, and which versions can be read
- `writer`: keyframes, pulse events and curves, in commits; `journal`: commits that survive a kill at any moment
- `trace`: the reader, which replays events from the keyframe before; `crossings`: the events that cross one pair

Imports from `learn` (whose states are written and replayed, without asking which rule they follow) and the rooms below
it. Only this room opens HDF5 files of runs. Look first at `format`.
"""
