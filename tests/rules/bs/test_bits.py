"""Kernels of rule `bs` against their twins bit for bit, and against expectations.

Statistical bounds are five standard errors, and all draws are seeded.
"""

from __future__ import annotations

import numpy as np
import pytest
from xbarsim.kernels.base import noise
from xbarsim.kernels.rules.bs import bits as binary

from ... import naive
from .cases import RNG, T, close, drawn, ints, sigma

pytestmark = pytest.mark.jit


def sign_errors(w, up, n_up, down, n_down, gated, n, dead_zone, draws, above, below):
    """A backward read, and its comparators."""
    sums = np.full(len(w), np.nan, np.float32)
    binary.sum_signs(w, up, n_up, down, n_down, gated, n, sums)
    return binary.sign_sums(sums, gated, n, dead_zone, draws, above, below)


# ---------------------------------------------------------------------------------------------------------------------
# Twins


@pytest.mark.parametrize("coordinates", [(0, 1, 0, 0, 5), (2**63 - 11, 31, 2**32 - 1, 7, 64), (5, 12, 60_000, 3, 201)])
def test_random_words(coordinates):
    n = coordinates[-1]
    words = np.zeros(4 * ((n + 7) // 8), np.uint32)
    noise.fill_words(np.uint64(coordinates[0]), *coordinates[1:], words)
    assert words.view(np.uint16)[:n].tolist() == naive.draws_of(*coordinates)


def test_streams_differ_from_all_others():
    streams = {noise.bits_stream(layer, use) for layer in range(20) for use in range(8)}
    assert len(streams) == 160
    assert noise.bits_stream(3, 2) == naive.bits_stream(3, 2)
    names = [v for k, v in vars(noise).items() if k.startswith("STREAM_")]
    assert len(set(names)) == len(names)
    assert max(names) < 16


def test_tables():
    for table, values in zip(T, naive.build_tables(), strict=True):
        np.testing.assert_allclose(table, values, rtol=3e-7, atol=1e-9)
    assert abs(np.mean(T.logistic)) < 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_inputs(seed):
    x = RNG(seed).choice([0, 0.1, 0.5, 0.50390625, 0.9, 1.0], 90).astype(np.float32)
    lines = np.flatnonzero(x).astype(np.int32)
    out, d = ints(90), drawn(90, seed)
    n = binary.binarise_inputs(lines, x[lines], len(lines), d, out)
    assert out[:n].tolist() == naive.binarise_inputs(x.tolist(), d.tolist())
    n = binary.threshold_inputs(lines, x[lines], len(lines), out)
    assert out[:n].tolist() == naive.threshold_inputs(x.tolist())


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_neurons(temperature):
    n = 203
    z = (2 * RNG(1).standard_normal(n)).astype(np.float32)
    z[:3] = 0, -0.0, 50
    t, d, out = np.float32(temperature), drawn(2 * n, 5), ints(n)
    for run, slow in (
        (lambda: binary.compare(z, n, t, d, T.logistic, out), lambda: naive.compare(z, t, d.tolist())),
        (lambda: binary.slope_norm(z, n, t, d, T.width, out), lambda: naive.slope_norm(z, t, d.tolist())),
        (
            lambda: binary.slope_and(z, n, t, d, T.logistic, out),
            lambda: naive.slope_and(z, t, d.tolist()[: 2 * n]),
        ),
        (
            lambda: binary.slope_window(z, n, t, np.float32(1.5), d, T.logistic, out),
            lambda: naive.slope_window(z, t, 1.5, d.tolist()),
        ),
    ):
        m = run()
        assert out[:m].tolist() == slow()


@pytest.mark.parametrize("seed", range(6))
def test_output_errors(seed):
    rng, n = RNG(seed), 10
    z, label = (2 * rng.standard_normal(n)).astype(np.float32), int(rng.integers(n))
    up, down, d = ints(n), ints(n), drawn(n, seed)
    c = np.empty(n)
    assert binary.cumulate_softmax(z, n, 0.7, c) == z.max()
    np.testing.assert_allclose(c, naive.cumulate_softmax(z, 0.7), rtol=1e-14)
    word = int(d[0]) * 65536 + int(d[1])
    a, b = binary.class_error(c, n, np.uint32(word), label, up, down)
    assert (up[:a].tolist(), down[:b].tolist()) == naive.class_error(z, 0.7, word, label)
    a, b = binary.bits_error(z, n, np.float32(0.7), d, T.logistic, label, up, down)
    assert (up[:a].tolist(), down[:b].tolist()) == naive.bits_error(z, 0.7, d.tolist(), label)


@pytest.mark.parametrize("seed", range(4))
def test_sign_errors(seed):
    rng = RNG(seed)
    w = np.round(rng.standard_normal((30, 16)), 1).astype(np.float32)
    columns = rng.permutation(16).astype(np.int32)
    up, down = np.sort(columns[: seed + 1]), np.sort(columns[8 : 9 + seed])
    w[3, up], w[3, down] = 1, 1  # an exact zero
    gated = np.append(np.int32(3), np.flatnonzero(rng.random(30) < 0.6)).astype(np.int32)
    a, b = ints(31), ints(31)
    for dead in (0.0, 0.7, 3.0):
        d = drawn(40, seed)
        n, m = sign_errors(w, up, len(up), down, len(down), gated, len(gated), np.float32(dead), d, a, b)
        slow = naive.sign_errors(w, up, down, gated.tolist(), dead, d[: len(gated)].tolist())
        assert (a[:n].tolist(), b[:m].tolist()) == slow


def test_reads_and_ideal_steps():
    rng = RNG(0)
    w = np.clip(rng.standard_normal((40, 16)), -1.5, 1.5).astype(np.float32)
    for n in (0, 1, 8, 21):
        lines, out = np.sort(rng.permutation(40)[:n]).astype(np.int32), np.empty(16, np.float32)
        binary.forward_bits(lines, n, w, out)
        assert out.tolist() == [float(v) for v in naive.forward_bits(lines, w)]
        slow = w.copy()
        up, down = np.array([1, 5], np.int32), np.array([0, 15], np.int32)
        binary.step_ideal(lines, n, up, 2, down, 2, np.float32(0.3), np.float32(1.5), np.empty((1, 16), np.float32), w)
        naive.step_ideal(lines, up, down, 0.3, 1.5, slow)
        assert np.array_equal(w, slow)


# ---------------------------------------------------------------------------------------------------------------------
# Expectations


def test_mean_of_input_bits():
    n = 200_000
    for x in (0.0, 1 / 255, 0.25, 254 / 255, 1.0):
        hits = binary.binarise_inputs(np.zeros(n, np.int32), np.full(n, x, np.float32), n, drawn(n), ints(n))
        close(hits / n, x, n)
        assert x not in (0.0, 1.0) or hits == n * x


@pytest.mark.parametrize("z", [-3.0, -0.4, 0.0, 1.0, 2.5])
@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_means_of_neurons_and_derivatives(z, temperature):
    n, t = 200_000, np.float32(temperature)
    values, d, out = np.full(n, z, np.float32), drawn(2 * n), ints(n)
    s = sigma(z / temperature)
    close(binary.compare(values, n, t, d, T.logistic, out) / n, s, n)
    close(binary.slope_norm(values, n, t, d, T.width, out) / n, 4 * s * (1 - s), n)
    close(binary.slope_and(values, n, t, d, T.logistic, out) / n, s * (1 - s), n)
    window = sigma(z / temperature + 1.5) - sigma(z / temperature - 1.5)
    close(binary.slope_window(values, n, t, np.float32(1.5), d, T.logistic, out) / n, window, n)


def test_means_of_output_errors():
    n, t, label = 40_000, 0.8, 2
    z = np.array([0.3, -1.0, 0.5, 1.2], np.float32)
    p, c = np.exp(z / t) / np.exp(z / t).sum(), np.empty(4)
    binary.cumulate_softmax(z, 4, t, c)
    up, down, d = ints(4), ints(4), drawn(8 * n)
    classes, bits = np.zeros(4), np.zeros(4)
    for k in range(n):
        a, b = binary.class_error(c, 4, d.view(np.uint32)[k], label, up, down)
        classes[up[:a]] += 1
        classes[down[:b]] -= 1
        a, b = binary.bits_error(z, 4, np.float32(t), d[4 * k : 4 * k + 4], T.logistic, label, up, down)
        bits[up[:a]] += 1
        bits[down[:b]] -= 1
    target = np.eye(4)[label]
    close(np.abs(classes / n), np.abs(target - p), n)
    close(np.abs(bits / n), np.abs(target - sigma(z / t)), n)


def test_mean_of_a_sign_with_a_random_dead_zone():
    n = 100_000
    w, gated = np.full((n, 1), 0.6, np.float32), np.arange(n, dtype=np.int32)
    one, none, above, below = np.zeros(1, np.int32), np.zeros(0, np.int32), ints(n), ints(n)
    for dead, mean in ((2.0, 0.3), (0.7, 0.6 / 0.7), (0.5, 1.0), (0.0, 1.0)):
        a, b = sign_errors(w, one, 1, none, 0, gated, n, np.float32(dead), drawn(n), above, below)
        assert b == 0
        close(a / n, mean, n)
        a, b = sign_errors(w, none, 0, one, 1, gated, n, np.float32(dead), drawn(n), above, below)
        assert a == 0
        close(b / n, mean, n)
