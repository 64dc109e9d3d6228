"""The likelihood of reads under a step law: an extended Kalman filter over the pulses, and the law's mean curve.

The state x moves by its law, x <- x + f(x) (1 + c N) or x + f(x) + d N, stops at a rail, and is seen through reads
y = x + sigma N; trains begin at mu + tau N. Laws, in units of the data's range:

    0   f(x) = p - s x          (linear; linear in the state)
    1   f(x) = exp(p - s x)     (exponential)

Reads need not follow every pulse. Between two, each pulse is taken by itself up to a number of steps that the caller
sets; where there are more, a step is several pulses, moved by the closed form of the law (of the exponential one, to
second order in its step).
"""

from __future__ import annotations

import math

from ..base._jit import inlined, jit

MOST_STEP = 50.0
"""Step, in ranges, beyond which a law has run away; it counts as that much."""

NO_RAIL = 1e300
"""Rails from here on are none."""


@inlined
def advance(exponential, x, p, s, pulses):
    """Step of the law in `pulses` pulses from state `x`.

    Parameters
    ----------
    exponential : bool
    x, p, s : float64
    pulses : float64
        1 is the law itself.

    Returns
    -------
    change, slope, per_pulse : float64
        Of the state; the derivative of the change; the law's step at `x`.
    """
    if exponential:
        f = math.exp(min(p - s * x, 30.0))
        if f > MOST_STEP:
            return MOST_STEP, 0.0, MOST_STEP
        if pulses == 1.0:
            return f, -s * f, f
        e = s * f  # in y = exp(s x), of which a pulse adds e y, and a second-order rest
        if abs(e * pulses) < 1e-9:
            return f * pulses, -s * f * pulses, f
        inner = 1.0 + e * pulses
        outer = inner + 0.5 * e * math.log(inner) if inner > 0.0 else 0.0
        if outer <= 1e-12:  # steps that grow without limit in a finite number of pulses
            return MOST_STEP, 0.0, MOST_STEP
        change = math.log(outer) / s
        if change > MOST_STEP:
            return MOST_STEP, 0.0, MOST_STEP
        return change, (1.0 - 0.5 * e * e * pulses / inner) / outer - 1.0, f
    f = p - s * x
    if pulses == 1.0 or s == 0.0:
        return f * pulses, -s * pulses, f
    left = (1.0 - s) ** pulses if s < 1.0 else 0.0
    return f * (1.0 - left) / s, left - 1.0, f


@jit
def curves(exponential, theta, pulses, most, out):
    """Mean curves of several parameter sets.

    Parameters
    ----------
    exponential : bool
    theta : (sets, 4) float64
        mu, p, s, rail.
    pulses : (reads,) float64
        Pulse numbers, rising.
    most : int
        Steps between two reads, at most.
    out : (sets, reads) float64
    """
    for k in range(theta.shape[0]):
        x, p, s, rail = theta[k, 0], theta[k, 1], theta[k, 2], theta[k, 3]
        x = min(x, rail)
        out[k, 0] = x
        for j in range(1, pulses.shape[0]):
            gap = pulses[j] - pulses[j - 1]
            steps = int(min(gap, float(most)))
            width = gap / steps
            for _ in range(steps):
                change, _, _ = advance(exponential, x, p, s, width)
                x = min(x + change, rail)
            out[k, j] = x


@jit
def log_likelihood(exponential, relative, theta, y, counts, pulses, most, out):
    """Logarithm of the likelihood of every train, for several parameter sets.

    Parameters
    ----------
    exponential, relative : bool
        The law; whether step noise is relative to the step, else the same everywhere.
    theta : (sets, 7) float64
        mu, tau, sigma, step noise, p, s, rail.
    y : (trains, reads) float64
        NaN: none.
    counts : (trains, reads) float64
        How many reads each is the mean of.
    pulses : (reads,) float64
        Pulse numbers, rising.
    most : int
        Steps between two reads, at most.
    out : (sets, trains) float64
    """
    for k in range(theta.shape[0]):
        p, s, rail = theta[k, 4], theta[k, 5], theta[k, 6]
        v_read = theta[k, 2] ** 2
        v_noise = theta[k, 3] ** 2
        for i in range(y.shape[0]):
            m = theta[k, 0]
            v = theta[k, 1] ** 2
            total, product = 0.0, 1.0  # of the spreads: one logarithm for many
            for j in range(y.shape[1]):
                if j > 0:
                    gap = pulses[j] - pulses[j - 1]
                    steps = int(min(gap, float(most)))
                    width = gap / steps
                    for _ in range(steps):
                        change, slope, f = advance(exponential, m, p, s, width)
                        m += change
                        noise = v_noise * width
                        if relative:
                            noise *= f * f
                        v = (1.0 + slope) ** 2 * v + noise
                        if rail < NO_RAIL:
                            m, v = clipped(m, v, rail)
                if math.isfinite(y[i, j]):
                    read = v_read / counts[i, j]
                    spread = v + read
                    r = y[i, j] - m
                    part = 1.0 / spread
                    total += r * r * part
                    product *= spread
                    if not 1e-200 < product < 1e200:
                        total += math.log(product)
                        product = 1.0
                    gain = v * part
                    m += gain * r
                    v = gain * read
            out[k, i] = -0.5 * (total + math.log(product))


@inlined
def clipped(m, v, rail):
    """Mean and variance of a normal state once what lies beyond the rail is put there."""
    if m + 5.0 * math.sqrt(v) <= rail:
        return m, v
    sd = math.sqrt(v)
    if sd < 1e-9:
        return min(m, rail), v
    z = (rail - m) / sd
    below = 0.5 * math.erfc(-z / math.sqrt(2.0))
    density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    # Moments of min(z, normal), then scaled back: nothing large is subtracted.
    first = z * (1.0 - below) - density
    second = z * z * (1.0 - below) + below - z * density
    return m + sd * first, v * max(second - first * first, 1e-12)
