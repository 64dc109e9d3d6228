"""Counter-based random numbers: published answers of Philox, the naive twin, and statistics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xbarsim.kernels.base import noise

from ... import naive
from . import naive_noise

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
    assert noise.normal(*at) == pytest.approx(naive.normal(seed, stream, iteration, row, column), rel=1e-13, abs=1e-15)


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
    newer = (noise.STREAM_SCALE_PLUS, noise.STREAM_SCALE_MINUS, noise.STREAM_WEIGHT)
    assert newer == (naive.STREAM_SCALE_PLUS, naive.STREAM_SCALE_MINUS, naive.STREAM_WEIGHT)
    assert len({*streams, *newer}) == 6
    assert max(newer) < 16
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


# ---------------------------------------------------------------------------------------------------------------------
# Normal draws, and what is made of them

NEGATIVE = {"zero": noise.NEGATIVE_ZERO, "reflect": noise.NEGATIVE_REFLECT, "redraw": noise.NEGATIVE_REDRAW}
PLUS, MINUS = noise.STREAM_SCALE_PLUS, noise.STREAM_SCALE_MINUS


def scales(shape, *, seed=3, stream=PLUS, layer=0, draw=0, sigma=0.1, negative="zero"):
    out = np.empty(shape, np.float32)
    noise.fill_scales(np.uint64(seed), stream, layer, draw, sigma, NEGATIVE[negative], out)
    return out


@pytest.mark.jit
@pytest.mark.parametrize("seed", [0, 7, 2**40])
def test_normal_is_normal(seed):
    z = (scales((300, 1000), seed=seed, sigma=0.125).astype(np.float64) - 1) / 0.125
    n = z.size
    assert abs(z.mean()) < 4 / np.sqrt(n)
    assert abs(z.var() - 1) < 4 * np.sqrt(2 / n)
    assert abs(np.mean(z**3)) < 4 * np.sqrt(15 / n)
    assert abs(np.mean(z**4) - 3) < 4 * np.sqrt(96 / n)
    for least, fraction in ((1, 0.1586553), (2, 0.0227501), (3, 0.0013499), (4, 0.0000316712)):
        for tail in (z > least, z < -least):
            assert abs(tail.sum() - n * fraction) < 4 * np.sqrt(n * fraction) + 1


def test_normal_takes_both_signs_evenly():
    z = np.array([noise.normal(np.uint64(1), PLUS, 0, i, 0) for i in range(2000)])
    assert abs(np.mean(z > 0) - 0.5) < 4 * 0.5 / np.sqrt(2000)
    assert abs(z.mean()) < 4 / np.sqrt(2000)
    assert abs(z.var() - 1) < 4 * np.sqrt(2 / 2000)
    assert np.abs(z).max() > 2.5


def test_normal_of_extreme_words(monkeypatch):
    """The logarithm of 0 is never taken."""
    most, largest = 2**32 - 1, np.sqrt(-2 * np.log(0.5 / 2**64))
    python = getattr(noise.normal, "py_func", noise.normal)
    for words, z in (((0, 0, 0, 0), largest), ((0, 0, 2**31, 0), -largest), ((most,) * 4, 0.0)):
        monkeypatch.setattr(noise, "philox", lambda *_, words=words: tuple(np.uint64(w) for w in words))
        monkeypatch.setattr(naive_noise, "philox", lambda *_, words=words: words)
        assert python(np.uint64(0), 1, 2, 3, 4) == pytest.approx(z, abs=1e-7)
        assert naive.normal(0, 1, 2, 3, 4) == pytest.approx(z, abs=1e-7)


@pytest.mark.jit
def test_streams_layers_draws_and_neighbours_are_not_correlated():
    shape = (80, 250)
    base = scales(shape)
    others = [
        scales(shape, stream=MINUS),
        scales(shape, layer=1),
        scales(shape, layer=2),
        scales(shape, draw=1),
        scales(shape, seed=4),
        scales(shape, stream=MINUS, layer=1),
    ]
    rolled = [np.roll(base, 1, axis) for axis in (0, 1)]
    for k, a in enumerate([base, *others]):
        for b in [*others[k:], *rolled] if k == 0 else others[k:]:
            assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 4 / np.sqrt(base.size)


@pytest.mark.parametrize("negative", NEGATIVE)
@pytest.mark.parametrize("sigma", [0.1, 1.0, 30.0])
def test_fill_scales_equals_the_twin(sigma, negative):
    for seed, stream, layer, draw in ((0, PLUS, 0, 0), (5, MINUS, 2, 0), (2**45 + 3, PLUS, 1, 65_535)):
        got = scales((9, 8), seed=seed, stream=stream, layer=layer, draw=draw, sigma=sigma, negative=negative)
        assert got.tolist() == naive.fill_scales(seed, stream, layer, draw, sigma, negative, 9, 8)


def test_what_becomes_of_negative_scales():
    zero, reflect, redraw = (scales((50, 60), sigma=1.0, negative=negative) for negative in NEGATIVE)
    dead = zero == 0
    assert 0.12 < dead.mean() < 0.2  # P(z < -1) is 0.159
    for other in (reflect, redraw):
        np.testing.assert_array_equal(other[~dead], zero[~dead])
        assert (other >= 0).all()
        assert (other[dead] > 0).all()
        assert len(np.unique(other[dead])) > 0.9 * dead.sum()
    # Reflected: |X| where X < 0, mostly small. Drawn again: distributed as the others are.
    assert np.median(reflect[dead]) < 0.6
    assert abs(np.median(redraw[dead]) - np.median(zero[~dead])) < 0.2
    # The array that is drawn next does not get what this one was given in the second attempt.
    assert not np.isin(redraw[dead], scales((50, 60), sigma=1.0, draw=1)).any()
    assert (scales((4, 4), sigma=0.0) == 1).all()


def test_draws_do_not_depend_on_the_size_of_the_array():
    for negative in NEGATIVE:
        whole = scales((12, 30), sigma=1.5, negative=negative)
        np.testing.assert_array_equal(scales((5, 7), sigma=1.5, negative=negative), whole[:5, :7])
    whole, part = np.empty((9, 32), np.float32), np.empty((9, 64), np.float32)
    noise.fill_weights(np.uint64(3), 1, 0.5, whole)
    noise.fill_weights(np.uint64(3), 1, 0.5, part[:4, :5])
    np.testing.assert_array_equal(part[:4, :5], whole[:4, :5])


def test_fill_weights_equals_the_twin_and_is_uniform():
    for seed, layer in ((0, 0), (5, 3), (2**50, 1)):
        out = np.empty((4, 7), np.float32)
        noise.fill_weights(np.uint64(seed), layer, 0.3, out)
        assert out.tolist() == naive.fill_weights(seed, layer, 0.3, 4, 7)
    out = np.empty((50, 60), np.float32)
    noise.fill_weights(np.uint64(1), 0, 0.3, out)
    assert np.abs(out).max() <= np.float32(0.3)
    assert abs(out.mean()) < 4 * 0.3 / np.sqrt(3 * out.size)
    assert abs(out.var() - 0.03) < 4 * 0.09 * np.sqrt(4 / 45 / out.size)
