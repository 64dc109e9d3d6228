"""Builds the documentation as a site: ``python docs/build.py`` (needs ``pip install -e '.[docs]'``).

The pages in this folder are plain Markdown that reads well on a code host. They are laid out anew in
``build/docs/source`` (`site/stage.py` says how), Sphinx makes ``build/docs/html`` of that, warnings are errors, and
links inside are checked. What notebooks and pictures came to is kept in ``build/docs`` and made again only where
something changed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "site"))

import stage  # noqa: E402 - it lies beside the configuration


def main() -> int:
    """Build; returns Sphinx' exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE.parent / "build" / "docs", help="folder; default build/docs")
    parser.add_argument("--fresh", action="store_true", help="execute and draw everything anew")
    parser.add_argument("--builder", default="html", help="of Sphinx: html, linkcheck, ...")
    options = parser.parse_args()
    out = options.out.resolve()
    if options.fresh:
        shutil.rmtree(out, ignore_errors=True)
    source = out / "source"
    stage.lay_out(HERE, source)
    begin = time.perf_counter()
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", options.builder]
    command += ["-d", str(out / "doctrees"), str(source), str(out / options.builder)]
    # Pictures and numbers of a page must not depend on what the machine has: the data are those that ship.
    environment = {k: v for k, v in os.environ.items() if k not in ("XBARSIM_DATA", "NUMBA_DISABLE_JIT")}
    environment |= {"XBARSIM_SITE": str(out), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
    environment["IPYTHONDIR"] = str(_quiet_kernels(out / "ipython"))
    code = subprocess.run(command, env=environment, check=False).returncode
    if code == 0:
        print(f"{out / options.builder / 'index.html'} ({time.perf_counter() - begin:.0f} s)")
    return code


def _quiet_kernels(folder: Path) -> Path:
    """A folder of settings in which kernels tell errors alone, and nothing of the user's own is run in them."""
    profile = folder / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text('c.IPKernelApp.log_level = "ERROR"\n', encoding="utf-8")
    return folder


if __name__ == "__main__":
    sys.exit(main())
