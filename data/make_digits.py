"""Make digits.npz from scikit-learn's copy of the UCI handwritten digits (``pip install 'xbarsim[data]'``).

Run from the repository: ``python data/make_digits.py``. The result is the same file every time; README.md holds its
SHA-256.
"""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import numpy as np


def main() -> None:
    """Write digits.npz: `images` (1797, 8, 8) uint8 from 0 to 16, `labels` (1797,) uint8."""
    from sklearn.datasets import load_digits  # here, so that the package imports without it

    digits = load_digits()
    arrays = {"images": digits.images.astype(np.uint8), "labels": digits.target.astype(np.uint8)}
    target = Path(__file__).parent / "digits.npz"
    # np.savez stamps the time of day into the archive; a fixed one keeps the file reproducible.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, values in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1998, 7, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as stream:
                np.lib.format.write_array(stream, values)
    print(f"{target.name}: {target.stat().st_size} bytes, SHA-256 {hashlib.sha256(target.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
