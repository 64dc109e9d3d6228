"""Run files: every conductance of every iteration, in one HDF5 file.

- `format`: what lies where in a file, and which versions can be read
- `structure`: a run file that is still empty; `writer`: keyframes, pulse events and curves, in commits;
  `vectors`: what is kept of every line for every sample
- `committed`: a file that changes in whole commits, of what is `pending`, by a `journal`; made in `places` that no
  other process has; `descriptors`: open files, on POSIX and on Windows
- `opening` and `checked`: reading what may be being written, or damaged; `checksums`; `stored`: what stands in a file
- `trace`: the reader, which replays events from the nearest state (`replaying`), from a keyframe or one that was kept
  (`near`); `crossings`: the events that cross one pair; `event_places`: the sample and position that each is of
- `programming`: how devices were programmed
- `quantities`: what can be looked at of a layer; `labelled`: a run as an xarray data set, read when it is used

Imports from `learn` (whose states are written and replayed, without asking which rule they follow) and the rooms below
it. Only this room opens HDF5 files of runs. Look first at `format`.
"""
