"""Names and shapes of a run file, shared by the writer and the reader.

::

    /                          NXroot   format, format_version, creator
      entry                    NXentry  default plot: accuracy
        attribute crc32        of status, iterations_done, seconds, commits and the configuration (since version 3)
        file_id, commits       32 random letters, and the number of commits: what the journal knows the file by
        status                 "running", "interrupted", "finished"
        iterations_done        int64; everything below is complete up to here
        seconds                float64, s: training and tracing
        configuration          layout (TOML), seed, engine, versions, data set and its SHA-256, command line,
                                        warnings (lines)
        accuracy               NXdata   test accuracy at evaluated iterations, and most_writes: pulses and resets of
                                        the device with most
        training               NXdata   per iteration: loss, wrong, pulses, resets
        energy                 NXdata   per iteration, if the pulse lines are followed: energies, latency, half-selects
        vectors/layer_1, ...   of rule "mixed-precision", unless it is switched off: errors and inputs of every sample,
                               (sample, line) float32, from which follows what was added up; of an array that is read
                               at many positions the numbers of its map, and the errors of all positions in turn, or,
                               if these are more numbers than it has pairs, chi, (update, pair) float32, itself
        update_noise           NXdata   of rule "crus", per window: un and un_nominal (window, layer)
        layer_1, layer_2, ...  NXdata   keyframes g_plus, g_minus (snapshot, row, column) in S; with device-to-device
                                        variation these are nominal, and scale_plus, scale_minus (row, column) are what
                                        each device multiplies them with; with noise of writing first_plus,
                                        first_minus (row, column), S, are what each conducted beside that before its
                                        first pulse; of a software run: weight (snapshot, row,
                                        column); of rule "crus" also sensed_plus, sensed_minus, the levels last sensed,
                                        0 at Gmin and 1 at Gmax; of rule "bs": weight, or g_plus, g_minus of the highest
                                        digit, g_plus_1, g_minus_1 of the next, and so on
        events/layer_1, ...    pulse events: iteration, rows, raised, lowered (packed bits, little-endian bit order);
                               with mini-batches an iteration may have several: applied in turn, or, under the batch
                               rule "signs", added up pair by pair and applied once with the sign of the sum; of rule
                               "bs" an iteration may have several, applied in turn; of rule "crus" they are lines that
                               crossed: which crossings pulsed follows from the seed and the sensed levels; of
                               networks with maps, if each event is of one sample and position, also its place, the
                               sample's number in the batch times the positions of the layer, plus the position
                               (2^32 - 1: of none)
        counts_1, ...          NXdata   at the end: cumulative pulses and resets of every device; `arrays` names them
        programmed_1, ...      NXdata   where devices were programmed: target, reads, and whether it got there, of each

All data sets that are not single values have Fletcher-32 checksums, so that damage is an error and not a result; HDF5's
own bookkeeping has them too (libver v110: it takes HDF5 1.10, of 2016, to read).

An iteration's number is the number of updates done: the conductances at iteration 0 are the initial ones. Layers
count from 1, rows and columns from 0; the bias row, if there is one, is the last.
"""

from __future__ import annotations

from typing import Any

import numpy as np

ARRAYS = "arrays"
"""What lies in groups whose arrays are all missed if they are lost: their names, with commas. Of a fixed length, since
texts of any length lie in heaps that have no checksum, and HDF5 goes through a damaged one for ever.
"""
FORMAT = "xbarsim-trace"
FORMAT_VERSION = 3
READABLE = (1, 2, 3)
"""Version 1 knew no mini-batches, variation and software runs, version 2 no checksums, no id and 32 bits of pulses per
iteration; what they hold means the same now.
"""

SINGLE = ("status", "iterations_done", "seconds", "commits", "file_id")
"""Single values that the checksum ``crc32`` is of, with all of the configuration."""

COMPRESSION = 1
"""Deflate level: higher ones gain 3 % of size for twice the time."""

EVENT_CHUNK = 4096
CURVE_CHUNK = 16_384

COUNTS = ("pulses_plus", "pulses_minus", "resets_plus", "resets_minus")
CURVES: dict[str, tuple[Any, str, str]] = {
    "loss": (np.float32, "nat", "cross-entropy of the training sample"),
    "wrong": (np.uint16, "1", "training samples of the iteration that were misclassified"),
    "pulses": (np.uint64, "1", "gate pulses issued, replayed ones included"),
    "resets": (np.uint64, "1", "device resets issued"),
}
"""Curves kept for every iteration: dtype, units, long name."""


def event_bytes(rows: int, cols: int) -> dict[str, int]:
    """Bytes per event of each packed field."""
    return {"rows": (rows + 7) // 8, "raised": (cols + 7) // 8, "lowered": (cols + 7) // 8}
