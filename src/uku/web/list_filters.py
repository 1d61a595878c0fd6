"""What lists share: pages of 50, the words searched for, and chips that count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest
from django.utils.translation import gettext

PAGE_SIZE = 50
LONGEST_SEARCH = 100
LONGEST_ID = 18


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that lives in the address."""

    label: str
    url: str
    count: int
    chosen: bool


def searched_words(request: HttpRequest, name: str = "q") -> str:
    """Return the words of a search box, without what a database would not take."""
    return clean_words(request.GET.get(name, ""))


def clean_words(text: str) -> str:
    return text.replace("\x00", "").strip()[:LONGEST_SEARCH]


def page_of(rows: QuerySet[Any], request: HttpRequest) -> Page[Any]:
    """Return the page that the address asks for, else the first or last."""
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))


def state_chips(rows: QuerySet[Any], chosen: str, labels: Iterable[tuple[str, Any]]) -> list[Chip]:
    """Return All and a chip for each state that occurs, in the order of the states."""
    counts = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    chips = [Chip(gettext("All"), "?", sum(counts.values()), not chosen)]
    return chips + [
        Chip(str(label), f"?{urlencode({'state': state})}", counts[state], state == chosen)
        for state, label in labels
        if state in counts
    ]


def chosen_state(request: HttpRequest, labels: Iterable[tuple[str, Any]]) -> str:
    """Return the state that the address names, or "" for all and for words that are no state."""
    asked = request.GET.get("state", "")
    return asked if asked in dict(labels) else ""


def is_id(text: str) -> bool:
    """Say whether a text that was sent could be a record's id."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID


def chosen_ids(request: HttpRequest, name: str) -> list[int]:
    """Return the ids selected in a list of ours. Raises Http404 for more than a page of them, and for no numbers."""
    sent = request.POST.getlist(name)
    if len(sent) > PAGE_SIZE or not all(is_id(one) for one in sent):
        raise Http404
    return [int(one) for one in sent]
