"""Twins of the Tiki-Taka family: two arrays, a fast one that gradients go to, and a slow one; see `tests/naive.py`.

- version 1: Gokmen and Haensch, Front. Neurosci. 14:103 (2020)
- version 2: Gokmen, Front. Artif. Intell. 4:699148 (2021)
- choppers, and the estimated reference (AGAD): Rasch, Carta, Fagbohungbe and Gokmen, Nat. Commun. 15:7133 (2024)

Rows are inputs, columns are outputs; devices as in `tests/rules/cells.py`. Lines are read one at a time in turn: rows
(one input at 1, the others at 0: a value of each output comes back), or columns the other way round. What is drawn is
passed in: ``draw(kind, line, slot)`` is uniform in [0, 1), with kind "x" or "d" for gradients; with kind (side, n) for
the n-th read of an update, whose line is 0 on side "x", and values are on side "d". ``flip(line, n)`` says whether the
n-th visit of a line flips its chopper.
"""

from __future__ import annotations

import math

from ..stochastic.naive import largest, send_pulses, train_update


def lines_in_turn(n, reads, lines):
    """The lines that the n-th transfer reads (from 0 on)."""
    return [(n * reads + k) % lines for k in range(reads)]


def transfers_after(update, every):
    """Whether there is a transfer after this update (from 1 on)."""
    return update % math.ceil(every) == 0


def follow_largest(known, new, momentum=0.99):
    """The running mean of the largest |x| or |d|; it starts at the first, and a vector of zeros says nothing."""
    if known is None or known == 0:
        return new
    return known if new == 0 else momentum * known + (1 - momentum) * new


class TikiTaka:
    """Version 1: what is read of the fast array goes to the slow one by pulse trains.

    `step` and `slow_step` are what a pulse is taken for (dw near 0) in each array.
    """

    def __init__(
        self,
        fast,
        slow,
        step,
        slow_step,
        *,
        fast_rate=1.0,
        fast_rate_scales=False,
        auto_scale=False,
        train_length=31,
        length_management=True,
        update_management=True,
        transfer_rate=1.0,
        transfer_every=1,
        transfer_reads=1,
        transfer_by="rows",
        transfer_length=31,
        fast_weight=0.0,
    ):
        self.fast, self.slow, self.step, self.slow_step = fast, slow, step, slow_step
        self.fast_rate, self.fast_rate_scales, self.auto_scale = fast_rate, fast_rate_scales, auto_scale
        self.trains = train_length, length_management, update_management
        self.transfer_rate, self.transfer_every, self.transfer_reads = transfer_rate, transfer_every, transfer_reads
        self.by_rows, self.transfer_length, self.fast_weight = transfer_by == "rows", transfer_length, fast_weight
        self.rows, self.columns = len(fast), len(fast[0])
        self.lines, self.across = (self.rows, self.columns) if self.by_rows else (self.columns, self.rows)
        self.updates = self.transfers = 0
        self.top_x = self.top_d = None
        self.momentum_of_tops = 0.99

    def cell(self, array, line, k):
        """The k-th device of a line."""
        return array[line][k] if self.by_rows else array[k][line]

    def weights(self):
        """What forward and backward passes see."""
        return [
            [self.fast_weight * a.read() + c.read() for a, c in zip(fast, slow, strict=True)]
            for fast, slow in zip(self.fast, self.slow, strict=True)
        ]

    def gradient_rate(self, xs, ds, rate):
        """The learning rate of the fast array."""
        if self.auto_scale:
            self.top_x = follow_largest(self.top_x, largest(xs), self.momentum_of_tops)
            self.top_d = follow_largest(self.top_d, largest(ds), self.momentum_of_tops)
            if self.top_x == 0 or self.top_d == 0:
                return 0.0
            return self.fast_rate * self.trains[0] * self.step / (self.top_x * self.top_d)
        return self.fast_rate * rate if self.fast_rate_scales else self.fast_rate

    def seen(self, xs, ds):
        """Inputs and errors as the fast array gets them."""
        return xs, ds

    def update(self, xs, ds, rate, draw):
        """One sample: pulses to the fast array, then the transfer, if one is due, which sees them."""
        seen_xs, seen_ds = self.seen(xs, ds)
        fast_rate = self.gradient_rate(xs, ds, rate)
        train_update(self.fast, seen_xs, seen_ds, fast_rate, self.step, *self.trains, draw)
        self.updates += 1
        if transfers_after(self.updates, self.transfer_every):
            for n, line in enumerate(lines_in_turn(self.transfers, self.transfer_reads, self.lines)):
                reads = [self.cell(self.fast, line, k).read() for k in range(self.across)]
                self.transfer(line, n, reads, self.transfer_rate * rate, draw)
            self.transfers += 1

    def transfer(self, line, n, reads, rate, draw):
        wanted = [-read for read in reads]  # the slow array is to change by +rate times what was read
        cells = [self.cell(self.slow, line, k) for k in range(self.across)]  # a single line, which is full
        trains = self.transfer_length, *self.trains[1:]
        train_update(
            [cells], [1.0], wanted, rate, self.slow_step, *trains, lambda kind, at, slot: draw((kind, n), at, slot)
        )


