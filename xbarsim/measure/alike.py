"""Whether trains scatter from pulse to pulse, or each keeps a curve of its own, as different devices do."""

from __future__ import annotations

import numpy as np

from .likelihood import needs

_FEWEST = 8
_CHANCE = 1e-3


def keep_curves_of_their_own(raw: np.ndarray) -> bool:
    """Whether trains end further apart than their steps, one by one, can have led them.

    Steps that scatter by themselves add up to a walk: after n of them its variance is n times that of one. Devices that
    differ go apart steadily, by steps that hardly scatter from one to the next.

    Parameters
    ----------
    raw : (trains, columns), S
        NaN: no read. Columns without a read of every train are left out.
    """
    y = raw[:, np.isfinite(raw).all(axis=0)]
    trains, columns = y.shape
    if trains < 2 or columns < _FEWEST:
        return False
    off = y - y.mean(axis=0)
    # Of all trains together; the mean of them was taken out.
    share = trains / (trains - 1.0)
    # From step to step, where a curve of a train's own hardly changes: what is left are steps and reads that scatter.
    bends = np.diff(off, n=2, axis=1)
    bent = share * float((bends**2).mean())
    turned = share * float((bends[:, 1:] * bends[:, :-1]).mean())
    # Of steps of variance v and reads of r these are 2 v + 6 r and -v - 4 r.
    read = min(max(-0.5 * (bent + 2.0 * turned), 0.0), bent / 6.0)
    step = max(0.5 * bent - 3.0 * read, 0.0)
    walked = (columns - 1) * step + 2.0 * read
    apart = float(((off[:, -1] - off[:, 0]) ** 2).sum())
    limit = float(needs().stats.chi2.ppf(1.0 - _CHANCE, trains - 1))
    known = 1.0 + 6.0 / np.sqrt(trains * columns)  # the variance of a step is itself known to some part
    return bool(apart > limit * known * max(walked, 1e-300))
