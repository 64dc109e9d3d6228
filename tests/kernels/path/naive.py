"""A network of convolutions and pools as one would write it on paper: images are nested lists, image[y][x][channel].

Layers are dictionaries: {"pools": [(kind, size, stride, padding), ...], "kernel": (height, width) or None, "stride",
"padding", "weights": rows by columns, the bias row last}. Rows of a kernel come in the order y, x, channel.
"""

from __future__ import annotations

import math


def size(length, window, stride, padding):
    return (length + 2 * padding - window) // stride + 1


def pixel(image, y, x, channel):
    inside = 0 <= y < len(image) and 0 <= x < len(image[0])
    return image[y][x][channel] if inside else 0.0


def pool(image, kind, window, stride, padding):
    """The pooled image, and for each of its numbers the list of (weight, y, x) that an error goes back to."""
    high, wide = size(len(image), window, stride, padding), size(len(image[0]), window, stride, padding)
    channels = len(image[0][0])
    out = [[[0.0] * channels for _ in range(wide)] for _ in range(high)]
    back = {}
    for oy in range(high):
        for ox in range(wide):
            for c in range(channels):
                cells = [
                    (oy * stride + ky - padding, ox * stride + kx - padding)
                    for ky in range(window)
                    for kx in range(window)
                ]
                inside = [(y, x) for y, x in cells if 0 <= y < len(image) and 0 <= x < len(image[0])]
                if kind == "max":
                    best = max(inside, key=lambda place: image[place[0]][place[1]][c])
                    out[oy][ox][c] = image[best[0]][best[1]][c]
                    back[oy, ox, c] = [(1.0, *best)]
                else:
                    out[oy][ox][c] = sum(image[y][x][c] for y, x in inside) / len(cells)
                    back[oy, ox, c] = [(1.0 / len(cells), y, x) for y, x in inside]
    return out, back


def convolve(image, layer):
    """Sums of every column at every position."""
    kernel = layer["kernel"]
    high, wide = (len(image), len(image[0])) if kernel is None else kernel
    stride, padding = layer.get("stride", 1), layer.get("padding", 0)
    weights, channels = layer["weights"], len(image[0][0])
    out = []
    for oy in range(size(len(image), high, stride, padding)):
        row = []
        for ox in range(size(len(image[0]), wide, stride, padding)):
            sums = [float(w) for w in weights[-1]]
            for ky in range(high):
                for kx in range(wide):
                    for c in range(channels):
                        v = pixel(image, oy * stride + ky - padding, ox * stride + kx - padding, c)
                        for j, w in enumerate(weights[(ky * wide + kx) * channels + c]):
                            sums[j] += v * float(w)
            row.append(sums)
        out.append(row)
    return out


def back_through(errors, image, layer):
    """What comes back to every number of `image`: the transposed read, added up over positions."""
    kernel = layer["kernel"]
    high, wide = (len(image), len(image[0])) if kernel is None else kernel
    stride, padding, weights = layer.get("stride", 1), layer.get("padding", 0), layer["weights"]
    channels = len(image[0][0])
    total = [[[0.0] * channels for _ in image[0]] for _ in image]
    for oy, row in enumerate(errors):
        for ox, column_errors in enumerate(row):
            for ky in range(high):
                for kx in range(wide):
                    y, x = oy * stride + ky - padding, ox * stride + kx - padding
                    if not (0 <= y < len(image) and 0 <= x < len(image[0])):
                        continue
                    for c in range(channels):
                        w = weights[(ky * wide + kx) * channels + c]
                        total[y][x][c] += sum(e * float(w[j]) for j, e in enumerate(column_errors))
    return total


def go(image, layers, label, c, span, gain):
    """(currents, errors) of every layer, each image-shaped: hard sigmoids between -c and c, softmax; unit voltages."""
    currents, sources, gives, routes = [], [], [], []
    for k, layer in enumerate(layers):
        gives.append(image)
        route = []
        for p in layer["pools"]:
            image, back = pool(image, *p)
            route.append(back)
        routes.append(route)
        sources.append(image)
        z = convolve(image, layer)
        currents.append(z)
        if k + 1 < len(layers):
            image = [[[min(max(0.5 + v / (2 * c[k]), 0.0), 1.0) for v in cell] for cell in row] for row in z]
    z = currents[-1][0][0]
    top = max(z)
    total = sum(math.exp(gain * (v - top)) for v in z)
    delta = [[[math.exp(gain * (v - top)) / total - (j == label) for j, v in enumerate(z)]]]
    errors = [delta]
    for k in range(len(layers) - 1, 0, -1):
        came = back_through(delta, sources[k], layers[k])
        for number in range(len(routes[k]) - 1, -1, -1):
            before = gives[k]
            for p in layers[k]["pools"][:number]:
                before, _ = pool(before, *p)
            spread = [[[0.0] * len(before[0][0]) for _ in before[0]] for _ in before]
            for (oy, ox, ch), cells in routes[k][number].items():
                for share, y, x in cells:
                    spread[y][x][ch] += share * came[oy][ox][ch]
            came = spread
        delta = [
            [
                [e / span if -c[k - 1] < z < c[k - 1] else 0.0 for e, z in zip(cell, zs, strict=True)]
                for cell, zs in zip(row, zrow, strict=True)
            ]
            for row, zrow in zip(came, currents[k - 1], strict=True)
        ]
        errors.insert(0, delta)
    return currents, errors