class TikiTaka2(TikiTaka):
    """Version 2: reads are summed up digitally in H, and the slow array gets whole steps.

    buffer "threshold": H in weight units, a step for each `buffer_granularity` slow steps. "relative": H in steps;
    reads are divided by `buffer_granularity` fast steps, and if `auto_granularity` is set, times that over the number
    of updates in which all lines are read once. After a step, H loses what was written, or (`forget`) all but
    `buffer_momentum` of it.
    """

    def __init__(
        self,
        *arrays,
        buffer="relative",
        buffer_granularity=1.0,
        auto_granularity=0.0,
        buffer_momentum=0.0,
        forget=False,
        transfer_length=1,
        **settings,
    ):
        super().__init__(*arrays, transfer_length=transfer_length, **settings)
        self.relative, self.momentum, self.forget = buffer == "relative", buffer_momentum, forget
        self.granularity, self.auto_granularity = buffer_granularity, auto_granularity
        self.h = [[0.0] * self.across for _ in range(self.lines)]

    def unit(self):
        """What one step of the slow array is in H, and what a read counts for, in H over rate."""
        if not self.relative:
            return self.granularity * self.slow_step, 1.0
        bucket = self.granularity * self.step
        if self.auto_granularity > 0:
            bucket *= self.auto_granularity / (self.lines * self.transfer_every)
        return 1.0, 1.0 / bucket

    def transfer(self, line, n, reads, rate, draw):
        for k, read in enumerate(reads):
            steps = self.gather(line, k, read * rate)
            self.write(line, k, steps)

    def gather(self, line, k, amount):
        """Adds to H; returns the steps that follow, and takes them off."""
        one, scale = self.unit()
        self.h[line][k] += amount * scale
        steps = math.trunc(self.h[line][k] / one)
        steps = max(-self.transfer_length, min(self.transfer_length, steps))
        if steps != 0 and self.forget:
            self.h[line][k] *= self.momentum
        elif steps != 0:
            self.h[line][k] -= (1 - self.momentum) * steps * one
        return steps

    def write(self, line, k, steps):
        send_pulses(self.cell(self.slow, line, k), steps)


class Chopped(TikiTaka2):
    """Version 2 with a sign (the chopper) on each line that is read, for gradients and for reads.

    After a read the sign flips with `chop_probability`, or, not at random, in every so many-th sweep over the lines.
    """

    def __init__(self, *arrays, chop_probability=0.1, chop_random=True, flip=None, **settings):
        super().__init__(*arrays, **settings)
        self.chop_probability, self.chop_random, self.flip = chop_probability, chop_random, flip
        self.signs = [1] * self.lines
        self.visits = [0] * self.lines

    def period(self):
        """Sweeps between two flips that are not at random."""
        return max(2, math.ceil(1 / self.chop_probability))

    def seen(self, xs, ds):
        if self.by_rows:
            return [x * s for x, s in zip(xs, self.signs, strict=True)], ds
        return xs, [d * s for d, s in zip(ds, self.signs, strict=True)]

    def transfer(self, line, n, reads, rate, draw):
        super().transfer(line, n, [self.corrected(line, k, read) for k, read in enumerate(reads)], rate, draw)
        self.visits[line] += 1
        if self.flips(line):
            self.signs[line] *= -1

    def corrected(self, line, k, read):
        return self.signs[line] * read

    def weights(self):
        sign = (lambda i, j: self.signs[i]) if self.by_rows else (lambda i, j: self.signs[j])
        return [
            [
                self.fast_weight * sign(i, j) * a.read() + c.read()
                for j, (a, c) in enumerate(zip(fast, slow, strict=True))
            ]
            for i, (fast, slow) in enumerate(zip(self.fast, self.slow, strict=True))
        ]

    def flips(self, line):
        if self.chop_probability == 0:
            return False
        if self.chop_random:
            return self.flip(line, self.visits[line])
        return self.visits[line] % self.period() == 0


class Agad(Chopped):
    """Choppers that flip regularly, and a reference P for each device, estimated from reads under the last sign.

    mu follows the reads, ``mu += m (read - mu)`` with ``m = tail_weight / period`` (at most 1), and is never reset. At
    the first read after a flip, P becomes mu. What counts is ``sign (read - P)``. In the first sweeps nothing is
    written, as P is not known yet: `quiet` of them, by default a period. H gathers then, or not (`early`).
    """

    def __init__(self, *arrays, tail_weight=5.0, quiet=None, early=True, chop_random=False, **settings):
        super().__init__(*arrays, chop_random=chop_random, **settings)
        self.early = early
        self.m = min(1.0, tail_weight / self.period())
        self.quiet = self.period() if quiet is None else quiet
        self.mu = [[0.0] * self.across for _ in range(self.lines)]
        self.p = [[0.0] * self.across for _ in range(self.lines)]
        self.flipped = [False] * self.lines

    def transfer(self, line, n, reads, rate, draw):
        if self.flipped[line]:
            self.p[line] = list(self.mu[line])
        before = self.signs[line]
        super().transfer(line, n, reads, rate, draw)
        self.flipped[line] = self.signs[line] != before
        self.mu[line] = [mu + self.m * (read - mu) for mu, read in zip(self.mu[line], reads, strict=True)]

    def corrected(self, line, k, read):
        return self.signs[line] * (read - self.p[line][k])

    def gather(self, line, k, amount):
        return super().gather(line, k, amount) if self.early or self.visits[line] >= self.quiet else 0

    def write(self, line, k, steps):
        if self.visits[line] >= self.quiet:
            super().write(line, k, steps)
