"""Run files with flipped bits, cut ends and other content: one clear error, or the very results of the whole file."""

from __future__ import annotations

import hashlib
import shutil

import numpy as np

import xbarsim
from xbarsim.base.errors import XbarsimError
from xbarsim.learn.table import kind_of
from xbarsim.record.journal import journal_path

from .mutate import flipped

# One of each kind of record that a file can hold.
_COMMON = {
    "layers": (2, 5, 2),
    "dataset": "two-pixels",
    "n_max": 9,
    "iterations": 60,
    "eval_every": 20,
    "eval_last": 2,
    "snapshot_every": 25,
    "c": 4.5,
    "inner_c": 1.4,
    "softmax_scale": 1.25,
    "output_dead_zone": 0.1,
    "hidden_dead_zone": 0.07,
    "initial_fan_in": 100.0,
}
KINDS = {
    "ladder": {},
    "variation": {"sigma": 0.3, "g_min_sigma": 0.1, "method": "c"},
    "costs": {"account": True},
    "spread": {"alpha_sigma": 0.2, "c2c": 0.2, "method": "c"},
    "crus": {"rule": "crus", "un_window": 20},
    "bs": {"rule": "bs"},
    "bs digits": {"rule": "bs", "bs_digits": 2, "bs_base": 4.0, "engine": "analog"},
    "software": {"rule": "software"},
    "stopped": {},
}


def make(folder, only=tuple(KINDS)):
    """A run file of every kind, or of some."""
    files = {}
    for name, more in ((name, KINDS[name]) for name in only):
        path = folder / f"{name.replace(' ', '-')}.h5"
        asked = iter([False] * 3 + [True] * 1000)
        stop = (lambda: next(asked)) if name == "stopped" else (lambda: False)  # noqa: B023 - called at once
        try:
            xbarsim.run(xbarsim.Layout.of(**{**_COMMON, **more}), out=path, stop=stop, commit_seconds=0.0)
        except XbarsimError as error:
            raise AssertionError(f"{name}: {error}") from None
        files[name] = path
    return files


def digest(path):
    """SHA-256 of all that a run file says, as users read it."""
    seen = hashlib.sha256()

    def take(*values):
        for value in values:
            seen.update(
                np.ascontiguousarray(value).tobytes() if isinstance(value, np.ndarray) else repr(value).encode()
            )

    with xbarsim.Trace(path) as trace:
        take(trace.status, trace.iterations_done, trace.seconds, sorted(trace.provenance.items()), trace.shapes)
        take(*trace.accuracy, trace.most_writes, *trace.curves.values())
        layout, last = trace.layout, trace.iterations_done
        for name in ("energy", "update_noise"):
            try:
                take(*trace.series(name).values())
            except XbarsimError as error:
                if "expected a run that kept" not in str(error):
                    raise
        devices = kind_of(layout).has_devices
        for layer in range(1, len(trace.shapes) + 1):
            frames = trace.keyframes(layer)
            take(frames, *(x for n in frames.tolist() for x in trace.stored_frame(layer, n)))
            take(*trace.window(layer))
            if devices and trace.state.replays:
                take(*(x for n in (min(1, last), last // 2, last) for x in trace.conductance(layer, n)))
                if trace.is_pairs:
                    take(*trace.synapse(layer, 1, 0))
            try:
                take(*trace.counts(layer).values())
            except XbarsimError as error:
                if "which keeps none" not in str(error) and "--resume it first" not in str(error):
                    raise
    return seen.hexdigest()


def check(path, whole):
    """Read a damaged file as a user would: it says one clear line, or all that the whole file says."""
    try:
        found = digest(path)
    except XbarsimError as error:
        text = str(error)
        assert text, "an error without a word"
        assert "\n" not in text, f"an error of several lines: {text}"
        return "refused"
    assert found == whole, "damage became a result"
    return "unharmed"


def damage(source, target, rng):
    """A damaged copy of a file."""
    journal_path(target).unlink(missing_ok=True)
    shutil.copyfile(source, target)
    target.write_bytes(flipped(source.read_bytes(), rng))
