"""Twins of the small kernels of `kernels/path`, and of those that came with it: lists and dictionaries."""

from __future__ import annotations


def samples_of(batch):
    return sum(1 for _ in range(batch["size"]) for _ in range(batch["positions"]))


def make_kept_maps(layers, batch):
    """Numbers in each field: (samples, cells of samples) of layers given as (positions, rows, padded columns)."""
    samples = [positions * batch for positions, _, _ in layers]
    return sum(samples), sum(n * (max(rows, cols) + 1) for n, (_, rows, cols) in zip(samples, layers, strict=True))


def make_memory(layers, batch):
    """Numbers of (driven rows, positions, outputs) of layers given as (positions, rows, columns), of each sample."""
    return [
        [sum(p * rows for p, rows, _ in layers), sum(p for p, _, _ in layers), sum(p * cols for p, _, cols in layers)]
        for _ in range(batch)
    ]


def new_memory(layers, batch):
    return make_memory(layers, batch) if layers else 0


def save_inputs(position, driven, memory):
    memory.setdefault("inputs", {})[position] = list(driven)


def load_inputs(position, memory):
    return memory["inputs"][position]


def save_currents(position, currents, memory):
    memory.setdefault("currents", {})[position] = list(currents)


def load_currents(position, memory):
    return memory["currents"][position]


def pool_up(given, members, kind):
    """(numbers, winners) of pools over places of `given`; a place beside the map is None."""
    numbers, winners = [], []
    for places in members:
        inside = [p for p in places if p is not None]
        best = max(inside, key=lambda p: given[p])
        numbers.append(given[best] if kind == "max" else sum(given[p] for p in inside) / len(places))
        winners.append(best)
    return numbers, winners


def open_gates(slopes, members, winners, kind):
    if kind == "max":
        return [slopes[w] for w in winners]
    return [float(any(slopes[p] for p in places if p is not None)) for places in members]


def pool_down(back, members, winners, kind, given):
    through = [0.0] * given
    for value, places, winner in zip(back, members, winners, strict=True):
        for p in [winner] if kind == "max" else [p for p in places if p is not None]:
            through[p] += value / (1 if kind == "max" else len(places))
    return through


def sense_back(errors, weights, rows, v_read):
    """Currents of the listed rows of a layer whose columns are driven by errors."""
    return {i: sum(w * e * v_read for w, e in zip(weights[i], errors, strict=True)) for i in rows}


def land_signs(sums, thresholds):
    """(raise, lower): neurons whose sum is outside a threshold of their own; errors below 0 raise W."""
    up = [j for j, s in enumerate(sums) if s < -thresholds[j]]
    return up, [j for j, s in enumerate(sums) if s > thresholds[j]]


def derivative(y, sigmoid, slope):
    return y * (1.0 - y) if sigmoid else (slope if 0.0 < y < 1.0 else 0.0)
