"""Reading a page as a person does: its heading, its cells, its facts, its buttons."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

BLOCKS = {"h1", "h2", "h3", "td", "th", "dt", "dd", "button", "a", "p", "li", "title", "summary"}
BLOCKS |= {"label", "legend", "span"}
VOID = {"input", "meta", "link", "br", "hr", "img", "path", "rect", "circle"}


class Page(HTMLParser):
    """The texts of a page by element, its rows, its forms and every attribute."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = {}
        self.rows: list[list[str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[tuple[str, list[str]]] = []
        self.feed(html)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "br":
            self.handle_data(" ")
        if tag == "tr":
            self.rows.append([])
        if tag not in VOID:
            self._open.append((tag, []))

    def handle_endtag(self, tag):
        if not any(name == tag for name, _pieces in self._open):
            return
        while self._open:
            name, pieces = self._open.pop()
            text = re.sub(r"\s+", " ", "".join(pieces)).strip()
            if self._open:
                self._open[-1][1].append("".join(pieces))
            if name in BLOCKS and not self._in_template:
                self.texts.setdefault(name, []).append(text)
            if name in {"td", "th"} and self.rows:
                self.rows[-1].append(text)
            if name == tag:
                return

    @property
    def _in_template(self) -> bool:
        """What stands in a template is not shown."""
        return any(name == "template" for name, _pieces in self._open)

    def handle_data(self, data):
        if self._open and self._open[-1][0] not in {"script", "style"}:
            self._open[-1][1].append(data)

    def all(self, tag: str) -> list[str]:
        return self.texts.get(tag, [])

    @property
    def heading(self) -> str:
        (only,) = self.all("h1")
        return only

    @property
    def facts(self) -> dict[str, str]:
        return dict(zip(self.all("dt"), self.all("dd"), strict=True))

    def values(self, tag: str, attribute: str) -> list[str | None]:
        return [attributes[attribute] for name, attributes in self.tags if name == tag and attribute in attributes]


def marked_in_menu(answer: Any) -> set[str | None]:
    """Return where the entry leads that the menu marks as the place of this page."""
    html = answer.content.decode()
    menu = html.split('<nav class="nav"', 1)[1].split("</nav>", 1)[0]
    return {each.get("href") for tag, each in Page(menu).tags if tag == "a" and each.get("aria-current") == "page"}
