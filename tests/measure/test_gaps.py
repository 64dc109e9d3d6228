"""A jump between two trains is a gap if no pulse of theirs makes one like it; steps as laws have them are none."""

from __future__ import annotations

import numpy as np
import pytest

from .reading import read, rows, written

pytestmark = pytest.mark.jit  # files: once is enough


def test_a_jump_that_no_pulse_makes_is_a_gap(tmp_path):
    up, down = [1.0 + 0.5 * k for k in range(19)], [7.0 - 0.25 * k for k in range(19)]
    labelled = "pulse,type,G (uS)\n" + rows(range(38), ["LTP"] * 19 + ["LTD"] * 19, up + down)
    for text in (labelled, "pulse,G (uS)\n" + rows(range(38), up + down)):
        found = read(tmp_path, text)
        assert written(found) == [(1, up), (-1, down)]
        told = "; ".join(found.understood)
        assert "before depression the conductance changes by -3e-06 S (-33.3 % of the range, 1 train)" in told
        assert "taken for a gap, and not for a pulse" in told
    # Listed once more as pulse 0, the state before says that it was a pulse.
    said = read(
        tmp_path,
        "pulse,type,G (uS)\n" + rows([*range(19), *range(20)], ["LTP"] * 19 + ["LTD"] * 20, [*up, 10.0, *down]),
    )
    assert written(said) == [(1, up), (-1, [10.0, *down])]


def test_a_first_step_as_the_law_has_it_is_a_pulse(tmp_path):
    """Steps that shrink by the same factor: the first is several times the second, and still one of them."""
    up = [round(10 * (1 - 0.5**k), 6) for k in range(8)]
    for ratio in (0.5, 0.2):
        down = [round(10 * ratio**k, 6) for k in range(1, 8)]
        text = "pulse,type,G (uS)\n" + rows(range(15), ["LTP"] * 8 + ["LTD"] * 7, up + down)
        found = read(tmp_path, text)
        assert len(found.of(-1)[0].g) == 8, ratio
        assert not any("taken for a gap" in t for t in found.understood)


def test_a_jump_in_doubt_is_said(tmp_path):
    up, down = [1.0 + 0.5 * k for k in range(19)], [round(8.8 - 0.5 * k, 6) for k in range(15)]
    found = read(tmp_path, "pulse,type,G (uS)\n" + rows(range(34), ["LTP"] * 19 + ["LTD"] * 15, up + down))
    assert written(found) == [(1, up), (-1, [10.0, *down])]
    assert "before depression the conductance changes by -1.2e-06 S, 2.4 times what a pulse" in "; ".join(
        found.understood
    )


def test_gaps_among_scattering_steps(tmp_path):
    """Steps scatter by a quarter and shrink tenfold: few first steps are taken for gaps, most gaps are found."""
    wrong = missed = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        n = 40
        y = np.log1p(np.arange(n + 1) / n * np.expm1(2.3)) / 2.3
        drop = 0.45 * (seed % 2)
        lines = []
        for cycle in range(2):
            for side in (1, -1):
                x = np.concatenate([[0], np.cumsum(np.diff(y) * (1 + 0.25 * rng.standard_normal(n)))])
                x = x / x[-1]
                g = 1 + 9 * x if side > 0 else 10 - 9 * drop - 9 * (1 - drop) * x
                begin = int((side > 0 and cycle > 0) or (side < 0 and not drop))
                lines += [f"{'LTP' if side > 0 else 'LTD'},{v:.4f}" for v in g[begin:]]
        text = "pulse,type,G (uS)\n" + "".join(f"{k},{line}\n" for k, line in enumerate(lines))
        found = any("taken for a gap" in t for t in read(tmp_path, text).understood)
        wrong += found and not drop
        missed += bool(drop) and not found
    assert (wrong <= 2, missed <= 8) == (True, True), (wrong, missed)


def test_noise_is_no_gap(tmp_path):
    rng = np.random.default_rng(3)
    up = np.linspace(1, 10, 41)
    g = np.concatenate([up, up[-2::-1]]) + 0.5 * rng.standard_normal(81)
    labels = ["LTP"] * 41 + ["LTD"] * 40
    found = read(tmp_path, "pulse,type,G (uS)\n" + rows(range(81), labels, np.round(g, 4)))
    assert [len(s.g) for s in found.sweeps] == [41, 41]
    assert not any("taken for a gap" in t or "without a pulse" in t for t in found.understood)
