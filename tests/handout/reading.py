"""A page as a browser takes it: its tags, its texts, and where it leads."""

from __future__ import annotations

import html.parser

VOID = {"meta", "img"}


class Reader(html.parser.HTMLParser):
    """Reads a page, and sees that all that is opened is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.texts, self.code = [], set(), [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "pre":
            self.code.append(data)
        if data.strip() and "style" not in self.open:
            self.texts.append(" ".join(data.split()))

    @property
    def text(self):
        return "\n".join(self.texts)

    def of(self, name):
        return [value for key, value in self.attributes if key == name]


def read(path):
    """The page in a file, after a look at everything that it could load or run."""
    text = path.read_text(encoding="utf-8")
    page = Reader(text)
    assert page.tags.isdisjoint({"script", "link", "iframe", "object", "embed", "base", "form", "svg"})
    assert all(value.startswith("data:image/") for value in page.of("src"))
    ids = set(page.of("id"))
    assert all(value.startswith("#") and value[1:] in ids for value in page.of("href"))
    assert {key for key, _ in page.attributes} <= {
        *(
            "lang",
            "charset",
            "name",
            "content",
            "http-equiv",
            "class",
            "href",
            "id",
            "src",
            "alt",
            "tabindex",
            "colspan",
        )
    }
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text
    return page
