"""Counter-based random numbers: published answers of Philox, the naive twin, and statistics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xbarsim.kernels import noise

from . import naive

KNOWN = [  # kat_vectors of Random123: counter, key, answer
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]
word = st.integers(0, 2**32 - 1)


def words(text):
    return [int(w, 16) for w in text.split()]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_philox_gives_the_published_answers(counter, key, answer):
    got = noise.philox(*(np.uint64(w) for w in words(counter) + words(key)))
    assert [int(w) for w in got] == words(answer)
    assert list(naive.philox(words(counter), words(key))) == words(answer)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(c=st.tuples(word, word, word, word), k=st.tuples(word, word))
def test_philox_equals_the_twin(c, k):
    assert tuple(int(w) for w in noise.philox(*(np.uint64(w) for w in c + k))) == naive.philox(c, k)


@settings(deadline=None, derandomize=True, max_examples=100)
@given(seed=st.integers(0, 2**63 - 1), stream=word, iteration=word, row=word, column=word)
def test_draws_equal_the_twin(seed, stream, iteration, row, column):
    at = (np.uint64(seed), stream, iteration, row, column)
    assert int(noise.random_bits(*at)) == naive.random_bits(seed, stream, iteration, row, column)
    u = noise.uniform(*at)
    assert u == naive.uniform(seed, stream, iteration, row, column)
    assert 0 <= u < 1


def test_uniform_stays_below_one():
    assert (2**64 - 1) // 2**11 / 2**53 < 1.0


@pytest.mark.parametrize("seed", [0, 1, 2**40 + 17])
@pytest.mark.parametrize("layer", [0, 1, 3])
def test_fill_steps_equals_the_twin(seed, layer):
    for stream in (noise.STREAM_STATE_PLUS, noise.STREAM_STATE_MINUS):
        out = np.empty((4, 7), np.int64)
        noise.fill_steps(np.uint64(seed), stream, layer, 9, out)
        assert out.tolist() == naive.fill_steps(seed, stream, layer, 9, 4, 7)


def test_fill_keys_equals_the_twin():
    out = np.empty(20, np.uint64)
    noise.fill_keys(np.uint64(5), 3, out)
    assert [int(x) for x in out] == naive.fill_keys(5, 3, 20)
    assert len(set(out.tolist())) == 20


def test_every_coordinate_matters():
    base = {"seed": 1, "stream": 2, "iteration": 3, "row": 4, "column": 5}
    draws = {int(noise.random_bits(*(np.uint64(v) for v in base.values())))}
    for name in base:
        for delta in (1, 2, 3):
            at = base | {name: base[name] + delta}
            draws.add(int(noise.random_bits(*(np.uint64(v) for v in at.values()))))
    draws.add(int(noise.random_bits(*(np.uint64(v) for v in (base | {"seed": 1 + 2**32}).values()))))
    assert len(draws) == 17


def test_streams_and_layers_are_told_apart():
    streams = (noise.STREAM_ORDER, noise.STREAM_STATE_PLUS, noise.STREAM_STATE_MINUS)
    assert streams == (naive.STREAM_ORDER, naive.STREAM_STATE_PLUS, naive.STREAM_STATE_MINUS)
    fills = []
    for layer in range(4):
        for stream in streams[1:]:
            out = np.empty((5, 5), np.int64)
            noise.fill_steps(np.uint64(0), stream, layer, 1000, out)
            fills.append(out)
    for a in range(len(fills)):
        for b in range(a):
            assert np.mean(fills[a] == fills[b]) < 0.2


def test_uniform_has_the_moments_of_a_uniform():
    n = 2000
    u = np.array([noise.uniform(np.uint64(12), 2, 0, i % 50, i // 50) for i in range(n)])
    assert abs(u.mean() - 1 / 2) < 4 * np.sqrt(1 / 12 / n)
    assert abs(u.var() - 1 / 12) < 4 * np.sqrt(1 / 180 / n)
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 4 / np.sqrt(n)
    assert abs(np.mean(u[: n // 2] * u[n // 2 :]) - 1 / 4) < 0.04


@pytest.mark.parametrize("choices", [2, 9, 17])
def test_fill_steps_is_uniform(choices):
    out = np.empty((40, 50), np.int64)
    noise.fill_steps(np.uint64(4), noise.STREAM_STATE_PLUS, 0, choices, out)
    seen = np.bincount(out.ravel(), minlength=choices)
    assert len(seen) == choices  # 0 .. choices - 1
    expected = out.size / choices
    chi2 = float(np.sum((seen - expected) ** 2 / expected))
    freedom = choices - 1
    assert chi2 < freedom + 4 * np.sqrt(2 * freedom)


def test_one_choice_is_always_zero():
    out = np.ones((3, 3), np.int64)
    noise.fill_steps(np.uint64(4), noise.STREAM_STATE_PLUS, 0, 1, out)
    assert not out.any()


def test_shuffles_differ_from_epoch_to_epoch_and_are_even():
    firsts = []
    for epoch in range(400):
        out = np.empty(4, np.uint64)
        noise.fill_keys(np.uint64(9), epoch, out)
        firsts.append(int(np.argmin(out)))
    seen = np.bincount(firsts, minlength=4)
    assert float(np.sum((seen - 100) ** 2 / 100)) < 16
