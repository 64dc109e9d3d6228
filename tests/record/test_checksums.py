"""Checksums of single values, whatever is damaged in them."""

from __future__ import annotations

import pytest

from xbarsim.record.checksums import crc_of

pytestmark = pytest.mark.once


def test_texts_that_are_no_text_have_a_checksum_of_their_own():
    whole = crc_of({"status": "finished", "n": 3})
    assert crc_of({"status": b"finished", "n": 3}) == whole
    seen = {crc_of({"status": raw, "n": 3}) for raw in (b"finished", b"f\xe6nished", b"\xe6", b"\xe7", "\udce6", "")}
    assert len(seen) == 6
