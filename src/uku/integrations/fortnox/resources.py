"""The kinds of records that Fortnox lists and that are imported, and how they differ: one value for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

from django.db.models import Q

from fortnox_api import Fortnox
from uku.integrations.fortnox.models import ArticleRecord, CustomerRecord, RunKind, SyncRun

NONE: Final = Q(pk__in=())


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of records.

    `calls` returns the client's calls for them, `sort_key` its number in a list's sorting and search, `issue_kind`
    the kind of a record's sync issue. `needs_review` are the rows whose sync issue only a person solves.
    """

    kind: RunKind
    issue_kind: str
    model: Any
    calls: Callable[[Fortnox], Any]
    sort_key: str
    name_field: str
    needs_review: Q = NONE

    def name_of(self, item: Any) -> str:
        """Return what a record is called, as Fortnox lists it or as we keep it."""
        return str(getattr(item, self.name_field))


CUSTOMERS: Final = Resource(
    kind=RunKind.CUSTOMERS,
    issue_kind="customer",
    model=CustomerRecord,
    calls=attrgetter("customers"),
    sort_key="customer_number",
    name_field="name",
    needs_review=Q(identity_changed_at__isnull=False),
)
ARTICLES: Final = Resource(
    kind=RunKind.ARTICLES,
    issue_kind="article",
    model=ArticleRecord,
    calls=attrgetter("articles"),
    sort_key="article_number",
    name_field="description",
)
RESOURCES: Final[Mapping[str, Resource]] = {found.kind: found for found in (CUSTOMERS, ARTICLES)}


def resource_of(run: SyncRun) -> Resource:
    return RESOURCES[run.kind]
