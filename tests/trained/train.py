"""Train the two networks of `tests.trained` in PyTorch, in float32: ``python tests/trained/train.py FOLDER``.

Needs ``pip install 'xbarsim[torch]'``; some minutes on one core. Writes ``mlp.npz`` (784-200-10 with relu, above 98 %)
and ``lenet.pt`` (a state_dict, above 99 %), inputs from 0 to 1.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

import xbarsim


def train(model, data, epochs, rate, shape):
    x, y = (torch.from_numpy(data.x_train).float() / 255).reshape(shape), torch.from_numpy(data.y_train)
    optimizer, steps = torch.optim.Adam(model.parameters(), rate), epochs * len(y) // 100
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: max(1.0 - n / steps, 0.01))
    for _ in range(epochs):
        for batch in torch.randperm(len(y)).split(100):
            loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    with torch.no_grad():
        test = (torch.from_numpy(data.x_test).float() / 255).reshape(shape)
        found = torch.cat([model(part).argmax(1) for part in test.split(1000)])
    print(f"{100 * float((found == torch.from_numpy(data.y_test)).float().mean()):.2f} %")
    return model.state_dict()


def main():
    torch.manual_seed(1)
    folder, data = Path(sys.argv[1]), xbarsim.load_dataset("mnist")
    dense = nn.Sequential(nn.Linear(784, 200), nn.ReLU(), nn.Linear(200, 10))
    arrays = train(dense, data, 12, 1e-3, (-1, 784)).values()
    names = ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias")
    np.savez(folder / "mlp.npz", **dict(zip(names, (a.numpy() for a in arrays), strict=True)))
    maps = nn.Sequential(
        *(nn.Conv2d(1, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(512, 128), nn.ReLU(), nn.Linear(128, 10)),
    )
    torch.save(train(maps, data, 3, 2e-3, (-1, 1, 28, 28)), folder / "lenet.pt")


if __name__ == "__main__":
    main()
