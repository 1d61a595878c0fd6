"""The customers that wait, as the address asks for them: words, filter, order. Four parts of one address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Max, Q, QuerySet
from django.db.models.functions import Length, Lower
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from uku.clients.models import without_accents
from uku.clients.names import fold_accents
from uku.integrations.fortnox.customers.matching import Candidate, candidates_of
from uku.integrations.fortnox.models import CustomerRecord
from uku.integrations.fortnox.views.frame import FilterLink
from uku.kit.identifiers import normalise_number

PAGE_SIZE = 50
LONGEST_SEARCH = 100
SUGGESTED, UNMATCHED, IGNORED = "suggested", "new", "ignored"
WAITS = Q(client=None, ignored_at=None, active=True)
FILTERS: Mapping[str, Q] = {
    "": WAITS,
    SUGGESTED: WAITS & Q(suggested__isnull=False),
    UNMATCHED: WAITS & Q(suggested=None),
    IGNORED: Q(client=None, ignored_at__isnull=False),
}
ORDERS: Mapping[str, tuple[Any, ...]] = {
    "": (F("suggested").asc(nulls_last=True), Length("number"), "number"),
    "name": (Lower("name"), "id"),
    "newest": (F("first_seen_at").desc(nulls_last=True), "-id"),
}


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One customer beside the clients it may be. `ticked`: its box is, before anybody pressed it."""

    record: CustomerRecord
    candidates: list[Candidate]
    ticked: bool


@dataclass(frozen=True)
class Queue:
    company_id: str
    words: str
    show: str
    sort: str
    tick: str

    @classmethod
    def of(cls, request: HttpRequest, company_id: str) -> Queue:
        """Read the address; what is no filter and no order of ours is left out."""
        show, sort, tick = (request.GET.get(name, "") for name in ("show", "sort", "tick"))
        return cls(
            company_id,
            search_words(request),
            show if show in FILTERS else "",
            sort if sort in ORDERS else "",
            tick if tick in {"all", "none"} else "",
        )

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many customers each filter shows with these words, and the `newest` without a match, in one query."""
        wanted: dict[str, Any] = {f"n_{name}": Count("pk", query) for name, query in FILTERS.items()}
        found = self._found().aggregate(**wanted, newest=Max("pk", filter=FILTERS[UNMATCHED]))
        return {name: found[f"n_{name}"] for name in FILTERS} | {"newest": found["newest"] or 0}

    @property
    def filters(self) -> list[FilterLink]:
        labels = {"": _("To review"), SUGGESTED: _("Possible match"), UNMATCHED: _("New"), IGNORED: _("Ignored")}
        return [FilterLink(labels[name], self.url(show=name), name == self.show, self.counts[name]) for name in FILTERS]

    @property
    def orders(self) -> list[FilterLink]:
        labels = {"": _("By number"), "name": _("By name"), "newest": _("Newest first")}
        return [FilterLink(labels[name], self.url(sort=name), name == self.sort) for name in ORDERS]

    def page(self, request: HttpRequest) -> Page[Any]:
        """Return the page that the address asks for, else the first or last; its count is known already."""
        rows = self._found().filter(FILTERS[self.show]).select_related("ignored_by").order_by(*ORDERS[self.sort])
        pages = Paginator(rows, PAGE_SIZE)
        pages.__dict__["count"] = self.counts[self.show]
        return pages.get_page(request.GET.get("page"))

    def rows(self, page: Page[Any], *, first_import: bool) -> list[ReviewRow]:
        """Return the page's customers with their candidates. At the first import those without one are ticked."""
        records = list(page)
        candidates = candidates_of(records) if self.show != IGNORED else {}
        rows = []
        for record in records:
            found = candidates.get(record.pk, [])
            preselected = first_import and not found and self.show != IGNORED
            ticked = self.tick == "all" or (preselected and self.tick != "none")
            rows.append(ReviewRow(record, found, ticked))
        return rows

    @property
    def query(self) -> str:
        return self.url().removeprefix("?")

    def url(self, **changes: str) -> str:
        parts = {"q": self.words, "show": self.show, "sort": self.sort, **changes}
        return f"?{urlencode({name: value for name, value in parts.items() if value})}"

    @property
    def tick_all(self) -> str:
        return self.url(tick="all")

    @property
    def tick_none(self) -> str:
        return self.url(tick="none")

    def _found(self) -> QuerySet[CustomerRecord]:
        return search_customers(CustomerRecord.objects.filter(company_id=self.company_id), self.words)


def search_words(request: HttpRequest) -> str:
    """Return the words of a search box, without what a database would not take."""
    return request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]


def search_customers(customers: QuerySet[CustomerRecord], words: str) -> QuerySet[CustomerRecord]:
    """Keep the customers with every word in their name, number or e-mail; a number with a hyphen or without.

    Names are found without their accents, too, as those of clients are: `bjork` finds Björk.
    """
    customers = customers.alias(name_search=without_accents("name"))
    numbered = customers.filter(number__iexact=words)  # a number may hold a space
    for word in words.split():
        digits = normalise_number(word) or word
        number = Q(number__iexact=word) | Q(organisation_number__contains=word)
        number |= Q(organisation_number__in=[digits, f"{digits[:6]}-{digits[6:]}"])
        named = Q(name_search__contains=fold_accents(word))
        customers = customers.filter(number | named | Q(email__icontains=word))
    return customers | numbered
