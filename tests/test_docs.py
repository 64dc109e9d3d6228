"""README, docs and the maps of the rooms are true: links lead somewhere, what they name is there, blocks run."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from xbarsim.describe.rules.table import RULES

from .test_layers import ROOMS
from .test_readme import COVERED, NOT_RUN

ROOT = Path(__file__).parent.parent
WRITTEN = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = {path.relative_to(ROOT).as_posix(): path for path in WRITTEN}
TOP = ("xbarsim", "kernels", "tests", "netlists", "data", "docs")
MAPS = [p.parent.relative_to(ROOT) for top in TOP[:2] for p in (ROOT / top).glob("*/__init__.py")]

pytestmark = pytest.mark.once


def prose(text):
    """A page without its code blocks."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(path):
    """Names that headings of a page have, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", prose(path.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.strip().lower()).replace(" ", "-") for head in heads}


@pytest.mark.quality
def test_the_site_builds(tmp_path):
    """From nothing, with warnings as errors and links checked; notebooks and the gallery's scripts are run."""
    for name in ("sphinx", "myst_nb", "sphinx_gallery", "pydata_sphinx_theme", "sphinx_copybutton"):
        pytest.importorskip(name)
    command = [sys.executable, str(ROOT / "docs" / "build.py"), "--out", str(tmp_path / "out")]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert answer.returncode == 0, answer.stdout + answer.stderr
    html = tmp_path / "out" / "html"
    pages = {p.relative_to(html).as_posix(): p.read_text(encoding="utf-8") for p in html.rglob("*.html")}
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").with_suffix(".html").as_posix()
        assert name.replace("gallery/README", "gallery/index") in pages, f"{page} is not on the site"
    for script in (ROOT / "docs" / "gallery").glob("plot_*.py"):
        assert "sphx_glr_" in pages[f"gallery/{script.stem}.html"], f"{script} has no picture"
    for tutorial in (ROOT / "docs" / "tutorials").glob("*.md"):
        if "{code-cell}" in tutorial.read_text(encoding="utf-8"):
            text = pages[f"tutorials/{tutorial.stem}.html"]
            assert "cell_output" in text, f"{tutorial} has no output"
            assert "command not found" not in text
            assert "Traceback" not in text


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    path, broken = PAGES[page], []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        goal = (path.parent / name).resolve() if name else path
        if not goal.is_relative_to(ROOT) or not goal.exists() or (anchor and anchor not in anchors(goal)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES)
def test_code_that_is_named_is_there(page):
    """Paths between backticks; those with a placeholder, as in `xbarsim/learn/NAME.py`, are shapes of paths."""
    named = re.findall(rf"`((?:{'|'.join(TOP)})/[\w./-]*)`", prose(PAGES[page].read_text()))
    assert [name for name in named if "NAME" not in name and not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_blocks_are_run_or_say_why_not(page):
    text = PAGES[page].read_text()
    for found in re.finditer(r"^```(?:sh|python)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        before = text[: found.start()].rstrip().rsplit("\n", 1)[-1]
        assert found[1] in COVERED or before.startswith(NOT_RUN), f"nobody runs this block: {found[1]}"


@pytest.mark.parametrize("page", [page for page in PAGES if not page.startswith("docs/reference/")])
def test_lines_are_short(page):
    """Prose and code of 100 columns; rows of tables and pictures cannot be broken, but the README has no long ones.

    The reference is made from the descriptions, and wrapped as they are.
    """
    whole = page == "README.md"
    lines = PAGES[page].read_text().splitlines()
    assert [x for x in lines if len(x) > 100 and (whole or not x.startswith(("|", "!["))) and " " in x] == []


def test_the_readme_is_short():
    assert len(PAGES["README.md"].read_text().splitlines()) <= 120


def test_every_page_is_listed():
    """Nobody finds a page that no other page names."""
    named = set()
    for path in WRITTEN:
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text()):
            named.add((path.parent / target).resolve())
    assert [page for page, path in PAGES.items() if path not in named and page != "README.md"] == []


def test_every_picture_is_shown():
    shown = {(p.parent / t).resolve() for p in WRITTEN for t in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", p.read_text())}
    assert [p.name for p in sorted((ROOT / ".assets").rglob("*.png")) if p not in shown] == []


def test_architecture_lists_the_rooms_in_their_order():
    text = PAGES["docs/architecture.md"].read_text()
    listed = re.findall(r"^\| `(?:xbarsim/)?(\w+)/`", text, re.MULTILINE)
    assert listed == list(ROOMS)
    (order,) = re.findall(r"Within `kernels/` the order is (.*?)\. ", " ".join(text.split()))
    assert {p.parent.name for p in (ROOT / "kernels").glob("*/__init__.py")} == set(re.findall(r"`(\w+)/`", order))


@pytest.mark.parametrize("room", sorted(MAPS), ids=str)
def test_rooms_name_their_modules(room):
    """The map of a room is the docstring of its folder; what belongs to a rule is named after it, and needs no line."""
    doc, home = ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text())), ROOT / room
    modules = {path.stem for path in home.glob("*.py")} - {"__init__"}
    named = re.findall(r"`(\w+\*?)`", doc)
    of_rules = {stem for stem in modules if any(set(rule.split("-")) <= set(stem.split("_")) for rule in RULES)}
    assert {stem for stem in modules - of_rules if not any(fnmatch(stem, name) for name in named)} == set()
    heads = [line.split(": ")[0] for line in doc.splitlines() if line.startswith("- `")]
    listed = {name for head in heads for name in re.findall(r"`(\w+)`", head)}
    assert {name for name in listed - modules if not (home / name).is_dir()} == set(), "named, but not there"
