"""A browser without a screen: cookies, links and forms, which is all the pages need."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpx2

TEXTUAL = frozenset({"text", "email", "password", "hidden", "search", "date", "number", "tel", "url"})


class PageRefused(Exception):
    """A page answered with an error; its heading is in the message."""


@dataclass
class Form:
    """A form as the page shows it: where it goes, and what it holds already."""

    action: str
    method: str
    fields: dict[str, str | list[str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    """Reads the forms and the heading of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.heading = ""
        self._in_heading = False
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif tag == "h1":
            self._in_heading = True
        elif self.forms:
            self._add_field(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "h1":
            self._in_heading = False
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._in_heading:
            self.heading = f"{self.heading} {data.strip()}".strip()

    def _add_field(self, tag: str, given: dict[str, str]) -> None:
        fields, name = self.forms[-1].fields, given.get("name", "")
        if tag == "select":
            self._select = name
            fields.setdefault(name, "")
        elif tag == "option" and self._select and "selected" in given:
            fields[self._select] = given.get("value", "")
        elif tag == "textarea" and name:
            fields.setdefault(name, "")
        elif tag == "input" and name and given.get("type", "text") in TEXTUAL:
            fields[name] = given.get("value", "")
        elif tag == "input" and name and "checked" in given:
            fields[name] = given.get("value", "on")


class Browser:
    """One person's browser. Raises PageRefused for every answer of 400 and above."""

    def __init__(self, home: str) -> None:
        self._http = httpx2.Client(follow_redirects=True, timeout=60)
        self.url, self.status = home, 0
        self.forms: list[Form] = []
        self.heading = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def open(self, address: str) -> None:
        self._read(self._http.get(urljoin(self.url, address)))

    def submit(self, action: str = "", /, **values: str | list[str]) -> None:
        """Fill in and post the form that goes to `action` (the page's last form when empty)."""
        posts = [(urljoin(self.url, form.action), form) for form in self.forms if form.method == "post"]
        fitting = [(url, form) for url, form in posts if not action or url.partition("?")[0].endswith(action)]
        if not fitting:
            raise PageRefused(f"{self.url} has no form for {action or 'anything'}: {self.heading}")
        url, form = fitting[-1]
        self._read(self._http.request(form.method, url, data={**form.fields, **values}, headers={"Referer": self.url}))

    def _read(self, answer: httpx2.Response) -> None:
        reader = _Reader()
        reader.feed(answer.text)
        self.url, self.status = str(answer.url), answer.status_code
        self.forms, self.heading = reader.forms, reader.heading
        if answer.is_error:
            raise PageRefused(f"{answer.status_code} at {self.url}: {self.heading}")
