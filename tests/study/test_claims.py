"""Whose a folder is: no study writes over the tables of another without a word."""

from __future__ import annotations

import pytest

import xbarsim
from xbarsim import Layout
from xbarsim.base import notes
from xbarsim.study.claims import claim, claimed

pytestmark = pytest.mark.once

BASE = Layout.of(layers=(6, 5, 3), n_max=6, dataset="tiny", iterations=9)


def test_another_study_is_refused_and_named(tmp_path, tiny_data):
    claim(tmp_path, "limits", BASE, tiny_data, force=False, asks={"methods": "a, b"})
    kept = (tmp_path / "study.json").read_text()
    claim(tmp_path, "limits", BASE.replace(seed=7), tiny_data, force=False, asks={"methods": "a, b"})
    others = (
        ("sweep", BASE, {"over": "beta"}),
        ("limits", BASE.replace(beta=1.0), {"methods": "a, b"}),
        ("limits", BASE, {"methods": "a"}),
        ("limits", BASE, {}),
    )
    for study, base, asks in others:
        with pytest.raises(
            xbarsim.OutputError, match=r"holds another study \(limits; methods a, b; 6-5-3.*tiny\).* or add --force"
        ):
            claim(tmp_path, study, base, tiny_data, force=False, asks=asks)
        assert (tmp_path / "study.json").read_text() == kept
    claim(tmp_path, "sweep", BASE, tiny_data, force=True, asks={"over": "beta"})
    with pytest.raises(xbarsim.OutputError, match=r"holds another study \(sweep; over beta;"):
        claim(tmp_path, "limits", BASE, tiny_data, force=False)


@pytest.mark.parametrize("text", ["[1]", "", "{", '{"what": "limits"}'])
def test_what_cannot_be_read_is_not_written_over(tmp_path, tiny_data, text):
    (tmp_path / "study.json").write_text(text)
    with pytest.raises(xbarsim.OutputError, match=r"study.json: expected what a study says of its folder, got some"):
        claim(tmp_path, "limits", BASE, tiny_data, force=False)
    assert (tmp_path / "study.json").read_text() == text
    with notes.collected() as told:
        assert claimed(tmp_path) is None
    assert "what the study was is not told" in told[0]
    claim(tmp_path, "limits", BASE, tiny_data, force=True)
    assert "limits" in (tmp_path / "study.json").read_text()
