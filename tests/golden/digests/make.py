"""Make, or check, the golden digests: ``python make.py --out digests.json`` or ``python make.py --check
digests.json``, both with ``--only NAME ...``.

Layout of the file::

    commit, version, python, numba, numpy, h5py, machine      what made it
    configuration   {key: value}            keys "section.key" of a layout and the values that most cases have
    configurations  {case: {key: value}}    where a case differs from that; null: the key is not there
    forms           {digest: {key: digest}} attributes, storage, axes and titles of files and of their groups, see
    `condensed`
    cases           {case: {key: digest}}   "HDF5 path" values of a dataset, without "entry/"; "form" one of `forms`;
                                            "config" the parsed layout; "result...", "trace/...", "interrupted",
                                            "after/...", "crossbar/..." see cases.py

In a check a key of the configuration that is new is mentioned, and is no difference; one that is lost or has another
value is.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import h5py
import numba
import numpy as np
from cases import CASES, run_case
from digest import configuration, digest_json

import xbarsim

_OF_THE_FORM = {"title", "row", "column", "layer", "program_name", "status", "iterations_done"}
_ALIKE = {"accuracy/iteration", "training/iteration", "energy/iteration", "update_noise/iteration"}


def flat(config: dict) -> dict:
    """``{"section.key": value}``."""
    return {f"{section}.{key}": value for section, table in config.items() for key, value in table.items()}


def condensed(digests: dict[str, str]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Digests with one entry ``form`` in place of all attributes, storage, axes and titles; and what it stands for, by
    the form.

    A form has ``GROUP``: digest of another one, which has for every item of the group ``NAME@`` (all its attributes),
    ``NAME#`` (its
    storage) and ``NAME`` (its values, if they are an axis, a title and the like). Most files share most of them.
    """
    values: dict[str, str] = {}
    parts: dict[str, dict[str, dict[str, str]]] = {}  # group: item: what
    for key, digest in digests.items():
        if not key.startswith(("entry", "/")):
            values[key] = digest
            continue
        item, mark = (key.split("@")[0], "@") if "@" in key else (key.split("#")[0], "#") if "#" in key else (key, "")
        group, _, name = item.rpartition("/")
        inside = item.removeprefix("entry/")
        fixed = mark or name in _OF_THE_FORM or group == "entry/configuration" or inside in _ALIKE
        if fixed or (name == "iteration" and group.startswith("entry/layer_")):
            parts.setdefault(group or "/", {}).setdefault(name + mark, {})[key.removeprefix(item)] = digest
        else:
            values[inside] = digest
    forms: dict[str, dict[str, str]] = {}

    def form(entries: dict[str, str]) -> str:
        key = digest_json(entries)[:12]
        forms[key] = dict(sorted(entries.items()))
        return key

    groups = {}
    for group, items in parts.items():
        groups[group] = form(
            {what: next(iter(d.values())) if len(d) == 1 else digest_json(d) for what, d in items.items()}
        )
    if groups:
        values["form"] = form(groups)
    return dict(sorted(values.items())), forms


def unfolded(form: str | None, forms: dict[str, dict[str, str]]) -> dict[str, str]:
    """What a form stands for: ``{"GROUP/NAME": digest}``."""
    if form is None:
        return {}
    return {f"{group}/{what}": digest for group, key in forms[form].items() for what, digest in forms[key].items()}


def made(only: list[str], quiet: bool = False) -> dict:
    """Run cases, in a temporary folder that is the current one meanwhile."""
    cases, forms, configs = {}, {}, {}
    with tempfile.TemporaryDirectory(prefix="golden-") as folder, contextlib.chdir(folder):
        for name in only:
            begin = time.perf_counter()
            try:
                digests, path = run_case(name, Path(folder))
            except Exception as error:  # noqa: BLE001 - goes into the report, and the other cases go on
                traceback.print_exc()
                digests, path = {"error": f"{type(error).__name__}: {error}".replace(folder, "")}, None
            cases[name], own = condensed(digests)
            forms |= own
            if path is not None:
                configs[name] = flat(configuration(path))
                path.unlink()
            if not quiet:
                print(f"{time.perf_counter() - begin:7.2f} s  {name}", file=sys.stderr, flush=True)
    return {"cases": cases, "forms": forms, "full": configs}


def base_of(configs: dict[str, dict]) -> dict:
    """The most common value of every key."""
    counts: dict[str, Counter] = {}
    for config in configs.values():
        for key, value in config.items():
            counts.setdefault(key, Counter())[json.dumps(value)] += 1
    best = {key: found.most_common(1)[0] for key, found in counts.items()}
    return {key: json.loads(value) for key, (value, n) in sorted(best.items()) if n > len(configs) / 2}


