"""Reads through real wires against badcrossbar and SciPy, as ratios measured side by side. Run it by hand::

    pip install scipy badcrossbar        # badcrossbar needs Debian's libcairo2-dev
    python tests/bench_wires.py          # --plot cost.png draws the cost against the size as well

Everything runs on one core. Whatever is not installed is left out.
"""

from __future__ import annotations

import os
import sys
import time

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")

import numpy as np
from xbarsim.kernels.circuit import wires as kernel

from xbarsim.arrays.nodal import Sheet, lines_of, solve
from xbarsim.describe.wires import Wires

ROWS, COLS = 785, 400


def sheet_of(g):
    rows, cols = g.shape
    one_r, one_c = np.ones(rows), np.ones(cols)
    names = tuple(map(str, range(rows))), tuple(map(str, range(cols)))
    return Sheet(g, *names, np.arange(rows), np.arange(cols), one_r, one_r, one_c, one_c)


def best(f, rounds):
    """Shortest of some runs, s, and the last result."""
    f()
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        result = f()
        times.append(time.perf_counter() - begin)
    return min(times), result


class Prepared:
    """A sheet whose lines are folded already, as in the training loop; what is timed is the read."""

    def __init__(self, g, wires, dtype):
        self.g, self.lines, self.wires = g.astype(dtype), lines_of(wires), wires
        self.buffers = [np.empty(g.shape, dtype) for _ in range(4)]
        kernel.fold(self.g, self.lines, *self.buffers[:2])
        self.rho = kernel.coupling(float(g.mean(dtype=np.float64)), *g.shape, self.lines)
        self.out_d, self.out_s = np.empty(g.shape[0]), np.empty(g.shape[1])

    def read(self, volts):
        cd, cs, u, s = self.buffers
        sweeps, residual = kernel.solve(
            self.g,
            cd,
            cs,
            volts,
            np.zeros(len(self.out_s)),
            self.lines,
            self.rho,
            self.wires.wire_tolerance,
            1000,
            True,
            u,
            s,
            self.out_d,
            self.out_s,
        )
        return self.out_s.copy(), sweeps, residual


def with_scipy(g, volts, r):
    """SciPy's sparse direct solution of the same nodal equations; returns (s, currents)."""
    import scipy.sparse as sp
    import scipy.sparse.linalg as linalg

    rows, cols = g.shape
    n, node = rows * cols, np.arange(rows * cols).reshape(rows, cols)
    diagonal, b, i, j, values = np.zeros(2 * n), np.zeros(2 * n), [], [], []

    def add(a, c, conductance):
        i.extend([a, c])
        j.extend([c, a])
        values.extend([-conductance, -conductance])
        np.add.at(diagonal, a, conductance)
        np.add.at(diagonal, c, conductance)

    add(node[:, :-1].ravel(), node[:, 1:].ravel(), np.full(rows * (cols - 1), 1 / r))
    add(n + node[:-1].ravel(), n + node[1:].ravel(), np.full((rows - 1) * cols, 1 / r))
    add(node.ravel(), n + node.ravel(), g.ravel().astype(float))
    diagonal[node[:, 0]] += 1 / r
    b[node[:, 0]] += volts / r
    diagonal[n + node[-1]] += 1 / r
    place = np.concatenate([*i, np.arange(2 * n)]), np.concatenate([*j, np.arange(2 * n)])
    matrix = sp.coo_matrix((np.concatenate([*values, diagonal]), place), shape=(2 * n, 2 * n)).tocsc()
    begin = time.perf_counter()
    x = linalg.spsolve(matrix, b)
    return time.perf_counter() - begin, x[n + node[-1]] / r


def with_badcrossbar(g, volts, r):
    import logging

    import badcrossbar

    logging.disable(logging.CRITICAL)
    begin = time.perf_counter()
    solution = badcrossbar.compute(volts[:, None], 1.0 / g.astype(float), r)
    return time.perf_counter() - begin, np.asarray(solution.currents.output).ravel()


def main():
    rng = np.random.default_rng(0)
    volts = np.where(rng.random(ROWS) < 0.2, rng.random(ROWS) * 0.1, 0.0)
    print(
        "| conductances, segment | I / ideal | sweeps | float64 | float32 fields "
        "| SciPy | badcrossbar | largest difference |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for low, high in ((-7, -6), (-6, -4)):
        g = (10 ** rng.uniform(low, high, (ROWS, COLS))).astype(np.float32)
        for r in (0.5, 5.0):
            wires = Wires(wire_resistance=r)
            prepared = {dtype: Prepared(g, wires, dtype) for dtype in (np.float64, np.float32)}
            ours = {dtype: best(lambda p=p: p.read(volts), 5) for dtype, p in prepared.items()}
            t64, (currents, sweeps, _) = ours[np.float64]
            t32, (currents32, _, _) = ours[np.float32]
            exact = solve(sheet_of(g), Wires(wire_resistance=r, wire_tolerance=1e-11), volts, forward=True).out_s
            row = [
                f"1e{low} to 1e{high} S, {r} Ohm",
                f"{currents.sum() / (volts @ g.astype(float)).sum():.2f}",
                str(sweeps),
                f"{1e3 * t64:.1f} ms",
                f"{1e3 * t32:.1f} ms",
            ]
            differences = [np.abs(c / exact - 1).max() for c in (currents, currents32)]
            for name, other in (("scipy", with_scipy), ("badcrossbar", with_badcrossbar)):
                if name in sys.argv or "--all" in sys.argv:
                    t, theirs = other(g, volts, r)
                    differences.append(np.abs(theirs / exact - 1).max())
                    row.append(f"{t:.1f} s: {t / t64:.0f}x, {t / t32:.0f}x")
                else:
                    row.append("")
            print("| " + " | ".join(row) + f" | {max(differences):.1e} |", flush=True)
    print("\n| size | sweeps | read, float32 fields | per cell |\n|---|---|---|---|")
    sizes = (64, 128, 256, 512, 1024, 2048)
    costs = []
    for n in sizes:
        g = (10 ** rng.uniform(-7, -6, (n, n))).astype(np.float32)
        v = rng.random(n) * 0.1
        prepared = Prepared(g, Wires(wire_resistance=1.0), np.float32)
        t, (_, sweeps, _) = best(lambda p=prepared, v=v: p.read(v), 3)
        costs.append(t)
        print(f"| {n} x {n} | {sweeps} | {1e3 * t:.2f} ms | {1e9 * t / n**2:.1f} ns |", flush=True)
    if "--plot" in sys.argv:
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        plt.figure(figsize=(5.5, 4), layout="constrained")
        cells = np.array(sizes) ** 2
        plt.loglog(cells, 1e3 * np.array(costs), "o-", color="#0072B2", label="one read, 1 Ohm, 1e-7 to 1e-6 S")
        plt.loglog(cells, 1e3 * costs[1] * cells / cells[1], "--", color="#999999", label="proportional to the cells")
        plt.gca().set(xlabel="devices", ylabel="ms", title="Cost of one exact read")
        plt.legend(fontsize=8)
        plt.grid(alpha=0.3)
        plt.savefig(sys.argv[sys.argv.index("--plot") + 1], dpi=130)


if __name__ == "__main__":
    main()
