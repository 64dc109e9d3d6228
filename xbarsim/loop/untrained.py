"""A run file of a network that was put into its state by other means than training: at iteration 0, and finished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..data_sets.data_set import Dataset
from ..data_sets.load import to_samples
from ..describe.layout import Layout
from ..learn.rule import State
from ..learn.tests_ahead import tell_long
from ..record.committed import CommittedFile
from ..record.places import check_writable
from ..record.writer import TraceWriter
from .simulate import provenance_of


def write_state(
    out: Path,
    state: State,
    data: Dataset | None,
    *,
    given: Layout,
    said: Sequence[str] = (),
    command_line: str = "",
    force: bool = False,
    more: Mapping[str, Any] | None = None,
    programmed: Sequence[Mapping[str, np.ndarray]] = (),
) -> float | None:
    """Write a run file that holds a state as it is, and its test accuracy.

    Parameters
    ----------
    out : Path
    state : State
        With its layout.
    data : Dataset, optional
        Its test samples are used; None: no accuracy is taken.
    given : Layout
        Before values followed from the network.
    said : sequence of str
        What there was to say, a line each; kept as warnings.
    command_line : str
    force : bool
        Overwrite an existing file.
    more : mapping, optional
        What else the configuration keeps: texts and numbers, by name.
    programmed : sequence of mapping
        What became of every device of each layer, see `TraceWriter.programmed`.

    Returns
    -------
    float or None
        Fraction of the test samples that are classified rightly.

    Raises
    ------
    OutputError
        If it exists, or cannot be written.
    """
    check_writable(out, force=force)
    accuracy = None if data is None else accuracy_of(state, data)
    file = CommittedFile(out, "w" if force else "x")
    provenance = {**provenance_of(state.layout, state, data, command_line, given), **(more or {})}
    writer = TraceWriter(file, state, {**provenance, "warnings": "\n".join(said)})
    try:
        writer.keyframe(0, state)
        if accuracy is not None:
            writer.accuracy(0, accuracy, state.most_writes())
        writer.programmed(programmed)
        writer.counts([state.counts(k) for k in range(state.n_layers)])
        writer.ended()
        writer.commit(0, 0.0, "finished")
        writer.close()
    except BaseException:
        writer.abandon()
        raise
    return accuracy


def accuracy_of(state: State, data: Dataset) -> float:
    """Fraction of the test samples that a network classifies rightly as it is."""
    tests = to_samples(data.x_test, data.y_test, float(np.float32(state.reading.v_read)))
    tell_long(state.layout, tests, lambda few: state.evaluator(few).accuracy())
    return float(state.evaluator(tests).accuracy())
