"""Runs that netlists are written of."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """A folder with two trained runs; nobody writes into it."""
    from .circuits import train

    folder = tmp_path_factory.mktemp("runs")
    train(folder)
    return folder
