"""Twins of the software reference: back-propagation in float64; see `tests/naive.py`."""

from __future__ import annotations

import numpy as np

from ...kernels.base.naive import F


def descend(volts, delta, rate, w):
    """W after a step down the gradient ``volts[i] delta[j]``, in float32; voltages of undriven rows are 0."""
    return [
        [w[i][j] - (F(rate) * volts[i]) * delta[j] if volts[i] > 0 else w[i][j] for j in range(len(delta))]
        for i in range(len(volts))
    ]


def follow_steps(inputs, deltas, rate, bias, tests, currents):
    """First-layer sums of the tests after steps on these inputs: W has changed by -rate times an outer product each."""
    change = sum(
        np.outer(np.append(x, bias), delta).astype(np.float64) for x, delta in zip(inputs, deltas, strict=False)
    )
    return currents - rate * np.array([np.append(test, bias) for test in tests]) @ change


class Software:
    """A network with float64 weights, a list of matrices; the last row of each belongs to the bias, if there is one."""

    def __init__(self, weights, bias, c, slope):
        self.weights = [np.array(w, np.float64) for w in weights]
        self.bias, self.c, self.slope = bias, c, slope

    def forward(self, x):
        """(inputs, sums) of every layer, for one sample."""
        inputs, sums = [], []
        for k, w in enumerate(self.weights):
            inputs.append(np.append(x, 1.0) if self.bias else x)
            sums.append(inputs[-1] @ w)
            if k < len(self.weights) - 1:
                x = np.clip(0.5 + sums[-1] / (2 * self.c), 0, 1)
        return inputs, sums

    def loss(self, x, label):
        y = self.forward(x)[1][-1]
        return np.log(np.sum(np.exp(y - y.max()))) + y.max() - y[label]

    def gradient(self, x, label):
        """Of the loss of one sample, for every layer."""
        inputs, sums = self.forward(x)
        e = np.exp(sums[-1] - sums[-1].max())
        delta = e / e.sum() - (np.arange(len(e)) == label)
        gradients = [np.outer(inputs[-1], delta)]
        for k in range(len(self.weights) - 1, 0, -1):
            slope = np.where(np.abs(sums[k - 1]) < self.c, self.slope, 0)
            delta = slope * (self.weights[k] @ delta)[: len(slope)]
            gradients.insert(0, np.outer(inputs[k - 1], delta))
        return gradients

    def classify(self, x):
        return int(np.argmax(self.forward(x)[1][-1]))


def train_software(network, xs, labels, batch, rate):
    """Loss and number of wrong samples of every step, each on the mean gradient of `batch` samples."""
    losses, wrongs = [], []
    for a in range(0, len(labels) - batch + 1, batch):
        part = list(zip(xs[a : a + batch], labels[a : a + batch], strict=True))
        losses.append(sum(network.loss(x, y) for x, y in part) / batch)
        wrongs.append(sum(network.classify(x) != y for x, y in part))
        gradients = [network.gradient(x, y) for x, y in part]
        for k, w in enumerate(network.weights):
            w -= rate * sum(g[k] for g in gradients) / batch
    return losses, wrongs
