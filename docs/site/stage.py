"""Lays the pages out for Sphinx, and keeps them readable where they lie: no page has a directive in it for this.

- Links lead to where their goal is on the site: pages outside of ``docs`` (the README, the changelog) become pages,
  other files are copied and can be downloaded.
- The table of contents follows the links: a page that an index page links to is its child, in the order of the links.
- ``<!-- site: ... -->`` holds what only the site shows, such as links to pages that are made while it is built.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

OUTSIDE = {"README.md": "readme.md", "CHANGELOG.md": "changelog.md", "data/README.md": "data.md"}
"""Pages that lie elsewhere in the repository, and what they are called on the site."""
SECTIONS = (
    *("tutorials/index", "howto/index", "guide", "gallery/index", "explanations"),
    *("reference/index", "developing", "changelog"),
)
"""What the front page leads to, in this order; what it links to beside these comes after."""
MADE = {"reference/index": ("reference/commands/index", "reference/api")}
"""Children that are made while the site is built."""
NO_PAGES = ("site", "gallery")
_LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")
_SITE = re.compile(r"<!-- site:\s*(.*?)\s*-->", re.DOTALL)
_FENCE = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)


def lay_out(docs: Path, source: Path) -> None:
    """Lay out all pages of a folder; what has not changed is left as it is, so that Sphinx need not read it again."""
    written = set[Path]()

    def write(name: str, content: str | bytes) -> None:
        path = source / name
        written.add(path)
        data = content.encode() if isinstance(content, str) else content
        if not path.is_file() or path.read_bytes() != data:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    pages = dict(_pages(docs))
    texts = {}
    for name, path in pages.items():
        text = _SITE.sub(r"\1", path.read_text(encoding="utf-8"))
        texts[name], files = relinked(text, path, name, docs)
        for file, goal in files.items():
            write(goal, file.read_bytes())
    for name, text in with_contents(texts).items():
        write(name, text)
    for path in sorted((docs / "gallery").glob("*.py")):
        write(f"gallery_scripts/{path.name}", path.read_bytes())
    write("gallery_scripts/GALLERY_HEADER.rst", _as_rst((docs / "gallery" / "README.md").read_text(encoding="utf-8")))
    for name in ("conf.py", "made_pages.py", "style.css"):
        write(name, (docs / "site" / name).read_bytes())
    write("_templates/autosummary/class.rst", (docs / "site" / "class.rst").read_bytes())
    _clear(source, written)


def _pages(docs: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(docs.rglob("*.md")):
        name = path.relative_to(docs)
        if name.parts[0] not in NO_PAGES:
            yield name.as_posix(), path
    for name, goal in OUTSIDE.items():
        yield goal, docs.parent / name


def relinked(text: str, path: Path, name: str, docs: Path) -> tuple[str, dict[Path, str]]:
    """A page with its links as they are on the site, and the files that it links to, with where they come to lie."""
    files: dict[Path, str] = {}

    def new(found: re.Match[str]) -> str:
        target = found[2]
        if re.match(r"[a-z]+:", target):
            return found[0]
        real = Path(os.path.normpath(path.parent / target))
        goal = _goal(real, docs)
        if goal is None:  # a file, or a folder of the repository
            if not real.is_file():
                return found[0]  # Sphinx will say so, unless it is made by then
            goal = f"_files/{real.relative_to(docs.parent).as_posix()}"
            files[real] = goal
        here = PurePosixPath(name).parent
        return f"{found[1]}{os.path.relpath(goal, here).replace(os.sep, '/')}{found[3]}"

    parts = _FENCE.split(text)
    parts[::2] = [_LINK.sub(new, part) for part in parts[::2]]  # what stands in code stays
    return "".join(parts), files


def _goal(real: Path, docs: Path) -> str | None:
    """Where a file of the repository is as a page of the site; None if it is none."""
    if real.is_relative_to(docs):
        name = real.relative_to(docs)
        if name.parts[0] == "gallery":
            return "gallery/index.rst" if name.suffix == ".md" else f"gallery/{name.stem}.rst"
        return name.as_posix()
    outside = real.relative_to(docs.parent).as_posix() if real.is_relative_to(docs.parent) else ""
    return OUTSIDE.get(outside)


def with_contents(texts: dict[str, str]) -> dict[str, str]:
    """The pages, with the table of contents of each behind it: what it links to and nobody before it has claimed."""
    claimed = {"index", *SECTIONS}
    children: dict[str, list[str]] = {}
    indexes = [name for name in (*SECTIONS, "reproduction/index") if f"{name}.md" in texts]
    for name in sorted(indexes, key=lambda x: x.count("/") == 0):  # the index of a folder has the first claim
        children[name] = [x for x in _linked(f"{name}.md", texts) if _belongs(x, name) and not claimed & {x}]
        children[name] += MADE.get(name, ())
        claimed |= set(children[name])
    rest = [x for x in _linked("index.md", texts) if x not in claimed]
    children["index"] = [*SECTIONS, *rest]
    claimed |= set(rest)
    found = {}
    for name, text in texts.items():
        page = name.removesuffix(".md")
        if page in children:
            entries = "\n".join(f"/{child}" for child in children[page])
            text = f"{text.rstrip()}\n\n```{{toctree}}\n:hidden:\n:maxdepth: 1\n\n{entries}\n```\n"
        elif page not in claimed and name in OUTSIDE.values():
            text = f"---\norphan: true\n---\n\n{text}"
        found[name] = text
    return found


def _belongs(page: str, index: str) -> bool:
    """Whether a page may be the child of an index: that of a folder has those of its folder, others have any."""
    folder = PurePosixPath(index).parent.as_posix()
    return folder in (".", PurePosixPath(page).parent.as_posix())


def _linked(name: str, texts: dict[str, str]) -> list[str]:
    """Pages that a page links to, in order."""
    found = []
    for link in _LINK.finditer(_FENCE.sub("", texts[name])):
        goal = os.path.normpath(PurePosixPath(name).parent / link[2]).replace(os.sep, "/")
        page = goal.removesuffix(".md")
        if goal in texts and goal not in OUTSIDE.values() and goal != name and page not in found:
            found.append(page)
    return found


def _as_rst(text: str) -> str:
    """A heading and paragraphs as reStructuredText, which the gallery's index is written in."""
    head, _, rest = text.partition("\n")
    title, body = head.lstrip("# "), re.sub(r"`([^`]+)`", r"``\1``", rest)
    return f"{title}\n{'=' * len(title)}\n{body}"


def _clear(source: Path, written: set[Path]) -> None:
    """Remove what an earlier layout left; what is made later lies in folders of its own."""
    for path in sorted(source.rglob("*")):
        parts = path.relative_to(source).parts
        made = parts[0] == "gallery" or parts[:2] in (("reference", "api"), ("reference", "commands"))
        if path.is_file() and path not in written and not made and path.suffix != ".pyc":
            path.unlink()
            if parts[0] == "gallery_scripts":  # what came of a script that is no more goes with it
                shutil.rmtree(source / "gallery", ignore_errors=True)
