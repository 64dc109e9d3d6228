"""Values that only a run file may give: they are shown and compared, and what they stand for is not run, or trained."""

from __future__ import annotations


class Recorded(str):
    """A plug-in as a run file names it, never read or run; or a choice of earlier versions, never trained."""

    __slots__ = ()
