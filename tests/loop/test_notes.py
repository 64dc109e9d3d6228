"""What takes long is said, once: to whoever listens, or on the standard error; never where all is quick."""

from __future__ import annotations

import logging
import time

import pytest

from xbarsim.base import compiling, notes
from xbarsim.base.notes import Patience, muted, say

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def _nobody_listens(monkeypatch):
    log = logging.getLogger("xbarsim")
    monkeypatch.setattr(log, "hasHandlers", lambda: False)  # pytest listens
    level = log.level
    log.setLevel(logging.NOTSET)
    yield
    log.setLevel(level)


def test_it_is_seen_where_nobody_listens(capsys):
    say("one")
    with muted():
        say("two")
    logging.getLogger("xbarsim").setLevel(logging.WARNING)
    say("three")
    assert capsys.readouterr().err == "xbarsim: one\n"


def test_only_what_takes_long_is_told_and_once(capsys, monkeypatch):
    monkeypatch.setattr(notes, "PATIENCE", 0.05)
    quick, slow, other = Patience("quick"), Patience("slow"), Patience("other", unless=lambda: True)
    for _ in range(3):
        with quick.waiting():
            pass
        for patience in (slow, other):
            with patience.waiting():
                time.sleep(0.15)
    assert capsys.readouterr().err == "xbarsim: slow\n"


def test_the_compiler_is_heard_unless_others_say_it(capsys, monkeypatch):
    monkeypatch.setattr(compiling, "_said_at", -1e9)
    monkeypatch.setattr(notes, "PATIENCE", 0.05)
    teller = compiling._Teller()

    def compiled(seconds):
        teller.begins()
        teller.begins()  # for the other
        time.sleep(seconds)
        teller.ends()
        teller.ends()

    compiled(0.0)
    with compiling.said_by_others():
        compiled(0.15)
    assert capsys.readouterr().err == ""
    assert not compiling.is_said()
    compiled(0.15)
    assert capsys.readouterr().err == f"xbarsim: {compiling.TEXT}\n"
    assert compiling.is_said()
