"""Ways to spoil bytes, texts and TOML."""

from __future__ import annotations

import re

import numpy as np

from .target import pick

ODD_NUMBERS = [
    "0", "-0.0", "-1", "1", "2", "1e400", "-1e308", "1e308", "1e-320", "1e-30", "nan", "inf", "-inf", "9" * 30, "0.1",
    "3.0", "1_000", "0x10", "65536", "4294967296", "-9223372036854775809", "1e5", "1,5", "½",
]  # fmt: skip
ODD_TEXTS = [
    "", "x", "é", "a\nb", "a\u2028b", "\x00", "a" * 300, "'", '"', "..", "/", "~", "None", "[bold]x[/bold]", "{0}",
    "%s", "a,b", "\ud7ff\U0001f600", "--help", "con\rx",
]  # fmt: skip
ODD_TOML = [
    *(n for n in ODD_NUMBERS if n not in ("1,5", "½", "1e400")), "1e400", "true", "false", "[]", "[[]]", "[1, 2]",
    '[1, "a"]', "[[0.1, 0.2], [0.3]]", "{}", "{a = 1}", "1979-05-27", "1979-05-27T07:32:00Z", "07:32:00",
    '""', '"x"', '"a\\nb"', '"""a\nb"""', '"\\u0000"', '"é"', '"a\\u2028b"', '"' + "y" * 300 + '"',
]  # fmt: skip
_NUMBER = re.compile(r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?")


def flipped(raw: bytes, rng: np.random.Generator) -> bytes:
    """The bytes with one to three bits flipped, in a few places; or a block of other bytes; or cut short.

    Most of a small file is room for more; half of the flips go to bytes that are not zero, where HDF5's bookkeeping is.
    """
    out, kind = bytearray(raw), rng.random()
    if not raw:
        return raw
    if kind < 0.75:
        places = np.flatnonzero(np.frombuffer(raw, np.uint8)) if kind < 0.4 else np.arange(len(raw))
        if not len(places):
            places = np.arange(len(raw))
        for at in rng.choice(places, int(rng.integers(1, 4))).tolist():
            out[at] ^= 1 << int(rng.integers(8))
    elif kind < 0.95:
        at, n = int(rng.integers(0, len(out))), int(rng.integers(1, 64))
        out[at : at + n] = rng.integers(0, 256, len(out[at : at + n])).astype(np.uint8).tobytes()
    else:
        del out[int(rng.integers(0, len(out))) :]
    return bytes(out)


def spoiled(text: str, rng: np.random.Generator, *, times: int | None = None) -> str:
    """A text of lines with one to three changes that people and programs make."""
    for _ in range(int(rng.integers(1, 4)) if times is None else times):
        text = _CHANGES[int(rng.integers(len(_CHANGES)))](text, rng)
    return text


def _number(text: str, rng: np.random.Generator) -> str:
    found = list(_NUMBER.finditer(text))
    if not found:
        return text
    m = pick(rng, found)
    return text[: m.start()] + pick(rng, ODD_NUMBERS) + text[m.end() :]


def _word(text: str, rng: np.random.Generator) -> str:
    """One word takes the place of another."""
    found = list(re.finditer(r"[^\s,;=]+", text))
    if not found:
        return text
    m, other = pick(rng, found), pick(rng, found)
    return text[: m.start()] + other.group() + text[m.end() :]


def _lines(text: str, rng: np.random.Generator) -> str:
    """A line is lost, doubled, moved, or joined with the next."""
    lines = text.split("\n")
    at, to, kind = int(rng.integers(len(lines))), int(rng.integers(len(lines))), int(rng.integers(4))
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(to, lines[at])
    elif kind == 2:
        lines[at], lines[to] = lines[to], lines[at]
    else:
        lines[at : at + 2] = ["".join(lines[at : at + 2])]
    return "\n".join(lines)


def _inserted(text: str, rng: np.random.Generator) -> str:
    at = int(rng.integers(len(text) + 1))
    return text[:at] + pick(rng, [*ODD_TEXTS, *ODD_NUMBERS, ",", ";", "\t", "=", "[", "]", "*", "#"]) + text[at:]


def _lost(text: str, rng: np.random.Generator) -> str:
    """A few signs are lost, or all behind a place."""
    at = int(rng.integers(len(text) + 1))
    n = len(text) if rng.random() < 0.15 else int(rng.integers(1, 12))
    return text[:at] + text[at + n :]


def _separators(text: str, rng: np.random.Generator) -> str:
    old, new = pick(rng, [",", ";", "\t", " ", ".", "\n", "="]), pick(rng, [",", ";", "\t", " ", ".", "\r\n", "\r", ""])
    return text.replace(old, new) if rng.random() < 0.3 else text.replace(old, new, 1)


_CHANGES = (_number, _number, _word, _lines, _lines, _inserted, _lost, _separators)


def raw_of(text: str, rng: np.random.Generator) -> bytes:
    """The bytes of a text, mostly UTF-8, now and then something else or flipped."""
    kind = rng.random()
    if kind < 0.85:
        return text.encode("utf-8", errors="surrogatepass")
    if kind < 0.9:
        return pick(rng, [b"\xef\xbb\xbf", b"\xff\xfe", b""]) + text.encode("utf-8")
    if kind < 0.93:
        return text.encode("utf-16")
    if kind < 0.95:
        return text.encode("latin-1", errors="replace")
    return flipped(text.encode("utf-8"), rng)
