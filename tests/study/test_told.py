"""What runs have to say is told once, whoever does them."""

from __future__ import annotations

import logging

import pytest

from xbarsim import Layout
from xbarsim.study.study import run_study
from xbarsim.study.tasks import Task


@pytest.mark.compiles
@pytest.mark.parametrize("workers", [1, 2])
def test_lines_before_a_run_are_told_once_with_any_number_of_workers(tmp_path, tiny_data, caplog, workers):
    layout = Layout.of(layers=(6, 5, 3), n_max=6, dataset="tiny", iterations=9, eval_every=50, g_max=2.0)
    with caplog.at_level(logging.INFO, "xbarsim"):
        run_study([Task(layout.replace(seed=k)) for k in range(3)], tiny_data, tmp_path, workers=workers)
    lines = [r.getMessage() for r in caplog.records]
    about = [line for line in lines if "run.eval_every: 50 is more than the 9 iterations" in line]
    odd = [line for line in lines if "device.g_max_S = 2" in line]
    assert len(about) == 1, lines
    assert "and 2 more" in about[0]
    assert len(odd) == 1, lines
