"""The site: how its pages are laid out. That it builds is tested in test_docs.py, which begins early: it takes long."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import xbarsim

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.once
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(scope="module")
def stage():
    """How pages are laid out; it lies beside the configuration, in no package."""
    sys.path.insert(0, str(ROOT / "docs" / "site"))
    try:
        import stage
    finally:
        del sys.path[0]
    return stage


@pytest.fixture
def folder(tmp_path):
    """A small repository with docs."""
    texts = {
        "README.md": "# It\n\nSee [docs](docs/index.md) and [a](docs/howto/a.md#what).",
        "CHANGELOG.md": "# Changes",
        "data/README.md": "# Data",
        "netlists/x.toml": "layers = [2, 2]",
        "docs/index.md": "# Front\n\n[install](../README.md), [how](howto/index.md), [more](more.md), [web](https://x.y)\n",
        "docs/howto/index.md": "# How\n\n- [b](b.md)\n- [a](a.md)\n- [more](../more.md)\n",
        "docs/howto/a.md": "# A\n\n## What\n\n[file](../../netlists/x.toml)\n\n```sh\n[no link](../../../x.md)\n```\n",
        "docs/howto/b.md": "# B\n\n<!-- site: [only here](../reference/commands/index.md) -->\n",
        "docs/more.md": "# More\n\n[picture](gallery/plot_one.py), [gallery](gallery/README.md)\n",
        "docs/gallery/README.md": "# Gallery\n\nOf `all`.\n",
        "docs/gallery/plot_one.py": '"""One\n===\n"""\n',
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    site = tmp_path / "docs" / "site"
    site.mkdir()
    for name in ("conf.py", "made_pages.py", "style.css", "class.rst"):
        (site / name).write_text("", encoding="utf-8")
    return tmp_path


def laid_out(stage, folder):
    source = folder / "build" / "source"
    stage.lay_out(folder / "docs", source)
    return {p.relative_to(source).as_posix(): p.read_text(encoding="utf-8") for p in source.rglob("*") if p.is_file()}


def test_links_lead_to_where_things_are_on_the_site(stage, folder):
    pages = laid_out(stage, folder)
    assert "[install](readme.md)" in pages["index.md"]
    assert "[web](https://x.y)" in pages["index.md"]
    assert "[a](howto/a.md#what)" in pages["readme.md"]
    assert pages["readme.md"].startswith("---\norphan: true")
    assert "[file](../_files/netlists/x.toml)" in pages["howto/a.md"]
    assert pages["_files/netlists/x.toml"] == "layers = [2, 2]"
    assert "[no link](../../../x.md)" in pages["howto/a.md"]
    assert "[only here](../reference/commands/index.md)" in pages["howto/b.md"]
    assert "<!--" not in pages["howto/b.md"]
    assert "[picture](gallery/plot_one.rst), [gallery](gallery/index.rst)" in pages["more.md"]
    assert pages["gallery_scripts/GALLERY_HEADER.rst"] == "Gallery\n=======\n\nOf ``all``.\n"


def test_the_table_of_contents_follows_the_links(stage, folder):
    pages = laid_out(stage, folder)
    contents = {name: re.findall(r"^/(.*)$", text, re.MULTILINE) for name, text in pages.items()}
    assert contents["howto/index.md"] == ["howto/b", "howto/a"]  # that of another folder is no child of it
    assert contents["index.md"] == [*stage.SECTIONS, "more"]
    (folder / "docs" / "howto" / "b.md").unlink()
    drawn = folder / "build" / "source" / "gallery" / "plot_one.rst"
    drawn.parent.mkdir()
    drawn.write_text("of a script", encoding="utf-8")
    assert "howto/b.md" not in laid_out(stage, folder)  # what is no more is cleared away
    assert drawn.is_file()
    (folder / "docs" / "gallery" / "plot_one.py").unlink()
    laid_out(stage, folder)
    assert not drawn.exists()


def test_all_that_the_package_offers_is_listed(stage):
    sys.path.insert(0, str(ROOT / "docs" / "site"))
    try:
        import made_pages
    finally:
        del sys.path[0]
    listed = re.findall(r"^   (\w+)$", made_pages.api(), re.MULTILINE)
    assert sorted(listed) == sorted(set(xbarsim.__all__) - {"__version__"})
    pages = made_pages.commands()
    assert "| `--wire-resistance <float>` |" in pages["reference/commands/run.md"]
    assert "*Default:* split-both." in pages["reference/commands/run.md"]
    assert "## xbarsim devices show" in pages["reference/commands/devices.md"]
    for name in re.findall(r"\]\((\w[\w-]*)\.md\)", pages["reference/commands/index.md"]):
        assert f"reference/commands/{name}.md" in pages


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_are_whole(path):
    """They parse, run on a push, and copy no command: the tests' is the README's, by .ci/run."""
    yaml = pytest.importorskip("yaml")
    text = path.read_text(encoding="utf-8")
    flow = yaml.safe_load(text)
    assert flow[True]["push"]["branches"] == ["main"]  # YAML reads the key "on" so
    for job in flow["jobs"].values():
        assert job["runs-on"]
        for step in job["steps"]:
            assert ("run" in step) != ("uses" in step)
    assert "pytest" not in text
    if path.stem == "tests":
        assert "bash .ci/run" in text
        assert {"ubuntu-latest", "macos-latest", "windows-latest"} == set(
            flow["jobs"]["tests"]["strategy"]["matrix"]["system"]
        )