def less(config: dict, base: dict) -> dict:
    """Where a configuration differs from the base."""
    found = {key: value for key, value in config.items() if key not in base or base[key] != value}
    return dict(sorted((found | {key: None for key in base if key not in config}).items()))


def full(own: dict, base: dict) -> dict:
    """The other way round."""
    return {key: value for key, value in (base | own).items() if value is not None}


def about() -> dict[str, str]:
    """What makes the digests."""
    where = Path(xbarsim.__file__).parent
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=where, capture_output=True, text=True, check=False
    ).stdout.strip()
    changed = subprocess.run(
        ["git", "status", "--porcelain", "-uno"], cwd=where, capture_output=True, text=True, check=False
    ).stdout.strip()
    return {
        "commit": commit + (" with changes" if changed else ""),
        "version": xbarsim.__version__,
        "python": platform.python_version(),
        "numba": numba.__version__,
        "numpy": np.__version__,
        "h5py": h5py.__version__,
        "machine": machine(),
    }


def machine() -> str:
    """Processor and system."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return f"{line.split(':', 1)[1].strip()}, {platform.system()} {platform.machine()}"
    return f"{platform.processor()}, {platform.system()} {platform.machine()}"


def written(document: dict) -> str:
    """JSON with one line per case, per form, and per configuration."""
    tables = ("configuration", "configurations", "forms", "cases")
    lines = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in document.items() if k not in tables]
    for table in tables:
        inner = ",\n".join(
            f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in sorted(document[table].items())
        )
        lines.append(f"{json.dumps(table)}: {{\n{inner}\n}}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def differences(golden: dict, now: dict, only: list[str]) -> tuple[list[str], list[str]]:
    """(differences, remarks) as lines ``case  key  what``."""
    wrong, remarks = [], []
    for name in only:
        if name not in golden["cases"]:
            wrong.append(f"{name}  (not in the golden file)")
            continue
        before, after = golden["cases"][name], now["cases"][name]
        for key in sorted({*before, *after}):
            a, b = before.get(key), after.get(key)
            if a == b or key == "config":
                continue
            if key == "form":
                x, y = unfolded(a, golden["forms"]), unfolded(b, now["forms"])
                for k in sorted({*x, *y}):
                    if x.get(k) != y.get(k):
                        wrong.append(f"{name}  {k}  {x.get(k, 'absent')} -> {y.get(k, 'absent')}")
            else:
                wrong.append(f"{name}  {key}  {a or 'absent'} -> {b or 'absent'}")
        if name in now["full"]:
            x, y = full(golden["configurations"][name], golden["configuration"]), now["full"][name]
            for k in sorted({*x, *y}):
                if k not in x:
                    remarks.append(f"{name}  config  new key {k} = {y[k]!r}")
                elif k not in y or x[k] != y[k]:
                    wrong.append(f"{name}  config  {k}: {x[k]!r} -> {y.get(k, 'absent')!r}")
    return wrong, remarks


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=Path, help="file to write")
    what.add_argument("--check", type=Path, help="golden file to compare with")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="cases; default: all")
    parser.add_argument("--quiet", action="store_true", help="no line per case")
    given = parser.parse_args()
    only = given.only or list(CASES)
    for name in only:
        if name not in CASES:
            parser.error(f"--only: no case '{name}'")
    begin = time.perf_counter()
    now = made(only, given.quiet)
    print(f"{len(only)} cases in {time.perf_counter() - begin:.1f} s", file=sys.stderr)
    if given.out:
        base = base_of(now["full"])
        configs = {name: less(config, base) for name, config in now["full"].items()}
        document = {
            **about(),
            "configuration": base,
            "configurations": configs,
            "forms": now["forms"],
            "cases": now["cases"],
        }
        given.out.write_text(written(document), encoding="utf-8")
        print(f"{given.out}: {os.path.getsize(given.out) / 1000:.0f} kB", file=sys.stderr)
        return int(any("error" in case for case in now["cases"].values()))
    wrong, remarks = differences(json.loads(given.check.read_text(encoding="utf-8")), now, only)
    news = Counter(line.split("  ", 1)[1] for line in remarks)
    for line, n in news.items():
        print(f"remark: {line} ({n} cases)")
    for line in wrong:
        print(line)
    print(f"{len(wrong)} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
