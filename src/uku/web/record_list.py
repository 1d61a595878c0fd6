"""A list of records that can be searched, filtered, sorted and archived, as its address asks for it.

Words, filter and order are three parts of one address; each page and each count is one query.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from uku.web.list_filters import PAGE_SIZE, Chip
from uku.workspaces.access import WorkspaceRequest

ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Heading:
    """A column that sorts: a second press turns the order round."""

    label: str
    url: str
    direction: str


@dataclass(frozen=True)
class RecordList(ABC):
    """`show` is the code of a filter, "" for all active records; `sort` the code of a column, - before it for down."""

    words: str
    show: str
    sort: str

    first_sort: ClassVar[str] = "name"
    """The order of an address that names none."""

    @property
    @abstractmethod
    def counts(self) -> Mapping[str, int]:
        """How many records each filter shows."""

    @property
    @abstractmethod
    def filters(self) -> Mapping[str, str]:
        """What each filter is called, in the order of the chips."""

    @property
    @abstractmethod
    def columns(self) -> Mapping[str, str]:
        """What each column that sorts is called."""

    @property
    @abstractmethod
    def records(self) -> QuerySet[Any]:
        """All that the filter shows, in the list's order."""

    @property
    def parts(self) -> Mapping[str, str]:
        """What the address says, by name."""
        return {"q": self.words, "show": self.show, "sort": self.sort}

    @property
    def is_empty(self) -> bool:
        """Say whether the workspace has no record at all."""
        return not self.words and not self.counts[""] and not self.counts[ARCHIVED]

    @property
    def shows_archived(self) -> bool:
        return self.show == ARCHIVED

    @property
    def chips(self) -> list[Chip]:
        labels = self.filters
        shown = [code for code in labels if code in {"", self.show} or self.counts.get(code)]
        return [Chip(labels[code], self._url(show=code), self.counts.get(code, 0), code == self.show) for code in shown]

    @property
    def headings(self) -> Mapping[str, Heading]:
        return {name: self._heading(name, label) for name, label in self.columns.items()}

    @property
    def query(self) -> str:
        return self._url().removeprefix("?")

    def page(self, request: HttpRequest) -> Page[Any]:
        """Return the page that the address asks for, else the first or last; its count is known already."""
        pages = Paginator(self.records, PAGE_SIZE)
        pages.__dict__["count"] = self.counts.get(self.show, 0)
        return pages.get_page(request.GET.get("page"))

    def _heading(self, name: str, label: str) -> Heading:
        if self.sort == name:
            return Heading(label, self._url(sort=f"-{name}"), "ascending")
        return Heading(label, self._url(sort=name), "descending" if self.sort == f"-{name}" else "none")

    def _url(self, **changes: str) -> str:
        parts = {**self.parts, **changes}
        kept = {name: value for name, value in parts.items() if value and (name, value) != ("sort", self.first_sort)}
        return f"?{urlencode(kept)}"


def back_to(request: WorkspaceRequest, ids: list[int], *, listed: str, one: str) -> str:
    """Return the list as it was filtered, or the page of the one record whose button it was. Both are route names."""
    if request.POST.get("from") == one and len(ids) == 1:
        return reverse(one, kwargs={"slug": request.workspace.slug, "pk": ids[0]})
    query = request.POST.get("query", "")
    return reverse(listed, kwargs={"slug": request.workspace.slug}) + (f"?{query}" if query.isprintable() else "")
