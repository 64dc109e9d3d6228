"""The conditional reverse update scheme (CRUS, a reconstruction), and the schemes it is compared with."""

from __future__ import annotations

from . import conditional, rival

MODULES = (conditional, rival)
