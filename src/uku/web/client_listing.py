"""The client list as its address asks for it: words, filter, order. Four parts of one address, and one count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from uku.clients.models import Client, ClientQuerySet
from uku.web import offers
from uku.web.lists import PAGE_SIZE, Chip, Heading, searched_words

ARCHIVED = "archived"
ORDERS: Mapping[str, tuple[str, ...]] = {
    "name": ("name_sort",),
    "number": ("organisation_number", "name_sort"),
    "city": ("city", "name_sort"),
    "integration": ("state", "name_sort"),
}


@dataclass(frozen=True)
class Listing:
    words: str
    show: str
    sort: str
    states: Mapping[str, str]

    @classmethod
    def of(cls, request: HttpRequest) -> Listing:
        """Read the address; what is no filter and no column of ours is left out."""
        states = dict(offers.client_states())
        show, sort = request.GET.get("show", ""), request.GET.get("sort", "")
        show = show if show == ARCHIVED or show in states else ""
        known = sort.removeprefix("-") in ORDERS and (states or "integration" not in sort)
        return cls(searched_words(request), show, sort if known else "name", states)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many clients each filter shows, in one query: "" for all active ones."""
        found: Any = offers.with_state(self._found())
        found = found.values("state").order_by()
        archived, active = Count("pk", Q(archived_at__isnull=False)), Count("pk", Q(archived_at=None))
        rows = list(found.annotate(archived=archived, active=active))
        return {
            **{row["state"]: row["active"] for row in rows},
            "": sum(row["active"] for row in rows),
            ARCHIVED: sum(row["archived"] for row in rows),
        }

    @property
    def is_empty(self) -> bool:
        """Say whether the workspace has no client at all."""
        return not self.words and not self.counts[""] and not self.counts[ARCHIVED]

    @property
    def shows_archived(self) -> bool:
        return self.show == ARCHIVED

    def page(self, request: HttpRequest) -> Page[Any]:
        """Return the page that the address asks for, else the first or last; its count is known already."""
        pages = Paginator(self._ordered(), PAGE_SIZE)
        pages.__dict__["count"] = self.counts.get(self.show, 0)
        return pages.get_page(request.GET.get("page"))

    @property
    def clients(self) -> ClientQuerySet:
        """All that the filter shows, in the list's order."""
        return self._ordered()

    @property
    def chips(self) -> list[Chip]:
        labels = {"": _("Active"), **self.states, ARCHIVED: _("Archived")}
        shown = [code for code in labels if code in {"", self.show} or self.counts.get(code)]
        return [Chip(labels[code], self._url(show=code), self.counts.get(code, 0), code == self.show) for code in shown]

    @property
    def headings(self) -> Mapping[str, Heading]:
        labels = {
            "name": _("Name"),
            "number": _("Organisation number"),
            "city": _("City"),
            "integration": _("Integration"),
        }
        return {name: self._heading(name, label) for name, label in labels.items()}

    @property
    def query(self) -> str:
        return self._url().removeprefix("?")

    def _heading(self, name: str, label: str) -> Heading:
        if self.sort == name:
            return Heading(label, self._url(sort=f"-{name}"), "ascending")
        return Heading(label, self._url(sort=name), "descending" if self.sort == f"-{name}" else "none")

    def _url(self, **changes: str) -> str:
        parts = {"q": self.words, "show": self.show, "sort": self.sort, **changes}
        kept = {name: value for name, value in parts.items() if value and (name, value) != ("sort", "name")}
        return f"?{urlencode(kept)}"

    def _found(self) -> ClientQuerySet:
        return Client.objects.get_queryset().searched(self.words)

    def _ordered(self) -> ClientQuerySet:
        found: Any = self._found()
        found = found.filter(archived_at__isnull=False) if self.shows_archived else found.current()
        if self.show in self.states or "integration" in self.sort:
            found = offers.with_state(found)
        if self.show in self.states:
            found = found.filter(state=self.show)
        sign = "-" if self.sort.startswith("-") else ""
        columns = ORDERS[self.sort.removeprefix("-")]
        ordered: ClientQuerySet = found.order_by(*(f"{sign}{column}" for column in columns), f"{sign}id")
        return ordered
