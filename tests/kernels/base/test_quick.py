"""The quick random numbers of pulses, and what is drawn once for every device.

They are held against published answers, the twin, and their distributions.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from xbarsim.kernels.base import noise
from xbarsim.kernels.base._jit import jit

from ... import naive
from ..scattered import RARE

pytestmark = pytest.mark.jit
word = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize(
    ("c0", "c1", "key", "answer"),
    [  # kat_vectors of Random123, philox2x32, 7 rounds
        (0, 0, 0, (0x257A3673, 0xCD26BE2A)),
        (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, (0xAB302C4D, 0x3DC9D239)),
        (0x243F6A88, 0x85A308D3, 0x13198A2E, (0xBEDBBE6B, 0xE4C770B3)),
    ],
)
def test_philox2_gives_the_published_answers(c0, c1, key, answer):
    assert tuple(int(w) for w in noise.philox2(np.uint64(c0), np.uint64(c1), np.uint64(key))) == answer
    assert naive.philox2(c0, c1, key) == answer


@settings(deadline=None, derandomize=True, max_examples=300)
@given(c0=word, c1=st.one_of(word, st.just(2**32 - 1)), key=word)
def test_quick_draws_equal_the_twin(c0, c1, key):
    at = np.uint64(c0), np.uint64(c1), np.uint64(key)
    assert tuple(int(w) for w in noise.philox2(*at)) == naive.philox2(c0, c1, key)
    u = noise.quick_uniform(*at)
    assert u == naive.quick_uniform(c0, c1, key)
    assert 0 <= u < 1
    assert noise.quick_normal(*at) == pytest.approx(naive.quick_normal(c0, c1, key), rel=1e-11)


@jit
def many(kind, first, c1, key, out):
    for k in range(out.shape[0]):
        at = np.uint64(first + k)
        out[k] = noise.quick_normal(at, c1, key) if kind else noise.quick_uniform(at, c1, key)


def draws(kind, n, first=0, c1=77, key=123_456):
    out = np.empty(n)
    many(kind, first, np.uint64(c1), np.uint64(key), out)
    return out


@pytest.mark.jit
def test_the_tail_equals_the_twin():
    z = draws(1, 400_000)
    far = np.flatnonzero(np.abs(z) > naive.EDGES[1])
    assert len(far) > 50
    for k in far:
        assert z[k] == pytest.approx(naive.quick_normal(int(k), 77, 123_456), rel=1e-11)
    beyond = np.abs(z[far])
    tail = stats.norm.sf(beyond) / stats.norm.sf(naive.EDGES[1])
    assert stats.kstest(tail, "uniform").pvalue > 1e-3
    assert naive.EDGES[-2] > 0.1  # the strips close at the peak
    np.testing.assert_allclose(noise._EDGE, naive.EDGES, rtol=1e-9)
    np.testing.assert_allclose(noise._HEIGHT, [naive.bell(x) for x in naive.EDGES], rtol=1e-9)


@pytest.mark.jit
@pytest.mark.parametrize(("c1", "key"), [(77, 123_456), (0, 0), (2**32 - 1, 2**32 - 1)])
def test_quick_draws_have_their_distributions(c1, key):
    n = 400_000
    u, z = draws(0, n, 0, c1, key), draws(1, n, 0, c1, key)
    for x, cdf in ((u, stats.uniform.cdf), (z, stats.norm.cdf)):
        assert stats.kstest(x, cdf).statistic < RARE / math.sqrt(n)
    for power, mean, var in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10_170)):
        assert abs((z**power).mean() - mean) < 4 * math.sqrt(var / n)
    for beyond in (2.0, 3.0, 3.6541528853610088, 4.0):
        p = 2 * stats.norm.sf(beyond)
        assert abs((np.abs(z) > beyond).sum() - n * p) < 4 * math.sqrt(n * p)
    for x in (u - 0.5, z, z**2 - 1, np.sign(z)):
        for lag in (1, 2, 3, 256, 65_536):
            assert abs(np.corrcoef(x[:-lag], x[lag:])[0, 1]) < 4.5 / math.sqrt(n - lag)
    for other in (draws(1, n, 0, (c1 + 1) % 2**32, key), draws(1, n, 0, c1, (key + 1) % 2**32)):
        assert abs(np.corrcoef(z, other)[0, 1]) < 4.5 / math.sqrt(n)
        assert abs(np.corrcoef(z**2, other**2)[0, 1]) < 4.5 / math.sqrt(n)


@pytest.mark.parametrize("lognormal", [False, True])
def test_traits_equal_the_twin(lognormal):
    for layer, side, quantity in ((0, 0, 0), (1, 0, 3), (2, 1, 8), (3, 1, 17)):
        stream = noise.trait_stream(layer, side, quantity)
        assert stream == naive.trait_stream(layer, side, quantity)
        out = np.empty((3, 4))
        for draw in (0, 5):
            noise.fill_factors(np.uint64(9), stream, draw, 0.9, lognormal, out)
            np.testing.assert_allclose(out, naive.fill_factors(9, stream, draw, 0.9, lognormal, 3, 4), rtol=1e-12)
            noise.fill_uniform(np.uint64(9), stream, draw, out)
            assert out.tolist() == naive.fill_uniform(9, stream, draw, 3, 4)
    streams = {noise.trait_stream(a, b, c) for a in range(5) for b in range(2) for c in range(20)}
    assert len(streams) == 5 * 2 * 20
    assert {x % 16 for x in streams} == {noise.STREAM_TRAIT}
    assert len({getattr(noise, name) for name in dir(noise) if name.startswith("STREAM_")}) == len(
        [name for name in dir(noise) if name.startswith("STREAM_")]
    )
